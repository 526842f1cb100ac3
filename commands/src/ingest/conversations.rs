//! Which conversation a fact belongs to.

use bitacora_domain::aggregates::contact::{Contact, ContactCommand, OptOutCategory, Revealing};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationCommand};
use bitacora_domain::{ContactId, ConversationId, MessageId};

use super::callback;
use super::failure::Failure;
use super::job::Job;
use super::router::{ROUNDS, Router};
use crate::Envelope;

/// Kind of the claim that keeps one open conversation per contact and channel account.
const OPEN_CLAIM: &str = "conversation.open";
/// Kind of the claim on a provider's message id; its owner text is `<conversation>/<message>`.
const PROVIDER_MESSAGE_CLAIM: &str = "message.provider";

impl Router {
    /// Executes the fact's own command on the contact's open conversation, starting one if there
    /// is none. A conversation that was closed meanwhile is looked up again.
    pub(super) async fn in_open_conversation(
        &self,
        job: &Job<'_>,
        contact: ContactId,
        by_contact: bool,
        command: ConversationCommand,
    ) -> Result<(), Failure> {
        let envelope = if by_contact { job.envelope_of(contact) } else { job.envelope() };
        for round in 0..ROUNDS {
            let conversation = match self.open_conversation(job, contact).await? {
                Some(open) => open,
                None => {
                    if by_contact {
                        self.reveal(job, contact).await?;
                    }
                    self.start(job, contact, round).await?
                }
            };
            let (id, command) = (conversation.to_string(), command.clone());
            let done = self.bus.execute::<Conversation>(envelope.clone(), &id, command).await;
            let Err(failure) = done.map_err(Failure::from) else { return Ok(()) };
            if !is_over(&failure) {
                return Err(failure);
            }
            self.conversations.forget(&(contact, job.channel()?));
        }
        Err(Failure::Passing("CONVERSATION_KEEPS_CLOSING"))
    }

    /// Who came by a lead and begins a conversation is known by that as well (ADR 0012); who
    /// answers in the one that the lead's first contact began is not.
    async fn reveal(&self, job: &Job<'_>, contact: ContactId) -> Result<(), Failure> {
        if !contact.came_by_lead() {
            return Ok(());
        }
        self.not_done_before(job).await?;
        let body = ContactCommand::Reveal { because: Revealing::Wrote };
        let envelope = job.envelope_of(contact).step("reveal");
        self.bus.execute::<Contact>(envelope, &contact.to_string(), body).await?;
        Ok(())
    }

    /// The contact's open conversation on the fact's account, if there is one.
    pub(super) async fn open_conversation(
        &self,
        job: &Job<'_>,
        contact: ContactId,
    ) -> Result<Option<ConversationId>, Failure> {
        let channel = job.channel()?;
        let key = (contact, channel);
        let now = self.bus.clock().now();
        if let Some(open) = self.conversations.get(&key, now) {
            return Ok(Some(open));
        }
        let claim = format!("{contact}|{channel}");
        let owner = self.bus.log().owner(job.tenant, OPEN_CLAIM, &claim).await?;
        let open = owner.and_then(|owner| owner.owner.parse::<ConversationId>().ok());
        if let Some(open) = open {
            self.conversations.put(key, open, now);
        }
        Ok(open)
    }

    /// Starts a conversation. When another fact was faster, the one that it started.
    ///
    /// The ids follow from the fact and the round: a later round exists because the earlier
    /// one's conversation, perhaps of an attempt before a crash, has been closed since.
    async fn start(
        &self,
        job: &Job<'_>,
        contact: ContactId,
        round: usize,
    ) -> Result<ConversationId, Failure> {
        self.not_done_before(job).await?;
        let step = format!("conversation:{round}");
        let id = ConversationId::new(job.command_id().derive(&step));
        let channel = job.channel()?;
        let opted_out = self.wants_silence(job, contact).await?;
        let body =
            ConversationCommand::Start { contact, channel, external_thread: None, opted_out };
        // It begins when we hear of it, whatever the fact's own time.
        let heard = Envelope { occurred_at: None, ..job.envelope_of(contact) };
        let envelope = heard.step(&step);
        let started = self.bus.execute::<Conversation>(envelope, &id.to_string(), body).await;
        let id = match started.map_err(Failure::from) {
            Ok(receipt) => receipt.stream.aggregate_id,
            Err(Failure::Reserved { owner }) => owner,
            Err(failure) => return Err(failure),
        };
        let conversation = id.parse().map_err(|_| Failure::Stuck("CONVERSATION_ID"))?;
        let now = self.bus.clock().now();
        self.conversations.put((contact, channel), conversation, now);
        Ok(conversation)
    }

    /// Has the contact opted out of everything automatic?
    async fn wants_silence(&self, job: &Job<'_>, contact: ContactId) -> Result<bool, Failure> {
        let loaded = self.bus.load::<Contact>(job.tenant, &contact.to_string()).await?;
        Ok(loaded.is_some_and(|(contact, _)| contact.has_opted_out(OptOutCategory::All)))
    }

    /// Conversation and message that the provider's id of a message stands for.
    pub(super) async fn message_called(
        &self,
        job: &Job<'_>,
        provider_message_id: &str,
    ) -> Result<Option<(ConversationId, MessageId)>, Failure> {
        let tenant = job.tenant;
        let owner =
            self.bus.log().owner(tenant, PROVIDER_MESSAGE_CLAIM, provider_message_id).await?;
        Ok(owner.and_then(|owner| callback::decode_owner(&owner.owner)))
    }
}

/// The conversation has ended, or never was.
pub(super) fn is_over(failure: &Failure) -> bool {
    failure.is_refusal(&["CONVERSATION_CLOSED", "CONVERSATION_NOT_FOUND"])
}
