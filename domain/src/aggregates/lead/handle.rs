//! Which decision answers which command of a lead. Settled things first, then the table, then
//! the decision itself.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::capture::{Capture, FormData};
use super::commands::LeadCommand as C;
use super::event_names::EVENT_TYPES;
use super::events::LeadEvent as E;
use super::mapping::Circumstances;
use super::matrix::{self, Ask, Standing};
use super::refusal::LeadRefusal;
use super::state::Lead;
use super::vocabulary::{CoolReason, LeadStatus};
use crate::law::Verdict;
use crate::text::trimmed;
use crate::{Claim, Directed, DomainAggregate, Effect, Personal};

/// Longest reason, in characters.
const REASON_MAX: usize = 500;
/// Longest note, in characters.
const NOTE_MAX: usize = 1_000;

/// What a decision gives.
pub(super) type Decision = Result<Vec<E>, LeadRefusal>;

pub(super) fn reason(text: &str) -> Result<String, LeadRefusal> {
    trimmed(text, REASON_MAX).ok_or(LeadRefusal::InvalidReason)
}

/// A note in its form; a blank one is none.
pub(super) fn note(
    note: Option<Personal<String>>,
) -> Result<Option<Personal<String>>, LeadRefusal> {
    let Some(note) = note else { return Ok(None) };
    let text = note.reveal().ok_or(LeadRefusal::InvalidNote)?.trim().to_owned();
    if text.is_empty() {
        return Ok(None);
    }
    let text = trimmed(&text, NOTE_MAX).ok_or(LeadRefusal::InvalidNote)?;
    Ok(Some(note.map(|_| text)))
}

impl Aggregate for Lead {
    const TYPE: &'static str = "lead";
    type Command = Directed<C>;
    type Event = E;
    type Error = LeadRefusal;
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

impl Lead {
    /// Where it stands.
    pub const fn standing(&self) -> Standing {
        Standing { status: self.status(), matter: self.matter() }
    }

    /// A command that the table lets through.
    #[allow(clippy::too_many_lines)] // one arm per command, each only hands on
    fn go(&self, of: &Directed<()>, body: C) -> Decision {
        match body {
            C::Capture { .. } => Ok(vec![]),
            C::RecordFormData { contact, person, answers, opted_out, duplicate_of } => {
                let how = Circumstances { opted_out, duplicate_of };
                self.form_data(of, FormData { contact, person: *person, answers }, how)
            }
            C::RecordFormFetchFailure { reason, retryable } => {
                self.form_failed(of, &reason, retryable)
            }
            C::RetryFormFetch => self.retry_form(of),
            C::IdentifyContact { contact, opted_out, duplicate_of } => {
                self.identify(of, contact, Circumstances { opted_out, duplicate_of })
            }
            C::MapOffer { choice, rule, opted_out, duplicate_of } => {
                let how = Circumstances { opted_out, duplicate_of };
                self.map_offer(of, choice.map(|choice| *choice), rule.as_deref(), how)
            }
            C::DetectDuplicate { of: other, reason } => self.detect_duplicate(of, other, reason),
            C::RecordRepeat { lead } => self.repeated(of, lead),
            C::RequestContact => self.request_contact(of),
            C::ContactDue { .. } => self.contact_due(of),
            C::RecordContactAttempt { contact, template, message } => {
                self.contact_attempted(of, contact, &template, message)
            }
            C::RecordContactFailure { contact, reason } => {
                self.contact_failed(of, contact, &reason)
            }
            C::RecordReply { message, text } => self.reply(of, message, text.as_ref()),
            C::AnswerQuestion { answer } => self.answer_question(of, *answer),
            C::Score { choice } => self.score_again(of, *choice),
            C::Prioritise { low_priority } => Ok(Self::prioritise(of, low_priority)),
            C::CoolDown => Ok(vec![self.cooled(of, CoolReason::Manual)]),
            C::CoolDue { .. } => Ok(vec![self.cooled(of, CoolReason::NoReply)]),
            C::SilenceDue { .. } => Ok(vec![self.cooled(of, CoolReason::Silence)]),
            C::Reactivate { reason } => self.reactivate(of, reason.as_deref()),
            C::ReactivateDue { .. } => Ok(self.reactivate_due(of)),
            C::Disqualify { reason, note } => self.disqualify(of, reason, note),
            C::OptOut { by } => Ok(vec![self.stopped(of, by)]),
            C::HandOff { agent, reason } => {
                Ok(vec![E::LeadHandedOff { agent, reason, from: self.status, at: of.now }])
            }
            C::Return => Ok(self.give_back(of)),
            C::RequestDelivery { delivery, reservation, targets } => {
                self.request_delivery(of, delivery, reservation, targets)
            }
            C::ConfirmDelivery { delivery, captured } => {
                self.confirm_delivery(of, delivery, captured)
            }
            C::FailDelivery { delivery, reason } => self.fail_delivery(of, delivery, &reason),
            C::Dispute { reason, note } => self.disputed(of, reason, note),
            C::ResolveDispute { refund, note } => self.resolve_dispute(of, refund, note),
            C::MarkWon { value } => Self::won(of, value),
            C::MarkLost { reason, note: text } => {
                Ok(vec![E::LeadLost { reason, note: note(text)?, at: of.now }])
            }
            C::Transfer { choice } => self.transfer(of, *choice),
            C::EndDuplicateWindow => Ok(vec![E::LeadDuplicateWindowEnded { at: of.now }]),
        }
    }
}

impl DomainAggregate for Lead {
    type Body = C;
    type Refusal = LeadRefusal;
    const EVENT_TYPES: &'static [&'static str] = EVENT_TYPES;
    const STATE_SCHEMA: u32 = 1;

    fn decide(&self, of: &Directed<()>, body: C) -> Decision {
        let Some(origin) = &self.origin else { return Self::capture(of, Capture::of(body)?) };
        if self.is_settled(origin, &body)? {
            return Ok(vec![]);
        }
        let ask = Ask::of(&body, self.contacts.requested.is_some());
        match matrix::judge(ask, self.standing()) {
            Verdict::Go => self.go(of, body),
            Verdict::Nothing => Ok(vec![]),
            Verdict::Refuse(refusal) => Err(refusal),
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
}

/// Statuses in which the contact is answering, and silence means something.
pub(super) const fn is_talking(status: LeadStatus) -> bool {
    matches!(status, LeadStatus::Engaged | LeadStatus::Qualifying | LeadStatus::Scored)
}
