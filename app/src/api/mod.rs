//! What islands ask of the server. On the server itself nothing here is ever called.

pub(crate) mod token;
