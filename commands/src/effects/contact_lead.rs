//! The kind `lead.contact`: writes to a lead that has not answered, in the contact's conversation
//! and within the offer's hours. Every step has an id that follows from the effect, so that a
//! crash between two of them leads to one message. It ends in `RecordContactAttempt` or in
//! `RecordContactFailure`.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::contact::{Contact, OptOutCategory};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, LinkedKind, MessageContent, Sender,
};
use bitacora_domain::aggregates::lead::{
    CONTACT_EFFECT, ContactEffect, Lead, LeadCommand, LeadStatus,
};
use bitacora_domain::{
    Actor, ChannelAccountId, CommandId, ConversationId, DomainError as _, MessageId,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize as _;

use super::giving::{Giving, failed, not_given, retry, unreadable};
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::ports::Outreach;
use crate::{CommandBus, CommandError};

/// Kind of the claim that keeps one open conversation per contact and channel account.
const OPEN_CLAIM: &str = "conversation.open";
/// Rounds of "look up, start, write" before it is left for later.
const ROUNDS: usize = 3;
/// When a contact looks again that waits for people: a suspended tenant, a used-up plan.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(15);

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    let (bus, outreach) = (parts.bus.clone(), Arc::clone(&parts.leads.outreach));
    Arc::new(ContactLead { bus, outreach })
}

struct ContactLead {
    bus: CommandBus,
    outreach: Arc<dyn Outreach>,
}

/// What a contact comes to.
enum End {
    Wrote(MessageId),
    Failed(&'static str),
}

#[async_trait]
impl EffectHandler for ContactLead {
    fn kind(&self) -> &'static str {
        CONTACT_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        None
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let Ok(wanted) = ContactEffect::deserialize(&effect.payload) else { return unreadable() };
        self.attempt(&self.giving(effect), &wanted).await.unwrap_or_else(|verdict| verdict)
    }

    async fn abandoned(&self, _: &Claimed) -> Verdict {
        retry("ABANDONED", "the worker was lost; every step is known by its id")
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    async fn given_up(&self, effect: &Claimed, code: &str, _: &str, _: bool) -> Result<(), Untold> {
        let Ok(wanted) = ContactEffect::deserialize(&effect.payload) else { return Ok(()) };
        let body =
            LeadCommand::RecordContactFailure { contact: wanted.number, reason: code.to_owned() };
        let step = format!("given-up:{}", effect.attempt);
        match self.giving(effect).give::<Lead>(&step, wanted.lead, body).await {
            Ok(_) | Err(CommandError::Refused(_)) => Ok(()),
            Err(error) => Err(Untold(error.to_string())),
        }
    }
}

impl ContactLead {
    fn giving<'a>(&'a self, effect: &'a Claimed) -> Giving<'a> {
        Giving { bus: &self.bus, effect, actor: Actor::system("leads") }
    }

    async fn attempt(
        &self,
        giving: &Giving<'_>,
        wanted: &ContactEffect,
    ) -> Result<Verdict, Verdict> {
        let (contact, template) = (wanted.number, wanted.template.name.clone());
        let body = match self.write(giving, wanted).await? {
            End::Wrote(message) => {
                LeadCommand::RecordContactAttempt { contact, template, message: Some(message) }
            }
            End::Failed(code) => {
                LeadCommand::RecordContactFailure { contact, reason: code.to_owned() }
            }
        };
        let told = giving.give::<Lead>("told", wanted.lead, body).await;
        told.map(|_| Verdict::Done).map_err(|error| not_given(&error))
    }

    /// Writes, unless the lead or the contact no longer want it; not before the hours.
    async fn write(&self, giving: &Giving<'_>, wanted: &ContactEffect) -> Result<End, Verdict> {
        let now = self.bus.clock().now();
        let Some(lead) = giving.load::<Lead>(wanted.lead).await? else {
            return Err(failed("LEAD_NOT_FOUND", "there is no such lead"));
        };
        if lead.contacts() >= wanted.number || !waits(lead.status()) {
            return Ok(End::Failed("LEAD_NOT_WAITING"));
        }
        let hours = lead.offer().map(|offer| &offer.criteria.contact.hours);
        if let Some(hours) = hours.filter(|hours| !hours.are_open(now)) {
            return Err(defer("OUTSIDE_CONTACT_HOURS", hours.next_open(now)));
        }
        let Some(contact) = giving.load::<Contact>(wanted.contact).await? else {
            return Err(failed("CONTACT_NOT_FOUND", "there is no such contact"));
        };
        if contact.has_opted_out(OptOutCategory::All) {
            return Ok(End::Failed("OPTED_OUT"));
        }
        self.may_leave(giving, now).await?;
        let channel = self.outreach.channel_for(giving.effect.tenant, wanted.contact).await;
        match channel.map_err(|error| retry("LOOKUP_UNAVAILABLE", error))? {
            Some(channel) => self.say(giving, wanted, channel).await,
            None => Err(retry("NO_CHANNEL", "no number is connected that could write")),
        }
    }

    /// Nothing leaves for a tenant that is suspended; what is queued waits.
    async fn may_leave(&self, giving: &Giving<'_>, now: DateTime<Utc>) -> Result<(), Verdict> {
        let command = message_command(giving.effect);
        let allowed = self.bus.require_outbound(giving.effect.tenant, command).await;
        allowed.map_err(|error| {
            if error.is_refusal() {
                defer(error.code(), now + LOOK_AGAIN)
            } else {
                retry(error.code(), error)
            }
        })
    }

    async fn say(
        &self,
        giving: &Giving<'_>,
        wanted: &ContactEffect,
        channel: ChannelAccountId,
    ) -> Result<End, Verdict> {
        let message = ConversationCommand::SendMessage {
            client_message_id: Some(format!("lead:{}:{}", wanted.lead, wanted.number)),
            content: MessageContent::Template {
                name: wanted.template.name.clone(),
                language: wanted.template.language.clone(),
                parameters: Vec::new(),
            },
            sender: Sender::System,
            reply_to: None,
        };
        for round in 0..ROUNDS {
            let conversation = self.conversation(giving, wanted, channel, round).await?;
            let link = ConversationCommand::LinkEntity {
                kind: LinkedKind::Lead,
                id: wanted.lead.as_uuid(),
            };
            let step = format!("link:{round}");
            match giving.give::<Conversation>(&step, conversation, link).await {
                Ok(_) => {}
                Err(CommandError::Refused(refusal)) if is_over(refusal.code()) => continue,
                Err(error) => return Err(not_given(&error)),
            }
            match giving.give::<Conversation>(MESSAGE, conversation, message.clone()).await {
                Ok(_) => {
                    let message = message_command(giving.effect).derive("id:0");
                    return Ok(End::Wrote(MessageId::new(message)));
                }
                Err(CommandError::Refused(refusal)) if is_over(refusal.code()) => {}
                Err(CommandError::Refused(refusal)) => return Ok(End::Failed(refusal.code())),
                Err(error @ CommandError::LimitReached { .. }) => {
                    return Err(defer(error.code(), self.bus.clock().now() + LOOK_AGAIN));
                }
                Err(error) => return Err(not_given(&error)),
            }
        }
        Err(retry("CONVERSATION_KEEPS_CLOSING", "each conversation was closed at once"))
    }

    /// The contact's open conversation on the channel; started when there is none.
    async fn conversation(
        &self,
        giving: &Giving<'_>,
        wanted: &ContactEffect,
        channel: ChannelAccountId,
        round: usize,
    ) -> Result<ConversationId, Verdict> {
        let (contact, tenant) = (wanted.contact, giving.effect.tenant);
        let key = format!("{contact}|{channel}");
        let owner = self.bus.log().owner(tenant, OPEN_CLAIM, &key).await;
        let owner = owner.map_err(|error| retry("LOG_UNAVAILABLE", error))?;
        if let Some(open) = owner.and_then(|owner| owner.owner.parse().ok()) {
            return Ok(open);
        }
        let step = format!("conversation:{round}");
        let id = ConversationId::new(CommandId::new(giving.effect.id).derive(&step));
        let start = ConversationCommand::Start {
            contact,
            channel,
            external_thread: None,
            opted_out: false,
        };
        match giving.give::<Conversation>(&step, id, start).await {
            Ok(_) => Ok(id),
            // The contact wrote at this very moment.
            Err(CommandError::Reserved { owner, .. }) => {
                owner.parse().map_err(|_| failed("CONVERSATION_ID", "the owner is none"))
            }
            Err(error) => Err(not_given(&error)),
        }
    }
}

/// Step of the message itself.
const MESSAGE: &str = "message";

/// The command that queues the message.
fn message_command(effect: &Claimed) -> CommandId {
    CommandId::new(effect.id).step(MESSAGE)
}

/// Statuses in which the first word is the business's.
const fn waits(status: LeadStatus) -> bool {
    matches!(status, LeadStatus::ToBeContacted | LeadStatus::Contacted | LeadStatus::Reactivation)
}

fn is_over(code: &str) -> bool {
    ["CONVERSATION_CLOSED", "CONVERSATION_NOT_FOUND"].contains(&code)
}

fn defer(code: &str, until: DateTime<Utc>) -> Verdict {
    Verdict::Defer { code: code.into(), until }
}
