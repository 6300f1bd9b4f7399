//! Shorepass's server: configuration, the edge that every request passes, and the routes.

// The type of a view is as deep as its markup.
#![recursion_limit = "256"]

pub mod assets;
pub mod commands;
pub mod config;
pub mod edge;
mod render;
pub mod routes;
pub mod state;
pub mod tasks;
mod viewer;
mod visitor;

pub use state::AppState;
