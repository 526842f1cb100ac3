//! `channels`: the channel accounts of the tenant.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::channel_account::{
    ChannelAccount, ChannelEvent as Event, ChannelKind,
};
use cqrs_es::Aggregate;

use crate::change::Set;
use crate::reveal::aggregate_id;
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = ChannelAccount::TYPE;

/// The view.
#[derive(Debug)]
pub struct Channels;

/// Its table.
pub static TABLE: Table = Table {
    name: "channels",
    schema: 2,
    doc: "One row per channel account (a WhatsApp number, or an account at another provider) that the tenant ever connected.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the channel account."),
        Column::of(OWNER, "name", ColumnType::Text, "Name for the team."),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`CONNECTED`, `DEGRADED` (in use, but in trouble) or `DISABLED` (its number is free).",
        ),
        Column::of(
            OWNER,
            "kind",
            ColumnType::Text,
            "`WHATSAPP`, `META_PAGE`, `TWILIO`, `ELEVENLABS`, `BUILDERBOT` or `CHATWOOT`.",
        ),
        Column::of(OWNER, "account", ColumnType::Text, "The provider's id of it."),
        Column::of(OWNER, "display", ColumnType::Text, "What people call it: a number, a page."),
        Column::of(
            OWNER,
            "phone_number_id",
            ColumnType::Text,
            "Meta's id of the number, digits; of WhatsApp numbers.",
        )
        .optional(),
        Column::of(
            OWNER,
            "waba_id",
            ColumnType::Text,
            "Meta's id of the business account, digits.",
        )
        .optional(),
        Column::of(
            OWNER,
            "display_phone_number",
            ColumnType::Text,
            "The number as people write it; of WhatsApp numbers.",
        )
        .optional(),
        Column::of(OWNER, "reason", ColumnType::Text, "Why it is degraded or disabled.").optional(),
        Column::of(OWNER, "connected_at", ColumnType::Time, "When it was last connected."),
        Column::of(OWNER, "updated_at", ColumnType::Time, "When its last event was recorded."),
        Column::of(OWNER, "version", ColumnType::Int, "Number of its events so far."),
    ],
    key: &["id"],
    indexes: &[Index { name: "by_name", columns: &["name", "id"] }],
};

impl Projection for Channels {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let stands = |status: &str, reason: Option<&String>| -> Set {
            vec![("status", status.into()), ("reason", reason.cloned().into())]
        };
        let mut set: Set = match event.decode::<ChannelAccount>()? {
            Event::ChannelConnected {
                phone_number_id,
                waba_id,
                display_phone_number,
                name,
                ..
            } => vec![
                ("name", name.as_str().into()),
                ("status", "CONNECTED".into()),
                ("kind", ChannelKind::Whatsapp.as_str().into()),
                ("account", phone_number_id.as_str().into()),
                ("display", display_phone_number.as_str().into()),
                ("phone_number_id", phone_number_id.as_str().into()),
                ("waba_id", waba_id.clone().into()),
                ("display_phone_number", display_phone_number.as_str().into()),
                ("reason", Cell::Null),
                ("connected_at", event.metadata.occurred_at.into()),
            ],
            Event::ChannelAccountConnected { kind, account, display, name, .. } => vec![
                ("name", name.as_str().into()),
                ("status", "CONNECTED".into()),
                ("kind", kind.as_str().into()),
                ("account", account.as_str().into()),
                ("display", display.as_str().into()),
                ("phone_number_id", Cell::Null),
                ("waba_id", Cell::Null),
                ("display_phone_number", Cell::Null),
                ("reason", Cell::Null),
                ("connected_at", event.metadata.occurred_at.into()),
            ],
            Event::ChannelDisabled { reason, .. }
            | Event::ChannelAccountDisabled { reason, .. } => stands("DISABLED", reason.as_ref()),
            Event::ChannelDegraded { reason, .. } => stands("DEGRADED", Some(reason)),
            Event::ChannelRestored => stands("CONNECTED", None),
        };
        set.push(("updated_at", event.recorded_at.into()));
        set.push(("version", event.version.0.into()));
        Ok(vec![Change::Upsert { key: aggregate_id(event)?.into(), set }])
    }
}
