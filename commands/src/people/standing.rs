//! What a login is still good for.

use bitacora_domain::aggregates::user::User;
use bitacora_domain::{Role, TenantId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{People, PeopleError};
use crate::memory::Memory;

/// What is remembered of logins: the role of the one who logged in, or that it has ended.
pub(super) struct Standings(Memory<Uuid, Standing>);

/// What is known of a login.
#[derive(Clone, Copy)]
enum Standing {
    As(Role),
    Over,
}

impl Standings {
    pub(super) fn new(capacity: usize, ttl: TimeDelta) -> Self {
        Self(Memory::new(capacity, ttl))
    }
    /// The login has changed here: the next question looks.
    pub(super) fn forget(&self, session: Uuid) {
        self.0.forget(&session);
    }
    fn get(&self, session: Uuid, now: DateTime<Utc>) -> Option<Standing> {
        self.0.get(&session, now)
    }
}

impl People {
    /// The present role of whoever logged in, believed for two seconds; `None` when the login has
    /// ended, is another user's or tenant's, the user is locked out, or the membership is not
    /// active.
    ///
    /// # Errors
    /// When the log or the credentials do not answer.
    pub async fn standing(
        &self,
        session: Uuid,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Role>, PeopleError> {
        let now = self.bus().clock().now();
        match self.0.standings.get(session, now) {
            Some(Standing::As(role)) => return Ok(Some(role)),
            Some(Standing::Over) => return Ok(None),
            None => {}
        }
        let found = self.credentials().session(session, now).await?;
        let own = found.is_some_and(|it| it.live && it.user == user && it.tenant == tenant);
        let role = if own { self.present_role(tenant, user).await? } else { None };
        self.0.standings.0.put(session, role.map_or(Standing::Over, Standing::As), now);
        Ok(role)
    }

    /// The role of an active member who is not locked out of the installation.
    pub(super) async fn present_role(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Role>, PeopleError> {
        let known = self.bus().load::<User>(TenantId::SYSTEM, &user.to_string()).await?;
        if !known.is_some_and(|(user, _)| user.is_enabled()) {
            return Ok(None);
        }
        Ok(self.bus().active_role(tenant, user).await?)
    }
}
