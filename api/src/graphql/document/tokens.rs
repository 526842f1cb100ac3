//! Counting tokens without parsing (GraphQL §2.1.6): the cheapest bound, taken first.

use super::DocumentError;

/// Refuses a text of more than `limit` tokens.
pub(super) fn check(text: &str, limit: usize) -> Result<(), DocumentError> {
    let found = count(text.as_bytes(), limit);
    if found > limit {
        return Err(DocumentError::TooLarge { what: "tokens", found, limit });
    }
    Ok(())
}

/// Number of tokens; stops counting one past `limit`. What is no token at all counts as one per
/// byte: the parser will name it.
fn count(text: &[u8], limit: usize) -> usize {
    let (mut at, mut tokens) = (0, 0);
    while let Some(&byte) = text.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => at += 1,
            b'#' => at += run(text, at, |b| b != b'\n' && b != b'\r'),
            _ => {
                at += token(text, at);
                tokens += 1;
                if tokens > limit {
                    return tokens;
                }
            }
        }
    }
    tokens
}

/// Length of the token at `at`, at least 1.
fn token(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    match rest.first() {
        Some(b'"') if rest.starts_with(b"\"\"\"") => block_string(rest),
        Some(b'"') => string(rest),
        Some(b'.') if rest.starts_with(b"...") => 3,
        Some(b) if is_word(*b) || *b == b'-' => 1 + run(text, at + 1, |b| is_word(b) || b == b'.'),
        _ => 1,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn run(text: &[u8], at: usize, belongs: impl Fn(u8) -> bool) -> usize {
    text.iter().skip(at).take_while(|b| belongs(**b)).count()
}

fn string(rest: &[u8]) -> usize {
    let mut escaped = false;
    for (i, byte) in rest.iter().enumerate().skip(1) {
        match byte {
            b'\\' if !escaped => escaped = true,
            b'"' if !escaped => return i + 1,
            b'\n' | b'\r' => return i,
            _ => escaped = false,
        }
    }
    rest.len()
}

fn block_string(rest: &[u8]) -> usize {
    let body = rest.get(3..).unwrap_or_default();
    let end = body.windows(3).enumerate().find(|(i, w)| {
        *w == b"\"\"\"" && i.checked_sub(1).is_none_or(|before| body.get(before) != Some(&b'\\'))
    });
    end.map_or(rest.len(), |(i, _)| i + 6)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn tokens_are_counted_as_the_specification_says() {
        for (text, tokens) in [
            ("{ a }", 3),
            ("query Q($a: Int = -1.5) { a(b: $a) }", 19),
            ("{ a, b # c d e\n c }", 5),
            (r#"{ a(b: "x { } \" y") }"#, 8),
            (r#"{ a(b: """x " \""" y""") }"#, 8),
            ("{ ...F }", 4),
        ] {
            assert_eq!(count(text.as_bytes(), 1000), tokens, "{text}");
        }
        assert_eq!(count("{".repeat(50).as_bytes(), 10), 11);
    }
}
