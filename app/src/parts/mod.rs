//! What several pages share. Server only; none of it moves.

pub(crate) mod cluster_form;
pub(crate) mod cluster_switch;
pub(crate) mod commands_box;
pub(crate) mod cutoff;
pub(crate) mod holdings;
pub(crate) mod incident;
pub(crate) mod key_bar;
pub(crate) mod key_form;
pub(crate) mod key_list;
pub(crate) mod mark;
pub(crate) mod moment;
pub(crate) mod rail;
pub(crate) mod setup_form;
pub(crate) mod shell_tabs;
pub(crate) mod sure;
pub(crate) mod use_it;
