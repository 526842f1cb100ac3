//! `usage`: how much of what plans limit is used (CHATI-7 … CHATI-13, CHATI-40).

use bitacora_domain::aggregates::contact::{Contact, ContactEvent};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationEvent};
use bitacora_domain::aggregates::knowledge_document::{KnowledgeDocument, KnowledgeDocumentEvent};
use bitacora_domain::aggregates::membership::{MemberStatus, Membership, MembershipEvent};
use bitacora_domain::aggregates::tenant::day::quarter_of;
use bitacora_domain::{Meter, RecordedEvent};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;

use crate::table::Merge;
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Key, Projection, ProjectionError, Table};

/// The view.
#[derive(Debug)]
pub struct Usage;

/// Its table.
pub static TABLE: Table = Table {
    name: "usage",
    schema: 2,
    doc: "How much is used of what plans limit. What starts again each day is counted by the \
          quarter of an hour, so that it can be summed over the tenant's day whatever its zone; \
          the rest has one row.",
    columns: &[
        Column::key(
            "meter",
            ColumnType::Text,
            "`MESSAGES` (sent, a day), `CONTACTS`, `USERS` (who can log in) or `DOCUMENTS`.",
        ),
        Column::key(
            "since",
            ColumnType::Time,
            "For `MESSAGES` the beginning of a quarter of an hour; for the others 1970-01-01.",
        ),
        Column::shared(Merge::Sum, "used", ColumnType::Int, "How many."),
    ],
    key: &["meter", "since"],
    indexes: &[],
};

/// The key of a meter's row: of the quarter of an hour that `at` lies in, if it is a daily one.
pub fn key(meter: Meter, at: DateTime<Utc>) -> Key {
    let since = if meter.is_daily() { quarter_of(at) } else { DateTime::UNIX_EPOCH };
    Key(vec![meter.as_str().into(), Cell::Time(since)])
}

impl Projection for Usage {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[Conversation::TYPE, Contact::TYPE, Membership::TYPE, KnowledgeDocument::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let counted = if event.is_of::<Contact>() {
            of_contact(event)?
        } else if event.is_of::<Membership>() {
            of_membership(event)?
        } else if event.is_of::<KnowledgeDocument>() {
            of_document(event)?
        } else {
            of_conversation(event)?
        };
        let add = |(key, by)| Change::Add { key, column: "used", by };
        Ok(counted.map(add).into_iter().collect())
    }
}

/// A row and what is added to it.
type Counted = Option<(Key, i64)>;

fn standing(meter: Meter, by: i64) -> (Key, i64) {
    (key(meter, DateTime::UNIX_EPOCH), by)
}

fn of_contact(event: &RecordedEvent) -> Result<Counted, ProjectionError> {
    Ok(match event.decode::<Contact>()? {
        ContactEvent::ContactCreated { .. } => Some(standing(Meter::Contacts, 1)),
        ContactEvent::ContactIdentityAdded { .. }
        | ContactEvent::ContactRenamed { .. }
        | ContactEvent::ContactOptedOut { .. }
        | ContactEvent::ContactOptedIn { .. }
        | ContactEvent::ContactConsentRecorded { .. }
        | ContactEvent::ContactConsentWithdrawn { .. }
        | ContactEvent::ContactAddedToDnc { .. }
        | ContactEvent::ContactRemovedFromDnc { .. }
        | ContactEvent::ContactRevealed { .. } => None,
    })
}

fn of_membership(event: &RecordedEvent) -> Result<Counted, ProjectionError> {
    use MembershipEvent as E;
    Ok(match event.decode::<Membership>()? {
        E::InvitationAccepted { .. } | E::MemberAdded { .. } | E::MemberReactivated => {
            Some(standing(Meter::Users, 1))
        }
        E::MemberSuspended { .. } | E::MemberRemoved { was: MemberStatus::Active, .. } => {
            Some(standing(Meter::Users, -1))
        }
        E::MemberRemoved { .. }
        | E::MemberInvited { .. }
        | E::MemberRoleChanged { .. }
        | E::MemberRenamed { .. }
        | E::MemberAvailabilityChanged { .. }
        | E::MemberCapacityChanged { .. }
        | E::MemberSkillsChanged { .. } => None,
    })
}

fn of_document(event: &RecordedEvent) -> Result<Counted, ProjectionError> {
    use KnowledgeDocumentEvent as E;
    Ok(match event.decode::<KnowledgeDocument>()? {
        E::DocumentUploaded { .. } | E::DocumentRestored { .. } => {
            Some(standing(Meter::Documents, 1))
        }
        E::DocumentRetired { .. } => Some(standing(Meter::Documents, -1)),
        E::DocumentRevised { .. }
        | E::DocumentClassified { .. }
        | E::DocumentIngested { .. }
        | E::DocumentApproved { .. }
        | E::DocumentRejected { .. }
        | E::DocumentPublished { .. }
        | E::DocumentChunked { .. }
        | E::DocumentEmbedded { .. }
        | E::DocumentFailed { .. }
        | E::DocumentReindexRequested { .. } => None,
    })
}

fn of_conversation(event: &RecordedEvent) -> Result<Counted, ProjectionError> {
    let ConversationEvent::MessageQueued { queued_at, .. } = event.decode::<Conversation>()? else {
        return Ok(None);
    };
    Ok(Some((key(Meter::Messages, *queued_at), 1)))
}
