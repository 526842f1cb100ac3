//! What a knowledge document remembers: where it stands, and no text.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::vocabulary::{DocumentStatus, IndexStatus};
use crate::DocumentId;

/// What it was uploaded with: fixed by its creation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Uploaded {
    pub(super) document: DocumentId,
    /// Of the first draft, with its shelf.
    pub(super) draft: Uuid,
    pub(super) category: Option<String>,
    pub(super) tags: BTreeSet<String>,
}

/// How far the search has taken in what is published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Indexing {
    /// Number of the run, from 1 over all versions.
    pub(super) run: i64,
    pub(super) status: IndexStatus,
    /// The model and the length of its vectors.
    pub(super) embedding: Option<(String, i64)>,
}

/// An article that people and machines answer from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnowledgeDocument {
    /// `None` before it is uploaded.
    pub(super) uploaded: Option<Uploaded>,
    /// The latest version, from 1.
    pub(super) version: i64,
    /// Where that one stands; kept while the document is retired.
    pub(super) stage: DocumentStatus,
    pub(super) retired: bool,
    /// Of the latest draft; `None` once its text came out of its source, since the same draft
    /// may then stand for another text.
    pub(super) draft: Option<Uuid>,
    pub(super) category: Option<String>,
    pub(super) tags: BTreeSet<String>,
    /// The version that everybody reads.
    pub(super) published: Option<i64>,
    pub(super) indexing: Indexing,
}

impl KnowledgeDocument {
    /// Where it stands.
    pub const fn status(&self) -> DocumentStatus {
        if self.retired { DocumentStatus::Retired } else { self.stage }
    }

    /// The latest version, from 1; 0 before it is uploaded.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// The version that everybody reads.
    pub const fn published(&self) -> Option<i64> {
        self.published
    }

    /// How far the search has taken that one in.
    pub const fn index(&self) -> IndexStatus {
        self.indexing.status
    }

    /// The last run of indexing; 0 before the first.
    pub const fn run(&self) -> i64 {
        self.indexing.run
    }
}
