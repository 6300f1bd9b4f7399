//! The running portal. It ends with this value at the latest.

use std::{
    os::unix::process::CommandExt as _,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use super::Address;
use crate::{child, step::say, stop};

/// How long it may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Process {
    child: Child,
}

impl Process {
    pub(super) fn start(mut command: Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .spawn()
            .context("the portal cannot be started")?;
        Ok(Self { child })
    }

    pub(super) fn ready(&mut self, address: &Address) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !address.is_ready() {
            stop::check()?;
            self.check()?;
            if Instant::now() > deadline {
                bail!("the portal is not ready after {} s", PATIENCE.as_secs());
            }
            thread::sleep(stop::PAUSE);
        }
        self.check()
    }

    /// Fails once the portal has ended, which it never does unasked.
    fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("the portal ended by itself ({status})"),
            None => Ok(()),
        }
    }

    /// Waits until somebody wishes to stop; that is the good end.
    pub(crate) fn attend(&mut self) -> Result<()> {
        while !stop::wished() {
            self.check()?;
            thread::sleep(stop::PAUSE);
        }
        say("stopping");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(child::end(&mut self.child, child::GRACE), Ok(true)) {
            say("    the portal did not end when asked and was killed");
        }
    }
}
