//! Rules that user names, group names and their prefixes share.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// Names with this beginning belong to Kubernetes: the API server gives them meaning
/// (`system:masters` is cluster administrator) and bans them from no authenticator itself.
const RESERVED: &str = "system:";

/// The longest name that is accepted, in bytes of UTF-8.
pub const MAX_BYTES: usize = 253;

/// Why a name is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    #[error("the name is empty")]
    Empty,
    #[error("the name is longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("the name has an invisible, control or direction-changing character")]
    Invisible,
    #[error("the name begins or ends with white space")]
    Untrimmed,
    #[error("names that begin with `system:` belong to Kubernetes")]
    Reserved,
    #[error("the name has a character that is not allowed here")]
    Character,
}

/// Whether `name` is, or could be taken for, a name that Kubernetes reserves.
///
/// Compared after removing invisible characters, normalising to NFKC, trimming and lower-casing,
/// so that no spelling of `system:` gets through.
pub fn is_reserved(name: &str) -> bool {
    let visible = name.chars().filter(|c| !is_invisible(*c));
    let folded: String = visible
        .nfkc()
        .filter(|c| !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .collect();
    folded.trim_start().starts_with(RESERVED)
}

/// Checks a name that goes into a token: visible, trimmed, bounded, not reserved.
///
/// # Errors
/// The first rule that the name breaks.
pub fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > MAX_BYTES {
        return Err(NameError::TooLong);
    }
    if name.chars().any(is_invisible) {
        return Err(NameError::Invisible);
    }
    if name.trim() != name {
        return Err(NameError::Untrimmed);
    }
    if is_reserved(name) {
        return Err(NameError::Reserved);
    }
    Ok(())
}

/// Checks what the API server will make of a name once it has put the cluster's prefix before it:
/// an innocent prefix and an innocent name must not add up to a reserved one.
///
/// # Errors
/// [`NameError::Reserved`].
pub fn check_prefixed(prefix: &str, name: &str) -> Result<(), NameError> {
    if is_reserved(&format!("{prefix}{name}")) {
        Err(NameError::Reserved)
    } else {
        Ok(())
    }
}

/// Control characters, and the characters that Unicode calls default-ignorable or that change
/// the direction of text (Unicode `DerivedCoreProperties`, `Default_Ignorable_Code_Point`).
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_system_gets_through() {
        for name in [
            "system:masters",
            "SYSTEM:masters",
            " system:masters",
            "\u{3000}system:x",
            "ｓｙｓｔｅｍ：masters",
            "ſystem:masters",
            "sys\u{200B}tem:masters",
            "\u{FEFF}system:masters",
            "system\u{FE55}masters",
            "system:",
        ] {
            assert!(is_reserved(name), "{name:?} was taken for an ordinary name");
            assert!(check(name).is_err(), "{name:?} was accepted");
        }
    }

    #[test]
    fn ordinary_names_pass() {
        for name in [
            "payments-viewer",
            "users",
            "systems:x",
            "système:x",
            "my-system:x",
            "日本語",
        ] {
            assert_eq!(check(name), Ok(()), "{name:?}");
        }
    }

    #[test]
    fn a_prefix_and_a_name_cannot_add_up_to_a_reserved_one() {
        assert_eq!(
            check_prefixed("sys", "tem:masters"),
            Err(NameError::Reserved)
        );
        assert_eq!(
            check_prefixed("", "system:masters"),
            Err(NameError::Reserved)
        );
        assert_eq!(check_prefixed("shorepass:", "users"), Ok(()));
    }

    #[test]
    fn names_are_visible_trimmed_and_bounded() {
        assert_eq!(check(""), Err(NameError::Empty));
        assert_eq!(check(" a"), Err(NameError::Untrimmed));
        assert_eq!(check("a\nb"), Err(NameError::Invisible));
        assert_eq!(check("a\u{202E}b"), Err(NameError::Invisible));
        assert_eq!(check(&"a".repeat(254)), Err(NameError::TooLong));
        assert_eq!(check(&"a".repeat(253)), Ok(()));
    }
}
