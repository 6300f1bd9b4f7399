//! `cargo xtask prepare`: describes the SQL queries of `identity` for builds without a database.
//!
//! sqlx's macros write one file per query into a folder that `SQLX_OFFLINE_DIR` names, whenever
//! they are expanded with a database at hand. So: migrate an empty database, compile `identity`
//! anew against it, and take the folder.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    time::SystemTime,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    child,
    postgres::{Database, Home, Postgres, Purpose},
    repo::Repo,
    setup,
    step::step,
};

const COMMITTED: &str = "server/identity/.sqlx";
const SCRATCH: &str = "prepare";

pub(crate) fn run(repo: &Repo, only_check: bool) -> Result<()> {
    setup::server()?;
    let postgres = Postgres::start(Home::claim(repo, Purpose::Tests)?)?;
    if only_check {
        check(repo, &postgres)
    } else {
        renew(repo, &postgres)
    }
}

/// Fails where the committed descriptions are not what the code and the schema give.
pub(crate) fn check(repo: &Repo, postgres: &Postgres) -> Result<()> {
    let fresh = describe(repo, postgres)?;
    let committed = read(&repo.path(COMMITTED))?;
    let mut stale: Vec<_> = fresh
        .iter()
        .filter(|(name, content)| committed.get(*name) != Some(*content))
        .chain(
            committed
                .iter()
                .filter(|(name, _)| !fresh.contains_key(*name)),
        )
        .map(|(name, _)| name.as_str())
        .collect();
    stale.sort_unstable();
    if !stale.is_empty() {
        bail!(
            "{COMMITTED} is out of date ({}): run `cargo xtask prepare` and commit it",
            stale.join(", ")
        );
    }
    Ok(())
}

fn renew(repo: &Repo, postgres: &Postgres) -> Result<()> {
    let fresh = describe(repo, postgres)?;
    let committed = repo.path(COMMITTED);
    fs::create_dir_all(&committed)?;
    for name in read(&committed)?
        .keys()
        .filter(|name| !fresh.contains_key(*name))
    {
        fs::remove_file(committed.join(name))?;
    }
    for (name, content) in fresh {
        fs::write(committed.join(name), content)?;
    }
    Ok(())
}

fn describe(repo: &Repo, postgres: &Postgres) -> Result<BTreeMap<String, String>> {
    let folder = repo.dev()?.join("sqlx");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir(&folder)?;
    let server = postgres.database("postgres");
    let database = server.empty(SCRATCH)?;
    let described = step("migrate an empty database", || migrate(repo, &database)).and_then(|()| {
        step("describe the queries", || expand(repo, &database, &folder))?;
        read(&folder)
    });
    server.drop(SCRATCH)?;
    described
}

fn migrate(repo: &Repo, database: &Database) -> Result<()> {
    let mut files = fs::read_dir(repo.path("migrations"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|kind| kind == "sql"));
    files.sort();
    for file in files {
        database.apply(&file)?;
    }
    Ok(())
}

/// cargo compiles the crate because its root looks changed. Its old time comes back afterwards,
/// else everything that depends on it is compiled again for nothing.
fn expand(repo: &Repo, database: &Database, folder: &Path) -> Result<()> {
    let root = File::options()
        .append(true)
        .open(repo.path("server/identity/src/lib.rs"))
        .context("identity has no lib.rs")?;
    let before = root.metadata()?.modified()?;
    root.set_modified(SystemTime::now())?;
    let mut cargo = repo.cargo();
    cargo.args(["check", "--package", "identity", "--all-targets"]);
    cargo
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", folder);
    let compiled = child::run(cargo.env("DATABASE_URL", database.url()));
    root.set_modified(before)?;
    compiled
}

fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            files.insert(name.to_owned(), fs::read_to_string(&path)?);
        }
    }
    Ok(files)
}
