//! Writing to leads, and what they answer.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::aggregates::lead::LeadCommand as Command;
use bitacora_domain::{MessageId, UserId};

use super::capture::GivenAnswerInput;
use super::subject_of;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::conversation_commands::active_member;
use crate::graphql::modules::leads::LeadHandoffReason;
use crate::graphql::mutation::argument;

lead_types! {
    /// A lead to write to now.
    "requestLeadContact": RequestLeadContactInput {
    } -> RequestLeadContactPayload | RequestLeadContactError
}
lead_types! {
    /// A contact that somebody made of their own accord.
    "recordLeadContact": RecordLeadContactInput {
        /// Number of the contact, from 1 and without a hole.
        pub number: i64,
        /// The template, 1–512 characters.
        pub template: String,
        /// The message in the conversation.
        pub message_id: Option<ID>,
    } -> RecordLeadContactPayload | RecordLeadContactError
}
lead_types! {
    /// What a lead answered to a question.
    "answerLeadQuestion": AnswerLeadQuestionInput {
        /// The answer.
        pub answer: GivenAnswerInput,
    } -> AnswerLeadQuestionPayload | AnswerLeadQuestionError
}
lead_types! {
    /// A lead to leave alone for a while.
    "coolLead": CoolLeadInput {} -> CoolLeadPayload | CoolLeadError
}
lead_types! {
    /// A lead to ask again.
    "reactivateLead": ReactivateLeadInput {
        /// Why, 1–500 characters; needed for one that was disqualified.
        pub reason: Option<String>,
    } -> ReactivateLeadPayload | ReactivateLeadError
}
lead_types! {
    /// A lead that a person takes.
    "handOffLead": HandOffLeadInput {
        /// Global id of the person, an active member; anybody when not given.
        pub agent: Option<ID>,
        /// Why; `AGENT` when not given.
        pub reason: Option<LeadHandoffReason>,
    } -> HandOffLeadPayload | HandOffLeadError
}
lead_types! {
    /// A lead that the person gives back.
    "returnLead": ReturnLeadInput {} -> ReturnLeadPayload | ReturnLeadError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct LeadTalkMutations;

#[Object]
impl LeadTalkMutations {
    /// Writes to a lead now: within the hours of its offer and while contacts are left.
    async fn request_lead_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead.")] input: RequestLeadContactInput,
    ) -> Result<RequestLeadContactPayload> {
        on_lead!(ctx, Work, input, Command::RequestContact)
    }

    /// Records that somebody wrote to a lead of their own accord.
    async fn record_lead_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which contact with whom.")] input: RecordLeadContactInput,
    ) -> Result<RecordLeadContactPayload> {
        on_prepared_lead!(ctx, Work, input, async {
            let message = input.message_id.as_ref();
            let message = message.map(|id| argument(NodeType::Message, id, "messageId"));
            Ok(Command::RecordContactAttempt {
                contact: input.number,
                template: input.template.clone(),
                message: message.transpose()?.map(MessageId::new),
            })
        })
    }

    /// Records an answer. A later answer to the same question takes the place of an earlier one,
    /// and the lead is scored again.
    async fn answer_lead_question(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What whom.")] input: AnswerLeadQuestionInput,
    ) -> Result<AnswerLeadQuestionPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_lead!(ctx, Work, input, async {
            let subject = subject_of(caller, &input.id).await?;
            Ok(Command::AnswerQuestion { answer: Box::new(input.answer.given(&subject)?) })
        })
    }

    /// Leaves a lead alone for a while.
    async fn cool_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead.")] input: CoolLeadInput,
    ) -> Result<CoolLeadPayload> {
        on_lead!(ctx, Work, input, Command::CoolDown)
    }

    /// Asks a lead again that cools, or, by a person and with a reason, one that was disqualified.
    async fn reactivate_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead, and why.")] input: ReactivateLeadInput,
    ) -> Result<ReactivateLeadPayload> {
        on_lead!(ctx, Work, input, Command::Reactivate { reason: input.reason.clone() })
    }

    /// Gives a lead to a person.
    async fn hand_off_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead to whom.")] input: HandOffLeadInput,
    ) -> Result<HandOffLeadPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_lead!(ctx, Work, input, async {
            let agent = match &input.agent {
                Some(id) => {
                    let agent = UserId::new(argument(NodeType::User, id, "agent")?);
                    Some(active_member(caller, agent, "agent").await?)
                }
                None => None,
            };
            let reason = input.reason.unwrap_or(LeadHandoffReason::Agent).into();
            Ok(Command::HandOff { agent, reason })
        })
    }

    /// Gives a lead back that a person has.
    async fn return_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lead.")] input: ReturnLeadInput,
    ) -> Result<ReturnLeadPayload> {
        on_lead!(ctx, Work, input, Command::Return)
    }
}
