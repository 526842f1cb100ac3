//! From a mutation's input to a command, and from its outcome to a payload.
//!
//! Expected failures are data: `errors` of the payload, typed, sharing the interface
//! `UserError`. Only what is nobody's input (the log does not answer) is a top-level error.

mod declare;

use async_graphql::{Context, ID, InputType, Interface, SimpleObject};
use bitacora_commands::{CommandError, Envelope, OutboundError};
use bitacora_domain::{CommandId, DomainAggregate, DomainError, StreamId, Version};
use bitacora_projections::Table;
use bitacora_projections::query::TableRow;
use uuid::Uuid;

use super::access::Capability;
use super::caller::Caller;
use super::fault::Fault;
use super::ids::NodeType;
use super::refusals::{self, Kind};
use super::scalars::Position;

pub(in crate::graphql) use declare::{mutation_input, mutation_payload, mutation_types};

/// Namespace of command ids that follow from an idempotency key: apart from those of providers'
/// facts, so that no caller can take a webhook's place.
const KEY_NAMESPACE: Uuid = Uuid::from_u128(0x3f0c_55a8_1d7e_4c3b_8a44_90e2_7c51_be02);
/// Mutations that send something out: a tenant that is suspended may not.
const OUTBOUND: &[&str] = &["queueMessage"];
/// Longest idempotency key, in bytes.
const KEY_MAX: usize = 200;

/// Where the outcome of a mutation stands.
#[derive(Clone, Debug, SimpleObject)]
pub struct Receipt {
    /// Position of the outcome: give it as `atLeast` to read your write.
    pub position: Position,
    /// Version of the object after it.
    pub version: i64,
    /// The same idempotency key was used before for the same request: this is the first
    /// outcome, and nothing was done now.
    pub replayed: bool,
}

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

/// What every mutation's input has in common.
#[derive(Clone, Debug, Default)]
pub struct Common {
    /// Key under which a retry gives the first outcome again.
    pub idempotency_key: Option<String>,
    /// The version that must still be there.
    pub expected_version: Option<i64>,
    /// Echoed.
    pub client_mutation_id: Option<String>,
}

/// An input of a mutation.
pub trait MutationInput: InputType {
    /// Name of the mutation; part of what a fingerprint covers.
    const NAME: &'static str;
    /// What all inputs have.
    fn common(&self) -> Common;
}

/// A payload of a mutation.
pub trait Payload: Sized {
    /// The object that it shows.
    type Entity: Entity;
    /// Of an accepted mutation.
    fn done(done: &Receipted, entity: Option<Self::Entity>, echo: Option<String>) -> Self;
    /// Of a failed one.
    fn failed(error: UserError, echo: Option<String>) -> Self;
}

/// An object that payloads show.
pub trait Entity: Sized + Send {
    /// The object as it is after the mutation; `None` when the read side has not caught up
    /// within the deadline, or cannot.
    fn after(caller: &Caller, done: &Receipted) -> impl Future<Output = Option<Self>> + Send;
}

/// What a command is sent to.
#[derive(Clone, Debug)]
pub enum Target<'a> {
    /// An object that exists, by its global id.
    Existing(NodeType, &'a ID),
    /// An object whose UUID is known.
    Known(Uuid),
    /// A new object; its id follows from the command's, so that a retry makes no second one.
    New,
}

/// What became of a mutation.
pub type Outcome = Result<Receipted, UserError>;

/// An accepted mutation.
#[derive(Clone, Debug)]
pub struct Receipted {
    /// Its receipt.
    pub receipt: bitacora_commands::Receipt,
}

impl Receipted {
    /// The receipt as clients see it.
    pub fn to_graphql(&self) -> Receipt {
        Receipt {
            position: Position(self.receipt.cursor),
            version: self.receipt.version.0,
            replayed: self.receipt.replayed,
        }
    }

    /// UUID of the object that the command ran on.
    pub fn uuid(&self) -> Option<Uuid> {
        self.receipt.stream.aggregate_id.parse().ok()
    }
}

/// A whole mutation: check the role, run the command, read the object again.
///
/// # Errors
/// A fault; expected failures are in the payload.
pub async fn answer<A: DomainAggregate, P: Payload, I: MutationInput>(
    ctx: &Context<'_>,
    capability: Capability,
    input: &I,
    target: Target<'_>,
    body: impl FnOnce(Uuid) -> A::Body,
) -> async_graphql::Result<P> {
    let caller = Caller::of(ctx)?;
    caller.require(capability)?;
    let echo = input.common().client_mutation_id;
    Ok(match run::<A, I>(caller, input, target, body).await? {
        Ok(done) => {
            let entity = P::Entity::after(caller, &done).await;
            P::done(&done, entity, echo)
        }
        Err(error) => P::failed(error, echo),
    })
}

/// Runs one command. `body` gets the UUID of the object that the command is for.
///
/// # Errors
/// A fault when the log does not answer or cannot be read; expected failures are in the
/// [`Outcome`].
pub async fn run<A: DomainAggregate, I: MutationInput>(
    caller: &Caller,
    input: &I,
    target: Target<'_>,
    body: impl FnOnce(Uuid) -> A::Body,
) -> Result<Outcome, Fault> {
    let common = input.common();
    let command_id = match command_id(caller, common.idempotency_key.as_deref()) {
        Ok(id) => id,
        Err(error) => return Ok(Err(error)),
    };
    if OUTBOUND.contains(&I::NAME)
        && let Err(error) = caller.app.bus.require_outbound(caller.tenant(), command_id).await
    {
        return held_back(&error).map(Err);
    }
    let uuid = match target {
        Target::Known(uuid) => uuid,
        Target::New => command_id.derive("aggregate"),
        Target::Existing(node, id) => match node.uuid(id) {
            Ok(uuid) => uuid,
            Err(fault) => return Ok(Err(user_error("INVALID_ID", fault.message))),
        },
    };
    let fingerprint = caller.app.bus.key().fingerprint(&asked(input)).map_err(Fault::internal)?;
    let now = caller.app.clock.now();
    let actor = caller.principal.actor();
    let envelope = Envelope {
        traceparent: caller.traceparent.clone(),
        expected_version: common.expected_version.map(Version),
        ..Envelope::new(caller.tenant(), actor, command_id, fingerprint, now)
    };
    let done = caller.app.bus.execute::<A>(envelope, &uuid.to_string(), body(uuid)).await;
    match done {
        Ok(receipt) => Ok(Ok(Receipted { receipt })),
        Err(error) => failure(error).map(|error| Err(located::<I>(error, input))),
    }
}

/// Why nothing may leave for the tenant: expected, unless it is that nobody could tell.
fn held_back(error: &OutboundError) -> Result<UserError, Fault> {
    match error {
        OutboundError::NotFound | OutboundError::Suspended | OutboundError::Banned => {
            Ok(user_error(error.code(), error.to_string()))
        }
        OutboundError::Unavailable(_) => Err(Fault::unavailable(error)),
        OutboundError::Unreadable(_) => Err(Fault::internal(error)),
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

fn failure<E: DomainError>(error: CommandError<E>) -> Result<UserError, Fault> {
    let code = error.code();
    let message = error.to_string();
    match error {
        CommandError::Refused(_)
        | CommandError::IdempotencyMismatch
        | CommandError::ForeignStream
        | CommandError::Contention => Ok(user_error(code, message)),
        CommandError::VersionConflict { expected, actual } => {
            Ok(conflict(code, message, Some((expected.0, actual.0)), None))
        }
        CommandError::Reserved { kind, owner } => {
            let message = format!("the {kind} is taken");
            Ok(conflict(code, message, None, existing(kind, &owner)))
        }
        CommandError::Unreadable(error) => Err(Fault::internal(error)),
        CommandError::Log(error) => Err(Fault::unavailable(error)),
    }
}

/// The error without a path into a field that this input does not have: several mutations can
/// fail with one code.
fn located<I: MutationInput>(mut error: UserError, input: &I) -> UserError {
    let path = match &mut error {
        UserError::ValidationError(error) => &mut error.path,
        UserError::ConflictError(error) => &mut error.path,
        UserError::NotFoundError(error) => &mut error.path,
        UserError::IdempotencyError(error) => &mut error.path,
        UserError::RefusedError(error) => &mut error.path,
    };
    let has = |field: &str| matches!(input.to_value(), async_graphql::Value::Object(fields) if fields.contains_key(field));
    if path.get(1).is_some_and(|field| !has(field)) {
        path.truncate(1);
    }
    error
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
        "conversation.open" => NodeType::Conversation,
        _ => return None,
    };
    owner.parse().ok().map(|uuid| node.id(uuid))
}

fn command_id(caller: &Caller, key: Option<&str>) -> Result<CommandId, UserError> {
    match key {
        None => Ok(CommandId::new(caller.app.clock.fresh_id())),
        Some(key) if key.is_empty() || key.len() > KEY_MAX => Err(user_error(
            "INVALID_IDEMPOTENCY_KEY",
            format!("an idempotency key has 1 to {KEY_MAX} bytes; a UUID is best"),
        )),
        Some(key) => Ok(CommandId::new(Uuid::new_v5(&KEY_NAMESPACE, key.as_bytes()))),
    }
}

/// What was asked: name and input, without what only names the attempt. Absent fields are left
/// out, so that a field added later does not change what an old request means.
fn asked<I: MutationInput>(input: &I) -> serde_json::Value {
    let mut value = input.to_value().into_json().unwrap_or_default();
    if let serde_json::Value::Object(fields) = &mut value {
        fields.remove("idempotencyKey");
        fields.remove("clientMutationId");
        fields.retain(|_, value| !value.is_null());
    }
    serde_json::json!({ "mutation": I::NAME, "input": value })
}

/// The row of the object as it is after the mutation; `None` when the read side has not caught
/// up within the deadline, or cannot. `beside` are the tables that its fields read, too.
pub async fn reread(
    caller: &Caller,
    done: &Receipted,
    table: &'static Table,
    beside: &[&'static Table],
) -> Option<TableRow> {
    let stream: &StreamId = &done.receipt.stream;
    caller.reached(done.receipt.cursor, &[table], Some(stream)).await.ok()?;
    // What stands beside may be late or parked without taking the object itself away.
    drop(caller.reached(done.receipt.cursor, beside, None).await);
    caller.row(table, done.uuid()?).await.ok().flatten()
}
