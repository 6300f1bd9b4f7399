//! Kubernetes' own programs, for tests on a real API server: where they come from.
//!
//! `KUBEBUILDER_ASSETS` names a folder that has them all, as the tests of other projects take it.
//! Without it kube-apiserver and kubectl are compiled once (`build`), and etcd is Debian's.
//! `KUBECTL` names another kubectl. Starting and stopping them is the tests' business.

mod build;
mod kubectl;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use self::build::Build;
pub(crate) use self::kubectl::kubectl;
use crate::{repo::Repo, setup};

pub(crate) struct Programs {
    kube_apiserver: PathBuf,
    kubectl: PathBuf,
    etcd: PathBuf,
}

/// How to come by the programs. Finding it installs small things and compiles nothing.
pub(crate) enum Means {
    Given(Programs),
    Compiled { build: Build, etcd: PathBuf },
}

impl Means {
    pub(crate) fn find(repo: &Repo) -> Result<Self> {
        if let Some(folder) = named("KUBEBUILDER_ASSETS") {
            return given(&folder).map(Self::Given);
        }
        Ok(Self::Compiled {
            build: Build::plan(repo)?,
            etcd: setup::etcd()?,
        })
    }

    /// The programs; compiles what is not there yet.
    pub(crate) fn programs(self) -> Result<Programs> {
        let mut programs = match self {
            Self::Given(programs) => programs,
            Self::Compiled { build, etcd } => {
                let folder = build.ensure()?;
                Programs {
                    kube_apiserver: folder.join("kube-apiserver"),
                    kubectl: folder.join("kubectl"),
                    etcd,
                }
            }
        };
        if let Some(kubectl) = kubectl::chosen()? {
            programs.kubectl = kubectl;
        }
        Ok(programs)
    }
}

impl Programs {
    /// Tells a child where they are, in the variables that others use for the same.
    pub(crate) fn tell(&self, child: &mut Command) {
        child.env("TEST_ASSET_KUBE_APISERVER", &self.kube_apiserver);
        child.env("TEST_ASSET_KUBECTL", &self.kubectl);
        child.env("TEST_ASSET_ETCD", &self.etcd);
    }
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}

fn given(folder: &Path) -> Result<Programs> {
    let program = |name: &str| {
        let path = folder.join(name);
        if !path.is_file() {
            bail!(
                "KUBEBUILDER_ASSETS names {}, which has no {name}",
                folder.display()
            );
        }
        Ok(path)
    };
    Ok(Programs {
        kube_apiserver: program("kube-apiserver")?,
        kubectl: program("kubectl")?,
        etcd: program("etcd")?,
    })
}
