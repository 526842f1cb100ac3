//! Looks for an attempt whose answer was lost and of which no callback came: the provider is
//! asked for calls to this number at that time.

use bitacora_domain::aggregates::call_session::{CallSession, PlacementOutcome, ProviderIds};
use bitacora_domain::{DomainAggregate as _, StreamId};
use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate as _;
use serde_json::Value;

use super::outcome::CallError;
use super::{Job, PlaceCall, unknown};
use crate::effects::Verdict;
use crate::effects::giving::dropped;
use crate::ports::Wanted;

/// Kind of the claim on a provider's id.
const PROVIDER_CLAIM: &str = "call.provider";
/// The provider's clock may differ from ours by so much.
const CLOCKS: TimeDelta = TimeDelta::minutes(1);
/// For so long after its beginning an attempt may still have been placed: the longest request,
/// and a queue at the provider.
const PLACED_WITHIN: TimeDelta = TimeDelta::minutes(3);
/// After so long a provider that knows nothing of it never had it.
const CERTAIN_AFTER: TimeDelta = TimeDelta::minutes(10);

impl PlaceCall {
    pub(super) async fn search(&self, job: &Job<'_>) -> Verdict {
        let now = self.bus.clock().now();
        let Some(begun_at) = self.begun_at(job).await else { return unknown("NO_STATUS_YET") };
        let Ok(line) = self.line(job, now).await else { return unknown("NO_STATUS_YET") };
        let wanted = Wanted {
            line,
            to: job.place.to.clone(),
            from: begun_at - CLOCKS,
            until: begun_at + PLACED_WITHIN,
        };
        match self.calls.telephony.find(&wanted).await {
            Ok(Some(found)) => self.found(job, found, (begun_at, now)).await,
            Ok(None) | Err(_) => unknown("NO_STATUS_YET"),
        }
    }

    /// The one call that belongs to nobody is it. Several could be anybody's, and one could be
    /// another attempt's to the same person.
    async fn found(
        &self,
        job: &Job<'_>,
        found: Vec<ProviderIds>,
        (begun_at, now): (DateTime<Utc>, DateTime<Utc>),
    ) -> Verdict {
        let late = now - begun_at > CERTAIN_AFTER;
        let mut free = Vec::new();
        for ids in found {
            match self.is_free(job, &ids).await {
                Some(true) => free.push(ids),
                Some(false) => {}
                None => return unknown("LOG_UNAVAILABLE"),
            }
        }
        let step = |what: &str| format!("{what}:{}", job.giving.effect.attempt);
        match free.pop() {
            Some(_) if !free.is_empty() => unknown("SEVERAL_CALLS"),
            Some(_) if !self.is_alone(job, begun_at).await => unknown("SEVERAL_ATTEMPTS"),
            Some(ids) => {
                let outcome = PlacementOutcome::Placed { ids };
                match self.record_again(job, &step("found"), outcome).await {
                    Ok(()) | Err(CallError::Refused(_)) => Verdict::Done,
                    Err(_) => unknown("OUTCOME_NOT_RECORDED"),
                }
            }
            None if late => {
                let outcome = PlacementOutcome::Failed {
                    code: "NEVER_PLACED".into(),
                    title: "the provider has no such call".into(),
                    transient: false,
                };
                match self.record_again(job, &step("never_placed"), outcome).await {
                    Ok(()) | Err(CallError::Refused(_)) => {
                        dropped("NEVER_PLACED", "the provider has no such call")
                    }
                    Err(_) => unknown("OUTCOME_NOT_RECORDED"),
                }
            }
            None => unknown("NO_STATUS_YET"),
        }
    }

    /// Is there no other attempt to the same person at that time that has no name either? When
    /// that cannot be told now, there may be one.
    async fn is_alone(&self, job: &Job<'_>, begun_at: DateTime<Utc>) -> bool {
        let (tenant, contact) = (job.giving.effect.tenant, job.place.contact);
        let since = begun_at - CLOCKS - PLACED_WITHIN;
        let others = self.calls.traffic.has_nameless(tenant, contact, job.place.call, since).await;
        matches!(others, Ok(false))
    }

    /// Belongs the call to no session? `None` when the log does not say.
    async fn is_free(&self, job: &Job<'_>, ids: &ProviderIds) -> Option<bool> {
        let key = format!("twilio:{}", ids.call_sid.as_deref()?);
        let tenant = job.giving.effect.tenant;
        let owner = self.bus.log().owner(tenant, PROVIDER_CLAIM, &key).await.ok()?;
        Some(owner.is_none())
    }

    /// When the attempt began, as its event says.
    async fn begun_at(&self, job: &Job<'_>) -> Option<DateTime<Utc>> {
        let stream = StreamId::new(CallSession::TYPE, job.place.call);
        let (tenant, schema) = (job.giving.effect.tenant, CallSession::STATE_SCHEMA);
        let stored = self.bus.log().load(tenant, &stream, schema, false).await.ok()??;
        stored.events.iter().rev().find_map(|event| begun(&event.payload, job.place.attempt))
    }
}

fn begun(payload: &Value, attempt: i64) -> Option<DateTime<Utc>> {
    let said = payload.get("CallPlacementRequested")?;
    (said.get("attempt")?.as_i64()? == attempt)
        .then(|| said.get("at")?.as_str()?.parse().ok())
        .flatten()
}
