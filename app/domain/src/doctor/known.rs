//! Words of kubectl, of its plug-ins and of API servers' logs, and what they mean.

mod connections;
mod plugins;
mod refusals;

/// Words that all have to be there, and what they mean.
pub(super) struct Known {
    pub(super) words: &'static [&'static str],
    pub(super) title: &'static str,
    pub(super) meaning: &'static str,
    pub(super) steps: &'static [&'static str],
}

const TEST: &str = "Press “Test my token” here: it says what the cluster makes of a fresh one.";
const PORTAL: &str = "Log in here: keys sleep while you are not logged in.";
const CA: &str =
    "Set the computer up again from the page of your token, or download the kubeconfig anew.";

/// The first that fits: the more special ones come first.
pub(super) fn find(text: &str) -> Option<&'static Known> {
    let all = [plugins::ALL, connections::ALL, refusals::ALL];
    let mut all = all.into_iter().flatten();
    all.find(|known| known.words.iter().all(|words| says(text, words)))
}

/// Whether a text has these words. A number at their end is the whole number.
fn says(text: &str, words: &str) -> bool {
    let number = words.ends_with(|c: char| c.is_ascii_digit());
    text.match_indices(words).any(|(at, _)| {
        let rest = text.get(at + words.len()..).unwrap_or_default();
        !(number && rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}
