//! What the portal does: people and their groups, logins, retrieval keys, tokens.
//!
//! This crate owns Postgres and cryptography. It knows nothing of HTTP, pages or the command
//! line. Each noun is a folder: `mod.rs` says what happens, `store.rs` holds its SQL. Functions
//! of a store take a connection, so that their caller owns the transaction.

pub mod access;
pub mod audit;
pub mod certificate;
pub mod clock;
pub mod cluster;
pub mod connector;
pub mod database;
pub mod demo;
pub mod directory;
pub mod doctor;
pub mod event;
pub mod flow;
pub mod group;
pub mod issuer;
pub mod oauth;
pub mod operator;
pub mod outgoing;
pub mod pki;
pub mod portal;
pub mod retrieval;
pub mod review;
pub mod roster;
pub mod seal;
pub mod secret;
pub mod session;

pub use portal::Portal;

/// The schema, as it is applied at start.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
