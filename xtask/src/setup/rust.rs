//! The compilation target of the browser part.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, anyhow};

use super::find;
use crate::{child, step::step};

const TARGET: &str = "wasm32-unknown-unknown";

pub(crate) fn wasm_target() -> Result<()> {
    let sysroot = child::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(TARGET)
        .is_dir()
    {
        return Ok(());
    }
    let by_hand = format!("the Rust target {TARGET} is missing: rustup target add {TARGET}");
    if find("rustup").is_none() {
        return Err(anyhow!("Rust was not installed by rustup")).context(by_hand);
    }
    step(&format!("add the Rust target {TARGET}"), || {
        child::run(Command::new("rustup").args(["target", "add", TARGET])).context(by_hand)
    })
}
