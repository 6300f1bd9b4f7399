//! The blocks of `docs/clients.md`, which the tests execute as they are written there.

use std::path::Path;

/// The address that stands there for the portal's.
pub(crate) const PORTAL: &str = "https://portal.example.com";

fn read() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/clients.md");
    std::fs::read_to_string(path).unwrap()
}

/// The blocks of a language under a title.
pub(crate) fn blocks(title: &str, language: &str) -> Vec<String> {
    let text = read();
    let (_, section) = text.split_once(&format!("\n## {title}\n")).expect(title);
    let section = section.split("\n## ").next().unwrap_or_default();
    let fence = format!("```{language}\n");
    let found = section.split(&fence).skip(1);
    let blocks: Vec<String> = found
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect();
    assert!(!blocks.is_empty(), "{title:?} has no block of {language}");
    blocks
}
