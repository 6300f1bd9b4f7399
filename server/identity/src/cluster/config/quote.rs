//! Quoting: a text as one scalar, whatever is in it.

use std::fmt::Write as _;

/// A double-quoted scalar of YAML 1.2 §7.3.1. Letters and digits of all scripts stay readable;
/// whatever could be taken for anything else is escaped.
pub(super) fn yaml(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ if c.is_alphanumeric() => quoted.push(c),
            // Writing to a string cannot fail.
            _ => drop(write!(quoted, "\\U{:08X}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// A string literal of CEL (cel-spec, doc/langdef.md, *String and Bytes Values*).
pub(super) fn cel(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            // Writing to a string cannot fail.
            _ => drop(write!(quoted, "\\U{:08X}", u32::from(c))),
        }
    }
    quoted.push('\'');
    quoted
}

/// A word of a POSIX shell, quoted where it has to be.
pub(super) fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=:/.,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// A text inside a comment, which ends where the line ends; to YAML 1.1 other characters than the
/// usual ones end lines, too.
pub(super) fn comment(text: &str) -> String {
    let harmless = |c: char| matches!(c, ' '..='~') || c.is_alphanumeric();
    text.chars()
        .map(|c| if harmless(c) { c } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written() {
        for (text, expected) in [
            ("shorepass:", r#""shorepass:""#),
            ("", r#""""#),
            ("no", r#""no""#),
            ("a\": {b: c}\n- d", r#""a\": {b: c}\U0000000A- d""#),
            ("back\\slash", r#""back\\slash""#),
            ("équipe-日本", r#""équipe-日本""#),
            (
                "\u{2028}\u{FEFF}\u{85}",
                r#""\U00002028\U0000FEFF\U00000085""#,
            ),
        ] {
            assert_eq!(yaml(text), expected);
        }
        assert_eq!(cel("shorepass:"), "'shorepass:'");
        assert_eq!(cel("a') || ('b\\"), r"'a\') || (\'b\\'");
        assert_eq!(cel("é\n"), r"'\U000000E9\U0000000A'");
        assert_eq!(shell("--a=b"), "--a=b");
        assert_eq!(shell("--a=b c"), "'--a=b c'");
        assert_eq!(shell("--a='$(x)'"), r"'--a='\''$(x)'\'''");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_breaks_out_of_quotes(text in "(.|[\"\\\\\r\n\u{85}\u{2028}\u{2029}\u{FEFF}])*") {
            let quoted = yaml(&text);
            prop_assert_eq!(quoted.lines().count(), 1);
            let inner = &quoted[1..quoted.len() - 1];
            let mut chars = inner.chars();
            while let Some(c) = chars.next() {
                prop_assert_ne!(c, '"');
                if c == '\\' {
                    chars.next();
                }
            }
            let read: String = serde_saphyr::from_str(&quoted).unwrap();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn a_comment_is_one_line(text in "(.|[\r\n\u{85}\u{2028}\u{2029}])*") {
            let breaks = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
            prop_assert!(!comment(&text).contains(breaks));
        }

        #[test]
        fn a_shell_gets_one_word(text in "[^\0]*") {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", shell(&text))])
                .output()
                .unwrap();
            prop_assert_eq!(output.stdout, text.into_bytes());
        }
    }
}
