//! A server process: where it listens, what it costs.

use std::{
    fs,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Ended with this value.
pub(crate) struct Process {
    pub(crate) port: u16,
    child: Child,
}

impl Process {
    /// Starts a command that will listen on this port, and waits until it does.
    pub(crate) async fn start(command: &mut Command, port: u16) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("the server starts");
        let process = Self { port, child };
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_ok()
            {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        unreachable!("the server does not listen");
    }

    /// The bare handlers: this very program, told to serve.
    pub(crate) async fn bare(database: &str, jwks: &str, discovery: &str) -> Self {
        let port = free_port();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["bare", &port.to_string()])
            .env("DATABASE_URL", database);
        command
            .env("BARE_JWKS", jwks)
            .env("BARE_DISCOVERY", discovery);
        Self::start(&mut command, port).await
    }

    /// npm's `oidc-provider` with its memory adapter, and the refresh tokens that it begins with.
    pub(crate) async fn peer(tokens: usize) -> (Self, Vec<String>) {
        let script = std::env::var("OIDC_PROVIDER").expect("OIDC_PROVIDER: `make bench` sets it");
        let port = free_port();
        let file = std::env::temp_dir().join(format!("shorepass-bench-{port}.json"));
        let mut command = Command::new("node");
        command.arg(script).arg(port.to_string());
        command.arg(tokens.to_string()).arg(&file);
        let process = Self::start(&mut command, port).await;
        let tokens = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        fs::remove_file(file).unwrap();
        (process, tokens)
    }

    /// Milliseconds of processor time so far, user and system (`proc_pid_stat(5)`, 100 ticks a second).
    pub(crate) fn cpu_ms(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        ticks * 10.0
    }

    /// Resident megabytes (10⁶ bytes).
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
            * 1024
            / 1_000_000
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
