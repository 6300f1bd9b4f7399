//! A program that runs in the background. It ends with its value, and by the kernel's hand where
//! the tests are killed.

use std::{
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; what it says goes to `<name>.log` in the folder.
    pub(crate) async fn start(
        program: &Path,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        folder: &Path,
    ) -> Self {
        let name = program.file_name().unwrap().to_string_lossy();
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).unwrap();
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=KILL").arg(program);
        command.args(arguments).stdin(Stdio::null());
        // Times in what it says are the same everywhere.
        command.env("TZ", "UTC");
        command.stdout(file.try_clone().unwrap()).stderr(file);
        // The kernel looks at the thread that started it, and the runtime's threads last longest.
        let child = tokio::spawn(async move { command.spawn() });
        Self {
            child: child.await.unwrap().expect("setpriv and the program start"),
            log,
        }
    }

    /// What it said so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    /// Fails with its last words once it has ended, which it never does unasked.
    pub(crate) fn check(&mut self) {
        let Some(status) = self.child.try_wait().unwrap() else {
            return;
        };
        let (name, last) = (self.log.display(), self.last_words());
        panic!("{name} ended by itself ({status}):\n{last}");
    }

    pub(crate) fn last_words(&self) -> String {
        let log = self.log();
        let from = log.lines().count().saturating_sub(20);
        log.lines().skip(from).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing of it is kept, so it need not end well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
