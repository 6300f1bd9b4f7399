//! What the words of kubectl, of its plug-ins and of API servers' logs mean.
//!
//! They are looked for as they stand in client-go, kubectl and Go's standard library, whatever stands
//! around them. Nothing that was pasted is said again but names of Kubernetes things.

use super::{forbidden::Forbidden, known};

/// A message, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What happened.
    pub title: String,
    /// What it means.
    pub meaning: String,
    /// What to do, in this order.
    pub steps: Vec<String>,
}

/// Explains a message; none where its words are not known. `prefixes` are what clusters put before the
/// names of our users.
pub fn explain(text: &str, prefixes: &[&str]) -> Option<Explained> {
    if let Some(forbidden) = Forbidden::read(text) {
        return Some(forbidden.explained(prefixes));
    }
    let known = known::find(text)?;
    Some(Explained {
        title: known.title.to_owned(),
        meaning: known.meaning.to_owned(),
        steps: known.steps.iter().map(|step| (*step).to_owned()).collect(),
    })
}
