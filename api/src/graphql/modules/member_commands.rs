//! What administrators do with members, supervisors with agents, and members with themselves.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use bitacora_domain::aggregates::membership::{
    Membership as Aggregate, MembershipCommand as Command,
};
use bitacora_domain::{Personal, Subject, text};
use chrono::TimeDelta;

use super::members::{Member, Role};
use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::{Code, Fault};
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{
    self, Payload, Receipt, Receipted, Run, Target, Unmet, UserError, mutation_errors,
    mutation_input, mutation_types, user_error,
};

/// How long an invitation can be accepted.
const INVITATION_FOR: TimeDelta = TimeDelta::days(7);

mutation_input! {
    /// Somebody to invite.
    "inviteMember": InviteMemberInput [] |_input| None; {
        /// E-mail address. Inviting somebody again makes the former invitation void.
        pub email: String,
        /// What they will be. Only an owner invites an owner.
        pub role: Role,
    }
}
mutation_errors! { "inviteMember" InviteMemberError }

/// What became of `inviteMember`.
#[derive(SimpleObject)]
pub struct InviteMemberPayload {
    /// The member; null when it failed or the read side is late.
    pub member: Option<Member>,
    /// The invitation, to be handed to the person: good for 7 days, once. It is shown here and
    /// never again; null when it failed, and for a retry (`receipt.replayed`).
    pub invitation: Option<String>,
    /// Where the outcome stands; null when the mutation failed.
    pub receipt: Option<Receipt>,
    /// Why it failed; empty when it did not.
    pub errors: Vec<InviteMemberError>,
    /// As in the input.
    pub client_mutation_id: Option<String>,
}

impl Payload for InviteMemberPayload {
    type Entity = Member;
    fn done(done: &Receipted, member: Option<Member>, echo: Option<String>) -> Self {
        let receipt = Some(done.to_graphql());
        Self { member, invitation: None, receipt, errors: Vec::new(), client_mutation_id: echo }
    }
    fn failed(error: UserError, client_mutation_id: Option<String>) -> Self {
        let errors = vec![error.into()];
        Self { member: None, invitation: None, receipt: None, errors, client_mutation_id }
    }
}

mutation_types! {
    /// Another role for a member.
    "changeMemberRole": ChangeMemberRoleInput {
        /// The member.
        pub id: ID,
        /// The role. Only an owner makes or unmakes an owner.
        pub role: Role,
    } -> ChangeMemberRolePayload | ChangeMemberRoleError {
        /// The member; null when it failed or the read side is late.
        member: Member
    }
}
mutation_types! {
    /// A member to keep out for a while.
    "suspendMember": SuspendMemberInput {
        /// The member.
        pub id: ID,
        /// Why, for the record; at most 500 characters.
        pub reason: Option<String>,
    } -> SuspendMemberPayload | SuspendMemberError {
        /// The member; null when it failed or the read side is late.
        member: Member
    }
}
mutation_types! {
    /// A suspended member to let in again.
    "reactivateMember": ReactivateMemberInput {
        /// The member.
        pub id: ID,
    } -> ReactivateMemberPayload | ReactivateMemberError {
        /// The member; null when it failed or the read side is late.
        member: Member
    }
}
mutation_types! {
    /// A member who leaves, or an invitation to take back.
    "removeMember": RemoveMemberInput {
        /// The member.
        pub id: ID,
        /// Why, for the record; at most 500 characters.
        pub reason: Option<String>,
    } -> RemoveMemberPayload | RemoveMemberError {
        /// The member; null when it failed or the read side is late.
        member: Member
    }
}
mutation_types! {
    /// Whether the caller takes part in automatic assignment.
    "setMyAvailability": SetMyAvailabilityInput {
        /// Takes part.
        pub available: bool,
    } -> SetMyAvailabilityPayload | SetMyAvailabilityError {
        /// The caller; null when it failed or the read side is late.
        member: Member
    }
}
mutation_types! {
    /// How many conversations a member takes at once.
    "setMemberCapacity": SetMemberCapacityInput {
        /// The member.
        pub id: ID,
        /// 0–200.
        pub capacity: u32,
    } -> SetMemberCapacityPayload | SetMemberCapacityError {
        /// The member; null when it failed or the read side is late.
        member: Member
    }
}
mutation_types! {
    /// What a member is good at.
    "setMemberSkills": SetMemberSkillsInput {
        /// The member.
        pub id: ID,
        /// All of them: at most 20, each 1–40 characters; case does not matter.
        pub skills: Vec<String>,
    } -> SetMemberSkillsPayload | SetMemberSkillsError {
        /// The member; null when it failed or the read side is late.
        member: Member
    }
}

/// The role of who asks; `None` for the operator, whom no role limits. Only people manage people: a
/// program that got here is a hole in the table of accesses.
fn asking(caller: &Caller) -> Result<Option<bitacora_domain::Role>, Fault> {
    if crate::access::is_operator(&caller.principal) {
        return Ok(None);
    }
    let role = caller.principal.role();
    role.map(Some).ok_or_else(|| Fault::new(Code::Forbidden, "an API key manages no members"))
}

/// A mutation of an existing member.
macro_rules! on_member {
    ($ctx:ident, $capability:ident, $input:ident, $body:expr) => {{
        let target = Target::Existing(NodeType::Member, &$input.id);
        let answer = mutation::answer::<Aggregate, _, _>;
        answer($ctx, Capability::$capability, &$input, target, |_| $body).await
    }};
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct MemberMutations;

#[Object]
impl MemberMutations {
    /// Invites somebody by e-mail address. The invitation is in the payload: bringing it to the
    /// person is the caller's part.
    async fn invite_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and as what.")] input: InviteMemberInput,
    ) -> Result<InviteMemberPayload> {
        let run = Run::begin(ctx, Capability::Members, &input)?;
        let caller = run.caller();
        let by = asking(caller)?;
        let email = text::email(&input.email).unwrap_or_default();
        let minted = caller.app.people.mint_invitation(caller.tenant(), &email).await;
        let (id, minted) = minted.map_err(Fault::unavailable)?;
        let body = Command::Invite {
            email: Personal::new(Subject::invitee(id), input.email.clone()),
            role: input.role.into(),
            token_hash: minted.hash,
            expires_at: caller.app.clock.now() + INVITATION_FOR,
            by,
        };
        let prepare = |_| std::future::ready(Ok::<_, Unmet>(body));
        let outcome = run.execute::<Aggregate, _>(Target::Known(id), prepare).await?;
        let mut payload: InviteMemberPayload = run.payload(outcome).await;
        let first = payload.receipt.as_ref().is_some_and(|receipt| !receipt.replayed);
        payload.invitation = first.then_some(minted.text);
        Ok(payload)
    }

    /// Gives a member another role; it holds for what they do from two seconds on.
    async fn change_member_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and which role.")] input: ChangeMemberRoleInput,
    ) -> Result<ChangeMemberRolePayload> {
        let (role, by) = (input.role.into(), asking(Caller::of(ctx)?)?);
        on_member!(ctx, Members, input, Command::ChangeRole { role, by })
    }

    /// Keeps a member out, within two seconds. The last owner cannot be suspended.
    async fn suspend_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and why.")] input: SuspendMemberInput,
    ) -> Result<SuspendMemberPayload> {
        let (reason, by) = (input.reason.clone(), asking(Caller::of(ctx)?)?);
        on_member!(ctx, Members, input, Command::Suspend { reason, by })
    }

    /// Lets a suspended member in again, if the plan has room.
    async fn reactivate_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: ReactivateMemberInput,
    ) -> Result<ReactivateMemberPayload> {
        let by = asking(Caller::of(ctx)?)?;
        on_member!(ctx, Members, input, Command::Reactivate { by })
    }

    /// Ends a membership, or takes an invitation back. The last owner cannot be removed.
    async fn remove_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and why.")] input: RemoveMemberInput,
    ) -> Result<RemoveMemberPayload> {
        let (reason, by) = (input.reason.clone(), asking(Caller::of(ctx)?)?);
        on_member!(ctx, Members, input, Command::Remove { reason, by })
    }

    /// Takes the caller into automatic assignment, or out of it.
    async fn set_my_availability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In or out.")] input: SetMyAvailabilityInput,
    ) -> Result<SetMyAvailabilityPayload> {
        let available = input.available;
        let caller = Caller::of(ctx)?;
        let own = match caller.principal.user() {
            Some(user) => caller.app.bus.membership_of(caller.tenant(), user).await,
            None => Ok(None),
        };
        let Some((id, _)) = own.map_err(Fault::unavailable)? else {
            let error = user_error("MEMBER_NOT_FOUND", "the caller is no member of the tenant");
            return Ok(Payload::failed(error, input.client_mutation_id));
        };
        let answer = mutation::answer::<Aggregate, _, _>;
        let body = Command::SetAvailability { available };
        answer(ctx, Capability::Settings, &input, Target::Known(id), |_| body).await
    }

    /// Says how many conversations a member takes at once.
    async fn set_member_capacity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and how many.")] input: SetMemberCapacityInput,
    ) -> Result<SetMemberCapacityPayload> {
        let capacity = input.capacity;
        on_member!(ctx, Supervise, input, Command::SetCapacity { capacity })
    }

    /// Says what a member is good at.
    async fn set_member_skills(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and what.")] input: SetMemberSkillsInput,
    ) -> Result<SetMemberSkillsPayload> {
        let skills: BTreeSet<_> = input.skills.iter().cloned().collect();
        on_member!(ctx, Supervise, input, Command::SetSkills { skills })
    }
}
