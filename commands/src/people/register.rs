//! Registering: a user, and either a business of its own or a place in another's.
//!
//! Every step has an id that follows from the caller's idempotency key and e-mail address, so a
//! retry after a crash goes on where the first attempt ended.

use bitacora_domain::aggregates::membership::{self, Membership, MembershipCommand};
use bitacora_domain::aggregates::tenant::{Plan, SLUG_CLAIM, Tenant, TenantCommand};
use bitacora_domain::aggregates::user::{EMAIL_CLAIM, User, UserCommand};
use bitacora_domain::{
    Actor, ActorKind, CommandId, Directed, DomainAggregate, Personal, Role, Subject, TenantId,
    UserId, text,
};
use uuid::Uuid;

use super::{Opened, People, PeopleError, password};

/// Namespace of commands that follow from a registration's idempotency key.
const NAMESPACE: Uuid = Uuid::from_u128(0x9a3d_11f0_5c2e_4f6b_9d7a_2be4_08c1_77d5);

/// Where a new user will work.
#[derive(Clone, Debug)]
pub enum Joining {
    /// In a business of their own, as its owner.
    Business {
        /// Name of the business.
        name: String,
        /// Short name of the business, unique.
        slug: String,
        /// IANA time zone.
        time_zone: String,
    },
    /// Where the invitation is from, as what it says.
    Invitation(String),
}

/// Somebody new.
#[derive(Clone)]
pub struct Registration {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Name.
    pub name: String,
    /// Where they will work.
    pub joining: Joining,
    /// Key under which a retry goes on; the same password is needed.
    pub idempotency_key: Option<String>,
    /// The client's name of itself.
    pub user_agent: Option<String>,
}

impl People {
    /// Registers a user and logs them in.
    ///
    /// # Errors
    /// `EMAIL_TAKEN`, `SLUG_TAKEN`, `INVITATION_INVALID`, `LIMIT_REACHED`, what is wrong with the
    /// input, or that something does not answer.
    pub async fn register(&self, new: Registration) -> Result<Opened, PeopleError> {
        password::check(&new.password)?;
        let email = text::email(&new.email).ok_or_else(invalid_email)?;
        let command = self.command(new.idempotency_key.as_deref(), &email);
        let user = UserId::new(command.derive("user"));
        let subject = Subject::user(user);
        let body = UserCommand::Register {
            email: Personal::new(subject.clone(), email.clone()),
            name: Personal::new(subject, new.name.clone()),
        };
        self.would_do::<User>(TenantId::SYSTEM, command, user.as_uuid(), body.clone())?;
        self.check_joining(command, &email, &new.joining).await?;
        self.require_free(EMAIL_CLAIM, &email, &user.to_string()).await?;

        // The row first: without its event it means nothing, and it is never overwritten.
        self.keep_password(user, &new.password).await?;
        let actor = Actor::new(ActorKind::User, user.to_string());
        let step = command.step("user");
        self.execute::<User>(TenantId::SYSTEM, &actor, step, user.as_uuid(), body).await?;
        let loaded = self.bus().load::<User>(TenantId::SYSTEM, &user.to_string()).await?;
        let (state, _) = loaded.ok_or_else(|| PeopleError::Internal("no user".to_owned()))?;
        let tenant = match new.joining {
            Joining::Invitation(invitation) => self.accept(&invitation, user, &state).await?,
            Joining::Business { name, slug, time_zone } => {
                let tenant = business(command, &slug);
                let body = TenantCommand::Register { name, slug, plan: Plan::Free, time_zone };
                self.found(command, tenant, (user, &state), body).await?;
                tenant
            }
        };
        let role = self.bus().active_role(tenant, user).await?;
        self.open(user, tenant, role.ok_or(PeopleError::NoMembership)?, new.user_agent).await
    }

    fn command(&self, key: Option<&str>, email: &str) -> CommandId {
        let named =
            |key| CommandId::new(Uuid::new_v5(&NAMESPACE, format!("{key}\n{email}").as_bytes()));
        key.map_or_else(|| self.fresh(), named)
    }

    /// Everything that can be known to be wrong before anything is written.
    async fn check_joining(
        &self,
        command: CommandId,
        email: &str,
        joining: &Joining,
    ) -> Result<(), PeopleError> {
        match joining {
            Joining::Business { name, slug, time_zone } => {
                let tenant = business(command, slug);
                let body = TenantCommand::Register {
                    name: name.clone(),
                    slug: slug.clone(),
                    plan: Plan::Free,
                    time_zone: time_zone.clone(),
                };
                self.would_do::<Tenant>(tenant, command, tenant.as_uuid(), body)?;
                self.require_free(SLUG_CLAIM, slug, &tenant.to_string()).await
            }
            Joining::Invitation(invitation) => {
                let (tenant, id, hash) = self.invitation(invitation).await?;
                let loaded = self.bus().load::<Membership>(tenant, &id.to_string()).await?;
                let (state, _) = loaded.ok_or_else(PeopleError::invitation)?;
                let own = state.email().and_then(Personal::reveal).is_some_and(|it| it == email);
                let again = state.user() == Some(UserId::new(command.derive("user")));
                let open = state.is_invited(&hash, self.bus().clock().now());
                if own && (open || again) { Ok(()) } else { Err(PeopleError::invitation()) }
            }
        }
    }

    /// What a new aggregate says to the command, without giving it.
    fn would_do<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        command_id: CommandId,
        id: Uuid,
        body: A::Body,
    ) -> Result<(), PeopleError> {
        let of = Directed {
            tenant,
            aggregate_id: id.to_string(),
            command_id,
            actor: Actor::system("people"),
            now: self.bus().clock().now(),
            body: (),
        };
        let said = A::default().decide(&of, body);
        said.map(drop).map_err(|refusal| PeopleError::refused(&refusal))
    }

    async fn require_free(
        &self,
        kind: &'static str,
        key: &str,
        own: &str,
    ) -> Result<(), PeopleError> {
        let owner = self.bus().log().installation_owner(kind, key).await?;
        match owner {
            Some(owner) if owner.owner != own => Err(PeopleError::taken(kind)),
            Some(_) | None => Ok(()),
        }
    }

    /// Keeps the password; a retry must know it.
    async fn keep_password(&self, user: UserId, word: &str) -> Result<(), PeopleError> {
        let now = self.bus().clock().now();
        let hashed = self.0.hasher.hash(word, self.0.random.secret()?).await?;
        if self.credentials().keep_password(user, &hashed, now).await? {
            return Ok(());
        }
        let kept = self.credentials().password(user).await?;
        if self.0.hasher.verify(word, kept).await? {
            return Ok(());
        }
        let message = "this idempotency key was used for another request".to_owned();
        Err(PeopleError::Refused { code: "IDEMPOTENCY_MISMATCH", message })
    }

    /// Makes the business and its owner.
    async fn found(
        &self,
        command: CommandId,
        tenant: TenantId,
        (user, state): (UserId, &User),
        body: TenantCommand,
    ) -> Result<(), PeopleError> {
        let actor = Actor::new(ActorKind::User, user.to_string());
        // A tenant lives in one lane for ever, from its first event on.
        self.bus().log().assign_lane(tenant).await?;
        let step = command.step("tenant");
        self.execute::<Tenant>(tenant, &actor, step, tenant.as_uuid(), body).await?;
        self.credentials().add_place(user, tenant).await?;
        let (email, name) = (state.email().cloned(), state.name().cloned());
        let (email, name) = email.zip(name).ok_or(PeopleError::BadCredentials)?;
        let body = MembershipCommand::Add { user, email, name, role: Role::Owner, by: None };
        let id = membership::id_of(tenant, user);
        self.execute::<Membership>(tenant, &actor, command.step("owner"), id, body).await?;
        Ok(())
    }
}

/// The tenant that a registration makes. Another short name makes another one: a retry may
/// choose one that is not taken.
fn business(command: CommandId, slug: &str) -> TenantId {
    TenantId::new(command.derive(&format!("tenant:{slug}")))
}

fn invalid_email() -> PeopleError {
    let message = "this is not an e-mail address".to_owned();
    PeopleError::Refused { code: "INVALID_EMAIL", message }
}
