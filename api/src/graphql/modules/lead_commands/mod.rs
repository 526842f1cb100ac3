//! What people, and the programs that work for them, do with leads: one mutation per command.
//! What ads and contacts tell comes by webhook; timers are the lead's own.

use async_graphql::{ID, MergedObject};
use bitacora_commands::leads::{LeadFault, Leads};
use bitacora_domain::aggregates::lead::Lead as Aggregate;
use bitacora_domain::aggregates::offer::{Offer, OfferChoice};
use bitacora_domain::{LeadId, Personal, Subject};
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::mutation::{Target, Unmet, argument, failure, user_error};

/// Declares input, error union and payload of a mutation of an existing lead.
macro_rules! lead_types {
    ($(#[$doc:meta])* $name:literal: $input:ident { $($fields:tt)* } -> $payload:ident | $error:ident) => {
        $crate::graphql::mutation::mutation_types! { $(#[$doc])* $name: $input {
            /// The lead.
            pub id: async_graphql::ID,
            $($fields)*
        } -> $payload | $error {
            /// The lead as it is afterwards; null when it failed or the read side is late.
            lead: $crate::graphql::modules::leads::Lead
        } }
    };
}

/// A mutation of an existing lead.
macro_rules! on_lead {
    ($ctx:ident, $capability:ident, $input:ident, $body:expr) => {
        $crate::graphql::mutation::answer::<bitacora_domain::aggregates::lead::Lead, _, _>(
            $ctx,
            $crate::graphql::access::Capability::$capability,
            &$input,
            super::lead(&$input.id),
            |_| $body,
        )
        .await
    };
}

/// The same where something must be looked up first: `$body` is a future of the command.
macro_rules! on_prepared_lead {
    ($ctx:ident, $capability:ident, $input:ident, $body:expr) => {
        $crate::graphql::mutation::answer_prepared::<bitacora_domain::aggregates::lead::Lead, _, _>(
            $ctx,
            $crate::graphql::access::Capability::$capability,
            &$input,
            super::lead(&$input.id),
            $body,
        )
        .await
    };
}

pub mod capture;
pub mod delivering;
pub mod judging;
pub mod mapping;
pub mod talking;

/// Fields of the mutation root.
#[derive(MergedObject, Default)]
pub struct LeadMutations(
    capture::LeadCaptureMutations,
    delivering::LeadDeliveryMutations,
    judging::LeadJudgingMutations,
    mapping::LeadMappingMutations,
    talking::LeadTalkMutations,
);

/// A lead as the target of a command.
const fn lead(id: &ID) -> Target<'_> {
    Target::Existing(NodeType::Lead, id)
}

/// The way in that webhooks and mutations share.
fn desk(caller: &Caller) -> Leads {
    Leads::new(caller.app.bus.clone())
}

/// Why a lead could not come in, as its caller is told.
fn unmet(fault: LeadFault) -> Unmet {
    let code = fault.code();
    match fault {
        LeadFault::Lead(error) => failure(error),
        LeadFault::Contact(error) => failure(error),
        LeadFault::Load(error) => Fault::unavailable(error).into(),
        LeadFault::Log(error) => Fault::unavailable(error).into(),
        LeadFault::OfferNotActive => user_error(code, fault.to_string()).about("offerId").into(),
    }
}

/// An offer that takes leads.
async fn active_offer(caller: &Caller, id: &ID) -> Result<OfferChoice, Unmet> {
    let offer = argument(NodeType::Offer, id, "offerId")?;
    let choice = desk(caller).choice(caller.tenant(), offer.into()).await.map_err(unmet)?;
    choice.ok_or_else(|| unmet(LeadFault::OfferNotActive))
}

/// The criteria of an offer as they are now, whatever its status.
async fn criteria_now(caller: &Caller, offer: Uuid) -> Result<Option<OfferChoice>, Unmet> {
    let loaded = caller.app.bus.load::<Offer>(caller.tenant(), &offer.to_string()).await;
    let loaded = loaded.map_err(Fault::unavailable)?;
    Ok(loaded.and_then(|(offer, _)| offer.criteria_now()))
}

/// The lead as the log has it now.
async fn loaded(caller: &Caller, id: &ID) -> Result<Option<Aggregate>, Unmet> {
    let uuid = argument(NodeType::Lead, id, "id")?;
    let loaded = caller.app.bus.load::<Aggregate>(caller.tenant(), &uuid.to_string()).await;
    Ok(loaded.map_err(Fault::unavailable)?.map(|(lead, _)| lead))
}

/// Whose data is said of a lead: its contact's, once that is known.
async fn subject_of(caller: &Caller, id: &ID) -> Result<Subject, Unmet> {
    let uuid = argument(NodeType::Lead, id, "id")?;
    let contact = loaded(caller, id).await?.and_then(|lead| lead.contact());
    Ok(contact.map_or_else(|| Subject::lead(LeadId::new(uuid)), Subject::contact))
}

/// Words about a lead, if there are any.
async fn note(
    caller: &Caller,
    id: &ID,
    words: Option<&String>,
) -> Result<Option<Personal<String>>, Unmet> {
    match words {
        Some(words) => Ok(Some(Personal::new(subject_of(caller, id).await?, words.clone()))),
        None => Ok(None),
    }
}
