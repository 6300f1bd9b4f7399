//! Every page in every state, as files: `cargo run -p app --features ssr --example gallery`, then
//! open `target/gallery/index.html`. A tool for those who design the pages; it needs no server,
//! no database and no browser part, and so also shows what is seen without WebAssembly.

mod clusters;
mod doctor;
mod fixtures;
mod keys;
mod people;
mod states;

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context as _, Result, anyhow};
use app::{Frame, Here, Page, shell};
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{ParserOptions, PrinterOptions};

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the repository")?;
    let target = root.join("target/gallery");
    fs::create_dir_all(&target)?;
    fs::write(
        target.join("gallery.css"),
        bundle(&root.join("style/main.css"))?,
    )?;
    let mut index = String::from("<!DOCTYPE html><title>Gallery</title><ul>");
    for (name, page) in states::all() {
        fs::write(target.join(format!("{name}.html")), document(name, page))?;
        index.extend(["<li><a href=\"", name, ".html\">", name, "</a>"]);
    }
    fs::write(target.join("index.html"), index)?;
    println!("{}", target.join("index.html").display());
    Ok(())
}

fn document(name: &str, page: Page) -> String {
    let here = match &page {
        Page::Token(_) => Here::Token,
        Page::Sessions(_) => Here::Sessions,
        Page::Clusters(_) | Page::Cluster(_) => Here::Clusters,
        Page::Clients(_) => Here::Clients,
        Page::Users(_) | Page::User(_) => Here::Users,
        Page::SigningKeys(_) => Here::SigningKeys,
        Page::Login(_)
        | Page::Departure(_)
        | Page::Consent(_)
        | Page::Logout(_)
        | Page::Device(_)
        | Page::Doctor(_)
        | Page::Setup(_)
        | Page::Kubeconfig(_)
        | Page::Problem(_) => Here::Elsewhere,
    };
    let person = match &page {
        Page::Login(_) | Page::Departure(_) => None,
        Page::Problem(_) if name.ends_with("alone") => None,
        _ if name.ends_with("auditor") => Some(fixtures::dave()),
        Page::Clients(_)
        | Page::Clusters(_)
        | Page::Cluster(_)
        | Page::Users(_)
        | Page::User(_)
        | Page::SigningKeys(_) => Some(fixtures::carol()),
        _ if name.contains("long") => Some(fixtures::longwinded()),
        _ => Some(fixtures::alice()),
    };
    let options = LeptosOptions::builder().output_name("shorepass").build();
    let frame = Frame {
        person,
        here,
        css: "gallery.css".into(),
        options,
        now: fixtures::now(),
    };
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    owner.with(|| shell(frame, page).to_html())
}

fn bundle(main: &Path) -> Result<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let sheet = bundler.bundle(main).map_err(|error| anyhow!("{error}"))?;
    Ok(sheet.to_css(PrinterOptions::default())?.code)
}
