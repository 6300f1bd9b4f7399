//! The code by which a person lets a program act for them that cannot open a browser (RFC 8628 §6.1).

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// Consonants only, so that no code is a word, and none that are taken for one another (RFC 8628 §6.1).
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Letters of a code: there are 20⁸ codes, 2.56 · 10¹⁰.
const LETTERS: usize = 8;
/// The longest text that is read, in bytes.
const MAX_TEXT: usize = 200;

/// A code that a person reads in one place and types in another. It prints itself only where that is
/// asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode")
    }
}

impl UserCode {
    /// Draws a code from random bytes. None where they do not suffice: of 256 values, the 16 that would
    /// make some letters likelier are passed over.
    pub fn draw(random: &[u8]) -> Option<Self> {
        let letters = random
            .iter()
            .filter(|byte| **byte < 240)
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        let code: String = letters.take(LETTERS).collect();
        (code.len() == LETTERS).then_some(Self(code))
    }

    /// Reads what somebody typed or pasted: whatever its case and width, with any punctuation or none.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let code: String = text
            .nfkc()
            .filter(|letter| letter.is_alphanumeric())
            .flat_map(char::to_uppercase)
            .collect();
        let ours = code.bytes().all(|letter| ALPHABET.contains(&letter));
        (ours && code.len() == LETTERS).then_some(Self(code))
    }

    /// The letters alone, which are what is hashed.
    pub fn letters(&self) -> &str {
        &self.0
    }

    /// As people see it: `WDJB-MJHT`.
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at(LETTERS / 2);
        format!("{first}-{second}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_code_is_the_same_code() {
        let code = UserCode::parse("WDJB-MJHT").unwrap();
        assert_eq!(code.letters(), "WDJBMJHT");
        assert_eq!(code.shown(), "WDJB-MJHT");
        for text in [
            "WDJBMJHT",
            "wdjb-mjht",
            " wDjB mJhT\n",
            "W.D.J.B.M.J.H.T",
            "WDJB–MJHT",
            "WDJB\u{00AD}MJHT",
            "\u{200B}WDJB\u{2060}-MJHT",
            "ＷＤＪＢ－ＭＪＨＴ",
            "ｗｄｊｂｍｊｈｔ",
            "ⓌⒹⒿⒷ-MJHT",
        ] {
            assert_eq!(UserCode::parse(text), Some(code.clone()), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for text in [
            "",
            "WDJB-MJH",
            "WDJB-MJHTX",
            "WDJB-MJHA",
            "WDJB-MJH1",
            "WDJB-MJH0T",
            "ＷＤＪＢ－ＭＪＨ１",
            "WDJB-MJHÞ",
            "ВDJB-MJHT",
            "device_WDJBMJHT",
            "--------",
        ] {
            assert_eq!(UserCode::parse(text), None, "{text:?}");
        }
        assert_eq!(
            UserCode::parse(&format!("WDJBMJHT{}", "-".repeat(200))),
            None
        );
    }

    #[test]
    fn every_letter_is_as_likely_as_every_other() {
        let mut counts = [0; 20];
        for byte in 0..=255_u8 {
            if let Some(code) = UserCode::draw(&[byte; LETTERS]) {
                let letter = code.letters().as_bytes()[0];
                let at = ALPHABET.iter().position(|other| *other == letter);
                counts[at.unwrap()] += 1;
            }
        }
        assert_eq!(counts, [12; 20]);
        assert_eq!(UserCode::draw(&[255; 64]), None);
        assert_eq!(UserCode::draw(&[0; 7]), None);
    }

    #[test]
    fn a_code_does_not_print_itself() {
        let code = UserCode::parse("WDJB-MJHT").unwrap();
        assert!(!format!("{code:?}").contains("WDJB"));
    }
}
