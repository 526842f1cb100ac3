//! Commands and events of a membership.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Personal, Role, TenantId, UserId};

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberStatus {
    /// Was asked, and has not answered.
    Invited,
    /// Works here.
    Active,
    /// Kept out for a while.
    Suspended,
    /// Gone; may come again.
    Removed,
}

/// Commands of a membership. `by` is the role of the member who asks; nobody's when the
/// installation's operator or a registration does. Only an owner makes or unmakes an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MembershipCommand {
    /// Asks somebody by e-mail. Again while invited: the former invitation is void.
    Invite {
        /// E-mail address; once per tenant.
        email: Personal<String>,
        /// What they will be.
        role: Role,
        /// SHA-256 of the invitation's text, 64 hex digits.
        token_hash: String,
        /// When the invitation ends; in the future.
        expires_at: DateTime<Utc>,
        /// Role of who asks.
        by: Option<Role>,
    },
    /// The one who was invited accepts.
    Accept {
        /// The user; once per tenant.
        user: UserId,
        /// E-mail address of the user; the one that was invited.
        email: Personal<String>,
        /// Name of the user.
        name: Personal<String>,
    },
    /// Makes a user a member without asking.
    Add {
        /// The user; once per tenant.
        user: UserId,
        /// E-mail address of the user.
        email: Personal<String>,
        /// Name of the user.
        name: Personal<String>,
        /// What they will be.
        role: Role,
        /// Role of who asks.
        by: Option<Role>,
    },
    /// Gives another role.
    ChangeRole {
        /// The role.
        role: Role,
        /// Role of who asks.
        by: Option<Role>,
    },
    /// Keeps an active member out.
    Suspend {
        /// Why, for the record; 1–500 characters.
        reason: Option<String>,
        /// Role of who asks.
        by: Option<Role>,
    },
    /// Lets a suspended member in again.
    Reactivate {
        /// Role of who asks.
        by: Option<Role>,
    },
    /// Ends the membership, or takes the invitation back.
    Remove {
        /// Why, for the record; 1–500 characters.
        reason: Option<String>,
        /// Role of who asks.
        by: Option<Role>,
    },
    /// The user has another name.
    Rename {
        /// Name, 1–120 characters.
        name: Personal<String>,
    },
    /// Takes part in automatic assignment, or not.
    SetAvailability {
        /// Takes part.
        available: bool,
    },
    /// How many conversations the member takes at once.
    SetCapacity {
        /// 0–200.
        capacity: u32,
    },
    /// What the member is good at, for assignment.
    SetSkills {
        /// At most 20, each 1–40 characters; case does not matter.
        skills: BTreeSet<String>,
    },
}

/// Events of a membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name
pub enum MembershipEvent {
    /// `tenant` and `membership` (its own id) make the owner texts of the claims; `replaces` is
    /// the hash of the invitation that is void now.
    MemberInvited {
        tenant: TenantId,
        membership: Uuid,
        email: Personal<String>,
        role: Role,
        token_hash: String,
        expires_at: DateTime<Utc>,
        replaces: Option<String>,
    },
    InvitationAccepted {
        user: UserId,
        name: Personal<String>,
        role: Role,
    },
    /// `replaces` is the hash of the invitation that is void now.
    MemberAdded {
        tenant: TenantId,
        membership: Uuid,
        user: UserId,
        email: Personal<String>,
        name: Personal<String>,
        role: Role,
        replaces: Option<String>,
    },
    MemberRoleChanged {
        from: Role,
        to: Role,
    },
    MemberSuspended {
        reason: Option<String>,
    },
    MemberReactivated,
    /// `was` is where the member stood; `revokes` the hash of an invitation that is void now.
    MemberRemoved {
        was: MemberStatus,
        revokes: Option<String>,
        reason: Option<String>,
    },
    MemberRenamed {
        name: Personal<String>,
    },
    MemberAvailabilityChanged {
        available: bool,
    },
    MemberCapacityChanged {
        capacity: u32,
    },
    MemberSkillsChanged {
        skills: BTreeSet<String>,
    },
}

impl DomainEvent for MembershipEvent {
    fn event_type(&self) -> String {
        match self {
            Self::MemberInvited { .. } => "MemberInvited",
            Self::InvitationAccepted { .. } => "InvitationAccepted",
            Self::MemberAdded { .. } => "MemberAdded",
            Self::MemberRoleChanged { .. } => "MemberRoleChanged",
            Self::MemberSuspended { .. } => "MemberSuspended",
            Self::MemberReactivated => "MemberReactivated",
            Self::MemberRemoved { .. } => "MemberRemoved",
            Self::MemberRenamed { .. } => "MemberRenamed",
            Self::MemberAvailabilityChanged { .. } => "MemberAvailabilityChanged",
            Self::MemberCapacityChanged { .. } => "MemberCapacityChanged",
            Self::MemberSkillsChanged { .. } => "MemberSkillsChanged",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
