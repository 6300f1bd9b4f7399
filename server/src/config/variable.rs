//! The keys that environment variables stand for.

use super::{ConfigError, wrong};

pub(super) const PREFIX: &str = "SHOREPASS_";
/// Variables with the prefix that are no keys: of the command line, of logs, and of tests.
const RESERVED: [&str; 5] = ["CONFIG", "LOG", "BIN", "URL", "DEMO_KEY"];
/// The most entries of a list that variables with places can make.
const PLACES: usize = 100;

/// The key that a variable stands for.
pub(super) fn key(variable: &str) -> Result<Option<String>, ConfigError> {
    let Some(name) = variable.strip_prefix(PREFIX) else {
        return Ok(None);
    };
    if RESERVED.contains(&name) || is_service_link(name) {
        return Ok(None);
    }
    let mut key = String::new();
    for level in name.to_ascii_lowercase().split("__") {
        let step = match level.parse::<usize>() {
            Ok(place) if place < PLACES && !key.is_empty() => format!("[{place}]"),
            Ok(_) => return Err(wrong(variable, "is no key")),
            Err(_) if level.is_empty() => return Err(wrong(variable, "is no key")),
            Err(_) if key.is_empty() => level.to_owned(),
            Err(_) => format!(".{level}"),
        };
        key += &step;
    }
    Ok(Some(key))
}

/// Kubernetes describes each service of a namespace to its pods, also one called `shorepass` or
/// `shorepass-…`: `SHOREPASS_SERVICE_HOST`, `SHOREPASS_PORT_8080_TCP_ADDR` and the like.
fn is_service_link(name: &str) -> bool {
    let name = format!("_{name}");
    let port = name.split("_PORT").skip(1).any(|rest| {
        rest.is_empty()
            || rest
                .strip_prefix('_')
                .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    });
    port || name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT")
}
