//! *Set up this computer*: one command that leaves a computer on which `kubectl` works.
//!
//! 1. It fetches the kubeconfig with the new key. Where that fails, it says why and what to do, and
//!    nothing on the computer is changed.
//! 2. It writes the key where the kubeconfig and the other commands of the pages read it:
//!    `~/.shorepass/<cluster>`, for its owner's eyes only. The key is on no command line, where
//!    every user of the computer could read it.
//! 3. It brings the kubeconfig together with the one that is there. What is there already wins, is
//!    copied aside once, and is replaced in one step; where nothing is new, nothing is written.
//! 4. It says what to type next.
//!
//! What the kubeconfig says is the portal's (`format=kubeconfig`).

mod posix;
mod powershell;

use crate::commands::Shell;

/// What the command is made of.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The portal's URL without a slash at the end.
    portal: String,
    /// The clusters that the key is for, at least one.
    clusters: Vec<String>,
    secret: String,
}

impl Setup {
    pub(crate) const SHELLS: [Shell; 3] = [Shell::Posix, Shell::Fish, Shell::PowerShell];

    pub(crate) fn new(base_url: &str, clusters: Vec<String>, secret: &str) -> Self {
        Self {
            portal: base_url.trim_end_matches('/').to_owned(),
            clusters,
            secret: secret.to_owned(),
        }
    }

    /// The command, to be pasted whole. None for cmd, from where PowerShell is one word away. The
    /// space in front keeps it out of the history where the shell is set to do so.
    pub(crate) fn command(&self, shell: Shell) -> Option<String> {
        match shell {
            Shell::Posix => Some(posix::in_bash(&posix::script(self))),
            Shell::Fish => Some(posix::in_fish(&posix::script(self))),
            Shell::PowerShell => Some(powershell::command(self)),
            Shell::Cmd => None,
        }
    }
}

#[cfg(test)]
mod tests;
