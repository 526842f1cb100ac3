//! What a scenario is made of.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;

use bitacora_commands::sources::{KeptHeaders, RequestParts};
use bitacora_domain::{ChannelAccountId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::Value;

use super::stage::Stage;

/// Marks the ids of one order, so that the same things can happen to many tenants of one
/// database, and be told apart from nothing afterwards.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    /// In ids that are texts.
    pub(crate) text: String,
    /// In ids that are digits.
    pub(crate) digits: String,
}

impl Tag {
    pub(crate) fn new(order: u64) -> Self {
        Self { text: format!("zq{order:05}"), digits: format!("77{order:05}77") }
    }

    /// A text without the marks.
    pub(crate) fn strip(&self, text: &str) -> String {
        text.replace(&self.text, "zq-----").replace(&self.digits, "77-----77")
    }
}

/// To whom it happens.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    pub(crate) tag: Tag,
    pub(crate) tenant: TenantId,
    pub(crate) channel: ChannelAccountId,
}

impl Cast {
    /// A text id that no other order has.
    pub(crate) fn id(&self, id: &str) -> String {
        format!("{id}{}", self.tag.text)
    }

    /// An id of digits that no other order has.
    pub(crate) fn digits(&self, digits: &str) -> String {
        format!("{digits}{}", self.tag.digits)
    }
}

/// One order of a scenario's deliveries, on its way.
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) cast: Cast,
    pub(crate) left: VecDeque<Delivery>,
    pub(crate) random: StdRng,
}

impl Run {
    /// What comes before the worker looks again.
    pub(crate) fn arriving(&mut self) -> Vec<Delivery> {
        let mut some = Vec::new();
        while let Some(delivery) = self.left.pop_front() {
            some.push(delivery);
            if self.random.random_bool(0.4) {
                break;
            }
        }
        some
    }
}

/// A request of a provider, as the inbox keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) source: &'static str,
    pub(crate) request: RequestParts,
    pub(crate) body: Vec<u8>,
    pub(crate) received_at: DateTime<Utc>,
    /// The file that waits in the blob store.
    pub(crate) file: Option<Vec<u8>>,
}

impl Delivery {
    /// A JSON body.
    pub(crate) fn json(source: &'static str, body: &Value) -> Self {
        let content_type = "application/json".to_owned();
        Self {
            source,
            request: RequestParts { content_type, ..RequestParts::default() },
            body: body.to_string().into_bytes(),
            received_at: received_at(),
            file: None,
        }
    }

    /// A form that was posted to an address below the source's name.
    pub(crate) fn form(source: &'static str, rest: String, fields: &[(&str, &str)]) -> Self {
        let escaped = |text: &str| -> String {
            let byte = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            };
            text.bytes().map(byte).collect()
        };
        let fields = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
        let content_type = "application/x-www-form-urlencoded".to_owned();
        Self {
            source,
            request: RequestParts { rest, content_type, ..RequestParts::default() },
            body: fields.collect::<Vec<_>>().join("&").into_bytes(),
            received_at: received_at(),
            file: None,
        }
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.request.headers = KeptHeaders([(name, value)].into_iter().collect());
        self
    }

    pub(crate) fn at(mut self, second: i64) -> Self {
        self.received_at = second_of_day(second);
        self
    }
}

/// When deliveries come: all at once, so that what tells when *we* heard of something is the same
/// in every order.
pub(crate) fn received_at() -> DateTime<Utc> {
    second_of_day(3_600)
}

/// Seconds after the scenario's beginning, in the providers' time.
pub(crate) fn second_of_day(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_763_640_000, 0).unwrap() + TimeDelta::seconds(second)
}

/// Seconds since 1970, as text.
pub(crate) fn unix(second: i64) -> String {
    second_of_day(second).timestamp().to_string()
}

/// What a scenario does before its deliveries, and these in the order in which things happened.
pub(crate) type Play =
    for<'a> fn(&'a Stage, &'a Cast) -> Pin<Box<dyn Future<Output = Vec<Delivery>> + Send + 'a>>;

/// The scenario of a source.
pub(crate) struct Scenario {
    pub(crate) source: &'static str,
    pub(crate) play: Play,
    /// What reactors and effects make of it is looked at, too.
    pub(crate) works: bool,
}
