//! Decisions on how a lead comes in: its capture, and the form behind an ad.

use chrono::TimeDelta;

use super::answers::GivenAnswer;
use super::commands::LeadCommand as C;
use super::events::LeadEvent as E;
use super::handle::{Decision, reason};
use super::mapping::Circumstances;
use super::person::LeadPerson;
use super::refusal::LeadRefusal as No;
use super::state::{Lead, Story};
use super::vocabulary::LeadSource;
use crate::aggregates::offer::{AdKey, AdKeyKind, OfferChoice};
use crate::{ContactId, Directed, Veil};

/// Longest id of a source, in characters.
const EXTERNAL_ID_MAX: usize = 128;
/// Most answers that a form gives.
const ANSWERS_MAX: usize = 20;
/// Failures to fetch a form before a person is needed: about nine days.
const FETCHES_MAX: i64 = 40;
/// From a failure to the next attempt, in minutes; the last one repeats.
const FETCH_MINUTES: [i64; 5] = [1, 5, 15, 60, 360];

/// What a capture says.
pub(super) struct Capture {
    source: LeadSource,
    external_id: Option<String>,
    ads: Vec<AdKey>,
    contact: Option<ContactId>,
    person: LeadPerson,
    answers: Vec<GivenAnswer>,
    choice: Option<OfferChoice>,
    rule: Option<String>,
    how: Circumstances,
}

impl Capture {
    pub(super) fn of(body: C) -> Result<Self, No> {
        let C::Capture {
            source,
            external_id,
            mut ads,
            contact,
            person,
            answers,
            choice,
            rule,
            opted_out,
            duplicate_of,
        } = body
        else {
            return Err(No::NotFound);
        };
        let plain = |id: &str| {
            (1..=EXTERNAL_ID_MAX).contains(&id.chars().count()) && !id.chars().any(char::is_control)
        };
        if external_id.as_deref().is_some_and(|id| !plain(id)) {
            return Err(No::InvalidExternalId);
        }
        ads.truncate(AdKeyKind::ALL.len());
        let how = Circumstances { opted_out, duplicate_of };
        let (person, choice) = (*person, choice.map(|choice| *choice));
        Ok(Self { source, external_id, ads, contact, person, answers, choice, rule, how })
    }
}

/// What a form told.
pub(super) struct FormData {
    pub(super) contact: Option<ContactId>,
    pub(super) person: LeadPerson,
    pub(super) answers: Vec<GivenAnswer>,
}

impl Lead {
    pub(super) fn capture(of: &Directed<()>, capture: Capture) -> Decision {
        let lead = of.aggregate_id.parse().map_err(|_| No::InvalidId)?;
        let choice = capture.choice.map(super::mapping::checked).transpose()?;
        let rule = super::mapping::rule(capture.rule.as_deref());
        let mut story = Story::of(&Self::default());
        story.tell(E::LeadCaptured {
            lead,
            source: capture.source,
            external_id: capture.external_id,
            ads: capture.ads,
            person: Box::new(capture.person.cut().veiled(&Veil::lead(lead))),
            at: of.now,
        });
        story.identified(of, capture.contact);
        story.form_answers(of, capture.answers);
        story.mapped(of, choice.map(|choice| (choice, rule)), capture.how);
        Ok(story.told())
    }

    /// A contact that is known already stays: what a form says of a telephone may be a slip.
    pub(super) fn form_data(
        &self,
        of: &Directed<()>,
        form: FormData,
        how: Circumstances,
    ) -> Decision {
        let mut story = Story::of(self);
        let person = form.person.cut();
        let person = self.veil().map_or_else(LeadPerson::default, |veil| person.veiled(&veil));
        story.tell(E::LeadFormDataFetched { person: Box::new(person), at: of.now });
        if self.contact.is_none() {
            story.identified(of, form.contact);
        }
        story.form_answers(of, form.answers);
        if self.status == super::LeadStatus::PendingMapping {
            story.mapped(of, None, how);
        } else {
            story.scored(of);
        }
        Ok(story.told())
    }

    pub(super) fn form_failed(&self, of: &Directed<()>, why: &str, retryable: bool) -> Decision {
        let (reason, failures) = (reason(why)?, self.form.failures + 1);
        let minutes = usize::try_from(failures - 1).ok().and_then(|n| FETCH_MINUTES.get(n));
        let wait = TimeDelta::minutes(minutes.copied().unwrap_or(360));
        let retry_at = (retryable && failures < FETCHES_MAX).then(|| of.now + wait);
        Ok(vec![E::LeadFormFetchFailed { failures, reason, retry_at, at: of.now }])
    }

    pub(super) fn retry_form(&self, of: &Directed<()>) -> Decision {
        if self.origin.as_ref().is_none_or(|origin| origin.source != LeadSource::MetaLeadAd) {
            return Ok(vec![]);
        }
        Ok(vec![E::LeadFormFetchRequested { by: of.actor.clone(), at: of.now }])
    }
}

impl Story {
    pub(super) fn identified(&mut self, of: &Directed<()>, contact: Option<ContactId>) {
        if let Some(contact) = contact.filter(|contact| self.lead.contact != Some(*contact)) {
            self.tell(E::LeadContactIdentified { contact, at: of.now });
        }
    }

    /// Nobody is there to mend the answers of a form: what is none is left out.
    fn form_answers(&mut self, of: &Directed<()>, answers: Vec<GivenAnswer>) {
        for answer in answers.into_iter().take(ANSWERS_MAX) {
            let status = self.lead.status;
            if let Ok(answer) = self.lead.answer_event(of, answer, true, status) {
                self.tell(answer);
            }
        }
    }
}
