//! The claims of a logout token (`OpenID` Connect Back-Channel Logout 1.0 §2.4).

use serde::Serialize;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long a logout token may be on its way.
const LIFETIME: Duration = Duration::minutes(2);

/// The payload of a logout token. It has no `sub`, so that no API server takes it for a person's, and
/// no `nonce`, so that no client takes it for an `id_token`. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogoutClaims {
    pub iss: String,
    /// The client, and nobody else.
    pub aud: [String; 1],
    pub iat: i64,
    pub exp: i64,
    pub jti: Uuid,
    /// The login that has ended.
    pub sid: Uuid,
    events: Events,
}

/// What has happened: one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    logout: Nothing,
}

/// An object with nothing in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Nothing {}

impl LogoutClaims {
    pub fn of(issuer: &str, client: &str, login: Uuid, jti: Uuid, now: OffsetDateTime) -> Self {
        Self {
            iss: issuer.to_owned(),
            aud: [client.to_owned()],
            iat: now.unix_timestamp(),
            exp: (now + LIFETIME).unix_timestamp(),
            jti,
            sid: login,
            events: Events { logout: Nothing {} },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_logout_token_names_a_login_and_nobody() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(1_500);
        let claims = LogoutClaims::of(
            "https://i.example",
            "dashboard",
            Uuid::nil(),
            Uuid::max(),
            now,
        );
        let expected = json!({
            "iss": "https://i.example",
            "aud": ["dashboard"],
            "iat": 1,
            "exp": 121,
            "jti": Uuid::max(),
            "sid": Uuid::nil(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        assert_eq!(serde_json::to_value(claims).unwrap(), expected);
    }
}
