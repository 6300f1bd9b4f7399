//! `make clean`: no database, no demo data, nothing left of earlier runs.

use std::fs;

use anyhow::Result;

use crate::{
    postgres::{self, Purpose},
    repo::Repo,
    step::step,
};

pub(crate) fn run(repo: &Repo) -> Result<()> {
    step("remove what earlier runs left", || {
        postgres::remove(repo, Purpose::Demo)?;
        postgres::remove(repo, Purpose::Tests)?;
        let _ = fs::remove_dir_all(postgres::elsewhere(repo));
        Ok(fs::remove_dir_all(repo.dev()?)?)
    })
}
