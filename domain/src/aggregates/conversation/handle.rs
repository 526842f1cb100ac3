//! Which decision answers which command, and what the log needs to know about the events.
//! Decisions are pure: they look at the state and give events or a refusal, and only then is
//! anything written.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::commands::ConversationCommand as C;
use super::events::ConversationEvent as E;
use super::handoff::Request;
use super::inbound::Inbound;
use super::matrix::{self, Verdict};
use super::outbound::{Outbound, Report};
use super::refusal::ConversationRefusal;
use super::state::{Conversation, Start};
use super::triage::Judgement;
use super::vocabulary::SnoozeEnd;
use super::work;
use crate::text::trimmed;
use crate::{
    ActorKind, ChannelAccountId, Claim, ContactId, Directed, DomainAggregate, Effect, Meter, Tally,
};

/// Longest id of a provider's thread, in characters.
const THREAD_MAX: usize = 256;

/// What a decision gives.
pub(super) type Decision = Result<Vec<E>, ConversationRefusal>;

impl Aggregate for Conversation {
    const TYPE: &'static str = "conversation";
    type Command = Directed<C>;
    type Event = E;
    type Error = ConversationRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        self.follow(event);
    }
}

impl Conversation {
    fn begin(of: &Directed<()>, body: C) -> Decision {
        let C::Start { contact, channel, external_thread, opted_out } = body else {
            return Err(ConversationRefusal::NotFound);
        };
        let conversation = of.aggregate_id.parse().map_err(|_| ConversationRefusal::InvalidId)?;
        let external_thread = thread(external_thread.as_deref())?;
        Ok(vec![E::ConversationStarted {
            conversation,
            contact,
            channel,
            external_thread,
            opted_out,
        }])
    }

    /// A command that the table lets through.
    #[allow(clippy::too_many_lines)] // one arm per command, each only hands on
    fn go(&self, of: &Directed<()>, start: &Start, body: C) -> Decision {
        match body {
            C::Start { .. } => Ok(vec![]),
            C::ReceiveMessage {
                provider_message_id,
                content,
                reply_to,
                referral,
                forwarded,
                sent_at,
            } => {
                let contact = start.contact;
                let inbound = Inbound {
                    contact,
                    provider_message_id,
                    content,
                    reply_to,
                    referral,
                    forwarded,
                    sent_at,
                };
                self.receive(of, inbound)
            }
            C::RecordAgentEcho { provider_message_id, content, sent_at } => {
                self.echo(of, provider_message_id, content, sent_at)
            }
            C::RecordReaction { provider_message_id, target, emoji, at } => {
                let message = self.message_called(&target);
                Ok(vec![E::ReactionChanged { provider_message_id, target, message, emoji, at }])
            }
            C::RecordMessageEdit { provider_message_id, target, content, at } => {
                // Other words must not bring back what was taken off all screens.
                let message = self.message_called(&target).filter(|id| !self.redacted.contains(id));
                Ok(vec![E::MessageEdited { provider_message_id, target, message, content, at }])
            }
            C::RecordMessageRevoke { provider_message_id, target, at } => {
                let message = self.message_called(&target);
                Ok(vec![E::MessageRevoked { provider_message_id, target, message, at }])
            }
            C::AttachAudioTranscript { message, text, language, model } => {
                Self::transcribed(of, message, text, (language, model))
            }
            C::RecordAudioTranscriptionFailure { message, reason } => {
                let reason = work::reason(&reason)?;
                Ok(vec![E::AudioTranscriptionFailed { message, reason, at: of.now }])
            }
            C::RecordAutoReplyMatch { rule, rule_version, message, reply } => {
                self.auto_reply(of, (rule, rule_version), message, reply)
            }
            C::RecordTriage {
                message,
                triage,
                policy,
                reply,
                citations,
                actions,
                suggestion_ttl_s: ttl_s,
            } => {
                let judgement =
                    Judgement { message, triage, policy, reply, citations, actions, ttl_s };
                self.triage(of, judgement)
            }
            C::SuggestReply { text, citations, ttl_s } => self.suggest(of, text, citations, ttl_s),
            C::ApproveSuggestion { suggestion, edited_text } => {
                self.approve_suggestion(of, suggestion, edited_text)
            }
            C::RejectSuggestion { suggestion, reason } => {
                self.reject_suggestion(of, suggestion, reason)
            }
            C::ExpireSuggestion { suggestion } => {
                Ok(vec![E::SuggestionExpired { suggestion, at: of.now }])
            }
            C::ApproveAction { action } => self.approve_action(of, action),
            C::RejectAction { action, reason } => self.reject_action(of, action, reason),
            C::SendMessage { client_message_id, content, sender, reply_to } => {
                let author = None;
                self.send(of, Outbound { client_message_id, content, sender, author, reply_to })
            }
            C::BeginSend { message, attempt, opted_out: _ } => {
                Self::begin_send(of, message, attempt)
            }
            C::RecordSendOutcome { message, attempt, outcome } => {
                self.send_outcome(of, (message, attempt), outcome)
            }
            C::ScheduleMessage { client_message_id, content, send_at } => {
                self.schedule(of, client_message_id, content, send_at)
            }
            C::CancelScheduledMessage { scheduled } => self.cancel_scheduled(of, scheduled),
            C::ReleaseScheduledMessage { scheduled } => self.release(of, scheduled),
            C::RecordDeliveryStatus {
                message,
                provider_message_id,
                status,
                at,
                pricing,
                fault,
            } => {
                let report = Report { provider_message_id, status, at, pricing, fault };
                self.delivery_status(message, report)
            }
            C::RequestHandoff { reason, note, timeout_s, fallback, notice } => {
                self.request_handoff(of, Request { reason, note, timeout_s, fallback, notice })
            }
            C::AcceptHandoff { agent, lease_s } => self.accept_handoff(of, agent, lease_s),
            C::ReturnToBot => self.return_to_bot(of),
            C::TimeOutHandoff { handoff: _ } => self.time_out_handoff(of),
            C::CheckHandoffLease { handoff: _ } => self.check_lease(of),
            C::PauseAi { reason } => Self::pause_ai(of, reason),
            C::ResumeAi => Self::resume_ai(of),
            C::RecordOptOut { by } => Self::opt_out(of, start.contact, &by),
            C::RecordOptIn { by } => Self::opt_in(of, start.contact, &by),
            C::AddNote { body } => Self::add_note(of, body),
            C::AddLabel { label } => self.add_label(&label),
            C::RemoveLabel { label } => self.remove_label(&label),
            C::Assign { agent, team, by } => self.assign(agent, team.as_deref(), by),
            C::Unassign => self.unassign(),
            C::ChangePriority { priority } => self.change_priority(priority),
            C::ApplyMacro { macro_id, version, steps } => {
                self.apply_macro(of, (macro_id, version), steps)
            }
            C::Snooze { until } => self.snooze(of, until),
            C::Unsnooze => self.unsnooze(of, SnoozeEnd::Manual),
            C::WakeUp { snooze: _ } => self.unsnooze(of, SnoozeEnd::Due),
            C::RequestSurvey { kind, content } => self.request_survey(of, kind, content),
            C::RecordSurvey { kind, score, comment } => {
                self.record_survey(of, kind, score, comment)
            }
            C::LinkEntity { kind, id } => Self::link(of, kind, id),
            C::MergeInto { target, target_contact } => self.merge_into(of, target, target_contact),
            C::RecordMerge { source } => self.record_merge(of, source),
            C::RedactMessage { message, reason } => self.redact(of, message, &reason),
            C::Resolve { resolution } => self.resolve(of, resolution.as_deref()),
            C::Reopen => self.reopen(of),
            C::Close => self.close(of),
            C::Archive => Ok(vec![E::ConversationArchived { at: of.now }]),
            C::MarkRead => self.mark_read(of),
        }
    }

    /// What was to leave does not, and the reason is kept.
    fn withdraw(of: &Directed<()>, body: &C, why: ConversationRefusal) -> Decision {
        if let C::BeginSend { message, attempt, .. } = body {
            Self::withdraw_send(of, (*message, *attempt), why)
        } else if let C::ReleaseScheduledMessage { scheduled } = body {
            Self::skip(of, *scheduled, why)
        } else {
            Err(why)
        }
    }
}

impl Start {
    /// A second start is none, if it is the same one.
    pub(super) fn check_again(
        &self,
        contact: ContactId,
        channel: ChannelAccountId,
        external_thread: Option<&str>,
    ) -> Result<(), ConversationRefusal> {
        let (conversation, external_thread) = (self.conversation, thread(external_thread)?);
        if *self == (Self { conversation, contact, channel, external_thread }) {
            Ok(())
        } else {
            Err(ConversationRefusal::AlreadyStarted)
        }
    }
}

fn thread(text: Option<&str>) -> Result<Option<String>, ConversationRefusal> {
    let Some(text) = text else { return Ok(None) };
    trimmed(text, THREAD_MAX).map(Some).ok_or(ConversationRefusal::InvalidExternalThread)
}

impl DomainAggregate for Conversation {
    type Body = C;
    type Refusal = ConversationRefusal;
    const EVENT_TYPES: &'static [&'static str] = E::NAMES;
    const STATE_SCHEMA: u32 = 5;

    /// Settled things first, then the table, then the decision itself.
    fn decide(&self, of: &Directed<()>, body: C) -> Decision {
        let Some(start) = &self.start else { return Self::begin(of, body) };
        if self.is_settled(of, start, &body)? {
            return Ok(vec![]);
        }
        if of.actor.kind == ActorKind::Ai && body.speaks() {
            return Err(ConversationRefusal::AiNeedsTriage);
        }
        match matrix::judge(self.ask(&body), self.standing_for(of, &body)) {
            Verdict::Go => self.go(of, start, body),
            Verdict::Nothing => Ok(vec![]),
            Verdict::Refuse(refusal) => Err(refusal),
            Verdict::Withdraw(why) => Self::withdraw(of, &body, why),
        }
    }

    fn is_outbound(body: &C) -> bool {
        body.is_outbound()
    }

    fn claims(&self, event: &E) -> Vec<Claim> {
        self.claims_of(event)
    }

    fn effects(&self, event: &E) -> Vec<Effect> {
        self.effects_of(event)
    }

    fn tallies(&self, event: &E) -> Vec<Tally> {
        if matches!(event, E::MessageQueued { .. }) {
            vec![Tally::one(Meter::Messages)]
        } else {
            vec![]
        }
    }
}
