//! What is left of a call, and what it is tied to.

use bitacora_domain::aggregates::call_session::{CallEvent as Event, CallLink};
use serde_json::json;

use super::patch;
use crate::reveal::{code, text};
use crate::value::Cell;
use crate::{Change, Key};

/// Recordings, words, a judgement, costs.
pub(super) fn left(said: &Event, key: &Key) -> Vec<Change> {
    let add = |column, by| vec![Change::Add { key: key.clone(), column, by }];
    if let Event::CallRecordingAttached { .. } = said {
        return add("recordings", 1);
    }
    if let Event::CallRecordingDeleted { .. } = said {
        return add("recordings", -1);
    }
    if let Event::CallTranscribed { .. } = said {
        return add("transcripts", 1);
    }
    if let Event::CallAnalysed { analysis, .. } = said {
        let set = vec![
            ("success", code(&analysis.success)),
            ("summary", text(analysis.summary.as_ref())),
        ];
        return vec![patch(key, set)];
    }
    if let Event::CallCostRecorded { attempt, provider, amount_e6, currency, .. } = said {
        let value = json!({
            "attempt": attempt, "provider": provider, "amount_e6": amount_e6, "currency": currency,
        });
        return vec![Change::Include { key: key.clone(), column: "costs", value }];
    }
    vec![]
}

/// Who it was, what it is tied to, and what follows from it.
pub(super) fn around(said: &Event, key: &Key) -> Vec<Change> {
    if let Event::CallerIdentified { contact, .. } = said {
        return vec![patch(key, vec![("contact_id", contact.as_uuid().into())])];
    }
    if let Event::CallLinked { kind, id, .. } = said {
        let column = match kind {
            CallLink::Conversation => "conversation_id",
            CallLink::Ticket => "ticket_id",
            CallLink::Lead => "lead_id",
        };
        let value = json!({ "kind": kind, "id": id });
        let link = Change::Include { key: key.clone(), column: "links", value };
        return vec![link, patch(key, vec![(column, (*id).into())])];
    }
    if let Event::FollowUpSuggested { follow_up, .. } = said {
        return vec![patch(key, vec![("follow_up_id", (*follow_up).into())])];
    }
    if let Event::FollowUpApproved { .. } | Event::FollowUpDismissed { .. } = said {
        return vec![patch(key, vec![("follow_up_id", Cell::Null)])];
    }
    if let Event::CallbackRequested { callback, due_at, .. } = said {
        let set = vec![("callbacks", (*callback).into()), ("callback_due_at", (*due_at).into())];
        return vec![patch(key, set)];
    }
    vec![]
}
