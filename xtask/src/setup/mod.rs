//! What has to be on the machine. Looks first, installs what a package brings, and names what
//! none does. On a machine that has everything this takes a moment.

mod apt;
mod chromium;
mod etcd;
mod go;
mod node;
mod rust;
mod shells;

use std::{env, path::PathBuf};

use anyhow::Result;

pub(crate) use self::{
    chromium::chromium, etcd::etcd, go::go, node::node, rust::wasm_target, shells::shells,
};
use crate::postgres;

/// For every command that compiles the server and starts Postgres.
pub(crate) fn server() -> Result<()> {
    compilers()?;
    if postgres::Program::find(None).is_none() {
        apt::postgresql()?;
    }
    Ok(())
}

/// For every command that compiles the browser part.
pub(crate) fn browser() -> Result<()> {
    wasm_target()?;
    node()
}

/// The cryptography library is C.
fn compilers() -> Result<()> {
    for (program, package) in [("cc", "gcc"), ("make", "make")] {
        if find(program).is_none() {
            apt::install(&[package])?;
        }
    }
    Ok(())
}

/// A program on PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
