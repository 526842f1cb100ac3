//! Macros that declare the types of one mutation: input, error union and payload.

/// Declares input, error union and payload of a mutation.
macro_rules! mutation_types {
    ($(#[$doc:meta])* $name:literal: $input:ident { $($fields:tt)* } -> $payload:ident | $error:ident { $(#[$entity_doc:meta])* $entity:ident: $entity_ty:ty } $(makes { $($made:tt)* })?) => {
        $crate::graphql::mutation::mutation_input! { $(#[$doc])* $name: $input [
            /// The version that the object must still have; a `ConflictError` if it has another.
            pub expected_version: Option<i64>,
        ] |input| input.expected_version; { $($fields)* } }
        $crate::graphql::mutation::mutation_payload! { $name $payload | $error { $(#[$entity_doc])* $entity: $entity_ty } $(makes { $($made)* })? }
    };
    ($(#[$doc:meta])* creates $name:literal: $input:ident { $($fields:tt)* } -> $payload:ident | $error:ident { $(#[$entity_doc:meta])* $entity:ident: $entity_ty:ty }) => {
        $crate::graphql::mutation::mutation_input! { $(#[$doc])* $name: $input [] |_input| None; { $($fields)* } }
        $crate::graphql::mutation::mutation_payload! { $name $payload | $error { $(#[$entity_doc])* $entity: $entity_ty } }
    };
}

/// Declares the input of a mutation.
macro_rules! mutation_input {
    ($(#[$doc:meta])* $name:literal: $input:ident [ $($extra:tt)* ] |$it:ident| $version:expr; { $($fields:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, async_graphql::InputObject)]
        pub struct $input {
            $($fields)*
            $($extra)*
            /// Key under which a retry of the same request gives the first outcome again; at
            /// most 200 bytes, a UUID is best. Kept for ever.
            pub idempotency_key: Option<String>,
            /// Echoed in the payload.
            pub client_mutation_id: Option<String>,
        }
        impl $crate::graphql::mutation::MutationInput for $input {
            const NAME: &'static str = $name;
            fn common(&self) -> $crate::graphql::mutation::Common {
                let $it = self;
                $crate::graphql::mutation::Common {
                    idempotency_key: self.idempotency_key.clone(),
                    expected_version: $version,
                    client_mutation_id: self.client_mutation_id.clone(),
                }
            }
        }
    };
}

/// Declares error union and payload of a mutation.
macro_rules! mutation_payload {
    ($name:literal $payload:ident | $error:ident { $(#[$entity_doc:meta])* $entity:ident: $entity_ty:ty }) => {
        $crate::graphql::mutation::mutation_errors! { $name $error }

        #[doc = concat!("What became of `", $name, "`.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $payload {
            $(#[$entity_doc])*
            pub $entity: Option<$entity_ty>,
            /// Where the outcome stands; null when the mutation failed.
            pub receipt: Option<$crate::graphql::mutation::Receipt>,
            /// Why it failed; empty when it did not.
            pub errors: Vec<$error>,
            /// As in the input.
            pub client_mutation_id: Option<String>,
        }
        impl $crate::graphql::mutation::Payload for $payload {
            type Entity = $entity_ty;
            fn done(
                done: &$crate::graphql::mutation::Receipted,
                $entity: Option<$entity_ty>,
                client_mutation_id: Option<String>,
            ) -> Self {
                Self { $entity, receipt: Some(done.to_graphql()), errors: Vec::new(), client_mutation_id }
            }
            fn failed(
                error: $crate::graphql::mutation::UserError,
                client_mutation_id: Option<String>,
            ) -> Self {
                Self { $entity: None, receipt: None, errors: vec![error.into()], client_mutation_id }
            }
        }
    };
    // With fields that show what the mutation made, read when they are asked for.
    ($name:literal $payload:ident | $error:ident { $(#[$entity_doc:meta])* $entity:ident: $entity_ty:ty } makes { $($made:tt)* }) => {
        $crate::graphql::mutation::mutation_errors! { $name $error }

        #[doc = concat!("What became of `", $name, "`.")]
        #[derive(async_graphql::SimpleObject)]
        #[graphql(complex)]
        pub struct $payload {
            $(#[$entity_doc])*
            pub $entity: Option<$entity_ty>,
            /// Where the outcome stands; null when the mutation failed.
            pub receipt: Option<$crate::graphql::mutation::Receipt>,
            /// Why it failed; empty when it did not.
            pub errors: Vec<$error>,
            /// As in the input.
            pub client_mutation_id: Option<String>,
            #[graphql(skip)]
            made: Option<$crate::graphql::mutation::Receipted>,
        }
        #[async_graphql::ComplexObject]
        impl $payload {
            $($made)*
        }
        impl $crate::graphql::mutation::Payload for $payload {
            type Entity = $entity_ty;
            fn done(
                done: &$crate::graphql::mutation::Receipted,
                $entity: Option<$entity_ty>,
                client_mutation_id: Option<String>,
            ) -> Self {
                let receipt = Some(done.to_graphql());
                let made = Some(done.clone());
                Self { $entity, receipt, errors: Vec::new(), client_mutation_id, made }
            }
            fn failed(
                error: $crate::graphql::mutation::UserError,
                client_mutation_id: Option<String>,
            ) -> Self {
                let errors = vec![error.into()];
                Self { $entity: None, receipt: None, errors, client_mutation_id, made: None }
            }
        }
    };
}

/// Declares the error union of a mutation.
macro_rules! mutation_errors {
    ($name:literal $error:ident) => {
        #[doc = concat!("An expected failure of `", $name, "`.")]
        #[derive(Clone, Debug, async_graphql::Union)]
        pub enum $error {
            /// The input is wrong.
            Validation($crate::graphql::mutation::ValidationError),
            /// Something else was there first.
            Conflict($crate::graphql::mutation::ConflictError),
            /// It does not exist.
            NotFound($crate::graphql::mutation::NotFoundError),
            /// The key was used for another request.
            Idempotency($crate::graphql::mutation::IdempotencyError),
            /// The rules say no.
            Refused($crate::graphql::mutation::RefusedError),
        }
        impl From<$crate::graphql::mutation::UserError> for $error {
            fn from(error: $crate::graphql::mutation::UserError) -> Self {
                use $crate::graphql::mutation::UserError as E;
                match error {
                    E::ValidationError(error) => Self::Validation(error),
                    E::ConflictError(error) => Self::Conflict(error),
                    E::NotFoundError(error) => Self::NotFound(error),
                    E::IdempotencyError(error) => Self::Idempotency(error),
                    E::RefusedError(error) => Self::Refused(error),
                }
            }
        }
    };
}

pub(in crate::graphql) use {mutation_errors, mutation_input, mutation_payload, mutation_types};
