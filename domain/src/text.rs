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

#[cfg(test)]
mod tests {
    use super::storable;

    #[test]
    fn nul_becomes_the_replacement_character() {
        assert_eq!(storable("a\0b"), ("a\u{fffd}b".into(), true));
        assert_eq!(storable("días"), ("días".into(), false));
    }
}
