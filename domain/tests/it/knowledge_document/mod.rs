//! Knowledge document: nothing is published that nobody approved.

mod matrix;
mod properties;
mod rules;

use std::collections::BTreeSet;

use bitacora_domain::DocumentId;
use bitacora_domain::aggregates::knowledge_document::{
    DocumentSource, DocumentStatus, DocumentStep, Draft, FileFormat, KnowledgeDocument,
    KnowledgeDocumentCommand as C, KnowledgeDocumentEvent as E,
};

use crate::support::ids::STREAM;
use crate::support::samples::{Sample, Sampled, state_without};
use crate::support::{Case, given};

const DOCUMENT: DocumentId = DocumentId::new(STREAM);

fn tags(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn written(body: &str) -> Draft {
    Draft {
        title: "Cambios y devoluciones".to_owned(),
        language: "es-AR".to_owned(),
        source: DocumentSource::Written,
        body: Some(body.to_owned()),
    }
}

fn file() -> Draft {
    let (name, sha256) = ("garantía.pdf".to_owned(), Some("0f".repeat(32)));
    Draft {
        title: "Garantía".to_owned(),
        language: "es".to_owned(),
        source: DocumentSource::File { name, format: FileFormat::Pdf, sha256 },
        body: None,
    }
}

fn page() -> Draft {
    Draft { source: DocumentSource::Web { url: "https://example.test/a".to_owned() }, ..file() }
}

fn upload(draft: Draft) -> C {
    C::Upload { draft, category: Some("Ventas".to_owned()), tags: tags(&["cambios"]) }
}

fn revise(body: &str) -> C {
    C::Revise { draft: written(body) }
}

fn ingest(version: i64, body: &str) -> C {
    C::Ingest { version, body: body.to_owned() }
}

fn reject(version: i64) -> C {
    C::Reject { version, reason: "Falta el plazo".to_owned() }
}

fn chunk(version: i64, run: i64) -> C {
    C::Chunk { version, run, scheme: "lex_v1".to_owned(), chunks: 3 }
}

fn embed(version: i64, run: i64, model: &str) -> C {
    C::Embed { version, run, model: model.to_owned(), dim: 384 }
}

fn fail_chunking(version: i64, run: i64) -> C {
    C::FailChunking { version, run, reason: "sin memoria".to_owned() }
}

fn fail_embedding(version: i64, run: i64) -> C {
    C::FailEmbedding { version, run, reason: "HTTP 500".to_owned() }
}

/// Version 1, to be read by somebody.
fn in_review() -> Case<KnowledgeDocument> {
    given::<KnowledgeDocument>([]).after(upload(written("Treinta días.")))
}

/// Version 1, in its first run of indexing.
fn published() -> Case<KnowledgeDocument> {
    in_review().after(C::Approve { version: 1 }).after(C::Publish { version: 1 })
}

impl Sampled for KnowledgeDocument {
    fn samples() -> Vec<Sample<Self>> {
        let uploaded = |draft| E::DocumentUploaded {
            document: DOCUMENT,
            draft,
            category: Some("Ventas".to_owned()),
            tags: tags(&["cambios", "garantía"]),
        };
        let failed =
            |step, run| E::DocumentFailed { version: 2, step, run, reason: "sin texto".to_owned() };
        let plain = Draft { title: "Horarios".to_owned(), ..written("De 9 a 18.") };
        let (scheme, model) = ("lex_v1".to_owned(), "e5-small".to_owned());
        let nowhere = E::DocumentUploaded {
            document: DOCUMENT,
            draft: plain,
            category: None,
            tags: tags(&[]),
        };
        vec![
            (Some("plain"), nowhere),
            (Some("page"), uploaded(page())),
            (None, uploaded(file())),
            (Some("ingestion"), failed(DocumentStep::Ingestion, None)),
            (None, E::DocumentIngested { version: 1, body: "Seis meses.".to_owned() }),
            (None, E::DocumentRejected { version: 1, reason: "Falta el plazo".to_owned() }),
            (None, E::DocumentRevised { version: 2, draft: written("Treinta días.") }),
            (None, E::DocumentClassified { category: None, tags: tags(&["envíos"]) }),
            (None, E::DocumentApproved { version: 2 }),
            (None, E::DocumentPublished { version: 2, run: 1, replaces: None }),
            (Some("over"), E::DocumentPublished { version: 2, run: 2, replaces: Some(1) }),
            (None, failed(DocumentStep::Chunking, Some(2))),
            (None, E::DocumentReindexRequested { version: 2, run: 3 }),
            (None, E::DocumentChunked { version: 2, run: 3, scheme, chunks: 3 }),
            (None, E::DocumentEmbedded { version: 2, run: 3, model, dim: 384 }),
            (None, E::DocumentRetired { published: Some(2) }),
            (Some("unpublished"), E::DocumentRetired { published: None }),
            (None, E::DocumentRestored { version: 2, status: DocumentStatus::Approved }),
        ]
    }
    fn full_state() -> Self {
        state_without(&["DocumentRetired", "DocumentRestored"])
    }
}
