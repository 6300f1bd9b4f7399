//! The providers at which people log in during the journeys. The journeys start and stop them
//! (`end2end/provider.ts`); here they get their addresses and stand in the configuration.
//!
//! Cookies do not tell ports apart, so each has a host of its own.

use anyhow::Result;

use super::{Address, configuration::quoted};

pub(crate) struct Upstream {
    corp: String,
    partners: String,
}

impl Upstream {
    pub(crate) fn free() -> Result<Self> {
        let (corp, partners) = (Address::free()?, Address::free()?);
        Ok(Self {
            corp: format!("http://localhost:{}", corp.port()),
            partners: format!("http://127.0.0.1:{}", partners.port()),
        })
    }

    /// The variables that tell the journeys.
    pub(crate) fn variables(&self) -> [(&'static str, &str); 2] {
        [
            ("UPSTREAM_CORP", &self.corp),
            ("UPSTREAM_PARTNERS", &self.partners),
        ]
    }

    /// What the configuration says of them.
    pub(crate) fn directories(&self) -> String {
        let corp = "enter = { domains = [\"harbour.example\"] }";
        let partners = "enter = { groups = [\"crew\"] }\ngroups_claim = \"groups\"\n\
                        scopes = [\"email\", \"profile\", \"groups\"]";
        directory("corp", "Harbour Authority", &self.corp, corp)
            + &directory("partners", "Partner Yard", &self.partners, partners)
    }
}

fn directory(name: &str, title: &str, issuer: &str, more: &str) -> String {
    format!(
        "\n[[directory]]\n\
         name = \"{name}\"\n\
         title = \"{title}\"\n\
         kind = \"oidc\"\n\
         issuer = {issuer}\n\
         allow_http = [\"localhost\", \"127.0.0.1\"]\n\
         client_id = \"shorepass\"\n\
         client_secret = \"the-clients-secret-of-the-journeys\"\n\
         groups = [\"users\"]\n\
         {more}\n",
        issuer = quoted(issuer),
    )
}
