//! `[backchannel]`: the way to the clients that are told of logouts. Which those are, their own records
//! say.

use std::path::PathBuf;

use identity::outgoing::Way;
use serde::Deserialize;

use super::{
    ConfigError,
    directory::{hosts, roots},
};
use identity::connector::oidc::settings::TIMEOUT;

/// The way as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    allow_http: Vec<String>,
    allow_private: Vec<String>,
    ca_file: Option<PathBuf>,
}

impl Written {
    pub(super) fn check(self) -> Result<Way, ConfigError> {
        let at = |key: &str| format!("backchannel.{key}");
        let more = self.ca_file.as_deref();
        Ok(Way {
            hosts: None,
            allow_http: hosts(&at("allow_http"), self.allow_http)?,
            allow_private: hosts(&at("allow_private"), self.allow_private)?,
            roots: more.map_or(Ok(Vec::new()), |path| roots(&at("ca_file"), path))?,
            timeout: TIMEOUT,
        })
    }
}
