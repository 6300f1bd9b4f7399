//! Programs in Go, compiled from a module of ours below `end2end`. That takes minutes, so the result
//! is kept outside of the clone, in a folder named by what it was made of.

use std::{
    env::consts::ARCH,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};

use super::Module;
use crate::{cache, child, fingerprint::Fingerprint, lock::Lock, repo::Repo, setup, step::step};

pub(crate) struct Build {
    module: &'static Module,
    sources: PathBuf,
    folder: PathBuf,
    /// Go, where there is something to compile.
    go: Option<PathBuf>,
}

impl Build {
    /// The folder with the programs, where they were compiled before.
    pub(super) fn finished(repo: &Repo, module: &Module) -> Option<PathBuf> {
        let folder = module.folder(&repo.path(module.source)).ok()?;
        module.is_complete(&folder).then_some(folder)
    }

    /// Fails where there is something to compile and nothing to compile it with.
    pub(super) fn plan(repo: &Repo, module: &'static Module) -> Result<Self> {
        let sources = repo.path(module.source);
        let folder = module.folder(&sources)?;
        let go = if module.is_complete(&folder) {
            None
        } else {
            Some(setup::go(&sources, module.otherwise)?)
        };
        Ok(Self {
            module,
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
            if !self.module.is_complete(&self.folder) {
                fs::create_dir_all(&draft)?;
                self.compile(go, &draft)?;
                fs::rename(&draft, &self.folder)?;
            }
        }
        Ok(self.folder)
    }

    fn compile(&self, go: &Path, into: &Path) -> Result<()> {
        let Module {
            name,
            programs,
            packages,
            versioned: (origin, variable),
            ..
        } = self.module;
        let go = || {
            let mut go = Command::new(go);
            go.env("CGO_ENABLED", "0").env("GOWORK", "off");
            go.current_dir(&self.sources).stdin(Stdio::null());
            go
        };
        step(&format!("fetch the modules of {name}"), || {
            child::run(go().args(["list", "-deps", packages]).stdout(Stdio::null()))
        })?;
        let mut version = go();
        version.args(["list", "-m", "-f", "{{.Version}}", origin]);
        let version = child::quiet(&mut version)?;
        let version = version.trim();
        let flags = format!("-s -w -X {variable}={version}");
        let what = format!("compile {} {version}, once", programs.join(" and "));
        step(&what, || {
            let mut build = go();
            build.args(["build", "-v", "-trimpath", "-buildvcs=false"]);
            build.args(["-ldflags", &flags, "-o"]).arg(into);
            child::run(build.arg(packages))
        })
    }
}

impl Module {
    fn is_complete(&self, folder: &Path) -> bool {
        let mut programs = self.programs.iter();
        programs.all(|name| folder.join(name).is_file())
    }

    fn folder(&self, sources: &Path) -> Result<PathBuf> {
        let mut fingerprint = Fingerprint::new();
        fingerprint.add(ARCH.as_bytes());
        for name in self.files {
            let path = sources.join(name);
            fingerprint.add(name.as_bytes());
            fingerprint.add(
                &fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?,
            );
        }
        Ok(cache::folder()?.join("kubernetes").join(fingerprint.hex()))
    }
}
