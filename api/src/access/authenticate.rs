//! From what a request carries to who is calling.
//!
//! A token that a login made names its session: session and membership are looked up, believed
//! for at most two seconds, so that a suspension, another role or a logout bites within them. A
//! token of the installation's operator (`bitacora token`) names none and is good as it stands.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use bitacora_commands::people::{KEY_START, PeopleError};

use crate::app::App;
use crate::auth::{AuthError, Authority, Identity, Principal, bearer};

/// Header of an API key, for clients that cannot set `Authorization`.
const API_KEY: &str = "x-api-key";

/// Who sends these headers: `Authorization: Bearer <token or key>`, or `X-Api-Key`.
///
/// # Errors
/// [`AuthError`] says whether another token would help.
pub async fn headers(app: &App, headers: &HeaderMap) -> Result<Principal, AuthError> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text(AUTHORIZATION.as_str()), text(API_KEY)) {
        (Some(_), Some(_)) => Err(AuthError::Ambiguous),
        (None, Some(key)) => api_key(app, key).await,
        (header, None) => authorization(app, header).await,
    }
}

/// Who sends this value of an `Authorization` header.
///
/// # Errors
/// As [`headers`].
pub async fn authorization(app: &App, header: Option<&str>) -> Result<Principal, AuthError> {
    let text = bearer(header)?;
    if text.starts_with(KEY_START) {
        return api_key(app, text).await;
    }
    let principal = app.auth.verify(text)?;
    again(app, principal).await
}

/// The same caller as it stands now: with its present role, or turned away.
///
/// # Errors
/// As [`headers`].
pub async fn again(app: &App, principal: Principal) -> Result<Principal, AuthError> {
    match (&principal.identity, principal.session) {
        (Identity::User(user), Some(session)) => {
            let standing = app.people.standing(session, principal.tenant, *user).await;
            let role = standing.map_err(|error| unavailable(&error))?;
            let role = role.ok_or(AuthError::Ended)?;
            Ok(Principal { authority: Authority::Role(role), ..principal })
        }
        (Identity::User(_), None) => Ok(principal),
        (Identity::ApiKey(key), _) => {
            let found = app.people.key(principal.tenant, *key).await;
            let scopes = found.map_err(|error| unavailable(&error))?.ok_or(AuthError::Ended)?;
            Ok(Principal { authority: Authority::Scopes(scopes), ..principal })
        }
    }
}

async fn api_key(app: &App, text: &str) -> Result<Principal, AuthError> {
    let found = app.people.key_of(text).await.map_err(|error| unavailable(&error))?;
    let found = found.ok_or(AuthError::Invalid)?;
    Ok(Principal {
        tenant: found.tenant,
        identity: Identity::ApiKey(found.key),
        authority: Authority::Scopes(found.scopes),
        session: None,
        expires_at: found.expires_at,
    })
}

fn unavailable(error: &PeopleError) -> AuthError {
    tracing::warn!(%error, "a caller could not be checked");
    AuthError::Unavailable
}
