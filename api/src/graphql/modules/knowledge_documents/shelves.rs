//! What documents of the knowledge base are sorted, narrowed and ordered by.

use async_graphql::Enum;
use bitacora_domain::aggregates::knowledge_document as domain;

use crate::graphql::filters::{
    DateTimeFilter, IntFilter, TextFilter, TextSetFilter, enum_filter, filter_input, order_input,
};

/// Where a document, or one of its versions, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::DocumentStatus")]
pub enum KnowledgeStatus {
    /// Its text is still to be taken out of its source.
    AwaitingText,
    /// No text could be taken out of its source.
    Failed,
    /// A person is to read it.
    InReview,
    /// A person has turned it down.
    Rejected,
    /// A person has approved it; it may be published.
    Approved,
    /// It is what everybody reads.
    Published,
    /// The document is taken away until it is restored.
    Retired,
}

/// How far the search has taken in what is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::IndexStatus")]
pub enum KnowledgeIndexStatus {
    /// Nothing is published.
    Nothing,
    /// To be cut into chunks.
    Waiting,
    /// Its words can be found.
    Chunked,
    /// Its meaning can be found, too.
    Embedded,
    /// It could not be cut into chunks.
    ChunkingFailed,
    /// Its words can be found, its meaning not.
    EmbeddingFailed,
}

/// Where the text of a document comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum KnowledgeSourceKind {
    /// Somebody wrote it here.
    Written,
    /// A file.
    File,
    /// A page.
    Web,
}

/// Kind of a file that text can be taken out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::FileFormat")]
pub enum KnowledgeFileFormat {
    /// A PDF with a text layer.
    Pdf,
    /// A workbook of Excel.
    Excel,
    /// Comma-separated values.
    Csv,
    /// Plain text or Markdown.
    Text,
}

enum_filter!(
    /// Conditions on where a document stands.
    KnowledgeStatusFilter of KnowledgeStatus
);
enum_filter!(
    /// Conditions on how far the search has taken a document in.
    KnowledgeIndexStatusFilter of KnowledgeIndexStatus
);

filter_input! {
    /// Conditions on documents of the knowledge base. All that are given must hold.
    KnowledgeDocumentFilter {
        /// Title of the latest version.
        title: TextFilter = "title",
        /// Text of the latest version.
        body: TextFilter = "body",
        /// What it is about.
        category: TextFilter = "category",
        /// Its tags, in lower case.
        tags: TextSetFilter = "tags",
        /// Language of the latest version.
        language: TextFilter = "language",
        /// Where the latest version stands.
        status: KnowledgeStatusFilter = "status",
        /// The version that everybody reads; `isNull` tells whether there is one.
        published_version: IntFilter = "published_version",
        /// How far the search has taken in what is published.
        index_status: KnowledgeIndexStatusFilter = "index_status",
        /// When it was uploaded.
        created_at: DateTimeFilter = "created_at",
        /// When its last event was recorded.
        updated_at: DateTimeFilter = "updated_at",
    }
}

order_input! {
    /// An order of documents of the knowledge base.
    KnowledgeDocumentOrder by KnowledgeDocumentOrderField {
        /// When it was uploaded.
        CreatedAt = "created_at",
        /// When its last event was recorded.
        UpdatedAt = "updated_at",
        /// Title of the latest version.
        Title = "title",
    }
}
