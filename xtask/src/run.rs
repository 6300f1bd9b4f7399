//! `make run`: the portal with demo data in the foreground, until Ctrl-C or SIGTERM.

use anyhow::Result;

use crate::{
    browser, child,
    portal::{Address, Portal},
    postgres::{Home, Postgres, Purpose},
    repo::Repo,
    setup,
    step::{say, step},
};

pub(crate) fn run(repo: &Repo) -> Result<()> {
    setup::server()?;
    let home = Home::claim(repo, Purpose::Demo)?;
    let address = Address::chosen()?;
    browser::build(repo)?;
    step("compile the server", || {
        child::run(
            repo.cargo()
                .args(["build", "--release", "--package", "server"]),
        )
    })?;
    let postgres = Postgres::start(home)?;
    let database = postgres.database("postgres").demo("shorepass")?;
    let binary = repo.built("release/shorepass")?;
    let portal = Portal::prepare(binary, &repo.dev()?, address, &database, "")?;
    let accounts = step("write the demo data", || portal.seed())?;
    let mut process = step("start the portal", || portal.serve(None))?;
    say(&format!(
        "\nThe portal is at {}\n\n{}",
        portal.url(),
        accounts.trim_end()
    ));
    say("\nCtrl-C ends it.");
    process.attend()
}
