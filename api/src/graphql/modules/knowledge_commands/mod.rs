//! What people, and the programs that work for them, do with the knowledge base: one mutation per
//! command. What the search does with what is published, it records itself.

use async_graphql::{ID, MergedObject};

use crate::graphql::ids::NodeType;
use crate::graphql::mutation::Target;

/// Declares input, error union and payload of a mutation of an existing document.
macro_rules! document_types {
    ($(#[$doc:meta])* $name:literal: $input:ident { $($fields:tt)* } -> $payload:ident | $error:ident) => {
        $crate::graphql::mutation::mutation_types! { $(#[$doc])* $name: $input {
            /// The document.
            pub id: async_graphql::ID,
            $($fields)*
        } -> $payload | $error {
            /// The document as it is afterwards; null when it failed or the read side is late.
            document: $crate::graphql::modules::knowledge_documents::KnowledgeDocument
        } }
    };
}

/// A mutation of an existing document.
macro_rules! on_document {
    ($ctx:ident, $capability:ident, $input:ident, $body:expr) => {
        $crate::graphql::mutation::answer::<
            bitacora_domain::aggregates::knowledge_document::KnowledgeDocument,
            _,
            _,
        >(
            $ctx,
            $crate::graphql::access::Capability::$capability,
            &$input,
            super::document(&$input.id),
            |_| $body,
        )
        .await
    };
}

pub mod authoring;
pub mod reviewing;

/// Fields of the mutation root.
#[derive(MergedObject, Default)]
pub struct KnowledgeMutations(
    authoring::KnowledgeAuthoringMutations,
    reviewing::KnowledgeReviewingMutations,
);

/// A document as the target of a command.
const fn document(id: &ID) -> Target<'_> {
    Target::Existing(NodeType::KnowledgeDocument, id)
}
