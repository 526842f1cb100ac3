//! How the state follows what happened. Everything that it keeps is bounded.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::content::MessageContent;
use super::delivery;
use super::events::ConversationEvent;
use super::state::{
    Conversation, Handoff, OutboundMessage, Proposal, Recent, Scheduled, Start, Suggestion, Untold,
};
use super::vocabulary::{ConversationStatus, DeliveryStatus, HandoffStatus, Sender};
use crate::MessageId;

/// Provider ids remembered to recognise a second delivery. Older ones are still refused by
/// their claim.
const RECENT_MAX: usize = 64;
/// Messages of ours whose delivery is followed at the same time; the oldest give way.
const OUTBOUND_MAX: usize = 1_000;
/// Steps that may still be told late. Providers tell them within minutes or never.
const UNTOLD_MAX: usize = 64;
/// Proposed actions that wait at the same time; the oldest give way.
pub(super) const ACTIONS_MAX: usize = 10;
/// Unanswered messages whose times are remembered.
const UNANSWERED_MAX: usize = 64;
/// Things remembered so that they happen once.
const REMEMBERED_MAX: usize = 64;

impl Conversation {
    /// Follows what happened.
    #[allow(clippy::too_many_lines)] // one arm per event; each is a line or two
    pub(super) fn follow(&mut self, event: ConversationEvent) {
        use ConversationEvent as E;
        match event {
            E::ConversationStarted {
                conversation,
                contact,
                channel,
                external_thread,
                opted_out,
            } => {
                self.start = Some(Start { conversation, contact, channel, external_thread });
                self.opted_out = opted_out;
            }
            E::MessageReceived {
                message,
                provider_message_id,
                unread,
                waiting_since,
                sent_at,
                ..
            } => {
                self.remember(provider_message_id, Some(message));
                self.unread = unread;
                self.waits(waiting_since, sent_at);
                self.last_inbound = Some(message);
            }
            E::ServiceWindowOpened { until } => self.window_until = Some(until),
            E::AgentEchoRecorded {
                message, provider_message_id, sent_at, waiting_since, ..
            } => {
                self.remember(provider_message_id, Some(message));
                let left = self.unanswered_after(sent_at).collect();
                self.answered_by_person(sent_at.min(self.handoff.check_at));
                (self.waiting_since, self.unanswered) = (waiting_since, left);
                self.echoed_at = self.echoed_at.max(Some(sent_at));
            }
            E::ReactionChanged { provider_message_id, .. }
            | E::MessageEdited { provider_message_id, .. }
            | E::MessageRevoked { provider_message_id, .. } => {
                self.remember(provider_message_id, None);
            }
            E::AudioTranscribed { message, .. } => {
                keep(&mut self.transcribed, message, REMEMBERED_MAX);
            }
            E::AutoReplyMatched { message, .. } => {
                keep(&mut self.auto_replied, message, REMEMBERED_MAX);
            }
            E::MessageTriaged { message, .. } => keep(&mut self.triaged, message, REMEMBERED_MAX),
            E::AudioTranscriptionFailed { .. } // a later attempt may succeed
            | E::AutopilotApproved { .. }
            | E::ApprovalRequired { .. }
            | E::DataRequested { .. }
            | E::TicketRequested { .. }
            | E::NoteAdded { .. }
            | E::MacroApplied { .. } => {}
            E::ActionsProposed { message: because_of, actions, .. } => {
                for action in actions {
                    keep(&mut self.actions, Proposal { because_of, action }, ACTIONS_MAX);
                }
            }
            E::ActionApproved { action, .. } => {
                self.actions.retain(|known| known.action.action != action.action);
            }
            E::ActionRejected { action, .. } => {
                self.actions.retain(|known| known.action.action != action);
            }
            E::ReplySuggested { suggestion, text, answers, expires_at, .. } => {
                self.suggestion = Some(Suggestion { id: suggestion, text, answers, expires_at });
            }
            E::SuggestionApproved { .. }
            | E::SuggestionRejected { .. }
            | E::SuggestionSuperseded { .. }
            | E::SuggestionExpired { .. } => self.suggestion = None,
            E::MessageQueued { message, content, sender, queued_at, .. } => {
                self.queue(message, &content, sender, queued_at);
            }
            E::MessageSendAttempted { message, attempt, .. } => {
                if let Some(found) = self.outbound_mut(message) {
                    (found.attempt, found.in_flight) = (attempt, true);
                }
            }
            E::MessageAccepted { message, provider_message_id, .. } => {
                if let Some(found) = self.outbound_mut(message) {
                    found.in_flight = false;
                    found.provider_message_id.get_or_insert(provider_message_id);
                }
            }
            E::MessageSendUnknown { message, .. } => {
                if let Some(found) = self.outbound_mut(message) {
                    found.in_flight = false;
                    found.status = DeliveryStatus::Unknown;
                }
            }
            E::MessageRejected { message, retryable, .. } => {
                if let Some(found) = self.outbound_mut(message) {
                    found.in_flight = false;
                }
                if !retryable {
                    self.outbound.retain(|known| known.id != message);
                }
            }
            E::MessageScheduled {
                scheduled, client_message_id, content, send_at, author, ..
            } => self.scheduled.push(Scheduled {
                id: scheduled,
                client_message_id,
                content,
                author,
                send_at,
            }),
            E::ScheduledMessageCancelled { scheduled, .. }
            | E::ScheduledMessageReleased { scheduled, .. }
            | E::ScheduledMessageSkipped { scheduled, .. } => {
                self.scheduled.retain(|known| known.id != scheduled);
            }
            E::MessageSent { message, provider_message_id, .. } => {
                self.advance(message, provider_message_id, DeliveryStatus::Sent);
            }
            E::MessageDelivered { message, provider_message_id, .. } => {
                self.advance(message, provider_message_id, DeliveryStatus::Delivered);
            }
            E::MessageRead { message, provider_message_id, .. } => {
                self.advance(message, provider_message_id, DeliveryStatus::Read);
            }
            E::MessagePlayed { message, provider_message_id, .. } => {
                self.advance(message, provider_message_id, DeliveryStatus::Played);
            }
            E::MessageFailed { message, provider_message_id, .. } => {
                self.advance(message, provider_message_id, DeliveryStatus::Failed);
            }
            E::MessageStepDated { message, step, .. } => {
                self.untold.retain(|known| *known != Untold { message, step });
            }
            E::MessageStatusAnomalyRecorded { message, .. } => {
                if let Some(found) = self.outbound_mut(message) {
                    found.anomaly = true;
                }
            }
            E::HandoffRequested { handoff, expires_at, fallback, at, .. } => {
                self.handoff = Handoff {
                    number: handoff,
                    status: HandoffStatus::Requested,
                    requested_at: at,
                    expires_at,
                    fallback,
                    ..Handoff::default()
                };
            }
            E::HandoffAccepted { agent, lease_until, lease_s, .. } => {
                self.handoff.status = HandoffStatus::Accepted;
                self.handoff.agent = Some(agent);
                self.handoff.lease_s = lease_s;
                self.handoff.lease_until = lease_until;
                self.handoff.check_at = lease_until;
            }
            E::HandoffExtended { lease_until, .. } => {
                self.handoff.lease_until = lease_until;
                self.handoff.check_at = lease_until;
            }
            E::HandoffTimedOut { .. } => self.handoff.status = HandoffStatus::TimedOut,
            E::HandoffEnded { handoff, .. } => {
                self.handoff = Handoff { number: handoff, ..Handoff::default() };
            }
            E::AiPaused { .. } => self.ai_paused = true,
            E::AiResumed { .. } => self.ai_paused = false,
            E::OptOutRecorded { .. } => self.opted_out = true,
            E::OptInRecorded { .. } => self.opted_out = false,
            E::LabelAdded { labels, .. } | E::LabelRemoved { labels, .. } => self.labels = labels,
            E::ConversationAssigned { agent, team, .. } => {
                self.agent = agent;
                self.team = team;
            }
            E::ConversationUnassigned { .. } => {
                self.agent = None;
                self.team = None;
            }
            E::PriorityChanged { to, .. } => self.priority = to,
            E::ConversationSnoozed { snooze, until, .. } => {
                self.status = ConversationStatus::Snoozed;
                self.snoozes = snooze;
                self.snoozed_until = until;
            }
            E::ConversationUnsnoozed { .. } => {
                self.status = ConversationStatus::Open;
                self.snoozed_until = None;
            }
            E::SurveyRequested { kind, .. } => self.survey = Some(kind),
            E::SurveyAnswered { .. } => self.survey = None,
            E::EntityLinked { kind, id, .. } => {
                keep(&mut self.links, (kind, id), REMEMBERED_MAX);
            }
            E::ConversationMerged { target, .. } => {
                self.end(ConversationStatus::Merged);
                self.merged_into = Some(target);
            }
            E::MergeRecorded { source, .. } => keep(&mut self.merged, source, REMEMBERED_MAX),
            E::MessageRedacted { message, .. } => {
                keep(&mut self.redacted, message, REMEMBERED_MAX);
            }
            E::ConversationResolved { .. } => self.end(ConversationStatus::Resolved),
            E::ConversationReopened { .. } => self.status = ConversationStatus::Open,
            E::ConversationClosed { .. } => self.end(ConversationStatus::Closed),
            E::ConversationArchived { .. } => self.status = ConversationStatus::Archived,
            E::ConversationReadByAgent { .. } => self.unread = 0,
        }
    }

    fn outbound_mut(&mut self, id: MessageId) -> Option<&mut OutboundMessage> {
        self.outbound.iter_mut().rev().find(|message| message.id == id)
    }

    fn remember(&mut self, provider_message_id: String, message: Option<MessageId>) {
        keep(&mut self.recent, Recent { provider_message_id, message }, RECENT_MAX);
    }

    /// A message came; it waits unless it was answered before it came.
    fn waits(&mut self, since: Option<DateTime<Utc>>, sent_at: DateTime<Utc>) {
        self.waiting_since = since;
        let waits = self.echoed_at.is_none_or(|echoed| sent_at > echoed);
        if waits && self.unanswered.len() < UNANSWERED_MAX {
            self.unanswered.push(sent_at);
        }
    }

    /// Nobody waits any more.
    fn answer_all(&mut self) {
        self.waiting_since = None;
        self.unanswered.clear();
    }

    fn end(&mut self, status: ConversationStatus) {
        self.status = status;
        self.answer_all();
        self.snoozed_until = None;
    }

    fn queue(
        &mut self,
        id: MessageId,
        content: &MessageContent,
        sender: Sender,
        at: DateTime<Utc>,
    ) {
        let message = OutboundMessage {
            id,
            kind: content.kind(),
            provider_message_id: None,
            status: DeliveryStatus::Pending,
            anomaly: false,
            sender,
            needs_window: !matches!(content, MessageContent::Template { .. }),
            attempt: 0,
            in_flight: false,
        };
        keep(&mut self.outbound, message, OUTBOUND_MAX);
        self.queued += 1;
        match sender {
            Sender::Agent => self.answered_by_person(at),
            Sender::Ai | Sender::AutoReply => {
                self.answer_all();
                self.answered = true;
            }
            Sender::System | Sender::Campaign => {}
        }
    }

    /// A word of a person renews the lease of a hand-off that a person has.
    fn answered_by_person(&mut self, at: DateTime<Utc>) {
        self.answer_all();
        self.answered = true;
        if self.handoff.status == HandoffStatus::Accepted {
            let until = at + TimeDelta::seconds(self.handoff.lease_s);
            self.handoff.lease_until = self.handoff.lease_until.max(until);
        }
    }

    fn advance(&mut self, id: MessageId, provider_id: Option<String>, status: DeliveryStatus) {
        if let Some(message) = self.outbound_mut(id) {
            let from = std::mem::replace(&mut message.status, status);
            message.provider_message_id = provider_id;
            if delivery::is_final(message.kind, status) {
                self.outbound.retain(|message| message.id != id);
            }
            for step in delivery::passed(from, status) {
                keep(&mut self.untold, Untold { message: id, step }, UNTOLD_MAX);
            }
        }
    }
}

/// Keeps `item`, and at most `max` of its kind: the oldest give way.
fn keep<T>(items: &mut VecDeque<T>, item: T, max: usize) {
    if items.len() >= max {
        items.pop_front();
    }
    items.push_back(item);
}
