//! What moves in the browser. Everything else is plain HTML.

mod copy_button;
mod pace;
mod pass_card;
mod pulse;
mod ring;
mod self_check;
mod token_line;

#[cfg(feature = "ssr")]
pub(crate) use self::{copy_button::CopyButton, pass_card::PassCard, self_check::SelfCheck};
