//! Which contact somebody is who filled in a form.

use bitacora_domain::aggregates::contact::{Contact, ContactCommand, Identity, IdentityKind};
use bitacora_domain::{ContactId, Personal, Subject, TenantId};

use super::{LeadFault, Leads, ROUNDS};
use crate::{CommandError, Envelope};

/// Kind of the claim on an identity; its owner text is the contact's id.
const IDENTITY_CLAIM: &str = "contact.identity";

/// Who told who somebody is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Teller {
    /// They themselves, in the form of an ad.
    Form,
    /// The business.
    Business,
}

/// What identifies somebody, as they wrote it.
#[derive(Clone, Default)]
pub struct Identified {
    /// Full name.
    pub name: Option<String>,
    /// Telephone number, with its country code.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

impl Identified {
    /// The identities in canonical form, the telephone number first; what is none is left out.
    fn identities(&self, subject: &Subject) -> Vec<Identity> {
        let phone = self.phone.as_deref().map(|text| (IdentityKind::Phone, text));
        let email = self.email.as_deref().map(|text| (IdentityKind::Email, text));
        let both = [phone, email].into_iter().flatten();
        both.filter_map(|(kind, text)| Identity::parse(kind, text, subject.clone()).ok()).collect()
    }
}

impl Leads {
    /// The contact that somebody is who filled in a form; made, hidden until a lead of it is
    /// delivered, when the business does not know them. `None` when they told neither a telephone
    /// number nor an address.
    ///
    /// Nothing is added to a contact that the business knows otherwise: what the form says is the
    /// lead's until it is delivered (ADR 0012).
    ///
    /// # Errors
    /// As the bus.
    pub async fn contact_of_form(
        &self,
        envelope: &Envelope,
        person: &Identified,
    ) -> Result<Option<ContactId>, LeadFault> {
        self.contact(envelope, person, Teller::Form).await
    }

    /// The contact that somebody is whom the business itself wrote down; made in the open when it
    /// is not known. `None` without telephone number and address.
    ///
    /// # Errors
    /// As the bus.
    pub async fn contact_of_business(
        &self,
        envelope: &Envelope,
        person: &Identified,
    ) -> Result<Option<ContactId>, LeadFault> {
        self.contact(envelope, person, Teller::Business).await
    }

    async fn contact(
        &self,
        envelope: &Envelope,
        person: &Identified,
        teller: Teller,
    ) -> Result<Option<ContactId>, LeadFault> {
        for _ in 0..ROUNDS {
            match self.try_contact(envelope, person, teller).await {
                // Somebody else registered one of the identities at this very moment.
                Err(LeadFault::Contact(CommandError::Reserved { .. })) => {}
                done => return done,
            }
        }
        Err(LeadFault::Contact(CommandError::Contention))
    }

    async fn try_contact(
        &self,
        envelope: &Envelope,
        person: &Identified,
        teller: Teller,
    ) -> Result<Option<ContactId>, LeadFault> {
        let tenant = envelope.tenant;
        let nobody = Subject(String::new());
        let identities = person.identities(&nobody);
        let Some(first) = identities.first().and_then(Identity::key) else { return Ok(None) };
        let mut known = None;
        let mut new = Vec::new();
        for identity in identities {
            match self.owner_of(tenant, &identity).await? {
                None => new.push(identity),
                // The first identity decides; merging two contacts is for people.
                Some(owner) => known = known.or(Some(owner)),
            }
        }
        let contact = known.unwrap_or_else(|| match teller {
            Teller::Form => ContactId::of_lead(tenant.derive(&first)),
            Teller::Business => ContactId::new(tenant.derive(&first)),
        });
        let others = teller == Teller::Form && !contact.came_by_lead();
        if known.is_some() && (new.is_empty() || others) {
            return Ok(Some(contact));
        }
        let subject = Subject::contact(contact);
        let own = |identity: Identity| Identity {
            kind: identity.kind,
            value: Personal::new(
                subject.clone(),
                identity.value.reveal().cloned().unwrap_or_default(),
            ),
        };
        let body = ContactCommand::Register {
            identities: new.into_iter().map(own).collect(),
            name: person.name.clone().map(|name| Personal::new(subject.clone(), name)),
        };
        let envelope = Envelope { expected_version: None, ..envelope.step("contact") };
        self.bus.execute::<Contact>(envelope, &contact.to_string(), body).await?;
        Ok(Some(contact))
    }

    async fn owner_of(
        &self,
        tenant: TenantId,
        identity: &Identity,
    ) -> Result<Option<ContactId>, LeadFault> {
        let Some(key) = identity.key() else { return Ok(None) };
        let owner = self.bus.log().owner(tenant, IDENTITY_CLAIM, &key).await?;
        Ok(owner.and_then(|owner| owner.owner.parse().ok()))
    }
}
