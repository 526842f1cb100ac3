//! Lenient access to JSON of others.

use chrono::{DateTime, TimeZone as _, Utc};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Longest id that is believed to be one.
const ID_MAX: usize = 512;
/// Times outside of these years are believed to be mistakes (seconds since 1970).
const PLAUSIBLE_SECONDS: std::ops::Range<i64> = 946_684_800..4_102_444_800; // 2000 – 2100

/// The text in `field`.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str()
}

/// The text in `field` unless it is empty.
pub(super) fn filled(value: &Value, field: &str) -> Option<String> {
    text(value, field).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The id in `field`, be it a text or a number.
pub(super) fn id(value: &Value, field: &str) -> Option<String> {
    let id = match value.get(field)? {
        Value::String(text) => text.clone(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return None;
        }
    };
    (!id.is_empty() && id.len() <= ID_MAX).then_some(id)
}

/// The whole number in `field`, be it a number or a text.
pub(super) fn integer(value: &Value, field: &str) -> Option<i64> {
    let value = value.get(field)?;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The number in `field`, be it a number or a text, in units of 10⁻⁶, rounded. Goes through a
/// double, which is exact to the unit for everything below 9·10⁹: prices and degrees.
pub(super) fn millionths(value: &Value, field: &str) -> Option<i64> {
    let value = value.get(field)?;
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    let scaled = (number * 1e6).round();
    // 2^53: above it a double does not hold every integer
    #[allow(clippy::cast_possible_truncation, reason = "in range and rounded")]
    (scaled.abs() < 9_007_199_254_740_992.0).then_some(scaled as i64)
}

/// The flag in `field`.
pub(super) fn flag(value: &Value, field: &str) -> bool {
    value.get(field).and_then(Value::as_bool).unwrap_or(false)
}

/// The elements in `field`; none when it is not an array.
pub(super) fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The time in `field`: seconds since 1970, as text or number.
pub(super) fn time(value: &Value, field: &str) -> Option<DateTime<Utc>> {
    let seconds = integer(value, field).filter(|seconds| PLAUSIBLE_SECONDS.contains(seconds))?;
    Utc.timestamp_opt(seconds, 0).single()
}

/// A key for a fact that has no id: a digest of what it says. (Keys of maps come in a fixed
/// order or in the sender's; either way a redelivery has the same bytes.)
pub(super) fn digest(value: &Value) -> String {
    digest_bytes(value.to_string().as_bytes())
}

/// [`digest`] of raw bytes.
pub(super) fn digest_bytes(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes).get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_texts_are_read_alike() {
        let value = json!({"a": 12, "b": "12", "c": 1.5, "d": "", "e": null, "f": "x".repeat(513)});
        assert_eq!(id(&value, "a").as_deref(), Some("12"));
        assert_eq!(id(&value, "b").as_deref(), Some("12"));
        for bad in ["c", "d", "e", "f", "none"] {
            assert_eq!(id(&value, bad), None, "{bad}");
        }
        assert_eq!(integer(&value, "a"), integer(&value, "b"));
    }

    #[test]
    fn decimals_become_whole_millionths() {
        let value = json!({
            "lat": -34.6037, "price": 15.5, "text": "0.1", "small": 0.000_000_5, "neg": -58.381_592,
            "huge": 1e300, "nan": "NaN", "max": 9_007_199_254.740_991_f64, "third": 33.333_333_333,
        });
        for (field, expected) in [
            ("lat", Some(-34_603_700)),
            ("price", Some(15_500_000)),
            ("text", Some(100_000)),
            ("small", Some(1)),
            ("neg", Some(-58_381_592)),
            ("huge", None),
            ("nan", None),
            ("third", Some(33_333_333)),
        ] {
            assert_eq!(millionths(&value, field), expected, "{field}");
        }
    }

    #[test]
    fn implausible_times_are_none() {
        let value = json!({"ok": "1763647201", "number": 1_763_647_201, "zero": "0", "far": "99999999999", "no": "x"});
        assert_eq!(time(&value, "ok"), time(&value, "number"));
        assert!(time(&value, "ok").is_some());
        for bad in ["zero", "far", "no", "none"] {
            assert_eq!(time(&value, bad), None, "{bad}");
        }
    }
}
