//! Everybody who may come: nobody, members of every role who logged in, service tokens of every
//! role, and a key with each scope.

use std::sync::atomic::Ordering;

use bitacora_api::auth::Role;
use bitacora_domain::{Capability, Lane, Position};
use futures::{StreamExt as _, stream};
use serde_json::json;

use crate::support::{TestApp, text};

const PASSWORD: &str = "una contraseña larga";

/// Who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Anonymous,
    /// Somebody who logged in.
    Member(Role),
    /// Whoever has a token of the operator.
    Service(Role),
    /// Whoever runs the installation.
    Operator,
    /// A program whose key has this scope alone.
    Key(Capability),
}

/// Somebody with what they show.
pub(super) struct Caller {
    pub(super) who: Who,
    pub(super) token: Option<String>,
}

impl Caller {
    /// The request in the name of the caller.
    pub(super) fn sign(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match (&self.token, self.who) {
            (None, _) => request,
            (Some(key), Who::Key(_)) => request.header("x-api-key", key),
            (Some(token), _) => request.bearer_auth(token),
        }
    }
}

/// Everybody.
pub(super) async fn all(app: &TestApp) -> Vec<Caller> {
    let mut callers = vec![Caller { who: Who::Anonymous, token: None }];
    let members = stream::iter(Role::ALL).map(|role| member(app, role)).buffered(4);
    callers.extend(members.collect::<Vec<_>>().await);
    for role in Role::ALL {
        callers.push(Caller { who: Who::Service(role), token: Some(app.token(role)) });
    }
    callers.push(Caller { who: Who::Operator, token: Some(app.operator_token()) });
    for scope in Capability::ALL.into_iter().filter(|scope| scope.is_scope()) {
        callers.push(key(app, scope).await);
    }
    callers
}

async fn member(app: &TestApp, role: Role) -> Caller {
    let email = format!("{}@example.com", role.as_str().to_lowercase());
    app.member(&email, PASSWORD, role).await;
    let login = app.login(&email, PASSWORD).await;
    assert_eq!(login.status, 200, "{:#}", login.body);
    Caller { who: Who::Member(role), token: Some(text(&login.body["accessToken"])) }
}

async fn key(app: &TestApp, scope: Capability) -> Caller {
    let query = "mutation($scopes: [Capability!]!) { issueApiKey(input: { name: \"prueba\", \
        scopes: $scopes }) { key errors { ... on UserError { code message } } } }";
    let reply = app.run(query, json!({ "scopes": [scope.as_str()] })).await;
    let key = text(&reply.data()["issueApiKey"]["key"]);
    Caller { who: Who::Key(scope), token: Some(key) }
}

/// What somebody leaves behind who reads or writes: reads of the read store, and where the log is.
pub(super) async fn traces(app: &TestApp) -> (usize, Position, Position) {
    let lane = app.app.log.assign_lane(app.tenant).await.unwrap();
    let reads = app.counting.reads.load(Ordering::SeqCst);
    let system = app.app.reader.head(Lane::SYSTEM).await.unwrap().position;
    (reads, app.app.reader.head(lane).await.unwrap().position, system)
}
