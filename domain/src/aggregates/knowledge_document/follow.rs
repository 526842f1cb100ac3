//! What events change.

use super::events::KnowledgeDocumentEvent as E;
use super::state::{Indexing, KnowledgeDocument, Uploaded};
use super::vocabulary::{DocumentStatus, DocumentStep, IndexStatus};

impl KnowledgeDocument {
    pub(super) fn follow(&mut self, event: E) {
        match event {
            E::DocumentUploaded { document, draft, category, tags } => {
                let print = draft.fingerprint(document);
                (self.version, self.stage, self.draft) = (1, draft.status(), Some(print));
                (self.category, self.tags) = (category.clone(), tags.clone());
                self.uploaded = Some(Uploaded { document, draft: print, category, tags });
            }
            E::DocumentRevised { version, draft } => {
                let document = self.uploaded.as_ref().map(|uploaded| uploaded.document);
                self.draft = document.map(|document| draft.fingerprint(document));
                (self.version, self.stage) = (version, draft.status());
            }
            E::DocumentClassified { category, tags } => {
                (self.category, self.tags) = (category, tags);
            }
            E::DocumentIngested { .. } => {
                (self.stage, self.draft) = (DocumentStatus::InReview, None);
            }
            E::DocumentApproved { .. } => self.stage = DocumentStatus::Approved,
            E::DocumentRejected { .. } => self.stage = DocumentStatus::Rejected,
            E::DocumentPublished { version, run, .. } => {
                (self.stage, self.published) = (DocumentStatus::Published, Some(version));
                self.runs(run, IndexStatus::Waiting);
            }
            E::DocumentReindexRequested { run, .. } => self.runs(run, IndexStatus::Waiting),
            E::DocumentChunked { .. } => self.indexing.status = IndexStatus::Chunked,
            E::DocumentEmbedded { model, dim, .. } => {
                self.indexing.status = IndexStatus::Embedded;
                self.indexing.embedding = Some((model, dim));
            }
            E::DocumentFailed { step, .. } => self.failed(step),
            E::DocumentRetired { .. } => {
                (self.retired, self.published) = (true, None);
                self.runs(self.indexing.run, IndexStatus::Nothing);
            }
            E::DocumentRestored { status, .. } => (self.retired, self.stage) = (false, status),
        }
    }

    fn runs(&mut self, run: i64, status: IndexStatus) {
        self.indexing = Indexing { run, status, embedding: None };
    }

    const fn failed(&mut self, step: DocumentStep) {
        match step {
            DocumentStep::Ingestion => self.stage = DocumentStatus::Failed,
            DocumentStep::Chunking => self.indexing.status = IndexStatus::ChunkingFailed,
            DocumentStep::Embedding => self.indexing.status = IndexStatus::EmbeddingFailed,
        }
    }
}
