//! What authors hand in, and what is taken out of their files and pages.

use async_graphql::{Context, InputObject, Object, OneofObject, Result};
use bitacora_domain::aggregates::knowledge_document::{
    DocumentSource, Draft, KnowledgeDocument as Aggregate, KnowledgeDocumentCommand as Command,
};

use crate::graphql::access::Capability;
use crate::graphql::modules::knowledge_documents::{KnowledgeDocument, KnowledgeFileFormat};
use crate::graphql::mutation::{self, Target, mutation_types};

/// A file that the text of a document is in.
#[derive(Clone, Debug, InputObject)]
pub struct KnowledgeFileInput {
    /// Its name, 1–255 characters.
    pub name: String,
    /// What it is.
    pub format: KnowledgeFileFormat,
    /// SHA-256 of its bytes, 64 hexadecimal digits in lower case.
    pub sha256: Option<String>,
}

/// Where the text of a document comes from, when it was not written here: one of these.
#[derive(Clone, Debug, OneofObject)]
pub enum KnowledgeSourceInput {
    /// A file.
    File(KnowledgeFileInput),
    /// A page: its address, https or http, at most 2,048 bytes.
    Url(String),
}

impl KnowledgeSourceInput {
    fn of(source: Option<&Self>) -> DocumentSource {
        match source {
            None => DocumentSource::Written,
            Some(Self::File(file)) => DocumentSource::File {
                name: file.name.clone(),
                format: file.format.into(),
                sha256: file.sha256.clone(),
            },
            Some(Self::Url(url)) => DocumentSource::Web { url: url.clone() },
        }
    }
}

/// A version of a document, as its author hands it in.
#[derive(Clone, Debug, InputObject)]
pub struct KnowledgeDraftInput {
    /// Title, 1–200 characters.
    pub title: String,
    /// Text, Markdown, 1–50,000 characters. May only be left out where it is still to be taken
    /// out of the source.
    pub body: Option<String>,
    /// Language of the text, such as `es` or `es-AR`; `es` when not given.
    pub language: Option<String>,
    /// Where the text comes from; written here when not given.
    pub source: Option<KnowledgeSourceInput>,
}

impl KnowledgeDraftInput {
    fn draft(&self) -> Draft {
        Draft {
            title: self.title.clone(),
            language: self.language.clone().unwrap_or_else(|| "es".to_owned()),
            source: KnowledgeSourceInput::of(self.source.as_ref()),
            body: self.body.clone(),
        }
    }
}

mutation_types! {
    /// A document to take into the knowledge base.
    creates "uploadKnowledgeDocument": UploadKnowledgeDocumentInput {
        /// Its first version.
        pub draft: KnowledgeDraftInput,
        /// What it is about, 1–60 characters.
        pub category: Option<String>,
        /// At most 20 tags, each with 1–40 characters; kept in lower case.
        pub tags: Option<Vec<String>>,
    } -> UploadKnowledgeDocumentPayload | UploadKnowledgeDocumentError {
        /// The document; null when it failed or the read side is late.
        document: KnowledgeDocument
    }
}
document_types! {
    /// The next version of a document.
    "reviseKnowledgeDocument": ReviseKnowledgeDocumentInput {
        /// The version.
        pub draft: KnowledgeDraftInput,
    } -> ReviseKnowledgeDocumentPayload | ReviseKnowledgeDocumentError
}
document_types! {
    /// Another shelf of a document.
    "classifyKnowledgeDocument": ClassifyKnowledgeDocumentInput {
        /// What it is about, 1–60 characters; none when not given.
        pub category: Option<String>,
        /// All of its tags: at most 20, each with 1–40 characters.
        pub tags: Vec<String>,
    } -> ClassifyKnowledgeDocumentPayload | ClassifyKnowledgeDocumentError
}
document_types! {
    /// The text of a file or a page.
    "ingestKnowledgeDocument": IngestKnowledgeDocumentInput {
        /// The version that it is the text of: the latest.
        pub number: i64,
        /// Text, Markdown, 1–50,000 characters.
        pub body: String,
    } -> IngestKnowledgeDocumentPayload | IngestKnowledgeDocumentError
}
document_types! {
    /// A file or a page that gave no text.
    "failKnowledgeIngestion": FailKnowledgeIngestionInput {
        /// The version whose source it is.
        pub number: i64,
        /// Why, 1–500 characters, nothing personal.
        pub reason: String,
    } -> FailKnowledgeIngestionPayload | FailKnowledgeIngestionError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct KnowledgeAuthoringMutations;

#[Object]
impl KnowledgeAuthoringMutations {
    /// Takes a document into the knowledge base. Nobody reads it before it is approved and
    /// published. Counts against the plan: `LIMIT_REACHED` says that it is full.
    async fn upload_knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it says.")] input: UploadKnowledgeDocumentInput,
    ) -> Result<UploadKnowledgeDocumentPayload> {
        let answer = mutation::answer::<Aggregate, _, _>;
        answer(ctx, Capability::Work, &input, Target::New, |_| Command::Upload {
            draft: input.draft.draft(),
            category: input.category.clone(),
            tags: input.tags.iter().flatten().cloned().collect(),
        })
        .await
    }

    /// Hands in the next version of a document. What is published stays so until this version is
    /// approved and published itself.
    async fn revise_knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which document says what.")] input: ReviseKnowledgeDocumentInput,
    ) -> Result<ReviseKnowledgeDocumentPayload> {
        on_document!(ctx, Work, input, Command::Revise { draft: input.draft.draft() })
    }

    /// Puts a document on another shelf. This is no version, and needs no approval.
    async fn classify_knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which document stands where.")] input: ClassifyKnowledgeDocumentInput,
    ) -> Result<ClassifyKnowledgeDocumentPayload> {
        let (category, tags) = (input.category.clone(), input.tags.iter().cloned().collect());
        on_document!(ctx, Work, input, Command::Classify { category, tags })
    }

    /// Records the text that was taken out of a file or a page.
    async fn ingest_knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which text is whose.")] input: IngestKnowledgeDocumentInput,
    ) -> Result<IngestKnowledgeDocumentPayload> {
        let (version, body) = (input.number, input.body.clone());
        on_document!(ctx, Integrate, input, Command::Ingest { version, body })
    }

    /// Records that no text could be taken out of a file or a page.
    async fn fail_knowledge_ingestion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which document, and why.")] input: FailKnowledgeIngestionInput,
    ) -> Result<FailKnowledgeIngestionPayload> {
        let (version, reason) = (input.number, input.reason.clone());
        on_document!(ctx, Integrate, input, Command::FailIngestion { version, reason })
    }
}
