//! From the body of a delivery to its facts.

use serde_json::Value;

use super::{change, json};
use crate::sources::{Fact, FactKind, repair};

/// Every fact of the body, in order: entries, changes, and within a change as `change` says.
pub(super) fn facts(body: &[u8]) -> Vec<Fact> {
    let repaired = repair(body);
    let Ok(root) = serde_json::from_slice::<Value>(&repaired.bytes) else {
        return vec![unparsable(body, repaired.changed)];
    };
    let mut facts = Vec::new();
    for entry in json::list(&root, "entry") {
        for change in json::list(entry, "changes") {
            change::facts(entry, change, &mut facts);
        }
    }
    if facts.is_empty() {
        let key = format!("wa:empty:{}", json::digest(&root));
        facts.push(ignored(key, None, root, "NO_FACTS"));
    }
    for fact in &mut facts {
        fact.repaired = repaired.changed;
    }
    facts
}

/// A fact that is kept and not acted upon.
pub(super) fn ignored(
    key: String,
    account: Option<String>,
    raw: Value,
    reason: &'static str,
) -> Fact {
    let at = json::time(&raw, "timestamp");
    Fact { key, account, at, raw, repaired: false, kind: FactKind::Ignored { reason } }
}

fn unparsable(body: &[u8], repaired: bool) -> Fact {
    Fact {
        key: format!("wa:unparsable:{}", json::digest_bytes(body)),
        account: None,
        at: None,
        raw: Value::Null,
        repaired,
        kind: FactKind::Unparsable,
    }
}
