//! One element of `changes[]`. What it holds is told by its arrays and not by `field` alone:
//! the arrays are what we act upon, and Meta adds fields faster than anybody reads about them.

use serde_json::Value;

use super::envelope::ignored;
use super::{json, message, person, status};
use crate::sources::{Fact, FactKind};

/// What the facts of a change have in common.
pub(super) struct Context<'a> {
    /// `metadata.phone_number_id`.
    pub(super) account: Option<String>,
    /// `contacts[]`.
    pub(super) contacts: &'a [Value],
}

/// Appends the facts of a change.
pub(super) fn facts(entry: &Value, change: &Value, facts: &mut Vec<Fact>) {
    let value = change.get("value").unwrap_or(&Value::Null);
    let context = Context {
        account: value.get("metadata").and_then(|metadata| json::id(metadata, "phone_number_id")),
        contacts: json::list(value, "contacts"),
    };
    let before = facts.len();
    facts.extend(json::list(value, "messages").iter().map(|raw| message::fact(&context, raw)));
    facts
        .extend(json::list(value, "message_echoes").iter().map(|raw| message::echo(&context, raw)));
    facts.extend(json::list(value, "statuses").iter().map(|raw| status::fact(&context, raw)));
    facts.extend(json::list(value, "user_preferences").iter().map(|raw| preference(&context, raw)));
    facts.extend(json::list(value, "calls").iter().map(|raw| call(&context, raw)));
    facts.extend(json::list(value, "errors").iter().map(|raw| account_error(&context, raw)));
    if facts.len() == before {
        facts.push(other(entry, change, value, context.account));
    }
}

/// A contact wants marketing messages, or no more.
fn preference(context: &Context<'_>, raw: &Value) -> Fact {
    let (wa_id, user_id) = (json::id(raw, "wa_id"), json::id(raw, "user_id"));
    let who = wa_id.clone().or_else(|| user_id.clone());
    let person = person::person(wa_id, user_id, context.contacts);
    let at = json::time(raw, "timestamp");
    let who = who.or_else(|| person.identities.first().map(|(_, id)| id.clone()));
    let (Some(who), Some(at)) = (who.filter(|_| !person.identities.is_empty()), at) else {
        let key = format!("wa:pref:{}", json::digest(raw));
        return ignored(key, context.account.clone(), raw.clone(), "MALFORMED_PREFERENCE");
    };
    let key = format!("wa:pref:{who}:{}", at.timestamp());
    let welcome = match (json::text(raw, "category"), json::text(raw, "value")) {
        (Some("marketing_messages"), Some("stop")) => false,
        (Some("marketing_messages"), Some("resume")) => true,
        _ => return ignored(key, context.account.clone(), raw.clone(), "UNKNOWN_PREFERENCE"),
    };
    let kind = FactKind::Preference { person, welcome };
    Fact {
        key,
        account: context.account.clone(),
        at: Some(at),
        raw: raw.clone(),
        repaired: false,
        kind,
    }
}

/// A call over WhatsApp: kept.
fn call(context: &Context<'_>, raw: &Value) -> Fact {
    let part = |field| json::id(raw, field).unwrap_or_default();
    let key = match json::id(raw, "id") {
        Some(id) => format!("wa:call:{id}:{}{}", part("event"), part("status")),
        None => format!("wa:call:{}", json::digest(raw)),
    };
    ignored(key, context.account.clone(), raw.clone(), "CALL")
}

/// An error of the account itself: kept.
fn account_error(context: &Context<'_>, raw: &Value) -> Fact {
    let key = format!("wa:error:{}", json::digest(raw));
    ignored(key, context.account.clone(), raw.clone(), "ACCOUNT_ERROR")
}

/// Everything else: templates, the account, and fields that we have never seen. Kept.
fn other(entry: &Value, change: &Value, value: &Value, account: Option<String>) -> Fact {
    let field = json::text(change, "field").unwrap_or_default();
    let part = |value: &Value, field| json::id(value, field).unwrap_or_default();
    let time = part(entry, "time");
    let (key, reason) = if field.starts_with("message_template_") || field.starts_with("template_")
    {
        let what = json::id(value, "event")
            .or_else(|| json::id(value, "new_quality_score"))
            .or_else(|| json::id(value, "new_category"))
            .unwrap_or_else(|| json::digest(value));
        let template = part(value, "message_template_id");
        let language = part(value, "message_template_language");
        (format!("wa:tpl:{template}:{language}:{what}:{time}"), "TEMPLATE_UPDATE")
    } else if field == "account_update" {
        let event = part(value, "event");
        (format!("wa:acct:{}:{event}:{time}", part(entry, "id")), "ACCOUNT_UPDATE")
    } else if field == "messages" {
        (format!("wa:empty:{}", json::digest(change)), "EMPTY_CHANGE")
    } else {
        (format!("wa:other:{}:{time}", json::digest(change)), "FIELD_NOT_HANDLED")
    };
    ignored(key, account, change.clone(), reason)
}
