//! The decision on opening a ticket.

use super::TicketCategory;
use super::commands::TicketCommand as C;
use super::data;
use super::events::TicketEvent as E;
use super::number::TicketNumber;
use super::refusal::TicketRefusal as No;
use super::run::{Decision, Run};
use super::state::{Opened, Ticket};
use super::vocabulary::TicketOrigin;
use super::words;
use crate::aggregates::conversation::Priority;
use crate::{ContactId, ConversationId, Directed, TicketId};

/// Longest subject, in characters.
pub(super) const SUBJECT_MAX: usize = 200;

/// The priority of a matter unless somebody says otherwise (X-CS-2): complaints, and what triage
/// is more than 90 % sure of, are high; tracking and plain information are low.
pub const fn default_priority(category: TicketCategory, confidence_bp: Option<i64>) -> Priority {
    if matches!(confidence_bp, Some(9_001..)) {
        return Priority::High;
    }
    match category {
        TicketCategory::Reclamo => Priority::High,
        TicketCategory::Tracking | TicketCategory::Info => Priority::Low,
        TicketCategory::Facturacion | TicketCategory::Cotizacion | TicketCategory::Otro => {
            Priority::Medium
        }
    }
}

/// The first decision of all.
pub(super) fn begin(of: &Directed<()>, body: C) -> Decision {
    let C::Open {
        category,
        priority,
        confidence_bp,
        subject,
        contact,
        conversation,
        origin,
        parent,
        missing_fields,
        sla,
    } = body
    else {
        return Err(No::NotFound);
    };
    let ticket = of.aggregate_id.parse().map_err(|_| No::InvalidId)?;
    if parent.is_some() != origin.has_parent() {
        return Err(No::InvalidOrigin);
    }
    if confidence_bp.is_some_and(|confidence| !(0..=10_000).contains(&confidence)) {
        return Err(No::InvalidTriage);
    }
    let missing_fields = data::fields(&missing_fields)?;
    let mut run = Run::new(of, &Ticket::default());
    run.emit(E::TicketOpened {
        ticket,
        number: TicketNumber::PENDING,
        category,
        priority: priority.unwrap_or_else(|| default_priority(category, confidence_bp)),
        subject: words::personal(&subject, SUBJECT_MAX).ok_or(No::InvalidSubject)?,
        contact,
        conversation,
        origin,
        parent,
        missing_fields: missing_fields.clone(),
        by: of.actor.clone(),
        at: of.now,
    });
    if !missing_fields.is_empty() {
        run.request_data(&missing_fields)?;
    }
    if let Some(policy) = sla {
        run.apply_policy(*policy)?;
    }
    Ok(run.done())
}

impl Opened {
    /// A second opening is none, if it is the same one.
    pub(super) fn check_again(
        &self,
        (contact, conversation): (ContactId, Option<ConversationId>),
        origin: TicketOrigin,
        parent: Option<TicketId>,
    ) -> Result<(), No> {
        let same = (self.contact, self.conversation) == (contact, conversation)
            && (self.origin, self.parent) == (origin, parent);
        if same { Ok(()) } else { Err(No::AlreadyOpened) }
    }
}
