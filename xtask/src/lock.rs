//! One user at a time: of a database's files, of the browser part. The lock dies with the process that holds it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
    process, thread,
};

use anyhow::{Context as _, Result, bail};

use crate::stop;

pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// `busy` says who has it, in words for the person who has to wait.
    pub(crate) fn take(path: &Path, busy: &str) -> Result<Self> {
        let named = || format!("{} cannot be locked", path.display());
        let mut file = open(path).with_context(named)?;
        if !attempt(&file).with_context(named)? {
            let mut holder = String::new();
            file.read_to_string(&mut holder).with_context(named)?;
            bail!("{busy} (process {}): end it first", holder.trim());
        }
        file.set_len(0).with_context(named)?;
        file.rewind().with_context(named)?;
        write!(file, "{}", process::id()).with_context(named)?;
        Ok(Self { _file: file })
    }

    /// Waits until nobody else has it.
    pub(crate) fn wait(path: &Path) -> Result<Self> {
        let named = || format!("{} cannot be locked", path.display());
        let file = open(path).with_context(named)?;
        while !attempt(&file).with_context(named)? {
            stop::check()?;
            thread::sleep(stop::PAUSE);
        }
        Ok(Self { _file: file })
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

fn attempt(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_taker_is_told_who_holds_the_lock() -> Result<()> {
        let path = std::env::temp_dir().join(format!("xtask-lock-{}", process::id()));
        let held = Lock::take(&path, "busy")?;
        let refusal = Lock::take(&path, "busy")
            .err()
            .map(|error| error.to_string());
        assert_eq!(
            refusal,
            Some(format!("busy (process {}): end it first", process::id()))
        );
        drop(held);
        Lock::take(&path, "busy")?;
        std::fs::remove_file(&path)?;
        Ok(())
    }
}
