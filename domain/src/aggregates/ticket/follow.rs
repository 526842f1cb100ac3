//! How the state follows what happened. Everything that it keeps is bounded.

use super::events::TicketEvent as E;
use super::sla::{Clock, PerTarget, Sla, SlaTarget};
use super::state::{Hold, Opened, Survey, Ticket};
use super::vocabulary::TicketStatus;

/// Merged tickets remembered so that each is recorded once.
const MERGED_MAX: usize = 64;

impl Ticket {
    /// Follows what happened.
    #[allow(clippy::too_many_lines)] // one arm per event; each is a line or two
    pub(super) fn follow(&mut self, event: E) {
        match event {
            E::TicketOpened {
                ticket,
                number,
                category,
                priority,
                contact,
                conversation,
                origin,
                parent,
                at,
                ..
            } => {
                self.opened =
                    Some(Opened { ticket, number, contact, conversation, origin, parent, at });
                self.category = Some(category);
                self.priority = priority;
                self.awaiting_since = Some(at);
            }
            E::TicketTriaged { .. }
            | E::TicketCommented { .. }
            | E::TicketSummarised { .. }
            | E::TicketMacroApplied { .. }
            | E::TicketSplit { .. }
            | E::SlaFirstResponseMet { .. }
            | E::SlaMet { .. } => {}
            E::TicketAssigned { agent, team, .. } => {
                self.agent = agent;
                self.team = team;
            }
            E::TicketUnassigned { .. } => {
                self.agent = None;
                self.team = None;
            }
            E::TicketEscalated { level, .. } => self.level = level,
            E::TicketStarted { .. } | E::TicketResumed { .. } | E::TicketReopened { .. } => {
                self.status = TicketStatus::InProgress;
            }
            E::TicketWaitingCustomer { .. } => self.status = TicketStatus::WaitingCustomer,
            E::TicketWaitingThirdParty { .. } => self.status = TicketStatus::WaitingThirdParty,
            E::TicketCustomerReplied { turn, at, .. } => {
                self.turn = turn;
                self.awaiting_since = self.awaiting_since.or(Some(at));
            }
            E::TicketHeld { hold, until, .. } => {
                self.holds = hold;
                self.hold = Some(Hold { until });
            }
            E::TicketHoldEnded { .. } => self.hold = None,
            E::TicketDataRequested { fields, .. } => {
                self.fields.extend(fields.into_iter().map(|field| (field, false)));
            }
            E::TicketDataSupplied { field, .. } => {
                self.fields.insert(field, true);
            }
            E::TicketReclassified { to, .. } => self.category = Some(to),
            E::TicketPriorityChanged { to, .. } => self.priority = to,
            E::TicketTagged { tags, .. } => self.tags = tags,
            E::TicketResponded { .. } => {
                self.responded = true;
                self.awaiting_since = None;
                if let Some(sla) = &mut self.sla {
                    sla.clocks.first_response = None;
                    sla.clocks.next_response = None;
                }
            }
            E::SlaApplied { .. }
            | E::SlaClockStarted { .. }
            | E::SlaPaused { .. }
            | E::SlaResumed { .. }
            | E::SlaBreached { .. } => self.follow_sla(event),
            E::TicketResolved { number, reopen_until, .. } => {
                self.status = TicketStatus::Resolved;
                self.resolutions = number;
                self.reopen_until = Some(reopen_until);
            }
            E::TicketClosed { .. } => {
                self.status = TicketStatus::Closed;
                self.sla = None;
            }
            E::TicketMerged { survivor, .. } => {
                self.status = TicketStatus::Merged;
                self.merged_into = Some(survivor);
                self.sla = None;
            }
            E::TicketMergeRecorded { source, .. } => {
                if self.merged.len() >= MERGED_MAX {
                    self.merged.pop_front();
                }
                self.merged.push_back(source);
            }
            E::TicketFollowUpCreated { follow_up, .. } => self.follow_up = Some(follow_up),
            E::TicketLinked { kind, id, .. } => {
                self.links.insert((kind, id));
            }
            E::TicketSurveyRequested { .. } => self.survey = Survey::Asked,
            E::TicketRated { .. } => self.survey = Survey::Answered,
        }
    }

    fn follow_sla(&mut self, event: E) {
        let counts = self.counts();
        if let E::SlaApplied { policy, elapsed_ms, due_at, at, .. } = event {
            let clocks = PerTarget::of(|target| {
                let elapsed_ms = *elapsed_ms.get(target)?;
                let breached = self.sla.as_ref().is_some_and(|sla| sla.is_breached(target));
                let (since, due_at) = (counts.then_some(at), due_at.get(target).copied());
                Some(Clock { elapsed_ms, since, due_at, breached })
            });
            self.sla = Some(Sla { policy: *policy, clocks });
            return;
        }
        let Some(sla) = &mut self.sla else { return };
        if let E::SlaClockStarted { target, due_at, at, .. } = event {
            let since = counts.then_some(at);
            *sla.clocks.slot(target) =
                Some(Clock { elapsed_ms: 0, since, due_at, breached: false });
        } else if let E::SlaPaused { elapsed_ms, .. } = event {
            sla.set(|target, clock| {
                clock.elapsed_ms = elapsed_ms.get(target).copied().unwrap_or(clock.elapsed_ms);
                (clock.since, clock.due_at) = (None, None);
            });
        } else if let E::SlaResumed { due_at, at, .. } = event {
            sla.set(|target, clock| {
                (clock.since, clock.due_at) = (Some(at), due_at.get(target).copied());
            });
        } else if let E::SlaBreached { target, .. } = event
            && let Some(clock) = sla.clocks.slot(target)
        {
            clock.breached = true;
            clock.due_at = None;
        }
    }
}

impl Sla {
    /// Sets every clock.
    fn set(&mut self, change: impl Fn(SlaTarget, &mut Clock)) {
        for target in SlaTarget::ALL {
            if let Some(clock) = self.clocks.slot(target) {
                change(target, clock);
            }
        }
    }
}
