//! What becomes of a message of ours on its way to the contact.

use bitacora_domain::aggregates::conversation::{
    ConversationEvent as Event, DeliveryStatus as Status, Pricing,
};
use chrono::{DateTime, Utc};

use super::patch;
use crate::Change;
use crate::change::Set;
use crate::reveal::code;
use crate::value::Cell;

/// Requests to the provider, and how they ended.
pub(super) fn sending(said: &Event) -> Vec<Change> {
    if let Event::MessageSendAttempted { message, .. } = said {
        let key = message.as_uuid().into();
        return vec![Change::Add { key, column: "attempts", by: 1 }];
    }
    if let Event::MessageAccepted { message, provider_message_id, at, .. } = said {
        let mut set = error(None, Cell::Null);
        set.push(("accepted_at", (*at).into()));
        set.push(("provider_message_id", provider_message_id.as_str().into()));
        return vec![patch(message.as_uuid(), set)];
    }
    if let Event::MessageSendUnknown { message, reason, .. } = said {
        let mut set = error(None, reason.as_str().into());
        set.push(("status", code(&Status::Unknown)));
        return vec![patch(message.as_uuid(), set)];
    }
    if let Event::MessageRejected { message, code: number, title, retryable, at, .. } = said {
        let number = (*number != 0).then_some(*number);
        let mut set = error(number, title.as_str().into());
        if !retryable {
            set.extend([
                ("status", code(&Status::Failed)),
                ("failed_at", (*at).into()),
                ("failure_code", number.into()),
                ("failure_title", title.as_str().into()),
            ]);
        }
        return vec![patch(message.as_uuid(), set)];
    }
    vec![]
}

fn error(number: Option<i64>, title: Cell) -> Set {
    vec![("send_error_code", number.into()), ("send_error_title", title)]
}

/// What the provider reported.
pub(super) fn reported(said: &Event) -> Vec<Change> {
    if let Event::MessageSent { message, provider_message_id, at, pricing, .. } = said {
        let set = status(Status::Sent, "sent_at", *at, provider_message_id.as_deref());
        return vec![patch(message.as_uuid(), priced(set, pricing.as_ref()))];
    }
    if let Event::MessageDelivered { message, provider_message_id, at, pricing, .. } = said {
        let set = status(Status::Delivered, "delivered_at", *at, provider_message_id.as_deref());
        return vec![patch(message.as_uuid(), priced(set, pricing.as_ref()))];
    }
    if let Event::MessageRead { message, provider_message_id, at, pricing, .. } = said {
        let set = status(Status::Read, "read_at", *at, provider_message_id.as_deref());
        return vec![patch(message.as_uuid(), priced(set, pricing.as_ref()))];
    }
    if let Event::MessagePlayed { message, provider_message_id, at, pricing, .. } = said {
        let set = status(Status::Played, "played_at", *at, provider_message_id.as_deref());
        return vec![patch(message.as_uuid(), priced(set, pricing.as_ref()))];
    }
    if let Event::MessageStepDated { message, step, at, pricing } = said {
        let column = match step {
            Status::Sent => "sent_at",
            Status::Delivered => "delivered_at",
            Status::Read => "read_at",
            // Are told once, and advance.
            Status::Pending | Status::Unknown | Status::Played | Status::Failed => return vec![],
        };
        return vec![patch(
            message.as_uuid(),
            priced(vec![(column, (*at).into())], pricing.as_ref()),
        )];
    }
    if let Event::MessageFailed { message, provider_message_id, at, fault, .. } = said {
        let mut set = status(Status::Failed, "failed_at", *at, provider_message_id.as_deref());
        if let Some(fault) = fault {
            set.push(("failure_code", fault.code.into()));
            set.push(("failure_title", fault.title.as_str().into()));
        }
        return vec![patch(message.as_uuid(), set)];
    }
    vec![]
}

fn status(
    status: Status,
    column: &'static str,
    at: DateTime<Utc>,
    provider_message_id: Option<&str>,
) -> Set {
    let mut set: Set = vec![("status", code(&status)), (column, at.into())];
    if let Some(provider_message_id) = provider_message_id {
        set.push(("provider_message_id", provider_message_id.into()));
    }
    set
}

fn priced(mut set: Set, pricing: Option<&Pricing>) -> Set {
    if let Some(pricing) = pricing {
        set.push(("billable", pricing.billable.into()));
        set.push(("pricing_category", pricing.category.clone().into()));
    }
    set
}
