//! What can be asked of a conversation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use uuid::Uuid;

use super::content::{MessageContent, Referral};
use super::vocabulary::{
    AiPolicy, AssignedBy, Citation, DeliveryStatus, HandoffFallback, HandoffReason, LinkedKind,
    MacroStep, Pricing, Priority, ProposedAction, ProviderFault, SendOutcome, Sender, SurveyKind,
    Triage,
};
use crate::{ChannelAccountId, ContactId, ConversationId, MessageId, Personal, UserId};

/// Commands of a conversation. [`super::matrix`] says which of them is possible when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConversationCommand {
    /// Opens it. One open conversation per (tenant, contact, channel account).
    Start {
        /// With whom.
        contact: ContactId,
        /// Over which account.
        channel: ChannelAccountId,
        /// The provider's thread, if it has such a thing.
        external_thread: Option<String>,
        /// The contact had opted out of everything automatic.
        #[serde(default)]
        opted_out: bool,
    },
    /// A message of the contact arrived.
    ReceiveMessage {
        /// The provider's id (wamid); a second one is no event.
        provider_message_id: String,
        /// Content.
        content: MessageContent,
        /// Provider id of the message that it answers.
        reply_to: Option<String>,
        /// Ad or post that led here.
        referral: Option<Referral>,
        /// It was forwarded.
        forwarded: bool,
        /// The provider's time.
        sent_at: DateTime<Utc>,
    },
    /// A message that the business typed in its phone app (coexistence).
    RecordAgentEcho {
        /// The provider's id.
        provider_message_id: String,
        /// Content.
        content: MessageContent,
        /// The provider's time.
        sent_at: DateTime<Utc>,
    },
    /// The contact reacted to a message, or took the reaction back.
    RecordReaction {
        /// Provider id of the reaction itself.
        provider_message_id: String,
        /// Provider id of the message reacted to.
        target: String,
        /// The emoji; `None` when taken back.
        emoji: Option<Personal<String>>,
        /// The provider's time.
        at: DateTime<Utc>,
    },
    /// The contact edited a message.
    RecordMessageEdit {
        /// Provider id of the edit itself.
        provider_message_id: String,
        /// Provider id of the message edited.
        target: String,
        /// What it says now.
        content: MessageContent,
        /// The provider's time.
        at: DateTime<Utc>,
    },
    /// The contact deleted a message.
    RecordMessageRevoke {
        /// Provider id of the revocation itself.
        provider_message_id: String,
        /// Provider id of the message deleted.
        target: String,
        /// The provider's time.
        at: DateTime<Utc>,
    },
    /// A voice message was put into words (EVA-4).
    AttachAudioTranscript {
        /// The message.
        message: MessageId,
        /// The words.
        text: Personal<String>,
        /// Language code, such as `es`.
        language: String,
        /// The model that did it.
        model: String,
    },
    /// A voice message could not be put into words.
    RecordAudioTranscriptionFailure {
        /// The message.
        message: MessageId,
        /// Why.
        reason: String,
    },
    /// A rule answers without AI (CHATI-22).
    RecordAutoReplyMatch {
        /// The rule.
        rule: Uuid,
        /// Its version.
        rule_version: i64,
        /// The message that matched.
        message: MessageId,
        /// What it answers.
        reply: MessageContent,
    },
    /// The AI judged a message. By `policy` an answer goes out, waits for approval, or data is
    /// asked for (CS-35 … CS-38).
    RecordTriage {
        /// The message.
        message: MessageId,
        /// The judgement.
        triage: Triage,
        /// The tenant's rules.
        policy: AiPolicy,
        /// The answer that the AI would give.
        reply: Option<Personal<String>>,
        /// What the answer cites.
        citations: Vec<Citation>,
        /// What the AI would do; the ids are given by the conversation.
        actions: Vec<ProposedAction>,
        /// How long a suggestion that follows stands, seconds.
        suggestion_ttl_s: i64,
    },
    /// Proposes an answer for a person to approve; a pending one is superseded.
    SuggestReply {
        /// Text.
        text: Personal<String>,
        /// What it cites.
        citations: Vec<Citation>,
        /// How long it stands, seconds.
        ttl_s: i64,
    },
    /// Sends the suggestion, as it is or edited.
    ApproveSuggestion {
        /// Which.
        suggestion: Uuid,
        /// What is sent instead of its text.
        edited_text: Option<Personal<String>>,
    },
    /// Turns the suggestion down.
    RejectSuggestion {
        /// Which.
        suggestion: Uuid,
        /// Why.
        reason: Option<String>,
    },
    /// Its time has come (timer).
    ExpireSuggestion {
        /// Which.
        suggestion: Uuid,
    },
    /// Lets a proposed action be done.
    ApproveAction {
        /// Which.
        action: Uuid,
    },
    /// Turns a proposed action down.
    RejectAction {
        /// Which.
        action: Uuid,
        /// Why.
        reason: Option<String>,
    },
    /// Sends a message to the contact. The message's id is made from the command's id. The AI
    /// sends by [`Self::RecordTriage`] only.
    SendMessage {
        /// The client's own id for it, echoed.
        client_message_id: Option<String>,
        /// Content.
        content: MessageContent,
        /// Who sends.
        sender: Sender,
        /// Our id of the message that it answers.
        reply_to: Option<MessageId>,
    },
    /// A request to the provider is about to be made (the worker asks before each).
    BeginSend {
        /// The message.
        message: MessageId,
        /// Which attempt, from 1; an older one than the last is refused.
        attempt: i64,
        /// The contact has opted out of everything automatic meanwhile.
        opted_out: bool,
    },
    /// How the request to the provider ended.
    RecordSendOutcome {
        /// The message.
        message: MessageId,
        /// Which attempt.
        attempt: i64,
        /// How.
        outcome: SendOutcome,
    },
    /// Sends a message later.
    ScheduleMessage {
        /// The client's own id for it, echoed.
        client_message_id: Option<String>,
        /// Content.
        content: MessageContent,
        /// When; at most a year ahead.
        send_at: DateTime<Utc>,
    },
    /// Takes a scheduled message back.
    CancelScheduledMessage {
        /// Which.
        scheduled: Uuid,
    },
    /// Its time has come (timer): it is sent, or skipped with the reason.
    ReleaseScheduledMessage {
        /// Which.
        scheduled: Uuid,
    },
    /// The provider reports on a message that we sent.
    RecordDeliveryStatus {
        /// Our id of the message.
        message: MessageId,
        /// The provider's id, bound to ours by the first status that carries it.
        provider_message_id: Option<String>,
        /// Status.
        status: DeliveryStatus,
        /// The provider's time.
        at: DateTime<Utc>,
        /// What it costs, if said.
        pricing: Option<Pricing>,
        /// Why it failed, if it did.
        fault: Option<ProviderFault>,
    },
    /// Asks for a person.
    RequestHandoff {
        /// Why.
        reason: HandoffReason,
        /// What the person should know.
        note: Option<Personal<String>>,
        /// How long somebody has to come, seconds.
        timeout_s: i64,
        /// What happens when nobody does.
        fallback: HandoffFallback,
        /// What the contact is told, while the service window is open.
        notice: Option<Personal<String>>,
    },
    /// A person takes it.
    AcceptHandoff {
        /// Who.
        agent: UserId,
        /// After so long without a word of the person it ends by itself, seconds.
        lease_s: i64,
    },
    /// A person gives it back to the AI.
    ReturnToBot,
    /// Nobody came in time (timer).
    TimeOutHandoff {
        /// Which hand-off: the number that [`super::ConversationEvent::HandoffRequested`] gave.
        handoff: i64,
    },
    /// The lease may be over (timer).
    CheckHandoffLease {
        /// Which hand-off.
        handoff: i64,
    },
    /// The AI keeps silent here until it is resumed.
    PauseAi {
        /// Why.
        reason: Option<String>,
    },
    /// The AI may speak again.
    ResumeAi,
    /// The contact wants no automatic messages any more.
    RecordOptOut {
        /// How it was said: `keyword`, `preference`, `agent`.
        by: String,
    },
    /// Automatic messages are welcome again.
    RecordOptIn {
        /// How it was said.
        by: String,
    },
    /// A note that only the team sees.
    AddNote {
        /// Text.
        body: Personal<String>,
    },
    /// Puts a label on.
    AddLabel {
        /// Label, 1–40 characters after trimming; compared without regard to case.
        label: String,
    },
    /// Takes a label off.
    RemoveLabel {
        /// Label.
        label: String,
    },
    /// Gives the conversation to a person or a team.
    Assign {
        /// Person.
        agent: Option<UserId>,
        /// Team, 1–60 characters.
        team: Option<String>,
        /// Who chose.
        #[serde(default)]
        by: AssignedBy,
    },
    /// Takes it from whoever has it.
    Unassign,
    /// Another priority.
    ChangePriority {
        /// Priority.
        priority: Priority,
    },
    /// Does the steps of a macro, all or none.
    ApplyMacro {
        /// The macro.
        macro_id: Uuid,
        /// Its version.
        version: i64,
        /// Its steps.
        steps: Vec<MacroStep>,
    },
    /// Puts it aside.
    Snooze {
        /// Until then; until the contact writes when absent.
        until: Option<DateTime<Utc>>,
    },
    /// Takes it back from the side.
    Unsnooze,
    /// Its time has come (timer).
    WakeUp {
        /// Which snooze: the number that [`super::ConversationEvent::ConversationSnoozed`] gave.
        snooze: i64,
    },
    /// Asks the contact for an opinion.
    RequestSurvey {
        /// Which one.
        kind: SurveyKind,
        /// What is sent.
        content: MessageContent,
    },
    /// The contact's opinion.
    RecordSurvey {
        /// Which one.
        kind: SurveyKind,
        /// Score in the range of the kind.
        score: i64,
        /// In words.
        comment: Option<Personal<String>>,
    },
    /// Ties it to something else.
    LinkEntity {
        /// What it is.
        kind: LinkedKind,
        /// Its id.
        id: Uuid,
    },
    /// Continues it in another conversation of the same contact. Final.
    MergeInto {
        /// Which.
        target: ConversationId,
        /// The target's contact, looked up; must be the same.
        target_contact: ContactId,
    },
    /// Another conversation of the contact is continued here.
    RecordMerge {
        /// Which.
        source: ConversationId,
    },
    /// Takes a message's content off all screens.
    RedactMessage {
        /// The message.
        message: MessageId,
        /// Why.
        reason: String,
    },
    /// The matter is settled.
    Resolve {
        /// How, for the record.
        resolution: Option<String>,
    },
    /// Back to open, by a person.
    Reopen,
    /// Ends it; a later message of the contact starts a new conversation.
    Close,
    /// Puts a closed one out of the way.
    Archive,
    /// The team has read everything.
    MarkRead,
}
