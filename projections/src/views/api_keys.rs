//! `api_keys`: the keys of the tenant's programs. Nothing here opens anything.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::api_key::{ApiKey, ApiKeyEvent as Event};
use cqrs_es::Aggregate;
use serde_json::json;

use crate::change::Set;
use crate::reveal::aggregate_id;
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = ApiKey::TYPE;

/// The view.
#[derive(Debug)]
pub struct ApiKeys;

/// Its table.
pub static TABLE: Table = Table {
    name: "api_keys",
    schema: 1,
    doc: "One row per API key that was ever issued for the tenant.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the key."),
        Column::of(OWNER, "name", ColumnType::Text, "What it is for."),
        Column::of(OWNER, "prefix", ColumnType::Text, "Beginning of the key, to know it again."),
        Column::of(OWNER, "scopes", ColumnType::Json, "What it may do: array of capabilities.")
            .optional(),
        Column::of(OWNER, "issued_at", ColumnType::Time, "When it was issued."),
        Column::of(OWNER, "issued_by", ColumnType::Text, "Kind and id of who issued it."),
        Column::of(
            OWNER,
            "expires_at",
            ColumnType::Time,
            "When it ends by itself; NULL for never.",
        )
        .optional(),
        Column::of(OWNER, "revoked_at", ColumnType::Time, "When it was revoked.").optional(),
        Column::of(OWNER, "reason", ColumnType::Text, "Why it was revoked.").optional(),
        Column::of(OWNER, "version", ColumnType::Int, "Number of its events so far."),
    ],
    key: &["id"],
    indexes: &[Index { name: "by_time", columns: &["-issued_at", "-id"] }],
};

impl Projection for ApiKeys {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let at: Cell = event.metadata.occurred_at.into();
        let mut set: Set = match event.decode::<ApiKey>()? {
            Event::ApiKeyIssued { name, scopes, prefix, expires_at, .. } => {
                let actor = &event.metadata.actor;
                vec![
                    ("name", name.as_str().into()),
                    ("prefix", prefix.as_str().into()),
                    ("scopes", json!(scopes).into()),
                    ("issued_at", at),
                    ("issued_by", format!("{}:{}", actor.kind.as_str(), actor.id).into()),
                    ("expires_at", (*expires_at).into()),
                ]
            }
            Event::ApiKeyRevoked { reason } => {
                vec![("revoked_at", at), ("reason", reason.clone().into())]
            }
        };
        set.push(("version", event.version.0.into()));
        Ok(vec![Change::Upsert { key: aggregate_id(event)?.into(), set }])
    }
}
