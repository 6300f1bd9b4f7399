//! A token of a family that somebody shows, of whichever kind it is.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::family::store::{self, Family};
use crate::secret::{AccessToken, Member, RefreshToken, same};

/// Each kind says in its text what it is; what a client says of it (`token_type_hint`) is not needed.
#[derive(Debug)]
pub enum Token {
    Refresh(Member<RefreshToken>),
    Access(Member<AccessToken>),
}

impl Token {
    /// Reads it; none where it is of no such kind.
    pub fn parse(text: &str) -> Option<Self> {
        let access = || Member::<AccessToken>::parse(text).map(Self::Access);
        Member::<RefreshToken>::parse(text)
            .map(Self::Refresh)
            .or_else(access)
    }

    /// The family that it was made for, good still or not; none where it was made up.
    ///
    /// # Errors
    /// [`sqlx::Error`].
    pub async fn family(
        &self,
        pool: &PgPool,
        now: OffsetDateTime,
    ) -> Result<Option<Family>, sqlx::Error> {
        let (id, mark) = match self {
            Self::Refresh(token) => (token.family, token.mark.hash()),
            Self::Access(token) => (token.family, token.mark.hash()),
        };
        let found = store::find(pool, id, now).await?;
        Ok(found.filter(|family| same(&family.mark_hash, &mark)))
    }

    /// Until when it is good, if it is.
    pub fn good_until(&self, family: &Family, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let until = match self {
            Self::Refresh(token) => family
                .is_good(&token.hash())
                .then_some(family.login_expires_at),
            Self::Access(token) => family.accepts(&token.hash()),
        };
        until.filter(|until| family.live && !family.ended && *until > now)
    }
}
