//! Errors of the request itself, with stable codes. Expected failures of a business action are
//! not here: mutations return those as data ([`super::mutation`]).

use async_graphql::{Error, ErrorExtensions as _};
use bitacora_projections::ports::ReadError;

/// Stable code of a top-level error, as `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request is not well-formed (HTTP or JSON level).
    BadRequest,
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// The document exceeds a limit.
    QueryTooLarge,
    /// An argument has a value that cannot be used.
    BadUserInput,
    /// A page cursor is damaged, or belongs to another list, order or filter.
    InvalidCursor,
    /// A position or event cursor is not of this tenant's log (or of a former epoch of it).
    InvalidPosition,
    /// No usable token.
    Unauthenticated,
    /// The token does not allow it.
    Forbidden,
    /// The read side did not reach `atLeast` in time.
    AtLeastTimeout,
    /// The read side cannot reach `atLeast`: an event is parked and waits for an operator.
    ProjectionParked,
    /// It took too long.
    RequestTimeout,
    /// The client reads its subscription too slowly; it may resume.
    SlowConsumer,
    /// Too many operations on one socket.
    TooManyOperations,
    /// A part that is needed does not answer now.
    ServiceUnavailable,
    /// A bug or damage; the log of the server knows more under the request's id.
    Internal,
}

impl Code {
    /// The text of the code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::QueryTooLarge => "QUERY_TOO_LARGE",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::InvalidCursor => "INVALID_CURSOR",
            Self::InvalidPosition => "INVALID_POSITION",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::AtLeastTimeout => "AT_LEAST_TIMEOUT",
            Self::ProjectionParked => "PROJECTION_PARKED",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::SlowConsumer => "SLOW_CONSUMER",
            Self::TooManyOperations => "TOO_MANY_OPERATIONS",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }

    /// May the very same request succeed later?
    pub const fn retryable(self) -> bool {
        match self {
            Self::AtLeastTimeout
            | Self::RequestTimeout
            | Self::SlowConsumer
            | Self::TooManyOperations
            | Self::ServiceUnavailable => true,
            Self::BadRequest
            | Self::ParseFailed
            | Self::ValidationFailed
            | Self::QueryTooLarge
            | Self::BadUserInput
            | Self::InvalidCursor
            | Self::InvalidPosition
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::ProjectionParked
            | Self::Internal => false,
        }
    }
}

/// A failed field or request. The message is for the client's developer and never holds the
/// text of a database or of Rust. It has no `Display` on purpose: the engine would turn that
/// into an error without a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub code: Code,
    /// What to do about it.
    pub message: String,
    /// Where a subscription may resume.
    pub cursor: Option<String>,
}

impl Fault {
    /// A fault of the given code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), cursor: None }
    }

    /// An argument that cannot be used.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Code::BadUserInput, message)
    }

    /// A bug or damage: `detail` goes to the log only.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        tracing::error!(%detail, "a GraphQL request failed");
        Self::new(Code::Internal, "something went wrong on our side")
    }

    /// A part that does not answer: `detail` goes to the log only.
    pub fn unavailable(detail: impl std::fmt::Display) -> Self {
        tracing::warn!(%detail, "a GraphQL request found a part unavailable");
        Self::new(Code::ServiceUnavailable, "the service cannot answer now; try again")
    }

    /// The same with a cursor to resume from.
    #[must_use]
    pub fn resume_from(self, cursor: &impl ToString) -> Self {
        Self { cursor: Some(cursor.to_string()), ..self }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(fault.message).extend_with(|_, extensions| {
            extensions.set("code", fault.code.as_str());
            extensions.set("retryable", fault.code.retryable());
            if let Some(cursor) = fault.cursor {
                extensions.set("cursor", cursor);
            }
        })
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::ForeignEpoch => Self::new(
                Code::InvalidPosition,
                "the position is of a former epoch of the log; start again without it",
            ),
            ReadError::TimedOut => Self::new(Code::RequestTimeout, "the query took too long"),
            ReadError::Refused(_) => Self::input("a value in the arguments cannot be used"),
            ReadError::Unavailable(_) => Self::unavailable(error),
            ReadError::Corrupt(_) => Self::internal(error),
        }
    }
}
