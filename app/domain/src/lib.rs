//! The words and rules of Shorepass.
//!
//! Everything here is pure: no IO, no clock, no web framework. What is legal is decided here;
//! what happens is `identity`; what is seen is `app`. One noun, one file.

pub mod access;
pub mod authorization;
pub mod check;
pub mod claims;
pub mod client;
pub mod cluster;
pub mod cutoff;
pub mod device;
pub mod doctor;
pub mod entry;
pub mod group;
pub mod holding;
pub mod key;
pub mod lifetime;
pub mod login;
pub mod logout;
pub mod membership;
pub mod name;
pub mod pass;
pub mod policy;
pub mod portal_role;
pub mod posix;
pub mod review;
pub mod revocation;
pub mod role;
pub mod roster;
pub mod signing_key;
pub mod user;
pub mod user_info;
