//! Files and random values that are nobody else's business.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use anyhow::{Context as _, Result};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// Writes a file that only its owner reads.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let named = || format!("{} cannot be written", path.display());
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(named)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))
        .with_context(named)?;
    file.write_all(text.as_bytes()).with_context(named)
}

/// 32 random bytes, for a key-encryption key.
pub(crate) fn key() -> Result<String> {
    Ok(STANDARD.encode(random()?))
}

/// The same in letters that need no escaping in a URL.
pub(crate) fn password() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random()?))
}

fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("/dev/urandom cannot be read")?;
    Ok(bytes)
}
