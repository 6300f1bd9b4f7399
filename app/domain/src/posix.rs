//! Text for POSIX shells (POSIX.1-2017, volume *Shell & Utilities*, §2.2).
//!
//! What the scripts say is elsewhere; here is only how a value gets into one without being read.

/// The text as one word, whatever is in it: nothing inside single quotes has a meaning (§2.2.2).
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_one_word_whatever_is_in_it() {
        for (text, word) in [
            ("", "''"),
            ("https://pass.example", "'https://pass.example'"),
            ("$(id) `id` \\ \"", "'$(id) `id` \\ \"'"),
            ("it's", r"'it'\''s'"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }
}
