//! One fact to its commands (spec/aggregates §2.7).
//!
//! Every step may be repeated: command ids follow from the fact's key, so a crash between two
//! steps, a lease that ran out, or a redelivery leads to the same commands and to one outcome.

use std::sync::Arc;

use bitacora_domain::aggregates::channel_account::ChannelKind;
use bitacora_domain::aggregates::contact::{Contact, ContactCommand};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, DeliveryStatus, MessageContent, Pricing, ProviderFault,
};
use bitacora_domain::{
    ChannelAccountId, ContactId, ConversationId, MessageId, Personal, Subject, TenantId,
};
use chrono::TimeDelta;

use super::callback;
use super::contacts::personal;
use super::failure::Failure;
use super::job::{Item, Job, Place, Route};
use crate::memory::Memory;
use crate::ports::Blobs;
use crate::sources::{FactKind, Person, PersonIdentity};
use crate::{Before, CommandBus};

/// Rounds of "look up, act, look up again" before a fact is left for later.
pub(super) const ROUNDS: usize = 3;
/// Entries of each memory.
const REMEMBERED: usize = 20_000;

/// For how long a fact about a message waits for the message.
const MAY_STILL_COME: TimeDelta = TimeDelta::hours(1);

/// What became of a fact that was routed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its commands are in the log. What may now be possible: facts that wait for these.
    Done { releases: Vec<String> },
    /// It speaks of something unknown so far.
    Waits { on: String },
}

/// What a status says.
struct Report<'a> {
    id: &'a str,
    status: DeliveryStatus,
    callback: Option<&'a str>,
    pricing: Option<&'a Pricing>,
    fault: Option<&'a ProviderFault>,
}

/// Routes facts.
pub(super) struct Router {
    pub(super) bus: CommandBus,
    /// Payments are with real money.
    pub(super) live_payments: bool,
    /// Where files are that came in deliveries.
    pub(super) blobs: Option<Arc<dyn Blobs>>,
    /// An account that moves to another tenant takes its facts along after at most 5 s.
    routes: Memory<(ChannelKind, String), Route>,
    // What is executed on these is decided again by the log, however old they are.
    pub(super) contacts: Memory<(TenantId, String), ContactId>,
    pub(super) names: Memory<(TenantId, ContactId), String>,
    pub(super) conversations: Memory<(ContactId, ChannelAccountId), ConversationId>,
}

impl Router {
    pub(super) fn new(bus: CommandBus, live_payments: bool, blobs: Option<Arc<dyn Blobs>>) -> Self {
        let (brief, long) = (TimeDelta::seconds(5), TimeDelta::minutes(10));
        Self {
            bus,
            live_payments,
            blobs,
            routes: Memory::new(REMEMBERED, brief),
            contacts: Memory::new(REMEMBERED, long),
            names: Memory::new(REMEMBERED, TimeDelta::days(1)),
            conversations: Memory::new(REMEMBERED, long),
        }
    }

    /// Tenant and channel account of a provider's account; `None` when nobody connected it.
    pub(super) async fn route(
        &self,
        kind: ChannelKind,
        account: &str,
    ) -> Result<Option<Route>, Failure> {
        let now = self.bus.clock().now();
        let key = (kind, account.to_owned());
        if let Some(route) = self.routes.get(&key, now) {
            return Ok(Some(route));
        }
        let owner = self.bus.log().installation_owner(kind.claim(), account).await?;
        let Some(owner) = owner else { return Ok(None) };
        let route = owner.owner.split_once('/').and_then(|(tenant, channel)| {
            Some(Route { tenant: tenant.parse().ok()?, channel: channel.parse().ok()? })
        });
        let route = route.ok_or(Failure::Stuck("MALFORMED_ROUTE"))?;
        self.routes.put(key, route, now);
        Ok(Some(route))
    }

    /// Where a fact belongs.
    pub(super) async fn place(&self, item: &Item) -> Result<Place, Failure> {
        match &item.fact.kind {
            FactKind::Call(fact) => self.place_of_call(item, fact).await,
            FactKind::Order(fact) => self.place_of_order(fact).await,
            FactKind::Message { .. }
            | FactKind::Echo { .. }
            | FactKind::Reaction { .. }
            | FactKind::Edit { .. }
            | FactKind::Revoke { .. }
            | FactKind::Status { .. }
            | FactKind::IdentityChanged { .. }
            | FactKind::Preference { .. }
            | FactKind::Lead(_)
            | FactKind::Ignored { .. }
            | FactKind::Unparsable => {
                Ok(self.account_of(item).await?.map_or(Place::Unconnected, Place::from))
            }
        }
    }

    /// Tenant and channel account of the fact's account, where it has one that is connected.
    pub(super) async fn account_of(&self, item: &Item) -> Result<Option<Route>, Failure> {
        match (item.delivery.source.accounts(), &item.fact.account) {
            (Some(kind), Some(account)) => self.route(kind, account).await,
            (None, _) | (_, None) => Ok(None),
        }
    }

    /// Does what a fact says.
    pub(super) async fn act(&self, job: &Job<'_>) -> Result<Verdict, Failure> {
        match &job.fact().kind {
            FactKind::Message { from, id, reply_to, referral, forwarded } => {
                let contact = self.contact(job, from).await?;
                let command = ConversationCommand::ReceiveMessage {
                    provider_message_id: id.clone(),
                    content: content(job, contact),
                    reply_to: reply_to.clone(),
                    referral: referral.clone(),
                    forwarded: *forwarded,
                    sent_at: job.at(),
                };
                self.in_open_conversation(job, contact, true, command).await?;
                Ok(Verdict::Done { releases: vec![waits_for_message(id)] })
            }
            FactKind::Echo { to, id, may_be_ours } => self.echo(job, to, (id, *may_be_ours)).await,
            FactKind::Reaction { from, target, .. }
            | FactKind::Edit { from, target, .. }
            | FactKind::Revoke { from, target, .. } => self.about_message(job, from, target).await,
            FactKind::Status { id, recipient, status, callback, pricing, fault, opted_out } => {
                if *opted_out {
                    self.opt_out_by_fault(job, recipient).await?;
                }
                let (callback, pricing, fault) =
                    (callback.as_deref(), pricing.as_ref(), fault.as_ref());
                let report = Report { id, status: *status, callback, pricing, fault };
                self.status(job, &report).await
            }
            FactKind::IdentityChanged { person, identities } => {
                self.identity(job, person, identities).await
            }
            FactKind::Preference { person, welcome } => {
                let contact = self.contact(job, person).await?;
                self.preference(job, contact, *welcome).await?;
                Ok(Verdict::Done { releases: Vec::new() })
            }
            FactKind::Call(fact) => self.call(job, fact).await,
            FactKind::Order(fact) => self.order(job, fact).await,
            FactKind::Lead(fact) => self.lead(job, fact).await,
            FactKind::Ignored { .. } | FactKind::Unparsable => {
                Ok(Verdict::Done { releases: Vec::new() })
            }
        }
    }

    /// Stops when the fact's own (last) command is in the log already: a redelivery must not
    /// register or start anything. Nothing is written to find out; another content under the
    /// same key is told apart by the fingerprint.
    pub(super) async fn not_done_before(&self, job: &Job<'_>) -> Result<(), Failure> {
        match self.bus.before(job.tenant, job.command_id(), job.fingerprint).await? {
            Before::Never => Ok(()),
            Before::Done(_) => Err(Failure::DoneBefore),
            Before::Mismatch => Err(Failure::Mismatch),
            Before::Contradiction => Err(Failure::Stuck("OUTCOME_CONTRADICTS_LOG")),
        }
    }

    /// A reaction, edit or revocation goes to where its target is, for which it waits. One whose
    /// target does not come is about something older than what we have: then it goes to the
    /// contact's open conversation, if there is one.
    async fn about_message(
        &self,
        job: &Job<'_>,
        from: &Person,
        target: &str,
    ) -> Result<Verdict, Failure> {
        let conversation = match self.message_called(job, target).await? {
            Some((conversation, _)) => Some(conversation),
            // The message itself may still come: what is about it must not come before it.
            None if self.bus.clock().now() - job.delivery().received_at < MAY_STILL_COME => None,
            None => match self.known_contact(job.tenant, from).await? {
                Some(contact) => self.open_conversation(job, contact).await?,
                None => None,
            },
        };
        let Some(conversation) = conversation else {
            return Ok(Verdict::Waits { on: waits_for_message(target) });
        };
        let contact = self.contact(job, from).await?;
        let Some(command) = Self::about_command(job, contact) else {
            return Ok(Verdict::Done { releases: Vec::new() });
        };
        let envelope = job.envelope_of(contact);
        self.bus.execute::<Conversation>(envelope, &conversation.to_string(), command).await?;
        Ok(Verdict::Done { releases: Vec::new() })
    }

    fn about_command(job: &Job<'_>, contact: ContactId) -> Option<ConversationCommand> {
        let at = job.at();
        match job.fact().kind.clone() {
            FactKind::Reaction { id, target, emoji, .. } => {
                let emoji = emoji.map(|emoji| Personal::new(Subject::contact(contact), emoji));
                let provider_message_id = id;
                Some(ConversationCommand::RecordReaction { provider_message_id, target, emoji, at })
            }
            FactKind::Edit { id, target, .. } => Some(ConversationCommand::RecordMessageEdit {
                provider_message_id: id,
                target,
                content: content(job, contact),
                at,
            }),
            FactKind::Revoke { id, target, .. } => Some(ConversationCommand::RecordMessageRevoke {
                provider_message_id: id,
                target,
                at,
            }),
            FactKind::Message { .. }
            | FactKind::Echo { .. }
            | FactKind::Status { .. }
            | FactKind::IdentityChanged { .. }
            | FactKind::Preference { .. }
            | FactKind::Call(_)
            | FactKind::Order(_)
            | FactKind::Lead(_)
            | FactKind::Ignored { .. }
            | FactKind::Unparsable => None,
        }
    }

    /// A status goes where its callback text says, else to where its message is known to be,
    /// and else it waits: statuses may overtake the answer that tells us the message's id.
    async fn status(&self, job: &Job<'_>, report: &Report<'_>) -> Result<Verdict, Failure> {
        let done = Verdict::Done { releases: vec![waits_for_message(report.id)] };
        if let Some((conversation, message)) = report.callback.and_then(callback::decode) {
            match self.record_status(job, report, conversation, message).await {
                Ok(()) => return Ok(done),
                // not ours after all, or not this tenant's: the id decides
                Err(failure) if is_unknown(&failure) => {}
                Err(failure) => return Err(failure),
            }
        }
        let waits = Verdict::Waits { on: waits_for_message(report.id) };
        let Some((conversation, message)) = self.message_called(job, report.id).await? else {
            return Ok(waits);
        };
        match self.record_status(job, report, conversation, message).await {
            Ok(()) => Ok(done),
            Err(failure) if is_unknown(&failure) => Ok(waits),
            Err(failure) => Err(failure),
        }
    }

    async fn record_status(
        &self,
        job: &Job<'_>,
        report: &Report<'_>,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<(), Failure> {
        let body = ConversationCommand::RecordDeliveryStatus {
            message,
            provider_message_id: Some(report.id.to_owned()),
            status: report.status,
            at: job.at(),
            pricing: report.pricing.cloned(),
            fault: report.fault.cloned(),
        };
        let id = conversation.to_string();
        self.bus.execute::<Conversation>(job.envelope(), &id, body).await?;
        Ok(())
    }

    /// A person's number or user id changed: the same contact goes on with the new one.
    async fn identity(
        &self,
        job: &Job<'_>,
        person: &Person,
        identities: &[PersonIdentity],
    ) -> Result<Verdict, Failure> {
        let contact = self.contact(job, person).await?;
        let subject = Subject::contact(contact);
        let id = contact.to_string();
        // the first one is the fact's own command, so it comes last
        for (n, identity) in identities.iter().enumerate().rev() {
            let own = job.envelope_of(contact);
            let envelope = if n == 0 { own } else { own.step(&format!("identity:{n}")) };
            let body = ContactCommand::AddIdentity { identity: personal(identity, &subject) };
            self.bus.execute::<Contact>(envelope, &id, body).await?;
        }
        Ok(Verdict::Done { releases: Vec::new() })
    }
}

/// What the fact says, as the contact's.
pub(super) fn content(job: &Job<'_>, contact: ContactId) -> MessageContent {
    job.delivery().source.content(&job.fact().raw, &Subject::contact(contact))
}

/// The conversation or the message is not there (yet, or for this tenant).
fn is_unknown(failure: &Failure) -> bool {
    *failure == Failure::Foreign
        || failure.is_refusal(&["CONVERSATION_NOT_FOUND", "MESSAGE_UNKNOWN"])
}

/// What a fact about a message waits for.
pub(super) fn waits_for_message(id: &str) -> String {
    format!("wamid:{id}")
}
