//! Facts about leads: each is a capture. What the form says is fetched afterwards, as an effect
//! of the capture, so a lead is never lost for a platform that does not answer.

use bitacora_domain::aggregates::lead::LeadPerson;

use super::failure::Failure;
use super::job::Job;
use super::router::{Router, Verdict};
use crate::leads::{LeadFault, Leads, Told, id_of};
use crate::sources::LeadFact;

impl Router {
    /// Captures the lead, under an id that follows from the platform's: a redelivery, or the same
    /// lead out of another mouth, names the same one.
    pub(super) async fn lead(&self, job: &Job<'_>, fact: &LeadFact) -> Result<Verdict, Failure> {
        self.not_done_before(job).await?;
        let lead = id_of(job.tenant, fact.source, &fact.external_id);
        let told = Told {
            source: fact.source,
            external_id: Some(fact.external_id.clone()),
            ads: fact.ads.clone(),
            offer: None,
            contact: None,
            person: LeadPerson::default(),
            answers: Vec::new(),
        };
        Leads::new(self.bus.clone()).capture(&job.envelope(), lead, told).await?;
        Ok(Verdict::Done { releases: Vec::new() })
    }
}

impl From<LeadFault> for Failure {
    fn from(fault: LeadFault) -> Self {
        match fault {
            LeadFault::Lead(error) => error.into(),
            LeadFault::Contact(error) => error.into(),
            LeadFault::Load(error) => error.into(),
            LeadFault::Log(error) => error.into(),
            LeadFault::OfferNotActive => Self::Refused("OFFER_NOT_ACTIVE"),
        }
    }
}
