//! State, claims and tallies of a membership.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::refusal::MembershipRefusal;
use super::vocabulary::{MemberStatus, MembershipCommand, MembershipEvent};
use super::{DEFAULT_CAPACITY, EMAIL_CLAIM, INVITATION_CLAIM, USER_CLAIM};
use crate::{Claim, Directed, DomainAggregate, Meter, Personal, Role, Tally, TenantId, UserId};

/// An invitation that may be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Invitation {
    pub(super) token_hash: String,
    pub(super) expires_at: DateTime<Utc>,
}

/// Who it is, since the first invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) tenant: TenantId,
    pub(super) membership: Uuid,
    pub(super) email: Personal<String>,
    pub(super) user: Option<UserId>,
    pub(super) role: Role,
    pub(super) status: MemberStatus,
    pub(super) invitation: Option<Invitation>,
    pub(super) available: bool,
    pub(super) capacity: u32,
    pub(super) skills: BTreeSet<String>,
}

/// What a person is for a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// `None` before anybody was invited or added.
    pub(super) profile: Option<Profile>,
}

impl Aggregate for Membership {
    const TYPE: &'static str = "membership";
    type Command = Directed<MembershipCommand>;
    type Event = MembershipEvent;
    type Error = MembershipRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        use MembershipEvent as E;
        match event {
            E::MemberInvited {
                tenant, membership, email, role, token_hash, expires_at, ..
            } => {
                // Who was removed and is invited again stays the same person.
                let user = self.profile.take().and_then(|before| before.user);
                self.profile = Some(Profile {
                    status: MemberStatus::Invited,
                    invitation: Some(Invitation { token_hash, expires_at }),
                    user,
                    ..fresh(tenant, membership, email, role)
                });
            }
            E::MemberAdded { tenant, membership, user, email, role, .. } => {
                let profile = fresh(tenant, membership, email, role);
                self.profile = Some(Profile { user: Some(user), ..profile });
            }
            E::InvitationAccepted { .. }
            | E::MemberRoleChanged { .. }
            | E::MemberSuspended { .. }
            | E::MemberReactivated
            | E::MemberRemoved { .. }
            | E::MemberRenamed { .. }
            | E::MemberAvailabilityChanged { .. }
            | E::MemberCapacityChanged { .. }
            | E::MemberSkillsChanged { .. } => {
                if let Some(profile) = &mut self.profile {
                    profile.change(event);
                }
            }
        }
    }
}

/// An active member with what is given to everybody.
fn fresh(tenant: TenantId, membership: Uuid, email: Personal<String>, role: Role) -> Profile {
    Profile {
        tenant,
        membership,
        email,
        user: None,
        role,
        status: MemberStatus::Active,
        invitation: None,
        available: true,
        capacity: DEFAULT_CAPACITY,
        skills: BTreeSet::new(),
    }
}

impl Profile {
    fn change(&mut self, event: MembershipEvent) {
        use MembershipEvent as E;
        match event {
            E::InvitationAccepted { user, .. } => {
                // The invitation stays, so that accepting it again is the same acceptance.
                (self.user, self.status) = (Some(user), MemberStatus::Active);
            }
            E::MemberRoleChanged { to, .. } => self.role = to,
            E::MemberSuspended { .. } => self.status = MemberStatus::Suspended,
            E::MemberReactivated => self.status = MemberStatus::Active,
            E::MemberRemoved { .. } => {
                self.status = MemberStatus::Removed;
                self.invitation = None;
            }
            E::MemberAvailabilityChanged { available } => self.available = available,
            E::MemberCapacityChanged { capacity } => self.capacity = capacity,
            E::MemberSkillsChanged { skills } => self.skills = skills,
            // The name is for the read side alone.
            E::MemberRenamed { .. } | E::MemberInvited { .. } | E::MemberAdded { .. } => {}
        }
    }

    /// Becoming active counts, and ceasing to be; owners are counted besides.
    fn tally(&self, count: fn(Meter) -> Tally) -> Vec<Tally> {
        let owner = (self.role == Role::Owner).then(|| count(Meter::Owners));
        std::iter::once(count(Meter::Users)).chain(owner).collect()
    }

    fn invitation_claim(&self, hash: &str) -> Claim {
        let owner = format!("{}/{}", self.tenant, self.membership);
        Claim::take(INVITATION_CLAIM, hash, owner).installation_wide()
    }

    fn email_claim(&self) -> Option<Claim> {
        self.email.reveal().map(|email| Claim::take(EMAIL_CLAIM, email, self.membership))
    }

    fn user_claim(&self) -> Option<Claim> {
        self.user.map(|user| Claim::take(USER_CLAIM, user.to_string(), self.membership))
    }

    fn claims(&self, event: &MembershipEvent) -> Vec<Claim> {
        use MembershipEvent as E;
        let void = |hash: &Option<String>| {
            hash.as_ref().map(|hash| given_back(self.invitation_claim(hash)))
        };
        let claims = match event {
            E::MemberInvited { token_hash, replaces, .. } => {
                [void(replaces), Some(self.invitation_claim(token_hash)), self.email_claim()]
            }
            E::InvitationAccepted { .. } => [self.user_claim(), None, None],
            E::MemberAdded { replaces, .. } => {
                [void(replaces), self.user_claim(), self.email_claim()]
            }
            E::MemberRemoved { revokes, .. } => [
                void(revokes),
                self.user_claim().map(given_back),
                self.email_claim().map(given_back),
            ],
            E::MemberRoleChanged { .. }
            | E::MemberSuspended { .. }
            | E::MemberReactivated
            | E::MemberRenamed { .. }
            | E::MemberAvailabilityChanged { .. }
            | E::MemberCapacityChanged { .. }
            | E::MemberSkillsChanged { .. } => [None, None, None],
        };
        claims.into_iter().flatten().collect()
    }
}

fn given_back(claim: Claim) -> Claim {
    Claim { op: crate::ClaimOp::Release, ..claim }
}

impl Membership {
    /// Where the member stands; `None` before anybody was invited.
    pub fn status(&self) -> Option<MemberStatus> {
        self.profile.as_ref().map(|profile| profile.status)
    }

    /// What the member is; of an active one, what they may do.
    pub fn role(&self) -> Option<Role> {
        self.profile.as_ref().map(|profile| profile.role)
    }

    /// The role of an active member: nobody else may do anything.
    pub fn active_role(&self) -> Option<Role> {
        let active = |profile: &&Profile| profile.status == MemberStatus::Active;
        self.profile.as_ref().filter(active).map(|profile| profile.role)
    }

    /// The user, once there is one.
    pub fn user(&self) -> Option<UserId> {
        self.profile.as_ref()?.user
    }

    /// The e-mail address that was invited or added, in lower case.
    pub fn email(&self) -> Option<&Personal<String>> {
        self.profile.as_ref().map(|profile| &profile.email)
    }

    /// Conversations that the member takes at once.
    pub fn capacity(&self) -> u32 {
        self.profile.as_ref().map_or(0, |profile| profile.capacity)
    }

    /// May the invitation of this hash be accepted at `now`?
    pub fn is_invited(&self, token_hash: &str, now: DateTime<Utc>) -> bool {
        let Some(profile) = &self.profile else { return false };
        let good = |found: &Invitation| found.token_hash == token_hash && now < found.expires_at;
        profile.status == MemberStatus::Invited && profile.invitation.as_ref().is_some_and(good)
    }
}

impl DomainAggregate for Membership {
    type Body = MembershipCommand;
    type Refusal = MembershipRefusal;
    const EVENT_TYPES: &'static [&'static str] = &[
        "MemberInvited",
        "InvitationAccepted",
        "MemberAdded",
        "MemberRoleChanged",
        "MemberSuspended",
        "MemberReactivated",
        "MemberRemoved",
        "MemberRenamed",
        "MemberAvailabilityChanged",
        "MemberCapacityChanged",
        "MemberSkillsChanged",
    ];
    const STATE_SCHEMA: u32 = 1;

    fn decide(
        &self,
        of: &Directed<()>,
        body: Self::Body,
    ) -> Result<Vec<Self::Event>, Self::Refusal> {
        self.answer(of, body)
    }

    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        self.profile.as_ref().map(|profile| profile.claims(event)).unwrap_or_default()
    }

    fn tallies(&self, event: &Self::Event) -> Vec<Tally> {
        use MembershipEvent as E;
        let Some(profile) = &self.profile else { return Vec::new() };
        let active = profile.status == MemberStatus::Active;
        match event {
            E::InvitationAccepted { .. } | E::MemberAdded { .. } | E::MemberReactivated => {
                profile.tally(Tally::one)
            }
            E::MemberSuspended { .. } | E::MemberRemoved { was: MemberStatus::Active, .. } => {
                profile.tally(Tally::give_back)
            }
            E::MemberRoleChanged { to: Role::Owner, .. } if active => {
                vec![Tally::one(Meter::Owners)]
            }
            E::MemberRoleChanged { from: Role::Owner, .. } if active => {
                vec![Tally::give_back(Meter::Owners)]
            }
            E::MemberInvited { .. }
            | E::MemberRoleChanged { .. }
            | E::MemberRemoved { .. }
            | E::MemberRenamed { .. }
            | E::MemberAvailabilityChanged { .. }
            | E::MemberCapacityChanged { .. }
            | E::MemberSkillsChanged { .. } => Vec::new(),
        }
    }
}
