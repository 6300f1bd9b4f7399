//! `make soak`: the tests of scheduled rotation alone (server/tests/it/soak.rs), with what they say.
//! `make test` runs them too.

use anyhow::Result;

use crate::{
    browser, child,
    postgres::{Home, Postgres, Purpose},
    repo::Repo,
    setup,
};

pub(crate) fn run(repo: &Repo) -> Result<()> {
    setup::server()?;
    let home = Home::claim(repo, Purpose::Tests)?;
    browser::ensure_folder(repo)?;
    let postgres = Postgres::start(home)?;
    let mut cargo = repo.cargo();
    cargo.args(["test", "--package", "server", "--test", "it", "--"]);
    cargo.args(["soak::", "--nocapture"]);
    child::run(cargo.env("DATABASE_URL", postgres.database("postgres").url()))
}
