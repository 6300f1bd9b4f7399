//! The tests that need a real API server: `server/tests/cluster`. Cargo leaves them out unless
//! they are named, because without the programs they could only fail.

use anyhow::Result;

use crate::{
    browser, child,
    kubernetes::Means,
    postgres::{Home, Postgres, Purpose},
    repo::Repo,
    setup,
};

pub(crate) fn run(repo: &Repo, tests: &[String]) -> Result<()> {
    setup::server()?;
    let means = Means::find(repo)?;
    let home = Home::claim(repo, Purpose::Tests)?;
    browser::ensure_folder(repo)?;
    drive(repo, &Postgres::start(home)?, means, tests)
}

/// The tests alone, with a Postgres that is there already.
pub(crate) fn drive(
    repo: &Repo,
    postgres: &Postgres,
    means: Means,
    tests: &[String],
) -> Result<()> {
    let programs = means.programs()?;
    let mut cargo = repo.cargo();
    cargo.args(["test", "--package", "server", "--test", "cluster", "--"]);
    cargo.args(tests);
    programs.tell(&mut cargo);
    child::run(cargo.env("DATABASE_URL", postgres.database("postgres").url()))
}
