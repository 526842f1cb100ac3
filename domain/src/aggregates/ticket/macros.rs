//! The decision on a macro: its steps are commands of their own, done all or none.

use uuid::Uuid;

use super::commands::TicketCommand as C;
use super::events::TicketEvent as E;
use super::refusal::TicketRefusal as No;
use super::run::{Run, Step};
use super::vocabulary::TicketMacroStep as M;
use crate::aggregates::conversation::AssignedBy;
use crate::{Directed, DomainAggregate};

/// Most steps of a macro.
const STEPS_MAX: usize = 20;

impl Run<'_> {
    /// Each step is judged in the state that the ones before it left. Ids that it makes follow
    /// from its place, so that two steps never make the same one.
    pub(super) fn apply_macro(&mut self, (macro_id, version): (Uuid, i64), steps: Vec<M>) -> Step {
        if version < 1 || steps.is_empty() || steps.len() > STEPS_MAX {
            return Err(No::InvalidMacro);
        }
        let (by, at) = (self.of.actor.clone(), self.of.now);
        self.emit(E::TicketMacroApplied { macro_id, version, by, at });
        for (n, step) in steps.into_iter().enumerate() {
            let command_id = self.of.command_id.step(&format!("macro:{n}"));
            let of = Directed { command_id, ..self.of.clone() };
            for event in self.state.decide(&of, command(step))? {
                self.emit(event);
            }
        }
        Ok(())
    }
}

/// The command that a step stands for.
fn command(step: M) -> C {
    match step {
        M::AddComment { public, body } => C::AddComment { public, body },
        M::SetTags { tags } => C::SetTags { tags },
        M::Assign { agent, agent_status, team } => {
            C::Assign { agent, agent_status, team, by: AssignedBy::User }
        }
        M::ChangePriority { priority } => C::ChangePriority { priority },
        M::ChangeCategory { category } => C::ChangeCategory { category },
        M::Escalate { level, reason } => C::Escalate { level, reason },
        M::StartWork => C::StartWork,
        M::WaitForCustomer { question } => C::WaitForCustomer { question },
        M::WaitForThirdParty { party } => C::WaitForThirdParty { party },
        M::Hold { reason, until } => C::Hold { reason, until },
        M::RequestData { fields } => C::RequestData { fields },
        M::Resolve { resolution, root_cause, reopen_window_s } => {
            C::Resolve { resolution, root_cause, reopen_window_s }
        }
    }
}
