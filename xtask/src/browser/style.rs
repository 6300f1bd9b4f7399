//! One style sheet out of `style/main.css` and what it imports, and the pictures beside them.

use std::{fs, path::Path};

use anyhow::{Result, anyhow};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    stylesheet::{MinifyOptions, ParserOptions, PrinterOptions},
};

use crate::repo::Repo;

pub(super) fn bundle(repo: &Repo, site: &Path) -> Result<()> {
    let folder = repo.path("style");
    fs::write(
        site.join("shorepass.css"),
        minified(&folder.join("main.css"))?,
    )?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(name) = path
            .file_name()
            .filter(|_| path.extension().is_some_and(|e| e == "svg"))
        {
            fs::copy(&path, site.join(name))?;
        }
    }
    Ok(())
}

/// The library's errors borrow the sources, so they become text here.
fn minified(main: &Path) -> Result<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(main).map_err(|error| anyhow!("{error}"))?;
    sheet
        .minify(MinifyOptions::default())
        .map_err(|error| anyhow!("{error}"))?;
    let options = PrinterOptions {
        minify: true,
        ..PrinterOptions::default()
    };
    let css = sheet.to_css(options).map_err(|error| anyhow!("{error}"))?;
    Ok(css.code)
}
