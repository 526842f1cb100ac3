//! Telephone numbers in E.164 (`+5491166600011`), the form in which they are compared.

use std::str::FromStr;

use phonenumber::{Mode, country};

/// Longest text looked at; written numbers have at most about 25 characters.
const TEXT_MAX: usize = 40;

/// The text is not a telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number: write it with its country code, such as +54 9 11 6660-0011")]
pub struct InvalidPhone;

/// `text` in E.164. Numbers without a country code need `default_region` (ISO 3166, `AR`).
/// Without one, bare digits count as WhatsApp writes them: country code first, no `+`.
///
/// Mexico's old mobile prefix (`52 1`, still in WhatsApp ids) is no part of the number since
/// 2019 and falls away; Argentina's `54 9` is a part of it and stays.
///
/// # Errors
/// [`InvalidPhone`] when there is no such country code or the length cannot be.
pub fn e164(text: &str, default_region: Option<&str>) -> Result<String, InvalidPhone> {
    let text = text.trim();
    if text.len() > TEXT_MAX || !text.chars().all(is_written_in_numbers) {
        return Err(InvalidPhone);
    }
    let region = match default_region {
        Some(code) => Some(country::Id::from_str(code).map_err(|_| InvalidPhone)?),
        None => None,
    };
    let parsed = if region.is_none() && !text.starts_with('+') {
        phonenumber::parse(None, format!("+{text}"))
    } else {
        phonenumber::parse(region, text)
    };
    let number = parsed.map_err(|_| InvalidPhone)?;
    let formatted = number.format().mode(Mode::E164).to_string();
    let digits = formatted.strip_prefix('+').ok_or(InvalidPhone)?;
    if !crate::text::digits(digits, 8, 15) {
        return Err(InvalidPhone);
    }
    Ok(without_old_mexican_prefix(&formatted).unwrap_or(formatted))
}

/// `+52 1` and ten digits are `+52` and the ten digits.
fn without_old_mexican_prefix(e164: &str) -> Option<String> {
    let national = e164.strip_prefix("+521")?;
    (national.len() == 10).then(|| format!("+52{national}"))
}

fn is_written_in_numbers(char: char) -> bool {
    char.is_ascii_digit() || matches!(char, '+' | ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        for text in ["+54 9 11 6660-0011", "5491166600011", "+5491166600011", " 54 9 (11) 66600011"]
        {
            assert_eq!(e164(text, None).as_deref(), Ok("+5491166600011"), "{text}");
        }
        assert_eq!(e164("011 15 6660-0011", Some("AR")).as_deref(), Ok("+5491166600011"));
        assert_eq!(e164("+54 9 11 6660-0011", Some("MX")).as_deref(), Ok("+5491166600011"));
        assert_eq!(e164("912 345 678", Some("ES")).as_deref(), Ok("+34912345678"));
    }

    #[test]
    fn the_old_mexican_mobile_prefix_falls_away() {
        for text in ["5215512345678", "+52 1 55 1234 5678", "+52 55 1234 5678", "525512345678"] {
            assert_eq!(e164(text, None).as_deref(), Ok("+525512345678"), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let long = "1".repeat(50);
        for text in
            ["", "+", "hola", "123", "+999123456789", "+54", "911 tel 22", &long, "١٢٣٤٥٦٧٨"]
        {
            assert_eq!(e164(text, None), Err(InvalidPhone), "{text}");
        }
        assert_eq!(e164("6660-0011", Some("??")), Err(InvalidPhone));
    }
}
