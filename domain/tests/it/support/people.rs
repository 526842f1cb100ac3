//! Samples of the aggregates of people.

use bitacora_domain::aggregates::api_key::{ApiKey, ApiKeyEvent};
use bitacora_domain::aggregates::membership::{MemberStatus, Membership, MembershipEvent};
use bitacora_domain::aggregates::user::{User, UserEvent};
use bitacora_domain::{Capability, Personal, Role, Subject, UserId};

use super::ids::{AGENT, STREAM, TENANT, minute};
use super::samples::{Sample, Sampled, state_without};

/// The hash of the `n`-th secret.
pub(crate) fn hash(n: u8) -> String {
    format!("{n:064x}")
}

/// Something personal of a user.
pub(crate) fn of_user(user: UserId, text: &str) -> Personal<String> {
    Personal::new(Subject::user(user), text.to_owned())
}

/// Something personal of whoever was invited by the stream.
pub(crate) fn of_invitee(text: &str) -> Personal<String> {
    Personal::new(Subject::invitee(STREAM), text.to_owned())
}

impl Sampled for User {
    fn samples() -> Vec<Sample<Self>> {
        let user = UserId::new(STREAM);
        let email = of_user(user, "ines@optica.test");
        vec![
            (None, UserEvent::UserRegistered { user, email, name: of_user(user, "Inés Roca") }),
            (None, UserEvent::UserRenamed { name: of_user(user, "Inés R.") }),
            (None, UserEvent::UserDisabled { reason: Some("Lo pidió".to_owned()) }),
            (None, UserEvent::UserEnabled),
        ]
    }
    fn full_state() -> Self {
        state_without(&["UserEnabled"])
    }
}

impl Sampled for Membership {
    fn samples() -> Vec<Sample<Self>> {
        use MembershipEvent as E;
        let invited = |n, replaces| E::MemberInvited {
            tenant: TENANT,
            membership: STREAM,
            email: of_invitee("ines@optica.test"),
            role: Role::Agent,
            token_hash: hash(n),
            expires_at: minute(10_080),
            replaces,
        };
        let added = E::MemberAdded {
            tenant: TENANT,
            membership: STREAM,
            user: AGENT,
            email: of_user(AGENT, "ines@optica.test"),
            name: of_user(AGENT, "Inés Roca"),
            role: Role::Owner,
            replaces: None,
        };
        let reason = Some("Vacaciones".to_owned());
        let revokes = Some(hash(2));
        let name = || of_user(AGENT, "Inés Roca");
        vec![
            (None, added),
            (None, invited(1, None)),
            (Some("again"), invited(2, Some(hash(1)))),
            (None, E::InvitationAccepted { user: AGENT, name: name(), role: Role::Agent }),
            (None, E::MemberRoleChanged { from: Role::Agent, to: Role::Supervisor }),
            (None, E::MemberRenamed { name: name() }),
            (None, E::MemberAvailabilityChanged { available: false }),
            (None, E::MemberCapacityChanged { capacity: 4 }),
            (None, E::MemberSkillsChanged { skills: ["lentes".to_owned()].into() }),
            (None, E::MemberSuspended { reason: reason.clone() }),
            (None, E::MemberReactivated),
            (None, E::MemberRemoved { was: MemberStatus::Active, revokes, reason }),
        ]
    }
    fn full_state() -> Self {
        state_without(&["MemberSuspended", "MemberRemoved"])
    }
}

impl Sampled for ApiKey {
    fn samples() -> Vec<Sample<Self>> {
        let issued = |expires_at| ApiKeyEvent::ApiKeyIssued {
            tenant: TENANT,
            key: STREAM,
            name: "ERP".to_owned(),
            scopes: [Capability::Read, Capability::Work].into(),
            key_hash: hash(1),
            prefix: "bk_live_ab12".to_owned(),
            expires_at,
        };
        vec![
            (None, issued(Some(minute(60)))),
            (Some("for_ever"), issued(None)),
            (None, ApiKeyEvent::ApiKeyRevoked { reason: Some("Se fue".to_owned()) }),
        ]
    }
    fn full_state() -> Self {
        state_without(&[])
    }
}
