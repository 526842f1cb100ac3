//! What a person wants to get, and no more.
//!
//! Marketing is the contact's business alone: what a campaign sends asks the contact before it
//! leaves, in whatever conversation, whereas answers are no marketing. So it is the same whether a
//! conversation was open when they said so, or begins later.

use bitacora_domain::ContactId;
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, OptOutCategory};

use super::failure::Failure;
use super::job::Job;
use super::router::Router;
use crate::sources::Person;

/// How it was said: in the provider's own settings.
const BY_PREFERENCE: &str = "preference";
/// How it was said: a message of ours failed for it.
const BY_FAULT: &str = "provider_error";

impl Router {
    /// The contact wants marketing, or no more. Preferences may come in any order; the contact
    /// knows which was said last.
    pub(super) async fn preference(
        &self,
        job: &Job<'_>,
        contact: ContactId,
        welcome: bool,
    ) -> Result<(), Failure> {
        let body = marketing(welcome, BY_PREFERENCE, job);
        self.bus.execute::<Contact>(job.envelope_of(contact), &contact.to_string(), body).await?;
        Ok(())
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
            // a refusal must not cost the status
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
