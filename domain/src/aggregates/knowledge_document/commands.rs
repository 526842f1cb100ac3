//! Commands of a knowledge document.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::draft::Draft;

/// Commands of a knowledge document. [`super::matrix`] says which of them is possible when.
/// Versions count from 1; who judges one names it, so that nobody approves what they have not
/// read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KnowledgeDocumentCommand {
    /// Hands in the first version. Counts against the plan (CHATI-11).
    Upload {
        /// The version.
        draft: Draft,
        /// What it is about, 1–60 characters.
        category: Option<String>,
        /// At most 20, each with 1–40 characters; kept in lower case.
        tags: BTreeSet<String>,
    },
    /// Hands in the next version. What is published stays so until this one was approved and
    /// published.
    Revise {
        /// The version.
        draft: Draft,
    },
    /// Puts it on another shelf. Says nothing to anybody, so that nobody needs to approve it.
    Classify {
        /// What it is about, 1–60 characters.
        category: Option<String>,
        /// All of its tags.
        tags: BTreeSet<String>,
    },
    /// The text that was taken out of the source (CS-13).
    Ingest {
        /// The latest version.
        version: i64,
        /// Markdown, 1–50,000 characters.
        body: String,
    },
    /// No text could be taken out of the source.
    FailIngestion {
        /// The version.
        version: i64,
        /// Why, 1–500 characters, nothing personal.
        reason: String,
    },
    /// A person has read it and finds it right.
    Approve {
        /// The version that was read.
        version: i64,
    },
    /// A person has read it and turns it down.
    Reject {
        /// The version that was read.
        version: i64,
        /// Why, 1–500 characters.
        reason: String,
    },
    /// Everybody reads this version from now on.
    Publish {
        /// The version.
        version: i64,
    },
    /// The search has cut what is published into chunks (CHATI-30).
    Chunk {
        /// The published version.
        version: i64,
        /// The run of indexing, as in the event that asked for it.
        run: i64,
        /// How it was cut and its words were counted, 1–60 characters, such as `lex_v1`.
        scheme: String,
        /// How many chunks, 1–10,000.
        chunks: i64,
    },
    /// It could not be cut into chunks.
    FailChunking {
        /// The published version.
        version: i64,
        /// The run of indexing.
        run: i64,
        /// Why, 1–500 characters, nothing personal.
        reason: String,
    },
    /// The chunks have vectors (EVA-5).
    Embed {
        /// The published version.
        version: i64,
        /// The run of indexing.
        run: i64,
        /// The model that made them, 1–120 characters.
        model: String,
        /// Numbers in a vector, 1–16,384.
        dim: i64,
    },
    /// The chunks could not be given vectors.
    FailEmbedding {
        /// The published version.
        version: i64,
        /// The run of indexing.
        run: i64,
        /// Why, 1–500 characters, nothing personal.
        reason: String,
    },
    /// Has the search take in what is published once more.
    Reindex,
    /// Takes it away: nobody reads it, and its place in the plan is free.
    Retire,
    /// Brings it back, unpublished. Counts against the plan again.
    Restore,
}
