//! The two things of the browser that islands use: its clock and its clipboard.

pub(crate) mod clipboard;
pub(crate) mod clock;
