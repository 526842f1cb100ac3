//! The decision on a macro: its steps are commands of their own, done all or none.

use uuid::Uuid;

use super::commands::ConversationCommand as C;
use super::content::MessageContent;
use super::events::ConversationEvent as E;
use super::handle::Decision;
use super::refusal::ConversationRefusal;
use super::state::Conversation;
use super::vocabulary::{AssignedBy, MacroStep, Sender};
use crate::{Directed, DomainAggregate};

/// Most steps of a macro.
const STEPS_MAX: usize = 20;

impl Conversation {
    /// Each step meets the state that the ones before it left. Ids that it makes follow from its
    /// place, so that two steps never make the same one.
    pub(super) fn apply_macro(
        &self,
        of: &Directed<()>,
        (macro_id, version): (Uuid, i64),
        steps: Vec<MacroStep>,
    ) -> Decision {
        if steps.is_empty() || steps.len() > STEPS_MAX {
            return Err(ConversationRefusal::InvalidMacro);
        }
        let mut state = self.clone();
        let by = of.actor.clone();
        let mut events = vec![E::MacroApplied { macro_id, version, by, at: of.now }];
        for (n, step) in steps.into_iter().enumerate() {
            let command_id = of.command_id.step(&format!("macro:{n}"));
            let of = Directed { command_id, ..of.clone() };
            for event in state.decide(&of, command(step))? {
                state.follow(event.clone());
                events.push(event);
            }
        }
        Ok(events)
    }
}

/// The command that a step stands for.
fn command(step: MacroStep) -> C {
    match step {
        MacroStep::SendText { body } => C::SendMessage {
            client_message_id: None,
            content: MessageContent::Text { body },
            sender: Sender::Agent,
            reply_to: None,
        },
        MacroStep::AddNote { body } => C::AddNote { body },
        MacroStep::AddLabel { label } => C::AddLabel { label },
        MacroStep::RemoveLabel { label } => C::RemoveLabel { label },
        MacroStep::Assign { agent, team } => C::Assign { agent, team, by: AssignedBy::User },
        MacroStep::ChangePriority { priority } => C::ChangePriority { priority },
        MacroStep::Snooze { until } => C::Snooze { until },
        MacroStep::Resolve { resolution } => C::Resolve { resolution },
    }
}
