//! What the tests of the sources share: fixtures, requests, and what holds for every source.

use std::path::Path;

use bitacora_commands::sources::{self, Arrival, Fact, FactKind, Headers, Person};
use bitacora_domain::aggregates::contact::IdentityKind;
use chrono::{DateTime, Utc};

/// When requests of the tests come: shortly after what the fixtures speak of.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// The fixture `name` of a source's folder.
pub(crate) fn body(folder: &str, name: &str) -> Vec<u8> {
    std::fs::read(fixtures(folder).join(format!("{name}.json"))).unwrap()
}

fn fixtures(folder: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder)
}

/// Everything that a request says, of the source called `source`.
pub(crate) fn facts(source: &str, request: &Request<'_>) -> Vec<Fact> {
    sources::find(source).unwrap().facts(&request.arrival())
}

/// A request.
pub(crate) struct Request<'a> {
    pub(crate) rest: &'a str,
    pub(crate) headers: Headers,
    pub(crate) body: &'a [u8],
    pub(crate) received_at: DateTime<Utc>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(body: &'a [u8], headers: &[(&str, &str)]) -> Self {
        let headers = headers.iter().copied().collect();
        Self { rest: "", headers, body, received_at: at(1_763_648_400) }
    }

    pub(crate) fn arrival(&self) -> Arrival<'_> {
        Arrival {
            rest: self.rest,
            query: "",
            urls: &[],
            headers: &self.headers,
            content_type: "application/json",
            body: self.body,
            received_at: self.received_at,
        }
    }
}

/// The identities of a person.
pub(crate) fn ids(person: &Person) -> Vec<(IdentityKind, &str)> {
    person.identities.iter().map(|(kind, value)| (*kind, value.as_str())).collect()
}

/// Why a fact is kept and not acted upon.
#[allow(clippy::wildcard_enum_match_arm, reason = "two of many are asked about")]
pub(crate) fn reason(fact: &Fact) -> Option<&'static str> {
    match &fact.kind {
        FactKind::Ignored { reason } => Some(reason),
        FactKind::Unparsable => Some("UNPARSABLE"),
        _ => None,
    }
}

#[test]
fn a_body_that_was_cut_off_or_is_anything_else_is_a_fact_of_every_source() {
    for (source, folder) in [
        ("builderbot", "builderbot"),
        ("elevenlabs", "elevenlabs"),
        ("chatwoot", "chatwoot"),
        ("stripe", "stripe"),
        ("meta/leadgen", "leadgen"),
    ] {
        for fixture in std::fs::read_dir(fixtures(folder)).unwrap() {
            let body = std::fs::read(fixture.unwrap().path()).unwrap();
            let whole = body.trim_ascii_end().len();
            for end in (0..whole).step_by(7) {
                let facts = facts(source, &Request::new(&body[..end], &[]));
                assert_eq!(facts.len(), 1, "{source}");
                assert_eq!(reason(&facts[0]), Some("UNPARSABLE"), "{source} cut at {end}");
            }
        }
        for odd in ["null", "[]", "{}", "7", "\"x\"", "{\"data\":[]}", "{\"event\":{}}", "\u{fffd}"]
        {
            let facts = facts(source, &Request::new(odd.as_bytes(), &[]));
            assert!(facts.len() == 1 && reason(&facts[0]).is_some(), "{source}: {odd}");
        }
    }
}

#[test]
fn a_second_delivery_has_the_same_keys_and_the_same_content() {
    for folder in ["builderbot", "elevenlabs", "chatwoot", "stripe"] {
        let mut seen = std::collections::BTreeSet::new();
        for fixture in std::fs::read_dir(fixtures(folder)).unwrap() {
            let body = std::fs::read(fixture.unwrap().path()).unwrap();
            let once = facts(folder, &Request::new(&body, &[("x-account-key", "una")]));
            assert_eq!(once, facts(folder, &Request::new(&body, &[("x-account-key", "una")])));
            for fact in &once {
                assert!(seen.insert(fact.key.clone()) || reason(fact).is_some(), "{}", fact.key);
            }
        }
    }
}
