//! Secrets, each given as a text or as a file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use secrecy::SecretString;

use super::{ConfigError, wrong};

/// One of both forms.
pub(super) fn secret(
    key: &str,
    text: Option<String>,
    file: Option<PathBuf>,
) -> Result<SecretString, ConfigError> {
    let text = match (text, file) {
        (Some(text), None) => text,
        (None, Some(path)) => secret_in(&format!("{key}_file"), &path)?,
        (Some(_), Some(_)) => return Err(wrong(key, format!("is given as {key}_file as well"))),
        (None, None) => return Err(wrong(key, format!("is missing, and so is {key}_file"))),
    };
    if text.is_empty() {
        return Err(wrong(key, "is empty"));
    }
    Ok(text.into())
}

/// One of both forms, or none.
pub(super) fn secrets(
    key: &str,
    texts: Vec<String>,
    files: &[PathBuf],
) -> Result<Vec<SecretString>, ConfigError> {
    let (texts_key, files_key) = (format!("{key}s"), format!("{key}_files"));
    if !texts.is_empty() && !files.is_empty() {
        let problem = format!("is given as {files_key} as well");
        return Err(wrong(texts_key, problem));
    }
    let texts = texts.into_iter().map(|text| (&texts_key, Ok(text)));
    let files = files
        .iter()
        .map(|path| (&files_key, secret_in(&files_key, path)));
    texts
        .chain(files)
        .map(|(key, text)| match text? {
            text if text.is_empty() => Err(wrong(key, "has an empty entry")),
            text => Ok(text.into()),
        })
        .collect()
}

fn secret_in(key: &str, path: &Path) -> Result<String, ConfigError> {
    let text = fs::read_to_string(path)
        .map_err(|error| wrong(key, format!("{}: {error}", path.display())))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
