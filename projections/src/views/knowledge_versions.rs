//! `knowledge_versions`: every version of the documents of the knowledge base, for ever.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::knowledge_document::{
    DocumentSource, DocumentStatus as Status, DocumentStep, Draft, FileFormat, KnowledgeDocument,
    KnowledgeDocumentEvent as Event,
};
use cqrs_es::Aggregate;
use uuid::Uuid;

use super::knowledge_documents::drafted;
use crate::change::Set;
use crate::reveal::{aggregate_id, code, person};
use crate::value::{Cell, ColumnType};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = KnowledgeDocument::TYPE;

/// The view.
#[derive(Debug)]
pub struct KnowledgeVersions;

/// Its table.
pub static TABLE: Table = Table {
    name: "knowledge_versions",
    schema: 1,
    doc: "One row per version of a document of the knowledge base: what was read, and approved, \
          and what everybody read from when to when.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the version, made from the next two."),
        Column::of(OWNER, "document_id", ColumnType::Uuid, "Document."),
        Column::of(OWNER, "document_version", ColumnType::Int, "Version, from 1."),
        Column::of(OWNER, "title", ColumnType::Text, "Title."),
        Column::of(OWNER, "language", ColumnType::Text, "Language (BCP 47)."),
        Column::of(OWNER, "source", ColumnType::Text, "`WRITTEN` here, `FILE` or `WEB`."),
        Column::of(OWNER, "source_name", ColumnType::Text, "File name, or address of the page.")
            .optional(),
        Column::of(OWNER, "source_format", ColumnType::Text, "`PDF`, `EXCEL`, `CSV` or `TEXT`.")
            .optional(),
        Column::of(OWNER, "source_sha256", ColumnType::Text, "SHA-256 of the file.").optional(),
        Column::of(
            OWNER,
            "status",
            ColumnType::Text,
            "`AWAITING_TEXT`, `FAILED`, `IN_REVIEW`, `REJECTED`, `APPROVED` (also when it is read \
             no more) or `PUBLISHED`.",
        ),
        Column::of(OWNER, "body", ColumnType::Text, "Text, Markdown.").optional(),
        Column::of(OWNER, "reason", ColumnType::Text, "Why it was rejected or has no text.")
            .optional(),
        Column::of(OWNER, "written_by", ColumnType::Text, "Kind and id of who handed it in."),
        Column::of(OWNER, "written_at", ColumnType::Time, "When."),
        Column::of(OWNER, "judged_by", ColumnType::Text, "Who approved or rejected it.").optional(),
        Column::of(OWNER, "judged_at", ColumnType::Time, "When.").optional(),
        Column::of(OWNER, "published_at", ColumnType::Time, "When it was last published.")
            .optional(),
        Column::of(OWNER, "withdrawn_at", ColumnType::Time, "Since when it is read no more.")
            .optional(),
    ],
    key: &["id"],
    indexes: &[Index {
        name: "by_document",
        columns: &["document_id", "-document_version", "-id"],
    }],
};

/// The id of a version: of its document and its number there.
pub fn id(document: Uuid, version: i64) -> Uuid {
    Uuid::new_v5(&document, format!("version:{version}").as_bytes())
}

fn begins(event: &RecordedEvent, version: i64, draft: &Draft) -> Result<Change, ProjectionError> {
    let document = aggregate_id(event)?;
    let mut set = drafted(draft);
    let (format, sha256) = file(&draft.source);
    set.extend([
        ("document_id", document.into()),
        ("document_version", version.into()),
        ("source_format", format.map_or(Cell::Null, |format| code(&format))),
        ("source_sha256", sha256.cloned().into()),
        ("written_by", person(&event.metadata.actor)),
        ("written_at", event.metadata.occurred_at.into()),
    ]);
    Ok(Change::Insert { key: id(document, version).into(), set })
}

const fn file(source: &DocumentSource) -> (Option<FileFormat>, Option<&String>) {
    match source {
        DocumentSource::File { format, sha256, .. } => (Some(*format), sha256.as_ref()),
        DocumentSource::Written | DocumentSource::Web { .. } => (None, None),
    }
}

fn judged(event: &RecordedEvent, status: Status, reason: Option<&String>) -> Set {
    vec![
        ("status", code(&status)),
        ("reason", reason.cloned().into()),
        ("judged_by", person(&event.metadata.actor)),
        ("judged_at", event.metadata.occurred_at.into()),
    ]
}

impl Projection for KnowledgeVersions {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let document = aggregate_id(event)?;
        let at = Cell::Time(event.metadata.occurred_at);
        let patch = |version: i64, set| Change::Patch { key: id(document, version).into(), set };
        let withdrawn = |version: Option<i64>| {
            let set = vec![("status", code(&Status::Approved)), ("withdrawn_at", at.clone())];
            version.map(|version| patch(version, set))
        };
        Ok(match event.decode::<KnowledgeDocument>()? {
            Event::DocumentUploaded { draft, .. } => vec![begins(event, 1, draft)?],
            Event::DocumentRevised { version, draft } => vec![begins(event, *version, draft)?],
            Event::DocumentIngested { version, body } => {
                let set = vec![
                    ("status", code(&Status::InReview)),
                    ("body", body.as_str().into()),
                    ("reason", Cell::Null),
                ];
                vec![patch(*version, set)]
            }
            Event::DocumentFailed { version, step: DocumentStep::Ingestion, reason, .. } => {
                let set =
                    vec![("status", code(&Status::Failed)), ("reason", reason.as_str().into())];
                vec![patch(*version, set)]
            }
            Event::DocumentApproved { version } => {
                vec![patch(*version, judged(event, Status::Approved, None))]
            }
            Event::DocumentRejected { version, reason } => {
                vec![patch(*version, judged(event, Status::Rejected, Some(reason)))]
            }
            Event::DocumentPublished { version, replaces, .. } => {
                let set = vec![
                    ("status", code(&Status::Published)),
                    ("published_at", at.clone()),
                    ("withdrawn_at", Cell::Null),
                ];
                withdrawn(*replaces).into_iter().chain([patch(*version, set)]).collect()
            }
            Event::DocumentRetired { published } => withdrawn(*published).into_iter().collect(),
            Event::DocumentClassified { .. }
            | Event::DocumentChunked { .. }
            | Event::DocumentEmbedded { .. }
            | Event::DocumentFailed { .. }
            | Event::DocumentReindexRequested { .. }
            | Event::DocumentRestored { .. } => vec![],
        })
    }
}
