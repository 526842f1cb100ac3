//! Leads that people and programs bring in.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, Result};
use bitacora_commands::leads::{Identified, Told};
use bitacora_domain::aggregates::lead::{
    self as domain, FormField, GivenAnswer, LeadAnswer, LeadPerson,
};
use bitacora_domain::aggregates::offer::AdKey;
use bitacora_domain::{ContactId, LeadId, MessageId, Personal, Subject};

use super::{desk, unmet};
use crate::graphql::access::Capability;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::conversation_commands::known_contact;
use crate::graphql::modules::leads::Lead;
use crate::graphql::modules::leads::words::{LeadIntent, LeadTiming};
use crate::graphql::modules::offers::{AdKeyKind, MoneyRange};
use crate::graphql::mutation::{Run, Target, Unmet, UserError, argument, mutation_types};

/// Where a lead comes from that is brought in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LeadCaptureSource {
    /// A person wrote it down.
    Manual,
    /// A list.
    Import,
    /// A program.
    Api,
}

impl From<LeadCaptureSource> for domain::LeadSource {
    fn from(source: LeadCaptureSource) -> Self {
        match source {
            LeadCaptureSource::Manual => Self::Manual,
            LeadCaptureSource::Import => Self::Import,
            LeadCaptureSource::Api => Self::Api,
        }
    }
}

/// An ad, form, campaign or page of the provider.
#[derive(Clone, Debug, InputObject)]
pub struct AdKeyInput {
    /// What it is.
    pub kind: AdKeyKind,
    /// The provider's id.
    pub id: String,
}

impl From<AdKeyInput> for AdKey {
    fn from(key: AdKeyInput) -> Self {
        Self { kind: key.kind.into(), id: key.id }
    }
}

/// A place.
#[derive(Clone, Debug, InputObject)]
pub struct LeadZoneInput {
    /// The zone, in the tenant's own words, such as `palermo`.
    pub zone: String,
    /// Its city, where it is known.
    pub city: Option<String>,
}

/// An answer in normal form: exactly one of these.
#[derive(Clone, Debug, OneofObject)]
pub enum LeadAnswerInput {
    /// Full name, 1–200 characters.
    Name(String),
    /// From how much to how much.
    Budget(MoneyRange),
    /// Where.
    Zone(LeadZoneInput),
    /// What kind.
    Typology(String),
    /// When.
    Timing(LeadTiming),
    /// How serious.
    Intent(LeadIntent),
    /// Wishes, 1–20.
    Preferences(Vec<String>),
}

impl From<LeadAnswerInput> for LeadAnswer {
    fn from(given: LeadAnswerInput) -> Self {
        match given {
            LeadAnswerInput::Name(name) => Self::Name(name),
            LeadAnswerInput::Budget(range) => Self::Budget(range.into()),
            LeadAnswerInput::Zone(LeadZoneInput { zone, city }) => Self::Zone { zone, city },
            LeadAnswerInput::Typology(kind) => Self::Typology(kind),
            LeadAnswerInput::Timing(when) => Self::Timing(when.into()),
            LeadAnswerInput::Intent(how) => Self::Intent(how.into()),
            LeadAnswerInput::Preferences(wishes) => Self::Preferences(wishes.into_iter().collect()),
        }
    }
}

/// An answer of a lead.
#[derive(Clone, Debug, InputObject)]
pub struct GivenAnswerInput {
    /// What it means.
    pub answer: LeadAnswerInput,
    /// What the contact said; at most 500 characters are kept.
    pub said: Option<String>,
    /// How sure that is, basis points; 10,000 when not given. Below 6,000 it does not count.
    pub confidence_bp: Option<i64>,
    /// The message that said it; the same message answers a question once.
    pub message_id: Option<ID>,
}

impl GivenAnswerInput {
    pub(super) fn given(&self, subject: &Subject) -> std::result::Result<GivenAnswer, UserError> {
        let message = self.message_id.as_ref();
        let message = message.map(|id| argument(NodeType::Message, id, "answer")).transpose()?;
        Ok(GivenAnswer {
            raw: self.said.clone().map(|said| Personal::new(subject.clone(), said)),
            normalised: Personal::new(subject.clone(), self.answer.clone().into()),
            confidence_bp: self.confidence_bp.unwrap_or(10_000),
            message: message.map(MessageId::new),
        })
    }
}

/// A field of a form.
#[derive(Clone, Debug, InputObject)]
pub struct FormFieldInput {
    /// The form's name for it.
    pub name: String,
    /// What was filled in.
    pub value: String,
}

mutation_types! {
    /// Somebody who is interested.
    creates "captureLead": CaptureLeadInput {
        /// Where it comes from; `MANUAL` when not given.
        pub source: Option<LeadCaptureSource>,
        /// The source's id, 1–128 characters: one lead per source and id.
        pub external_id: Option<String>,
        /// The offer; else the ads are asked, and without either it waits for one.
        pub offer_id: Option<ID>,
        /// Ad, form, campaign and page that led here, at most 4.
        pub ads: Option<Vec<AdKeyInput>>,
        /// Who it is; else by telephone number or e-mail address. Without any of them it waits.
        pub contact_id: Option<ID>,
        /// Full name.
        pub name: Option<String>,
        /// Telephone number with its country code.
        pub phone: Option<String>,
        /// E-mail address.
        pub email: Option<String>,
        /// Everything else, at most 30.
        pub fields: Option<Vec<FormFieldInput>>,
        /// What they answered already, at most 20.
        pub answers: Option<Vec<GivenAnswerInput>>,
    } -> CaptureLeadPayload | CaptureLeadError {
        /// The lead; null when it failed or the read side is late. One whose contact has a lead of
        /// the offer already is its duplicate.
        lead: Lead
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct LeadCaptureMutations;

#[Object]
impl LeadCaptureMutations {
    /// Writes down somebody who is interested. Contact and offer have one lead for 90 days: a
    /// second one is recorded as its duplicate, and the first one hears of it.
    async fn capture_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and in what.")] input: CaptureLeadInput,
    ) -> Result<CaptureLeadPayload> {
        let run = Run::begin(ctx, Capability::Work, &input)?;
        let outcome = run.through(Target::New, |envelope, uuid| {
            let (run, input) = (&run, &input);
            async move {
                let desk = desk(run.caller());
                let contact = match contact_named(run, input).await? {
                    Some(contact) => Some(contact),
                    None => {
                        let found = desk.contact_of_business(&envelope, &input.identified()).await;
                        found.map_err(unmet)?
                    }
                };
                let told = input.told(contact, LeadId::new(uuid))?;
                desk.capture(&envelope, LeadId::new(uuid), told).await.map_err(unmet)
            }
        });
        let outcome = outcome.await?;
        Ok(run.payload(outcome).await)
    }
}

async fn contact_named(
    run: &Run<'_, CaptureLeadInput>,
    input: &CaptureLeadInput,
) -> std::result::Result<Option<ContactId>, Unmet> {
    let Some(id) = &input.contact_id else { return Ok(None) };
    let uuid = argument(NodeType::Contact, id, "contactId")?;
    known_contact(run.caller(), uuid).await?;
    Ok(Some(ContactId::new(uuid)))
}

impl CaptureLeadInput {
    fn identified(&self) -> Identified {
        let Self { name, phone, email, .. } = self;
        Identified { name: name.clone(), phone: phone.clone(), email: email.clone() }
    }

    fn told(&self, contact: Option<ContactId>, lead: LeadId) -> std::result::Result<Told, Unmet> {
        let subject = contact.map_or_else(|| Subject::lead(lead), Subject::contact);
        let own = |text: &String| Personal::new(subject.clone(), text.clone());
        let field = |field: &FormFieldInput| FormField {
            name: field.name.clone(),
            value: own(&field.value),
        };
        let offer = self.offer_id.as_ref();
        let offer = offer.map(|id| argument(NodeType::Offer, id, "offerId")).transpose()?;
        let answers = self.answers.iter().flatten().map(|answer| answer.given(&subject));
        Ok(Told {
            source: self.source.unwrap_or(LeadCaptureSource::Manual).into(),
            external_id: self.external_id.clone(),
            ads: self.ads.iter().flatten().cloned().map(Into::into).collect(),
            offer: offer.map(Into::into),
            contact,
            person: LeadPerson {
                name: self.name.as_ref().map(own),
                phone: self.phone.as_ref().map(own),
                email: self.email.as_ref().map(own),
                fields: self.fields.iter().flatten().map(field).collect(),
            },
            answers: answers.collect::<std::result::Result<_, _>>()?,
        })
    }
}
