//! The whole application over HTTP, on real Postgres, with a clock that the tests move.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod access;
mod admin_pages;
mod clients_page;
mod cluster;
mod clusters_page;
mod conformance;
mod connector;
mod doctor;
mod documentation;
mod hostile;
mod issuing;
mod kubeconfig;
mod login;
mod oauth;
mod outage;
mod page;
mod provider;
mod readme;
mod retrieval;
mod rotation;
mod schema;
mod soak;
mod support;
mod transport;
mod upstream;
mod verifier;
mod webhooks;
