//! Cutting access off: how long a person who was disabled, or whose login has ended, can go on
//! asking an API server, from the settings in force.
//!
//! Nothing here reaches what is open already: watches, `exec` and port-forwards were let in when they
//! began, and go on. And the authorization webhook fails open: while the portal does not answer, what
//! holds is what holds without it.

use crate::cluster::{Cluster, TokenKind};

/// For how long kube-apiserver takes a token for good without looking again (k/k
/// `pkg/kubeapiserver/options/authentication.go`: `TokenSuccessCacheTTL`).
pub const RESULT_CACHE: u32 = 10;
/// For how long it keeps the token webhook's answers, by the flags that we print
/// (`--authentication-token-webhook-cache-ttl`; 2 min where nothing is said).
pub const TOKEN_WEBHOOK_TTL: u32 = 10;
/// For how long it keeps the authorization webhook's answers, by the file that we print. Having no
/// opinion is kept as a refusal is: `unauthorizedTTL`, 30 s where nothing is said.
pub const UNAUTHORIZED_TTL: u32 = 10;
/// How long it waits for the authorization webhook: an answer from before can be kept that late.
pub const WEBHOOK_TIMEOUT: u32 = 1;

/// What ends somebody's access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The `id_token` ends.
    Expiry,
    /// The token webhook no longer knows the opaque token.
    TokenWebhook,
    /// The authorization webhook denies.
    AuthorizationWebhook,
}

impl Way {
    /// The seconds that it takes at the most on a cluster with this record, were it in force.
    pub fn seconds(self, cluster: &Cluster) -> u32 {
        match self {
            Self::Expiry => cluster.token_lifetime + RESULT_CACHE,
            Self::TokenWebhook => TOKEN_WEBHOOK_TTL + RESULT_CACHE,
            Self::AuthorizationWebhook => UNAUTHORIZED_TTL + WEBHOOK_TIMEOUT,
        }
    }

    /// The way by which a kind of tokens ends, whatever else is in use.
    fn of(tokens: TokenKind) -> Self {
        match tokens {
            TokenKind::IdToken => Self::Expiry,
            TokenKind::Opaque => Self::TokenWebhook,
        }
    }
}

/// The way that is the first to end access, where the authorization webhook is in use or not.
pub fn way(cluster: &Cluster, webhook: bool) -> Way {
    let by_token = Way::of(cluster.tokens);
    let faster = Way::AuthorizationWebhook.seconds(cluster) < by_token.seconds(cluster);
    if webhook && faster {
        Way::AuthorizationWebhook
    } else {
        by_token
    }
}

/// Seconds until every new request of a disabled user, or of a login that has ended, is refused.
pub fn worst_case(cluster: &Cluster, webhook: bool) -> u32 {
    way(cluster, webhook).seconds(cluster)
}

/// Seconds until a membership that was ended early is gone from what the API server sees. The
/// authorization webhook does not look at groups, so this goes by the kind of tokens alone.
pub fn worst_case_of_groups(cluster: &Cluster) -> u32 {
    Way::of(cluster.tokens).seconds(cluster)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_way_in_force_counts() {
        for (tokens, lifetime, webhook, expected, by) in [
            (TokenKind::IdToken, 300, false, 310, Way::Expiry),
            (TokenKind::IdToken, 60, false, 70, Way::Expiry),
            (TokenKind::IdToken, 900, false, 910, Way::Expiry),
            (TokenKind::IdToken, 300, true, 11, Way::AuthorizationWebhook),
            (TokenKind::IdToken, 60, true, 11, Way::AuthorizationWebhook),
            (TokenKind::Opaque, 300, false, 20, Way::TokenWebhook),
            (TokenKind::Opaque, 900, false, 20, Way::TokenWebhook),
            (TokenKind::Opaque, 300, true, 11, Way::AuthorizationWebhook),
        ] {
            let cluster = Cluster {
                tokens,
                token_lifetime: lifetime,
                ..Cluster::new("demo", "https://127.0.0.1:6443", "kubernetes")
            };
            let seconds = worst_case(&cluster, webhook);
            assert_eq!(seconds, expected, "{tokens:?} {lifetime} {webhook}");
            assert_eq!(way(&cluster, webhook), by, "{tokens:?} {webhook}");
            let of_groups = worst_case_of_groups(&cluster);
            assert_eq!(of_groups, worst_case(&cluster, false), "{tokens:?}");
        }
    }
}
