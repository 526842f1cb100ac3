//! What every route needs: the one table, and the layer that asks it. A route that is not in the
//! table is not served; a test compares it with the router.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Access::{self, Authenticated, Person, Public, Signed};
use super::{Capability, authenticate, may, refusal};
use crate::app::App;
use crate::graphql::fault::{Code, Fault};
use crate::http::turned_away;

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path as the router knows it.
    pub path: &'static str,
    /// What it asks of its caller.
    pub access: Access,
    /// Why so, for whoever reads the table.
    pub why: &'static str,
}

/// What whoever reads conversations may do.
#[allow(non_upper_case_globals, reason = "stands in the table beside the names of `Access`")]
const Reading: Access = Access::Needs(Capability::Read);

macro_rules! routes {
    ($($method:ident $path:literal $access:ident $why:literal;)+) => {
        /// Every route.
        pub const ROUTES: &[Route] = &[$(Route {
            method: Method::$method, path: $path, access: $access, why: $why,
        }),+];
    };
}

routes! {
    GET "/healthz" Public "The process lives; says nothing else.";
    GET "/readyz" Public "The process can work; says nothing else.";
    GET "/metrics" Public "Numbers without names; a proxy keeps strangers away.";
    GET "/schema.graphql" Public "The schema is in the repository too.";
    GET "/graphiql/{file}" Public "Scripts and styles of the page.";
    GET "/graphql" Public "The page; a socket authenticates in its first message.";
    POST "/graphql" Authenticated "And each root field as the table of operations says.";
    POST "/auth/register" Public "Bounded by rate limits, and by `BITACORA_REGISTRATION`.";
    POST "/auth/login" Public "Bounded by rate limits.";
    POST "/auth/refresh" Public "The refresh token in the body says who it is.";
    POST "/auth/logout" Public "The refresh token in the body says who it is.";
    POST "/auth/password" Person "Changes the caller's own password.";
    GET "/offline/checkout/{session}" Public "A played payment page: only without a payment provider, from this machine, and by a signed address.";
    POST "/offline/checkout/{session}" Public "As the page.";
    GET "/blobs/{key}" Reading "Recordings and other media of the caller's tenant.";
    GET "/webhooks/{*source}" Signed "The provider's handshake, by its token.";
    POST "/webhooks/{*source}" Signed "By the signature over the raw body.";
}

/// What the route needs; `None` when it is not in the table.
pub fn needs(method: &Method, path: &str) -> Option<Access> {
    // axum answers HEAD by the handler of GET.
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let found = ROUTES.iter().find(|route| route.method == *method && route.path == path);
    found.map(|route| route.access)
}

/// Lets those through who may use the matched route. What the router does not know, or not by
/// this method, goes on to be answered 404 or 405.
pub async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let Some(path) = path else { return next.run(request).await };
    let access = needs(request.method(), &path);
    let Some(access) = access else {
        if ROUTES.iter().any(|route| route.path == path) {
            return next.run(request).await;
        }
        tracing::error!(path, "a route is missing from the table of accesses");
        return (StatusCode::FORBIDDEN, "this route is open to nobody\n").into_response();
    };
    if matches!(access, Public | Signed) {
        return next.run(request).await;
    }
    let (code, message) = match authenticate::headers(&app, request.headers()).await {
        Ok(principal) if may(&principal, access) => {
            request.extensions_mut().insert(principal);
            return next.run(request).await;
        }
        Ok(principal) => (Code::Forbidden, refusal(&principal, "this")),
        Err(error) => (error.fault_code(), error.to_string()),
    };
    turned_away(&path, &request, Fault::new(code, message))
}
