//! What comes before the table: was it done already, is the timer still meant, and does the
//! thing that the command names exist?

use super::commands::LeadCommand as C;
use super::refusal::LeadRefusal as No;
use super::state::{Lead, LeadOrigin};
use super::vocabulary::{LeadStatus, OpenMatter};
use crate::DeliveryId;

impl Lead {
    /// Is there nothing to decide? Another capture, and a contact or delivery that never was, is
    /// refused here.
    pub(super) fn is_settled(&self, origin: &LeadOrigin, command: &C) -> Result<bool, No> {
        Ok(match command {
            C::Capture { source, external_id, .. } => {
                let same = *source == origin.source && *external_id == origin.external_id;
                if same { true } else { return Err(No::AlreadyCaptured) }
            }
            C::RecordFormData { .. } | C::RecordFormFetchFailure { .. } => self.form.fetched,
            C::RetryFormFetch => self.form.fetched || self.form.retrying,
            C::IdentifyContact { contact, .. } => self.contact == Some(*contact),
            C::MapOffer { choice: Some(choice), .. } => {
                let same = self.offer.as_ref().is_some_and(|known| known.offer == choice.offer);
                same && self.status != LeadStatus::PendingMapping
            }
            C::DetectDuplicate { of, .. } => self.duplicate_of == Some(*of),
            C::RecordRepeat { lead } => self.repeats.contains(lead),
            C::ContactDue { contact } => {
                *contact != self.contacts.total + 1 || self.contacts.requested.is_some()
            }
            C::CoolDue { contact } => {
                *contact != self.contacts.total || self.contacts.requested.is_some()
            }
            C::RecordContactAttempt { contact, .. } => self.was_contacted(*contact)?,
            C::RecordContactFailure { contact, .. } => {
                self.was_contacted(*contact)? || self.contacts.requested.is_none()
            }
            C::RecordReply { message, .. } => self.recent.contains(message),
            C::AnswerQuestion { answer } => {
                let field = answer.normalised.beneath().map(super::LeadAnswer::field);
                answer.message.zip(field).is_some_and(|known| self.answered.contains(&known))
            }
            C::Prioritise { low_priority } => {
                self.prioritised && self.low_priority == *low_priority
            }
            C::SilenceDue { reply } => *reply != self.replies,
            C::ReactivateDue { cooling } => {
                *cooling != self.coolings || self.reactivate_at.is_none()
            }
            C::RequestDelivery { delivery, .. } => self.was_requested(*delivery)?,
            C::ConfirmDelivery { delivery, .. } => self.has_arrived(*delivery)?,
            C::FailDelivery { delivery, .. } => {
                self.requested(*delivery)?;
                self.matter() == OpenMatter::Delivery && self.pending != Some(*delivery)
            }
            C::Transfer { choice } => {
                self.offer.as_ref().is_some_and(|known| known.offer == choice.offer)
            }
            C::EndDuplicateWindow => self.window_over,
            C::MapOffer { choice: None, .. }
            | C::RequestContact
            | C::Score { .. }
            | C::CoolDown
            | C::Reactivate { .. }
            | C::Disqualify { .. }
            | C::OptOut { .. }
            | C::HandOff { .. }
            | C::Return
            | C::Dispute { .. }
            | C::ResolveDispute { .. }
            | C::MarkWon { .. }
            | C::MarkLost { .. } => false,
        })
    }

    /// Has the contact with this number an outcome? Only the next one can get one.
    fn was_contacted(&self, contact: i64) -> Result<bool, No> {
        if contact < 1 || contact > self.contacts.total + 1 {
            return Err(No::ContactOutOfOrder);
        }
        Ok(contact <= self.contacts.total)
    }

    fn requested(&self, delivery: DeliveryId) -> Result<(), No> {
        self.delivery(delivery).map(|_| ()).ok_or(No::DeliveryUnknown)
    }

    /// The same request again is none; an id that was used is refused.
    fn was_requested(&self, delivery: DeliveryId) -> Result<bool, No> {
        if self.pending == Some(delivery) {
            return Ok(true);
        }
        if self.delivery(delivery).is_some() { Err(No::DeliveryUsed) } else { Ok(false) }
    }

    /// A lead arrives once: by whichever delivery was first.
    fn has_arrived(&self, delivery: DeliveryId) -> Result<bool, No> {
        self.requested(delivery)?;
        match self.delivered {
            Some(first) if first == delivery => Ok(true),
            Some(_) => Err(No::AlreadyDelivered),
            None => Ok(false),
        }
    }
}
