//! What people see.
//!
//! A page is a pure function of data that the server has loaded before: no queries, no sessions,
//! no routes here. Pages exist on the server only; what moves in the browser is an island, and
//! islands are all that the browser part consists of.

#![recursion_limit = "256"] // the type of a view is as deep as its markup
#![expect(
    unreachable_pub,
    reason = "leptos turns every component into a `pub` item"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "leptos hands properties to components by value"
)]

mod api;
mod browser;
mod error;
mod face;
mod found;
mod islands;
mod words;

#[cfg(feature = "ssr")]
mod commands;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod parts;
#[cfg(feature = "ssr")]
mod setup;
#[cfg(feature = "ssr")]
mod shell;

#[cfg(feature = "ssr")]
pub use self::{
    found::Found,
    pages::{
        clients::ClientsPage,
        cluster::{ClusterPage, NamespaceRow, Snippet},
        clusters::{ClusterRow, ClustersPage},
        consent::ConsentPage,
        departure::DeparturePage,
        device::{DeviceAsking, DevicePage, DeviceStep},
        doctor::{DoctorPage, Outcome},
        kubeconfig::{KubeconfigPage, OtherWay},
        login::{DirectoryChoice, LoginPage, LoginProblem, Way},
        logout::LogoutPage,
        problem::ProblemPage,
        sessions::SessionsPage,
        setup::SetupPage,
        signing_keys::{Aftermath, Rotation, SigningKey, SigningKeysPage},
        token::TokenPage,
        user::UserPage,
        users::UsersPage,
    },
    parts::setup_form::SetupForm,
    shell::{Frame, Here, Page, shell},
};
