//! What happened in a conversation. Events carry the amounts and former states that views need,
//! so that no view reads an earlier row.
//!
//! The list is long because it is one vocabulary, written once and read for ever; it has no logic.

mod names;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::content::{MessageContent, Referral};
use super::vocabulary::{
    ApprovalReason, AssignedBy, Citation, ConversationStatus, DeliveryStatus, HandoffEnd,
    HandoffFallback, HandoffReason, HandoffStatus, LinkedKind, Pricing, Priority, ProposedAction,
    ProviderFault, Response, Sender, SnoozeEnd, SurveyKind, Triage,
};
use crate::aggregates::tenant::TriageCategory;
use crate::{Actor, ChannelAccountId, ContactId, ConversationId, MessageId, Personal, UserId};

/// Events of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name; what is added is said here
pub enum ConversationEvent {
    /// It was opened. `conversation` is its own id, which claims name as owner.
    ConversationStarted {
        conversation: ConversationId,
        contact: ContactId,
        channel: ChannelAccountId,
        external_thread: Option<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        opted_out: bool,
    },
    /// A message of the contact. `unread` counts the contact's messages since the team last
    /// read; `waiting_since` is the time of the first one that nobody answered yet, if there is one:
    /// one that comes late may have been answered before.
    MessageReceived {
        message: MessageId,
        contact: ContactId,
        provider_message_id: String,
        content: MessageContent,
        reply_to: Option<String>,
        referral: Option<Referral>,
        forwarded: bool,
        sent_at: DateTime<Utc>,
        unread: i64,
        waiting_since: Option<DateTime<Utc>>,
    },
    /// Free-form messages may be sent until `until` (24 h after the contact's last message).
    ServiceWindowOpened {
        until: DateTime<Utc>,
    },
    /// A message that the business typed in its phone app; nobody is waited for any more, but
    /// for what the contact wrote after it (`waiting_since`), when it comes late.
    AgentEchoRecorded {
        message: MessageId,
        provider_message_id: String,
        content: MessageContent,
        sent_at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waiting_since: Option<DateTime<Utc>>,
    },
    /// `message` is ours when the target is a message of this conversation that we know.
    ReactionChanged {
        provider_message_id: String,
        target: String,
        message: Option<MessageId>,
        emoji: Option<Personal<String>>,
        at: DateTime<Utc>,
    },
    MessageEdited {
        provider_message_id: String,
        target: String,
        message: Option<MessageId>,
        content: MessageContent,
        at: DateTime<Utc>,
    },
    MessageRevoked {
        provider_message_id: String,
        target: String,
        message: Option<MessageId>,
        at: DateTime<Utc>,
    },
    AudioTranscribed {
        message: MessageId,
        text: Personal<String>,
        language: String,
        model: String,
        at: DateTime<Utc>,
    },
    AudioTranscriptionFailed {
        message: MessageId,
        reason: String,
        at: DateTime<Utc>,
    },
    /// The answer itself is the `MessageQueued` behind it.
    AutoReplyMatched {
        rule: Uuid,
        rule_version: i64,
        message: MessageId,
        at: DateTime<Utc>,
    },
    MessageTriaged {
        message: MessageId,
        triage: Triage,
        at: DateTime<Utc>,
    },
    /// The AI answers by itself; the answer is the `MessageQueued` behind it.
    AutopilotApproved {
        message: MessageId,
    },
    /// A person must look; the answer is the `ReplySuggested` behind it, if there is one.
    ApprovalRequired {
        message: MessageId,
        reason: ApprovalReason,
    },
    /// The AI is not sure enough: these data are to be asked for (CS-37).
    DataRequested {
        message: MessageId,
        fields: Vec<String>,
    },
    /// A ticket is to be opened for it (CS-7, CS-37).
    TicketRequested {
        message: MessageId,
        category: TriageCategory,
        missing_fields: Vec<String>,
    },
    ActionsProposed {
        message: MessageId,
        actions: Vec<ProposedAction>,
        at: DateTime<Utc>,
    },
    ActionApproved {
        action: ProposedAction,
        by: Actor,
        at: DateTime<Utc>,
    },
    ActionRejected {
        action: Uuid,
        reason: Option<String>,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// `answers` is the last message of the contact that it was made for.
    ReplySuggested {
        suggestion: Uuid,
        text: Personal<String>,
        citations: Vec<Citation>,
        answers: Option<MessageId>,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// The message is the `MessageQueued` behind it. `edited` when its text was changed.
    SuggestionApproved {
        suggestion: Uuid,
        message: MessageId,
        edited: bool,
        by: Actor,
        at: DateTime<Utc>,
    },
    SuggestionRejected {
        suggestion: Uuid,
        reason: Option<String>,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// By a newer message of the contact, a newer suggestion, an answer of a person, or the end.
    SuggestionSuperseded {
        suggestion: Uuid,
        at: DateTime<Utc>,
    },
    SuggestionExpired {
        suggestion: Uuid,
        at: DateTime<Utc>,
    },
    /// Queued to leave. After one of a person, the AI or a rule nobody is waiting for an answer;
    /// `response` when somebody was. Notices, surveys and campaigns answer nobody.
    MessageQueued {
        message: MessageId,
        contact: ContactId,
        client_message_id: Option<String>,
        content: MessageContent,
        sender: Sender,
        author: Actor,
        reply_to: Option<MessageId>,
        queued_at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        response: Option<Response>,
    },
    /// The request to the provider begins.
    MessageSendAttempted {
        message: MessageId,
        attempt: i64,
        at: DateTime<Utc>,
    },
    /// The provider took it; it is SENT when a status says so.
    MessageAccepted {
        message: MessageId,
        attempt: i64,
        provider_message_id: String,
        at: DateTime<Utc>,
    },
    /// No answer came: UNKNOWN until a status tells.
    MessageSendUnknown {
        message: MessageId,
        attempt: i64,
        reason: String,
        at: DateTime<Utc>,
    },
    /// The provider did not take it, or it may not leave any more. FAILED unless `retryable`.
    MessageRejected {
        message: MessageId,
        attempt: i64,
        code: i64,
        title: String,
        retryable: bool,
        at: DateTime<Utc>,
    },
    MessageScheduled {
        scheduled: Uuid,
        client_message_id: Option<String>,
        content: MessageContent,
        send_at: DateTime<Utc>,
        author: Actor,
        at: DateTime<Utc>,
    },
    ScheduledMessageCancelled {
        scheduled: Uuid,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// It became the message behind it.
    ScheduledMessageReleased {
        scheduled: Uuid,
        message: MessageId,
        at: DateTime<Utc>,
    },
    /// Its time came and it could not be sent. `code` is the refusal's.
    ScheduledMessageSkipped {
        scheduled: Uuid,
        code: String,
        at: DateTime<Utc>,
    },
    /// The provider has it. `from` is the state before, in this and the following;
    /// `provider_message_id` is the id bound to the message, once any status told it.
    MessageSent {
        message: MessageId,
        provider_message_id: Option<String>,
        from: DeliveryStatus,
        at: DateTime<Utc>,
        pricing: Option<Pricing>,
    },
    MessageDelivered {
        message: MessageId,
        provider_message_id: Option<String>,
        from: DeliveryStatus,
        at: DateTime<Utc>,
        pricing: Option<Pricing>,
    },
    MessageRead {
        message: MessageId,
        provider_message_id: Option<String>,
        from: DeliveryStatus,
        at: DateTime<Utc>,
        pricing: Option<Pricing>,
    },
    MessagePlayed {
        message: MessageId,
        provider_message_id: Option<String>,
        from: DeliveryStatus,
        at: DateTime<Utc>,
        pricing: Option<Pricing>,
    },
    MessageFailed {
        message: MessageId,
        provider_message_id: Option<String>,
        from: DeliveryStatus,
        at: DateTime<Utc>,
        fault: Option<ProviderFault>,
    },
    /// A step that the message has left behind was told late: no state changes, but now it has
    /// its time. Each step once.
    MessageStepDated {
        message: MessageId,
        step: DeliveryStatus,
        at: DateTime<Utc>,
        pricing: Option<Pricing>,
    },
    /// A status that contradicts what is known (a failure after delivery): kept, no state.
    MessageStatusAnomalyRecorded {
        message: MessageId,
        status: DeliveryStatus,
        current: DeliveryStatus,
        at: DateTime<Utc>,
        fault: Option<ProviderFault>,
    },
    /// `handoff` counts the hand-offs of the conversation, from 1. `waiting_since` is since when
    /// the contact has waited, if so.
    HandoffRequested {
        handoff: i64,
        from: HandoffStatus,
        reason: HandoffReason,
        note: Option<Personal<String>>,
        by: Actor,
        expires_at: DateTime<Utc>,
        fallback: HandoffFallback,
        at: DateTime<Utc>,
    },
    /// `waited_ms` since it was requested.
    HandoffAccepted {
        handoff: i64,
        from: HandoffStatus,
        agent: UserId,
        lease_until: DateTime<Utc>,
        lease_s: i64,
        waited_ms: i64,
        at: DateTime<Utc>,
    },
    /// The person was heard of since: the lease goes on.
    HandoffExtended {
        handoff: i64,
        lease_until: DateTime<Utc>,
    },
    /// Nobody came in time.
    HandoffTimedOut {
        handoff: i64,
        fallback: HandoffFallback,
        at: DateTime<Utc>,
    },
    HandoffEnded {
        handoff: i64,
        from: HandoffStatus,
        end: HandoffEnd,
        at: DateTime<Utc>,
    },
    AiPaused {
        reason: Option<String>,
        by: Actor,
        at: DateTime<Utc>,
    },
    AiResumed {
        by: Actor,
        at: DateTime<Utc>,
    },
    OptOutRecorded {
        contact: ContactId,
        by: String,
        at: DateTime<Utc>,
    },
    OptInRecorded {
        contact: ContactId,
        by: String,
        at: DateTime<Utc>,
    },
    NoteAdded {
        note: Uuid,
        body: Personal<String>,
        author: Actor,
        at: DateTime<Utc>,
    },
    /// `labels` is the whole set afterwards, sorted, in this and the following.
    LabelAdded {
        label: String,
        labels: Vec<String>,
    },
    LabelRemoved {
        label: String,
        labels: Vec<String>,
    },
    ConversationAssigned {
        agent: Option<UserId>,
        team: Option<String>,
        previous_agent: Option<UserId>,
        previous_team: Option<String>,
        #[serde(default, skip_serializing_if = "AssignedBy::is_user")]
        by: AssignedBy,
    },
    ConversationUnassigned {
        previous_agent: Option<UserId>,
        previous_team: Option<String>,
    },
    PriorityChanged {
        from: Priority,
        to: Priority,
    },
    /// Its steps are the events behind it.
    MacroApplied {
        macro_id: Uuid,
        version: i64,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// `snooze` counts the snoozes of the conversation, from 1.
    ConversationSnoozed {
        snooze: i64,
        until: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    },
    ConversationUnsnoozed {
        snooze: i64,
        end: SnoozeEnd,
        at: DateTime<Utc>,
    },
    /// The question itself is the `MessageQueued` behind it.
    SurveyRequested {
        kind: SurveyKind,
        message: MessageId,
        at: DateTime<Utc>,
    },
    SurveyAnswered {
        kind: SurveyKind,
        score: i64,
        comment: Option<Personal<String>>,
        at: DateTime<Utc>,
    },
    EntityLinked {
        kind: LinkedKind,
        id: Uuid,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// Final: it goes on in `target`; nobody is waited for here any more.
    ConversationMerged {
        from: ConversationStatus,
        target: ConversationId,
        at: DateTime<Utc>,
    },
    /// `source` goes on here.
    MergeRecorded {
        source: ConversationId,
        at: DateTime<Utc>,
    },
    MessageRedacted {
        message: MessageId,
        reason: String,
        by: Actor,
        at: DateTime<Utc>,
    },
    /// Nobody is waited for any more.
    ConversationResolved {
        from: ConversationStatus,
        resolution: Option<String>,
        at: DateTime<Utc>,
    },
    /// `inbound` when a message of the contact did it.
    ConversationReopened {
        from: ConversationStatus,
        inbound: bool,
        at: DateTime<Utc>,
    },
    /// Final; nobody is waited for any more.
    ConversationClosed {
        from: ConversationStatus,
        at: DateTime<Utc>,
    },
    ConversationArchived {
        at: DateTime<Utc>,
    },
    /// `unread` is how many there were.
    ConversationReadByAgent {
        reader: Actor,
        unread: i64,
        at: DateTime<Utc>,
    },
}
