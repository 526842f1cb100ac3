//! State, decisions and claims of a contact.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::refusal::ContactRefusal;
use super::vocabulary::{ContactCommand, ContactEvent, Identity, OptOutCategory};
use crate::text::trimmed;
use crate::{Claim, ContactId, Directed, DomainAggregate, Meter, Personal, Tally};

/// Kind of the claim on an identity; its owner text is the contact's id.
const IDENTITY_CLAIM: &str = "contact.identity";
/// Most identities of a contact.
const IDENTITIES_MAX: usize = 50;
/// Longest name, in characters.
const NAME_MAX: usize = 200;
/// Longest text on how an opt-out was said, in characters.
const MEANS_MAX: usize = 40;

/// What the contact last said about a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Preference {
    opted_out: bool,
    at: DateTime<Utc>,
}

/// A person that the business talks to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// `None` before it is registered.
    id: Option<ContactId>,
    name: Option<Personal<String>>,
    /// In the order in which they were added; canonical.
    identities: Vec<Identity>,
    preferences: BTreeMap<OptOutCategory, Preference>,
}

type Decision = Result<Vec<ContactEvent>, ContactRefusal>;

impl Aggregate for Contact {
    const TYPE: &'static str = "contact";
    type Command = Directed<ContactCommand>;
    type Event = ContactEvent;
    type Error = ContactRefusal;
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
        use ContactEvent as E;
        match event {
            E::ContactCreated { contact, name } => {
                self.id = Some(contact);
                self.name = name;
            }
            E::ContactIdentityAdded { identity } => self.identities.push(identity),
            E::ContactRenamed { name } => self.name = Some(name),
            E::ContactOptedOut { category, at, .. } => {
                self.preferences.insert(category, Preference { opted_out: true, at });
            }
            E::ContactOptedIn { category, at, .. } => {
                self.preferences.insert(category, Preference { opted_out: false, at });
            }
        }
    }
}

impl Contact {
    /// The name, once known.
    pub fn name(&self) -> Option<&Personal<String>> {
        self.name.as_ref()
    }

    /// Its identities, in canonical form and in the order in which they were added.
    pub fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// Did the contact opt out of this category? Asks about the category alone: whoever opted
    /// out of [`OptOutCategory::All`] need not have opted out of another.
    pub fn has_opted_out(&self, category: OptOutCategory) -> bool {
        self.preferences.get(&category).is_some_and(|preference| preference.opted_out)
    }

    fn answer(&self, of: &Directed<()>, body: ContactCommand) -> Decision {
        use ContactCommand as C;
        match body {
            C::Register { identities, name } => self.register(of, &identities, name),
            C::AddIdentity { identity } => {
                self.exists()?;
                self.added(std::slice::from_ref(&identity))
            }
            C::Rename { name } => {
                self.exists()?;
                let text = name.reveal().and_then(|name| trimmed(name, NAME_MAX));
                let text = text.ok_or(ContactRefusal::InvalidName)?;
                let name = name.map(|_| text);
                if self.name.as_ref() == Some(&name) {
                    return Ok(vec![]);
                }
                Ok(vec![ContactEvent::ContactRenamed { name }])
            }
            C::OptOut { category, by, at } => {
                let by = self.said(&by)?;
                Ok(if self.is_news(category, true, at) {
                    vec![ContactEvent::ContactOptedOut { category, by, at }]
                } else {
                    vec![]
                })
            }
            C::OptIn { category, by, at } => {
                let by = self.said(&by)?;
                Ok(if self.is_news(category, false, at) {
                    vec![ContactEvent::ContactOptedIn { category, by, at }]
                } else {
                    vec![]
                })
            }
        }
    }

    /// Registering comes from webhooks too, where nobody could mend a name: one that is too
    /// long is cut, a blank one is none.
    fn register(
        &self,
        of: &Directed<()>,
        identities: &[Identity],
        name: Option<Personal<String>>,
    ) -> Decision {
        let name = name.and_then(cut);
        if self.id.is_some() {
            let renamed = name.filter(|_| self.name.is_none());
            let renamed = renamed.map(|name| ContactEvent::ContactRenamed { name });
            return Ok(self.added(identities)?.into_iter().chain(renamed).collect());
        }
        if identities.is_empty() {
            return Err(ContactRefusal::IdentityRequired);
        }
        let contact = of.aggregate_id.parse().map_err(|_| ContactRefusal::InvalidId)?;
        let created = ContactEvent::ContactCreated { contact, name };
        Ok([created].into_iter().chain(self.added(identities)?).collect())
    }

    /// The identities that are new, each once, in canonical form.
    fn added(&self, identities: &[Identity]) -> Decision {
        let mut new: Vec<Identity> = Vec::new();
        for identity in identities {
            let identity = identity.canonical()?;
            let same = |other: &Identity| {
                other.kind == identity.kind && other.value.reveal() == identity.value.reveal()
            };
            if self.identities.iter().any(same) || new.iter().any(same) {
                continue;
            }
            if self.identities.len() + new.len() >= IDENTITIES_MAX {
                return Err(ContactRefusal::TooManyIdentities);
            }
            new.push(identity);
        }
        Ok(new
            .into_iter()
            .map(|identity| ContactEvent::ContactIdentityAdded { identity })
            .collect())
    }

    fn exists(&self) -> Result<(), ContactRefusal> {
        if self.id.is_some() { Ok(()) } else { Err(ContactRefusal::NotFound) }
    }

    fn said(&self, by: &str) -> Result<String, ContactRefusal> {
        self.exists()?;
        trimmed(by, MEANS_MAX).ok_or(ContactRefusal::InvalidMeans)
    }

    /// Webhooks may come in any order: what was said before the last word is no news.
    fn is_news(&self, category: OptOutCategory, opted_out: bool, at: DateTime<Utc>) -> bool {
        self.preferences
            .get(&category)
            .map_or(opted_out, |last| last.opted_out != opted_out && at >= last.at)
    }
}

/// The name without white space around it and not longer than allowed; `None` when blank or
/// hidden.
fn cut(name: Personal<String>) -> Option<Personal<String>> {
    let text: String = name.reveal()?.trim().chars().take(NAME_MAX).collect();
    trimmed(&text, NAME_MAX).map(|text| name.map(|_| text))
}

impl DomainAggregate for Contact {
    type Body = ContactCommand;
    type Refusal = ContactRefusal;
    const EVENT_TYPES: &'static [&'static str] = &[
        "ContactCreated",
        "ContactIdentityAdded",
        "ContactRenamed",
        "ContactOptedOut",
        "ContactOptedIn",
    ];
    const STATE_SCHEMA: u32 = 1;

    fn decide(&self, of: &Directed<()>, body: Self::Body) -> Decision {
        self.answer(of, body)
    }

    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        use ContactEvent as E;
        match event {
            E::ContactIdentityAdded { identity } => {
                let owned = self.id.zip(identity.key());
                owned.map(|(id, key)| Claim::take(IDENTITY_CLAIM, key, id)).into_iter().collect()
            }
            E::ContactCreated { .. }
            | E::ContactRenamed { .. }
            | E::ContactOptedOut { .. }
            | E::ContactOptedIn { .. } => Vec::new(),
        }
    }
    fn tallies(&self, event: &Self::Event) -> Vec<Tally> {
        use ContactEvent as E;
        match event {
            E::ContactCreated { .. } => vec![Tally::one(Meter::Contacts)],
            E::ContactIdentityAdded { .. }
            | E::ContactRenamed { .. }
            | E::ContactOptedOut { .. }
            | E::ContactOptedIn { .. } => Vec::new(),
        }
    }
}
