//! Repairs JSON that is valid for its sender and not for us, before it is parsed.
//!
//! JavaScript strings may hold half a surrogate pair, and `JSON.stringify` writes it as an
//! escape that no UTF-8 text can hold; Postgres cannot hold NUL. A message must not be lost for
//! a broken emoji, so each becomes U+FFFD, and the caller is told. Signatures are verified over
//! the original bytes, long before.

use std::borrow::Cow;

/// A body that can be parsed and stored.
#[derive(Debug, PartialEq, Eq)]
pub struct Repaired<'a> {
    /// The bytes; borrowed when nothing was wrong.
    pub bytes: Cow<'a, [u8]>,
    /// Something was replaced.
    pub changed: bool,
}

const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// Replaces lone surrogate escapes, NUL (escaped or raw) and invalid UTF-8 by U+FFFD.
pub fn repair(body: &[u8]) -> Repaired<'_> {
    let text = match String::from_utf8_lossy(body) {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    let invalid = matches!(text, Cow::Owned(_));
    match replace_escapes(&text) {
        Some(bytes) => Repaired { bytes: Cow::Owned(bytes), changed: true },
        None => Repaired { bytes: text, changed: invalid },
    }
}

/// The text with unstorable escapes replaced; `None` when there are none.
fn replace_escapes(text: &[u8]) -> Option<Vec<u8>> {
    let mut out: Option<Vec<u8>> = None;
    let mut copied = 0;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let (length, keep) = match byte {
            0 => (1, false),
            b'\\' => escape(text.get(at..).unwrap_or_default()),
            _ => (1, true),
        };
        if !keep {
            let out = out.get_or_insert_with(|| Vec::with_capacity(text.len()));
            out.extend_from_slice(text.get(copied..at).unwrap_or_default());
            out.extend_from_slice(REPLACEMENT);
            copied = at + length;
        }
        at += length;
    }
    if let Some(out) = &mut out {
        out.extend_from_slice(text.get(copied..).unwrap_or_default());
    }
    out
}

/// Length of the escape at the start of `text`, and whether it may stay.
fn escape(text: &[u8]) -> (usize, bool) {
    match code_unit(text) {
        None => (2, true),
        Some(0xd800..=0xdbff) => match text.get(6..).and_then(code_unit) {
            Some(0xdc00..=0xdfff) => (12, true),
            _ => (6, false),
        },
        Some(0 | 0xdc00..=0xdfff) => (6, false),
        Some(_) => (6, true),
    }
}

/// The UTF-16 unit of a `\uXXXX` at the start of `text`.
fn code_unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(br"\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit * 16 + u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repaired(text: &str) -> (String, bool) {
        let result = repair(text.as_bytes());
        (String::from_utf8_lossy(&result.bytes).into_owned(), result.changed)
    }

    #[test]
    fn lone_surrogates_and_nul_become_the_replacement_character() {
        for (from, to) in [
            (r#""a\ud83d""#, "\"a\u{fffd}\""),
            (r#""\ude00b""#, "\"\u{fffd}b\""),
            (r#""\ud83d\ud83d\ude00""#, "\"\u{fffd}\\ud83d\\ude00\""),
            (r#""x\u0000y""#, "\"x\u{fffd}y\""),
            (r#""\uD83Dn""#, "\"\u{fffd}n\""),
            ("\"raw\0\"", "\"raw\u{fffd}\""),
        ] {
            assert_eq!(repaired(from), (to.to_owned(), true), "{from}");
        }
    }

    #[test]
    fn what_is_sound_is_not_touched() {
        for sound in [
            r#""\ud83d\ude00 ma\u00f1ana \\u0000 \\ud83d \" \/""#,
            r#""trailing \"#,
            r#"{"a":[1,2]}"#,
            "\"ñ 👍\"",
            "",
        ] {
            assert_eq!(repaired(sound), (sound.to_owned(), false), "{sound}");
        }
    }

    proptest! {
        #[test]
        fn sound_json_stays_as_it_is(text in ".*") {
            let json = serde_json::to_vec(&text.replace('\0', "")).unwrap_or_default();
            prop_assert_eq!(repair(&json), Repaired { bytes: Cow::Borrowed(&json[..]), changed: false });
        }

        #[test]
        fn repairing_twice_is_repairing_once(
            parts in prop::collection::vec(
                prop::sample::select(vec!["\\", "\\u", "d83d", "\\ud83d", "\\ude00", "\\u0000", "\0", "x", "\""]),
                0..12,
            ),
        ) {
            let text = parts.concat();
            let once = repair(text.as_bytes()).bytes.into_owned();
            let twice = repair(&once);
            prop_assert!(!twice.changed, "{:?}", String::from_utf8_lossy(&once));
        }
    }
}
