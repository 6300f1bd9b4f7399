//! A client wants a person logged out (`OpenID` Connect RP-Initiated Logout 1.0).
//!
//! A link from elsewhere logs nobody out. What may do so at once is an `id_token` of the very login that
//! the browser has: whoever holds it was told of that login. Everybody else is a reason to ask the
//! person (§2, §6).

use crate::{
    Portal,
    issuer::hint::Hint,
    session::{self, Viewer},
};

/// What is to be done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The browser's login ends.
    End,
    /// It has ended before, and the browser has no other.
    Ended,
    /// The person is asked.
    Ask,
}

/// Decides. `viewer` is whose login the browser has, idle or not.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn decide(
    portal: &Portal,
    hint: Option<&Hint>,
    viewer: Option<&Viewer>,
) -> Result<Next, sqlx::Error> {
    let Some(hint) = hint else {
        return Ok(Next::Ask);
    };
    let mut conn = portal.pool.acquire().await?;
    match viewer {
        Some(viewer) if viewer.user_id == hint.uid => {
            let (user, login) = (viewer.user_id, viewer.login_id);
            let own = session::store::follows(&mut conn, user, login, hint.sid).await?;
            Ok(if own { Next::End } else { Next::Ask })
        }
        Some(_) => Ok(Next::Ask),
        None => {
            let live = session::store::is_live(&mut conn, hint.sid, portal.clock.now()).await?;
            Ok(if live { Next::Ask } else { Next::Ended })
        }
    }
}
