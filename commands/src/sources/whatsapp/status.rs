//! One element of `statuses[]`.

use bitacora_domain::aggregates::conversation::{DeliveryStatus, Pricing, ProviderFault};
use serde_json::Value;

use super::change::Context;
use super::envelope::ignored;
use super::{json, person};
use crate::sources::{Fact, FactKind};

/// Meta's code for "the user has stopped marketing messages of this business".
const STOPPED_MARKETING: i64 = 131_050;

/// What a status says about a message of ours.
pub(super) fn fact(context: &Context<'_>, raw: &Value) -> Fact {
    let account = || context.account.clone();
    let (Some(id), Some(name)) = (json::id(raw, "id"), json::text(raw, "status")) else {
        let key = format!("wa:st:{}", json::digest(raw));
        return ignored(key, account(), raw.clone(), "MALFORMED_STATUS");
    };
    let key = format!("wa:st:{id}:{name}");
    let Some(status) = status(name) else {
        return ignored(key, account(), raw.clone(), "UNKNOWN_STATUS");
    };
    let fault = json::list(raw, "errors").first().and_then(fault);
    let recipient = person::person(
        json::id(raw, "recipient_id"),
        json::id(raw, "recipient_user_id"),
        context.contacts,
    );
    let kind = FactKind::Status {
        id,
        recipient,
        status,
        callback: json::filled(raw, "biz_opaque_callback_data"),
        pricing: raw.get("pricing").filter(|pricing| pricing.is_object()).map(pricing),
        opted_out: fault.as_ref().is_some_and(|fault| fault.code == STOPPED_MARKETING),
        fault,
    };
    Fact {
        key,
        account: account(),
        at: json::time(raw, "timestamp"),
        raw: raw.clone(),
        repaired: false,
        kind,
    }
}

fn status(name: &str) -> Option<DeliveryStatus> {
    Some(match name {
        "sent" => DeliveryStatus::Sent,
        "delivered" => DeliveryStatus::Delivered,
        "read" => DeliveryStatus::Read,
        "played" => DeliveryStatus::Played,
        "failed" => DeliveryStatus::Failed,
        _ => return None,
    })
}

fn pricing(raw: &Value) -> Pricing {
    Pricing {
        billable: json::flag(raw, "billable"),
        model: json::filled(raw, "pricing_model"),
        category: json::filled(raw, "category"),
    }
}

fn fault(raw: &Value) -> Option<ProviderFault> {
    let title = json::filled(raw, "title").or_else(|| json::filled(raw, "message"));
    Some(ProviderFault { code: json::integer(raw, "code")?, title: title.unwrap_or_default() })
}
