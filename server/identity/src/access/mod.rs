//! Access: people ask for a role in a namespace, those who own it decide, and what comes of it is held
//! until it ends or somebody gives it back or takes it away.
//!
//! 1. [`submit`](request::submit) stores a request, if the namespace's policy offers what is asked for.
//!    A policy may decide by itself.
//! 2. [`decide`](decision::decide) takes one approver's verdict. One no is enough; as many yes as the
//!    policy wants make a grant, and its membership with it.
//! 3. A grant that begins later has no membership before it was looked at once more
//!    ([`begin_due`](grant::begin_due)). The end is the membership's, a condition of every token.
//!
//! Each is one transaction: request, membership and audit, or nothing. Who is entitled is asked in it
//! (`domain::access`), behind a lock of the request's row and of the rows that entitle.

pub mod decision;
pub mod grant;
pub mod people;
pub mod policy;
pub mod request;
pub mod store;

use domain::{
    access::{Refusal, State},
    policy::PolicyError,
};
use sqlx::PgConnection;
use thiserror::Error;
use uuid::Uuid;

use crate::session::Viewer;

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum AccessError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Said also of hidden ones.
    #[error("There is no namespace {namespace} in a cluster {cluster}.")]
    NoNamespace { cluster: String, namespace: String },
    #[error("This namespace does not offer that role for that time.")]
    NotOffered,
    #[error(
        "A reason is needed: a few words for those who decide, and for those who read it later."
    )]
    Reason,
    #[error("The comment is longer than 2,000 bytes.")]
    Comment,
    #[error("A later start lies within the next 90 days.")]
    Begin,
    #[error("In this namespace people ask for themselves only.")]
    ForOthers,
    #[error("There is no user {0} who can log in.")]
    NoUser(String),
    /// The request that waits.
    #[error("This was asked for already, and waits for an answer.")]
    Waiting(Uuid),
    /// What became of it, and by whom.
    #[error("This is settled already: {}, by {by}.", state.as_str())]
    Settled { state: State, by: String },
    #[error("It has ended already.")]
    Ended,
    #[error("A shorter time is shorter than what was asked for.")]
    NotShorter,
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error("The last owner stays until there is another one.")]
    LastOwner,
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// What a role in a namespace is called.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub cluster: &'a str,
    pub namespace: &'a str,
}

/// What somebody has to do with a namespace, and with those whom it is about. The rows that entitle
/// them stay as they are until the transaction ends.
async fn relation(
    conn: &mut PgConnection,
    viewer: &Viewer,
    namespace: Uuid,
    about: &[Uuid],
) -> Result<domain::access::Relation, sqlx::Error> {
    let people = store::lock_relations(&mut *conn, namespace, viewer.user_id).await?;
    let portal = store::lock_portal_roles(&mut *conn, viewer.user_id).await?;
    let requester = about.contains(&viewer.user_id);
    Ok(domain::access::Relation {
        involved: requester || store::is_one_person(conn, viewer.user_id, about).await?,
        requester,
        owner: people.iter().any(|relation| relation == "owner"),
        approver: people.iter().any(|relation| relation == "approver"),
        administrator: portal.iter().any(|role| role == "administrator"),
        auditor: portal.iter().any(|role| role == "auditor"),
    })
}
