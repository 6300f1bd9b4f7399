//! Debian and Ubuntu packages, installed as root or with sudo.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, bail};
use rustix::process::geteuid;

use super::find;
use crate::{child, step::step};

/// Debian's package starts a cluster for the whole machine unless told not to. We need only the
/// programs, so it is told, and the machine's own rule is back afterwards.
const POSTGRESQL: &str = "
    rule=/etc/postgresql-common/createcluster.d/only-programs.conf
    mkdir -p /etc/postgresql-common/createcluster.d
    trap 'rm -f $rule' EXIT
    echo 'create_main_cluster = false' > $rule
";

pub(crate) fn postgresql() -> Result<()> {
    script(POSTGRESQL, &["postgresql"])
}

pub(crate) fn install(packages: &[&str]) -> Result<()> {
    script("", packages)
}

/// Fetches a package and unpacks it into a folder; nothing of it runs. Only where apt has no lists
/// yet does somebody have to be root.
pub(crate) fn unpack(package: &str, folder: &Path) -> Result<()> {
    let fetch = || {
        let mut download = Command::new("apt-get");
        // The user that apt fetches as cannot enter everybody's folders.
        download.args(["-q", "-o", "APT::Sandbox::User=root", "download", package]);
        child::quiet(download.current_dir(folder))
    };
    need_apt(package)?;
    step(&format!("fetch {package}"), || {
        if fetch().is_err() {
            let mut shell = root()?;
            child::ask(shell.args(["-c", &format!("set -e\n{UPDATE}")]))?;
            fetch()?;
        }
        let script =
            "for package in *.deb; do dpkg-deb --extract \"$package\" . && rm \"$package\"; done";
        child::quiet(Command::new("sh").args(["-ec", script]).current_dir(folder))?;
        Ok(())
    })
}

const UPDATE: &str = "apt-get -q -o DPkg::Lock::Timeout=120 update";

fn need_apt(packages: &str) -> Result<()> {
    if find("apt-get").is_none() {
        bail!("{packages} is missing, and this system has no apt-get to install it with");
    }
    Ok(())
}

/// A shell of root's.
fn root() -> Result<Command> {
    if geteuid().is_root() {
        Ok(Command::new("sh"))
    } else if find("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        sudo.arg("sh");
        Ok(sudo)
    } else {
        bail!("only root installs packages, and there is no sudo")
    }
}

fn script(before: &str, packages: &[&str]) -> Result<()> {
    let packages = packages.join(" ");
    let by_hand =
        || format!("{packages} is missing; install it by hand: apt-get install -y {packages}");
    need_apt(&packages)?;
    let mut shell = root().with_context(by_hand)?;
    let script = format!(
        "set -e
        export DEBIAN_FRONTEND=noninteractive
        {before}
        {UPDATE}
        apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends {packages}"
    );
    step(&format!("install {packages}"), || {
        child::ask(shell.args(["-c", &script])).with_context(by_hand)
    })
}
