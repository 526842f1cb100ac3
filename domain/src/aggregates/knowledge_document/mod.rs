//! Knowledge document: an article that people and machines answer from (spec/aggregates §2.6).
//! Owns the invariants that nothing is published that nobody approved, that a revision leaves what
//! is published where it is until it was approved itself, and that only what is published is
//! chunked and embedded for the search.

mod commands;
mod decide;
mod draft;
mod events;
mod follow;
mod handle;
pub mod matrix;
mod refusal;
mod state;
mod vocabulary;

pub use commands::KnowledgeDocumentCommand;
pub use draft::{DocumentSource, Draft};
pub use events::KnowledgeDocumentEvent;
pub use refusal::KnowledgeDocumentRefusal;
pub use state::KnowledgeDocument;
pub use vocabulary::{DocumentStatus, DocumentStep, FileFormat, IndexStatus};
