//! Kubernetes' own programs, and one that people use beside them, for tests on a real API server:
//! where they come from.
//!
//! `KUBEBUILDER_ASSETS` names a folder that has the first, as the tests of other projects take it.
//! Without it kube-apiserver and kubectl are compiled once (`build`), and etcd is Debian's.
//! `KUBECTL` names another kubectl, `KUBELOGIN` another kubelogin than the one that is compiled.
//! Starting and stopping them is the tests' business.

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

/// A module in Go, and what is made of it.
pub(crate) struct Module {
    name: &'static str,
    /// Its folder in the clone.
    source: &'static str,
    /// Everything in there that the result depends on.
    files: &'static [&'static str],
    packages: &'static str,
    programs: &'static [&'static str],
    /// The module whose version the programs tell, and the variable from which they have it.
    versioned: (&'static str, &'static str),
    /// What somebody does who has no Go.
    otherwise: &'static str,
}

const KUBERNETES: Module = Module {
    name: "Kubernetes",
    source: "end2end/kubernetes",
    files: &[
        "go.mod",
        "go.sum",
        "cmd/kube-apiserver/main.go",
        "cmd/kubectl/main.go",
    ],
    packages: "./...",
    programs: &["kube-apiserver", "kubectl"],
    versioned: (
        "k8s.io/kubernetes",
        "k8s.io/component-base/version.gitVersion",
    ),
    otherwise: "name a folder with kube-apiserver, etcd and kubectl in KUBEBUILDER_ASSETS",
};

/// A module of its own, so that what kubelogin asks for is not compiled into the API server.
const KUBELOGIN: Module = Module {
    name: "kubelogin",
    source: "end2end/kubelogin",
    files: &["go.mod", "go.sum"],
    packages: "github.com/int128/kubelogin",
    programs: &["kubelogin"],
    versioned: ("github.com/int128/kubelogin", "main.version"),
    otherwise: "name the path of kubelogin in KUBELOGIN",
};

pub(crate) struct Programs {
    kube_apiserver: PathBuf,
    kubectl: PathBuf,
    etcd: PathBuf,
    kubelogin: PathBuf,
}

/// How to come by the programs. Finding it installs small things and compiles nothing.
pub(crate) struct Means {
    server: Server,
    kubelogin: Kubelogin,
}

enum Server {
    /// The folder that has the three.
    Given(PathBuf),
    Compiled {
        build: Build,
        etcd: PathBuf,
    },
}

enum Kubelogin {
    Given(PathBuf),
    Compiled(Build),
}

impl Means {
    pub(crate) fn find(repo: &Repo) -> Result<Self> {
        let server = match named("KUBEBUILDER_ASSETS") {
            Some(folder) => given(folder)?,
            None => Server::Compiled {
                build: Build::plan(repo, &KUBERNETES)?,
                etcd: setup::etcd()?,
            },
        };
        let kubelogin = match chosen("KUBELOGIN")? {
            Some(path) => Kubelogin::Given(path),
            None => Kubelogin::Compiled(Build::plan(repo, &KUBELOGIN)?),
        };
        Ok(Self { server, kubelogin })
    }

    /// The programs; compiles what is not there yet.
    pub(crate) fn programs(self) -> Result<Programs> {
        let (folder, etcd) = match self.server {
            Server::Given(folder) => {
                let etcd = folder.join("etcd");
                (folder, etcd)
            }
            Server::Compiled { build, etcd } => (build.ensure()?, etcd),
        };
        let kubectl = chosen("KUBECTL")?;
        Ok(Programs {
            kube_apiserver: folder.join("kube-apiserver"),
            kubectl: kubectl.unwrap_or_else(|| folder.join("kubectl")),
            etcd,
            kubelogin: match self.kubelogin {
                Kubelogin::Given(path) => path,
                Kubelogin::Compiled(build) => build.ensure()?.join("kubelogin"),
            },
        })
    }
}

impl Programs {
    /// Tells a child where they are, in the variables that others use for the same.
    pub(crate) fn tell(&self, child: &mut Command) {
        child.env("TEST_ASSET_KUBE_APISERVER", &self.kube_apiserver);
        child.env("TEST_ASSET_KUBECTL", &self.kubectl);
        child.env("TEST_ASSET_ETCD", &self.etcd);
        child.env("TEST_ASSET_KUBELOGIN", &self.kubelogin);
    }
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}

/// The program that a variable names.
fn chosen(variable: &str) -> Result<Option<PathBuf>> {
    let path = named(variable);
    if let Some(path) = path.as_ref().filter(|path| !path.is_file()) {
        bail!("{variable} names {}, which is no file", path.display());
    }
    Ok(path)
}

fn given(folder: PathBuf) -> Result<Server> {
    let lacks = |name: &&str| !Path::is_file(&folder.join(name));
    if let Some(name) = ["kube-apiserver", "kubectl", "etcd"]
        .iter()
        .find(|name| lacks(name))
    {
        bail!(
            "KUBEBUILDER_ASSETS names {}, which has no {name}",
            folder.display()
        );
    }
    Ok(Server::Given(folder))
}
