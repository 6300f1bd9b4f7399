//! One number for many files: tells whether work has to be done again. Not for secrets.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// FNV-1a, which stays the same from one Rust release to the next.
#[derive(Clone, Copy)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Adds a file, or every file below a directory, names included. What is missing adds nothing.
    pub(crate) fn add_path(&mut self, path: &Path) -> Result<()> {
        for file in files(path)? {
            self.add(file.to_string_lossy().as_bytes());
            let content =
                fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            self.add(&content);
        }
        Ok(())
    }

    pub(crate) fn hex(self) -> String {
        format!("{:016x}", self.0)
    }
}

fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() || path.ends_with("node_modules") {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut entries = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<PathBuf>>>()?;
    entries.sort();
    let below = entries
        .iter()
        .map(|entry| files(entry))
        .collect::<Result<Vec<_>>>()?;
    Ok(below.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[&str]) -> String {
        let mut fingerprint = Fingerprint::new();
        for part in parts {
            fingerprint.add(part.as_bytes());
        }
        fingerprint.hex()
    }

    #[test]
    fn moving_a_letter_from_one_part_to_the_next_changes_it() {
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
    }
}
