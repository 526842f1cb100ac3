//! The knowledge base: articles that people and machines answer from, and their versions.

pub mod shelves;
pub mod versions;

use async_graphql::{Context, ID, Object, Result};
use bitacora_domain::StreamId;
use bitacora_domain::aggregates::knowledge_document as domain;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::{knowledge_documents, knowledge_versions};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, asked, list_fields};
use crate::graphql::mutation::{self, Entity, Receipted};
use crate::graphql::paging::connection;
use crate::graphql::scalars::Position;

pub use shelves::{
    KnowledgeDocumentFilter, KnowledgeDocumentOrder, KnowledgeFileFormat, KnowledgeIndexStatus,
    KnowledgeStatus,
};
use versions::source;
pub use versions::{KnowledgeSource, KnowledgeVersion, KnowledgeVersionConnection};

/// The table behind the type.
pub const TABLE: &Table = &knowledge_documents::TABLE;
/// The table of its versions.
pub const VERSIONS: &Table = &knowledge_versions::TABLE;
/// Tables that fields of a document read beside its own.
const READS: Beside = &[("published", VERSIONS)];

connection! {
    /// A list of documents of the knowledge base.
    KnowledgeDocumentConnection / KnowledgeDocumentEdge of KnowledgeDocument
}

/// A document of the knowledge base.
#[derive(Clone, Debug)]
pub struct KnowledgeDocument(pub TableRow);

/// An article that people and machines answer from. Its fields show the latest version;
/// `published` is what everybody reads.
#[Object]
impl KnowledgeDocument {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::KnowledgeDocument.id(self.uuid())
    }
    /// The id in raw events and in the history.
    #[graphql(name = "uuid")]
    async fn raw_id(&self) -> Uuid {
        self.uuid()
    }
    /// Number of events so far; `expectedVersion` of a mutation is compared with it.
    async fn version(&self) -> i64 {
        self.0.int("version")
    }
    /// Title.
    async fn title(&self) -> Option<String> {
        self.0.text("title")
    }
    /// Text, Markdown; null while it is still to be taken out of the source.
    async fn body(&self) -> Option<String> {
        self.0.text("body")
    }
    /// What it is about.
    async fn category(&self) -> Option<String> {
        self.0.text("category")
    }
    /// Its tags, in lower case.
    async fn tags(&self) -> Vec<String> {
        self.0.texts("tags")
    }
    /// Language of the text, such as `es`.
    async fn language(&self) -> Option<String> {
        self.0.text("language")
    }
    /// Where the text comes from.
    async fn source(&self) -> KnowledgeSource {
        source(&self.0)
    }
    /// Where the latest version stands.
    async fn status(&self) -> Option<KnowledgeStatus> {
        enums::of_cell(self.0.cell("status"))
    }
    /// Number of the latest version, from 1: the one that reviews and publications name.
    async fn latest_version(&self) -> i64 {
        self.0.int("latest_version")
    }
    /// Number of the version that everybody reads; null when none is published.
    async fn published_version(&self) -> Option<i64> {
        self.0.cell("published_version").as_int()
    }
    /// The version that everybody reads; null when none is published.
    async fn published(&self, ctx: &Context<'_>) -> Result<Option<KnowledgeVersion>> {
        let Some(number) = self.0.cell("published_version").as_int() else { return Ok(None) };
        let key = knowledge_versions::id(self.uuid(), number);
        Ok(Caller::of(ctx)?.row(VERSIONS, key).await?.map(KnowledgeVersion))
    }
    /// Why the latest version was rejected, or has no text.
    async fn reason(&self) -> Option<String> {
        self.0.text("reason")
    }
    /// Kind and id of who approved the latest version, such as `user:<uuid>`.
    async fn approved_by(&self) -> Option<String> {
        self.0.text("approved_by")
    }
    /// When that was.
    async fn approved_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("approved_at")
    }
    /// Since when the published version is read.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("published_at")
    }
    /// How far the search has taken in what is published.
    async fn index_status(&self) -> Option<KnowledgeIndexStatus> {
        enums::of_cell(self.0.cell("index_status"))
    }
    /// Chunks that it was cut into.
    async fn chunk_count(&self) -> Option<i64> {
        self.0.cell("chunks").as_int()
    }
    /// Model that gave them vectors.
    async fn embedding_model(&self) -> Option<String> {
        self.0.text("embedding_model")
    }
    /// Why the search could not take it in.
    async fn index_failure(&self) -> Option<String> {
        self.0.text("index_failure")
    }
    /// When it was uploaded.
    async fn created_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("created_at")
    }
    /// Since when it is retired; null while it is not.
    async fn retired_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("retired_at")
    }
    /// When its last event was recorded.
    async fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("updated_at")
    }
    #[graphql(flatten)]
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn lists(&self) -> KnowledgeDocumentLists {
        KnowledgeDocumentLists(self.uuid())
    }
}

/// What belongs to a document.
pub struct KnowledgeDocumentLists(Uuid);

list_fields! {
    /// What belongs to a document.
    KnowledgeDocumentLists {
        /// Every version of it, the latest first.
        versions: KnowledgeVersionConnection [] =
            |of| List::of(VERSIONS, "document_version", Direction::Desc)
                .below("document_id", of.0);
    }
}

impl KnowledgeDocument {
    fn uuid(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
    }
}

impl Entity for KnowledgeDocument {
    async fn after(caller: &Caller, done: &Receipted) -> Option<Self> {
        mutation::reread(caller, done, TABLE, &[VERSIONS]).await.map(Self)
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct KnowledgeDocumentQueries;

#[Object]
impl KnowledgeDocumentQueries {
    /// A document of the knowledge base by its global id; null when there is none for this tenant.
    async fn knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the document.")] id: ID,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Option<KnowledgeDocument>> {
        let caller = Caller::of(ctx)?;
        let uuid = NodeType::KnowledgeDocument.uuid(&id)?;
        let stream = StreamId::new(domain::KnowledgeDocument::TYPE, uuid);
        let mut tables = asked(READS, &ctx.look_ahead());
        tables.push(TABLE);
        caller.at_least(at_least, &tables, Some(&stream)).await?;
        Ok(caller.row(TABLE, uuid).await?.map(KnowledgeDocument))
    }
}

/// Lists of the query root.
#[derive(Default)]
pub struct KnowledgeDocumentRootLists;

list_fields! {
    /// Lists of the query root.
    KnowledgeDocumentRootLists {
        /// Documents of the knowledge base, the latest first unless ordered otherwise.
        knowledge_documents: KnowledgeDocumentConnection
            [KnowledgeDocumentFilter by KnowledgeDocumentOrder] =
            |_| List::of(TABLE, "created_at", Direction::Desc).beside(READS);
    }
}
