//! What mutations take: the parts that all inputs share, and the command id that follows.

use async_graphql::{ID, InputType};
use bitacora_domain::CommandId;
use uuid::Uuid;

use super::errors::{UserError, user_error};
use crate::graphql::caller::Caller;
use crate::graphql::ids::NodeType;

/// Namespace of command ids that follow from an idempotency key: apart from those of providers'
/// facts, so that no caller can take a webhook's place.
const KEY_NAMESPACE: Uuid = Uuid::from_u128(0x3f0c_55a8_1d7e_4c3b_8a44_90e2_7c51_be02);
/// Longest idempotency key, in bytes.
const KEY_MAX: usize = 200;

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

impl Target<'_> {
    pub(super) fn uuid(&self, command: CommandId) -> Result<Uuid, UserError> {
        match self {
            Self::Known(uuid) => Ok(*uuid),
            Self::New => Ok(command.derive("aggregate")),
            Self::Existing(node, id) => argument(*node, id, "id"),
        }
    }
}

/// The UUID in the global id that `field` of the input holds.
///
/// # Errors
/// `INVALID_ID` when it is no id, or one of another type.
pub fn argument(node: NodeType, id: &ID, field: &str) -> Result<Uuid, UserError> {
    node.uuid(id).map_err(|fault| user_error("INVALID_ID", fault.message).about(field))
}

pub(super) fn command_id(caller: &Caller, key: Option<&str>) -> Result<CommandId, UserError> {
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
pub(super) fn asked<I: MutationInput>(input: &I) -> serde_json::Value {
    let mut value = input.to_value().into_json().unwrap_or_default();
    if let serde_json::Value::Object(fields) = &mut value {
        fields.remove("idempotencyKey");
        fields.remove("clientMutationId");
        fields.retain(|_, value| !value.is_null());
    }
    serde_json::json!({ "mutation": I::NAME, "input": value })
}
