//! From the body of a delivery to its facts. Ids come as texts or as numbers.

use bitacora_domain::aggregates::lead::LeadSource;
use bitacora_domain::aggregates::offer::{AdKey, AdKeyKind};
use serde_json::Value;

use super::json;
use crate::sources::{Fact, FactKind, LeadFact, repair};

/// Every lead of the body, in order.
pub(super) fn facts(body: &[u8]) -> Vec<Fact> {
    let repaired = repair(body);
    let Ok(root) = serde_json::from_slice::<Value>(&repaired.bytes) else {
        let key = format!("leadgen:unparsable:{}", json::digest_bytes(body));
        return vec![of(key, None, Value::Null, FactKind::Unparsable, repaired.changed)];
    };
    let mut facts = Vec::new();
    for entry in json::list(&root, "entry") {
        let changes = json::list(entry, "changes").iter();
        facts.extend(changes.map(|change| fact(entry, change, repaired.changed)));
    }
    if facts.is_empty() {
        let key = format!("leadgen:empty:{}", json::digest(&root));
        let kind = FactKind::Ignored { reason: "NO_FACTS" };
        facts.push(of(key, None, root, kind, repaired.changed));
    }
    facts
}

/// One change of a page.
fn fact(entry: &Value, change: &Value, repaired: bool) -> Fact {
    let value = change.get("value").unwrap_or(&Value::Null);
    let page = json::id(value, "page_id").or_else(|| json::id(entry, "id"));
    let ignored = |reason| {
        let key = format!("leadgen:other:{}", json::digest(change));
        of(key, page.clone(), change.clone(), FactKind::Ignored { reason }, repaired)
    };
    if json::text(change, "field") != Some("leadgen") {
        return ignored("FIELD_NOT_HANDLED");
    }
    let Some(lead) = json::id(value, "leadgen_id").filter(|id| is_id(id)) else {
        return ignored("MALFORMED_LEAD");
    };
    let ads = [
        (AdKeyKind::Ad, json::id(value, "ad_id")),
        (AdKeyKind::Form, json::id(value, "form_id")),
        (AdKeyKind::Campaign, json::id(value, "campaign_id")),
        (AdKeyKind::Page, page.clone()),
    ];
    // of organic leads, and of those of the testing tool, the ad is absent or 0
    let known = |(kind, id): (_, Option<String>)| {
        let id = id.filter(|id| is_id(id) && id != "0")?;
        Some(AdKey { kind, id })
    };
    let ads = ads.into_iter().filter_map(known).collect();
    let external_id = lead.clone();
    let kind = FactKind::Lead(LeadFact { source: LeadSource::MetaLeadAd, external_id, ads });
    let at = json::time(value, "created_time");
    Fact { at, ..of(format!("leadgen:{lead}"), page, value.clone(), kind, repaired) }
}

/// Ids of Meta are digits.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn of(key: String, account: Option<String>, raw: Value, kind: FactKind, repaired: bool) -> Fact {
    Fact { key, account, at: None, raw, repaired, kind }
}
