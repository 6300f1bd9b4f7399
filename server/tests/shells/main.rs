//! What the portal prints for shells and kubectl, run as it is printed: in the shells that people
//! have, with real curl and kubectl, in a home of its own, against a portal on real Postgres.
//!
//! `make test` sees to the programs. A program that is missing fails these tests; none is left out.
//! PowerShell is not among them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod computer;
mod elsewhere;
mod plugin;
mod setup;
mod setup_refused;
#[path = "../it/support.rs"]
#[expect(
    dead_code,
    reason = "shared with the tests over HTTP, which use all of it"
)]
mod support;
