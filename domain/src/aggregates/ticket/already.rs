//! What comes before the table: was it done already, and is the timer still meant?

use chrono::{DateTime, Utc};

use super::commands::TicketCommand as C;
use super::matrix::{Ask, Stage, Standing};
use super::refusal::TicketRefusal;
use super::state::{Opened, Ticket};
use super::vocabulary::TicketStatus;
use crate::{ActorKind, Directed};

impl Ticket {
    /// Where it stands at `now`.
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        let held = self.hold.is_some();
        let stage = match self.status {
            TicketStatus::New if held => Stage::NewHeld,
            TicketStatus::New => Stage::New,
            TicketStatus::InProgress if held => Stage::InProgressHeld,
            TicketStatus::InProgress => Stage::InProgress,
            TicketStatus::WaitingCustomer => Stage::WaitingCustomer,
            TicketStatus::WaitingThirdParty => Stage::WaitingThirdParty,
            TicketStatus::Resolved if self.reopen_until.is_some_and(|until| now < until) => {
                Stage::Resolved
            }
            TicketStatus::Resolved => Stage::ResolvedForGood,
            TicketStatus::Closed => Stage::Closed,
            TicketStatus::Merged => Stage::Merged,
        };
        Standing { stage, survey: self.survey }
    }

    /// Is there nothing to decide, because it was done already or the timer is not meant any
    /// more? Another opening is refused here.
    pub(super) fn is_settled(
        &self,
        of: &Directed<()>,
        opened: &Opened,
        command: &C,
    ) -> Result<bool, TicketRefusal> {
        Ok(match command {
            C::Open { contact, conversation, origin, parent, .. } => {
                opened.check_again((*contact, *conversation), *origin, *parent)?;
                true
            }
            C::RecordFirstResponse { .. } => self.responded,
            C::RecordResponse { .. } => self.awaiting_since.is_none(),
            C::MergeInto { survivor, .. } => self.merged_into == Some(*survivor),
            C::RecordMerge { source } => self.merged.contains(source),
            C::Link { kind, id } => self.links.contains(&(*kind, *id)),
            C::CheckSla { target } => {
                let due_at = self.clock(*target).and_then(|clock| clock.due_at);
                due_at.is_none_or(|due_at| of.now < due_at)
            }
            C::EndHold { hold } => {
                let until = self.hold.and_then(|hold| hold.until);
                self.holds != *hold || until.is_none_or(|until| of.now < until)
            }
            C::AutoClose { resolution } => {
                let until = self.reopen_until;
                self.resolutions != *resolution || until.is_none_or(|until| of.now < until)
            }
            C::Triage { .. }
            | C::Assign { .. }
            | C::Unassign
            | C::Escalate { .. }
            | C::StartWork
            | C::WaitForCustomer { .. }
            | C::WaitForThirdParty { .. }
            | C::CustomerReplied { .. }
            | C::Hold { .. }
            | C::ReleaseHold
            | C::RequestData { .. }
            | C::SupplyData { .. }
            | C::AddComment { .. }
            | C::ChangeCategory { .. }
            | C::ChangePriority { .. }
            | C::SetTags { .. }
            | C::Summarise { .. }
            | C::ApplyMacro { .. }
            | C::ApplySlaPolicy { .. }
            | C::Resolve { .. }
            | C::Reopen { .. }
            | C::Close
            | C::Split { .. }
            | C::CreateFollowUp { .. }
            | C::RequestSurvey
            | C::RecordCsat { .. } => false,
        })
    }
}

/// The row of the table that a command belongs to.
pub(super) fn ask(of: &Directed<()>, command: &C) -> Ask {
    Ask::of(command, of.actor.kind == ActorKind::Contact)
}
