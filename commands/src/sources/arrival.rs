//! A webhook request as a source sees it: at the door, and again from the inbox.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Longest value of a header that is kept, in bytes; longer ones are cut.
const HEADER_MAX: usize = 1_024;

/// Headers of a request by their lower-case names, the first value of each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, Vec<u8>>);

impl Headers {
    /// The value of the header called `name` (lower case).
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The value as text; `None` also when it is none.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    /// The first value of a name stands.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        let mut all = BTreeMap::new();
        for (name, value) in headers {
            let name = name.as_ref().to_ascii_lowercase();
            all.entry(name).or_insert_with(|| value.as_ref().to_vec());
        }
        Self(all)
    }
}

impl fmt::Debug for Headers {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// A request of a provider.
#[derive(Clone, Copy)]
pub struct Arrival<'a> {
    /// The path below the source's name as it was written (percent-encoded), without a slash at
    /// its beginning. From the inbox: what [`super::WebhookSource::kept_rest`] made of it.
    pub rest: &'a str,
    /// The query as it was written, without `?`; empty when there is none.
    pub query: &'a str,
    /// Absolute URLs that the provider may have asked for, the likeliest first. Only at the door.
    pub urls: &'a [String],
    /// All headers at the door; from the inbox those of
    /// [`super::WebhookSource::kept_headers`].
    pub headers: &'a Headers,
    /// `Content-Type` as it came; empty when there was none.
    pub content_type: &'a str,
    /// The raw body.
    pub body: &'a [u8],
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

impl<'a> Arrival<'a> {
    /// A request that was kept.
    pub fn again(parts: &'a RequestParts, body: &'a [u8], received_at: DateTime<Utc>) -> Self {
        let RequestParts { rest, query, content_type, headers } = parts;
        Self { rest, query, urls: &[], headers: &headers.0, content_type, body, received_at }
    }

    /// The media type alone, lower case (`application/json`).
    pub fn media_type(&self) -> String {
        let end = self.content_type.find(';').unwrap_or(self.content_type.len());
        let kind = self.content_type.get(..end).unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    }

    /// The segments of [`Self::rest`], still percent-encoded.
    pub fn segments(&self) -> Vec<&'a str> {
        self.rest.split('/').filter(|segment| !segment.is_empty()).collect()
    }
}

impl fmt::Debug for Arrival<'_> {
    /// Neither path nor query: either may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival")
            .field("headers", self.headers)
            .field("content_type", &self.content_type)
            .field("bytes", &self.body.len())
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}

/// What is kept of a request beside its body, so that its facts can be read again.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestParts {
    /// The path below the source's name, without secrets.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rest: String,
    /// The query.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// `Content-Type`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub content_type: String,
    /// Headers that the facts need.
    #[serde(default, skip_serializing_if = "KeptHeaders::is_empty")]
    pub headers: KeptHeaders,
}

impl RequestParts {
    /// What `source` wants to be kept of a request.
    pub fn of(source: &dyn super::WebhookSource, arrival: &Arrival<'_>) -> Self {
        let kept = |name: &&'static str| {
            let value = arrival.headers.get(name)?;
            Some((*name, value.get(..HEADER_MAX).unwrap_or(value)))
        };
        let headers = source.kept_headers().iter().filter_map(kept).collect();
        Self {
            rest: source.kept_rest(arrival),
            query: arrival.query.to_owned(),
            content_type: arrival.content_type.to_owned(),
            headers: KeptHeaders(headers),
        }
    }
}

impl fmt::Debug for RequestParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestParts").field("headers", &self.headers.0).finish_non_exhaustive()
    }
}

/// Headers as they are stored: texts, whatever their bytes were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptHeaders(pub Headers);

impl KeptHeaders {
    fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }
}

impl Serialize for KeptHeaders {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.0.0.iter();
        serializer.collect_map(all.map(|(name, value)| (name, String::from_utf8_lossy(value))))
    }
}

impl<'de> Deserialize<'de> for KeptHeaders {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<String, String>::deserialize(deserializer)?;
        Ok(Self(all.into_iter().collect()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back_the_same() {
        let headers =
            KeptHeaders([("X-Kept", &b"one"[..]), ("x-kept", b"two")].into_iter().collect());
        let parts = RequestParts {
            rest: "status/a/1".into(),
            query: "x=%2F".into(),
            content_type: "Application/JSON; charset=utf-8".into(),
            headers,
        };
        let text = serde_json::to_string(&parts).unwrap();
        let again: RequestParts = serde_json::from_str(&text).unwrap();
        assert_eq!(again, parts);
        let arrival = Arrival::again(&again, b"{}", DateTime::UNIX_EPOCH);
        assert_eq!(arrival.headers.text("x-kept"), Some("one"));
        assert_eq!(arrival.media_type(), "application/json");
        assert_eq!(arrival.segments(), ["status", "a", "1"]);
        assert!(!format!("{parts:?} {arrival:?}").contains("status"));
        assert_eq!(serde_json::to_string(&RequestParts::default()).unwrap(), "{}");
    }
}
