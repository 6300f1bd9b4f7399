//! The WebAssembly module and its JavaScript glue.

use std::{fs, path::Path, process::Command};

use anyhow::Result;
use wasm_bindgen_cli_support::Bindgen;

use crate::{child, repo::Repo, step::step};

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm-release";

/// What rustc uses by default; wasm-opt would refuse it otherwise.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

pub(super) fn compile(repo: &Repo) -> Result<()> {
    step("compile the browser part", || {
        let mut cargo = repo.cargo();
        cargo.args([
            "build",
            "--package",
            "frontend",
            "--profile",
            PROFILE,
            "--target",
            TARGET,
        ]);
        child::run(&mut cargo)
    })
}

/// The library is pinned to the version of the macros, so the two always agree.
pub(super) fn bind(repo: &Repo, site: &Path) -> Result<()> {
    let module = repo.built(&format!("{TARGET}/{PROFILE}/frontend.wasm"))?;
    step("write the JavaScript glue", || {
        Bindgen::new()
            .input_path(&module)
            .out_name("shorepass")
            .web(true)?
            .typescript(false)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(site)
    })
}

pub(super) fn shrink(repo: &Repo, site: &Path) -> Result<()> {
    let tools = repo.path("frontend/node_modules/.bin");
    step("shrink the browser part", || {
        let module = site.join("shorepass_bg.wasm");
        let small = site.join("shorepass_bg.small");
        let mut optimise = Command::new(tools.join("wasm-opt"));
        optimise
            .arg("-Oz")
            .args(FEATURES)
            .arg(&module)
            .arg("--output")
            .arg(&small);
        child::run(&mut optimise)?;
        fs::rename(small, module)?;

        let script = site.join("shorepass.js");
        let mut minify = Command::new(tools.join("esbuild"));
        minify.args([
            "--minify",
            "--format=esm",
            "--target=es2022",
            "--log-level=warning",
        ]);
        minify.arg("--allow-overwrite").arg(&script);
        minify.arg(format!("--outfile={}", script.display()));
        child::run(&mut minify)
    })
}
