//! What the guards want to know, and the call as the provider takes it.

use bitacora_domain::CommandId;
use bitacora_domain::aggregates::call_session::guards::{
    Balance, Cap, CapKind, Circumstances, Lines,
};
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelKind, ChannelStatus};
use bitacora_domain::aggregates::contact::{ConsentScope, Contact, OptOutCategory};
use bitacora_domain::aggregates::tenant::Tenant;
use bitacora_domain::calendar::day::day_of;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{Job, PlaceCall};
use crate::OutboundError;
use crate::calls::zones;
use crate::effects::Verdict;
use crate::effects::giving::{failed, retry};
use crate::ports::{CallLine, CallRef, OutboundCall};

/// When a call looks again that waits for people: a disabled account, a suspended tenant.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(5);
/// When it looks again for figures that could not be had.
const FIGURES_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// A call that may be dialled, as far as the guards let it.
pub(super) struct Ready {
    pub(super) outgoing: OutboundCall,
    /// Without a line, which is chosen last.
    pub(super) circumstances: Circumstances,
}

impl PlaceCall {
    /// Everything that is looked at before the attempt begins. `Err` when it does not.
    pub(super) async fn prepare(&self, job: &Job<'_>) -> Result<Ready, Verdict> {
        let now = self.bus.clock().now();
        self.tenant_may(job, now).await?;
        let line = self.line(job, now).await?;
        let (business, zone) = self.business(job).await?;
        let contact = job.giving.load::<Contact>(job.place.contact).await?;
        let contact = contact.ok_or_else(|| missing("CONTACT_NOT_FOUND"))?;
        let number = job.place.to.reveal().ok_or_else(|| missing("NUMBER_HIDDEN"))?;
        let circumstances = Circumstances {
            consent: contact.consents_to(ConsentScope::Calls),
            do_not_call: contact.is_on_dnc() || contact.has_opted_out(OptOutCategory::All),
            zones: zones::zones_of(number).iter().map(|zone| (*zone).to_owned()).collect(),
            lines: Lines { count: self.calls.rules.lines, free: None },
            caps: self.caps(job, now, zone).await?,
            balance: self.balance(now).await?,
        };
        // Last, since taking a place in the queue of the provider uses it up.
        self.pace.take(line.as_ref(), now).map_err(|until| defer("PACE", until))?;
        let outgoing = OutboundCall {
            of: CallRef {
                tenant: job.giving.effect.tenant,
                call: job.place.call,
                attempt: job.place.attempt,
            },
            line,
            to: job.place.to.clone(),
            name: contact.name().cloned(),
            business,
            purpose: job.place.plan.purpose,
            voice: job.place.plan.voice.clone(),
            ring_timeout_s: job.place.plan.ring_timeout_s,
        };
        Ok(Ready { outgoing, circumstances })
    }

    /// Nothing leaves for a tenant that is suspended; what is queued waits.
    async fn tenant_may(&self, job: &Job<'_>, now: DateTime<Utc>) -> Result<(), Verdict> {
        let effect = job.giving.effect;
        let command = CommandId::new(effect.id).step(&super::begin::step(job));
        let Err(error) = self.bus.require_outbound(effect.tenant, command).await else {
            return Ok(());
        };
        Err(match &error {
            OutboundError::Suspended | OutboundError::Banned => {
                defer(error.code(), now + LOOK_AGAIN)
            }
            OutboundError::Unavailable(_) => retry(error.code(), &error),
            OutboundError::NotFound | OutboundError::Unreadable(_) => missing(error.code()),
        })
    }

    /// Over what the plan wants it made; `None` for the installation's usual line.
    pub(super) async fn line(
        &self,
        job: &Job<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<CallLine>, Verdict> {
        let Some(id) = job.place.plan.channel else { return Ok(None) };
        let channel = job.giving.load::<ChannelAccount>(id).await?;
        let channel = channel.ok_or_else(|| missing("CHANNEL_NOT_FOUND"))?;
        if channel.status() == ChannelStatus::Disabled {
            return Err(defer("CHANNEL_DISABLED", now + LOOK_AGAIN));
        }
        let twilio = channel.account_of(ChannelKind::Twilio);
        let agent = channel.account_of(ChannelKind::ElevenLabs);
        let twilio = twilio.map(|account| CallLine::Twilio { account: account.to_owned() });
        let agent = agent.map(|agent| CallLine::ElevenLabs { agent_id: agent.to_owned() });
        twilio.or(agent).map(Some).ok_or_else(|| missing("CHANNEL_NOT_FOR_CALLS"))
    }

    /// The business's name, and the zone of its day.
    async fn business(&self, job: &Job<'_>) -> Result<(String, Tz), Verdict> {
        let tenant = job.giving.load::<Tenant>(job.giving.effect.tenant).await?;
        let tenant = tenant.ok_or_else(|| missing("TENANT_NOT_FOUND"))?;
        let zone = tenant.time_zone().and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
        Ok((tenant.name().unwrap_or_default().to_owned(), zone))
    }

    async fn caps(&self, job: &Job<'_>, now: DateTime<Utc>, zone: Tz) -> Result<Vec<Cap>, Verdict> {
        let (rules, day) = (self.calls.rules, day_of(now, zone));
        let (tenant, contact) = (job.giving.effect.tenant, job.place.contact);
        let traffic = &self.calls.traffic;
        let (most, all) = (rules.per_contact_day, rules.per_tenant_day);
        let to_contact = traffic.to_contact(tenant, contact, job.place.call, day.start, most).await;
        let of_tenant = traffic.of_tenant(tenant, day.start, all).await;
        let (Ok(to_contact), Ok(of_tenant)) = (to_contact, of_tenant) else {
            return Err(defer("FIGURES_UNKNOWN", now + FIGURES_AGAIN));
        };
        let free_at = Some(day.end);
        Ok(vec![
            Cap { kind: CapKind::ContactDay, used: to_contact, limit: most, free_at },
            Cap { kind: CapKind::TenantDay, used: of_tenant, limit: all, free_at },
        ])
    }

    /// What is left at a provider that is paid in advance. While nobody can say, nobody is
    /// called: the provider would refuse, and the attempt be lost.
    async fn balance(&self, now: DateTime<Utc>) -> Result<Option<Balance>, Verdict> {
        let Ok(funds) = self.calls.telephony.balance().await else {
            return Err(defer("BALANCE_UNKNOWN", now + FIGURES_AGAIN));
        };
        let needed = self.calls.rules.least_balance_e6;
        Ok(funds.map(|funds| Balance { available: funds.amount_e6, needed }))
    }
}

fn defer(code: &str, until: DateTime<Utc>) -> Verdict {
    Verdict::Defer { code: code.into(), until }
}

/// What the call needs is not there and will not come by itself.
fn missing(code: &str) -> Verdict {
    failed(code, "the call names something that the log does not have, or that cannot be used")
}
