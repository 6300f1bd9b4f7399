//! What the person at the terminal sees: one line when a step begins, one with its duration.

use std::{
    io::{self, Write as _},
    time::Instant,
};

use anyhow::Result;

use crate::stop::Stopped;

/// Prints a line. A terminal that went away is no reason to leave Postgres running.
pub(crate) fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(&format!("==> {name}"));
    let begin = Instant::now();
    let result = work();
    let seconds = begin.elapsed().as_secs_f64();
    match &result {
        Ok(_) => say(&format!("    {name}: done in {seconds:.1} s")),
        Err(error) if error.is::<Stopped>() => say(&format!("    {name}: stopped")),
        Err(_) => say(&format!("    {name}: failed after {seconds:.1} s")),
    }
    result
}
