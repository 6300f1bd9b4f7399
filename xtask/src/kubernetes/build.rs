//! kube-apiserver and kubectl, compiled from Kubernetes' modules by the small programs in
//! `end2end/kubernetes`. That takes minutes, so the result is kept outside of the clone, in a
//! folder named by what it was made of.

use std::{
    env::consts::ARCH,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};

use crate::{cache, child, fingerprint::Fingerprint, lock::Lock, repo::Repo, setup, step::step};

/// Our programs, in the clone.
const SOURCE: &str = "end2end/kubernetes";
/// Everything that the result depends on.
const SOURCES: [&str; 4] = [
    "go.mod",
    "go.sum",
    "cmd/kube-apiserver/main.go",
    "cmd/kubectl/main.go",
];
const PROGRAMS: [&str; 2] = ["kube-apiserver", "kubectl"];

pub(crate) struct Build {
    sources: PathBuf,
    folder: PathBuf,
    /// Go, where there is something to compile.
    go: Option<PathBuf>,
}

impl Build {
    /// The folder with the programs, where they were compiled before.
    pub(super) fn finished(repo: &Repo) -> Option<PathBuf> {
        let folder = folder(&repo.path(SOURCE)).ok()?;
        is_complete(&folder).then_some(folder)
    }

    /// Fails where there is something to compile and nothing to compile it with.
    pub(super) fn plan(repo: &Repo) -> Result<Self> {
        let sources = repo.path(SOURCE);
        let folder = folder(&sources)?;
        let go = if is_complete(&folder) {
            None
        } else {
            Some(setup::go(&sources)?)
        };
        Ok(Self {
            sources,
            folder,
            go,
        })
    }

    /// The folder with the programs.
    pub(super) fn ensure(self) -> Result<PathBuf> {
        if let Some(go) = &self.go {
            let draft = self.folder.with_extension("draft");
            if let Some(parent) = draft.parent() {
                fs::create_dir_all(parent)
                    .with_context(|| format!("{} cannot be made", parent.display()))?;
            }
            // Another clone may be at it, and then there is nothing left to do.
            let _lock = Lock::wait(&self.folder.with_extension("lock"))?;
            if !is_complete(&self.folder) {
                fs::create_dir_all(&draft)?;
                self.compile(go, &draft)?;
                fs::rename(&draft, &self.folder)?;
            }
        }
        Ok(self.folder)
    }

    fn compile(&self, go: &Path, into: &Path) -> Result<()> {
        let go = || {
            let mut go = Command::new(go);
            go.env("CGO_ENABLED", "0").env("GOWORK", "off");
            go.current_dir(&self.sources).stdin(Stdio::null());
            go
        };
        step("fetch the modules of Kubernetes", || {
            child::run(go().args(["list", "-deps", "./..."]).stdout(Stdio::null()))
        })?;
        let mut version = go();
        version.args(["list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes"]);
        let version = child::quiet(&mut version)?;
        let version = version.trim();
        let flags = format!("-s -w -X k8s.io/component-base/version.gitVersion={version}");
        step(
            &format!("compile kube-apiserver and kubectl {version}, once, for some minutes"),
            || {
                let mut build = go();
                build.args(["build", "-v", "-trimpath", "-buildvcs=false"]);
                child::run(
                    build
                        .args(["-ldflags", &flags, "-o"])
                        .arg(into)
                        .arg("./..."),
                )
            },
        )
    }
}

fn is_complete(folder: &Path) -> bool {
    PROGRAMS.iter().all(|name| folder.join(name).is_file())
}

fn folder(sources: &Path) -> Result<PathBuf> {
    let mut fingerprint = Fingerprint::new();
    fingerprint.add(ARCH.as_bytes());
    for name in SOURCES {
        let path = sources.join(name);
        fingerprint.add(name.as_bytes());
        fingerprint
            .add(&fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?);
    }
    Ok(cache::folder()?.join("kubernetes").join(fingerprint.hex()))
}
