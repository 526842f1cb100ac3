//! The decisions of a knowledge document, once the table has let a command through.

use std::collections::BTreeSet;

use super::commands::KnowledgeDocumentCommand as C;
use super::draft::{self, Draft, shelf};
use super::events::KnowledgeDocumentEvent as E;
use super::handle::Decision;
use super::refusal::KnowledgeDocumentRefusal as No;
use super::state::{KnowledgeDocument, Uploaded};
use super::vocabulary::{DocumentStatus, DocumentStep};
use crate::Directed;
use crate::text::trimmed;

/// Most versions of a document.
const VERSIONS_MAX: i64 = 500;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;
/// Longest name of a scheme of chunks, in characters.
const SCHEME_MAX: usize = 60;
/// Most chunks of a version: of five characters each.
const CHUNKS_MAX: i64 = 10_000;
/// Longest name of a model, in characters.
const MODEL_MAX: usize = 120;
/// Longest vector.
const DIM_MAX: i64 = 16_384;

fn reason(text: &str) -> Result<String, No> {
    trimmed(text, REASON_MAX).ok_or(No::InvalidReason)
}

/// The event of a first version.
pub(super) fn upload(of: &Directed<()>, body: C) -> Decision {
    let C::Upload { draft, category, tags } = body else { return Err(No::NotFound) };
    let document = of.aggregate_id.parse().map_err(|_| No::InvalidId)?;
    let draft = draft.checked()?;
    let (category, tags) = shelf(category.as_deref(), &tags)?;
    Ok(vec![E::DocumentUploaded { document, draft, category, tags }])
}

impl KnowledgeDocument {
    /// A second upload is none, if it is the same one.
    pub(super) fn check_again(known: &Uploaded, again: Vec<E>) -> Decision {
        let same = |event: E| {
            let E::DocumentUploaded { document, draft, category, tags } = event else {
                return false;
            };
            let draft = draft.fingerprint(document);
            *known == Uploaded { document, draft, category, tags }
        };
        if again.into_iter().all(same) { Ok(vec![]) } else { Err(No::AlreadyUploaded) }
    }

    /// A command that the table lets through. What is so already is no event.
    pub(super) fn go(&self, known: &Uploaded, body: C) -> Decision {
        Ok(vec![match body {
            C::Upload { .. } => return Ok(vec![]),
            C::Revise { draft } => return self.revise(known, draft),
            C::Classify { category, tags } => return self.classify(category.as_deref(), &tags),
            C::Ingest { version, body } => {
                E::DocumentIngested { version, body: draft::body(&body)? }
            }
            C::FailIngestion { version, reason } => {
                failed((version, None), DocumentStep::Ingestion, &reason)?
            }
            C::Approve { version } => E::DocumentApproved { version },
            C::Reject { version, reason: why } => {
                E::DocumentRejected { version, reason: reason(&why)? }
            }
            C::Publish { version } => {
                let run = self.indexing.run + 1;
                E::DocumentPublished { version, run, replaces: self.published }
            }
            C::Chunk { version, run, scheme, chunks } => {
                let scheme = trimmed(&scheme, SCHEME_MAX).ok_or(No::InvalidChunks)?;
                if !(1..=CHUNKS_MAX).contains(&chunks) {
                    return Err(No::InvalidChunks);
                }
                E::DocumentChunked { version, run, scheme, chunks }
            }
            C::FailChunking { version, run, reason } => {
                failed((version, Some(run)), DocumentStep::Chunking, &reason)?
            }
            C::Embed { version, run, model, dim } => {
                return self.embed((version, run), &model, dim);
            }
            C::FailEmbedding { version, run, reason } => {
                failed((version, Some(run)), DocumentStep::Embedding, &reason)?
            }
            C::Reindex => {
                let version = self.published.ok_or(No::NotPublished)?;
                E::DocumentReindexRequested { version, run: self.indexing.run + 1 }
            }
            C::Retire => E::DocumentRetired { published: self.published },
            C::Restore => E::DocumentRestored { version: self.version, status: self.rests_at() },
        }])
    }

    fn revise(&self, known: &Uploaded, draft: Draft) -> Decision {
        let draft = draft.checked()?;
        if self.draft == Some(draft.fingerprint(known.document)) {
            return Ok(vec![]);
        }
        if self.version >= VERSIONS_MAX {
            return Err(No::TooManyVersions);
        }
        Ok(vec![E::DocumentRevised { version: self.version + 1, draft }])
    }

    fn classify(&self, category: Option<&str>, tags: &BTreeSet<String>) -> Decision {
        let (category, tags) = shelf(category, tags)?;
        if (&category, &tags) == (&self.category, &self.tags) {
            return Ok(vec![]);
        }
        Ok(vec![E::DocumentClassified { category, tags }])
    }

    fn embed(&self, (version, run): (i64, i64), model: &str, dim: i64) -> Decision {
        let model = trimmed(model, MODEL_MAX).ok_or(No::InvalidEmbedding)?;
        if !(1..=DIM_MAX).contains(&dim) {
            return Err(No::InvalidEmbedding);
        }
        let embedding = Some((model, dim));
        if self.indexing.embedding == embedding {
            return Ok(vec![]);
        }
        let events = embedding.map(|(model, dim)| E::DocumentEmbedded { version, run, model, dim });
        Ok(events.into_iter().collect())
    }

    /// Where its latest version stands when it comes back: what was published is only approved,
    /// since nobody knows whether it is still true.
    const fn rests_at(&self) -> DocumentStatus {
        match self.stage {
            DocumentStatus::Published => DocumentStatus::Approved,
            DocumentStatus::AwaitingText
            | DocumentStatus::Failed
            | DocumentStatus::InReview
            | DocumentStatus::Rejected
            | DocumentStatus::Approved
            | DocumentStatus::Retired => self.stage,
        }
    }
}

fn failed((version, run): (i64, Option<i64>), step: DocumentStep, why: &str) -> Result<E, No> {
    Ok(E::DocumentFailed { version, step, run, reason: reason(why)? })
}
