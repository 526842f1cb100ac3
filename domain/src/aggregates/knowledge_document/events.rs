//! Events of a knowledge document.

use std::collections::BTreeSet;

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::draft::Draft;
use super::vocabulary::{DocumentStatus, DocumentStep};
use crate::DocumentId;

/// Events of a knowledge document. Who did it and when is in their metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name
pub enum KnowledgeDocumentEvent {
    /// The draft is version 1.
    DocumentUploaded {
        document: DocumentId,
        draft: Draft,
        category: Option<String>,
        tags: BTreeSet<String>,
    },
    /// Versions count without a hole.
    DocumentRevised {
        version: i64,
        draft: Draft,
    },
    DocumentClassified {
        category: Option<String>,
        tags: BTreeSet<String>,
    },
    DocumentIngested {
        version: i64,
        body: String,
    },
    DocumentApproved {
        version: i64,
    },
    DocumentRejected {
        version: i64,
        reason: String,
    },
    /// The search is to take it in; `run` is the number of that run, from 1 over all versions.
    /// `replaces`: the version that was published before.
    DocumentPublished {
        version: i64,
        run: i64,
        replaces: Option<i64>,
    },
    DocumentChunked {
        version: i64,
        run: i64,
        scheme: String,
        chunks: i64,
    },
    DocumentEmbedded {
        version: i64,
        run: i64,
        model: String,
        dim: i64,
    },
    /// `run` of the indexing, unless it failed before.
    DocumentFailed {
        version: i64,
        step: DocumentStep,
        run: Option<i64>,
        reason: String,
    },
    /// The search is to take the published version in once more, in a run of its own.
    DocumentReindexRequested {
        version: i64,
        run: i64,
    },
    /// `published`: the version that nobody reads any more. The search forgets all of it.
    DocumentRetired {
        published: Option<i64>,
    },
    /// `status`: where its latest version stands again.
    DocumentRestored {
        version: i64,
        status: DocumentStatus,
    },
}

impl DomainEvent for KnowledgeDocumentEvent {
    fn event_type(&self) -> String {
        match self {
            Self::DocumentUploaded { .. } => "DocumentUploaded",
            Self::DocumentRevised { .. } => "DocumentRevised",
            Self::DocumentClassified { .. } => "DocumentClassified",
            Self::DocumentIngested { .. } => "DocumentIngested",
            Self::DocumentApproved { .. } => "DocumentApproved",
            Self::DocumentRejected { .. } => "DocumentRejected",
            Self::DocumentPublished { .. } => "DocumentPublished",
            Self::DocumentChunked { .. } => "DocumentChunked",
            Self::DocumentEmbedded { .. } => "DocumentEmbedded",
            Self::DocumentFailed { .. } => "DocumentFailed",
            Self::DocumentReindexRequested { .. } => "DocumentReindexRequested",
            Self::DocumentRetired { .. } => "DocumentRetired",
            Self::DocumentRestored { .. } => "DocumentRestored",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
