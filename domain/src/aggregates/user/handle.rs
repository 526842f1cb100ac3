//! State, decisions and claims of a user.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::EMAIL_CLAIM;
use super::refusal::UserRefusal;
use super::vocabulary::{UserCommand, UserEvent};
use crate::text::{email, trimmed};
use crate::{Claim, Directed, DomainAggregate, Personal, Subject, UserId};

/// Longest name, in characters.
const NAME_MAX: usize = 120;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// Who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Profile {
    user: UserId,
    email: Personal<String>,
    name: Personal<String>,
}

/// A person who can log in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `None` before it is registered.
    profile: Option<Profile>,
    disabled: bool,
}

type Decision = Result<Vec<UserEvent>, UserRefusal>;

impl Aggregate for User {
    const TYPE: &'static str = "user";
    type Command = Directed<UserCommand>;
    type Event = UserEvent;
    type Error = UserRefusal;
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
        use UserEvent as E;
        match event {
            E::UserRegistered { user, email, name } => {
                self.profile = Some(Profile { user, email, name });
            }
            E::UserRenamed { name } => {
                if let Some(profile) = &mut self.profile {
                    profile.name = name;
                }
            }
            E::UserDisabled { .. } => self.disabled = true,
            E::UserEnabled => self.disabled = false,
        }
    }
}

impl User {
    /// Registered, and not locked out?
    pub const fn is_enabled(&self) -> bool {
        self.profile.is_some() && !self.disabled
    }

    /// Its e-mail address, in lower case.
    pub fn email(&self) -> Option<&Personal<String>> {
        self.profile.as_ref().map(|profile| &profile.email)
    }

    /// Its name.
    pub fn name(&self) -> Option<&Personal<String>> {
        self.profile.as_ref().map(|profile| &profile.name)
    }

    fn answer(&self, of: &Directed<()>, body: UserCommand) -> Decision {
        use UserCommand as C;
        let Some(profile) = &self.profile else { return register(of, body) };
        match body {
            C::Register { .. } => match register(of, body)?.as_slice() {
                [UserEvent::UserRegistered { email, .. }] if *email == profile.email => Ok(vec![]),
                _ => Err(UserRefusal::AlreadyRegistered),
            },
            C::Rename { name } => {
                let name = named(profile.user, &name)?;
                let same = name == profile.name;
                Ok(if same { vec![] } else { vec![UserEvent::UserRenamed { name }] })
            }
            C::Disable { .. } if self.disabled => Ok(vec![]),
            C::Disable { reason } => {
                let reason = reason
                    .map(|text| trimmed(&text, REASON_MAX))
                    .map(|reason| reason.ok_or(UserRefusal::InvalidReason));
                Ok(vec![UserEvent::UserDisabled { reason: reason.transpose()? }])
            }
            C::Enable if self.disabled => Ok(vec![UserEvent::UserEnabled]),
            C::Enable => Ok(vec![]),
        }
    }
}

fn register(of: &Directed<()>, body: UserCommand) -> Decision {
    let UserCommand::Register { email: address, name } = body else {
        return Err(UserRefusal::NotFound);
    };
    let user = of.aggregate_id.parse().map_err(|_| UserRefusal::InvalidId)?;
    let address = address.reveal().and_then(|text| email(text));
    let address = address.ok_or(UserRefusal::InvalidEmail)?;
    Ok(vec![UserEvent::UserRegistered {
        user,
        email: Personal::new(Subject::user(user), address),
        name: named(user, &name)?,
    }])
}

fn named(user: UserId, name: &Personal<String>) -> Result<Personal<String>, UserRefusal> {
    let name = name.reveal().and_then(|text| trimmed(text, NAME_MAX));
    Ok(Personal::new(Subject::user(user), name.ok_or(UserRefusal::InvalidName)?))
}

impl DomainAggregate for User {
    type Body = UserCommand;
    type Refusal = UserRefusal;
    const EVENT_TYPES: &'static [&'static str] =
        &["UserRegistered", "UserRenamed", "UserDisabled", "UserEnabled"];
    const STATE_SCHEMA: u32 = 1;

    fn decide(&self, of: &Directed<()>, body: Self::Body) -> Decision {
        self.answer(of, body)
    }

    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        use UserEvent as E;
        match event {
            E::UserRegistered { user, email, .. } => email
                .reveal()
                .map(|email| Claim::take(EMAIL_CLAIM, email, user).installation_wide())
                .into_iter()
                .collect(),
            // A disabled user keeps the address: it may be enabled again.
            E::UserRenamed { .. } | E::UserDisabled { .. } | E::UserEnabled => Vec::new(),
        }
    }
}
