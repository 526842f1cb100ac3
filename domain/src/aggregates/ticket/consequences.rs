//! What the log needs to know of an event: the unique keys that it takes, and what is to be done
//! later or elsewhere because of it. Both may be asked with the state after the *last* event of a
//! decision, so they look at the event and at what the opening fixed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::TicketCategory;
use super::commands::TicketCommand as C;
use super::events::TicketEvent as E;
use super::sla::{PerTarget, SlaTarget};
use super::state::{Opened, Ticket};
use super::vocabulary::TicketOrigin;
use crate::aggregates::conversation::{Conversation, ConversationCommand, LinkedKind, Priority};
use crate::{Claim, Effect, Personal, TicketId};

/// The counter that ticket numbers come from.
pub const NUMBER_COUNTER: &str = "ticket.number";
/// Kind of the claim that keeps one automatic ticket per conversation and category while it is
/// open; its owner text is the ticket's id.
pub const AUTO_CLAIM: &str = "ticket.auto";
/// Kind of the claim that says where the matter of a ticket lives; its key is the ticket's id, its
/// owner text the id of the ticket that it lives in. Taken by merging only. Nobody can merge into
/// a ticket that was merged, not even at the same time, so merges never go round in a circle.
pub const MATTER_CLAIM: &str = "ticket.matter";

impl Ticket {
    pub(super) fn claims_of(&self, event: &E) -> Vec<Claim> {
        let Some(opened) = &self.opened else { return Vec::new() };
        if let E::TicketOpened { category, .. } = event {
            opened
                .auto(*category)
                .map(|key| Claim::take(AUTO_CLAIM, key, opened.ticket))
                .into_iter()
                .collect()
        } else if let E::TicketReclassified { from, to, .. } = event {
            let release =
                opened.auto(*from).map(|key| Claim::release(AUTO_CLAIM, key, opened.ticket));
            let take = opened.auto(*to).map(|key| Claim::take(AUTO_CLAIM, key, opened.ticket));
            release.into_iter().chain(take).collect()
        } else if let E::TicketClosed { .. } = event {
            self.no_longer_open(opened).into_iter().collect()
        } else if let E::TicketMerged { survivor, .. } = event {
            let (own, survivor) = (opened.ticket.to_string(), survivor.to_string());
            let moved = [
                Claim::release(MATTER_CLAIM, &own, &own),
                Claim::take(MATTER_CLAIM, &own, &survivor),
                Claim::take(MATTER_CLAIM, &survivor, &survivor),
            ];
            self.no_longer_open(opened).into_iter().chain(moved).collect()
        } else {
            Vec::new()
        }
    }

    fn no_longer_open(&self, opened: &Opened) -> Option<Claim> {
        let key = opened.auto(self.category?)?;
        Some(Claim::release(AUTO_CLAIM, key, opened.ticket))
    }

    /// Timers are commands to the ticket itself. They are never taken back: when one comes, the
    /// ticket decides whether it still means anything.
    pub(super) fn effects_of(&self, event: &E) -> Vec<Effect> {
        let Some(opened) = &self.opened else { return Vec::new() };
        let own = opened.ticket;
        let at = |due: DateTime<Utc>, body: &C| vec![timer(own, body, due)];
        match event {
            E::TicketOpened { ticket, conversation: Some(conversation), .. } => {
                let body = ConversationCommand::LinkEntity {
                    kind: LinkedKind::Ticket,
                    id: ticket.as_uuid(),
                };
                vec![Effect::command::<Conversation>(conversation, &body, None)]
            }
            E::SlaApplied { due_at, .. } | E::SlaResumed { due_at, .. } => checks(own, due_at),
            E::SlaClockStarted { target, due_at: Some(due), .. } => {
                at(*due, &C::CheckSla { target: *target })
            }
            E::TicketHeld { hold, until: Some(until), .. } => {
                at(*until, &C::EndHold { hold: *hold })
            }
            E::TicketResolved { number, reopen_until, .. } => {
                at(*reopen_until, &C::AutoClose { resolution: *number })
            }
            E::TicketMerged { survivor, .. } => {
                vec![Effect::command::<Self>(survivor, &C::RecordMerge { source: own }, None)]
            }
            E::TicketSplit { into, subject, category, priority, .. } => {
                vec![opened.child(*into, TicketOrigin::Split, (subject, *category, *priority))]
            }
            E::TicketFollowUpCreated { follow_up, subject, category, priority, .. } => {
                let about = (subject, *category, *priority);
                vec![opened.child(*follow_up, TicketOrigin::FollowUp, about)]
            }
            E::TicketOpened { conversation: None, .. }
            | E::SlaClockStarted { due_at: None, .. }
            | E::TicketHeld { until: None, .. }
            | E::TicketTriaged { .. }
            | E::TicketAssigned { .. }
            | E::TicketUnassigned { .. }
            | E::TicketEscalated { .. }
            | E::TicketStarted { .. }
            | E::TicketWaitingCustomer { .. }
            | E::TicketWaitingThirdParty { .. }
            | E::TicketResumed { .. }
            | E::TicketCustomerReplied { .. }
            | E::TicketHoldEnded { .. }
            | E::TicketDataRequested { .. }
            | E::TicketDataSupplied { .. }
            | E::TicketCommented { .. }
            | E::TicketReclassified { .. }
            | E::TicketPriorityChanged { .. }
            | E::TicketTagged { .. }
            | E::TicketSummarised { .. }
            | E::TicketMacroApplied { .. }
            | E::TicketResponded { .. }
            | E::SlaPaused { .. }
            | E::SlaBreached { .. }
            | E::SlaFirstResponseMet { .. }
            | E::SlaMet { .. }
            | E::TicketReopened { .. }
            | E::TicketClosed { .. }
            | E::TicketMergeRecorded { .. }
            | E::TicketLinked { .. }
            | E::TicketSurveyRequested { .. }
            | E::TicketRated { .. } => Vec::new(),
        }
    }
}

impl Opened {
    /// The key of an automatic ticket of a conversation.
    fn auto(&self, category: TicketCategory) -> Option<String> {
        let conversation = self.conversation.filter(|_| self.origin.is_automatic())?;
        Some(format!("{conversation}|{}", category.as_str()))
    }

    /// Opens a ticket that comes from this one.
    fn child(
        &self,
        child: TicketId,
        origin: TicketOrigin,
        (subject, category, priority): (&Personal<String>, TicketCategory, Priority),
    ) -> Effect {
        let body = C::Open {
            category,
            priority: Some(priority),
            confidence_bp: None,
            subject: subject.clone(),
            contact: self.contact,
            conversation: self.conversation,
            origin,
            parent: Some(self.ticket),
            missing_fields: BTreeSet::new(),
            sla: None,
        };
        Effect::command::<Ticket>(child, &body, None)
    }
}

fn checks(own: TicketId, due_at: &PerTarget<DateTime<Utc>>) -> Vec<Effect> {
    let check =
        |target: SlaTarget| due_at.get(target).map(|due| timer(own, &C::CheckSla { target }, *due));
    SlaTarget::ALL.into_iter().filter_map(check).collect()
}

fn timer(own: TicketId, body: &C, due: DateTime<Utc>) -> Effect {
    Effect::command::<Ticket>(own, body, Some(due))
}
