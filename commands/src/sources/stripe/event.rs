//! From the body of a delivery to its fact: one event each.

use serde_json::Value;

use super::{json, object};
use crate::sources::{Fact, FactKind, repair};

/// What differs between two deliveries of one event, and is no part of it.
const OF_THE_DELIVERY: [&str; 2] = ["pending_webhooks", "request"];

/// The event in the body.
pub(super) fn fact(body: &[u8]) -> Fact {
    let repaired = repair(body);
    let Ok(mut event) = serde_json::from_slice::<Value>(&repaired.bytes) else {
        let key = format!("st:unparsable:{}", json::digest_bytes(body));
        return of(key, Value::Null, FactKind::Unparsable, repaired.changed);
    };
    if let Some(fields) = event.as_object_mut() {
        for field in OF_THE_DELIVERY {
            fields.remove(field);
        }
    }
    let Some(id) = json::id(&event, "id") else {
        let key = format!("st:nameless:{}", json::digest(&event));
        let kind = FactKind::Ignored { reason: "NO_EVENT_ID" };
        return of(key, event, kind, repaired.changed);
    };
    let kind = match object::order(&event) {
        Ok(fact) => FactKind::Order(fact),
        Err(reason) => FactKind::Ignored { reason },
    };
    of(format!("st:{id}"), event, kind, repaired.changed)
}

fn of(key: String, raw: Value, kind: FactKind, repaired: bool) -> Fact {
    Fact { key, account: None, at: json::time(&raw, "created"), raw, repaired, kind }
}
