//! May the message leave now, and as what?

use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelStatus};
use bitacora_domain::aggregates::contact::{Contact, IdentityKind, OptOutCategory};
use bitacora_domain::aggregates::conversation::{Conversation, MessageContent, Sender};
use bitacora_domain::{CommandId, Personal};
use chrono::{DateTime, TimeDelta, Utc};

use super::SendMessage;
use super::job::{self, Job, load_fault};
use crate::OutboundError;
use crate::effects::Verdict;
use crate::ingest::callback;
use crate::ports::{Address, FaultClass, Outgoing, Refusal, Remedy};

/// When a message looks again that waits for people: a disabled channel, a suspended tenant.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(5);

/// A message that may leave.
pub(super) struct Ready {
    /// As the messenger takes it; a refusal when it can be known beforehand that nobody will.
    pub(super) outgoing: Result<Outgoing, Refusal>,
    pub(super) contact: Contact,
    /// The contact wants nothing automatic.
    pub(super) opted_out: bool,
    /// The channel is stopped, and this message finds out whether it still has to be.
    pub(super) probes: bool,
}

impl SendMessage {
    /// Everything that is looked at before the attempt begins. `Err` when it does not.
    pub(super) async fn prepare(&self, job: &Job<'_>) -> Result<Ready, Verdict> {
        let now = self.bus.clock().now();
        let (account, probes) = self.channel(job, now).await?;
        self.tenant(job, now).await?;
        let contact = self.contact(job).await?;
        self.pace
            .take(job.send.channel, job.send.contact, now)
            .map_err(|until| defer("PACE", until))?;
        let outgoing = address(&contact).map(|to| Outgoing {
            account,
            to,
            content: job.send.content.clone(),
            reply_to: job.send.reply_to.clone(),
            callback: callback::encode(job.send.conversation, job.send.message),
        });
        Ok(Ready {
            outgoing: outgoing.ok_or_else(no_address),
            opted_out: self.is_unwanted(job, &contact).await?,
            contact,
            probes,
        })
    }

    /// Does the contact want nothing automatic, or no marketing, which is what campaigns send?
    async fn is_unwanted(&self, job: &Job<'_>, contact: &Contact) -> Result<bool, Verdict> {
        if !contact.has_opted_out(OptOutCategory::Marketing) {
            return Ok(contact.has_opted_out(OptOutCategory::All));
        }
        let loaded = self.bus.load::<Conversation>(job.effect.tenant, &job.conversation()).await;
        let loaded = loaded.map_err(|error| load_fault(&error))?;
        let message = loaded.as_ref().and_then(|(state, _)| state.outbound(job.send.message));
        let campaign = message.is_some_and(|message| message.sender == Sender::Campaign);
        Ok(campaign || contact.has_opted_out(OptOutCategory::All))
    }

    /// The provider's id of the number, and whether this message probes it.
    async fn channel(&self, job: &Job<'_>, now: DateTime<Utc>) -> Result<(String, bool), Verdict> {
        let id = job.send.channel;
        let loaded = self.bus.load::<ChannelAccount>(job.effect.tenant, &id.to_string()).await;
        let loaded = loaded.map_err(|error| load_fault(&error))?;
        let Some(channel) = loaded.map(|(state, _)| state) else {
            return Err(missing("CHANNEL_NOT_FOUND"));
        };
        let Some(account) = channel.phone_number_id().map(str::to_owned) else {
            return Err(missing("CHANNEL_NOT_FOUND"));
        };
        match channel.status() {
            ChannelStatus::Disabled => Err(defer("CHANNEL_DISABLED", now + LOOK_AGAIN)),
            ChannelStatus::Degraded if is_stopped(&channel, &job.send.content) => {
                self.probes.ask(id, now).map_err(|until| defer("CHANNEL_STOPPED", until))?;
                Ok((account, true))
            }
            ChannelStatus::Connected | ChannelStatus::Degraded => Ok((account, false)),
        }
    }

    /// Nothing leaves for a tenant that is suspended; what is queued waits.
    async fn tenant(&self, job: &Job<'_>, now: DateTime<Utc>) -> Result<(), Verdict> {
        let command = CommandId::new(job.effect.id).step(&format!("begin:{}", job.attempt()));
        let Err(error) = self.bus.require_outbound(job.effect.tenant, command).await else {
            return Ok(());
        };
        Err(match &error {
            OutboundError::Suspended | OutboundError::Banned => {
                defer(error.code(), now + LOOK_AGAIN)
            }
            OutboundError::Unavailable(_) => job::retry(error.code(), error.to_string()),
            OutboundError::NotFound | OutboundError::Unreadable(_) => missing(error.code()),
        })
    }

    async fn contact(&self, job: &Job<'_>) -> Result<Contact, Verdict> {
        let id = job.send.contact.to_string();
        let loaded = self.bus.load::<Contact>(job.effect.tenant, &id).await;
        let loaded = loaded.map_err(|error| load_fault(&error))?;
        loaded.map(|(state, _)| state).ok_or_else(|| missing("CONTACT_NOT_FOUND"))
    }
}

/// Does the trouble stop this message? Trouble that somebody else reported (a warning about
/// quality, say) stops nothing; what is to be paid stops only what the business begins.
fn is_stopped(channel: &ChannelAccount, content: &MessageContent) -> bool {
    let is = |class: FaultClass| channel.trouble() == Some(class.code());
    let stops_all = [FaultClass::Auth, FaultClass::Integrity, FaultClass::Account];
    let begins = matches!(content, MessageContent::Template { .. });
    stops_all.into_iter().any(is) || (begins && is(FaultClass::Payment))
}

/// By WhatsApp id, else by number, else by user id; of several the one that was learnt last.
fn address(contact: &Contact) -> Option<Address> {
    let last = |kind: IdentityKind| {
        let mut identities = contact.identities().iter().rev();
        identities.find(|identity| identity.kind == kind).map(|identity| identity.value.clone())
    };
    let digits = |number: Personal<String>| number.map(|text| text.replace('+', ""));
    last(IdentityKind::WaId)
        .or_else(|| last(IdentityKind::Phone).map(digits))
        .map(Address::Digits)
        .or_else(|| last(IdentityKind::Bsuid).map(Address::UserId))
}

fn no_address() -> Refusal {
    Refusal {
        code: 0,
        title: "NO_ADDRESS".into(),
        class: FaultClass::Recipient,
        remedy: Remedy::Fail,
        after: None,
    }
}

fn defer(code: &str, until: DateTime<Utc>) -> Verdict {
    Verdict::Defer { code: code.into(), until }
}

/// What the message needs is not there and will not come by itself.
fn missing(code: &str) -> Verdict {
    let detail = "the message names something that the log does not have".into();
    Verdict::Failed { code: code.into(), detail }
}
