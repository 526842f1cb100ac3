//! `tickets`: the ticket board.

mod row;
pub(super) mod sla;
mod table;

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::ticket::{Ticket, TicketEvent as Event};
use cqrs_es::Aggregate;

use crate::change::Set;
use crate::reveal::aggregate_id;
use crate::{Change, Key, Projection, ProjectionError, Table};
use row::Row;

pub(super) use row::rank;

pub use table::TABLE;

/// The view.
#[derive(Debug)]
pub struct Tickets;

impl Projection for Tickets {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Ticket::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let key = Key::from(aggregate_id(event)?);
        let mut row = Row { key, first: None, set: Set::new(), then: Vec::new() };
        match event.decode::<Ticket>()? {
            said @ Event::TicketOpened { .. } => row.opened(said),
            said @ (Event::TicketAssigned { .. }
            | Event::TicketUnassigned { .. }
            | Event::TicketEscalated { .. }
            | Event::TicketReclassified { .. }
            | Event::TicketPriorityChanged { .. }
            | Event::TicketTagged { .. }
            | Event::TicketSummarised { .. }
            | Event::TicketDataRequested { .. }
            | Event::TicketDataSupplied { .. }
            | Event::TicketCommented { .. }) => row.work(said),
            said @ (Event::TicketStarted { .. }
            | Event::TicketWaitingCustomer { .. }
            | Event::TicketWaitingThirdParty { .. }
            | Event::TicketResumed { .. }
            | Event::TicketHeld { .. }
            | Event::TicketHoldEnded { .. }) => row.progress(said),
            said @ (Event::TicketCustomerReplied { .. } | Event::TicketResponded { .. }) => {
                row.talk(said);
                row.clocks(said);
            }
            said @ (Event::SlaApplied { .. }
            | Event::SlaClockStarted { .. }
            | Event::SlaPaused { .. }
            | Event::SlaResumed { .. }
            | Event::SlaBreached { .. }
            | Event::SlaFirstResponseMet { .. }
            | Event::SlaMet { .. }) => row.clocks(said),
            said @ (Event::TicketResolved { .. }
            | Event::TicketReopened { .. }
            | Event::TicketClosed { .. }
            | Event::TicketMerged { .. }) => {
                row.ending(said);
                row.clocks(said);
            }
            said @ (Event::TicketMergeRecorded { .. }
            | Event::TicketFollowUpCreated { .. }
            | Event::TicketLinked { .. }
            | Event::TicketSurveyRequested { .. }
            | Event::TicketRated { .. }) => row.related(said),
            // They move the version only; what they change follows in events of its own.
            Event::TicketTriaged { .. }
            | Event::TicketMacroApplied { .. }
            | Event::TicketSplit { .. } => {}
        }
        Ok(row.into_changes(event))
    }
}
