//! The binary contains the browser part as it lies in `target/site`; this says when to look again.

use std::{fs, io};

fn main() -> io::Result<()> {
    // A build without the browser part works as well: for checks, and for the command line.
    fs::create_dir_all("../target/site")?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../target/site");
    Ok(())
}
