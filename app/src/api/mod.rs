//! What islands ask of the server. On the server itself nothing here is ever called.

mod ask;
pub(crate) mod check;
pub(crate) mod token;

pub(crate) use ask::Asker;
