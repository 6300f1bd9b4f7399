//! A person's computer: a home, and the few programs that are on PATH.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{io::AsyncWriteExt, process::Command};

/// All that the commands may need, beside a shell.
const TOOLS: [&str; 11] = [
    "cat", "chmod", "cmp", "curl", "grep", "kubectl", "mkdir", "mv", "readlink", "rm", "sed",
];

/// The programs that can be `sh`.
pub(crate) const POSIX: [&str; 3] = ["dash", "bash", "busybox"];

pub(crate) struct Computer {
    root: PathBuf,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Drop for Computer {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl Computer {
    /// `sh` is the program that is called so here.
    pub(crate) fn new(sh: &str) -> Self {
        let name = format!("shorepass-computer-{}", uuid::Uuid::new_v4());
        let computer = Self {
            root: env::temp_dir().join(name),
        };
        fs::create_dir_all(computer.home()).unwrap();
        fs::create_dir(computer.bin()).unwrap();
        for tool in TOOLS {
            symlink(program(tool), computer.bin().join(tool)).unwrap();
        }
        symlink(program(sh), computer.bin().join("sh")).unwrap();
        computer
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    pub(crate) fn without(self, tool: &str) -> Self {
        fs::remove_file(self.bin().join(tool)).unwrap();
        self
    }

    /// With a kubectl that everybody may run: that of the tests may lie where only its user gets to.
    pub(crate) fn with_kubectl_for_all(self) -> Self {
        let place = self.bin().join("kubectl");
        fs::remove_file(&place).unwrap();
        fs::copy(program("kubectl"), place).unwrap();
        self
    }

    /// Every tool writes its arguments down before it does its work.
    pub(crate) fn telling(self) -> Self {
        let log = self.root.join("arguments");
        for tool in TOOLS {
            let place = self.bin().join(tool);
            fs::remove_file(&place).unwrap();
            let (dash, real) = (program("dash"), program(tool));
            let script = format!(
                "#!{}\nprintf '%s ' \"$0\" \"$@\" >>{}\nexec {} \"$@\"\n",
                dash.display(),
                log.display(),
                real.display()
            );
            fs::write(&place, script).unwrap();
            fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        }
        self
    }

    pub(crate) fn told(&self) -> String {
        fs::read_to_string(self.root.join("arguments")).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    /// Writes a file of the person's own.
    pub(crate) fn write(&self, name: &str, text: &str, mode: u32) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Everything in the home, by its path: mode and content, or where a link leads. The folders
    /// that fish makes for itself do not count.
    pub(crate) fn everything(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        walk(&self.home(), &mut all);
        let fish = [".config", ".local"].map(|name| self.path(name).display().to_string());
        all.retain(|path, _| !fish.iter().any(|folder| path.starts_with(folder)));
        all
    }

    /// A program as somebody at this computer runs it.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().current_dir(self.home());
        command.env("HOME", self.home()).env("PATH", self.bin());
        command
    }

    /// Pastes a text into a shell.
    pub(crate) async fn paste(&self, shell: &str, text: &str) -> Ran {
        self.paste_with(shell, text, &[]).await
    }

    pub(crate) async fn paste_with(&self, shell: &str, text: &str, vars: &[(&str, &str)]) -> Ran {
        let mut command = self.command(program(shell));
        match shell {
            "zsh" => command.arg("-f"),
            "fish" => command.arg("--no-config"),
            "busybox" => command.arg("sh"),
            _ => &mut command,
        };
        run(command.envs(vars.iter().copied()), text).await
    }

    /// Types a text at a terminal, where shells do more with it than where they read a file, and
    /// leaves. What is shown is what was typed, and what came of it.
    pub(crate) async fn type_in(&self, shell: &str, text: &str) -> String {
        let interactive = match shell {
            "zsh" => "-f -i",
            "fish" => "--no-config -i",
            _ => "--norc -i",
        };
        let shell = format!("{} {interactive}", program(shell).display());
        let mut command = self.command(program("script"));
        command.args(["-q", "-e", "-c", &shell, "/dev/null"]);
        command.env("SHELL", program("bash")).env("TERM", "dumb");
        let ran = run(&mut command, &format!("{text}exit\n")).await;
        ran.out
    }

    pub(crate) async fn kubectl(&self, arguments: &[&str]) -> Ran {
        run(self.command(program("kubectl")).args(arguments), "").await
    }

    /// One value of the person's kubeconfig, as kubectl reads it.
    pub(crate) async fn config(&self, path: &str) -> String {
        let output = format!("jsonpath={{{path}}}");
        let ran = self
            .kubectl(&["config", "view", "--raw", "-o", &output])
            .await;
        assert!(ran.ok, "{ran:?}");
        ran.out
    }
}

/// Runs a command that reads `input`.
pub(crate) async fn run(command: &mut Command, input: &str) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Whoever is done may have closed it.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    Ran {
        ok: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A program of this machine; kubectl may be named in `KUBECTL`.
pub(crate) fn program(name: &str) -> PathBuf {
    if let ("kubectl", Some(path)) = (name, env::var_os("KUBECTL")) {
        return path.into();
    }
    let path = env::var_os("PATH").unwrap();
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|place| place.is_file())
        .unwrap_or_else(|| panic!("{name} is missing, without which this cannot be tried"))
}

fn walk(folder: &Path, all: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        let what = if meta.is_symlink() {
            fs::read_link(&path).unwrap().display().to_string()
        } else if meta.is_dir() {
            walk(&path, all);
            format!("{:o}", meta.permissions().mode())
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            format!("{:o} {text}", meta.permissions().mode())
        };
        all.insert(path.display().to_string(), what);
    }
}
