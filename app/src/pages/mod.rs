//! The pages. Each file has the data that its page needs, and the view of it.

pub(crate) mod clients;
pub(crate) mod cluster;
pub(crate) mod clusters;
pub(crate) mod consent;
pub(crate) mod departure;
pub(crate) mod device;
pub(crate) mod doctor;
pub(crate) mod kubeconfig;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod problem;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod signing_keys;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod users;

#[cfg(test)]
mod tests;
