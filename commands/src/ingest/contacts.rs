//! Which contact a person is.

use bitacora_domain::aggregates::contact::{Contact, ContactCommand, Identity, IdentityKind};
use bitacora_domain::{ContactId, Personal, Subject, TenantId};

use super::failure::Failure;
use super::job::Job;
use super::router::{ROUNDS, Router};
use crate::Envelope;
use crate::sources::{Person, PersonIdentity};

/// Kind of the claim on an identity; its owner text is the contact's id.
const IDENTITY_CLAIM: &str = "contact.identity";

impl Router {
    /// The contact that `person` is; registered, with whatever is new about them, when that is
    /// not known yet.
    pub(super) async fn contact(
        &self,
        job: &Job<'_>,
        person: &Person,
    ) -> Result<ContactId, Failure> {
        for _ in 0..ROUNDS {
            match self.try_contact(job, person).await {
                // somebody else registered one of the identities at this very moment
                Err(Failure::Reserved { .. }) => {}
                done => return done,
            }
        }
        Err(Failure::Passing("CONTACT_CONTENTION"))
    }

    /// The contact that `person` is, if anybody knows them.
    pub(super) async fn known_contact(
        &self,
        tenant: TenantId,
        person: &Person,
    ) -> Result<Option<ContactId>, Failure> {
        for identity in &person.identities {
            if let Some(contact) = self.owner_of(tenant, identity).await? {
                return Ok(Some(contact));
            }
        }
        Ok(None)
    }

    async fn try_contact(&self, job: &Job<'_>, person: &Person) -> Result<ContactId, Failure> {
        let tenant = job.tenant;
        let (mut known, mut new, mut own) = (None, Vec::new(), Vec::new());
        for identity in &person.identities {
            match self.owner_of(tenant, identity).await? {
                None => new.push(identity),
                Some(owner) if *known.get_or_insert(owner) == owner => own.push(identity),
                // Two contacts turn out to be one person: the first identity decides, and
                // merging them is for people.
                Some(_) => {}
            }
        }
        let first = person.identities.first().ok_or(Failure::Refused("NO_IDENTITY"))?;
        let contact = known.unwrap_or_else(|| ContactId::new(tenant.derive(&identity_key(first))));
        let named = self.is_news_about(tenant, contact, person);
        if known.is_some() && new.is_empty() && !named {
            return Ok(contact);
        }
        self.not_done_before(job).await?;
        own.append(&mut new);
        let subject = Subject::contact(contact);
        let body = ContactCommand::Register {
            identities: own.iter().map(|identity| personal(identity, &subject)).collect(),
            name: person.name.as_ref().map(|name| Personal::new(subject.clone(), name.clone())),
        };
        // A contact is made when we hear of them, whatever the fact's own time.
        let heard = Envelope { occurred_at: None, ..job.envelope_of(contact) };
        let envelope = heard.step("contact");
        let receipt = self.bus.execute::<Contact>(envelope, &contact.to_string(), body).await?;
        // A replay tells the contact of the first attempt.
        let contact = receipt
            .stream
            .aggregate_id
            .parse::<ContactId>()
            .map_err(|_| Failure::Stuck("CONTACT_ID"))?;
        self.remember_person(tenant, contact, &own, person.name.as_deref());
        Ok(contact)
    }

    /// Owner of an identity, remembered for a while. That nobody has it is never remembered.
    async fn owner_of(
        &self,
        tenant: TenantId,
        identity: &PersonIdentity,
    ) -> Result<Option<ContactId>, Failure> {
        let key = (tenant, identity_key(identity));
        let now = self.bus.clock().now();
        if let Some(contact) = self.contacts.get(&key, now) {
            return Ok(Some(contact));
        }
        let owner = self.bus.log().owner(tenant, IDENTITY_CLAIM, &key.1).await?;
        let contact = owner.and_then(|owner| owner.owner.parse::<ContactId>().ok());
        if let Some(contact) = contact {
            self.contacts.put(key, contact, now);
        }
        Ok(contact)
    }

    fn is_news_about(&self, tenant: TenantId, contact: ContactId, person: &Person) -> bool {
        let now = self.bus.clock().now();
        person.name.is_some() && self.names.get(&(tenant, contact), now) != person.name
    }

    fn remember_person(
        &self,
        tenant: TenantId,
        contact: ContactId,
        identities: &[&PersonIdentity],
        name: Option<&str>,
    ) {
        let now = self.bus.clock().now();
        for identity in identities {
            self.contacts.put((tenant, identity_key(identity)), contact, now);
        }
        if let Some(name) = name {
            self.names.put((tenant, contact), name.to_owned(), now);
        }
    }
}

/// Key of an identity's claim: `<kind>:<value>`.
fn identity_key((kind, value): &PersonIdentity) -> String {
    format!("{}:{value}", kind.as_str())
}

/// An identity as the contact keeps it.
pub(super) fn personal((kind, value): &(IdentityKind, String), subject: &Subject) -> Identity {
    Identity { kind: *kind, value: Personal::new(subject.clone(), value.clone()) }
}
