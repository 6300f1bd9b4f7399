//! The configuration file of a portal with demo data, written anew at each start because the
//! database's port changes. Its key-encryption key is made once, else stored keys are lost.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Address;
use crate::{postgres::Database, private};

pub(super) fn write(
    folder: &Path,
    address: &Address,
    database: &Database,
    more: &str,
) -> Result<PathBuf> {
    let key = folder.join("key-encryption-key");
    if !key.exists() {
        private::write(&key, &private::key()?)?;
    }
    let listen = address
        .listen()
        .iter()
        .map(|address| quoted(&address.to_string()));
    let listen = listen.collect::<Vec<_>>().join(", ");
    let text = format!(
        "# Written at each start: changes are lost.\n\
         issuer = {issuer}\n\
         listen = [{listen}]\n\
         \n\
         [database]\n\
         url = {database}\n\
         \n\
         [signing]\n\
         key_encryption_key_file = {key}\n\
         \n\
         [[directory]]\n\
         name = \"local\"\n\
         kind = \"local\"\n\
         enter = \"everyone\"\n\
         groups = [\"users\"]\n\
         {more}",
        issuer = quoted(&address.url()),
        database = quoted(&database.url()),
        key = quoted(&key.to_string_lossy()),
    );
    let configuration = folder.join("shorepass.toml");
    private::write(&configuration, &text)?;
    Ok(configuration)
}

/// JSON escapes what TOML's basic strings want escaped, the same way.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn quotes_in_a_path_stay_inside_the_string() {
        assert_eq!(quoted(r#"/a "b"\c"#), r#""/a \"b\"\\c""#);
    }
}
