//! What follows a call: messages, and calls back.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::Personal;
use bitacora_domain::aggregates::call_session::{CallCommand as Command, CallSession as Aggregate};
use bitacora_domain::aggregates::contact::{ConsentScope, Contact, ContactCommand};
use chrono::{DateTime, Utc};

use super::{contact_of, subject_of};
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::calls::FollowUpChannel;
use crate::graphql::mutation::{Run, argument};

/// How a consent is known that lies in the wish to be called back.
const BY_CALLBACK: &str = "callback";

call_types! {
    /// What to write after a call.
    "suggestCallFollowUp": SuggestCallFollowUpInput {
        /// Over what.
        pub channel: FollowUpChannel,
        /// What it says, 1–4,096 characters.
        pub text: String,
    } -> SuggestCallFollowUpPayload | SuggestCallFollowUpError
}
call_types! {
    /// Which message goes out.
    "approveCallFollowUp": ApproveCallFollowUpInput {
        /// The follow-up.
        pub follow_up_id: ID,
        /// What goes out instead of its text.
        pub edited_text: Option<String>,
    } -> ApproveCallFollowUpPayload | ApproveCallFollowUpError
}
call_types! {
    /// Which message does not go out.
    "dismissCallFollowUp": DismissCallFollowUpInput {
        /// The follow-up.
        pub follow_up_id: ID,
        /// Why, 1–500 characters.
        pub reason: Option<String>,
    } -> DismissCallFollowUpPayload | DismissCallFollowUpError
}
call_types! {
    /// When they want to be called back.
    "requestCallback": RequestCallbackInput {
        /// When; in the future, at most 180 days ahead.
        pub at: DateTime<Utc>,
    } -> RequestCallbackPayload | RequestCallbackError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct CallFollowUpMutations;

#[Object]
impl CallFollowUpMutations {
    /// Proposes a message after a call; it waits for a person.
    async fn suggest_call_follow_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "After which call, and what.")] input: SuggestCallFollowUpInput,
    ) -> Result<SuggestCallFollowUpPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_call!(ctx, input, async {
            let subject = subject_of(caller, &input.id).await?;
            Ok(Command::SuggestFollowUp {
                channel: input.channel.into(),
                text: Personal::new(subject, input.text.clone()),
                autopilot: false,
            })
        })
    }

    /// Lets a proposed message go out, as it is or edited.
    async fn approve_call_follow_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ApproveCallFollowUpInput,
    ) -> Result<ApproveCallFollowUpPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_call!(ctx, input, async {
            let subject = subject_of(caller, &input.id).await?;
            let edited = input.edited_text.clone();
            Ok(Command::ApproveFollowUp {
                follow_up: argument(NodeType::CallFollowUp, &input.follow_up_id, "followUpId")?,
                edited_text: edited.map(|text| Personal::new(subject, text)),
            })
        })
    }

    /// Turns a proposed message down.
    async fn dismiss_call_follow_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and why.")] input: DismissCallFollowUpInput,
    ) -> Result<DismissCallFollowUpPayload> {
        on_prepared_call!(ctx, input, async {
            Ok(Command::DismissFollowUp {
                follow_up: argument(NodeType::CallFollowUp, &input.follow_up_id, "followUpId")?,
                reason: input.reason.clone(),
            })
        })
    }

    /// Promises to call the other side back, in a call of its own. Who wants to be called agrees
    /// to it: their consent is recorded.
    async fn request_callback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "After which call, and when.")] input: RequestCallbackInput,
    ) -> Result<RequestCallbackPayload> {
        let run = Run::begin(ctx, Capability::Work, &input)?;
        let body = std::future::ready(Ok(Command::RequestCallback { at: input.at }));
        let target = super::call(&input.id);
        let mut outcome = run.execute::<Aggregate, _>(target, |_| body).await?;
        let contact = contact_of(run.caller(), &input.id).await?;
        if let (Ok(done), Some(contact)) = (&outcome, contact) {
            let consent = ContactCommand::RecordConsent {
                scope: ConsentScope::Calls,
                by: BY_CALLBACK.into(),
                at: run.caller().app.clock.now(),
            };
            let given = run.further::<Contact>(done, "consent", contact.as_uuid(), consent).await?;
            // A contact that does not exist any more agrees to nothing; the guards will say so.
            if let Ok(given) = given {
                outcome = Ok(given);
            }
        }
        Ok(run.payload(outcome).await)
    }
}
