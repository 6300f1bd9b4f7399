//! The command line of the program itself, in the hands of an operator.

use std::{path::PathBuf, process::Command};

use crate::kubectl::Ended;

/// The program's command line, with this portal's configuration.
pub(crate) struct Shorepass {
    pub(crate) config: PathBuf,
    /// Where the API server's machine keeps what is pasted.
    pub(crate) folder: PathBuf,
}

impl Shorepass {
    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shorepass"));
        command.arg("--config").arg(&self.config).args(words);
        Ended::of(command.output().unwrap())
    }

    /// What is printed for the operator of the cluster.
    pub(crate) fn printed(&self, kind: &str, more: &[&str]) -> String {
        let folder = self.folder.to_str().unwrap();
        let words = [
            "cluster", "config", "demo", "--kind", kind, "--folder", folder,
        ];
        self.run(&[&words[..], more].concat()).ok()
    }

    /// Saves it where the operator is told to.
    pub(crate) fn save(&self, name: &str, kind: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, self.printed(kind, &[])).unwrap();
        path
    }
}

/// The words of what was printed, as a shell reads them.
pub(crate) fn words(printed: &str) -> Vec<String> {
    let lines = printed.lines().filter(|line| !line.starts_with('#'));
    let words = lines.collect::<Vec<_>>().join(" ");
    let script = format!("printf '%s\\n' {words}");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let words = Ended::of(output).ok();
    words.lines().map(str::to_owned).collect()
}
