//! The checks of when a token is good.

use super::{
    Check, FETCH, Finding, bad,
    claims::{Seconds, seconds},
    parts::Fields,
    said,
};
use crate::cluster::Cluster;

/// How long before its time an API server takes a token, in seconds (go-oidc `verify.go`).
const EARLY: i64 = 60;

fn unfit(check: Check, claim: &str) -> Finding {
    bad(
        check,
        format!("The claim `{claim}` is no number of seconds."),
        said::CLAIMS,
        FETCH,
    )
}

pub(super) fn expiry(claims: &Fields, now: i64) -> Finding {
    let at = match seconds(claims, "exp") {
        Seconds::At(at) if at >= now => {
            return Finding::good(Check::Expiry, format!("{} left", span(at - now)));
        }
        Seconds::At(at) => Some(at),
        Seconds::Missing => None,
        Seconds::Unfit => return unfit(Check::Expiry, "exp"),
    };
    bad(
        Check::Expiry,
        at.map_or_else(
            || "It does not say when it ends (`exp`).".to_owned(),
            |at| {
                format!(
                    "It expired {} ago. API servers do not forgive a second.",
                    span(now - at)
                )
            },
        ),
        said::expired(at),
        "Fetch a new one. Where kubectl is to do that by itself, use “Set up this computer”: a token that is pasted into a kubeconfig ends within minutes. If it was fresh, the clocks differ: let both machines take their time from the same place (NTP).",
    )
}

pub(super) fn not_before(claims: &Fields, now: i64) -> Finding {
    match seconds(claims, "nbf") {
        Seconds::Missing => Finding::good(Check::NotBefore, "it does not say from when on"),
        Seconds::Unfit => unfit(Check::NotBefore, "nbf"),
        Seconds::At(at) if at <= now + EARLY => Finding::good(Check::NotBefore, "it has begun"),
        Seconds::At(at) => bad(
            Check::NotBefore,
            format!(
                "It is good in {} only. API servers forgive a minute.",
                span(at - now)
            ),
            said::not_before(at),
            "The clocks differ: let both machines take their time from the same place (NTP).",
        ),
    }
}

fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        172_800.. => format!("{} days", seconds / 86400),
    }
}

pub(super) fn lifetime(claims: &Fields, cluster: &Cluster) -> Finding {
    let longest = i64::from(cluster.token_lifetime);
    let rule = format!("claims.exp - claims.iat <= {longest}");
    let unless = "Only where the API server has the AuthenticationConfiguration that the cluster's page shows: print it anew where the lifetime was changed (`shorepass cluster config`).";
    match (seconds(claims, "exp"), seconds(claims, "iat")) {
        (Seconds::At(end), Seconds::At(start)) if end.saturating_sub(start) <= longest => {
            let lived = end.saturating_sub(start);
            Finding::good(
                Check::Lifetime,
                format!("{lived} s, of {longest} s at the most"),
            )
        }
        (Seconds::At(end), Seconds::At(start)) => bad(
            Check::Lifetime,
            format!(
                "It lives {} s, and the cluster's tokens live {longest} s at the most.",
                end.saturating_sub(start)
            ),
            said::claim_rule(
                &rule,
                &format!("the token lives longer than {longest} seconds"),
            ),
            unless,
        ),
        (Seconds::At(_), Seconds::Missing) => bad(
            Check::Lifetime,
            "It does not say when it was issued (`iat`).",
            said::no_such_key(&rule, "iat"),
            unless,
        ),
        (Seconds::Missing | Seconds::Unfit, _) | (Seconds::At(_), Seconds::Unfit) => {
            Finding::open(Check::Lifetime)
        }
    }
}
