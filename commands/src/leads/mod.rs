//! Leads on their way in, whoever brings them: the webhook of an ad platform, the worker that
//! fetches forms, a person, a list. What all of them need to look up and to repeat is here.

pub mod form;
mod people;

use bitacora_domain::aggregates::contact::{Contact, ContactRefusal, OptOutCategory};
use bitacora_domain::aggregates::lead::{
    GivenAnswer, Lead, LeadCommand, LeadPerson, LeadRefusal, LeadSource, OPEN_CLAIM,
};
use bitacora_domain::aggregates::offer::{AD_CLAIM, AdKey, AdKeyKind, Offer, OfferChoice};
use bitacora_domain::{ContactId, LeadId, OfferId, TenantId};

use crate::bus::LoadError;
use crate::ports::LogError;
use crate::{CommandBus, CommandError, Envelope, Receipt};

pub use people::Identified;

/// Rounds of "give, lose the place, give again" before a command is left for later.
const ROUNDS: usize = 3;

/// What is told of somebody who is interested.
#[derive(Clone, Debug)]
pub struct Told {
    /// Where it comes from.
    pub source: LeadSource,
    /// The source's id.
    pub external_id: Option<String>,
    /// Ad, form, campaign and page that led here.
    pub ads: Vec<AdKey>,
    /// The offer, where somebody named it; else the ads are asked.
    pub offer: Option<OfferId>,
    /// Who it is, where that is known.
    pub contact: Option<ContactId>,
    /// What is known of them, not veiled.
    pub person: LeadPerson,
    /// What they answered already.
    pub answers: Vec<GivenAnswer>,
}

/// Why a lead could not come in.
#[derive(Debug, thiserror::Error)]
pub enum LeadFault {
    /// The lead's command failed.
    #[error(transparent)]
    Lead(#[from] CommandError<LeadRefusal>),
    /// The contact's command failed.
    #[error(transparent)]
    Contact(#[from] CommandError<ContactRefusal>),
    /// Offer or contact could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The log could not be asked.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The offer takes no leads.
    #[error("there is no such offer, or it takes no leads: publish it first")]
    OfferNotActive,
}

impl LeadFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Lead(error) => error.code(),
            Self::Contact(error) => error.code(),
            Self::Load(LoadError::Log(_)) | Self::Log(_) => "LOG_UNAVAILABLE",
            Self::Load(LoadError::Unreadable(_)) => "STREAM_UNREADABLE",
            Self::OfferNotActive => "OFFER_NOT_ACTIVE",
        }
    }

    /// May the same command succeed later, unchanged?
    pub fn retryable(&self) -> bool {
        match self {
            Self::Lead(error) => error.retryable(),
            Self::Contact(error) => error.retryable(),
            Self::Load(LoadError::Log(_)) | Self::Log(_) => true,
            Self::Load(LoadError::Unreadable(_)) | Self::OfferNotActive => false,
        }
    }
}

/// The way in.
#[derive(Clone)]
pub struct Leads {
    bus: CommandBus,
}

/// Id of the lead that a source calls `external_id`: whoever hears of it twice, or out of two
/// mouths, names the same lead.
pub fn id_of(tenant: TenantId, source: LeadSource, external_id: &str) -> LeadId {
    LeadId::new(tenant.derive(&format!("lead:{}:{external_id}", source.as_str())))
}

impl Leads {
    /// Over a bus.
    pub const fn new(bus: CommandBus) -> Self {
        Self { bus }
    }

    /// Captures a lead: finds the offer that its ads lead to, and takes the place of contact and
    /// offer where both are known. One whose place is another's is recorded as a duplicate.
    ///
    /// # Errors
    /// [`LeadFault`]; nothing is half done, and the same may be given again.
    #[allow(clippy::needless_pass_by_value, reason = "what is told is handed over")]
    pub async fn capture(
        &self,
        envelope: &Envelope,
        lead: LeadId,
        told: Told,
    ) -> Result<Receipt, LeadFault> {
        let tenant = envelope.tenant;
        let found = match told.offer {
            Some(offer) => {
                let choice = self.choice(tenant, offer).await?.ok_or(LeadFault::OfferNotActive)?;
                Some((choice, None))
            }
            None => self.offer_behind(tenant, &told.ads).await?.map(|(c, rule)| (c, Some(rule))),
        };
        let (choice, rule) = found.unzip();
        let opted_out = self.opted_out(tenant, told.contact).await?;
        self.placed(envelope, lead, |duplicate_of| LeadCommand::Capture {
            source: told.source,
            external_id: told.external_id.clone(),
            ads: told.ads.clone(),
            contact: told.contact,
            person: Box::new(told.person.clone()),
            answers: told.answers.clone(),
            choice: choice.clone().map(Box::new),
            rule: rule.clone().flatten(),
            opted_out,
            duplicate_of,
        })
        .await
    }

    /// Gives a command that may take the one place of a contact and an offer. Whoever loses it to
    /// another lead gives the same command again, and the lead is that one's duplicate.
    ///
    /// # Errors
    /// As the bus.
    pub async fn placed(
        &self,
        envelope: &Envelope,
        lead: LeadId,
        command: impl Fn(Option<LeadId>) -> LeadCommand,
    ) -> Result<Receipt, LeadFault> {
        let (id, mut winner) = (lead.to_string(), None);
        for _ in 0..ROUNDS {
            let done = self.bus.execute::<Lead>(envelope.clone(), &id, command(winner)).await;
            match done {
                // A place that was taken by nobody who can be named is tried again.
                Err(CommandError::Reserved { kind: OPEN_CLAIM, owner }) => {
                    winner = owner.parse().ok();
                }
                done => return Ok(done?),
            }
        }
        Err(LeadFault::Lead(CommandError::Contention))
    }

    /// What a lead needs to know of an offer that takes leads.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn choice(
        &self,
        tenant: TenantId,
        offer: OfferId,
    ) -> Result<Option<OfferChoice>, LeadFault> {
        let loaded = self.bus.load::<Offer>(tenant, &offer.to_string()).await?;
        Ok(loaded.and_then(|(offer, _)| offer.choice()))
    }

    /// The offer that ads lead to, and the rule that found it: the nearest key that belongs to an
    /// offer decides, also where that one takes no leads at the moment.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn offer_behind(
        &self,
        tenant: TenantId,
        ads: &[AdKey],
    ) -> Result<Option<(OfferChoice, String)>, LeadFault> {
        for kind in AdKeyKind::ALL {
            for ad in ads.iter().filter(|ad| ad.kind == kind) {
                let owner = self.bus.log().owner(tenant, AD_CLAIM, &ad.key()).await?;
                let Some(offer) = owner.and_then(|owner| owner.owner.parse().ok()) else {
                    continue;
                };
                return Ok(self.choice(tenant, offer).await?.map(|choice| (choice, ad.key())));
            }
        }
        Ok(None)
    }

    /// Has the contact opted out of everything automatic?
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn opted_out(
        &self,
        tenant: TenantId,
        contact: Option<ContactId>,
    ) -> Result<bool, LeadFault> {
        let Some(contact) = contact else { return Ok(false) };
        let loaded = self.bus.load::<Contact>(tenant, &contact.to_string()).await?;
        Ok(loaded.is_some_and(|(contact, _)| contact.has_opted_out(OptOutCategory::All)))
    }
}
