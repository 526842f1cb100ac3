//! Versions of a document of the knowledge base.

use async_graphql::{Object, SimpleObject};
use bitacora_projections::query::TableRow;
use chrono::{DateTime, Utc};

use super::shelves::{KnowledgeFileFormat, KnowledgeSourceKind, KnowledgeStatus};
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::paging::connection;

/// Where a text comes from.
#[derive(Clone, Debug, SimpleObject)]
pub struct KnowledgeSource {
    /// What it is.
    pub kind: Option<KnowledgeSourceKind>,
    /// Name of the file, or address of the page.
    pub name: Option<String>,
}

connection! {
    /// A list of versions of a document.
    KnowledgeVersionConnection / KnowledgeVersionEdge of KnowledgeVersion
}

/// A version of a document.
#[derive(Clone, Debug)]
pub struct KnowledgeVersion(pub TableRow);

/// A version of a document of the knowledge base.
#[Object]
impl KnowledgeVersion {
    /// Its number, from 1.
    async fn number(&self) -> i64 {
        self.0.int("document_version")
    }
    /// Title.
    async fn title(&self) -> Option<String> {
        self.0.text("title")
    }
    /// Text, Markdown; null while it is still to be taken out of the source.
    async fn body(&self) -> Option<String> {
        self.0.text("body")
    }
    /// Language of the text, such as `es`.
    async fn language(&self) -> Option<String> {
        self.0.text("language")
    }
    /// Where the text comes from.
    async fn source(&self) -> KnowledgeSource {
        source(&self.0)
    }
    /// What the file is, when it comes from one.
    async fn file_format(&self) -> Option<KnowledgeFileFormat> {
        enums::of_cell(self.0.cell("source_format"))
    }
    /// SHA-256 of the file, when it is known.
    async fn file_sha256(&self) -> Option<String> {
        self.0.text("source_sha256")
    }
    /// Where it stands; `APPROVED` also when it is read no more.
    async fn status(&self) -> Option<KnowledgeStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// Why it was rejected, or has no text.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
    /// Kind and id of who handed it in, such as `user:<uuid>`.
    async fn written_by(&self) -> Option<String> {
        self.0.text("written_by")
    }
    /// When it was handed in.
    async fn written_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("written_at")
    }
    /// Kind and id of who approved or rejected it last.
    async fn judged_by(&self) -> Option<String> {
        self.0.text("judged_by")
    }
    /// When that was.
    async fn judged_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("judged_at")
    }
    /// When it was last published.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("published_at")
    }
    /// Since when it is read no more; null while it is, or never was.
    async fn withdrawn_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("withdrawn_at")
    }
}

/// Where the text of a row comes from: of a document, or of a version.
pub(super) fn source(row: &TableRow) -> KnowledgeSource {
    KnowledgeSource { kind: enums::of_cell(row.cell("source")), name: row.text("source_name") }
}
