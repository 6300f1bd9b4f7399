//! Answers only to the issuer's own name (RFC 9110 §7.4), so that no link, cookie or cache entry is
//! ever made for another one.

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use http::{StatusCode, Version, header, uri::Authority};
use url::Url;

use super::refuse;

/// The issuer's host and port.
#[derive(Clone, Debug)]
pub struct Rule(Arc<Own>);

#[derive(Debug)]
struct Own {
    issuer: String,
    host: String,
    port: Option<u16>,
    default_port: Option<u16>,
}

/// What a request's authority is.
#[derive(Debug, PartialEq, Eq)]
enum Authorities {
    Own,
    Foreign,
    Missing,
    Malformed,
}

impl Rule {
    /// The rule for an issuer.
    pub fn new(issuer: &Url) -> Self {
        Self(Arc::new(Own {
            issuer: issuer.as_str().trim_end_matches('/').to_owned(),
            host: issuer.host_str().unwrap_or_default().to_owned(),
            port: issuer.port_or_known_default(),
            default_port: match issuer.scheme() {
                "https" => Some(443),
                "http" => Some(80),
                _ => None,
            },
        }))
    }

    /// Refuses other names with 421 (RFC 9110 §15.5.20), and none or a malformed one with 400
    /// (RFC 9112 §3.2). A shell gets one word (see `routes/k8stoken.rs`), a person the right address.
    ///
    /// # Errors
    /// The refusal.
    #[expect(clippy::result_large_err, reason = "the error is the response")]
    pub fn check(&self, request: &Request) -> Result<(), Response> {
        let exempt = exempt(request.uri().path());
        match self.judge(request) {
            Authorities::Own => Ok(()),
            Authorities::Foreign if exempt => Ok(()),
            Authorities::Missing if exempt && request.version() < Version::HTTP_11 => Ok(()),
            Authorities::Foreign if request.uri().path() == "/k8stoken" => {
                Err(refuse(StatusCode::MISDIRECTED_REQUEST, "wrong_host"))
            }
            Authorities::Foreign => Err(refuse(
                StatusCode::MISDIRECTED_REQUEST,
                format!("This portal is at {}.", self.0.issuer),
            )),
            Authorities::Missing | Authorities::Malformed => {
                Err(refuse(StatusCode::BAD_REQUEST, "bad_request"))
            }
        }
    }

    /// Both the target's authority (`:authority`, or the absolute form) and `Host` count where both
    /// are there.
    fn judge(&self, request: &Request) -> Authorities {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let host = hosts.next();
        if hosts.next().is_some() {
            return Authorities::Malformed;
        }
        let host = match host.map(|value| Authority::try_from(value.as_bytes())) {
            Some(Err(_)) => return Authorities::Malformed,
            Some(Ok(authority)) => Some(authority),
            None => None,
        };
        let mut verdict = Authorities::Missing;
        for authority in request.uri().authority().into_iter().chain(host.as_ref()) {
            verdict = match self.judge_one(authority) {
                Authorities::Own if verdict == Authorities::Foreign => Authorities::Foreign,
                Authorities::Malformed => return Authorities::Malformed,
                other => other,
            };
        }
        verdict
    }

    fn judge_one(&self, authority: &Authority) -> Authorities {
        let host = authority.host();
        // With user information the text does not begin with the host.
        let Some(rest) = authority.as_str().strip_prefix(host) else {
            return Authorities::Malformed;
        };
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => self.0.default_port,
            Some("") => self.0.default_port,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                match digits.parse() {
                    Ok(port) => Some(port),
                    Err(_) => return Authorities::Malformed,
                }
            }
            _ => return Authorities::Malformed,
        };
        if host.is_empty() {
            Authorities::Malformed
        } else if host.eq_ignore_ascii_case(&self.0.host) && port == self.0.port {
            Authorities::Own
        } else {
            Authorities::Foreign
        }
    }
}

/// What machines fetch under whatever name or address they know.
fn exempt(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics" | "/oauth2/jwks")
        || path.starts_with("/.well-known/")
        || path.starts_with("/k8s/")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn status(issuer: &str, path: &str, hosts: &[&str]) -> u16 {
        let rule = Rule::new(&issuer.parse().unwrap());
        let mut request = Request::get(path);
        for host in hosts {
            request = request.header("host", *host);
        }
        let request = request.body(Body::empty()).unwrap();
        rule.check(&request)
            .map_or_else(|refusal| refusal.status().as_u16(), |()| 200)
    }

    #[test]
    fn only_the_issuers_name_is_answered() {
        let (public, local) = ("https://id.example", "http://localhost:8080");
        for (issuer, hosts, expected) in [
            (public, &["id.example"][..], 200),
            (public, &["ID.Example:443"], 200),
            (public, &["id.example:"], 200),
            (public, &["id.example:80"], 421),
            (public, &["id.example."], 421),
            (public, &["evil.example"], 421),
            (public, &["id.example.evil.example"], 421),
            (local, &["localhost:8080"], 200),
            (local, &["localhost"], 421),
            (local, &["127.0.0.1:8080"], 421),
            ("http://[::1]:8080", &["[::1]:8080"], 200),
            (public, &[], 400),
            (public, &[""], 400),
            (public, &["id.example", "id.example"], 400),
            (public, &["id.example", "evil.example"], 400),
            (public, &["a@id.example"], 400),
            (public, &["id.example:99999"], 400),
            (public, &["id.example:x"], 400),
            (public, &["id.example/x"], 400),
            (public, &["id example"], 400),
        ] {
            assert_eq!(status(issuer, "/", hosts), expected, "{hosts:?}");
        }
    }

    #[test]
    fn the_targets_authority_counts_as_well() {
        let issuer = "https://id.example";
        for (target, hosts, expected) in [
            ("https://id.example/", &[][..], 200),
            ("https://id.example/", &["id.example"], 200),
            ("https://evil.example/", &["id.example"], 421),
            ("https://id.example/", &["evil.example"], 421),
            ("https://evil.example/", &[], 421),
        ] {
            assert_eq!(status(issuer, target, hosts), expected, "{target}");
        }
    }

    #[test]
    fn what_machines_fetch_is_answered_under_any_name() {
        for (path, expected) in [
            ("/healthz", 200),
            ("/readyz", 200),
            ("/metrics", 200),
            ("/.well-known/openid-configuration", 200),
            ("/oauth2/jwks", 200),
            ("/k8s/authorize", 200),
            ("/k8stoken", 421),
            ("/k8s", 421),
            ("/healthz/", 421),
            ("//healthz", 421),
            ("/oauth2/jwks/x", 421),
        ] {
            let status = status("https://id.example", path, &["10.0.0.1:8080"]);
            assert_eq!(status, expected, "{path}");
        }
    }
}
