//! Who has a conversation.

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::UserId;
use bitacora_domain::aggregates::conversation::{AssignedBy, ConversationCommand as Command};
use bitacora_projections::query::{Filter, Op};
use bitacora_projections::{Cell, Table};

use super::active_member;
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::conversations::TABLE as CONVERSATIONS;
use crate::graphql::modules::members;
use crate::graphql::mutation::{Unmet, argument, user_error};

/// Statuses of conversations that somebody may have to work on.
const LIVE: [&str; 2] = ["OPEN", "SNOOZED"];
/// Conversations of one person that are counted; more are as good as this many.
const COUNTED_MAX: i64 = 1_000;

conversation_types! {
    /// Who gets the conversation: a person, a team, a person of a team, or whoever has least to
    /// do.
    "assignConversation": AssignConversationInput {
        /// Global id of the person, an active member.
        pub agent: Option<ID>,
        /// Team, 1–60 characters.
        pub team: Option<String>,
        /// True instead of a person: whoever is available and has the fewest conversations for
        /// their capacity.
        pub auto: Option<bool>,
    } -> AssignConversationPayload | AssignConversationError
}
conversation_types! {
    /// Which conversation to take from whoever has it.
    "unassignConversation": UnassignConversationInput {
    } -> UnassignConversationPayload | UnassignConversationError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct AssignmentMutations;

#[Object]
impl AssignmentMutations {
    /// Gives the conversation to a person or a team.
    async fn assign_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who gets what.")] input: AssignConversationInput,
    ) -> Result<AssignConversationPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_conversation!(ctx, Work, input, async {
            let team = input.team.clone();
            let (agent, by) = match (&input.agent, input.auto.unwrap_or(false)) {
                (Some(_), true) => {
                    let message = "either a person or `auto`, not both";
                    return Err(user_error("ASSIGNEE_AMBIGUOUS", message).into());
                }
                (Some(id), false) => {
                    let agent = UserId::new(argument(NodeType::User, id, "agent")?);
                    (Some(active_member(caller, agent, "agent").await?), AssignedBy::User)
                }
                (None, true) => {
                    let agent = least_loaded(caller, CONVERSATIONS, &LIVE).await?;
                    (Some(agent), AssignedBy::Policy)
                }
                (None, false) => (None, AssignedBy::User),
            };
            Ok(Command::Assign { agent, team, by })
        })
    }

    /// Takes the conversation from whoever has it.
    async fn unassign_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: UnassignConversationInput,
    ) -> Result<UnassignConversationPayload> {
        on_conversation!(ctx, Work, input, Command::Unassign)
    }
}

/// The available member with the fewest rows of these statuses for their capacity. The read side
/// may be a moment late, so that two assignments at once can choose the same person.
pub(in crate::graphql::modules) async fn least_loaded(
    caller: &Caller,
    table: &'static Table,
    live: &[&str],
) -> std::result::Result<UserId, Unmet> {
    let mut best: Option<(i64, i64, UserId)> = None;
    for member in members::available(caller).await? {
        let load = load(caller, member.user, (table, live)).await?;
        if load >= member.capacity {
            continue;
        }
        // a / b < c / d without fractions; equals keep the first, in the order of their ids
        let less = |&(other, capacity, _): &(i64, i64, UserId)| {
            load.saturating_mul(capacity) < other.saturating_mul(member.capacity)
        };
        if best.as_ref().is_none_or(less) {
            best = Some((load, member.capacity, member.user));
        }
    }
    let Some((.., user)) = best else {
        let message = "nobody is available who has room for more";
        return Err(user_error("NO_AGENT_AVAILABLE", message).into());
    };
    active_member(caller, user, "auto").await
}

async fn load(
    caller: &Caller,
    user: UserId,
    (table, live): (&'static Table, &[&str]),
) -> std::result::Result<i64, Unmet> {
    let live = live.iter().map(|status| Cell::Text((*status).into())).collect();
    let theirs = Filter::Compare("assignee_id", Op::Eq, Cell::Uuid(user.as_uuid()));
    let filter = Filter::And(vec![theirs, Filter::In("status", live)]);
    let count = caller.app.models.count(caller.tenant(), table, &filter, COUNTED_MAX).await;
    Ok(count.map_err(crate::graphql::fault::Fault::from)?)
}
