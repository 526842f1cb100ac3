//! `contacts`: the people that the business talks to.

use bitacora_domain::aggregates::contact::{
    ConsentScope, Contact, ContactEvent as Event, Identity, IdentityKind, OptOutCategory,
};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationEvent};
use bitacora_domain::{ContactId, Personal, RecordedEvent};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use serde_json::json;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::{aggregate_id, text};
use crate::table::Merge;
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = Contact::TYPE;

/// The view.
#[derive(Debug)]
pub struct Contacts;

/// Its table.
pub static TABLE: Table = Table {
    name: "contacts",
    schema: 3,
    doc: "One row per person that the business talks to, with the identities under which they \
          are known.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the contact."),
        Column::of(OWNER, "name", ColumnType::Text, "Name, such as the WhatsApp profile's.")
            .optional()
            .personal(),
        Column::of(
            OWNER,
            "phones",
            ColumnType::Json,
            "Telephone numbers in E.164: array of texts, oldest first.",
        )
        .optional()
        .personal(),
        Column::of(
            OWNER,
            "identities",
            ColumnType::Json,
            "All identities: array of `{kind, value}`, oldest first; `kind` is `phone`, `wa_id`, \
             `bsuid` or `email`.",
        )
        .optional()
        .personal(),
        Column::of(OWNER, "phone", ColumnType::Text, "Newest telephone number, E.164.")
            .optional()
            .personal(),
        Column::of(OWNER, "wa_id", ColumnType::Text, "Newest WhatsApp id, digits.")
            .optional()
            .personal(),
        Column::of(OWNER, "bsuid", ColumnType::Text, "Newest business-scoped user id of WhatsApp.")
            .optional()
            .personal(),
        Column::of(OWNER, "email", ColumnType::Text, "Newest e-mail address, lower case.")
            .optional()
            .personal(),
        Column::of(OWNER, "opted_out_marketing", ColumnType::Bool, "Wants no marketing messages."),
        Column::of(
            OWNER,
            "opted_out_all",
            ColumnType::Bool,
            "Wants nothing that the business sends by itself.",
        ),
        Column::shared(
            Merge::Last,
            "opted_out_at",
            ColumnType::Time,
            "When they last opted out of something.",
        ),
        Column::of(OWNER, "created_at", ColumnType::Time, "When the contact was made.").optional(),
        Column::of(OWNER, "updated_at", ColumnType::Time, "When its last event was recorded.")
            .optional(),
        Column::of(OWNER, "version", ColumnType::Int, "Number of the contact's events so far."),
        Column::shared(
            Merge::First,
            "first_message_at",
            ColumnType::Time,
            "Time of the contact's first message, in whatever conversation.",
        ),
        Column::shared(
            Merge::Last,
            "last_message_at",
            ColumnType::Time,
            "Time of the last message of or to the contact, in whatever conversation.",
        ),
        Column::shared(
            Merge::Last,
            "last_conversation_id",
            ColumnType::Uuid,
            "Conversation of that last message.",
        ),
        Column::of(OWNER, "call_consent", ColumnType::Bool, "Agreed to be called."),
        Column::of(
            OWNER,
            "call_consent_at",
            ColumnType::Time,
            "When they agreed, or took it back; NULL when they never said anything.",
        )
        .optional(),
        Column::of(OWNER, "do_not_call", ColumnType::Bool, "On the do-not-call list."),
        Column::of(
            OWNER,
            "do_not_call_at",
            ColumnType::Time,
            "When they were put on the list, or taken off it; NULL when neither happened.",
        )
        .optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_name", columns: &["name", "id"] },
        Index { name: "by_phone", columns: &["phone"] },
        Index { name: "by_wa_id", columns: &["wa_id"] },
        Index { name: "by_email", columns: &["email"] },
        Index { name: "by_creation", columns: &["-created_at", "-id"] },
        Index { name: "by_last_message", columns: &["-last_message_at", "-id"] },
    ],
};

impl Projection for Contacts {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER, Conversation::TYPE]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        if event.is_of::<Conversation>() { of_conversation(event) } else { of_contact(event) }
    }
}

fn of_contact(event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
    let id = aggregate_id(event)?;
    // Who came by a lead is nobody until the event that reveals it; that one says everything.
    let hidden = ContactId::new(id).came_by_lead();
    let mut changes = Vec::new();
    let mut set: Set = match event.decode::<Contact>()? {
        Event::ContactCreated { name, .. } => vec![
            ("name", text(name.as_ref().filter(|_| !hidden))),
            ("created_at", event.metadata.occurred_at.into()),
        ],
        Event::ContactIdentityAdded { .. } | Event::ContactRenamed { .. } if hidden => vec![],
        Event::ContactIdentityAdded { identity } => added(id, identity, &mut changes),
        Event::ContactRenamed { name } => vec![("name", text(Some(name)))],
        Event::ContactRevealed { name, identities, .. } => revealed(name.as_ref(), identities),
        Event::ContactOptedOut { category, at, late, .. } => {
            changes.push(opted_out(id, *at));
            unless(*late, vec![(opt_out(*category), true.into())])
        }
        Event::ContactOptedIn { category, late, .. } => {
            unless(*late, vec![(opt_out(*category), false.into())])
        }
        Event::ContactConsentRecorded { scope: ConsentScope::Calls, at, late, .. } => {
            unless(*late, vec![("call_consent", true.into()), ("call_consent_at", (*at).into())])
        }
        Event::ContactConsentWithdrawn { scope: ConsentScope::Calls, at, late, .. } => {
            unless(*late, vec![("call_consent", false.into()), ("call_consent_at", (*at).into())])
        }
        Event::ContactAddedToDnc { at, late, .. } => {
            unless(*late, vec![("do_not_call", true.into()), ("do_not_call_at", (*at).into())])
        }
        Event::ContactRemovedFromDnc { at, late, .. } => {
            unless(*late, vec![("do_not_call", false.into()), ("do_not_call_at", (*at).into())])
        }
    };
    set.push(("updated_at", event.recorded_at.into()));
    set.push(("version", event.version.0.into()));
    // Messages may make the row too (by their merges), so everything here is an upsert.
    changes.push(Change::Upsert { key: id.into(), set });
    Ok(changes)
}

/// All that a contact is, at once.
fn revealed(name: Option<&Personal<String>>, identities: &[Identity]) -> Set {
    let shown = || identities.iter().filter_map(|known| Some((known.kind, known.value.reveal()?)));
    let newest = |kind: IdentityKind| {
        let value = shown().rfind(|(other, _)| *other == kind).map(|(_, value)| value);
        Cell::from(value.cloned())
    };
    let phones = shown().filter(|(kind, _)| *kind == IdentityKind::Phone);
    let phones: Vec<_> = phones.map(|(_, value)| json!(value)).collect();
    let all = shown().map(|(kind, value)| json!({ "kind": kind.as_str(), "value": value }));
    vec![
        ("name", text(name)),
        ("phones", Cell::Json(json!(phones))),
        ("identities", Cell::Json(all.collect())),
        ("phone", newest(IdentityKind::Phone)),
        ("wa_id", newest(IdentityKind::WaId)),
        ("bsuid", newest(IdentityKind::Bsuid)),
        ("email", newest(IdentityKind::Email)),
    ]
}

fn added(id: Uuid, identity: &Identity, changes: &mut Vec<Change>) -> Set {
    let Some(value) = identity.value.reveal() else { return vec![] };
    let kind = identity.kind.as_str();
    let element = json!({ "kind": kind, "value": value });
    changes.push(Change::Include { key: id.into(), column: "identities", value: element });
    let column = match identity.kind {
        IdentityKind::Phone => {
            let value = json!(value);
            changes.push(Change::Include { key: id.into(), column: "phones", value });
            "phone"
        }
        IdentityKind::WaId => "wa_id",
        IdentityKind::Bsuid => "bsuid",
        IdentityKind::Email => "email",
    };
    vec![(column, value.as_str().into())]
}

/// A word that was heard after a later one changes nothing.
fn unless(late: bool, set: Set) -> Set {
    if late { vec![] } else { set }
}

/// The last time counts, in whatever order they are told.
fn opted_out(id: Uuid, at: DateTime<Utc>) -> Change {
    Change::KeepLatest { key: id.into(), column: "opted_out_at", value: at.into(), at }
}

const fn opt_out(category: OptOutCategory) -> &'static str {
    match category {
        OptOutCategory::Marketing => "opted_out_marketing",
        OptOutCategory::All => "opted_out_all",
    }
}

fn of_conversation(event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
    // Of all that happens in a conversation, only messages count here.
    #[allow(clippy::wildcard_enum_match_arm, reason = "two events of very many")]
    let (contact, at, inbound) = match event.decode::<Conversation>()? {
        ConversationEvent::MessageReceived { contact, sent_at, .. } => (contact, *sent_at, true),
        ConversationEvent::MessageQueued { contact, queued_at, .. } => (contact, *queued_at, false),
        _ => return Ok(vec![]),
    };
    let id = contact.as_uuid();
    // by their own time: one that comes late was not said late
    let last = |column, value: Cell| Change::KeepLatest { key: id.into(), column, value, at };
    let mut changes = vec![
        last("last_message_at", at.into()),
        last("last_conversation_id", aggregate_id(event)?.into()),
    ];
    if inbound {
        let (column, value) = ("first_message_at", at.into());
        changes.push(Change::KeepEarliest { key: id.into(), column, value, at });
    }
    Ok(changes)
}
