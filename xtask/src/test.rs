//! `make test`: everything that can fail, in one go, and a summary at the end.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::{
    browser, child, cluster, e2e,
    kubernetes::{self, Means},
    postgres::{Home, Postgres, Purpose},
    prepare,
    repo::Repo,
    setup,
    summary::Summary,
};

/// Packages that must never reach the browser. A prefix stands for its family.
const SERVER_ONLY: [&str; 4] = ["sqlx", "openidconnect", "jsonwebtoken", "identity"];

pub(crate) fn run(repo: &Repo) -> Result<()> {
    setup::server()?;
    let home = Home::claim(repo, Purpose::Tests)?;
    browser::ensure_folder(repo)?;
    let postgres = Postgres::start(home)?;
    let mut summary = Summary::default();
    summary.part("tests in Rust", || rust(repo, &postgres));
    summary.part_with("tests on a real API server", Means::find(repo), |means| {
        cluster::drive(repo, &postgres, means, &[])
    });
    summary.part_with(
        "printed commands in their shells",
        in_shells(repo),
        |kubectl| shells(repo, &postgres, &kubectl),
    );
    summary.part("what the browser part depends on", || dependencies(repo));
    summary.part("descriptions of the queries", || {
        prepare::check(repo, &postgres)
    });
    summary.part_with("journeys in a browser", browsers(), |chromium| {
        browser::build(repo)?;
        e2e::drive(repo, &postgres, chromium, &[])
    });
    summary.end()
}

fn browsers() -> Result<PathBuf> {
    setup::node()?;
    setup::chromium()
}

fn rust(repo: &Repo, postgres: &Postgres) -> Result<()> {
    let mut cargo = repo.cargo();
    cargo.args([
        "test",
        "--workspace",
        "--exclude",
        "frontend",
        "--no-fail-fast",
    ]);
    child::run(cargo.env("DATABASE_URL", postgres.database("postgres").url()))
}

fn in_shells(repo: &Repo) -> Result<PathBuf> {
    setup::shells()?;
    kubernetes::kubectl(repo)
}

fn shells(repo: &Repo, postgres: &Postgres, kubectl: &Path) -> Result<()> {
    let mut cargo = repo.cargo();
    cargo.args(["test", "--package", "server", "--test", "shells"]);
    cargo.env("KUBECTL", kubectl);
    child::run(cargo.env("DATABASE_URL", postgres.database("postgres").url()))
}

fn dependencies(repo: &Repo) -> Result<()> {
    let mut tree = repo.cargo();
    tree.args([
        "tree",
        "--package",
        "frontend",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    tree.args(["--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let tree = child::output(&mut tree)?;
    let found = server_only(&tree);
    if !found.is_empty() {
        bail!("these belong to the server only: {}", found.join(", "));
    }
    Ok(())
}

fn server_only(tree: &str) -> Vec<&str> {
    let mut names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| SERVER_ONLY.iter().any(|family| name.starts_with(family)))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::server_only;

    #[test]
    fn server_only_packages_are_found_by_family() {
        let tree =
            "frontend v0.1.0 (/x/frontend)\nsqlx-core v0.9.0\nserde v1.0.0\nsqlx-core v0.9.0";
        assert_eq!(server_only(tree), ["sqlx-core"]);
    }
}
