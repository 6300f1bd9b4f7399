//! A client that costs little: requests as bytes on connections that stay open.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::process::Process;

/// What is asked for.
#[derive(Clone)]
pub(crate) struct Load {
    path: String,
    /// One key for all requests, or one for each.
    keys: Arc<[String]>,
    requests: usize,
}

impl Load {
    pub(crate) fn same(path: &str, key: Option<&str>, requests: usize) -> Self {
        Self {
            path: path.to_owned(),
            keys: key.map(str::to_owned).into_iter().collect(),
            requests,
        }
    }

    pub(crate) fn each_key(keys: &[String]) -> Self {
        Self {
            path: "/k8stoken".into(),
            keys: keys.into(),
            requests: keys.len(),
        }
    }

    fn request(&self, number: usize, port: u16) -> String {
        let key = self.keys.get(number % self.keys.len().max(1));
        let authorization = key.map_or(String::new(), |key| {
            format!("authorization: Bearer {key}\r\n")
        });
        format!(
            "GET {} HTTP/1.1\r\nhost: localhost:{port}\r\n{authorization}\r\n",
            self.path
        )
    }
}

pub(crate) struct Figure {
    pub(crate) per_second: f64,
    /// Of the server, per request.
    pub(crate) cpu_ms: f64,
}

/// What a process costs from here on.
pub(crate) struct Tally<'a> {
    process: &'a Process,
    cpu: f64,
    start: Instant,
}

impl<'a> Tally<'a> {
    pub(crate) fn of(process: &'a Process) -> Self {
        Self {
            process,
            cpu: process.cpu_ms(),
            start: Instant::now(),
        }
    }

    /// After so many requests.
    #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
    pub(crate) fn end(self, requests: usize) -> Figure {
        let (seconds, requests) = (self.start.elapsed().as_secs_f64(), requests as f64);
        Figure {
            per_second: requests / seconds,
            cpu_ms: (self.process.cpu_ms() - self.cpu) / requests,
        }
    }
}

/// Sends the load as fast as the connections allow.
pub(crate) async fn run(process: &Process, load: &Load, connections: usize) -> Figure {
    let next = Arc::new(AtomicUsize::new(0));
    let port = process.port;
    let tally = Tally::of(process);
    let mut workers = JoinSet::new();
    for _ in 0..connections {
        let (next, load) = (next.clone(), load.clone());
        workers.spawn(async move {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.set_nodelay(true).unwrap();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= load.requests {
                    break;
                }
                exchange(&mut stream, &load.request(number, port), "200").await;
            }
        });
    }
    workers.join_all().await;
    tally.end(load.requests)
}

/// One request and its whole answer, which has to have this status.
pub(crate) async fn exchange(stream: &mut TcpStream, request: &str, status: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::with_capacity(4096);
    loop {
        assert!(
            stream.read_buf(&mut answer).await.unwrap() > 0,
            "the server closed the connection"
        );
        if is_whole(&answer) {
            break;
        }
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert_eq!(answer.split(' ').nth(1), Some(status), "{answer}");
    answer
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    match length {
        Some(length) => answer.len() >= head.len() + 4 + length.parse::<usize>().unwrap(),
        None => answer.ends_with(b"0\r\n\r\n"),
    }
}

pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn of(mut all: Vec<Duration>) -> Self {
        all.sort();
        Self(all)
    }

    /// In milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)].as_secs_f64() * 1000.0
    }
}

/// A page, asked for at a steady pace; each latency counts from when its request was due.
pub(crate) async fn paced(
    port: u16,
    path: &str,
    cookie: &str,
    per_second: u32,
    length: Duration,
) -> Latencies {
    let request: Arc<str> =
        format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\ncookie: {cookie}\r\n\r\n").into();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
    let end = Instant::now() + length;
    let mut under_way = JoinSet::new();
    while Instant::now() < end {
        let due = ticks.tick().await;
        let request = request.clone();
        under_way.spawn(async move {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            exchange(&mut stream, &request, "200").await;
            due.elapsed()
        });
    }
    Latencies::of(under_way.join_all().await)
}
