//! Compressed copies beside each file, so that the server never compresses these itself.

use std::{fs, io::Write as _, path::Path};

use anyhow::Result;
use brotli::CompressorWriter;
use flate2::{Compression, write::GzEncoder};

const KINDS: [&str; 4] = ["wasm", "js", "css", "svg"];

pub(super) fn all(site: &Path) -> Result<()> {
    for entry in fs::read_dir(site)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|kind| KINDS.iter().any(|known| kind == *known))
        {
            let content = fs::read(&path)?;
            fs::write(path.with_added_extension("br"), brotli(&content)?)?;
            fs::write(path.with_added_extension("gz"), gzip(&content)?)?;
        }
    }
    Ok(())
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut compressor = CompressorWriter::new(Vec::new(), 64 * 1024, 11, 22);
    compressor.write_all(content)?;
    Ok(compressor.into_inner())
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut compressor = GzEncoder::new(Vec::new(), Compression::best());
    compressor.write_all(content)?;
    Ok(compressor.finish()?)
}
