//! A small certificate authority for trials: one root that signs servers' certificates directly.
//!
//! Not for production: nothing is revoked, and nobody is told when a certificate ends.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

/// How long a root is good.
const CA_LIFE: Duration = Duration::days(5 * 365);
/// How long a server's certificate is good: what browsers accept at the most is 398 days.
const SERVER_LIFE: Duration = Duration::days(365);
/// Certificates begin this much in the past, for clocks that are behind.
const BEFORE: Duration = Duration::hours(1);

#[derive(Debug, Error)]
pub enum PkiError {
    #[error("a certificate is for one host at least")]
    NoHost,
    #[error("`{0}` is neither a DNS name nor an IP address")]
    Host(String),
    #[error("the certificate authority cannot be used")]
    Ca(#[source] rcgen::Error),
    #[error("no certificate could be made")]
    Make(#[from] rcgen::Error),
}

/// A certificate authority.
#[derive(Debug)]
pub struct Ca {
    certificate: String,
    key: SecretString,
}

/// A server's certificate with its key, as text (PEM).
#[derive(Debug)]
pub struct Server {
    /// The certificate, and the root behind it.
    pub certificates: String,
    pub key: SecretString,
}

impl Ca {
    /// Makes a new one with a fresh key (ECDSA on P-256) that says `name` of itself.
    ///
    /// # Errors
    /// [`PkiError::Make`].
    pub fn make(name: &str, now: OffsetDateTime) -> Result<Self, PkiError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = now - BEFORE;
        params.not_after = now + CA_LIFE;
        let key = KeyPair::generate()?;
        Ok(Self {
            certificate: params.self_signed(&key)?.pem(),
            key: key.serialize_pem().into(),
        })
    }

    /// One that was made before, of the texts (PEM) of its certificate and key.
    pub fn read(certificate: String, key: SecretString) -> Self {
        Self { certificate, key }
    }

    /// The certificate as text (PEM), for everybody.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The key as text (PEM, PKCS#8), for nobody.
    pub fn key(&self) -> &SecretString {
        &self.key
    }

    /// Makes a certificate for a server with these names and addresses, with a fresh key.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn server(&self, hosts: &[String], now: OffsetDateTime) -> Result<Server, PkiError> {
        let first = hosts.first().ok_or(PkiError::NoHost)?;
        if let Some(bad) = hosts.iter().find(|host| !is_host(host)) {
            return Err(PkiError::Host(bad.clone()));
        }
        let ca_key = KeyPair::from_pem(self.key.expose_secret()).map_err(PkiError::Ca)?;
        let ca = Issuer::from_ca_cert_pem(&self.certificate, ca_key).map_err(PkiError::Ca)?;

        let mut params = CertificateParams::new(hosts.to_vec())?;
        params.distinguished_name = common_name(first);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = now - BEFORE;
        params.not_after = now + SERVER_LIFE;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &ca)?.pem();
        Ok(Server {
            certificates: certificate + &self.certificate,
            key: key.serialize_pem().into(),
        })
    }
}

fn common_name(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

fn is_host(host: &str) -> bool {
    let name = host.strip_prefix("*.").unwrap_or(host);
    rustls::pki_types::ServerName::try_from(name).is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::{
        RootCertStore,
        client::{WebPkiServerVerifier, danger::ServerCertVerifier},
        crypto::aws_lc_rs,
        pki_types::{ServerName, UnixTime},
    };

    use super::*;
    use crate::certificate::Certificates;

    fn at() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
    }

    fn hosts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// What a client that trusts `ca` and nobody else says.
    fn verify(ca: &str, server: &Server, host: &str, at: OffsetDateTime) -> Result<(), String> {
        let mut roots = RootCertStore::empty();
        for root in Certificates::parse(ca.as_bytes()).unwrap().all() {
            roots.add(root.der.clone()).unwrap();
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider)
            .build()
            .unwrap();
        let chain = Certificates::parse(server.certificates.as_bytes()).unwrap();
        let seconds = u64::try_from(at.unix_timestamp()).unwrap();
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let host = ServerName::try_from(host.to_owned()).unwrap();
        verifier
            .verify_server_cert(&chain.all()[0].der, &[], &host, &[], now)
            .map(drop)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_client_that_trusts_the_authority_trusts_the_server_and_nobody_else() {
        let ca = Ca::make("Shorepass trial CA", at()).unwrap();
        let ca = Ca::read(ca.certificate().to_owned(), ca.key().clone());
        let server = ca
            .server(
                &hosts(&["id.example", "*.a.example", "127.0.0.1", "::1"]),
                at(),
            )
            .unwrap();
        for host in ["id.example", "x.a.example", "127.0.0.1", "::1"] {
            assert_eq!(
                verify(ca.certificate(), &server, host, at()),
                Ok(()),
                "{host}"
            );
        }
        for host in ["a.example", "x.id.example", "127.0.0.2"] {
            assert!(
                verify(ca.certificate(), &server, host, at()).is_err(),
                "{host}"
            );
        }
        for days in [-1, 366] {
            let at = at() + Duration::days(days);
            assert!(verify(ca.certificate(), &server, "id.example", at).is_err());
        }
        let other = Ca::make("Shorepass trial CA", at()).unwrap();
        assert!(verify(other.certificate(), &server, "id.example", at()).is_err());
        let mixed = Ca::read(ca.certificate().to_owned(), other.key().clone());
        let forged = mixed.server(&hosts(&["id.example"]), at()).unwrap();
        assert!(verify(ca.certificate(), &forged, "id.example", at()).is_err());
    }

    #[test]
    fn a_server_cannot_sign_others() {
        let ca = Ca::make("Trial", at()).unwrap();
        let server = ca.server(&hosts(&["id.example"]), at()).unwrap();
        let chain = Certificates::parse(server.certificates.as_bytes()).unwrap();
        let (_, read) = <x509_parser::prelude::X509Certificate as x509_parser::prelude::FromDer<
            _,
        >>::from_der(&chain.all()[0].der)
        .unwrap();
        assert!(!read.is_ca());
        assert!(!read.key_usage().unwrap().unwrap().value.key_cert_sign());
        assert!(
            read.extended_key_usage()
                .unwrap()
                .unwrap()
                .value
                .server_auth
        );
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        let ca = Ca::make("Trial", at()).unwrap();
        for bad in [
            "",
            "a b",
            "https://id.example",
            "id.example:8443",
            "é.example",
            "a,b",
        ] {
            let made = ca.server(&hosts(&["id.example", bad]), at());
            assert!(matches!(made, Err(PkiError::Host(_))), "{bad}");
        }
        assert!(matches!(ca.server(&[], at()), Err(PkiError::NoHost)));
    }
}
