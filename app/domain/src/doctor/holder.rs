//! The checks of whom a token is for, and of whom it speaks.

use super::{
    Check, FETCH, Finding, bad, careful,
    claims::{name, names},
    parts::Fields,
    said, shown,
};
use crate::{cluster::Cluster, name as rules, pass::SeenAs};

pub(super) fn audience(claims: &Fields, cluster: &Cluster) -> Finding {
    let got = match claims.get("aud") {
        None => Some(Vec::new()),
        Some(value) => names(value),
    };
    let Some(got) = got else {
        let problem = "The claim `aud` is neither a name nor a list of names.";
        return bad(Check::Audience, problem, said::CLAIMS, FETCH);
    };
    let expected = &cluster.audience;
    if got.contains(expected) {
        return Finding::good(Check::Audience, expected);
    }
    let theirs: Vec<_> = got.iter().map(|name| shown(name)).collect();
    let theirs = if theirs.is_empty() {
        "nobody".to_owned()
    } else {
        theirs.join(", ")
    };
    bad(
        Check::Audience,
        format!(
            "It is for {theirs}, and the API server of {} expects “{expected}”.",
            cluster.name
        ),
        said::audience(expected, &got),
        format!(
            "Fetch one for this cluster (`cluster={}`), or talk to the cluster that it is for: look at the context of your kubeconfig. If the API server was told another audience (`--oidc-client-id`, `audiences`), tell it this one.",
            cluster.name
        ),
    )
}

pub(super) fn username(claims: &Fields) -> Finding {
    let cure = "The username is in `sub`, and every token of this portal has it: fetch one here.";
    match claims.get("sub") {
        None => bad(
            Check::Username,
            "It names nobody (`sub`).",
            said::no_username(),
            cure,
        ),
        Some(value) => match name(value) {
            Some(name) if name.is_empty() => careful(
                Check::Username,
                "The username is empty. The API server takes that, and nothing is ever bound to it.",
                cure,
            ),
            Some(name) => Finding::good(Check::Username, shown(&name)),
            None => bad(
                Check::Username,
                "`sub` is no text.",
                said::username(value),
                cure,
            ),
        },
    }
}

pub(super) fn email(claims: &Fields) -> Finding {
    let odd = |problem: &str, log: String| {
        let cure = format!(
            "It matters only where the API server takes the username from the claim `email`; then its log says `{log}`. Let it take `sub`, which is what this portal's configuration says."
        );
        careful(Check::Email, problem, cure)
    };
    match claims.get("email_verified") {
        None => Finding::good(Check::Email, "nothing is said of it"),
        Some(serde_json::Value::Bool(true)) => Finding::good(Check::Email, "verified"),
        Some(serde_json::Value::Bool(false)) => odd(
            "The e-mail address is not verified.",
            "oidc: email not verified".to_owned(),
        ),
        Some(other) => odd(
            "`email_verified` is neither true nor false.",
            said::email_verified(other),
        ),
    }
}

pub(super) fn groups(claims: &Fields, cluster: &Cluster) -> Finding {
    let claim = &cluster.groups_claim;
    let Some(value) = claims.get(claim) else {
        return careful(
            Check::Groups,
            format!("There is no claim `{claim}`: its bearer is in no group."),
            "Look whether the API server and the cluster's record name the same claim.",
        );
    };
    match names(value) {
        Some(names) if names.len() == 1 => Finding::good(Check::Groups, "1 group"),
        Some(names) => Finding::good(Check::Groups, format!("{} groups", names.len())),
        None => bad(
            Check::Groups,
            format!(
                "The claim `{claim}` is neither a name nor a list of names. For that the whole token is refused."
            ),
            said::groups(claim, value),
            FETCH,
        ),
    }
}

pub(super) fn reserved(claims: &Fields, cluster: &Cluster) -> Finding {
    let seen = seen_as(claims, cluster);
    let (name, log) = if rules::is_reserved(&seen.user) {
        let rule = "!user.username.startsWith('system:')";
        let message = "user names that begin with system: belong to Kubernetes";
        (seen.user, said::user_rule(rule, message))
    } else if let Some(group) = seen
        .groups
        .into_iter()
        .find(|group| rules::is_reserved(group))
    {
        let rule = "user.groups.all(group, !group.startsWith('system:'))";
        let message = "group names that begin with system: belong to Kubernetes";
        (group, said::user_rule(rule, message))
    } else {
        return Finding::good(Check::Reserved, "none begins with system:");
    };
    bad(
        Check::Reserved,
        format!(
            "{} is a name of Kubernetes' own. An API server that is told by flags gives its bearer what that name may.",
            shown(&name)
        ),
        log,
        "No token of this portal's has such a name. Give the cluster prefixes, and use the AuthenticationConfiguration, which refuses such names.",
    )
}

/// Whom the API server takes the bearer for.
pub(super) fn seen_as(claims: &Fields, cluster: &Cluster) -> SeenAs {
    let user = claims.get("sub").and_then(name).unwrap_or_default();
    let groups = claims.get(&cluster.groups_claim).and_then(names);
    let groups = groups.unwrap_or_default().into_iter();
    SeenAs {
        user: format!("{}{user}", cluster.username_prefix),
        groups: groups
            .map(|group| format!("{}{group}", cluster.groups_prefix))
            .collect(),
    }
}
