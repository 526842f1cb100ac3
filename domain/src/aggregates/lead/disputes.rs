//! Decisions on what follows a delivery: the sale, or a dispute.

use super::events::LeadEvent as E;
use super::follow::unless_final;
use super::handle::{Decision, note};
use super::refusal::LeadRefusal as No;
use super::state::Lead;
use super::vocabulary::{DisputeReason, Eligibility, LeadStatus};
use crate::aggregates::offer::MoneyRange;
use crate::{Directed, Personal};

impl Lead {
    pub(super) fn disputed(
        &self,
        of: &Directed<()>,
        reason: DisputeReason,
        text: Option<Personal<String>>,
    ) -> Decision {
        if self.disputes.contains(&reason) {
            return Err(No::DisputedBefore);
        }
        let (note, by) = (note(text)?, of.actor.clone());
        Ok(vec![E::LeadDisputed { reason, note, by, at: of.now }])
    }

    /// A contact who opted out meanwhile stays out; what the tenant paid is settled all the same.
    pub(super) fn resolve_dispute(
        &self,
        of: &Directed<()>,
        refund: bool,
        text: Option<Personal<String>>,
    ) -> Decision {
        let Some(reason) = self.dispute else { return Err(No::NotDisputed) };
        let then = if refund { LeadStatus::Refunded } else { LeadStatus::SentToDeveloper };
        let eligibility = if refund { reason.eligibility() } else { Eligibility::Chargeable };
        Ok(vec![E::LeadDisputeResolved {
            reason,
            refund,
            eligibility,
            delivery: self.delivered,
            captured: self.captured,
            note: note(text)?,
            status: unless_final(self.status, then),
            by: of.actor.clone(),
            at: of.now,
        }])
    }

    pub(super) fn won(of: &Directed<()>, value: Option<MoneyRange>) -> Decision {
        let value = match value {
            Some(value) => Some(value.checked().ok_or(No::InvalidValue)?),
            None => None,
        };
        Ok(vec![E::LeadWon { value, at: of.now }])
    }
}
