//! `make e2e`: a browser drives a portal with demo data. The portal has a port, files and a
//! database of its own; its output is in `.dev/e2e/portal.log`.

use std::{path::PathBuf, process::Command};

use anyhow::Result;

use crate::{
    browser, child, kubernetes, npm,
    portal::{Address, CLIENTS, Portal, Upstream},
    postgres::{Home, Postgres, Purpose},
    repo::Repo,
    setup,
    step::step,
};

pub(crate) fn run(repo: &Repo, arguments: &[String]) -> Result<()> {
    setup::server()?;
    setup::node()?;
    let chromium = setup::chromium()?;
    let home = Home::claim(repo, Purpose::Tests)?;
    browser::build(repo)?;
    drive(repo, &Postgres::start(home)?, chromium, arguments)
}

/// The journeys alone, with a Postgres and a browser part that are there already.
pub(crate) fn drive(
    repo: &Repo,
    postgres: &Postgres,
    chromium: PathBuf,
    arguments: &[String],
) -> Result<()> {
    step("compile the server", || {
        child::run(repo.cargo().args(["build", "--package", "server"]))
    })?;
    let folder = repo.path("end2end");
    npm::install(&folder)?;
    let tools = folder.join("node_modules/.bin");
    step("check the types of the journeys", || {
        child::run(
            Command::new(tools.join("tsc"))
                .arg("--noEmit")
                .current_dir(&folder),
        )
    })?;

    postgres.database("postgres").drop("shorepass")?;
    let database = postgres.database("postgres").demo("shorepass")?;
    let own = repo.dev()?.join("e2e");
    let binary = repo.built("debug/shorepass")?;
    let upstream = Upstream::free()?;
    let address = Address::free()?;
    let more = upstream.directories() + CLIENTS;
    let portal = Portal::prepare(binary, &own, address, &database, &more)?;
    let accounts = step("write the demo data", || portal.seed())?;
    let log = own.join("portal.log");
    let _process = step("start the portal", || portal.serve(Some(&log)))?;

    let mut playwright = Command::new(tools.join("playwright"));
    playwright.arg("test").args(arguments).current_dir(&folder);
    playwright.env("CHROMIUM", chromium);
    playwright.env("DATABASE_URL", database.url());
    playwright.env("SHOREPASS_URL", portal.url());
    playwright.env("SHOREPASS_LOG", &log);
    playwright.env("SHOREPASS_BIN", portal.binary());
    playwright.env("SHOREPASS_CONFIG", portal.configuration());
    playwright.envs(upstream.variables());
    // The journey that needs it says so where it is missing.
    if let Ok(kubectl) = kubernetes::kubectl(repo) {
        playwright.env("KUBECTL", kubectl);
    }
    if let Some(key) = demo_key(&accounts) {
        playwright.env("SHOREPASS_DEMO_KEY", key);
    }
    step("drive the portal with a browser", || {
        child::run(&mut playwright)
    })
}

/// The key in the line to try, as in `curl -H 'Authorization: Bearer KEY' …`.
fn demo_key(accounts: &str) -> Option<&str> {
    let (_, rest) = accounts.split_once("Bearer ")?;
    rest.split(|letter: char| letter.is_whitespace() || "'\"".contains(letter))
        .next()
}

#[cfg(test)]
mod tests {
    use super::demo_key;

    #[test]
    fn demo_key_is_what_curl_sends() {
        let accounts = "try:\n  curl -sS -H 'Authorization: Bearer shp_abc' http://localhost\n";
        assert_eq!(demo_key(accounts), Some("shp_abc"));
        assert_eq!(demo_key("no line to try"), None);
    }
}
