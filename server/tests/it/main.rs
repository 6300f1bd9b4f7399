//! The whole application over HTTP, on real Postgres, with a clock that the tests move.

mod issuing;
mod login;
mod retrieval;
mod rotation;
mod schema;
mod support;
mod transport;
