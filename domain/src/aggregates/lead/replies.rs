//! Decisions on what the contact says. A reply is heard wherever the lead stands, as long as it
//! is not over.

use chrono::{DateTime, TimeDelta, Utc};

use super::answers::GivenAnswer;
use super::events::LeadEvent as E;
use super::handle::{Decision, is_talking};
use super::person::cut;
use super::refusal::LeadRefusal as No;
use super::state::{Lead, Story};
use super::vocabulary::{LeadStatus, OptOutMeans};
use crate::{Directed, MessageId, Personal};

impl Lead {
    pub(super) fn reply(
        &self,
        of: &Directed<()>,
        message: MessageId,
        text: Option<&Personal<String>>,
    ) -> Decision {
        let mut story = Story::of(self);
        story.replied(of, message);
        let said = text.and_then(Personal::beneath);
        if said.is_some_and(|text| crate::opt_out::is_keyword(text)) {
            let stopped = story.lead.stopped(of, OptOutMeans::Keyword);
            story.tell(stopped);
        } else {
            story.ready_by_reply(of);
        }
        Ok(story.told())
    }

    /// Where a reply takes it: who has answered something already is asked on.
    fn after_reply(&self) -> LeadStatus {
        match self.status {
            LeadStatus::ToBeContacted
            | LeadStatus::Contacted
            | LeadStatus::Cooling
            | LeadStatus::Reactivation
            | LeadStatus::Scored => {
                if self.answers.is_empty() {
                    LeadStatus::Engaged
                } else {
                    LeadStatus::Qualifying
                }
            }
            LeadStatus::PendingMapping
            | LeadStatus::Engaged
            | LeadStatus::Qualifying
            | LeadStatus::LeadReady
            | LeadStatus::SentToDeveloper
            | LeadStatus::HumanHandoff
            | LeadStatus::Disqualified
            | LeadStatus::Stopped
            | LeadStatus::Won
            | LeadStatus::Lost
            | LeadStatus::Duplicate
            | LeadStatus::Disputed
            | LeadStatus::Refunded => self.status,
        }
    }

    /// Where an answer takes it: it is being qualified.
    fn after_answer(&self) -> LeadStatus {
        match self.status {
            LeadStatus::ToBeContacted
            | LeadStatus::Contacted
            | LeadStatus::Cooling
            | LeadStatus::Reactivation
            | LeadStatus::Engaged
            | LeadStatus::Scored => LeadStatus::Qualifying,
            LeadStatus::PendingMapping
            | LeadStatus::Qualifying
            | LeadStatus::LeadReady
            | LeadStatus::SentToDeveloper
            | LeadStatus::HumanHandoff
            | LeadStatus::Disqualified
            | LeadStatus::Stopped
            | LeadStatus::Won
            | LeadStatus::Lost
            | LeadStatus::Duplicate
            | LeadStatus::Disputed
            | LeadStatus::Refunded => self.status,
        }
    }

    /// Until when it may say nothing, where that means something.
    fn silent_at(&self, of: &Directed<()>, status: LeadStatus) -> Option<DateTime<Utc>> {
        let policy = self.policy().ok().filter(|_| is_talking(status))?;
        Some(of.now + TimeDelta::minutes(policy.silence_minutes))
    }

    pub(super) fn answer_question(&self, of: &Directed<()>, answer: GivenAnswer) -> Decision {
        let status = self.after_answer();
        let event = self.answer_event(of, answer, false, status)?;
        let mut story = Story::of(self);
        story.tell(event);
        story.scored(of);
        Ok(story.told())
    }

    /// The answer in its form. The name is hidden until the lead is delivered; so is all that
    /// was said word by word.
    pub(super) fn answer_event(
        &self,
        of: &Directed<()>,
        answer: GivenAnswer,
        from_form: bool,
        status: LeadStatus,
    ) -> Result<E, No> {
        let veil = self.veil().ok_or(No::NotFound)?;
        if !(0..=10_000).contains(&answer.confidence_bp) {
            return Err(No::InvalidAnswer);
        }
        let counts = answer.counts();
        let given = answer.normalised.beneath().cloned().and_then(super::LeadAnswer::checked);
        let given = given.ok_or(No::InvalidAnswer)?;
        let field = given.field();
        let normalised = answer.normalised.map(|_| given);
        let is_name = field == super::LeadField::Name;
        let normalised = if is_name { normalised.veiled(veil.clone()) } else { normalised };
        Ok(E::LeadAnswerRecorded {
            field,
            raw: answer.raw.and_then(cut).map(|raw| raw.veiled(veil)),
            normalised,
            confidence_bp: answer.confidence_bp,
            counts,
            from_form,
            message: answer.message,
            silent_at: if from_form { None } else { self.silent_at(of, status) },
            status,
            at: of.now,
        })
    }
}

impl Story {
    fn replied(&mut self, of: &Directed<()>, message: MessageId) {
        let lead = &self.lead;
        let (from, status, reply) = (lead.status, lead.after_reply(), lead.replies + 1);
        let (silent_at, at) = (lead.silent_at(of, status), of.now);
        self.tell(if status == from {
            E::LeadReplied { reply, message, silent_at, at }
        } else {
            E::LeadEngaged { reply, message, from, silent_at, status, at }
        });
    }

    /// Who wrote before the offer was known is engaged as soon as it is.
    pub(super) fn answered_before_mapping(&mut self, of: &Directed<()>) {
        let lead = &self.lead;
        let Some(message) = lead.recent.back().copied() else { return };
        if lead.status != LeadStatus::ToBeContacted {
            return;
        }
        let (from, status, reply) = (lead.status, lead.after_reply(), lead.replies);
        let (silent_at, at) = (lead.silent_at(of, status), of.now);
        self.tell(E::LeadEngaged { reply, message, from, silent_at, status, at });
        self.ready_by_reply(of);
    }
}
