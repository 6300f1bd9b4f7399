//! What a confidential client may ask of its own tokens (RFC 7662).

use time::OffsetDateTime;

use super::{Refusal, client::Registered, token::Token};
use crate::Portal;

/// A token that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    pub scope: String,
    pub username: String,
    pub expires_at: OffsetDateTime,
    /// Whether it is an access token, and not a refresh token.
    pub access: bool,
}

/// Says what holds of a token now. None for whatever is not good, or not this client's: which of them
/// it is, nobody learns (§4).
///
/// # Errors
/// [`Refusal::Client`] for public clients: anybody can be one.
pub async fn introspect(
    portal: &Portal,
    registered: &Registered,
    shown: &str,
) -> Result<Option<Active>, Refusal> {
    if !registered.client.confidential {
        return Err(Refusal::Client);
    }
    let Some(token) = Token::parse(shown) else {
        return Ok(None);
    };
    let now = portal.clock.now();
    let family = token.family(&portal.pool, now).await?;
    let family = family.filter(|family| family.client_id == registered.client.id);
    Ok(family.and_then(|family| {
        Some(Active {
            expires_at: token.good_until(&family, now)?,
            access: matches!(token, Token::Access(_)),
            username: family.username,
            scope: family.scope,
        })
    }))
}
