//! A decision under way: each step meets the state that the ones before it left.

use super::events::TicketEvent as E;
use super::refusal::TicketRefusal;
use super::state::Ticket;
use crate::Directed;

/// What a decision gives.
pub(super) type Decision = Result<Vec<E>, TicketRefusal>;
/// What a step gives; its events are in the [`Run`].
pub(super) type Step = Result<(), TicketRefusal>;

/// The events so far, and the state after them.
pub(super) struct Run<'a> {
    pub(super) of: &'a Directed<()>,
    pub(super) state: Ticket,
    events: Vec<E>,
}

impl<'a> Run<'a> {
    pub(super) fn new(of: &'a Directed<()>, state: &Ticket) -> Self {
        Self { of, state: state.clone(), events: Vec::new() }
    }

    /// One more event.
    pub(super) fn emit(&mut self, event: E) {
        self.state.follow(event.clone());
        self.events.push(event);
    }

    /// All of them. Whatever was decided, the clocks of the SLA stop or go on with it.
    pub(super) fn done(mut self) -> Vec<E> {
        self.settle_clocks();
        self.events
    }
}
