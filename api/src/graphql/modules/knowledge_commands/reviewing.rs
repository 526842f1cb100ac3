//! What those do who answer for the knowledge base.

use async_graphql::{Context, Object, Result};
use bitacora_domain::aggregates::knowledge_document::KnowledgeDocumentCommand as Command;

document_types! {
    /// A version that is right.
    "approveKnowledgeDocument": ApproveKnowledgeDocumentInput {
        /// The version that was read: the latest.
        pub number: i64,
    } -> ApproveKnowledgeDocumentPayload | ApproveKnowledgeDocumentError
}
document_types! {
    /// A version that is not right.
    "rejectKnowledgeDocument": RejectKnowledgeDocumentInput {
        /// The version that was read: the latest.
        pub number: i64,
        /// Why, 1–500 characters.
        pub reason: String,
    } -> RejectKnowledgeDocumentPayload | RejectKnowledgeDocumentError
}
document_types! {
    /// A version that everybody is to read.
    "publishKnowledgeDocument": PublishKnowledgeDocumentInput {
        /// The version: the latest, approved.
        pub number: i64,
    } -> PublishKnowledgeDocumentPayload | PublishKnowledgeDocumentError
}
document_types! {
    /// A document that the search is to take in once more.
    "reindexKnowledgeDocument": ReindexKnowledgeDocumentInput {
    } -> ReindexKnowledgeDocumentPayload | ReindexKnowledgeDocumentError
}
document_types! {
    /// A document that nobody is to read any more.
    "retireKnowledgeDocument": RetireKnowledgeDocumentInput {
    } -> RetireKnowledgeDocumentPayload | RetireKnowledgeDocumentError
}
document_types! {
    /// A document that comes back.
    "restoreKnowledgeDocument": RestoreKnowledgeDocumentInput {
    } -> RestoreKnowledgeDocumentPayload | RestoreKnowledgeDocumentError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct KnowledgeReviewingMutations;

#[Object]
impl KnowledgeReviewingMutations {
    /// Approves a version of a document: it may be published. `VERSION_SUPERSEDED` says that
    /// there is a later one than the one that was read.
    async fn approve_knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version of which document.")] input: ApproveKnowledgeDocumentInput,
    ) -> Result<ApproveKnowledgeDocumentPayload> {
        on_document!(ctx, Supervise, input, Command::Approve { version: input.number })
    }

    /// Turns a version of a document down. An approval can be taken back so until the version is
    /// published.
    async fn reject_knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version, and why.")] input: RejectKnowledgeDocumentInput,
    ) -> Result<RejectKnowledgeDocumentPayload> {
        let (version, reason) = (input.number, input.reason.clone());
        on_document!(ctx, Supervise, input, Command::Reject { version, reason })
    }

    /// Has everybody read a version of a document, in place of the one before.
    async fn publish_knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version of which document.")] input: PublishKnowledgeDocumentInput,
    ) -> Result<PublishKnowledgeDocumentPayload> {
        on_document!(ctx, Supervise, input, Command::Publish { version: input.number })
    }

    /// Has the search take in what is published once more.
    async fn reindex_knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which document.")] input: ReindexKnowledgeDocumentInput,
    ) -> Result<ReindexKnowledgeDocumentPayload> {
        on_document!(ctx, Supervise, input, Command::Reindex)
    }

    /// Takes a document away: nobody reads it, and its place in the plan is free.
    async fn retire_knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which document.")] input: RetireKnowledgeDocumentInput,
    ) -> Result<RetireKnowledgeDocumentPayload> {
        on_document!(ctx, Supervise, input, Command::Retire)
    }

    /// Brings a retired document back. It has to be published again, and counts against the plan.
    async fn restore_knowledge_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which document.")] input: RestoreKnowledgeDocumentInput,
    ) -> Result<RestoreKnowledgeDocumentPayload> {
        on_document!(ctx, Supervise, input, Command::Restore)
    }
}
