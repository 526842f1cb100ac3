//! Base64 that arrives in pieces.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// The text is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is not base64")]
pub(super) struct Malformed;

/// Decodes a text as it comes. Line ends in it mean nothing.
#[derive(Default)]
pub(super) struct Decoder {
    /// Less than four characters that wait for the next ones.
    left: Vec<u8>,
    /// Padding was seen: nothing may follow.
    ended: bool,
}

impl Decoder {
    /// Takes the next characters and appends what they say to `out`.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(super) fn take(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
        self.left.extend(text.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')));
        let whole = self.left.len() / 4 * 4;
        if whole == 0 {
            return Ok(());
        }
        let rest = self.left.split_off(whole);
        let text = std::mem::replace(&mut self.left, rest);
        if self.ended {
            return Err(Malformed);
        }
        self.ended = text.last() == Some(&b'=');
        STANDARD.decode_vec(text, out).map_err(|_| Malformed)
    }

    /// The end of the text; its padding may be missing.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(super) fn finish(self, out: &mut Vec<u8>) -> Result<(), Malformed> {
        if self.left.is_empty() {
            return Ok(());
        }
        if self.ended {
            return Err(Malformed);
        }
        STANDARD_NO_PAD.decode_vec(self.left, out).map_err(|_| Malformed)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(text: &[u8], size: usize) -> Result<Vec<u8>, Malformed> {
        let (mut decoder, mut out) = (Decoder::default(), Vec::new());
        text.chunks(size).try_for_each(|piece| decoder.take(piece, &mut out))?;
        decoder.finish(&mut out)?;
        Ok(out)
    }

    proptest! {
        #[test]
        fn pieces_say_what_the_whole_says(bytes: Vec<u8>, size in 1usize..9, padded: bool) {
            let text = if padded { STANDARD.encode(&bytes) } else { STANDARD_NO_PAD.encode(&bytes) };
            prop_assert_eq!(decoded(text.as_bytes(), size), Ok(bytes));
        }
    }

    #[test]
    fn what_is_no_base64_is_malformed_in_any_pieces() {
        for text in ["A", "AAAAA", "AA=A", "AA==AAAA", "AA==A", "????", "AAA-", "=", "AA==="] {
            for size in 1..=text.len() {
                assert_eq!(decoded(text.as_bytes(), size), Err(Malformed), "{text} by {size}");
            }
        }
        assert_eq!(decoded(b"SUQz\r\nBA==", 3).unwrap(), b"ID3\x04");
        assert_eq!(decoded(b"", 1).unwrap(), b"");
    }
}
