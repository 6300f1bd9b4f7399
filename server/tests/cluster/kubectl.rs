//! kubectl, in a home of its own, so that nothing of this machine's reaches it.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use crate::program;

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What it printed, where it went well.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// Asserts that it failed and said why.
    #[track_caller]
    pub(crate) fn fails(self, why: &str) {
        assert_ne!(self.code, Some(0), "{self:?}");
        assert!(self.stderr.contains(why), "{why:?} is not in {self:?}");
        assert_eq!(self.stdout, "", "it printed something all the same");
    }

    /// The API server knows who asks, and the answer is no.
    #[track_caller]
    pub(crate) fn forbidden(self, user: &str) {
        self.fails(&format!("is forbidden: User \"{user}\" cannot "));
    }

    /// The API server does not take the token.
    #[track_caller]
    pub(crate) fn unauthorized(self) {
        self.fails("You must be logged in to the server");
    }
}

/// A command that has not ended yet.
pub(crate) struct Running {
    child: Child,
    said: PathBuf,
}

impl Running {
    /// What it said on stderr so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap()
    }

    /// Waits for its end.
    pub(crate) fn end(self) -> Ended {
        let output = self.child.wait_with_output().unwrap();
        let stderr = std::fs::read_to_string(&self.said).unwrap();
        Ended {
            stderr,
            ..Ended::of(output)
        }
    }
}

/// A home folder of somebody with kubectl on their PATH.
pub(crate) struct Home {
    path: PathBuf,
    ca: PathBuf,
}

impl Home {
    /// `ca` is what curl trusts.
    pub(crate) fn new(path: PathBuf, ca: PathBuf) -> Self {
        std::fs::create_dir_all(path.join("bin")).unwrap();
        let home = Self { path, ca };
        home.install("kubectl", &program("KUBECTL"));
        home
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a program on the PATH.
    pub(crate) fn install(&self, name: &str, program: &Path) {
        std::os::unix::fs::symlink(program, self.path.join("bin").join(name)).unwrap();
    }

    /// Puts a script on the PATH.
    pub(crate) fn install_script(&self, name: &str, script: &str) {
        use std::{fs::Permissions, os::unix::fs::PermissionsExt};
        let path = self.write(&format!("bin/{name}"), script);
        std::fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
    }

    /// Writes a file that only its owner reads.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        use std::{io::Write, os::unix::fs::OpenOptionsExt};
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        path
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let inherited = env::var_os("PATH").unwrap();
        let path = [self.path.join("bin")]
            .into_iter()
            .chain(env::split_paths(&inherited));
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", env::join_paths(path).unwrap())
            .env("HOME", &self.path)
            .env("CURL_CA_BUNDLE", &self.ca)
            .current_dir(&self.path);
        command
    }

    /// kubectl with these words.
    pub(crate) fn kubectl(&self, words: &[&str]) -> Ended {
        Ended::of(self.command("kubectl").args(words).output().unwrap())
    }

    /// Starts a line as somebody types it, and leaves it running.
    pub(crate) fn begin(&self, line: &str) -> Running {
        let said = self.path.join("said");
        let mut command = self.command("bash");
        command.args(["-c", line]).stdin(Stdio::null());
        command.stdout(Stdio::piped());
        command.stderr(std::fs::File::create(&said).unwrap());
        Running {
            child: command.spawn().unwrap(),
            said,
        }
    }

    /// Several kubectls at the same moment, each with its words.
    pub(crate) fn kubectls<'a>(&self, all: impl IntoIterator<Item = &'a [&'a str]>) -> Vec<Ended> {
        let start = |words: &[&str]| {
            let mut command = self.command("kubectl");
            command.args(words).stdin(Stdio::null());
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let started: Vec<_> = all.into_iter().map(start).collect();
        let ended = started.into_iter();
        ended
            .map(|child| Ended::of(child.wait_with_output().unwrap()))
            .collect()
    }

    /// kubectl with these words and something to read.
    pub(crate) fn kubectl_reading(&self, words: &[&str], input: &str) -> Ended {
        let file = self.write("input.yaml", input);
        let output = self
            .command("kubectl")
            .args(words)
            .stdin(std::fs::File::open(file).unwrap())
            .output();
        Ended::of(output.unwrap())
    }

    /// Lines as somebody types them into a shell, up to the first that fails.
    pub(crate) fn shell(&self, lines: &str) -> Ended {
        Ended::of(self.command("bash").args(["-ec", lines]).output().unwrap())
    }
}
