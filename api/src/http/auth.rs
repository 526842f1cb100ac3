//! `/auth`: registering, logging in, staying in, leaving. JSON in and out, bounded in size and in
//! how often; failures are `{code, message}`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bitacora_commands::people::{Joining, Login, Opened, PeopleError, Registration, Workplace};
use chrono::TimeDelta;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::listen::Peer;
use super::rate_limit::{RateLimiter, Try};
use crate::app::App;
use crate::auth::Principal;
use crate::config::{AuthRules, Joinable};
use crate::graphql::fault::Fault;

/// Largest body, bytes.
const BODY_MAX: usize = 16 * 1024;
/// How long an access token is good.
const ACCESS_FOR: TimeDelta = TimeDelta::minutes(15);
/// Longest idempotency key, bytes.
const KEY_MAX: usize = 200;

/// The routes of this file.
pub fn routes(rules: AuthRules) -> Router<App> {
    let gate = Arc::new(Gate { rules, limiter: RateLimiter::default() });
    Router::new()
        .route("/auth/register", post(register))
        .route("/auth/login", post(login))
        .route("/auth/refresh", post(refresh))
        .route("/auth/logout", post(logout))
        .route("/auth/password", post(password))
        .layer(Extension(gate))
}

/// Who may try how often.
#[derive(Debug)]
struct Gate {
    rules: AuthRules,
    limiter: RateLimiter,
}

impl Gate {
    /// Counts a try with a password.
    fn password(
        &self,
        peer: Option<Peer>,
        headers: &HeaderMap,
        email: &str,
    ) -> Result<(), Failure> {
        let most = self.rules.logins_per_minute;
        let account = email.trim().to_lowercase();
        let digest: [u8; 32] = Sha256::digest(account.as_bytes()).into();
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        self.count(Try::Password(self.address(peer, headers).into()), most)?;
        self.count(Try::Account(short), most)
    }

    /// Counts a try with a refresh token.
    fn refresh(&self, peer: Option<Peer>, headers: &HeaderMap) -> Result<(), Failure> {
        let network = self.address(peer, headers).into();
        self.count(Try::Refresh(network), self.rules.refreshes_per_minute)
    }

    fn count(&self, what: Try, most: u32) -> Result<(), Failure> {
        self.limiter.count(what, most).map_err(Failure::too_often)
    }

    /// Where the request is from: the peer, or what the nearest of our own proxies that is not
    /// believed to be one of them had as its peer.
    fn address(&self, peer: Option<Peer>, headers: &HeaderMap) -> IpAddr {
        let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
        let hops = usize::from(self.rules.trusted_proxies);
        if hops == 0 {
            return peer;
        }
        let lines = headers.get_all("x-forwarded-for").iter();
        let said: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
        let said = said.join(",");
        said.rsplit(',').nth(hops - 1).and_then(|part| part.trim().parse().ok()).unwrap_or(peer)
    }
}

/// Why a request is turned away.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
    tenants: Vec<Workplace>,
    retry_after: Option<Duration>,
}

impl Failure {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), tenants: Vec::new(), retry_after: None }
    }

    /// A fault that GraphQL would tell by its code.
    pub(crate) fn of(fault: Fault) -> Self {
        Self::new(super::status_of(fault.code), fault.code.as_str(), fault.message)
    }

    fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    fn too_often(wait: Duration) -> Self {
        let message = "too many tries; wait before the next";
        let failure = Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message);
        Self { retry_after: Some(wait), ..failure }
    }
}

impl From<PeopleError> for Failure {
    fn from(error: PeopleError) -> Self {
        let status = match &error {
            PeopleError::BadCredentials | PeopleError::SessionEnded => StatusCode::UNAUTHORIZED,
            PeopleError::NoMembership => StatusCode::FORBIDDEN,
            PeopleError::TenantRequired(_) | PeopleError::WeakPassword => StatusCode::BAD_REQUEST,
            PeopleError::Refused { code, .. } if code.starts_with("INVALID_") => {
                StatusCode::BAD_REQUEST
            }
            PeopleError::Refused { .. } => StatusCode::CONFLICT,
            PeopleError::Busy | PeopleError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            PeopleError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let code = error.code();
        if status.is_server_error() {
            tracing::warn!(%error, "nobody could be let in");
            return Self::new(status, code, "the service cannot answer now; try again");
        }
        let message = error.to_string();
        let PeopleError::TenantRequired(tenants) = error else {
            return Self::new(status, code, message);
        };
        Self { tenants, ..Self::new(status, code, message) }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut body = json!({ "code": self.code, "message": self.message });
        if !self.tenants.is_empty() {
            let place = |place: &Workplace| json!({ "id": place.tenant, "slug": place.slug, "name": place.name });
            body["tenants"] = self.tenants.iter().map(place).collect();
        }
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        metrics::counter!("bitacora_auth_failures_total", "code" => self.code).increment(1);
        response
    }
}

type Answer = Result<Response, Failure>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Business {
    name: String,
    slug: String,
    time_zone: String,
}

#[derive(Deserialize)]
struct RegisterBody {
    email: String,
    password: String,
    name: String,
    business: Option<Business>,
    invitation: Option<String>,
}

async fn register(
    State(app): State<App>,
    Extension(gate): Extension<Arc<Gate>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let RegisterBody { email, password, name, business, invitation } = read(&headers, body).await?;
    gate.password(peer.map(|peer| peer.0), &headers, &email)?;
    let joining = match (business, invitation) {
        (None, Some(invitation)) => Joining::Invitation(invitation),
        (Some(_), None) if gate.rules.registration == Joinable::Invitation => {
            let message = "only who was invited can register here: give `invitation`";
            return Err(Failure::new(StatusCode::FORBIDDEN, "REGISTRATION_CLOSED", message));
        }
        (Some(Business { name, slug, time_zone }), None) => {
            Joining::Business { name, slug, time_zone }
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err(Failure::bad("give either `business` or `invitation`"));
        }
    };
    let new = Registration {
        email,
        password,
        name,
        joining,
        idempotency_key: idempotency_key(&headers)?,
        user_agent: user_agent(&headers),
    };
    let opened = app.people.register(new).await?;
    tokens(&app, StatusCode::CREATED, &opened)
}

#[derive(Deserialize)]
struct LoginBody {
    email: String,
    password: String,
    tenant: Option<String>,
    invitation: Option<String>,
}

async fn login(
    State(app): State<App>,
    Extension(gate): Extension<Arc<Gate>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let LoginBody { email, password, tenant, invitation } = read(&headers, body).await?;
    gate.password(peer.map(|peer| peer.0), &headers, &email)?;
    let login = Login { email, password, tenant, invitation, user_agent: user_agent(&headers) };
    let opened = app.people.login(login).await?;
    tokens(&app, StatusCode::OK, &opened)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefreshBody {
    refresh_token: String,
}

async fn refresh(
    State(app): State<App>,
    Extension(gate): Extension<Arc<Gate>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    gate.refresh(peer.map(|peer| peer.0), &headers)?;
    let RefreshBody { refresh_token } = read(&headers, body).await?;
    let opened = app.people.refresh(&refresh_token).await?;
    tokens(&app, StatusCode::OK, &opened)
}

async fn logout(
    State(app): State<App>,
    Extension(gate): Extension<Arc<Gate>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    gate.refresh(peer.map(|peer| peer.0), &headers)?;
    let RefreshBody { refresh_token } = read(&headers, body).await?;
    app.people.logout(&refresh_token).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PasswordBody {
    password: String,
    new_password: String,
}

async fn password(
    State(app): State<App>,
    Extension(gate): Extension<Arc<Gate>>,
    Extension(principal): Extension<Principal>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let PasswordBody { password, new_password } = read(&headers, body).await?;
    let user = principal.user().ok_or_else(|| Failure::bad("not for API keys"))?;
    gate.password(peer.map(|peer| peer.0), &headers, &user.to_string())?;
    let words = (password.as_str(), new_password.as_str());
    app.people.change_password(user, principal.session, words).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The tokens of a login.
fn tokens(app: &App, status: StatusCode, opened: &Opened) -> Answer {
    let who = (opened.tenant, opened.user, opened.role);
    let token = app.auth.mint_for(opened.session, who, app.clock.now(), ACCESS_FOR);
    let token = token.map_err(|error| Failure::from(PeopleError::Internal(error.to_string())))?;
    let body: Value = json!({
        "accessToken": token,
        "tokenType": "Bearer",
        "expiresIn": ACCESS_FOR.num_seconds(),
        "refreshToken": opened.refresh_token,
        "refreshExpiresAt": opened.refresh_expires_at,
        "user": opened.user,
        "tenant": opened.tenant,
        "role": opened.role.as_str(),
    });
    Ok((status, Json(body)).into_response())
}

async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Failure> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Failure::new(
            status,
            "BAD_REQUEST",
            "the content type must be application/json",
        ));
    }
    let bytes = to_bytes(body, BODY_MAX).await.map_err(|_| {
        let message = format!("the body has more than {BODY_MAX} bytes, or did not arrive");
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST", message)
    })?;
    // What is wrong is told without what was sent: it holds a password.
    serde_json::from_slice(&bytes)
        .map_err(|_| Failure::bad("the body is not the JSON object that is needed here"))
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    headers.get(USER_AGENT)?.to_str().ok().map(str::to_owned)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= KEY_MAX => Ok(Some(key.to_owned())),
        Ok(_) | Err(_) => {
            Err(Failure::bad(format!("an idempotency key has 1 to {KEY_MAX} plain characters")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(proxies: u8, forwarded: &'static str) -> String {
        let rules = AuthRules { trusted_proxies: proxies, ..AuthRules::default() };
        let gate = Gate { rules, limiter: RateLimiter::default() };
        let value = HeaderValue::from_static(forwarded);
        let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), value)]);
        gate.address(Some(Peer([127, 0, 0, 1].into())), &headers).to_string()
    }

    #[test]
    fn only_our_own_proxies_say_where_a_request_is_from() {
        assert_eq!(address(0, "1.1.1.1"), "127.0.0.1", "anybody can send the header");
        assert_eq!(address(1, "6.6.6.6, 2.2.2.2"), "2.2.2.2", "the first one is the client's word");
        assert_eq!(address(2, "6.6.6.6, 2.2.2.2, 10.0.0.1"), "2.2.2.2");
        assert_eq!(address(2, "2.2.2.2"), "127.0.0.1", "fewer proxies than there should be");
    }
}
