//! Other programs: runs them, ends them when xtask is asked to stop, names them when they fail.
//!
//! A child gets a process group of its own, so that a stop reaches what it started in turn and
//! Ctrl-C does not reach it behind our back. Only programs that may ask for a password stay in
//! ours: the terminal answers nobody else.

use std::{
    io,
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::stop::{self, Stopped};

/// Time between asking a child to end and ending it.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// Runs a program whose output is for the person at the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    command.process_group(0);
    wait(command)
}

/// The same for a program that may have to ask that person something.
pub(crate) fn ask(command: &mut Command) -> Result<()> {
    wait(command)
}

/// Runs a short program for what it prints.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    stop::check()?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let output = command.output().with_context(|| cannot_start(command))?;
    judge(command, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("{} prints no text", name(command)))
}

/// Runs a short program silently; what it has to say goes into the error.
pub(crate) fn quiet(command: &mut Command) -> Result<String> {
    stop::check()?;
    command.stdin(Stdio::null());
    let output = command.output().with_context(|| cannot_start(command))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} fails: {}", name(command), said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Asks the child's whole group to end, then ends it. True when it ended when asked.
pub(crate) fn end(child: &mut Child, grace: Duration) -> io::Result<bool> {
    signal(child, Signal::TERM);
    let deadline = Instant::now() + grace;
    while Instant::now() < deadline {
        if child.try_wait()?.is_some() {
            return Ok(true);
        }
        thread::sleep(stop::PAUSE);
    }
    signal(child, Signal::KILL);
    child.kill()?;
    child.wait()?;
    Ok(false)
}

fn wait(command: &mut Command) -> Result<()> {
    stop::check()?;
    let mut child = command.spawn().with_context(|| cannot_start(command))?;
    loop {
        if let Some(status) = child.try_wait()? {
            return judge(command, status);
        }
        if stop::wished() {
            end(&mut child, GRACE)?;
            return Err(Stopped.into());
        }
        thread::sleep(stop::PAUSE);
    }
}

/// To the child's group, or to the child alone where it shares ours.
fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _ = kill_process_group(pid, signal).or_else(|_| kill_process(pid, signal));
    }
}

fn judge(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    stop::check()?;
    bail!("{} fails ({status})", name(command));
}

fn cannot_start(command: &Command) -> String {
    format!("{} cannot be started", name(command))
}

/// The program and its first words, enough to find it again.
fn name(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let arguments = command
        .get_args()
        .take(4)
        .map(|word| word.to_string_lossy().into_owned());
    std::iter::once(program)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}
