//! `make check`: what can be said about the code without running it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{browser, cache, child, repo::Repo, setup, step::step, summary::Summary};

const DENY: &str = "0.20.2";

pub(crate) fn run(repo: &Repo) -> Result<()> {
    browser::ensure_folder(repo)?;
    let mut summary = Summary::default();
    summary.part("formatting", || {
        child::run(repo.cargo().args(["fmt", "--all", "--check"]))
    });
    summary.part("lints of the server", || {
        // What plain `cargo test` leaves out is not among `all`.
        for targets in ["--all-targets", "--test=*"] {
            let server = ["clippy", "--workspace", "--exclude", "frontend", targets];
            child::run(repo.cargo().args(server).args(["--", "-D", "warnings"]))?;
        }
        Ok(())
    });
    summary.part_with("lints of the browser part", setup::wasm_target(), |()| {
        let browser = [
            "clippy",
            "--package",
            "frontend",
            "--target",
            "wasm32-unknown-unknown",
        ];
        child::run(repo.cargo().args(browser).args(["--", "-D", "warnings"]))
    });
    summary.part_with("licences and banned crates", deny(repo), |deny| {
        let mut deny = Command::new(deny);
        deny.args(["check", "licenses", "bans", "sources"]);
        child::run(deny.current_dir(repo.root()))
    });
    summary.end()
}

/// cargo-deny, kept outside of the clone so that every clone shares it.
fn deny(repo: &Repo) -> Result<PathBuf> {
    let folder = cache::folder()?.join(format!("cargo-deny-{DENY}"));
    let program = folder.join("bin/cargo-deny");
    if !program.is_file() {
        step("install cargo-deny", || install(repo, &folder))
            .with_context(|| format!("cargo-deny is missing; by hand: cargo install --locked --version {DENY} cargo-deny --debug --root {}", folder.display()))?;
    }
    Ok(program)
}

fn install(repo: &Repo, folder: &Path) -> Result<()> {
    let mut cargo = repo.cargo();
    cargo.args([
        "install",
        "--locked",
        "--debug",
        "--version",
        DENY,
        "cargo-deny",
        "--root",
    ]);
    child::run(cargo.arg(folder))
}
