//! The cluster's own certificates: its root, the API server's, and those that people are known by.

use identity::pki::Ca;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair,
};
use secrecy::ExposeSecret;
use time::OffsetDateTime;

/// A certificate and its key in PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

pub(crate) struct Authority(Ca);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        Self(Ca::make(name, OffsetDateTime::now_utc()).unwrap())
    }

    pub(crate) fn certificate(&self) -> &str {
        self.0.certificate()
    }

    /// For a server on this machine.
    pub(crate) fn server(&self) -> Pair {
        let hosts = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = self.0.server(&hosts, OffsetDateTime::now_utc()).unwrap();
        Pair {
            certificate: made.certificates,
            key: made.key.expose_secret().to_owned(),
        }
    }

    /// For a person, as kube-apiserver reads it: the common name is the user, the organization a
    /// group.
    pub(crate) fn client(&self, user: &str, group: &str) -> Pair {
        let ca_key = KeyPair::from_pem(self.0.key().expose_secret()).unwrap();
        let ca = Issuer::from_ca_cert_pem(self.0.certificate(), ca_key).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, user);
        params
            .distinguished_name
            .push(DnType::OrganizationName, group);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        Pair {
            certificate: params.signed_by(&key, &ca).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}
