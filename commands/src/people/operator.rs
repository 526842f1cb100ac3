//! What whoever operates the installation does with people: no password of theirs is asked.

use bitacora_domain::aggregates::membership::{
    self, MemberStatus, Membership, MembershipCommand as Command,
};
use bitacora_domain::aggregates::user::{EMAIL_CLAIM, User, UserCommand};
use bitacora_domain::{Actor, CommandId, Personal, Role, Subject, TenantId, UserId, text};
use uuid::Uuid;

use super::{People, PeopleError, password};

/// Somebody who shall be a member.
#[derive(Clone)]
pub struct NewMember {
    /// Of which tenant.
    pub tenant: TenantId,
    /// E-mail address.
    pub email: String,
    /// Name; of a user who is known already, the known one stays.
    pub name: String,
    /// Password; of a user who is known already, the known one stays.
    pub password: String,
    /// As what.
    pub role: Role,
}

impl People {
    /// Sees to it that there is such a user, and that it is an active member. Again changes
    /// nothing; the role of an active member stays.
    ///
    /// # Errors
    /// What the rules say, or that something does not answer.
    pub async fn ensure_member(&self, new: NewMember) -> Result<UserId, PeopleError> {
        password::check(&new.password)?;
        let (user, state) = self.ensure_user(&new).await?;
        let NewMember { tenant, role, .. } = new;
        self.credentials().add_place(user, tenant).await?;
        let email = state.email().cloned().ok_or(PeopleError::BadCredentials)?;
        let name = state.name().cloned().ok_or(PeopleError::BadCredentials)?;
        let address = email.reveal().map_or("", String::as_str);
        let found = self.member_by_email(tenant, address).await?;
        let status = found.as_ref().and_then(|(_, member)| member.status());
        let id = found.map_or_else(|| membership::id_of(tenant, user), |(id, _)| id);
        let body = match status {
            Some(MemberStatus::Active) => return Ok(user),
            Some(MemberStatus::Suspended) => Command::Reactivate { by: None },
            Some(MemberStatus::Invited | MemberStatus::Removed) | None => {
                Command::Add { user, email, name, role, by: None }
            }
        };
        self.change_member(tenant, id, body).await?;
        Ok(user)
    }

    /// Gives a membership a command in the operator's name.
    ///
    /// # Errors
    /// What the rules say, or that something does not answer.
    pub async fn change_member(
        &self,
        tenant: TenantId,
        membership: Uuid,
        body: Command,
    ) -> Result<(), PeopleError> {
        let actor = Actor::system("cli");
        let command = self.fresh();
        self.execute::<Membership>(tenant, &actor, command, membership, body).await.map(drop)
    }

    /// Another password for the user of this address; ends all logins.
    ///
    /// # Errors
    /// `USER_NOT_FOUND`, [`PeopleError::WeakPassword`], or that something does not answer.
    pub async fn reset_password(&self, email: &str, next: &str) -> Result<UserId, PeopleError> {
        password::check(next)?;
        let address = text::email(email).unwrap_or_default();
        let user = self.user_by_email(&address).await?.ok_or_else(|| PeopleError::Refused {
            code: "USER_NOT_FOUND",
            message: "there is no user with this e-mail address".to_owned(),
        })?;
        self.replace_password(user, next, None).await?;
        Ok(user)
    }

    /// The user who has this e-mail address, in any case.
    ///
    /// # Errors
    /// When the log does not answer.
    pub async fn user_called(&self, email: &str) -> Result<Option<UserId>, PeopleError> {
        self.user_by_email(&text::email(email).unwrap_or_default()).await
    }

    async fn user_by_email(&self, address: &str) -> Result<Option<UserId>, PeopleError> {
        let owner = self.bus().log().installation_owner(EMAIL_CLAIM, address).await?;
        Ok(owner.and_then(|owner| owner.owner.parse().ok()))
    }

    async fn ensure_user(&self, new: &NewMember) -> Result<(UserId, User), PeopleError> {
        let address = text::email(&new.email).unwrap_or_default();
        let user = match self.user_by_email(&address).await? {
            Some(user) => user,
            None => {
                let command = CommandId::from_fact(&format!("operator:user:{address}"));
                let user = UserId::new(command.derive("user"));
                let subject = Subject::user(user);
                let body = UserCommand::Register {
                    email: Personal::new(subject.clone(), address),
                    name: Personal::new(subject, new.name.clone()),
                };
                let hashed = self.0.hasher.hash(&new.password, self.0.random.secret()?).await?;
                let now = self.bus().clock().now();
                self.credentials().set_password(user, &hashed, now).await?;
                let actor = Actor::system("cli");
                let id = user.as_uuid();
                self.execute::<User>(TenantId::SYSTEM, &actor, command, id, body).await?;
                user
            }
        };
        let loaded = self.bus().load::<User>(TenantId::SYSTEM, &user.to_string()).await?;
        let (state, _) = loaded.ok_or_else(|| PeopleError::Internal("no user".to_owned()))?;
        Ok((user, state))
    }
}
