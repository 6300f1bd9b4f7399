//! Certificates: what a PEM text of them says (RFC 7468 §5, RFC 5280 §4.1).
//!
//! Owns reading and writing them as text. Whether a chain is to be trusted is rustls's to say, and
//! making new ones is `pki`.

use rustls::{
    client::verify_server_name,
    pki_types::{CertificateDer, ServerName},
    server::ParsedCertificate,
};
use thiserror::Error;
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The most bytes of a text of certificates.
const MAX: usize = 256 * 1024;
const LABEL: &str = "CERTIFICATE";

/// Why a text is no certificates.
#[derive(Debug, Error)]
pub enum CertificateError {
    #[error("too long for certificates")]
    TooLong,
    #[error("not PEM")]
    Pem(#[source] pem::PemError),
    #[error("there is no certificate in it")]
    Empty,
    #[error("something in it is no certificate: {0}")]
    Foreign(String),
    #[error("certificate {0} in it cannot be read")]
    Malformed(usize),
}

/// One certificate and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub der: CertificateDer<'static>,
    pub not_before: OffsetDateTime,
    pub not_after: OffsetDateTime,
    /// Whether it is signed in its own name: a root, or one that stands for itself alone.
    pub is_self_issued: bool,
}

impl Certificate {
    /// Whether it is for that host: a DNS name, or an IP address without brackets. As everywhere
    /// by now, only subject alternative names count (RFC 9525 §6.3).
    pub fn is_for(&self, host: &str) -> bool {
        let (Ok(parsed), Ok(name)) = (
            ParsedCertificate::try_from(&self.der),
            ServerName::try_from(host),
        ) else {
            return false;
        };
        verify_server_name(&parsed, &name).is_ok()
    }
}

/// Certificates in the order of their text; in a chain the first is the server's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificates(Vec<Certificate>);

impl Certificates {
    /// Reads the certificates of a text, whatever else is in it.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn parse(text: &[u8]) -> Result<Self, CertificateError> {
        Self::of(&sections(text)?)
    }

    /// Reads a text that is for everybody's eyes: nothing but certificates may be in it, above all
    /// no key.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn parse_public(text: &[u8]) -> Result<Self, CertificateError> {
        let sections = sections(text)?;
        if let Some(foreign) = sections.iter().find(|section| section.tag() != LABEL) {
            return Err(CertificateError::Foreign(foreign.tag().to_owned()));
        }
        Self::of(&sections)
    }

    fn of(sections: &[pem::Pem]) -> Result<Self, CertificateError> {
        let mut found = Vec::new();
        for section in sections.iter().filter(|section| section.tag() == LABEL) {
            let place = found.len() + 1;
            let Ok(([], read)) = X509Certificate::from_der(section.contents()) else {
                return Err(CertificateError::Malformed(place));
            };
            found.push(Certificate {
                not_before: read.validity().not_before.to_datetime(),
                not_after: read.validity().not_after.to_datetime(),
                is_self_issued: read.subject().as_raw() == read.issuer().as_raw(),
                der: CertificateDer::from(section.contents().to_vec()),
            });
        }
        if found.is_empty() {
            Err(CertificateError::Empty)
        } else {
            Ok(Self(found))
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Certificate] {
        &self.0
    }

    /// The root that a chain brings along, if it does; then it is a private one, for nobody has to
    /// be told the public ones.
    pub fn private_root(&self) -> Option<Self> {
        let last = self.0.last().filter(|last| last.is_self_issued)?;
        Some(Self(vec![last.clone()]))
    }

    /// The certificates as text, and nothing else.
    pub fn to_pem(&self) -> String {
        let sections: Vec<_> = self
            .0
            .iter()
            .map(|certificate| pem::Pem::new(LABEL, certificate.der.to_vec()))
            .collect();
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        let texts: Vec<_> = sections
            .iter()
            .map(|section| pem::encode_config(section, config))
            .collect();
        texts.concat()
    }
}

fn sections(text: &[u8]) -> Result<Vec<pem::Pem>, CertificateError> {
    if text.len() > MAX {
        return Err(CertificateError::TooLong);
    }
    pem::parse_many(text).map_err(CertificateError::Pem)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use time::Duration;

    use super::*;
    use crate::pki::Ca;

    fn chain() -> (String, String, OffsetDateTime) {
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let ca = Ca::make("Trial", now).unwrap();
        let hosts = ["id.example".to_owned(), "10.0.0.1".to_owned()];
        let server = ca.server(&hosts, now).unwrap();
        (
            server.certificates,
            server.key.expose_secret().to_owned(),
            now,
        )
    }

    #[test]
    fn a_chain_says_whose_it_is_and_until_when() {
        let (text, _, now) = chain();
        let read = Certificates::parse(text.as_bytes()).unwrap();
        let [leaf, root] = read.all() else {
            panic!("a leaf and its root")
        };
        assert!(leaf.is_for("id.example") && leaf.is_for("10.0.0.1"));
        for other in ["example", "a.id.example", "10.0.0.2", "", "a b"] {
            assert!(!leaf.is_for(other), "{other}");
        }
        assert!(leaf.not_before < now && leaf.not_after > now + Duration::days(300));
        assert!(root.is_self_issued && !leaf.is_self_issued);
        assert_eq!(
            read.private_root().unwrap().all(),
            std::slice::from_ref(root)
        );
        assert_eq!(read.to_pem(), text);
    }

    #[test]
    fn what_everybody_sees_holds_no_key() {
        let (text, key, _) = chain();
        let both = format!("{text}{key}");
        assert!(Certificates::parse(both.as_bytes()).is_ok());
        assert!(matches!(
            Certificates::parse_public(both.as_bytes()),
            Err(CertificateError::Foreign(_))
        ));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let (text, key, _) = chain();
        for (bad, expected) in [
            (String::new(), "no certificate in it"),
            ("no PEM at all".into(), "no certificate in it"),
            (key, "no certificate in it"),
            (text[..text.len() / 4].into(), ""),
            (
                "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n".into(),
                "certificate 1 in it cannot be read",
            ),
            ("x".repeat(MAX + 1), "too long"),
        ] {
            let error = Certificates::parse(bad.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
