//! One element of `messages[]` or `message_echoes[]`.

use bitacora_domain::aggregates::conversation::Referral;
use serde_json::Value;

use super::change::Context;
use super::envelope::ignored;
use super::{json, person};
use crate::sources::{Fact, FactKind, Person, PersonIdentity};

/// What an element of `messages[]` says: a message, or something about an earlier one.
pub(super) fn fact(context: &Context<'_>, raw: &Value) -> Fact {
    let Some(id) = json::id(raw, "id") else {
        let key = format!("wa:msg:{}", json::digest(raw));
        return ignored(key, context.account.clone(), raw.clone(), "MESSAGE_WITHOUT_ID");
    };
    let key = format!("wa:msg:{id}");
    let previous = raw.get("system").and_then(|system| json::id(system, "previous_user_id"));
    let from_user = json::id(raw, "from_user_id").or(previous);
    let from = person::person(json::id(raw, "from"), from_user, context.contacts);
    if from.identities.is_empty() {
        return ignored(key, context.account.clone(), raw.clone(), "NO_SENDER");
    }
    match kind(id, from, raw) {
        Some(kind) => acted_upon(context, key, raw, kind),
        None => ignored(key, context.account.clone(), raw.clone(), "NO_TARGET"),
    }
}

/// What an element of `message_echoes[]` says: the business wrote in its phone app.
pub(super) fn echo(context: &Context<'_>, raw: &Value) -> Fact {
    let account = || context.account.clone();
    let Some(id) = json::id(raw, "id") else {
        let key = format!("wa:echo:{}", json::digest(raw));
        return ignored(key, account(), raw.clone(), "MESSAGE_WITHOUT_ID");
    };
    let key = format!("wa:echo:{id}");
    let to = person::person(json::id(raw, "to"), json::id(raw, "to_user_id"), context.contacts);
    match json::text(raw, "type") {
        Some("reaction" | "edit" | "revoke" | "system") => {
            ignored(key, account(), raw.clone(), "ECHO_ABOUT_A_MESSAGE")
        }
        _ if to.identities.is_empty() => ignored(key, account(), raw.clone(), "NO_RECIPIENT"),
        _ => acted_upon(context, key, raw, FactKind::Echo { to, id, may_be_ours: false }),
    }
}

fn acted_upon(context: &Context<'_>, key: String, raw: &Value, kind: FactKind) -> Fact {
    Fact {
        key,
        account: context.account.clone(),
        at: json::time(raw, "timestamp"),
        raw: raw.clone(),
        repaired: false,
        kind,
    }
}

/// What a message is; `None` when it is about another one and does not say which.
fn kind(id: String, from: Person, raw: &Value) -> Option<FactKind> {
    let part = |name: &str| raw.get(name).unwrap_or(&Value::Null);
    Some(match json::text(raw, "type") {
        Some("reaction") => FactKind::Reaction {
            target: json::id(part("reaction"), "message_id")?,
            emoji: json::filled(part("reaction"), "emoji"),
            from,
            id,
        },
        Some("edit") => {
            FactKind::Edit { target: json::id(part("edit"), "original_message_id")?, from, id }
        }
        Some("revoke") => {
            FactKind::Revoke { target: json::id(part("revoke"), "original_message_id")?, from, id }
        }
        Some("system") => match new_identities(part("system")) {
            Some(identities) => FactKind::IdentityChanged { person: from, identities },
            None => message(id, from, raw),
        },
        _ => message(id, from, raw),
    })
}

fn message(id: String, from: Person, raw: &Value) -> FactKind {
    let context = raw.get("context").unwrap_or(&Value::Null);
    FactKind::Message {
        from,
        id,
        reply_to: json::id(context, "id"),
        referral: raw.get("referral").and_then(referral),
        forwarded: json::flag(context, "forwarded") || json::flag(context, "frequently_forwarded"),
    }
}

/// The identities that a changed number or user id brings; `None` for other system messages.
fn new_identities(system: &Value) -> Option<Vec<PersonIdentity>> {
    let identities = match json::text(system, "type")? {
        "user_changed_number" => {
            let new = json::id(system, "wa_id").or_else(|| json::id(system, "new_wa_id"));
            person::wa_identities(new.as_deref())
        }
        "user_changed_user_id" => {
            let new = json::id(system, "user_id");
            new.as_deref().and_then(person::bsuid_identity).into_iter().collect()
        }
        _ => return None,
    };
    Some(identities).filter(|identities| !identities.is_empty())
}

/// Lead attribution; without a source there is nothing to attribute to.
fn referral(raw: &Value) -> Option<Referral> {
    Some(Referral {
        source_type: json::filled(raw, "source_type")?,
        source_id: json::id(raw, "source_id")?,
        source_url: json::filled(raw, "source_url"),
        headline: json::filled(raw, "headline"),
        body: json::filled(raw, "body"),
        ctwa_clid: json::filled(raw, "ctwa_clid"),
    })
}
