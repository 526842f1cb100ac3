//! The kind `lead.fetch_form`: fetches the form behind an ad. Reading changes nothing at the
//! source, so an attempt whose end nobody knows is made again. It ends in `RecordFormData` or in
//! `RecordFormFetchFailure`: the lead itself says when it is tried again, and is never lost.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::lead::{FETCH_FORM_EFFECT, FetchFormEffect, Lead, LeadCommand};
use bitacora_domain::{Actor, Subject};
use serde::Deserialize as _;

use super::giving::{Giving, dropped, failed, not_given, retry, unreadable};
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::leads::{LeadFault, Leads, form};
use crate::ports::{FilledForm, FormFault, LeadForms};
use crate::{CommandBus, CommandError};

/// Name of the provider, for breakers and the record. What its forms say is a provider's fact.
const PROVIDER: &str = "meta_leads";

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    let (bus, forms) = (parts.bus.clone(), Arc::clone(&parts.leads.forms));
    Arc::new(FetchForm { leads: Leads::new(bus.clone()), bus, forms })
}

struct FetchForm {
    bus: CommandBus,
    leads: Leads,
    forms: Arc<dyn LeadForms>,
}

#[async_trait]
impl EffectHandler for FetchForm {
    fn kind(&self) -> &'static str {
        FETCH_FORM_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        Some(PROVIDER)
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let Ok(wanted) = FetchFormEffect::deserialize(&effect.payload) else { return unreadable() };
        self.attempt(&self.giving(effect), &wanted).await.unwrap_or_else(|verdict| verdict)
    }

    async fn abandoned(&self, _: &Claimed) -> Verdict {
        retry("ABANDONED", "the worker was lost; fetching changes nothing")
    }

    /// Nothing here is ever unknown; what an operator's tool asks about is simply tried again.
    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    /// Should even the failure not be recorded in time, the lead goes on waiting for its form;
    /// unless an operator said that it needs none.
    async fn given_up(
        &self,
        effect: &Claimed,
        code: &str,
        _: &str,
        discarded: bool,
    ) -> Result<(), Untold> {
        let Ok(wanted) = FetchFormEffect::deserialize(&effect.payload) else { return Ok(()) };
        let step = format!("given-up:{}", effect.attempt);
        match self.record_failure(&self.giving(effect), &wanted, &step, (code, !discarded)).await {
            Ok(()) | Err(CommandError::Refused(_)) => Ok(()),
            Err(error) => Err(Untold(error.to_string())),
        }
    }
}

type LeadError = CommandError<bitacora_domain::aggregates::lead::LeadRefusal>;

impl FetchForm {
    fn giving<'a>(&'a self, effect: &'a Claimed) -> Giving<'a> {
        Giving { bus: &self.bus, effect, actor: Actor::provider(PROVIDER) }
    }

    async fn attempt(
        &self,
        giving: &Giving<'_>,
        wanted: &FetchFormEffect,
    ) -> Result<Verdict, Verdict> {
        match giving.load::<Lead>(wanted.lead).await? {
            None => return Err(failed("LEAD_NOT_FOUND", "there is no such lead")),
            Some(lead) if lead.has_form() => return Ok(Verdict::Done),
            Some(_) => {}
        }
        match self.forms.fetch(&wanted.external_id).await {
            Ok(form) => self.record(giving, wanted, &form).await.map_err(|e| not_recorded(&e))?,
            Err(fault) => {
                tracing::info!(lead = %wanted.lead, code = fault.code(), "a form was not fetched");
                self.failed(giving, wanted, &fault).await?;
            }
        }
        Ok(Verdict::Done)
    }

    async fn failed(
        &self,
        giving: &Giving<'_>,
        wanted: &FetchFormEffect,
        fault: &FormFault,
    ) -> Result<(), Verdict> {
        let told = (fault.code(), fault.retryable());
        let recorded = self.record_failure(giving, wanted, "failed", told).await;
        recorded.map_err(|error| not_given(&error))
    }

    async fn record_failure(
        &self,
        giving: &Giving<'_>,
        wanted: &FetchFormEffect,
        step: &str,
        (code, retryable): (&str, bool),
    ) -> Result<(), LeadError> {
        let body = LeadCommand::RecordFormFetchFailure { reason: code.to_owned(), retryable };
        giving.give::<Lead>(step, wanted.lead, body).await.map(drop)
    }

    /// Who it is first, then what they said, then, where the webhook did not say enough, what
    /// they are interested in.
    async fn record(
        &self,
        giving: &Giving<'_>,
        wanted: &FetchFormEffect,
        form: &FilledForm,
    ) -> Result<(), LeadFault> {
        let reading = form::read(&form.fields);
        let envelope = giving.envelope("form")?;
        let contact = self.leads.contact_of_form(&envelope, &reading.who).await?;
        let subject = contact.map_or_else(|| Subject::lead(wanted.lead), Subject::contact);
        let opted_out = self.leads.opted_out(envelope.tenant, contact).await?;
        let told = |duplicate_of| LeadCommand::RecordFormData {
            contact,
            person: Box::new(reading.person(&subject)),
            answers: reading.answers(&subject),
            opted_out,
            duplicate_of,
        };
        self.leads.placed(&envelope, wanted.lead, told).await?;
        self.map(giving, wanted, form).await
    }

    async fn map(
        &self,
        giving: &Giving<'_>,
        wanted: &FetchFormEffect,
        form: &FilledForm,
    ) -> Result<(), LeadFault> {
        let envelope = giving.envelope("offer")?;
        let loaded = self.bus.load::<Lead>(envelope.tenant, &wanted.lead.to_string()).await?;
        let Some((lead, _)) = loaded.filter(|(lead, _)| lead.offer().is_none()) else {
            return Ok(());
        };
        let found = self.leads.offer_behind(envelope.tenant, &form.ads).await?;
        let Some((choice, rule)) = found else { return Ok(()) };
        let opted_out = self.leads.opted_out(envelope.tenant, lead.contact()).await?;
        let told = |duplicate_of| LeadCommand::MapOffer {
            choice: Some(Box::new(choice.clone())),
            rule: Some(rule.clone()),
            opted_out,
            duplicate_of,
        };
        match self.leads.placed(&envelope, wanted.lead, told).await {
            // A person was faster.
            Err(LeadFault::Lead(CommandError::Refused(_))) => Ok(()),
            done => done.map(drop),
        }
    }
}

/// The form is there and the lead does not know it: fetched again with the next attempt.
fn not_recorded(fault: &LeadFault) -> Verdict {
    let code = fault.code();
    match fault {
        _ if fault.retryable() => retry(code, fault),
        LeadFault::Lead(CommandError::Refused(_)) => dropped(code, fault),
        LeadFault::Contact(CommandError::LimitReached { .. }) => retry(code, fault),
        LeadFault::Lead(_)
        | LeadFault::Contact(_)
        | LeadFault::Load(_)
        | LeadFault::Log(_)
        | LeadFault::OfferNotActive => failed(code, fault),
    }
}
