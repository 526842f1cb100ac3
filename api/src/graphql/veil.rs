//! What of an event nobody may see (ADR 0012): the personal values of contacts that came by a lead
//! and were not revealed. Values that are veiled themselves are taken out before they come here.

use std::collections::BTreeSet;

use bitacora_domain::personal::TAG;
use bitacora_domain::{ContactId, Cursor, Subject, codec};
use bitacora_projections::views::reveals;
use serde_json::Value;

use super::caller::Caller;
use super::fault::Fault;

/// The payload, or state, as it was at `at` and as the caller may see it.
///
/// # Errors
/// When the read store does not answer.
pub async fn seen(caller: &Caller, at: Option<Cursor>, payload: Value) -> Result<Value, Fault> {
    let mut contacts = BTreeSet::new();
    collect(&payload, &mut contacts);
    if let Some(at) = at.filter(|_| !contacts.is_empty()) {
        // A read side that is late hides more than it must, and never less.
        let _late = caller.reached(at, &[&reveals::TABLE], None).await;
    }
    let mut hidden = BTreeSet::new();
    for contact in contacts {
        if caller.row(&reveals::TABLE, contact.as_uuid()).await?.is_none() {
            hidden.insert(Subject::contact(contact).0);
        }
    }
    if hidden.is_empty() {
        return Ok(payload);
    }
    Ok(codec::hide(payload, &|subject| hidden.contains(subject)))
}

/// Contacts that came by a lead, as their ids say, and whose values are in it.
fn collect(value: &Value, found: &mut BTreeSet<ContactId>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(map) => {
            let subject = map.get(TAG).and_then(|tag| tag.get("s")).and_then(Value::as_str);
            let contact = subject.and_then(|subject| subject.strip_prefix("contact:"));
            let contact = contact.and_then(|id| id.parse::<ContactId>().ok());
            found.extend(contact.filter(|contact| contact.came_by_lead()));
            map.values().for_each(|value| collect(value, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
