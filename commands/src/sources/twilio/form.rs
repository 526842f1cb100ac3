//! The parameters of a form.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::sources::Arrival;

/// What a form's content type begins with.
const FORM: &str = "application/x-www-form-urlencoded";

/// Parameters by name, in byte order; the values of each in the order in which they came.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Form(BTreeMap<String, Vec<String>>);

impl Form {
    /// The parameters of a request; none when its body is no form.
    pub(super) fn of(arrival: &Arrival<'_>) -> Self {
        if arrival.media_type() != FORM {
            return Self::default();
        }
        let pairs = form_urlencoded::parse(arrival.body);
        Self::from_pairs(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())))
    }

    /// The parameters of a query.
    pub(super) fn of_query(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self::from_pairs(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())))
    }

    pub(super) fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in pairs {
            all.entry(name).or_default().push(value);
        }
        Self(all)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first value of a parameter, unless it is blank.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?.first()?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// The first value as a whole number that is not negative.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.first(name)?.parse().ok().filter(|number| *number >= 0)
    }

    /// What is signed behind the URL: each name with each of its values, without any character
    /// between them; names and values in byte order, values once.
    pub(super) fn signed(&self) -> String {
        let mut text = String::new();
        for (name, values) in &self.0 {
            let mut values: Vec<&String> = values.iter().collect();
            values.sort_unstable();
            values.dedup();
            for value in values {
                // writing to a text cannot fail
                let _ = write!(text, "{name}{value}");
            }
        }
        text
    }

    /// As JSON: what the fingerprint of a fact covers.
    pub(super) fn json(&self) -> Value {
        let all = self.0.iter().map(|(name, values)| {
            let value = match values.as_slice() {
                [only] => Value::from(only.as_str()),
                several => Value::from(several.to_vec()),
            };
            (name.clone(), value)
        });
        Value::Object(all.collect())
    }
}
