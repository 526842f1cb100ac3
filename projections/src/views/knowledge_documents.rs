//! `knowledge_documents`: articles that people and machines answer from, as they stand.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::knowledge_document::{
    DocumentSource, DocumentStatus as Status, DocumentStep, Draft, IndexStatus, KnowledgeDocument,
    KnowledgeDocumentEvent as Event,
};
use cqrs_es::Aggregate;

use crate::change::Set;
use crate::reveal::{aggregate_id, code, person};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Key, Projection, ProjectionError, Table};

const OWNER: &str = KnowledgeDocument::TYPE;

/// The view.
#[derive(Debug)]
pub struct KnowledgeDocuments;

/// Its table.
pub static TABLE: Table = Table {
    name: "knowledge_documents",
    schema: 1,
    doc: "One row per document of the knowledge base: its latest version, which of its versions \
          everybody reads, and how far the search has taken that one in.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the document."),
        Column::of(OWNER, "title", ColumnType::Text, "Title of the latest version."),
        Column::of(OWNER, "category", ColumnType::Text, "What it is about.").optional(),
        Column::of(OWNER, "tags", ColumnType::Json, "Its tags, in lower case."),
        Column::of(OWNER, "language", ColumnType::Text, "Language of the latest version (BCP 47)."),
        Column::of(OWNER, "source", ColumnType::Text, "`WRITTEN` here, `FILE` or `WEB`."),
        Column::of(OWNER, "source_name", ColumnType::Text, "File name, or address of the page.")
            .optional(),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "Where the latest version stands: `AWAITING_TEXT`, `FAILED` (no text could be had), \
             `IN_REVIEW`, `REJECTED`, `APPROVED`, `PUBLISHED`; or `RETIRED`.",
        ),
        Column::of(OWNER, "latest_version", ColumnType::Int, "The latest version, from 1."),
        Column::of(
            OWNER,
            "published_version",
            ColumnType::Int,
            "The version that everybody reads.",
        )
        .optional(),
        Column::of(OWNER, "body", ColumnType::Text, "Text of the latest version, Markdown.")
            .optional(),
        Column::of(OWNER, "reason", ColumnType::Text, "Why it was rejected or has no text.")
            .optional(),
        Column::of(OWNER, "approved_by", ColumnType::Text, "Who approved the latest version.")
            .optional(),
        Column::of(OWNER, "approved_at", ColumnType::Time, "When that was.").optional(),
        Column::of(OWNER, "published_at", ColumnType::Time, "Since when that version is read.")
            .optional(),
        Column::of(
            OWNER,
            "index_status",
            ColumnType::Text,
            "How far the search has taken in what is published: `NOTHING` (is published), \
             `WAITING`, `CHUNKED`, `EMBEDDED`, `CHUNKING_FAILED` or `EMBEDDING_FAILED`.",
        ),
        Column::of(OWNER, "index_run", ColumnType::Int, "The last run of the search, from 1."),
        Column::of(OWNER, "chunks", ColumnType::Int, "Chunks of that run.").optional(),
        Column::of(OWNER, "embedding_model", ColumnType::Text, "Model of its vectors.").optional(),
        Column::of(OWNER, "index_failure", ColumnType::Text, "Why a step of it failed.").optional(),
        Column::of(OWNER, "created_at", ColumnType::Time, "When it was uploaded."),
        Column::of(OWNER, "retired_at", ColumnType::Time, "Since when it is retired.").optional(),
        Column::of(OWNER, "updated_at", ColumnType::Time, "When its last event was recorded."),
        Column::of(OWNER, "version", ColumnType::Int, "Number of its events so far."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_creation", columns: &["-created_at", "-id"] },
        Index { name: "by_update", columns: &["-updated_at", "-id"] },
        Index { name: "by_status", columns: &["status", "-created_at", "-id"] },
        Index { name: "by_title", columns: &["title", "id"] },
    ],
};

/// What a version says, in the columns that its own table shares with this one.
pub(super) fn drafted(draft: &Draft) -> Set {
    let name = match &draft.source {
        DocumentSource::Written => None,
        DocumentSource::File { name, .. } => Some(name),
        DocumentSource::Web { url } => Some(url),
    };
    vec![
        ("title", draft.title.as_str().into()),
        ("language", draft.language.as_str().into()),
        ("source", draft.source.kind().into()),
        ("source_name", name.cloned().into()),
        ("status", code(&draft.status())),
        ("body", draft.body.clone().into()),
    ]
}

/// A further version begins: nothing is known of it but itself.
fn handed_in(version: i64, draft: &Draft) -> Set {
    let mut set = drafted(draft);
    set.push(("latest_version", version.into()));
    set.extend(["reason", "approved_by", "approved_at"].map(|column| (column, Cell::Null)));
    set
}

fn shelved(category: Option<&String>, tags: impl IntoIterator<Item = String>) -> Set {
    let tags = tags.into_iter().map(serde_json::Value::String).collect();
    vec![("category", category.cloned().into()), ("tags", Cell::Json(tags))]
}

/// A run of the search begins.
fn runs(run: i64) -> Set {
    let mut set = vec![("index_run", run.into()), ("index_status", code(&IndexStatus::Waiting))];
    set.extend(forgotten());
    set
}

fn forgotten() -> [(&'static str, Cell); 3] {
    ["chunks", "embedding_model", "index_failure"].map(|column| (column, Cell::Null))
}

fn judged(status: Status, event: &RecordedEvent, reason: Option<&String>) -> Set {
    let approved = status == Status::Approved;
    let (by, at) = (person(&event.metadata.actor), Cell::Time(event.metadata.occurred_at));
    vec![
        ("status", code(&status)),
        ("reason", reason.cloned().into()),
        ("approved_by", if approved { by } else { Cell::Null }),
        ("approved_at", if approved { at } else { Cell::Null }),
    ]
}

fn failed(step: DocumentStep, reason: &str) -> Set {
    let index = |status: IndexStatus| {
        vec![("index_status", code(&status)), ("index_failure", reason.into())]
    };
    match step {
        DocumentStep::Ingestion => {
            vec![("status", code(&Status::Failed)), ("reason", reason.into())]
        }
        DocumentStep::Chunking => index(IndexStatus::ChunkingFailed),
        DocumentStep::Embedding => index(IndexStatus::EmbeddingFailed),
    }
}

fn columns(event: &RecordedEvent, said: &Event) -> Set {
    let at = event.metadata.occurred_at;
    match said {
        Event::DocumentUploaded { draft, category, tags, .. } => {
            let mut set = handed_in(1, draft);
            set.extend(shelved(category.as_ref(), tags.iter().cloned()));
            set.push(("index_status", code(&IndexStatus::Nothing)));
            set.push(("created_at", at.into()));
            set
        }
        Event::DocumentRevised { version, draft } => handed_in(*version, draft),
        Event::DocumentClassified { category, tags } => {
            shelved(category.as_ref(), tags.iter().cloned())
        }
        Event::DocumentIngested { body, .. } => vec![
            ("status", code(&Status::InReview)),
            ("body", body.as_str().into()),
            ("reason", Cell::Null),
        ],
        Event::DocumentApproved { .. } => judged(Status::Approved, event, None),
        Event::DocumentRejected { reason, .. } => judged(Status::Rejected, event, Some(reason)),
        Event::DocumentPublished { version, run, .. } => {
            let mut set = runs(*run);
            set.extend([
                ("status", code(&Status::Published)),
                ("published_version", (*version).into()),
                ("published_at", at.into()),
            ]);
            set
        }
        Event::DocumentReindexRequested { run, .. } => runs(*run),
        Event::DocumentChunked { chunks, .. } => vec![
            ("index_status", code(&IndexStatus::Chunked)),
            ("chunks", (*chunks).into()),
            ("index_failure", Cell::Null),
        ],
        Event::DocumentEmbedded { model, .. } => vec![
            ("index_status", code(&IndexStatus::Embedded)),
            ("embedding_model", model.as_str().into()),
            ("index_failure", Cell::Null),
        ],
        Event::DocumentFailed { step, reason, .. } => failed(*step, reason),
        Event::DocumentRetired { .. } => {
            let mut set = vec![
                ("status", code(&Status::Retired)),
                ("published_version", Cell::Null),
                ("published_at", Cell::Null),
                ("index_status", code(&IndexStatus::Nothing)),
                ("retired_at", at.into()),
            ];
            set.extend(forgotten());
            set
        }
        Event::DocumentRestored { status, .. } => {
            vec![("status", code(status)), ("retired_at", Cell::Null)]
        }
    }
}

impl Projection for KnowledgeDocuments {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let key: Key = aggregate_id(event)?.into();
        let said = event.decode::<KnowledgeDocument>()?;
        let mut set = columns(event, said);
        set.push(("updated_at", event.recorded_at.into()));
        set.push(("version", event.version.0.into()));
        Ok(vec![match said {
            Event::DocumentUploaded { .. } => Change::Insert { key, set },
            Event::DocumentRevised { .. }
            | Event::DocumentClassified { .. }
            | Event::DocumentIngested { .. }
            | Event::DocumentApproved { .. }
            | Event::DocumentRejected { .. }
            | Event::DocumentPublished { .. }
            | Event::DocumentChunked { .. }
            | Event::DocumentEmbedded { .. }
            | Event::DocumentFailed { .. }
            | Event::DocumentReindexRequested { .. }
            | Event::DocumentRetired { .. }
            | Event::DocumentRestored { .. } => Change::Patch { key, set },
        }])
    }
}
