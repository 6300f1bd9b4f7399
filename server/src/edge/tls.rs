//! TLS of the listener: the certificate and key that are served, read again when their files change.
//!
//! 1. [`Pair::load`] reads both files at start; what does not fit together stops it there.
//! 2. [`Pair::watch`] reads them again every few seconds and compares the bytes: that works for files
//!    that are replaced, and for the switched links of a Kubernetes secret.
//! 3. A pair that fits is used for the next handshakes; connections go on with what they began with.
//!    One that does not, because it is half written or wrong, is refused once in the log, and the
//!    last good pair stays.
//!
//! TLS 1.2 and 1.3 only, with the cipher suites that rustls has (RFC 9325).

use std::{path::Path, sync::Arc, time::Duration};

use axum_server::tls_rustls::RustlsConfig;
use identity::certificate::{Certificate, CertificateError, Certificates};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, pem, pem::PemObject},
    version::{TLS12, TLS13},
};
use thiserror::Error;
use time::OffsetDateTime;

use super::log::Chain;
use crate::config::Tls;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(5);
/// A certificate that ends sooner is worth a word.
const SOON: time::Duration = time::Duration::days(14);

/// Why a certificate and a key cannot be served.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error("tls.cert: {0} cannot be read")]
    Cert(String, #[source] std::io::Error),
    #[error("tls.key: {0} cannot be read")]
    Key(String, #[source] std::io::Error),
    #[error("tls.cert: the file cannot be used")]
    Certificates(#[from] CertificateError),
    #[error("tls.key: the file has no private key in PEM that can be read")]
    NoKey(#[source] pem::Error),
    #[error("tls.key: the key and the certificate do not fit together")]
    Unfit(#[source] rustls::Error),
}

/// What stood in the two files.
#[derive(Clone, PartialEq, Eq)]
struct Text {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Text {
    fn read(files: &Tls) -> Result<Self, TlsError> {
        let name = |path: &Path| path.display().to_string();
        Ok(Self {
            cert: std::fs::read(&files.cert)
                .map_err(|error| TlsError::Cert(name(&files.cert), error))?,
            key: std::fs::read(&files.key)
                .map_err(|error| TlsError::Key(name(&files.key), error))?,
        })
    }

    /// What is served with them.
    fn config(&self) -> Result<(Arc<ServerConfig>, Certificates), TlsError> {
        let certificates = Certificates::parse(&self.cert)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(TlsError::NoKey)?;
        let chain = certificates.all().iter().map(|one| one.der.clone());
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_protocol_versions(&[&TLS13, &TLS12])
                .map_err(TlsError::Unfit)?
                .with_no_client_auth()
                .with_single_cert(chain.collect(), key)
                .map_err(TlsError::Unfit)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok((config.into(), certificates))
    }
}

/// A certificate and its key, in two files.
pub struct Pair {
    files: Tls,
    served: RustlsConfig,
    /// What was seen last, whether it could be served or not.
    seen: Option<Text>,
}

impl Pair {
    /// Reads them.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn load(files: &Tls) -> Result<Self, TlsError> {
        let text = Text::read(files)?;
        let (config, certificates) = text.config()?;
        tell(&certificates, "serving a certificate");
        Ok(Self {
            files: files.clone(),
            served: RustlsConfig::from_config(config),
            seen: Some(text),
        })
    }

    /// What a listener takes; it changes with the files.
    pub fn served(&self) -> RustlsConfig {
        self.served.clone()
    }

    /// Looks at the files again and again, until its task is ended.
    pub async fn watch(mut self) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.look();
        }
    }

    /// Serves what stands in the files now, where that is new and good. Two small files, read without
    /// leaving the thread.
    pub fn look(&mut self) {
        let outcome = match Text::read(&self.files) {
            Ok(text) if self.seen.as_ref() == Some(&text) => return,
            Ok(text) => {
                let outcome = text.config();
                self.seen = Some(text);
                outcome
            }
            // Said once, until the files can be read again.
            Err(_) if self.seen.is_none() => return,
            Err(error) => {
                self.seen = None;
                Err(error)
            }
        };
        match outcome {
            Ok((config, certificates)) => {
                self.served.reload_from_config(config);
                tell(&certificates, "serving another certificate");
            }
            Err(error) => tracing::error!(
                error = %Chain(&error),
                "the files of tls.cert and tls.key changed and cannot be served; going on with the last good pair"
            ),
        }
    }
}

fn tell(certificates: &Certificates, what: &str) {
    if let Some(own) = certificates.all().first() {
        tracing::info!(until = %day(own.not_after), "{what}");
    }
}

fn day(at: OffsetDateTime) -> String {
    at.date().to_string()
}

/// What of the files would keep clients away or soon will, one sentence each, beginning with the key.
pub fn problems(files: &Tls, issuer_host: &str, now: OffsetDateTime) -> Vec<String> {
    let read = Text::read(files).and_then(|text| text.config());
    let certificates = match &read {
        Ok((_, certificates)) => certificates.all(),
        Err(error) => return vec![Chain(error).to_string()],
    };
    let mut problems = Vec::new();
    for (place, one) in certificates.iter().enumerate() {
        let which = match place {
            0 => "the certificate".to_owned(),
            _ => format!("certificate {} of the chain", place + 1),
        };
        if let Some(problem) = dates(one, now) {
            problems.push(format!("tls.cert: {which} {problem}"));
        }
    }
    let host = issuer_host.trim_matches(['[', ']']);
    if certificates.first().is_some_and(|own| !own.is_for(host)) {
        problems.push(format!(
            "tls.cert: the certificate is not for {host}, the issuer's host (subject alternative names)"
        ));
    }
    problems
}

fn dates(one: &Certificate, now: OffsetDateTime) -> Option<String> {
    if one.not_before > now {
        Some(format!("is not good before {}", day(one.not_before)))
    } else if one.not_after <= now {
        Some(format!("ended on {}", day(one.not_after)))
    } else if one.not_after <= now + SOON {
        Some(format!("ends soon, on {}", day(one.not_after)))
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
