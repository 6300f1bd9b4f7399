//! Where requests may go. The address that is checked is the one that is connected to, so that a name
//! which changes its mind in between gains nothing.

use std::{collections::BTreeSet, io, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::{HttpError, Way, address::is_public};

#[derive(Debug)]
pub(super) struct Rules {
    hosts: Option<BTreeSet<String>>,
    plain: BTreeSet<String>,
    private: BTreeSet<String>,
}

impl Rules {
    pub(super) fn of(way: Way) -> Self {
        Self {
            hosts: way.hosts,
            private: way.allow_private.union(&way.allow_http).cloned().collect(),
            plain: way.allow_http,
        }
    }

    pub(super) fn check(&self, url: &Url) -> Result<(), HttpError> {
        let host = url.host_str().ok_or(HttpError::Address)?;
        if self
            .hosts
            .as_ref()
            .is_some_and(|hosts| !hosts.contains(host))
        {
            return Err(HttpError::Host(host.to_owned()));
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && self.plain.contains(host)) {
            return Err(HttpError::Plain(host.to_owned()));
        }
        // Names are looked up by `Looker`; a literal address never gets there.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) | None => None,
        };
        match literal {
            Some(address) if !is_public(address) && !self.private.contains(host) => {
                Err(HttpError::Private(host.to_owned()))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Looks names up, and keeps back the addresses that may not be connected to.
pub(super) struct Looker(pub(super) Arc<Rules>);

impl Resolve for Looker {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.0);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let anywhere = rules.private.contains(name.as_str());
            let allowed: Vec<SocketAddr> =
                found.filter(|at| anywhere || is_public(at.ip())).collect();
            if allowed.is_empty() {
                let error = HttpError::Private(name.as_str().to_owned());
                return Err(io::Error::other(error).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
