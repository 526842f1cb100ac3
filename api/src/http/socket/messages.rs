//! Messages of the protocol.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Close;
use crate::graphql::engine::Answer;

/// Longest id of an operation, in bytes.
const ID_MAX: usize = 256;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    /// Opens the session; the payload holds the token.
    ConnectionInit {
        #[serde(default)]
        payload: Option<Value>,
    },
    /// Asks whether we live.
    Ping,
    /// Answers our ping.
    Pong,
    /// Starts an operation.
    Subscribe { id: String, payload: Value },
    /// Ends an operation.
    Complete { id: String },
}

impl FromClient {
    /// Reads a message.
    ///
    /// # Errors
    /// 4400 for anything that is not of the protocol.
    pub(super) fn parse(text: &str) -> Result<Self, Close> {
        let message = serde_json::from_str(text)
            .map_err(|_| Close::new(4400, "Not a message of graphql-transport-ws"))?;
        if let Self::Subscribe { id, .. } | Self::Complete { id } = &message
            && (id.is_empty() || id.len() > ID_MAX)
        {
            return Err(Close::new(4400, format!("An id has 1 to {ID_MAX} bytes")));
        }
        Ok(message)
    }
}

/// The token in the payload of `connection_init`: `{"authorization": "Bearer …"}`, in any case,
/// also below `headers`.
pub(super) fn token(payload: Option<&Value>) -> Option<&str> {
    let payload = payload?;
    find_in(payload).or_else(|| payload.get("headers").and_then(find_in))
}

fn find_in(object: &Value) -> Option<&str> {
    let mut fields = object.as_object()?.iter();
    fields.find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?.1.as_str()
}

pub(super) fn ack() -> String {
    json!({ "type": "connection_ack" }).to_string()
}
pub(super) fn ping() -> String {
    json!({ "type": "ping" }).to_string()
}
pub(super) fn pong() -> String {
    json!({ "type": "pong" }).to_string()
}
pub(super) fn complete(id: &str) -> String {
    json!({ "id": id, "type": "complete" }).to_string()
}

/// A result of an operation. The payload keeps the order of its fields.
pub(super) fn next(id: &str, answer: &Answer) -> String {
    format!(r#"{{"id":{},"type":"next","payload":{}}}"#, json!(id), answer.to_json())
}

/// An operation did not start: the payload is the list of errors.
pub(super) fn error(id: &str, answer: &Answer) -> String {
    let errors = serde_json::to_string(&answer.errors).unwrap_or_else(|_| "[]".to_owned());
    format!(r#"{{"id":{},"type":"error","payload":{errors}}}"#, json!(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_where_clients_put_it() {
        for payload in [
            json!({"authorization": "Bearer x"}),
            json!({"Authorization": "Bearer x", "other": 1}),
            json!({"headers": {"Authorization": "Bearer x"}}),
        ] {
            assert_eq!(token(Some(&payload)), Some("Bearer x"));
        }
        for payload in [json!(null), json!({}), json!({"authorization": 1}), json!("Bearer x")] {
            assert_eq!(token(Some(&payload)), None);
        }
    }

    #[test]
    fn what_is_not_of_the_protocol_is_4400() {
        for bad in ["", "x", "{}", r#"{"type":"start"}"#, r#"{"type":"complete","id":""}"#] {
            assert_eq!(FromClient::parse(bad).map_err(|close| close.code).err(), Some(4400));
        }
        assert!(FromClient::parse(r#"{"type":"ping","payload":{}}"#).is_ok());
    }
}
