//! Expected failures of mutations: data, typed, sharing the interface `UserError`.

use async_graphql::{ID, Interface, SimpleObject};
use bitacora_commands::{CommandError, OutboundError};
use bitacora_domain::DomainError;

use super::inputs::MutationInput;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::refusals::{self, Kind};

/// The input is wrong; the same input will never do.
#[derive(Clone, Debug, SimpleObject)]
pub struct ValidationError {
    /// Stable code, such as `INVALID_TEXT`.
    pub code: String,
    /// What is wrong, for the developer of the client.
    pub message: String,
    /// Path into the arguments, such as `["input", "body"]`.
    pub path: Vec<String>,
}

/// Something else was there first.
#[derive(Clone, Debug, SimpleObject)]
pub struct ConflictError {
    /// Stable code: `VERSION_CONFLICT`, `ALREADY_TAKEN` or `CONTENTION` (try again).
    pub code: String,
    /// What is wrong, for the developer of the client.
    pub message: String,
    /// Path into the arguments.
    pub path: Vec<String>,
    /// The version that the caller insisted on.
    pub expected: Option<i64>,
    /// The version that is there.
    pub actual: Option<i64>,
    /// The object that has what was asked for, when it is of this tenant.
    pub existing_id: Option<ID>,
}

/// What the mutation is about does not exist, or not for this tenant.
#[derive(Clone, Debug, SimpleObject)]
pub struct NotFoundError {
    /// Stable code, such as `CONVERSATION_NOT_FOUND`.
    pub code: String,
    /// What is wrong, for the developer of the client.
    pub message: String,
    /// Path into the arguments.
    pub path: Vec<String>,
}

/// The idempotency key was used before for another request.
#[derive(Clone, Debug, SimpleObject)]
pub struct IdempotencyError {
    /// Stable code: `IDEMPOTENCY_MISMATCH`.
    pub code: String,
    /// What is wrong, for the developer of the client.
    pub message: String,
    /// Path into the arguments.
    pub path: Vec<String>,
}

/// The rules of the business say no in the present state; later they may say yes.
#[derive(Clone, Debug, SimpleObject)]
pub struct RefusedError {
    /// Stable code, such as `SERVICE_WINDOW_CLOSED`.
    pub code: String,
    /// What is wrong, for the developer of the client.
    pub message: String,
    /// Path into the arguments.
    pub path: Vec<String>,
}

/// An expected failure of a mutation.
#[allow(clippy::duplicated_attributes)] // each field of an interface repeats `ty` and `desc`
#[derive(Clone, Debug, Interface)]
#[graphql(
    field(name = "code", ty = "&String", desc = "Stable code; match on this."),
    field(
        name = "message",
        ty = "&String",
        desc = "What is wrong, for the developer of the client."
    ),
    field(
        name = "path",
        ty = "&Vec<String>",
        desc = "Path into the arguments, such as `[\"input\", \"body\"]`."
    )
)]
pub enum UserError {
    /// The input is wrong.
    ValidationError(ValidationError),
    /// Something else was there first.
    ConflictError(ConflictError),
    /// It does not exist.
    NotFoundError(NotFoundError),
    /// The key was used for another request.
    IdempotencyError(IdempotencyError),
    /// The rules say no.
    RefusedError(RefusedError),
}

impl UserError {
    fn path_mut(&mut self) -> &mut Vec<String> {
        match self {
            Self::ValidationError(error) => &mut error.path,
            Self::ConflictError(error) => &mut error.path,
            Self::NotFoundError(error) => &mut error.path,
            Self::IdempotencyError(error) => &mut error.path,
            Self::RefusedError(error) => &mut error.path,
        }
    }

    /// The same about another field of the input.
    #[must_use]
    pub fn about(mut self, field: &str) -> Self {
        *self.path_mut() = vec!["input".to_owned(), field.to_owned()];
        self
    }

    /// The error without a path into a field that this input does not have: several mutations
    /// can fail with one code.
    pub(super) fn located<I: MutationInput>(mut self, input: &I) -> Self {
        let path = self.path_mut();
        let has = |field: &str| matches!(input.to_value(), async_graphql::Value::Object(fields) if fields.contains_key(field));
        if path.get(1).is_some_and(|field| !has(field)) {
            path.truncate(1);
        }
        self
    }
}

/// Why a mutation is not done: what its caller can expect, or a fault of ours.
#[derive(Clone, Debug)]
pub enum Unmet {
    /// Data in the payload.
    Expected(UserError),
    /// A top-level error.
    Fault(Fault),
}

impl From<UserError> for Unmet {
    fn from(error: UserError) -> Self {
        Self::Expected(error)
    }
}

impl From<Fault> for Unmet {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Why nothing may leave for the tenant: expected, unless it is that nobody could tell.
pub(super) fn held_back(error: &OutboundError) -> Unmet {
    match error {
        OutboundError::NotFound | OutboundError::Suspended | OutboundError::Banned => {
            user_error(error.code(), error.to_string()).into()
        }
        OutboundError::Unavailable(_) => Fault::unavailable(error).into(),
        OutboundError::Unreadable(_) => Fault::internal(error).into(),
    }
}

/// An expected failure by its code.
pub fn user_error(code: &str, message: impl Into<String>) -> UserError {
    let (kind, path) = refusals::classify(code);
    let (code, message) = (code.to_owned(), message.into());
    match kind {
        Kind::Validation => UserError::ValidationError(ValidationError { code, message, path }),
        Kind::NotFound => UserError::NotFoundError(NotFoundError { code, message, path }),
        Kind::Idempotency => UserError::IdempotencyError(IdempotencyError { code, message, path }),
        Kind::Refused => UserError::RefusedError(RefusedError { code, message, path }),
        Kind::Conflict => UserError::ConflictError(ConflictError {
            code,
            message,
            path,
            expected: None,
            actual: None,
            existing_id: None,
        }),
    }
}

/// What the bus said, as its caller is told.
pub fn failure<E: DomainError>(error: CommandError<E>) -> Unmet {
    let code = error.code();
    let message = error.to_string();
    match error {
        CommandError::Refused(_)
        | CommandError::LimitReached { .. }
        | CommandError::IdempotencyMismatch
        | CommandError::ForeignStream
        | CommandError::Contention => user_error(code, message).into(),
        CommandError::VersionConflict { expected, actual } => {
            conflict(code, message, Some((expected.0, actual.0)), None).into()
        }
        CommandError::Reserved { kind, owner } => {
            let message = format!("the {kind} is taken");
            conflict(code, message, None, existing(kind, &owner)).into()
        }
        CommandError::Unreadable(error) => Fault::internal(error).into(),
        CommandError::Log(error) => Fault::unavailable(error).into(),
    }
}

fn conflict(
    code: &str,
    message: String,
    versions: Option<(i64, i64)>,
    existing_id: Option<ID>,
) -> UserError {
    let (_, path) = refusals::classify(code);
    UserError::ConflictError(ConflictError {
        code: code.to_owned(),
        message,
        path,
        expected: versions.map(|(expected, _)| expected),
        actual: versions.map(|(_, actual)| actual),
        existing_id,
    })
}

/// The owner of a key, where keys are unique within the tenant. Owners of keys that are unique
/// across the installation may be other tenants' and are not told.
fn existing(kind: &str, owner: &str) -> Option<ID> {
    let node = match kind {
        "contact.identity" => NodeType::Contact,
        "lead.external" | "lead.open" => NodeType::Lead,
        "offer.ad" => NodeType::Offer,
        "conversation.open" => NodeType::Conversation,
        "ticket.auto" | "ticket.matter" => NodeType::Ticket,
        _ => return None,
    };
    owner.parse().ok().map(|uuid| node.id(uuid))
}
