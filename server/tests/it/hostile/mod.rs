//! Bad input, as bytes on a connection: lists of cases, each tried on every endpoint that it
//! concerns. Whatever comes in, the answer is prompt and harmless, and the next caller is served.

mod bodies;
mod framing;
mod headers;
mod json;
mod keys;
mod logout;
mod methods;
mod parameters;
mod paths;
mod reflection;
mod reviews;
mod secrets;

use std::time::{Duration, Instant};

use crate::support::Portal;

/// What answers to GET.
const PAGES: [&str; 25] = [
    "/",
    "/login",
    "/sessions",
    "/device",
    "/doctor",
    "/keys",
    "/admin/clusters",
    "/admin/clusters/demo",
    "/admin/clusters/demo/namespaces",
    "/admin/clusters/demo/check",
    "/admin/clusters/demo/webhook",
    "/admin/clients",
    "/admin/keys",
    "/admin/users",
    "/admin/users/erin",
    "/k8stoken",
    "/.well-known/openid-configuration",
    "/oauth2/jwks",
    "/oauth2/authorize",
    "/oauth2/userinfo",
    "/oauth2/logout",
    "/healthz",
    "/readyz",
    "/metrics",
    "/favicon.svg",
];
/// What takes a form of our own pages, or of a shell.
const FORMS: [&str; 26] = [
    "/",
    "/login",
    "/logout",
    "/keys",
    "/keys/revoke",
    "/sessions/end",
    "/sessions/end-client",
    "/sessions/end-all",
    "/device",
    "/doctor",
    "/admin/clusters",
    "/admin/clusters/demo",
    "/admin/clusters/demo/namespaces",
    "/admin/clusters/demo/check",
    "/admin/clusters/demo/webhook",
    "/admin/clients",
    "/admin/clients/secret",
    "/admin/clients/remove",
    "/admin/keys/rotate",
    "/admin/keys/revoke",
    "/admin/users/erin/sign-out",
    "/admin/users/erin/disable",
    "/admin/users/erin/enable",
    "/oauth2/consent",
    "/oauth2/logout/confirm",
    "/k8stoken",
];
/// What takes a form of programs and of other sites.
const OAUTH: [&str; 7] = [
    "/oauth2/authorize",
    "/oauth2/token",
    "/oauth2/device_authorization",
    "/oauth2/userinfo",
    "/oauth2/revoke",
    "/oauth2/introspect",
    "/oauth2/logout",
];
/// What takes JSON.
const JSON: [&str; 3] = ["/api/check", "/api/pass", "/api/token"];

/// What API servers ask.
const REVIEWS: [&str; 2] = ["/k8s/authorize", "/k8s/tokenreview"];

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

/// A second is what callers may expect; a machine that runs many tests at once gets more.
const PROMPT: Duration = Duration::from_secs(4);

/// Everything that came back on a connection until the server ended it.
struct Answer {
    status: u16,
    head: String,
    body: String,
    /// How many requests were answered.
    count: usize,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// A request that asks for the connection's end after it. `headers` are whole lines.
fn request(portal: &Portal, method: &str, path: &str, headers: &str, body: &str) -> String {
    let (host, origin) = (portal.host(), &portal.url);
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    )
}

/// What came back for these bytes.
async fn send(portal: &Portal, case: &str, bytes: impl AsRef<[u8]>) -> Answer {
    let start = Instant::now();
    let text = portal.raw(bytes.as_ref()).await;
    let took = start.elapsed();
    assert!(took < PROMPT, "{case}: it took {took:?}");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.get(9..12).and_then(|digits| digits.parse().ok());
    assert!(status.is_some(), "{case}: no answer, but {text:?}");
    Answer {
        status: status.unwrap_or_default(),
        head: head.to_owned(),
        body: body.to_owned(),
        count: text.matches("HTTP/1.1 ").count(),
    }
}

/// Whatever was asked: nothing broke, nobody got a login, a token or a key, no other site was
/// named, and the next caller is served.
async fn assert_harmless(portal: &Portal, case: &str, answer: &Answer) {
    let Answer { head, body, .. } = answer;
    assert!(answer.status < 500, "{case}: {head}");
    let set = answer.header("set-cookie").unwrap_or("shorepass=;");
    assert!(set.starts_with("shorepass=;"), "{case}: a cookie: {head}");
    assert!(!body.contains("eyJ"), "{case}: a token: {body}");
    assert!(!body.contains(">k8r_"), "{case}: a key: {body}");
    let place = answer.header("location").unwrap_or("/login");
    let known = place.starts_with("/login") || place == "/sessions";
    assert!(known, "{case}: sent to {place}");
    let own = request(portal, "GET", "/k8stoken", &bearer(portal), "");
    let next = send(portal, case, own).await;
    assert_eq!(next.status, 200, "{case}: the next one got {}", next.head);
    assert!(next.body.starts_with("eyJ"), "{case}: {}", next.body);
}

/// Sends a bad request and expects it to be refused, harmlessly.
async fn assert_refused(portal: &Portal, case: &str, bytes: impl AsRef<[u8]>) -> Answer {
    let answer = send(portal, case, bytes).await;
    let status = answer.status;
    assert!((400..500).contains(&status), "{case}: {status}");
    assert_harmless(portal, case, &answer).await;
    answer
}

fn bearer(portal: &Portal) -> String {
    format!("authorization: Bearer {}\r\n", portal.key)
}

/// Whether this cookie still opens the pages.
async fn is_in(portal: &Portal, cookie: &str) -> bool {
    let request = portal.get("/").header("cookie", cookie).send();
    request.await.unwrap().status() == 200
}
