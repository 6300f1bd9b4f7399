//! The checks of a token.

use time::OffsetDateTime;

use super::{
    Check, Finding, Report, bad, careful,
    claims::{Seconds, name, seconds},
    header,
    holder::{audience, email, groups, reserved, seen_as, username},
    parts::{self, Broken, Fields},
    said, shown,
    time::{expiry, lifetime, not_before},
};
use crate::{
    cluster::{Cluster, TokenKind},
    signing_key::State,
};

/// What the API server was told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub issuer: &'a str,
    pub cluster: &'a Cluster,
}

/// The key that a token names, and its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyed {
    /// It names none, or nothing can be read.
    Unnamed,
    /// No key of ours has ever had that name.
    Unknown,
    /// One had, in this state; and whether the signature is of that key.
    Known { state: State, right: bool },
}

/// Bytes above which proxies begin to refuse a header, and above which most do.
const LARGE: usize = 4 * 1024;
const TOO_LARGE: usize = 8 * 1024;

/// Looks at a token. `wrapped` where there was white space in it.
pub fn examine(
    token: &str,
    wrapped: bool,
    told: Told<'_>,
    keyed: Keyed,
    now: OffsetDateTime,
) -> Report {
    let payload = parts::payload(token);
    let header = header(token);
    let mut findings = vec![form(&payload, wrapped)];
    findings.push(match &payload {
        Ok(claims) => issuer(claims, told),
        Err(_) => Finding::open(Check::Issuer),
    });
    findings.push(header.as_ref().map_or_else(
        || {
            bad(
                Check::Algorithm,
                "The first or the last part cannot be read.",
                said::MALFORMED,
                "Copy the whole token, without what stands around it.",
            )
        },
        |header| algorithm(&header.alg),
    ));
    findings.extend(key(keyed, header.is_some()));
    let (now, claims) = (now.unix_timestamp(), payload.as_ref().ok());
    let checks: [(Check, Rule<'_>); 8] = [
        (Check::Audience, &|claims| audience(claims, told.cluster)),
        (Check::Expiry, &|claims| expiry(claims, now)),
        (Check::NotBefore, &|claims| not_before(claims, now)),
        (Check::Username, &username),
        (Check::Email, &email),
        (Check::Groups, &|claims| groups(claims, told.cluster)),
        (Check::Lifetime, &|claims| lifetime(claims, told.cluster)),
        (Check::Reserved, &|claims| reserved(claims, told.cluster)),
    ];
    for (check, look) in checks {
        findings.push(claims.map_or_else(|| Finding::open(check), look));
    }
    findings.push(size(token.len()));
    let mut report = Report {
        cluster: told.cluster.name.clone(),
        findings,
        seen_as: None,
        live_until: None,
    };
    let ours = matches!(keyed, Keyed::Known { right: true, state } if state != State::Removed);
    if let (true, Some(claims)) = (ours, claims) {
        report.live_until = match seconds(claims, "exp") {
            Seconds::At(at) if at >= now => OffsetDateTime::from_unix_timestamp(at).ok(),
            Seconds::At(_) | Seconds::Missing | Seconds::Unfit => None,
        };
        report.seen_as = report.is_good().then(|| seen_as(claims, told.cluster));
    }
    report
}

fn form(payload: &Result<Fields, Broken>, wrapped: bool) -> Finding {
    let problem = match payload {
        Ok(_) if !wrapped => return Finding::good(Check::Form, "three parts"),
        Ok(_) => {
            "There is white space in it. A terminal wrapped the line, or it was cut in copying."
                .to_owned()
        }
        Err(Broken::Parts(1)) => {
            "It has one part, and a token has three, with dots between them.".to_owned()
        }
        Err(Broken::Parts(count)) => {
            format!("It has {count} parts, and a token has three, with dots between them.")
        }
        Err(Broken::Payload) => {
            "Its middle part is not base64url without padding (RFC 7515 §2).".to_owned()
        }
        Err(Broken::Json) => "What is in its middle part is no JSON object.".to_owned(),
    };
    bad(
        Check::Form,
        problem,
        said::NOBODYS,
        "Copy the whole token and nothing else: the button on the page of your token does. A command that puts a file's contents in has to cut the line's end off.",
    )
}

fn issuer(claims: &Fields, told: Told<'_>) -> Finding {
    let expected = told.issuer;
    let said = claims.get("iss").and_then(name).unwrap_or_default();
    match told.cluster.tokens {
        TokenKind::IdToken if said == expected => return Finding::good(Check::Issuer, said),
        TokenKind::Opaque if said == expected => {
            return careful(
                Check::Issuer,
                "The cluster takes opaque tokens, about which its API server asks the portal each time. It need not know any issuer.",
                "Fetch the cluster's token here, or with a retrieval key.",
            );
        }
        TokenKind::IdToken | TokenKind::Opaque => {}
    }
    let problem = if said.is_empty() {
        "It names no issuer.".to_owned()
    } else {
        format!(
            "Its issuer is {}, and the API server was told {expected}.",
            shown(&said)
        )
    };
    let same = said
        .trim_end_matches('/')
        .eq_ignore_ascii_case(expected.trim_end_matches('/'));
    let cure = if same {
        "The two differ in a slash at the end or in upper and lower case. They are compared byte for byte: write the issuer's URL as the portal has it (`issuer` in its configuration)."
    } else {
        "Another program or another portal issued it: look which one your kubeconfig asks. If it is this portal's, its `issuer` is another than the API server's `--oidc-issuer-url` or `issuer.url`."
    };
    bad(Check::Issuer, problem, said::NOBODYS, cure)
}

fn algorithm(alg: &str) -> Finding {
    match alg {
        "RS256" => Finding::good(Check::Algorithm, alg),
        _ if said::ALGORITHMS.contains(&alg) => careful(
            Check::Algorithm,
            format!(
                "It is signed with {alg}. An API server that is told by flags takes RS256 alone."
            ),
            format!(
                "Where that is so, add `--oidc-signing-algs=RS256,{alg}` to its flags, or use an AuthenticationConfiguration."
            ),
        ),
        _ => bad(
            Check::Algorithm,
            format!(
                "It is signed with {}, which no API server takes.",
                shown(alg)
            ),
            said::algorithm(alg),
            "No token of this portal's is: fetch one here.",
        ),
    }
}

fn key(keyed: Keyed, readable: bool) -> [Finding; 2] {
    let wrong = || {
        bad(
            Check::Signature,
            "The signature is not of the key that it names: the token was changed, or cut.",
            said::SIGNATURE,
            "Fetch a new one, and copy the whole of it.",
        )
    };
    match keyed {
        Keyed::Unnamed if !readable => [Check::Key, Check::Signature].map(Finding::open),
        Keyed::Unnamed => [
            bad(
                Check::Key,
                "It names no key (`kid`), and every token of this portal does.",
                said::SIGNATURE,
                "Fetch a token here.",
            ),
            Finding::open(Check::Signature),
        ],
        Keyed::Unknown => [
            bad(
                Check::Key,
                "This portal never had the key that it names.",
                said::SIGNATURE,
                "Another portal signed it, or this one before its database was made anew: fetch a new one.",
            ),
            Finding::open(Check::Signature),
        ],
        Keyed::Known {
            state: State::Removed,
            right,
        } => [
            bad(
                Check::Key,
                "The key that it names was removed or revoked.",
                said::SIGNATURE,
                "Fetch a new token. An API server that has not fetched the keys since goes on taking this one: start it anew, or let it meet a key that it does not know.",
            ),
            if right {
                Finding::good(Check::Signature, "of that key")
            } else {
                wrong()
            },
        ],
        Keyed::Known { state, right } => {
            let word = match state {
                State::Pending => "a key that is to sign later on: the clocks may differ",
                State::Active => "the key that signs now",
                State::Retired | State::Removed => "a key that signed until a while ago",
            };
            let signature = if right {
                Finding::good(Check::Signature, "of that key")
            } else {
                wrong()
            };
            [Finding::good(Check::Key, word), signature]
        }
    }
}

/// What looks at one thing in the claims.
type Rule<'a> = &'a dyn Fn(&Fields) -> Finding;

fn size(bytes: usize) -> Finding {
    let limit = match bytes {
        ..=LARGE => return Finding::good(Check::Size, format!("{bytes} bytes")),
        bytes if bytes <= TOO_LARGE => "proxies that allow 4 KiB refuse it",
        _ => "most proxies refuse it, and so do some dashboards",
    };
    careful(
        Check::Size,
        format!("It has {bytes} bytes: {limit}."),
        "Every group makes it longer: give up those that are not needed. Or let proxies pass longer headers (nginx: large_client_header_buffers).",
    )
}
