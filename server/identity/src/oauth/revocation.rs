//! A client gives a token back (RFC 7009).
//!
//! With a refresh token all ends that came of it, whichever of the family's refresh tokens it is: the
//! client has no use for any of them. With an access token only that one ends, as long as there is a
//! refresh token that can ask for the next; where there is none, it was all that there was.

use super::{
    Refusal, Spent,
    client::{Proof, Registered},
    family::{EndReason, store},
    token::Token,
};
use crate::Portal;

/// Ends what this token stands for. What is no token, or has ended, is no error (§2.2).
///
/// # Errors
/// [`Refusal`]: the token is another client's, which changes nothing, or the client has not shown the
/// secret that goes with it; or nothing can be said at this moment, and the token may be good still.
pub async fn revoke(
    portal: &Portal,
    registered: &Registered,
    proof: &Proof,
    shown: &str,
) -> Result<(), Refusal> {
    let Some(token) = Token::parse(shown) else {
        return Ok(());
    };
    let now = portal.clock.now();
    let Some(family) = token.family(&portal.pool, now).await? else {
        return Ok(());
    };
    if family.client_id != registered.client.id {
        return Err(Spent::Foreign.into());
    }
    if !proof.fits(family.secret_hash.as_deref()) {
        return Err(Refusal::Client);
    }
    let mut conn = portal.pool.acquire().await?;
    let whole = match &token {
        Token::Refresh(_) => true,
        Token::Access(token) if family.is_refreshable() => {
            store::forget_access(&mut conn, family.id, &token.hash()).await?;
            false
        }
        Token::Access(token) => family.accepts(&token.hash()).is_some(),
    };
    if whole && store::end(&mut conn, family.id, EndReason::Revoked, now).await? {
        let (client, family) = (&family.client_id, family.id);
        tracing::info!(client, %family, "a client gave its tokens back");
    }
    Ok(())
}
