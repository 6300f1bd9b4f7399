//! Requests that depend on the answer before: refresh tokens, each good once, and codes that a browser
//! brings. A chain goes on where it stopped, from one run to the next.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{net::TcpStream, sync::Mutex, task::JoinSet};

use crate::client::{Figure, Latencies, Tally, exchange};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http%3A%2F%2Flocalhost%3A8000";

/// What one client does again and again.
enum Link {
    /// Redeems its refresh token for the next one.
    Refresh { path: &'static str, token: String },
    /// Sends the browser of somebody who is logged in for a code, and redeems that.
    Code { cookie: String },
}

struct Chain {
    link: Link,
    port: u16,
    /// Kept open from one request to the next.
    stream: Option<TcpStream>,
}

/// So many chains that are used at the same time.
#[derive(Clone)]
pub(crate) struct Chains(Arc<[Mutex<Chain>]>);

impl Chains {
    fn new(port: u16, links: impl Iterator<Item = Link>) -> Self {
        let chain = |link| Chain {
            link,
            port,
            stream: None,
        };
        Self(links.map(|link| Mutex::new(chain(link))).collect())
    }

    /// Refreshes at this path, from these tokens on.
    pub(crate) fn refreshing(port: u16, path: &'static str, tokens: Vec<String>) -> Self {
        let links = tokens.into_iter();
        Self::new(port, links.map(|token| Link::Refresh { path, token }))
    }

    /// Codes for whom these cookies stand.
    pub(crate) fn coming(port: u16, cookies: &[String]) -> Self {
        let links = cookies.iter().cloned();
        Self::new(port, links.map(|cookie| Link::Code { cookie }))
    }

    /// The refresh tokens that these cookies lead to.
    pub(crate) async fn tokens(port: u16, cookies: &[String]) -> Vec<String> {
        let mut tokens = Vec::new();
        for chain in Self::coming(port, cookies).0.iter() {
            tokens.push(chain.lock().await.step().await);
        }
        tokens
    }

    /// All at once, as fast as they are answered.
    pub(crate) async fn run(&self, tally: Tally<'_>, requests: usize) -> Figure {
        let each = requests / self.0.len();
        let mut workers = JoinSet::new();
        for place in 0..self.0.len() {
            let chains = self.clone();
            workers.spawn(async move {
                let mut chain = chains.0[place].lock().await;
                chain.stream = None; // servers close what is silent for long
                for _ in 0..each {
                    chain.step().await;
                }
            });
        }
        workers.join_all().await;
        tally.end(each * self.0.len())
    }

    /// In turn, at a steady pace; each latency counts from when its request was due.
    pub(crate) async fn paced(&self, per_second: u32, length: Duration) -> Latencies {
        for chain in self.0.iter() {
            chain.lock().await.stream = None;
        }
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
        let end = Instant::now() + length;
        let mut under_way = JoinSet::new();
        for place in (0..self.0.len()).cycle() {
            if Instant::now() >= end {
                break;
            }
            let due = ticks.tick().await;
            let chains = self.clone();
            under_way.spawn(async move {
                chains.0[place].lock().await.step().await;
                due.elapsed()
            });
        }
        Latencies::of(under_way.join_all().await)
    }
}

impl Chain {
    /// One link; gives the refresh token that came of it.
    async fn step(&mut self) -> String {
        let (path, body) = match &self.link {
            Link::Refresh { path, token } => (
                *path,
                format!("grant_type=refresh_token&client_id=kubernetes&refresh_token={token}"),
            ),
            Link::Code { cookie } => {
                let request = format!(
                    "GET /oauth2/authorize?response_type=code&client_id=kubernetes&redirect_uri={REDIRECT}\
                     &scope=openid&state=x&code_challenge={CHALLENGE}&code_challenge_method=S256 HTTP/1.1\r\n\
                     host: localhost:{}\r\ncookie: {cookie}\r\n\r\n",
                    self.port
                );
                let answer = self.ask(&request, "303").await;
                let code = answer.split("code=").nth(1).expect("a code");
                let code = code.split('&').next().unwrap_or_default();
                let body = format!(
                    "grant_type=authorization_code&client_id=kubernetes&code={code}\
                     &redirect_uri={REDIRECT}&code_verifier={VERIFIER}"
                );
                ("/oauth2/token", body)
            }
        };
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost:{}\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{body}",
            self.port,
            body.len()
        );
        let answer = self.ask(&request, "200").await;
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let tokens: Value = serde_json::from_str(body).unwrap();
        assert!(tokens["id_token"].is_string(), "an id_token came");
        let next = tokens["refresh_token"].as_str().expect("a refresh token");
        if let Link::Refresh { token, .. } = &mut self.link {
            next.clone_into(token);
        }
        next.to_owned()
    }

    async fn ask(&mut self, request: &str, status: &str) -> String {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            empty @ None => {
                let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
                stream.set_nodelay(true).unwrap();
                empty.insert(stream)
            }
        };
        exchange(stream, request, status).await
    }
}
