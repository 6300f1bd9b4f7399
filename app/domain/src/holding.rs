//! What clients hold for a person, as that person sees it.

use time::OffsetDateTime;
use uuid::Uuid;

/// A client that gets tokens for a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingView {
    pub id: Uuid,
    /// The login that it goes by.
    pub login: Uuid,
    /// How people call the client.
    pub title: String,
    /// The cluster that its tokens are for.
    pub cluster: String,
    pub since: OffsetDateTime,
    pub last_used_at: OffsetDateTime,
    /// Where it was used last.
    pub address: String,
}

/// What somebody did with a secret of a client's that nobody should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// A refresh token came back after it was replaced.
    Reused,
    /// A code was redeemed a second time.
    Replayed,
    /// Another client showed a token.
    Misused,
}

/// Tokens that were revoked because somebody may have stolen one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentView {
    pub title: String,
    pub cluster: String,
    pub misuse: Misuse,
    pub at: OffsetDateTime,
}
