//! Words of a knowledge document.

use serde::{Deserialize, Serialize};

/// Where the latest version of a document stands, and with it the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentStatus {
    /// Its text is still to be taken out of its source.
    #[default]
    AwaitingText,
    /// No text could be taken out of its source.
    Failed,
    /// It has its text, and a person is to read it.
    InReview,
    /// A person has turned it down.
    Rejected,
    /// A person has approved it; it may be published.
    Approved,
    /// It is what everybody reads.
    Published,
    /// Taken away, with all its versions, until it is restored.
    Retired,
}

impl DocumentStatus {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::AwaitingText,
        Self::Failed,
        Self::InReview,
        Self::Rejected,
        Self::Approved,
        Self::Published,
        Self::Retired,
    ];
}

/// How far the search has taken in what is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IndexStatus {
    /// There is nothing to take in: nothing is published.
    #[default]
    Nothing,
    /// To be cut into chunks.
    Waiting,
    /// Cut into chunks: its words can be found.
    Chunked,
    /// Its chunks have vectors, too: its meaning can be found.
    Embedded,
    /// It could not be cut into chunks.
    ChunkingFailed,
    /// Its chunks could not be given vectors; its words can be found.
    EmbeddingFailed,
}

impl IndexStatus {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 6] = [
        Self::Nothing,
        Self::Waiting,
        Self::Chunked,
        Self::Embedded,
        Self::ChunkingFailed,
        Self::EmbeddingFailed,
    ];
}

/// A step that a machine takes with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentStep {
    /// Taking the text out of the source.
    Ingestion,
    /// Cutting the text into chunks.
    Chunking,
    /// Giving the chunks vectors.
    Embedding,
}

/// Kind of a file that text can be taken out of (CHATI-29).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FileFormat {
    /// A PDF with a text layer.
    Pdf,
    /// A workbook of Excel.
    Excel,
    /// Comma-separated values.
    Csv,
    /// Plain text or Markdown.
    Text,
}
