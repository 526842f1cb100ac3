//! What a target is told of a lead: one JSON document, the same on every attempt.

use std::collections::BTreeMap;

use bitacora_domain::Personal;
use bitacora_domain::aggregates::delivery::DeliverEffect;
use bitacora_domain::aggregates::lead::LeadAnswer;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::ports::Notice;

/// The notice of a lead, for an attempt at `now`.
pub(super) fn of(job: &DeliverEffect, now: DateTime<Utc>) -> Notice {
    let id = format!("msg_{}{}", job.delivery.as_uuid().simple(), job.target.id.simple());
    Notice { id, at: now, body: document(job).to_string().into_bytes() }
}

fn document(job: &DeliverEffect) -> Value {
    let package = &job.package;
    let person = &package.person;
    let fields: BTreeMap<&str, Option<&String>> =
        person.fields.iter().map(|field| (field.name.as_str(), field.value.reveal())).collect();
    let answers: serde_json::Map<String, Value> =
        package.answers.iter().filter_map(Personal::reveal).filter_map(answer).collect();
    json!({
        "type": "lead.delivered",
        "timestamp": job.requested_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "data": {
            "delivery_id": job.delivery,
            "lead_id": package.lead,
            "contact_id": package.contact,
            "offer_id": package.offer,
            "score": package.total,
            "name": text(person.name.as_ref()),
            "phone": text(person.phone.as_ref()),
            "email": text(person.email.as_ref()),
            "fields": fields,
            "answers": answers,
        },
    })
}

fn text(value: Option<&Personal<String>>) -> Option<&String> {
    value.and_then(Personal::reveal)
}

/// Question and answer, by the names that the API has for them.
fn answer(answer: &LeadAnswer) -> Option<(String, Value)> {
    let tagged = serde_json::to_value(answer).ok()?;
    let (name, value) = tagged.as_object()?.iter().next()?;
    Some((name.to_lowercase(), value.clone()))
}
