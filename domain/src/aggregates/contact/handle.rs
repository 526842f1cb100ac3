//! State, decisions and claims of a contact.

use std::collections::BTreeMap;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::preferences::{Said, is_late};
use super::refusal::ContactRefusal;
use super::vocabulary::{
    ConsentScope, ContactCommand, ContactEvent, Identity, OptOutCategory, Revealing,
};
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

/// A person that the business talks to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// `None` before it is registered.
    id: Option<ContactId>,
    name: Option<Personal<String>>,
    /// In the order in which they were added; canonical.
    identities: Vec<Identity>,
    /// What they opted out of: yes is out.
    opt_outs: BTreeMap<OptOutCategory, Said>,
    consents: BTreeMap<ConsentScope, Said>,
    /// On the do-not-call list.
    dnc: Option<Said>,
    /// Why it is shown although it came by a lead; `None` while it is not.
    revealed: Option<Revealing>,
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
            E::ContactOptedOut { category, at, late: false, .. } => {
                self.opt_outs.insert(category, Said { yes: true, at });
            }
            E::ContactOptedIn { category, at, late: false, .. } => {
                self.opt_outs.insert(category, Said { yes: false, at });
            }
            E::ContactConsentRecorded { scope, at, late: false, .. } => {
                self.consents.insert(scope, Said { yes: true, at });
            }
            E::ContactConsentWithdrawn { scope, at, late: false, .. } => {
                self.consents.insert(scope, Said { yes: false, at });
            }
            E::ContactAddedToDnc { at, late: false, .. } => self.dnc = Some(Said { yes: true, at }),
            E::ContactRemovedFromDnc { at, late: false, .. } => {
                self.dnc = Some(Said { yes: false, at });
            }
            E::ContactOptedOut { late: true, .. }
            | E::ContactOptedIn { late: true, .. }
            | E::ContactConsentRecorded { late: true, .. }
            | E::ContactConsentWithdrawn { late: true, .. }
            | E::ContactAddedToDnc { late: true, .. }
            | E::ContactRemovedFromDnc { late: true, .. } => {}
            E::ContactRevealed { because, .. } => self.revealed = Some(because),
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
        self.opt_outs.get(&category).is_some_and(|said| said.yes)
    }

    /// Did they agree to it, and not take that back?
    pub fn consents_to(&self, scope: ConsentScope) -> bool {
        self.consents.get(&scope).is_some_and(|said| said.yes)
    }

    /// Are they on the do-not-call list?
    pub fn is_on_dnc(&self) -> bool {
        self.dnc.is_some_and(|said| said.yes)
    }

    /// Is it known by a lead alone, and may nobody see who it is?
    pub fn is_hidden(&self) -> bool {
        self.revealed.is_none() && self.id.is_some_and(ContactId::came_by_lead)
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
            C::OptOut { .. }
            | C::OptIn { .. }
            | C::RecordConsent { .. }
            | C::WithdrawConsent { .. }
            | C::AddToDnc { .. }
            | C::RemoveFromDnc { .. } => self.told(body),
            C::Reveal { because } => self.reveal(because),
        }
    }

    /// What they want, or allow, was said. Not wanting and not allowing are the careful words.
    fn told(&self, body: ContactCommand) -> Decision {
        use ContactCommand as C;
        use ContactEvent as E;
        let event =
            match body {
                C::Register { .. }
                | C::AddIdentity { .. }
                | C::Rename { .. }
                | C::Reveal { .. } => None,
                C::OptOut { category, by, at } => {
                    let (by, last) = (self.said(&by)?, self.opt_outs.get(&category));
                    is_late(last, Said { yes: true, at }, true).map(|late| E::ContactOptedOut {
                        category,
                        by,
                        at,
                        late,
                    })
                }
                C::OptIn { category, by, at } => {
                    let (by, last) = (self.said(&by)?, self.opt_outs.get(&category));
                    is_late(last, Said { yes: false, at }, true).map(|late| E::ContactOptedIn {
                        category,
                        by,
                        at,
                        late,
                    })
                }
                C::RecordConsent { scope, by, at } => {
                    let (by, last) = (self.said(&by)?, self.consents.get(&scope));
                    is_late(last, Said { yes: true, at }, false)
                        .map(|late| E::ContactConsentRecorded { scope, by, at, late })
                }
                C::WithdrawConsent { scope, by, at } => {
                    let (by, last) = (self.said(&by)?, self.consents.get(&scope));
                    is_late(last, Said { yes: false, at }, false)
                        .map(|late| E::ContactConsentWithdrawn { scope, by, at, late })
                }
                C::AddToDnc { by, at } => {
                    let by = self.said(&by)?;
                    is_late(self.dnc.as_ref(), Said { yes: true, at }, true)
                        .map(|late| E::ContactAddedToDnc { by, at, late })
                }
                C::RemoveFromDnc { by, at } => {
                    let by = self.said(&by)?;
                    is_late(self.dnc.as_ref(), Said { yes: false, at }, true)
                        .map(|late| E::ContactRemovedFromDnc { by, at, late })
                }
            };
        Ok(event.into_iter().collect())
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

    /// Everything that nobody could see until now.
    fn reveal(&self, because: Revealing) -> Decision {
        self.exists()?;
        if !self.is_hidden() {
            return Ok(vec![]);
        }
        let (name, identities) = (self.name.clone(), self.identities.clone());
        Ok(vec![ContactEvent::ContactRevealed { because, name, identities }])
    }

    /// What came since a contact was revealed is told again as a whole: by itself it stays
    /// hidden in the read tables.
    fn shown_again(&self, events: &[ContactEvent]) -> Option<ContactEvent> {
        let because = self.revealed?;
        let (mut name, mut identities) = (self.name.clone(), self.identities.clone());
        let mut news = false;
        for event in events {
            if let ContactEvent::ContactIdentityAdded { identity } = event {
                identities.push(identity.clone());
                news = true;
            } else if let ContactEvent::ContactRenamed { name: other } = event {
                name = Some(other.clone());
                news = true;
            }
        }
        news.then_some(ContactEvent::ContactRevealed { because, name, identities })
    }

    fn exists(&self) -> Result<(), ContactRefusal> {
        if self.id.is_some() { Ok(()) } else { Err(ContactRefusal::NotFound) }
    }

    fn said(&self, by: &str) -> Result<String, ContactRefusal> {
        self.exists()?;
        trimmed(by, MEANS_MAX).ok_or(ContactRefusal::InvalidMeans)
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
        "ContactConsentRecorded",
        "ContactConsentWithdrawn",
        "ContactAddedToDnc",
        "ContactRemovedFromDnc",
        "ContactRevealed",
    ];
    const STATE_SCHEMA: u32 = 2;

    fn decide(&self, of: &Directed<()>, body: Self::Body) -> Decision {
        let mut events = self.answer(of, body)?;
        events.extend(self.shown_again(&events));
        Ok(events)
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
            | E::ContactOptedIn { .. }
            | E::ContactConsentRecorded { .. }
            | E::ContactConsentWithdrawn { .. }
            | E::ContactAddedToDnc { .. }
            | E::ContactRemovedFromDnc { .. }
            | E::ContactRevealed { .. } => Vec::new(),
        }
    }
    fn tallies(&self, event: &Self::Event) -> Vec<Tally> {
        use ContactEvent as E;
        match event {
            E::ContactCreated { .. } => vec![Tally::one(Meter::Contacts)],
            E::ContactIdentityAdded { .. }
            | E::ContactRenamed { .. }
            | E::ContactOptedOut { .. }
            | E::ContactOptedIn { .. }
            | E::ContactConsentRecorded { .. }
            | E::ContactConsentWithdrawn { .. }
            | E::ContactAddedToDnc { .. }
            | E::ContactRemovedFromDnc { .. }
            | E::ContactRevealed { .. } => Vec::new(),
        }
    }
}
