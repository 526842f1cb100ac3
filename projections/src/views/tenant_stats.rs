//! `tenant_stats`: counters per UTC day (CONV-31).

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::contact::{Contact, ContactEvent};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as Event, DeliveryStatus as Status, Response, Sender,
    SurveyKind,
};
use cqrs_es::Aggregate;

use crate::table::Merge;
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Key, Projection, ProjectionError, Table};

/// The view.
#[derive(Debug)]
pub struct TenantStats;

const fn counter(name: &'static str, doc: &'static str) -> Column {
    Column::shared(Merge::Sum, name, ColumnType::Int, doc)
}

/// Its table.
pub static TABLE: Table = Table {
    name: "tenant_stats",
    schema: 2,
    doc: "One row per tenant and UTC day on which something happened: what happened, counted. An \
          event counts on the day on which it happened.",
    columns: &[
        Column::key("day", ColumnType::Date, "Day, UTC."),
        counter("conversations_started", "Conversations opened."),
        counter("conversations_resolved", "Conversations settled; one may be so several times."),
        counter("conversations_reopened", "Conversations opened again, by a person or a message."),
        counter("conversations_closed", "Conversations ended for good."),
        counter("messages_in", "Messages of contacts."),
        counter("messages_out", "Messages to contacts: queued here or typed in the phone app."),
        counter("messages_delivered", "Messages that reached the contact's device."),
        counter("messages_read", "Messages that the contact has read."),
        counter("messages_failed", "Messages that will not arrive."),
        counter("notes", "Notes written by the team."),
        counter("new_contacts", "Contacts made."),
        counter("handoffs_requested", "Times that a person was asked for."),
        counter("handoffs_accepted", "Times that a person came."),
        counter("handoffs_timed_out", "Times that nobody came in time."),
        counter("handoff_wait_ms", "How long those that a person took waited, milliseconds."),
        counter("first_responses", "First answers of conversations."),
        counter("first_response_ms", "How long contacts waited for those, milliseconds."),
        counter("responses", "Answers to a waiting contact, the first ones too."),
        counter("response_ms", "How long contacts waited for those, milliseconds."),
        counter("messages_by_agents", "Messages sent here by people of the team."),
        counter("messages_by_phone", "Messages typed in the business's phone app."),
        counter("messages_by_ai", "Messages of the AI."),
        counter("messages_by_rules", "Automatic replies."),
        counter("messages_by_system", "Notices, surveys and campaigns."),
        counter("sends_unknown", "Requests to the provider that got no answer."),
        counter("autopilot_approved", "Messages that the AI answered by itself."),
        counter("approvals_required", "Messages whose answer a person had to look at."),
        counter("suggestions_made", "Answers suggested."),
        counter("suggestions_approved", "Suggested answers that were sent."),
        counter("suggestions_edited", "Of those: with other words."),
        counter("suggestions_rejected", "Suggested answers that were turned down."),
        counter("surveys_requested", "Surveys sent."),
        counter("csat_answers", "Answers to satisfaction surveys (1–5)."),
        counter("csat_total", "Sum of those."),
        counter("nps_promoters", "Answers of 9 or 10 to recommendation surveys (0–10)."),
        counter("nps_passives", "Answers of 7 or 8."),
        counter("nps_detractors", "Answers of 0 to 6."),
    ],
    key: &["day"],
    indexes: &[],
};

impl Projection for TenantStats {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Conversation::TYPE, Contact::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let counts = if event.is_of::<Contact>() {
            of_contact(event)?
        } else {
            of_conversation(event.decode::<Conversation>()?)
        };
        let key = Key::from(Cell::Date(event.metadata.occurred_at.date_naive()));
        let add = |(column, by)| Change::Add { key: key.clone(), column, by };
        Ok(counts.into_iter().map(add).collect())
    }
}

/// Counters and what is added to them.
type Counts = Vec<(&'static str, i64)>;

fn one(column: &'static str) -> Counts {
    vec![(column, 1)]
}

fn of_contact(event: &RecordedEvent) -> Result<Counts, ProjectionError> {
    Ok(match event.decode::<Contact>()? {
        ContactEvent::ContactCreated { .. } => one("new_contacts"),
        ContactEvent::ContactIdentityAdded { .. }
        | ContactEvent::ContactRenamed { .. }
        | ContactEvent::ContactOptedOut { .. }
        | ContactEvent::ContactOptedIn { .. }
        | ContactEvent::ContactConsentRecorded { .. }
        | ContactEvent::ContactConsentWithdrawn { .. }
        | ContactEvent::ContactAddedToDnc { .. }
        | ContactEvent::ContactRemovedFromDnc { .. }
        | ContactEvent::ContactRevealed { .. } => vec![],
    })
}

fn of_conversation(said: &Event) -> Counts {
    match said {
        Event::ConversationStarted { .. } => one("conversations_started"),
        Event::ConversationResolved { .. } => one("conversations_resolved"),
        Event::ConversationReopened { .. } => one("conversations_reopened"),
        Event::ConversationClosed { .. } => one("conversations_closed"),
        Event::MessageReceived { .. } => one("messages_in"),
        Event::AgentEchoRecorded { .. } => vec![("messages_out", 1), ("messages_by_phone", 1)],
        Event::MessageQueued { sender, response, .. } => queued(*sender, *response),
        Event::MessageDelivered { .. } => one("messages_delivered"),
        Event::MessageRead { from, .. } | Event::MessagePlayed { from, .. } => read(*from),
        Event::MessageFailed { .. } | Event::MessageRejected { retryable: false, .. } => {
            one("messages_failed")
        }
        Event::MessageSendUnknown { .. } => one("sends_unknown"),
        Event::NoteAdded { .. } => one("notes"),
        Event::HandoffRequested { .. } => one("handoffs_requested"),
        Event::HandoffAccepted { waited_ms, .. } => {
            vec![("handoffs_accepted", 1), ("handoff_wait_ms", *waited_ms)]
        }
        Event::HandoffTimedOut { .. } => one("handoffs_timed_out"),
        Event::AutopilotApproved { .. } => one("autopilot_approved"),
        Event::ApprovalRequired { .. } => one("approvals_required"),
        Event::ReplySuggested { .. } => one("suggestions_made"),
        Event::SuggestionApproved { edited, .. } => {
            vec![("suggestions_approved", 1), ("suggestions_edited", i64::from(*edited))]
        }
        Event::SuggestionRejected { .. } => one("suggestions_rejected"),
        Event::SurveyRequested { .. } => one("surveys_requested"),
        Event::SurveyAnswered { kind, score, .. } => rated(*kind, *score),
        Event::ServiceWindowOpened { .. }
        | Event::ReactionChanged { .. }
        | Event::MessageEdited { .. }
        | Event::MessageRevoked { .. }
        | Event::AudioTranscribed { .. }
        | Event::AudioTranscriptionFailed { .. }
        | Event::AutoReplyMatched { .. }
        | Event::MessageTriaged { .. }
        | Event::DataRequested { .. }
        | Event::TicketRequested { .. }
        | Event::ActionsProposed { .. }
        | Event::ActionApproved { .. }
        | Event::ActionRejected { .. }
        | Event::SuggestionSuperseded { .. }
        | Event::SuggestionExpired { .. }
        | Event::MessageSendAttempted { .. }
        | Event::MessageAccepted { .. }
        | Event::MessageRejected { retryable: true, .. }
        | Event::MessageScheduled { .. }
        | Event::ScheduledMessageCancelled { .. }
        | Event::ScheduledMessageReleased { .. }
        | Event::ScheduledMessageSkipped { .. }
        | Event::MessageSent { .. }
        | Event::MessageStepDated { .. }
        | Event::MessageStatusAnomalyRecorded { .. }
        | Event::HandoffExtended { .. }
        | Event::HandoffEnded { .. }
        | Event::AiPaused { .. }
        | Event::AiResumed { .. }
        | Event::OptOutRecorded { .. }
        | Event::OptInRecorded { .. }
        | Event::LabelAdded { .. }
        | Event::LabelRemoved { .. }
        | Event::ConversationAssigned { .. }
        | Event::ConversationUnassigned { .. }
        | Event::PriorityChanged { .. }
        | Event::MacroApplied { .. }
        | Event::ConversationSnoozed { .. }
        | Event::ConversationUnsnoozed { .. }
        | Event::EntityLinked { .. }
        | Event::ConversationMerged { .. }
        | Event::MergeRecorded { .. }
        | Event::MessageRedacted { .. }
        | Event::ConversationArchived { .. }
        | Event::ConversationReadByAgent { .. } => vec![],
    }
}

/// Who spoke, and how long somebody had waited for it.
fn queued(sender: Sender, response: Option<Response>) -> Counts {
    let by = match sender {
        Sender::Agent => "messages_by_agents",
        Sender::Ai => "messages_by_ai",
        Sender::AutoReply => "messages_by_rules",
        Sender::System | Sender::Campaign => "messages_by_system",
    };
    let mut counts = vec![("messages_out", 1), (by, 1)];
    if let Some(Response { waited_ms, first }) = response {
        counts.extend([("responses", 1), ("response_ms", waited_ms)]);
        if first {
            counts.extend([("first_responses", 1), ("first_response_ms", waited_ms)]);
        }
    }
    counts
}

/// Providers leave statuses out: what was read was delivered, what was played was read.
fn read(from: Status) -> Counts {
    match from {
        Status::Pending | Status::Unknown | Status::Sent => {
            vec![("messages_delivered", 1), ("messages_read", 1)]
        }
        Status::Delivered => one("messages_read"),
        Status::Read | Status::Played | Status::Failed => vec![],
    }
}

fn rated(kind: SurveyKind, score: i64) -> Counts {
    match kind {
        SurveyKind::Csat => vec![("csat_answers", 1), ("csat_total", score)],
        SurveyKind::Nps if score >= 9 => one("nps_promoters"),
        SurveyKind::Nps if score >= 7 => one("nps_passives"),
        SurveyKind::Nps => one("nps_detractors"),
    }
}
