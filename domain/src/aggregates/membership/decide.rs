//! Decisions of a membership.

use std::collections::BTreeSet;

use super::handle::{Membership, Profile};
use super::refusal::MembershipRefusal as Refusal;
use super::vocabulary::{MemberStatus as Status, MembershipCommand, MembershipEvent as Event};
use crate::text::{email, trimmed};
use crate::{Directed, Personal, Role, Subject, UserId};

/// Longest name, in characters.
const NAME_MAX: usize = 120;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;
/// Most conversations that somebody takes at once.
const CAPACITY_MAX: u32 = 200;
/// Most skills.
const SKILLS_MAX: usize = 20;
/// Longest skill, in characters.
const SKILL_MAX: usize = 40;

type Decision = Result<Vec<Event>, Refusal>;

impl Membership {
    pub(super) fn answer(&self, of: &Directed<()>, body: MembershipCommand) -> Decision {
        use MembershipCommand as C;
        match (body, &self.profile) {
            (C::Invite { email, role, token_hash, expires_at, by }, _) => {
                let soon = of.now < expires_at;
                let hashed = token_hash.len() == 64
                    && token_hash.bytes().all(|byte| byte.is_ascii_hexdigit());
                if !(soon && hashed) {
                    return Err(Refusal::InvalidInvitation);
                }
                let invited = self.invite(of, &email, role, by)?;
                let (tenant, membership) = (of.tenant, own_id(of)?);
                let (email, replaces) = invited;
                Ok(vec![Event::MemberInvited {
                    tenant,
                    membership,
                    email,
                    role,
                    token_hash,
                    expires_at,
                    replaces,
                }])
            }
            (C::Add { user, email, name, role, by }, _) => {
                self.add(of, (user, &email, &name), role, by)
            }
            (_, None) => Err(Refusal::NotFound),
            (C::Accept { user, email, name }, Some(profile)) => {
                profile.accept(of, user, &email, &name)
            }
            (C::ChangeRole { role, by }, Some(profile)) => profile.change_role(role, by),
            (C::Suspend { reason, by }, Some(profile)) => profile.suspend(reason, by),
            (C::Reactivate { by }, Some(profile)) => profile.reactivate(by),
            (C::Remove { reason, by }, Some(profile)) => profile.remove(reason, by),
            (C::Rename { name }, Some(profile)) => profile.rename(&name),
            (C::SetAvailability { available }, Some(profile)) => profile.set(
                profile.available == available,
                Event::MemberAvailabilityChanged { available },
            ),
            (C::SetCapacity { capacity }, Some(profile)) if capacity <= CAPACITY_MAX => {
                profile.set(profile.capacity == capacity, Event::MemberCapacityChanged { capacity })
            }
            (C::SetCapacity { .. }, Some(_)) => Err(Refusal::InvalidCapacity),
            (C::SetSkills { skills }, Some(profile)) => {
                let skills = canonical(&skills)?;
                profile.set(profile.skills == skills, Event::MemberSkillsChanged { skills })
            }
        }
    }

    /// The address as it is kept, and the hash of the invitation that is void from now on.
    fn invite(
        &self,
        of: &Directed<()>,
        address: &Personal<String>,
        role: Role,
        by: Option<Role>,
    ) -> Result<(Personal<String>, Option<String>), Refusal> {
        let address = addressed(of, None, address)?;
        may_touch(by, &[role])?;
        let Some(profile) = &self.profile else { return Ok((address, None)) };
        match profile.status {
            Status::Invited if profile.email.reveal() == address.reveal() => {
                may_touch(by, &[profile.role])?;
                let former = profile.invitation.as_ref();
                Ok((address, former.map(|invitation| invitation.token_hash.clone())))
            }
            Status::Removed => Ok((address, None)),
            Status::Invited | Status::Active | Status::Suspended => Err(Refusal::AlreadyMember),
        }
    }

    fn add(
        &self,
        of: &Directed<()>,
        (user, address, name): (UserId, &Personal<String>, &Personal<String>),
        role: Role,
        by: Option<Role>,
    ) -> Decision {
        let (email, name) = (addressed(of, Some(user), address)?, named(user, name)?);
        may_touch(by, &[role])?;
        let mut replaces = None;
        if let Some(profile) = &self.profile {
            let same = profile.user == Some(user) && profile.role == role;
            match profile.status {
                Status::Active if same => return Ok(vec![]),
                Status::Active | Status::Suspended => return Err(Refusal::AlreadyMember),
                Status::Invited if profile.email.reveal() != email.reveal() => {
                    return Err(Refusal::AlreadyMember);
                }
                Status::Invited => {
                    may_touch(by, &[profile.role])?;
                    let former = profile.invitation.as_ref();
                    replaces = former.map(|invitation| invitation.token_hash.clone());
                }
                Status::Removed => {}
            }
        }
        let (tenant, membership) = (of.tenant, own_id(of)?);
        Ok(vec![Event::MemberAdded { tenant, membership, user, email, name, role, replaces }])
    }
}

impl Profile {
    fn accept(
        &self,
        of: &Directed<()>,
        user: UserId,
        address: &Personal<String>,
        name: &Personal<String>,
    ) -> Decision {
        match self.status {
            Status::Active if self.user == Some(user) => return Ok(vec![]),
            Status::Active | Status::Suspended => return Err(Refusal::AlreadyMember),
            Status::Removed => return Err(Refusal::InvitationInvalid),
            Status::Invited => {}
        }
        let address = addressed(of, Some(user), address)?;
        let invitation = self.invitation.as_ref().filter(|found| of.now < found.expires_at);
        let invitation = invitation.filter(|_| address.reveal() == self.email.reveal());
        invitation.ok_or(Refusal::InvitationInvalid)?;
        let (name, role) = (named(user, name)?, self.role);
        Ok(vec![Event::InvitationAccepted { user, name, role }])
    }

    fn change_role(&self, role: Role, by: Option<Role>) -> Decision {
        self.is_here()?;
        if role == self.role {
            return Ok(vec![]);
        }
        may_touch(by, &[self.role, role])?;
        Ok(vec![Event::MemberRoleChanged { from: self.role, to: role }])
    }

    fn suspend(&self, reason: Option<String>, by: Option<Role>) -> Decision {
        self.is_here()?;
        match self.status {
            Status::Active => {
                may_touch(by, &[self.role])?;
                Ok(vec![Event::MemberSuspended { reason: checked(reason)? }])
            }
            Status::Suspended => Ok(vec![]),
            Status::Invited | Status::Removed => Err(Refusal::NotActive),
        }
    }

    fn reactivate(&self, by: Option<Role>) -> Decision {
        self.is_here()?;
        match self.status {
            Status::Suspended => {
                may_touch(by, &[self.role])?;
                Ok(vec![Event::MemberReactivated])
            }
            Status::Active => Ok(vec![]),
            Status::Invited | Status::Removed => Err(Refusal::NotSuspended),
        }
    }

    fn remove(&self, reason: Option<String>, by: Option<Role>) -> Decision {
        if self.status == Status::Removed {
            return Ok(vec![]);
        }
        may_touch(by, &[self.role])?;
        let revokes = self.invitation.as_ref().map(|invitation| invitation.token_hash.clone());
        Ok(vec![Event::MemberRemoved { was: self.status, revokes, reason: checked(reason)? }])
    }

    /// Whatever the standing: a name is what it is. Renaming to the same name is harmless.
    fn rename(&self, name: &Personal<String>) -> Decision {
        match self.user {
            Some(user) => Ok(vec![Event::MemberRenamed { name: named(user, name)? }]),
            None => Err(Refusal::NotActive),
        }
    }

    /// `event`, of an active member, unless it is so already.
    fn set(&self, so_already: bool, event: Event) -> Decision {
        self.is_here()?;
        match self.status {
            Status::Active if so_already => Ok(vec![]),
            Status::Active => Ok(vec![event]),
            Status::Invited | Status::Suspended | Status::Removed => Err(Refusal::NotActive),
        }
    }

    fn is_here(&self) -> Result<(), Refusal> {
        if self.status == Status::Removed { Err(Refusal::Removed) } else { Ok(()) }
    }
}

/// Only an owner makes or unmakes an owner; whoever operates the installation may do all.
fn may_touch(by: Option<Role>, roles: &[Role]) -> Result<(), Refusal> {
    let owner = by.is_none_or(|by| by == Role::Owner);
    if !owner && roles.contains(&Role::Owner) { Err(Refusal::OwnerRequired) } else { Ok(()) }
}

fn own_id(of: &Directed<()>) -> Result<uuid::Uuid, Refusal> {
    of.aggregate_id.parse().map_err(|_| Refusal::InvalidId)
}

fn addressed(
    of: &Directed<()>,
    user: Option<UserId>,
    address: &Personal<String>,
) -> Result<Personal<String>, Refusal> {
    let address = address.reveal().and_then(|text| email(text)).ok_or(Refusal::InvalidEmail)?;
    let subject = match user {
        Some(user) => Subject::user(user),
        None => Subject::invitee(own_id(of)?),
    };
    Ok(Personal::new(subject, address))
}

fn named(user: UserId, name: &Personal<String>) -> Result<Personal<String>, Refusal> {
    let name = name.reveal().and_then(|text| trimmed(text, NAME_MAX));
    Ok(Personal::new(Subject::user(user), name.ok_or(Refusal::InvalidName)?))
}

fn checked(reason: Option<String>) -> Result<Option<String>, Refusal> {
    let reason = reason.map(|text| trimmed(&text, REASON_MAX));
    reason.map(|text| text.ok_or(Refusal::InvalidReason)).transpose()
}

fn canonical(skills: &BTreeSet<String>) -> Result<BTreeSet<String>, Refusal> {
    let skills = skills.iter().map(|skill| trimmed(&skill.to_lowercase(), SKILL_MAX));
    let skills = skills.collect::<Option<BTreeSet<_>>>().ok_or(Refusal::InvalidSkills)?;
    if skills.len() > SKILLS_MAX { Err(Refusal::InvalidSkills) } else { Ok(skills) }
}
