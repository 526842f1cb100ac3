//! `Range: bytes=…` (RFC 9110 §14): one range. Several at once, and what is none, mean all of it,
//! as the RFC allows.

use std::ops::Range;

use axum::http::HeaderValue;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All of it.
    All,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes behind its end.
    Nothing,
}

pub(super) fn of(header: Option<&HeaderValue>, bytes: u64) -> Asked {
    let text = header.and_then(|value| value.to_str().ok());
    let Some(set) = text.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Asked::All;
    };
    let Some((first, last)) = set.trim().split_once('-') else { return Asked::All };
    match (number(first), number(last)) {
        (Some(first), Some(last)) if last < first => Asked::All,
        (Some(first), _) if first >= bytes && (last.is_empty() || number(last).is_some()) => {
            Asked::Nothing
        }
        (Some(first), Some(last)) => Asked::Part(first..last.saturating_add(1).min(bytes)),
        (Some(first), None) if last.is_empty() => Asked::Part(first..bytes),
        (None, Some(length)) if first.is_empty() => match length.min(bytes) {
            0 => Asked::Nothing,
            length => Asked::Part(bytes - length..bytes),
        },
        (Some(_) | None, _) => Asked::All,
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Asked {
        of(HeaderValue::from_str(text).ok().as_ref(), 100)
    }

    #[test]
    fn one_range_is_understood_and_everything_else_means_all() {
        assert_eq!(asked("bytes=0-9"), Asked::Part(0..10));
        assert_eq!(asked("bytes=90-"), Asked::Part(90..100));
        assert_eq!(asked("bytes=-10"), Asked::Part(90..100));
        assert_eq!(asked("bytes=-1000"), Asked::Part(0..100));
        assert_eq!(asked("bytes=50-1000"), Asked::Part(50..100));
        assert_eq!(asked("bytes=0-99999999999999999999999999"), Asked::Part(0..100));
        for nothing in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"]
        {
            assert_eq!(asked(nothing), Asked::Nothing, "{nothing}");
        }
        for all in [
            "",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-a",
            "bytes=9-0",
            "items=0-9",
            "bytes=0-1,5-6",
        ] {
            assert_eq!(asked(all), Asked::All, "{all}");
        }
        assert_eq!(of(None, 100), Asked::All);
        assert_eq!(of(Some(&HeaderValue::from_static("bytes=0-")), 0), Asked::Nothing);
    }
}
