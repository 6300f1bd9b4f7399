//! The server that runs in a folder: ours at the end of a run, or one that a killed run left
//! behind. Whoever calls holds the folder's lock, so nobody else has a right to it.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{step::say, stop};

/// Ends what an earlier run left behind, and removes a pid file that speaks of no server.
pub(super) fn stop(data: &Path) -> Result<()> {
    if server(data).is_some() {
        say("    a Postgres of an earlier run is still there: ending it");
        if !end(data) {
            bail!("the Postgres in {} does not end", data.display());
        }
    }
    let _ = fs::remove_file(data.join("postmaster.pid"));
    Ok(())
}

/// Ends the server: connections are cut, then nothing more is written. True when it is gone.
pub(super) fn end(data: &Path) -> bool {
    let Some(pid) = server(data) else {
        return true;
    };
    [(Signal::INT, 3), (Signal::QUIT, 1)]
        .into_iter()
        .any(|(signal, seconds)| {
            let _ = kill_process(pid, signal);
            let deadline = Instant::now() + Duration::from_secs(seconds);
            while server(data).is_some() && Instant::now() < deadline {
                thread::sleep(stop::PAUSE);
            }
            server(data).is_none()
        })
}

/// A number in a pid file may have passed to another program since; a server is in its folder.
fn server(data: &Path) -> Option<Pid> {
    let content = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: i32 = content.lines().next()?.trim().parse().ok()?;
    let folder = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    (folder == fs::canonicalize(data).ok()?).then_some(())?;
    Pid::from_raw(pid)
}
