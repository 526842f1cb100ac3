//! Several steps at once.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result};
use bitacora_domain::aggregates::conversation::{self as domain, ConversationCommand as Command};
use bitacora_domain::{Personal, Subject, UserId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{active_member, subject_of};
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{UserError, argument};
use crate::graphql::vocabulary::Priority;

/// A text or a note.
#[derive(Clone, Debug, InputObject)]
pub struct MacroTextInput {
    /// The words.
    pub body: String,
}

/// A label.
#[derive(Clone, Debug, InputObject)]
pub struct MacroLabelInput {
    /// Label, 1–40 characters.
    pub label: String,
}

/// Who gets the conversation.
#[derive(Clone, Debug, InputObject)]
pub struct MacroAssignInput {
    /// Global id of the person, an active member.
    pub agent: Option<ID>,
    /// Team, 1–60 characters.
    pub team: Option<String>,
}

/// How urgent it is.
#[derive(Clone, Debug, InputObject)]
pub struct MacroPriorityInput {
    /// Priority.
    pub priority: Priority,
}

/// For how long it is put aside.
#[derive(Clone, Debug, InputObject)]
pub struct MacroSnoozeInput {
    /// Until then; until the contact writes when not given.
    pub until: Option<DateTime<Utc>>,
}

/// How it is settled.
#[derive(Clone, Debug, InputObject)]
pub struct MacroResolveInput {
    /// How, for the record; at most 500 characters.
    pub resolution: Option<String>,
}

/// A step of a macro: exactly one of these.
#[derive(Clone, Debug, OneofObject)]
pub enum MacroStepInput {
    /// Sends a text.
    SendText(MacroTextInput),
    /// Leaves a note.
    AddNote(MacroTextInput),
    /// Puts a label on.
    AddLabel(MacroLabelInput),
    /// Takes a label off.
    RemoveLabel(MacroLabelInput),
    /// Gives the conversation to a person or a team.
    Assign(MacroAssignInput),
    /// Says how urgent it is.
    ChangePriority(MacroPriorityInput),
    /// Puts it aside.
    Snooze(MacroSnoozeInput),
    /// Settles it.
    Resolve(MacroResolveInput),
}

conversation_types! {
    /// Which steps to take.
    "applyMacro": ApplyMacroInput {
        /// Id of the macro.
        pub macro_id: Uuid,
        /// Its version, from 1.
        pub version: i64,
        /// Its steps, in order.
        pub steps: Vec<MacroStepInput>,
    } -> ApplyMacroPayload | ApplyMacroError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct MacroMutations;

#[Object]
impl MacroMutations {
    /// Takes the steps of a macro, all or none.
    async fn apply_macro(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which steps where.")] input: ApplyMacroInput,
    ) -> Result<ApplyMacroPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async {
            let subject = subject_of(caller, &input.id).await?;
            let mut steps = Vec::with_capacity(input.steps.len());
            for step in &input.steps {
                let step = step.of(&subject)?;
                if let domain::MacroStep::Assign { agent: Some(agent), .. } = &step {
                    active_member(caller, *agent, "steps").await?;
                }
                steps.push(step);
            }
            Ok(Command::ApplyMacro { macro_id: input.macro_id, version: input.version, steps })
        })
    }
}

impl MacroStepInput {
    fn of(&self, subject: &Subject) -> std::result::Result<domain::MacroStep, UserError> {
        use domain::MacroStep as Step;
        let personal = |text: &str| Personal::new(subject.clone(), text.to_owned());
        Ok(match self {
            Self::SendText(text) => Step::SendText { body: personal(&text.body) },
            Self::AddNote(note) => Step::AddNote { body: personal(&note.body) },
            Self::AddLabel(label) => Step::AddLabel { label: label.label.clone() },
            Self::RemoveLabel(label) => Step::RemoveLabel { label: label.label.clone() },
            Self::Assign(assign) => {
                let agent = assign.agent.as_ref();
                let agent = agent.map(|id| argument(NodeType::User, id, "steps")).transpose()?;
                Step::Assign { agent: agent.map(UserId::new), team: assign.team.clone() }
            }
            Self::ChangePriority(change) => {
                Step::ChangePriority { priority: change.priority.into() }
            }
            Self::Snooze(snooze) => Step::Snooze { until: snooze.until },
            Self::Resolve(resolve) => Step::Resolve { resolution: resolve.resolution.clone() },
        })
    }
}
