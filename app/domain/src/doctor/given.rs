//! What somebody pasted.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// The longest text that is looked at, in bytes.
const MAX: usize = 32 * 1024;

/// What it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Given {
    Nothing,
    TooLong,
    /// A token, or what is meant to be one, without what surrounded it. `wrapped` where there was
    /// white space within.
    Token {
        token: String,
        wrapped: bool,
    },
    /// Another secret of this portal's, in a token's place.
    Secret(Secret),
    /// Words, of kubectl's or of another program.
    Words,
}

/// It never prints what it holds.
impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::TooLong => "TooLong",
            Self::Token { .. } => "Token",
            Self::Secret(_) => "Secret",
            Self::Words => "Words",
        })
    }
}

/// Secrets that are no tokens for a cluster, by what their text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    RetrievalKey,
    RefreshToken,
    AccessToken,
    /// For a cluster whose API server asks this portal about each.
    ClusterToken,
    Other,
}

impl Secret {
    const ALL: [(&'static str, Self); 10] = [
        (crate::key::PREFIX, Self::RetrievalKey),
        ("refresh_", Self::RefreshToken),
        ("access_", Self::AccessToken),
        ("k8t_", Self::ClusterToken),
        ("k8w_", Self::Other),
        ("code_", Self::Other),
        ("device_", Self::Other),
        ("client_", Self::Other),
        ("family_", Self::Other),
        ("flow_", Self::Other),
    ];

    /// What it is, and what to do instead.
    pub fn explained(self) -> (&'static str, &'static str) {
        match self {
            Self::RetrievalKey => (
                "This is a retrieval key, and no token. API servers do not know it.",
                "Send it to /k8stoken, which answers with the token: that is what the commands on the page of your token do. It was shown to this page now, so revoke it under Sessions if anybody else may have seen it.",
            ),
            Self::RefreshToken => (
                "This is a refresh token, and no token for a cluster.",
                "kubectl's oidc auth-provider and kubelogin trade it for one; it belongs in their place for it (`refresh-token`), and `id-token` is what API servers get.",
            ),
            Self::AccessToken => (
                "This is an access token, which is good at this portal only.",
                "API servers get the `id_token` that came along with it.",
            ),
            Self::ClusterToken => (
                "This is an opaque token, and none that an API server can check by itself.",
                "The API server asks this portal about it each time (`TokenReview`): it is good for as long as the login behind it, and taken back at once. Where it is refused, look whether the login has ended, whether the token is for this cluster, and whether the API server was told of the webhook (`shorepass cluster config --kind webhook`).",
            ),
            Self::Other => (
                "This is a secret of this portal's that is no token.",
                "API servers get the `id_token`, which begins with eyJ.",
            ),
        }
    }
}

/// Says what somebody pasted.
pub fn given(text: &str) -> Given {
    if text.len() > MAX {
        return Given::TooLong;
    }
    let text = text.trim();
    let text = text.strip_prefix("Authorization:").unwrap_or(text).trim();
    let text = text.strip_prefix("Bearer ").unwrap_or(text).trim();
    let text = text.trim_matches(['"', '\'']);
    if text.is_empty() {
        return Given::Nothing;
    }
    let tight: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let wrapped = tight.len() != text.len();
    let secret = |(prefix, kind): (&str, Secret)| {
        let rest = tight.strip_prefix(prefix)?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(rest).ok()?;
        (bytes.len() >= 32).then_some(kind)
    };
    if let Some(kind) = Secret::ALL.into_iter().find_map(secret) {
        return Given::Secret(kind);
    }
    // A token begins with a header, which is JSON; or it has as many dots, and nothing that words have.
    let letters = tight
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.=+/".contains(&byte));
    let dotted = letters && !wrapped && tight.matches('.').count() >= 2 && tight.len() > 60;
    if tight.starts_with("eyJ") || dotted {
        return Given::Token {
            token: tight,
            wrapped,
        };
    }
    Given::Words
}
