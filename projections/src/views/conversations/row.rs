//! The row of a conversation: how it is made, and what messages do to it.

use bitacora_domain::aggregates::conversation::{
    ConversationEvent as Event, ConversationStatus as Status, HandoffStatus as Handoff,
    MessageContent, Priority, Response,
};
use bitacora_domain::{MessageId, RecordedEvent};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::work::{phase, rank};
use crate::change::Set;
use crate::reveal::{code, preview};
use crate::value::Cell;
use crate::{Change, Key, When};

/// What an event does to the row of its conversation.
pub(super) struct Row {
    pub(super) key: Key,
    pub(super) now: DateTime<Utc>,
    /// Makes the row.
    pub(super) first: Option<Change>,
    /// Columns that the event sets.
    pub(super) set: Set,
    /// What depends on the row.
    pub(super) then: Vec<Change>,
}

impl Row {
    pub(super) fn into_changes(self, event: &RecordedEvent) -> Vec<Change> {
        let Self { key, now, first, mut set, then } = self;
        set.push(("updated_at", now.into()));
        set.push(("version", event.version.0.into()));
        first.into_iter().chain([Change::Patch { key, set }]).chain(then).collect()
    }

    pub(super) fn started(&mut self, said: &Event, event: &RecordedEvent) {
        let Event::ConversationStarted { contact, channel, opted_out, .. } = said else { return };
        let set = vec![
            ("contact_id", contact.as_uuid().into()),
            ("channel_id", channel.as_uuid().into()),
            ("status", code(&Status::Open)),
            ("phase", phase(Handoff::None)),
            ("handoff", code(&Handoff::None)),
            ("priority", code(&Priority::default())),
            ("priority_rank", rank(Priority::default())),
            ("labels", Cell::Json(json!([]))),
            ("links", Cell::Json(json!([]))),
            ("merged_from", Cell::Json(json!([]))),
            ("opted_out", (*opted_out).into()),
            ("started_at", event.metadata.occurred_at.into()),
        ];
        self.first = Some(Change::Insert { key: self.key.clone(), set });
        self.set.push(("last_activity_at", self.now.into()));
    }

    pub(super) fn message(&mut self, said: &Event) {
        if let Event::MessageReceived { message, content, sent_at, unread, waiting_since, .. } =
            said
        {
            self.last_message(*message, content, ("INBOUND", "contact".into()), *sent_at);
            self.set
                .extend([("unread", (*unread).into()), ("waiting_since", (*waiting_since).into())]);
            let first = vec![("first_inbound_at", (*sent_at).into())];
            self.by_time(When::NotBefore("first_inbound_at", *sent_at), first);
        }
        if let Event::AgentEchoRecorded { message, content, sent_at, waiting_since, .. } = said {
            self.last_message(*message, content, ("OUTBOUND", "phone".into()), *sent_at);
            self.set.push(("waiting_since", (*waiting_since).into()));
        }
        if let Event::MessageQueued { message, content, sender, queued_at, response, .. } = said {
            self.last_message(*message, content, ("OUTBOUND", code(sender)), *queued_at);
            self.answered(*response, *queued_at);
        }
        if let Event::ServiceWindowOpened { until } = said {
            self.set.push(("window_until", (*until).into()));
        }
        if let Event::ConversationReadByAgent { .. } = said {
            self.set.push(("unread", 0.into()));
        }
    }

    /// The last message is the one that was sent last, whichever came last.
    pub(super) fn last_message(
        &mut self,
        id: MessageId,
        content: &MessageContent,
        (way, sender): (&str, Cell),
        at: DateTime<Utc>,
    ) {
        self.set.push(("last_activity_at", self.now.into()));
        let set = vec![
            ("last_message_id", id.as_uuid().into()),
            ("last_message_at", at.into()),
            ("last_message_preview", preview(content.text())),
            ("last_message_direction", way.into()),
            ("last_message_kind", code(&content.kind())),
            ("last_message_sender", sender),
        ];
        self.by_time(When::NotAfter("last_message_at", at), set);
    }

    pub(super) fn answered(&mut self, response: Option<Response>, at: DateTime<Utc>) {
        self.set.push(("waiting_since", Cell::Null));
        let Some(Response { waited_ms, first }) = response else { return };
        if first {
            self.set.push(("first_response_at", at.into()));
            self.set.push(("first_response_ms", waited_ms.into()));
        }
        self.add("responses", 1);
        self.add("response_ms_total", waited_ms);
    }

    pub(super) fn words(&mut self, said: &Event) {
        if let Event::MessageEdited { message: Some(message), content, .. } = said {
            self.preview(*message, preview(content.text()));
        }
        if let Event::MessageRevoked { message: Some(message), .. }
        | Event::MessageRedacted { message, .. } = said
        {
            self.preview(*message, Cell::Null);
        }
        if let Event::AudioTranscribed { message, text, .. } = said {
            self.preview(*message, preview(Some(text)));
        }
    }

    /// The preview follows its message, but only as long as that is the last one.
    pub(super) fn preview(&mut self, message: MessageId, preview: Cell) {
        let set = vec![("last_message_preview", preview)];
        self.when("last_message_id", message.as_uuid().into(), set);
    }

    pub(super) fn by_time(&mut self, when: When, set: Set) {
        self.then.push(Change::PatchWhen { key: self.key.clone(), when: vec![when], set });
    }

    pub(super) fn when(&mut self, column: &'static str, value: Cell, set: Set) {
        self.then.push(Change::PatchIf { key: self.key.clone(), column, value, set });
    }

    pub(super) fn add(&mut self, column: &'static str, by: i64) {
        self.then.push(Change::Add { key: self.key.clone(), column, by });
    }

    pub(super) fn include(&mut self, column: &'static str, value: serde_json::Value) {
        self.then.push(Change::Include { key: self.key.clone(), column, value });
    }
}
