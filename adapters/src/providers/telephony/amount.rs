//! Amounts of money as providers write them, in millionths: no floating point.

/// Decimals that are kept.
const DECIMALS: usize = 6;

/// `12.3` is 12,300,000. Further decimals are cut; `None` for what is no amount.
pub(crate) fn millionths(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !plain(whole) || !plain(part) {
        return None;
    }
    let kept: String = part.chars().chain("000000".chars()).take(DECIMALS).collect();
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: i64 = kept.parse().ok()?;
    whole.checked_mul(1_000_000)?.checked_add(part)?.checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::millionths;

    #[test]
    fn amounts_are_read_to_the_millionth() {
        for (text, expected) in [
            ("0", Some(0)),
            ("12.3", Some(12_300_000)),
            ("-0.0225", Some(-22_500)),
            (".5", Some(500_000)),
            ("7.", Some(7_000_000)),
            ("0.1234567", Some(123_456)),
            (" 1 ", Some(1_000_000)),
            ("", None),
            (".", None),
            ("-", None),
            ("1e3", None),
            ("1,5", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(millionths(text), expected, "{text:?}");
        }
    }
}
