//! Debian and Ubuntu packages, installed as root or with sudo.

use std::process::Command;

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

fn script(before: &str, packages: &[&str]) -> Result<()> {
    let packages = packages.join(" ");
    let by_hand =
        || format!("{packages} is missing; install it by hand: apt-get install -y {packages}");
    if find("apt-get").is_none() {
        bail!("{packages} is missing, and this system has no apt-get to install it with");
    }
    let mut shell = if geteuid().is_root() {
        Command::new("sh")
    } else if find("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        sudo.arg("sh");
        sudo
    } else {
        return Err(anyhow::anyhow!(
            "only root installs packages, and there is no sudo"
        ))
        .with_context(by_hand);
    };
    let script = format!(
        "set -e
        export DEBIAN_FRONTEND=noninteractive
        {before}
        apt-get -q -o DPkg::Lock::Timeout=120 update
        apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends {packages}"
    );
    step(&format!("install {packages}"), || {
        child::ask(shell.args(["-c", &script])).with_context(by_hand)
    })
}
