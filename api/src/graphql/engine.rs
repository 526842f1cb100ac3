//! From a request's JSON to an answer: one way for HTTP and sockets.

use std::sync::{Arc, OnceLock};

use async_graphql::parser::types::OperationType;
use async_graphql::{Pos, Request, Response, ServerError, Value, Variables};
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use super::access::{self, RootField};
use super::caller::Caller;
use super::document::{self, DocumentError, TypeMap};
use super::fault::{Code, Fault};
use super::{ApiSchema, GraphqlLimits};
use crate::auth::Principal;

/// A GraphQL request as it comes over the wire.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incoming {
    query: String,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<serde_json::Map<String, serde_json::Value>>,
    /// Must be an object; nothing in it is used.
    #[serde(default, rename = "extensions")]
    _extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Incoming {
    /// Reads a request's body.
    ///
    /// # Errors
    /// A `BAD_REQUEST` fault when it is no GraphQL request.
    pub fn from_json(body: &[u8]) -> Result<Self, Fault> {
        let bad = |message: &str| Fault::new(Code::BadRequest, message);
        let value: serde_json::Value =
            serde_json::from_slice(body).map_err(|_| bad("the body is not JSON"))?;
        if value.is_array() {
            return Err(bad("one request at a time: batches are not taken"));
        }
        Self::from_value(value)
    }

    /// Reads a request from JSON.
    ///
    /// # Errors
    /// A `BAD_REQUEST` fault when it is no GraphQL request.
    pub fn from_value(value: serde_json::Value) -> Result<Self, Fault> {
        serde_json::from_value(value).map_err(|_| {
            let message = "not a GraphQL request: an object is needed with `query` (text), and \
                           optionally `variables` (object), `operationName` (text) and \
                           `extensions` (object)";
            Fault::new(Code::BadRequest, message)
        })
    }
}

/// A request whose document was measured and merged.
pub struct Ready {
    request: Request,
    /// Kind of the operation that will run; `None` when the request names none that is there,
    /// which the validation will say.
    pub operation: Option<OperationType>,
    /// Its root fields: what its caller must be allowed.
    fields: Vec<RootField>,
}

/// What is sent back. Serialises in the order of the specification's examples.
#[derive(Serialize)]
pub struct Answer {
    /// Errors, each with `extensions.code`, `requestId` and `retryable`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ServerError>,
    /// The data; absent when nothing was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// The schema and what the pre-pass knows of it. One per process: it holds no state.
pub struct Engine {
    schema: ApiSchema,
    types: TypeMap,
}

impl Engine {
    /// The engine of the process.
    ///
    /// # Errors
    /// When the schema's own text cannot be read, which is a bug.
    pub fn global() -> Result<&'static Self, Fault> {
        static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
        let engine = ENGINE.get_or_init(|| {
            let schema = super::schema(&GraphqlLimits::default());
            let types = TypeMap::of(&schema.sdl()).map_err(|error| error.to_string())?;
            Ok(Self { schema, types })
        });
        engine.as_ref().map_err(Fault::internal)
    }

    /// Parses once, measures and merges.
    ///
    /// # Errors
    /// What is wrong with the document.
    pub fn prepare(
        &self,
        incoming: Incoming,
        limits: &GraphqlLimits,
    ) -> Result<Ready, ServerError> {
        let prepared = document::prepare(&incoming.query, limits, &self.types)
            .map_err(|error| document_error(&error))?;
        let name = incoming.operation_name.as_deref();
        let mut variables = incoming.variables.unwrap_or_default();
        let operation = document::operation(&prepared.document, name);
        if let Some(operation) = operation {
            document::complete_variables(operation, &mut variables).map_err(|missing| {
                shown(Fault::input(format!("the variable ${missing} is required")))
            })?;
        }
        let fields = operation.map(|operation| {
            access::root_fields(&prepared.document, operation.ty, &operation.selection_set.node)
        });
        let operation = operation.map(|operation| operation.ty);
        let variables = Variables::from_json(serde_json::Value::Object(variables));
        let mut request = Request::new("").variables(variables);
        if let Some(name) = incoming.operation_name {
            request = request.operation_name(name);
        }
        request.set_parsed_query(prepared.document);
        Ok(Ready { request, operation, fields: fields.unwrap_or_default() })
    }

    /// Runs a query or mutation within the time limit, for a caller who may have all its root
    /// fields.
    pub async fn run(&self, ready: Ready, caller: Caller, request_id: &str) -> Answer {
        if let Err(fault) = self.authorise(&ready, &caller.principal) {
            return Answer::fault(fault, request_id);
        }
        let limit = caller.app.limits.graphql.query_timeout;
        let request = ready.request.data(Arc::new(caller));
        match tokio::time::timeout(limit, self.schema.execute(request)).await {
            Ok(response) => Answer::of(response, request_id),
            Err(_) => {
                let message = "the operation took too long; a mutation may be tried again with \
                               the same `idempotencyKey`";
                Answer::fault(Fault::new(Code::RequestTimeout, message), request_id)
            }
        }
    }

    /// Starts a subscription, for a caller who may have its root field.
    pub fn subscribe(&self, ready: Ready, caller: Caller) -> BoxStream<'static, Response> {
        if let Err(fault) = self.authorise(&ready, &caller.principal) {
            let refused = Response::from_errors(vec![shown(fault)]);
            return Box::pin(futures::stream::once(std::future::ready(refused)));
        }
        self.schema.execute_stream(ready.request.data(Arc::new(caller)))
    }

    fn authorise(&self, ready: &Ready, principal: &Principal) -> Result<(), Fault> {
        access::authorise(principal, &ready.fields, |kind, name| {
            self.types.field(Some(kind.as_str()), name).is_some()
        })
    }
}

/// A fault as the engine's error.
fn shown(fault: Fault) -> ServerError {
    let error = async_graphql::Error::from(fault);
    let mut shown = ServerError::new(error.message, None::<Pos>);
    shown.extensions = error.extensions;
    shown
}

fn document_error(error: &DocumentError) -> ServerError {
    let mut shown = match error {
        DocumentError::Parse(parse) => ServerError::from(parse.clone()),
        DocumentError::Cycle(_) | DocumentError::TooLarge { .. } => {
            ServerError::new(error.to_string(), None::<Pos>)
        }
    };
    set(&mut shown, "code", error.code());
    set(&mut shown, "retryable", false);
    shown
}

fn set(error: &mut ServerError, name: &str, value: impl Into<Value>) {
    error.extensions.get_or_insert_with(Default::default).set(name, value);
}

impl Answer {
    /// The answer of the engine, every error with its code.
    pub fn of(response: Response, request_id: &str) -> Self {
        let mut errors = response.errors;
        // The engine says "null" both when nothing ran and when the root became null; only an
        // error of execution has a path.
        let executed = errors.iter().all(|error| !error.path.is_empty());
        for error in &mut errors {
            stamp(error, request_id);
        }
        Self { errors, data: executed.then_some(response.data) }
    }

    /// An answer of nothing but an error.
    pub fn error(mut error: ServerError, request_id: &str) -> Self {
        stamp(&mut error, request_id);
        Self { errors: vec![error], data: None }
    }

    /// An answer of nothing but a fault.
    pub fn fault(fault: Fault, request_id: &str) -> Self {
        Self::error(shown(fault), request_id)
    }

    /// Was the request refused before anything ran?
    pub const fn is_request_error(&self) -> bool {
        self.data.is_none()
    }

    /// The code of the first error.
    pub fn code(&self) -> Option<&str> {
        let code = self.errors.first()?.extensions.as_ref()?.get("code")?;
        if let Value::String(code) = code { Some(code) } else { None }
    }

    /// The answer as JSON text.
    pub fn to_json(&self) -> String {
        // The engine's values always have a JSON form.
        serde_json::to_string(self).unwrap_or_else(|_| r#"{"errors":[]}"#.to_owned())
    }
}

/// Gives an error its code and the request's id. Errors without a code are the engine's own:
/// about the client's document and variables, which may be shown, or something unforeseen,
/// which may not.
fn stamp(error: &mut ServerError, request_id: &str) {
    if error.extensions.as_ref().is_none_or(|extensions| extensions.get("code").is_none()) {
        let of_input = ["Failed to parse", "Invalid value", "Variable ", "Expected input"];
        let code = if error.path.is_empty() {
            Code::ValidationFailed
        } else if of_input.iter().any(|start| error.message.starts_with(start)) {
            Code::BadUserInput
        } else {
            tracing::error!(message = error.message, "an uncoded error of a resolver");
            "something went wrong on our side".clone_into(&mut error.message);
            Code::Internal
        };
        set(error, "code", code.as_str());
        set(error, "retryable", code.retryable());
    }
    set(error, "requestId", request_id);
}
