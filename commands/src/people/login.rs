//! Logging in, staying in, leaving.

use bitacora_domain::aggregates::membership::{INVITATION_CLAIM, Membership, MembershipCommand};
use bitacora_domain::aggregates::tenant::{SLUG_CLAIM, Tenant};
use bitacora_domain::aggregates::user::{EMAIL_CLAIM, User};
use bitacora_domain::{Actor, ActorKind, CommandId, Role, TenantId, UserId, text};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::tokens::{Refresh, invitation_hash};
use super::{People, PeopleError, Workplace, members, password};
use crate::ports::{NewSession, Rotation, RotationRequest};

/// How long a refresh token is good; each use gives a new one.
const REFRESH_FOR: TimeDelta = TimeDelta::days(30);
/// Longest name of a client that is kept, in characters.
const USER_AGENT_MAX: usize = 200;

/// Somebody at the door.
#[derive(Clone)]
pub struct Login {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Short name or id of the tenant; needed by members of several.
    pub tenant: Option<String>,
    /// An invitation to accept on the way in.
    pub invitation: Option<String>,
    /// The client's name of itself.
    pub user_agent: Option<String>,
}

/// A login that began or went on.
#[derive(Clone)]
pub struct Opened {
    /// Id of the login.
    pub session: Uuid,
    /// Who.
    pub user: UserId,
    /// For which tenant.
    pub tenant: TenantId,
    /// As what.
    pub role: Role,
    /// Buys the next tokens, once.
    pub refresh_token: String,
    /// When it ends unused.
    pub refresh_expires_at: DateTime<Utc>,
}

impl People {
    /// Lets somebody in.
    ///
    /// # Errors
    /// [`PeopleError::BadCredentials`] whatever of the two is wrong, after the same time.
    pub async fn login(&self, login: Login) -> Result<Opened, PeopleError> {
        let (user, state) = self.recognise(&login.email, &login.password).await?;
        let tenant = match (&login.invitation, &login.tenant) {
            (Some(invitation), _) => self.accept(invitation, user, &state).await?,
            (None, Some(name)) => {
                self.tenant_called(name).await?.ok_or(PeopleError::NoMembership)?
            }
            (None, None) => self.only_workplace(user).await?,
        };
        let role = self.bus().active_role(tenant, user).await?;
        let role = role.ok_or(PeopleError::NoMembership)?;
        self.open(user, tenant, role, login.user_agent).await
    }

    /// Hands in a refresh token for the next one. One that was handed in before ends the login:
    /// two have it, and nobody can tell who is the thief. So a client refreshes one at a time,
    /// and logs in again when it never saw the answer.
    ///
    /// # Errors
    /// [`PeopleError::SessionEnded`] for every token that is not good.
    pub async fn refresh(&self, token: &str) -> Result<Opened, PeopleError> {
        let key = self.bus().key();
        let old = Refresh::parse(key, token).ok_or(PeopleError::SessionEnded)?;
        let now = self.bus().clock().now();
        let role = self.may_refresh(old.session, now).await?;
        let next = Refresh {
            session: old.session,
            generation: old.generation.saturating_add(1),
            secret: self.0.random.secret()?,
        };
        let expires_at = now + REFRESH_FOR;
        let request = RotationRequest {
            session: old.session,
            generation: old.generation,
            presented: old.hash(),
            next: next.hash(),
            now,
            expires_at,
        };
        let (user, tenant) = match self.credentials().rotate(request).await? {
            Rotation::Done { user, tenant } => (user, tenant),
            Rotation::Reused { user } => {
                self.0.standings.forget(old.session);
                tracing::warn!(%user, session = %old.session, "a refresh token was used twice");
                metrics::counter!("bitacora_refresh_reused_total").increment(1);
                return Err(PeopleError::SessionEnded);
            }
            Rotation::Ended => return Err(PeopleError::SessionEnded),
        };
        // Somebody who was kept out may be back.
        self.0.standings.forget(old.session);
        Ok(Opened {
            session: old.session,
            user,
            tenant,
            role,
            refresh_token: next.text(key),
            refresh_expires_at: expires_at,
        })
    }

    /// The role that goes on. Asked before the token is spent: a token that was spent on an
    /// answer that never came would end the login when it is tried again.
    async fn may_refresh(&self, session: Uuid, now: DateTime<Utc>) -> Result<Role, PeopleError> {
        let found = self.credentials().session(session, now).await?;
        let found = found.filter(|it| it.live).ok_or(PeopleError::SessionEnded)?;
        let role = self.present_role(found.tenant, found.user).await?;
        role.ok_or(PeopleError::SessionEnded)
    }

    /// Ends the login of a refresh token, an old one too; whoever has none has nothing to end.
    ///
    /// # Errors
    /// When the credentials do not answer.
    pub async fn logout(&self, token: &str) -> Result<(), PeopleError> {
        let Some(old) = Refresh::parse(self.bus().key(), token) else { return Ok(()) };
        let now = self.bus().clock().now();
        self.credentials().revoke_session(old.session, "logout", now).await?;
        self.0.standings.forget(old.session);
        Ok(())
    }

    /// Another password for somebody who knows the present one; ends all other logins.
    ///
    /// # Errors
    /// [`PeopleError::BadCredentials`] when the present one is wrong.
    pub async fn change_password(
        &self,
        user: UserId,
        session: Option<Uuid>,
        (present, next): (&str, &str),
    ) -> Result<(), PeopleError> {
        password::check(next)?;
        let hashed = self.credentials().password(user).await?;
        if !self.0.hasher.verify(present, hashed).await? {
            return Err(PeopleError::BadCredentials);
        }
        self.replace_password(user, next, session).await
    }

    pub(super) async fn replace_password(
        &self,
        user: UserId,
        next: &str,
        session: Option<Uuid>,
    ) -> Result<(), PeopleError> {
        let now = self.bus().clock().now();
        let hashed = self.0.hasher.hash(next, self.0.random.secret()?).await?;
        self.credentials().set_password(user, &hashed, now).await?;
        self.credentials().revoke_sessions(user, session, "password", now).await?;
        Ok(())
    }

    /// Who has this address and this password. The same work is done whether there is such a
    /// user or not.
    async fn recognise(&self, email: &str, word: &str) -> Result<(UserId, User), PeopleError> {
        let address = text::email(email).unwrap_or_default();
        let owner = self.bus().log().installation_owner(EMAIL_CLAIM, &address).await?;
        let user = owner.and_then(|owner| owner.owner.parse().ok());
        let user = user.unwrap_or(UserId::new(Uuid::nil()));
        let known = self.bus().load::<User>(TenantId::SYSTEM, &user.to_string()).await?;
        let hashed = self.credentials().password(user).await?;
        let right = self.0.hasher.verify(word, hashed).await?;
        match known {
            Some((state, _)) if right && state.is_enabled() => Ok((user, state)),
            Some(_) | None => Err(PeopleError::BadCredentials),
        }
    }

    /// Makes the user a member by an invitation; again changes nothing.
    pub(super) async fn accept(
        &self,
        invitation: &str,
        user: UserId,
        state: &User,
    ) -> Result<TenantId, PeopleError> {
        let (tenant, membership, hash) = self.invitation(invitation).await?;
        let name = state.name().cloned().ok_or(PeopleError::BadCredentials)?;
        let email = state.email().cloned().ok_or(PeopleError::BadCredentials)?;
        self.credentials().add_place(user, tenant).await?;
        let command = CommandId::from_fact(&format!("invitation:{hash}:{user}"));
        let body = MembershipCommand::Accept { user, email, name };
        let actor = Actor::new(ActorKind::User, user.to_string());
        self.execute::<Membership>(tenant, &actor, command, membership, body).await?;
        Ok(tenant)
    }

    /// Tenant and membership of an invitation, and the hash under which it is known.
    pub(super) async fn invitation(
        &self,
        text: &str,
    ) -> Result<(TenantId, Uuid, String), PeopleError> {
        let hash = invitation_hash(self.bus().key(), text).ok_or_else(PeopleError::invitation)?;
        let owner = self.bus().log().installation_owner(INVITATION_CLAIM, &hash).await?;
        let found = owner.and_then(|owner| members::pair(&owner.owner));
        let (tenant, membership) = found.ok_or_else(PeopleError::invitation)?;
        Ok((tenant, membership, hash))
    }

    /// Begins a login.
    pub(super) async fn open(
        &self,
        user: UserId,
        tenant: TenantId,
        role: Role,
        user_agent: Option<String>,
    ) -> Result<Opened, PeopleError> {
        let (now, session) = (self.bus().clock().now(), self.bus().clock().fresh_id());
        let token = Refresh { session, generation: 0, secret: self.0.random.secret()? };
        let expires_at = now + REFRESH_FOR;
        let shortened = user_agent.map(|name| name.chars().take(USER_AGENT_MAX).collect());
        let new = NewSession {
            id: session,
            user,
            tenant,
            token_hash: token.hash(),
            now,
            expires_at,
            user_agent: shortened,
        };
        self.credentials().open_session(new).await?;
        let refresh_token = token.text(self.bus().key());
        Ok(Opened { session, user, tenant, role, refresh_token, refresh_expires_at: expires_at })
    }

    async fn tenant_called(&self, name: &str) -> Result<Option<TenantId>, PeopleError> {
        if let Ok(id) = name.parse() {
            return Ok(Some(id));
        }
        let owner = self.bus().log().installation_owner(SLUG_CLAIM, name).await?;
        Ok(owner.map(|owner| owner.tenant))
    }

    async fn only_workplace(&self, user: UserId) -> Result<TenantId, PeopleError> {
        let mut found = Vec::new();
        for tenant in self.credentials().places(user).await? {
            if self.bus().active_role(tenant, user).await?.is_some() {
                found.push(tenant);
            }
        }
        match found.as_slice() {
            [] => Err(PeopleError::NoMembership),
            [tenant] => Ok(*tenant),
            several => Err(PeopleError::TenantRequired(self.workplaces(several).await?)),
        }
    }

    async fn workplaces(&self, tenants: &[TenantId]) -> Result<Vec<Workplace>, PeopleError> {
        let mut places = Vec::with_capacity(tenants.len());
        for tenant in tenants {
            let loaded = self.bus().load::<Tenant>(*tenant, &tenant.to_string()).await?;
            let Some((state, _)) = loaded else { continue };
            places.push(Workplace {
                tenant: *tenant,
                slug: state.slug().unwrap_or_default().to_owned(),
                name: state.name().unwrap_or_default().to_owned(),
            });
        }
        Ok(places)
    }
}
