//! Small views whose events say what they want.

use std::sync::atomic::{AtomicBool, Ordering};

use bitacora_domain::upcast::{Upcaster, upcast};
use bitacora_domain::{DecodeError, RecordedEvent, StreamId};
use bitacora_projections::change::SearchDocument;
use bitacora_projections::table::Merge;
use bitacora_projections::value::{Cell, ColumnType};
use bitacora_projections::{Change, Column, Index, Key, Projection, ProjectionError, Table};
use serde_json::{Value, json};
use uuid::Uuid;

/// Columns of two aggregates and of nobody: what everybody may write at the same time.
pub(crate) static MIXED: Table = Table {
    name: "probes",
    schema: 1,
    doc: "Probe.",
    columns: &[
        Column::key("k", ColumnType::Text, "Key."),
        Column::of("alpha", "a", ColumnType::Text, "Of alpha.").optional(),
        Column::of("alpha", "n", ColumnType::Int, "Counter of alpha."),
        Column::of("alpha", "list", ColumnType::Json, "List of alpha.").optional(),
        Column::of("beta", "b", ColumnType::Text, "Of beta.").optional(),
        Column::shared(Merge::Sum, "sum", ColumnType::Int, "Of all."),
        Column::shared(Merge::First, "first", ColumnType::Text, "Of all."),
        Column::shared(Merge::Last, "last", ColumnType::Int, "Of all."),
    ],
    key: &["k"],
    indexes: &[Index { name: "by_a", columns: &["a"] }],
};

/// All columns of one aggregate.
pub(crate) static SOLO: Table = Table {
    name: "solos",
    schema: 1,
    doc: "Probe.",
    columns: &[
        Column::key("k", ColumnType::Text, "Key."),
        Column::of("alpha", "a", ColumnType::Text, "Of alpha.").optional(),
        Column::of("alpha", "g", ColumnType::Int, "Group."),
        Column::of("alpha", "list", ColumnType::Json, "List.").optional(),
        Column::once("born", ColumnType::Int, "Set once."),
    ],
    key: &["k"],
    indexes: &[
        Index { name: "by_g", columns: &["-g", "a"] },
        Index { name: "by_a", columns: &["a"] },
    ],
};

/// `Set{k,a}` upserts, `Add{k}` counts, `Keep{k,v}` keeps first and last, `Poison{k}` writes a
/// row that the database refuses, `Index{text}` indexes, `Old{…}` needs an upcaster, `Bad` does
/// not decode, `Nothing` changes nothing, `Panic` panics, `Alien` writes what is not its own.
pub(crate) struct Probe {
    pub(crate) table: &'static Table,
    pub(crate) upcaster_deployed: AtomicBool,
}

impl Probe {
    pub(crate) const fn new(table: &'static Table) -> Self {
        Self { table, upcaster_deployed: AtomicBool::new(false) }
    }
}

pub(crate) static PROBE: Probe = Probe::new(&MIXED);

/// What was called `name` is called `k`.
const UPCASTERS: &[Upcaster] =
    &[Upcaster { event_type: "Old", from: "1", to: "2", lift: |old| json!({ "k": old["name"] }) }];

fn unreadable(event: &RecordedEvent, reason: &str) -> ProjectionError {
    ProjectionError::Decode(DecodeError::Payload {
        event_type: event.event_type.clone(),
        event_version: event.event_version.clone(),
        reason: reason.into(),
    })
}

impl Projection for Probe {
    fn table(&self) -> &'static Table {
        self.table
    }

    fn interest(&self) -> &'static [&'static str] {
        &["alpha", "beta"]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let payload = &event.payload;
        let key = |payload: &Value| -> Result<Key, ProjectionError> {
            let k = payload["k"].as_str().ok_or_else(|| unreadable(event, "missing field `k`"))?;
            Ok(Key::from(k))
        };
        let set = |key: Key, a: &str| vec![Change::Upsert { key, set: vec![("a", a.into())] }];
        Ok(match event.event_type.as_str() {
            "Set" => set(key(payload)?, payload["a"].as_str().unwrap_or("?")),
            "Add" => vec![Change::Add { key: key(payload)?, column: "sum", by: 1 }],
            "Keep" => {
                let first: Cell = payload["v"].as_i64().map(|v| v.to_string()).into();
                let last: Cell = payload["v"].as_i64().into();
                vec![
                    Change::KeepFirst { key: key(payload)?, column: "first", value: first },
                    Change::KeepLast { key: key(payload)?, column: "last", value: last },
                ]
            }
            "Poison" => set(key(payload)?, "poison"),
            "Alien" => vec![Change::Upsert { key: key(payload)?, set: vec![("b", "x".into())] }],
            "Index" => vec![Change::Index(SearchDocument {
                id: Uuid::nil(),
                kind: "message",
                entity: StreamId::new("alpha", "1"),
                subject: None,
                text: payload["text"].as_str().unwrap_or("").into(),
            })],
            "Old" => {
                let known =
                    if self.upcaster_deployed.load(Ordering::SeqCst) { UPCASTERS } else { &[] };
                let tagged = json!({ "Old": payload });
                let (lifted, _) = upcast(known, "Old", &event.event_version, tagged);
                set(key(&lifted["Old"])?, "lifted")
            }
            "Nothing" => vec![],
            "Panic" => panic!("as the test wants"),
            _ => return Err(unreadable(event, "unknown variant")),
        })
    }
}
