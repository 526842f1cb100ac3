//! Who is a member of a tenant.

use bitacora_domain::aggregates::membership::{EMAIL_CLAIM, Membership, USER_CLAIM};
use bitacora_domain::{Role, TenantId, UserId};
use uuid::Uuid;

use super::tokens::{self, Minted};
use super::{People, PeopleError};
use crate::CommandBus;
use crate::bus::LoadError;
use crate::ports::LogError;

/// A member to whom work can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveMember {
    /// The user.
    pub user: UserId,
    /// Id of the membership.
    pub membership: Uuid,
    /// What the member is.
    pub role: Role,
    /// Conversations that the member takes at once.
    pub capacity: u32,
}

/// Why work cannot be given to somebody.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MemberError {
    /// No member of this tenant.
    #[error("there is no such member")]
    NotFound,
    /// Invited, suspended or gone.
    #[error("the member is not active")]
    NotActive,
    /// Members of this role do not work in conversations.
    #[error("a member with the role {} does not work in conversations", .0.as_str())]
    CannotWork(Role),
    /// Nobody could tell; trying again may work.
    #[error(transparent)]
    Unavailable(#[from] LogError),
    /// The membership cannot be decoded.
    #[error("the membership cannot be read: {0}")]
    Unreadable(String),
}

impl MemberError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "MEMBER_NOT_FOUND",
            Self::NotActive => "MEMBER_NOT_ACTIVE",
            Self::CannotWork(_) => "MEMBER_CANNOT_WORK",
            Self::Unavailable(_) => "LOG_UNAVAILABLE",
            Self::Unreadable(_) => "STREAM_UNREADABLE",
        }
    }

    /// Is it a refusal, and no failure to find out?
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::NotFound | Self::NotActive | Self::CannotWork(_) => true,
            Self::Unavailable(_) | Self::Unreadable(_) => false,
        }
    }
}

impl From<LoadError> for MemberError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Log(error) => error.into(),
            LoadError::Unreadable(error) => Self::Unreadable(error.to_string()),
        }
    }
}

impl CommandBus {
    /// The member, if work can be given to them: active, and of a role that works in
    /// conversations. As the log has it now.
    ///
    /// # Errors
    /// See [`MemberError`].
    pub async fn require_active_member(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<ActiveMember, MemberError> {
        let found = self.membership_of(tenant, user).await?;
        let (membership, state) = found.ok_or(MemberError::NotFound)?;
        let role = state.active_role().ok_or(MemberError::NotActive)?;
        if !role.can_be_assigned() {
            return Err(MemberError::CannotWork(role));
        }
        Ok(ActiveMember { user, membership, role, capacity: state.capacity() })
    }

    /// The membership of a user, and its id.
    ///
    /// # Errors
    /// When the log does not answer or the stream cannot be read.
    pub async fn membership_of(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<(Uuid, Membership)>, LoadError> {
        self.membership_by(tenant, USER_CLAIM, &user.to_string()).await
    }

    pub(crate) async fn active_role(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Role>, LoadError> {
        Ok(self.membership_of(tenant, user).await?.and_then(|(_, state)| state.active_role()))
    }

    async fn membership_by(
        &self,
        tenant: TenantId,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<(Uuid, Membership)>, LoadError> {
        let owner = self.log().owner(tenant, kind, key).await?;
        let Some(id) = owner.and_then(|owner| owner.owner.parse::<Uuid>().ok()) else {
            return Ok(None);
        };
        let loaded = self.load::<Membership>(tenant, &id.to_string()).await?;
        Ok(loaded.map(|(state, _)| (id, state)))
    }
}

impl People {
    /// The membership of whoever has this e-mail address (in lower case), and its id.
    ///
    /// # Errors
    /// When the log does not answer or the stream cannot be read.
    pub async fn member_by_email(
        &self,
        tenant: TenantId,
        email: &str,
    ) -> Result<Option<(Uuid, Membership)>, PeopleError> {
        Ok(self.bus().membership_by(tenant, EMAIL_CLAIM, email).await?)
    }

    /// A fresh invitation for the address (in lower case), and the id of the membership that it
    /// is for.
    ///
    /// # Errors
    /// When the log does not answer, or there is no randomness.
    pub async fn mint_invitation(
        &self,
        tenant: TenantId,
        email: &str,
    ) -> Result<(Uuid, Minted), PeopleError> {
        let minted = tokens::invitation(self.bus().key(), self.0.random.secret()?);
        let known = self.member_by_email(tenant, email).await?;
        let id = known.map_or_else(|| self.invited_id(tenant, email), |(id, _)| id);
        Ok((id, minted))
    }

    /// The membership of somebody who is no user yet: it follows from the address, under the
    /// installation's key, so that nobody can try addresses.
    fn invited_id(&self, tenant: TenantId, email: &str) -> Uuid {
        let tag = self.bus().key().tag("invited", &[email.as_bytes()]);
        tenant.derive(&format!("invited:{}", hex::encode(tag)))
    }
}

/// Tenant and id of an owner text `<tenant uuid>/<uuid>`.
pub(super) fn pair(owner: &str) -> Option<(TenantId, Uuid)> {
    let (tenant, id) = owner.split_once('/')?;
    Some((tenant.parse().ok()?, id.parse().ok()?))
}
