//! `/oauth2/revoke`: a client gives a token back (RFC 7009). Nothing is said to be done that was not
//! (§2.2.1): while the database is away, the answer is 503.

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use http::{HeaderMap, StatusCode};
use identity::oauth::revocation;

use super::{credentials::About, error::OAuthError, promptly, token::only_post};
use crate::{edge::address::ClientAddress, state::AppState};

pub(super) fn methods() -> MethodRouter<AppState> {
    post(revoke).fallback(only_post)
}

async fn revoke(
    State(state): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let revoked = async {
        let about = About::read(&state, address, &headers, &body).await?;
        revocation::revoke(&state.portal, &about.registered, &about.proof, &about.token)
            .await
            .map_err(|refusal| OAuthError::of(&state, &refusal, about.basic))
    };
    match promptly(revoked).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => error.into_response(),
    }
}
