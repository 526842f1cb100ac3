//! Old payloads are read as events of today, through every version in between.

use bitacora_domain::recorded::decode_payload;
use bitacora_domain::upcast::upcast;
use bitacora_domain::{DecodeError, Directed, DomainAggregate, DomainError, Upcaster};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Version 1 had `name`, version 2 split it, version 3 (today) counts in cents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum SampleEvent {
    Paid { first: String, last: String, cents: i64 },
}

impl DomainEvent for SampleEvent {
    fn event_type(&self) -> String {
        "Paid".to_owned()
    }
    fn event_version(&self) -> String {
        "3".to_owned()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl DomainError for Never {
    fn code(&self) -> &'static str {
        "NEVER"
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sample;

impl Aggregate for Sample {
    const TYPE: &'static str = "sample";
    type Command = Directed<()>;
    type Event = SampleEvent;
    type Error = Never;
    type Services = ();
    async fn handle(
        &mut self,
        command: Directed<()>,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Never> {
        bitacora_domain::aggregate::handle(self, command, sink).await
    }
    fn apply(&mut self, _: SampleEvent) {}
}

const UPCASTERS: &[Upcaster] = &[
    Upcaster { event_type: "Paid", from: "1", to: "2", lift: split_name },
    Upcaster { event_type: "Paid", from: "2", to: "3", lift: count_in_cents },
];

fn split_name(mut fields: Value) -> Value {
    let name = fields["name"].as_str().unwrap_or_default().to_owned();
    let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
    fields["first"] = json!(first);
    fields["last"] = json!(last);
    fields
}

fn count_in_cents(mut fields: Value) -> Value {
    fields["cents"] = json!(fields["units"].as_i64().unwrap_or_default() * 100);
    fields
}

impl DomainAggregate for Sample {
    type Body = ();
    type Refusal = Never;
    const EVENT_TYPES: &'static [&'static str] = &["Paid"];
    const STATE_SCHEMA: u32 = 1;
    fn decide(&self, _: &Directed<()>, (): ()) -> Result<Vec<SampleEvent>, Never> {
        Err(Never)
    }
    fn upcasters() -> &'static [Upcaster] {
        UPCASTERS
    }
}

#[test]
fn every_version_ever_written_is_read_as_the_one_of_today() {
    let today = SampleEvent::Paid { first: "Ana".into(), last: "Paz".into(), cents: 700 };
    for (version, payload) in [
        ("1", json!({"Paid": {"name": "Ana Paz", "units": 7}})),
        ("2", json!({"Paid": {"first": "Ana", "last": "Paz", "units": 7}})),
        ("3", json!({"Paid": {"first": "Ana", "last": "Paz", "cents": 700}})),
    ] {
        assert_eq!(decode_payload::<Sample>("Paid", version, payload).unwrap(), today, "{version}");
    }
}

#[test]
fn other_events_and_versions_are_left_alone() {
    let payload = json!({"Refunded": {"units": 7}});
    let (same, version) = upcast(UPCASTERS, "Refunded", "1", payload.clone());
    assert_eq!((same, version.as_str()), (payload, "1"));
    let payload = json!({"Paid": {"units": 7}});
    let (same, version) = upcast(UPCASTERS, "Paid", "9", payload.clone());
    assert_eq!((same, version.as_str()), (payload, "9"));
}

#[test]
fn what_cannot_be_read_says_which_event_and_why() {
    let error = decode_payload::<Sample>("Paid", "3", json!({"Paid": {"first": 1}})).unwrap_err();
    let DecodeError::Payload { event_type, event_version, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((event_type.as_str(), event_version.as_str()), ("Paid", "3"));
}
