//! Several steps at once.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result};
use bitacora_domain::aggregates::membership::MemberStatus;
use bitacora_domain::aggregates::ticket::{
    DEFAULT_REOPEN_WINDOW_S, TicketCommand as Command, TicketMacroStep as Step,
};
use bitacora_domain::{Personal, Subject, UserId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::subject_of;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::conversation_commands::active_member;
use crate::graphql::modules::conversation_commands::macros::{
    MacroAssignInput, MacroPriorityInput,
};
use crate::graphql::modules::tenants::TriageCategory;
use crate::graphql::mutation::{UserError, argument, user_error};

/// A comment.
#[derive(Clone, Debug, InputObject)]
pub struct TicketMacroCommentInput {
    /// The words, 1–10,000 characters.
    pub body: String,
    /// The contact may read it. False when not given.
    pub public: Option<bool>,
}

/// Tags.
#[derive(Clone, Debug, InputObject)]
pub struct TicketMacroTagsInput {
    /// All of them.
    pub tags: Vec<String>,
}

/// A category.
#[derive(Clone, Debug, InputObject)]
pub struct TicketMacroCategoryInput {
    /// Category.
    pub category: TriageCategory,
}

/// An escalation.
#[derive(Clone, Debug, InputObject)]
pub struct TicketMacroEscalateInput {
    /// Level, 1–9; higher than before.
    pub level: i32,
    /// Why, 1–500 characters.
    pub reason: String,
}

/// What the contact is asked.
#[derive(Clone, Debug, InputObject)]
pub struct TicketMacroQuestionInput {
    /// The question, at most 2,000 characters.
    pub question: Option<String>,
}

/// Who is waited for.
#[derive(Clone, Debug, InputObject)]
pub struct TicketMacroPartyInput {
    /// The organisation, at most 120 characters.
    pub party: Option<String>,
}

/// For how long it is put aside, and why.
#[derive(Clone, Debug, InputObject)]
pub struct TicketMacroHoldInput {
    /// Why, 1–500 characters.
    pub reason: String,
    /// Until then; until somebody goes on when not given.
    pub until: Option<DateTime<Utc>>,
}

/// Data to ask for.
#[derive(Clone, Debug, InputObject)]
pub struct TicketMacroFieldsInput {
    /// Their names.
    pub fields: Vec<String>,
}

/// How it is settled.
#[derive(Clone, Debug, InputObject)]
pub struct TicketMacroResolveInput {
    /// How, at most 2,000 characters.
    pub resolution: Option<String>,
    /// What caused it, at most 200 characters.
    pub root_cause: Option<String>,
    /// How long it can be reopened, seconds; 7 days when not given.
    pub reopen_window_seconds: Option<i64>,
}

/// A step of a macro of tickets: exactly one of these.
#[derive(Clone, Debug, OneofObject)]
pub enum TicketMacroStepInput {
    /// Says something on it.
    AddComment(TicketMacroCommentInput),
    /// Replaces the tags.
    SetTags(TicketMacroTagsInput),
    /// Gives it to a person or a team.
    Assign(MacroAssignInput),
    /// Says how urgent it is.
    ChangePriority(MacroPriorityInput),
    /// Gives it another category.
    ChangeCategory(TicketMacroCategoryInput),
    /// Hands it to somebody who can do more.
    Escalate(TicketMacroEscalateInput),
    /// Begins, or goes on: `true`.
    StartWork(bool),
    /// Waits for the contact.
    WaitForCustomer(TicketMacroQuestionInput),
    /// Waits for somebody else.
    WaitForThirdParty(TicketMacroPartyInput),
    /// Puts it aside.
    Hold(TicketMacroHoldInput),
    /// Asks for data.
    RequestData(TicketMacroFieldsInput),
    /// Settles it.
    Resolve(TicketMacroResolveInput),
}

ticket_types! {
    /// Which steps to take on which ticket.
    "applyTicketMacro": ApplyTicketMacroInput {
        /// Id of the macro.
        pub macro_id: Uuid,
        /// Its version, from 1.
        pub version: i64,
        /// Its steps, 1–20, in order.
        pub steps: Vec<TicketMacroStepInput>,
    } -> ApplyTicketMacroPayload | ApplyTicketMacroError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct TicketMacroMutations;

#[Object]
impl TicketMacroMutations {
    /// Takes the steps of a macro, all or none.
    async fn apply_ticket_macro(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which steps on which ticket.")] input: ApplyTicketMacroInput,
    ) -> Result<ApplyTicketMacroPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Work, input, async {
            let subject = subject_of(caller, &input.id).await?;
            let mut steps = Vec::with_capacity(input.steps.len());
            for step in &input.steps {
                let step = step.of(&subject)?;
                if let Step::Assign { agent: Some(agent), .. } = &step {
                    active_member(caller, *agent, "steps").await?;
                }
                steps.push(step);
            }
            Ok(Command::ApplyMacro { macro_id: input.macro_id, version: input.version, steps })
        })
    }
}

impl TicketMacroStepInput {
    /// The step as the ticket knows it; a person is looked up before it is given.
    fn of(&self, subject: &Subject) -> std::result::Result<Step, UserError> {
        let personal = |words: &String| Personal::new(subject.clone(), words.clone());
        Ok(match self {
            Self::AddComment(said) => Step::AddComment {
                public: said.public.unwrap_or(false),
                body: personal(&said.body),
            },
            Self::SetTags(set) => Step::SetTags { tags: set.tags.iter().cloned().collect() },
            Self::Assign(assign) => {
                let agent = assign.agent.as_ref().map(agent_of).transpose()?;
                let agent_status = agent.map(|_| MemberStatus::Active);
                Step::Assign { agent, agent_status, team: assign.team.clone() }
            }
            Self::ChangePriority(to) => Step::ChangePriority { priority: to.priority.into() },
            Self::ChangeCategory(to) => Step::ChangeCategory { category: to.category.into() },
            Self::Escalate(escalate) => Step::Escalate {
                level: escalate.level.try_into().unwrap_or(u8::MAX),
                reason: escalate.reason.clone(),
            },
            Self::StartWork(true) => Step::StartWork,
            Self::StartWork(false) => {
                let message = "`startWork` is true: leave the step out instead";
                return Err(user_error("INVALID_MACRO", message));
            }
            Self::WaitForCustomer(wait) => {
                Step::WaitForCustomer { question: wait.question.as_ref().map(personal) }
            }
            Self::WaitForThirdParty(wait) => Step::WaitForThirdParty { party: wait.party.clone() },
            Self::Hold(hold) => Step::Hold { reason: hold.reason.clone(), until: hold.until },
            Self::RequestData(asked) => {
                Step::RequestData { fields: asked.fields.iter().cloned().collect() }
            }
            Self::Resolve(resolve) => Step::Resolve {
                resolution: resolve.resolution.as_ref().map(personal),
                root_cause: resolve.root_cause.clone(),
                reopen_window_s: resolve.reopen_window_seconds.unwrap_or(DEFAULT_REOPEN_WINDOW_S),
            },
        })
    }
}

fn agent_of(id: &ID) -> std::result::Result<UserId, UserError> {
    argument(NodeType::User, id, "steps").map(UserId::new)
}
