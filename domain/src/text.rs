//! Text from strangers.

/// `text` without what Postgres cannot store: NUL becomes U+FFFD. The flag says whether
/// anything was replaced.
pub fn storable(text: &str) -> (String, bool) {
    if text.contains('\0') {
        (text.replace('\0', "\u{fffd}"), true)
    } else {
        (text.to_owned(), false)
    }
}

/// `text` without the white space around it, if 1 to `max` characters (Unicode scalar values)
/// are left. Storable, so that the state in memory is the one that a replay gives.
pub(crate) fn trimmed(text: &str, max: usize) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.chars().count() <= max).then(|| storable(text).0)
}

/// Longest e-mail address, in bytes (RFC 5321).
const EMAIL_MAX: usize = 254;

/// The e-mail address that `text` means, in lower case; `None` when it is none. A minimal check,
/// to catch slips: whether mail arrives only mail can tell.
pub fn email(text: &str) -> Option<String> {
    let address = text.trim().to_lowercase();
    let (local, domain) = address.split_once('@')?;
    let visible = |char: char| !char.is_whitespace() && !char.is_control() && char != '@';
    let sound = address.len() <= EMAIL_MAX
        && !local.is_empty()
        && local.chars().all(visible)
        && domain.chars().all(visible)
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty());
    sound.then_some(address)
}

/// Is `text` made of `min` to `max` ASCII digits?
pub(crate) fn digits(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{digits, storable, trimmed};

    #[test]
    fn lengths_are_counted_in_characters_after_trimming() {
        assert_eq!(trimmed("  añó ", 3).as_deref(), Some("añó"));
        assert_eq!(trimmed("añós", 3), None);
        assert_eq!(trimmed(" \n", 3), None);
        assert_eq!(trimmed("a\0", 3).as_deref(), Some("a\u{fffd}"));
    }

    #[test]
    fn digits_are_ascii_and_bounded() {
        assert!(digits("12345", 5, 20));
        for bad in ["1234", "12a45", "١٢٣٤٥", ""] {
            assert!(!digits(bad, 5, 6), "{bad}");
        }
    }

    #[test]
    fn nul_becomes_the_replacement_character() {
        assert_eq!(storable("a\0b"), ("a\u{fffd}b".into(), true));
        assert_eq!(storable("días"), ("días".into(), false));
    }
}
