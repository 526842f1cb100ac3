//! What a person wants to get, and no more.

use bitacora_domain::ContactId;
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, OptOutCategory};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationCommand};

use super::conversations::is_over;
use super::failure::Failure;
use super::job::Job;
use super::router::Router;
use crate::sources::Person;

/// How it was said: in the provider's own settings.
const BY_PREFERENCE: &str = "preference";
/// How it was said: a message of ours failed for it.
const BY_FAULT: &str = "provider_error";

impl Router {
    /// The contact wants marketing, or no more: for the contact, and for the conversation that
    /// is open. Preferences may come in any order; the contact knows which was said last, and
    /// the conversation follows the contact. The fact's own command comes last and finds
    /// everything done.
    pub(super) async fn preference(
        &self,
        job: &Job<'_>,
        contact: ContactId,
        welcome: bool,
    ) -> Result<(), Failure> {
        let (id, own) = (contact.to_string(), job.envelope_of(contact));
        let body = marketing(welcome, BY_PREFERENCE, job);
        self.bus.execute::<Contact>(own.step("preference"), &id, body.clone()).await?;
        if let Some(conversation) = self.open_conversation(job, contact).await? {
            let body = self.conversations_part(job, contact).await?;
            let envelope = own.step("preference:conversation");
            let conversation = conversation.to_string();
            let told = self.bus.execute::<Conversation>(envelope, &conversation, body).await;
            match told.map_err(Failure::from) {
                Err(failure) if is_over(&failure) => {
                    self.conversations.forget(&(contact, job.channel()?));
                }
                told => drop(told?),
            }
        }
        self.bus.execute::<Contact>(own, &id, body).await?;
        Ok(())
    }

    /// What the contact's last word means for a conversation.
    async fn conversations_part(
        &self,
        job: &Job<'_>,
        contact: ContactId,
    ) -> Result<ConversationCommand, Failure> {
        let loaded = self.bus.load::<Contact>(job.tenant, &contact.to_string()).await?;
        let silent = loaded.is_some_and(|(contact, _)| {
            let out = |category| contact.has_opted_out(category);
            out(OptOutCategory::Marketing) || out(OptOutCategory::All)
        });
        let by = BY_PREFERENCE.to_owned();
        Ok(if silent {
            ConversationCommand::RecordOptOut { by }
        } else {
            ConversationCommand::RecordOptIn { by }
        })
    }

    /// A message failed because its recipient wants no marketing: that is an opt-out, whatever
    /// becomes of the status. Before the status, because the fact's own command comes last.
    pub(super) async fn opt_out_by_fault(
        &self,
        job: &Job<'_>,
        recipient: &Person,
    ) -> Result<(), Failure> {
        let Some(contact) = self.known_contact(job.tenant, recipient).await? else {
            return Ok(());
        };
        let body = marketing(false, BY_FAULT, job);
        let envelope = job.envelope().step("opt_out");
        let done = self.bus.execute::<Contact>(envelope, &contact.to_string(), body).await;
        match done.map_err(Failure::from) {
            // a refusal (opted out before) must not cost the status
            Ok(_) | Err(Failure::Refused(_)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

fn marketing(welcome: bool, by: &str, job: &Job<'_>) -> ContactCommand {
    let (category, by, at) = (OptOutCategory::Marketing, by.to_owned(), job.at());
    if welcome {
        ContactCommand::OptIn { category, by, at }
    } else {
        ContactCommand::OptOut { category, by, at }
    }
}
