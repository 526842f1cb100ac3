//! `timeline`: what happened, as a list that people read.

mod conversation;
mod table;

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::contact::{Contact, ContactEvent};
use bitacora_domain::aggregates::conversation::Conversation;
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;

use crate::change::Set;
use crate::reveal::{aggregate_id, code, person, text};
use crate::{Change, Projection, ProjectionError, Table};

pub use table::TABLE;

/// The view.
#[derive(Debug)]
pub struct Timeline;

/// What a row says beyond what every event says.
struct Entry {
    kind: &'static str,
    at: DateTime<Utc>,
    more: Set,
}

#[allow(clippy::unnecessary_wraps)] // every arm below says `entry(…)` or `None`
fn entry(kind: &'static str, at: DateTime<Utc>, more: Set) -> Option<Entry> {
    Some(Entry { kind, at, more })
}

impl Projection for Timeline {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Conversation::TYPE, Contact::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let (column, entry) = if event.is_of::<Contact>() {
            ("contact_id", of_contact(event)?)
        } else {
            ("conversation_id", conversation::entry_of(event)?)
        };
        let Some(Entry { kind, at, more }) = entry else { return Ok(vec![]) };
        let mut set = more;
        set.extend([
            (column, aggregate_id(event)?.into()),
            ("kind", kind.into()),
            ("actor", person(&event.metadata.actor)),
            ("at", at.into()),
            ("position", event.position.0.into()),
        ]);
        Ok(vec![Change::Insert { key: event.metadata.event_id.as_uuid().into(), set }])
    }
}

fn of_contact(event: &RecordedEvent) -> Result<Option<Entry>, ProjectionError> {
    let now = event.metadata.occurred_at;
    Ok(match event.decode::<Contact>()? {
        ContactEvent::ContactCreated { name, .. } => {
            entry("CONTACT_CREATED", now, vec![("text", text(name.as_ref()))])
        }
        ContactEvent::ContactIdentityAdded { identity } => entry(
            "IDENTITY_ADDED",
            now,
            vec![("title", identity.kind.as_str().into()), ("text", text(Some(&identity.value)))],
        ),
        ContactEvent::ContactRenamed { name } => {
            entry("RENAMED", now, vec![("text", text(Some(name)))])
        }
        ContactEvent::ContactOptedOut { category, at, .. } => {
            entry("OPTED_OUT", *at, vec![("title", code(category))])
        }
        ContactEvent::ContactOptedIn { category, at, .. } => {
            entry("OPTED_IN", *at, vec![("title", code(category))])
        }
        ContactEvent::ContactConsentRecorded { scope, at, .. } => {
            entry("CONSENT_RECORDED", *at, vec![("title", code(scope))])
        }
        ContactEvent::ContactConsentWithdrawn { scope, at, .. } => {
            entry("CONSENT_WITHDRAWN", *at, vec![("title", code(scope))])
        }
        ContactEvent::ContactAddedToDnc { at, .. } => entry("ADDED_TO_DNC", *at, vec![]),
        ContactEvent::ContactRemovedFromDnc { at, .. } => entry("REMOVED_FROM_DNC", *at, vec![]),
        ContactEvent::ContactRevealed { .. } => None,
    })
}
