//! Who is calling: signed tokens (JWT, HS256) and what is in them.
//!
//! A caller without a usable token is *unauthenticated* (401: get a token); one whose token is
//! good but does not allow what is asked is *forbidden* (403: a new token will not help). The
//! two are never mixed up. The tenant comes from the token alone, never from an argument.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use bitacora_domain::{Actor, ActorKind, Capability, TenantId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::graphql::fault::Code;

pub use bitacora_domain::Role;

/// Issuer of our tokens.
const ISSUER: &str = "bitacora";
/// How far clocks may be apart, seconds.
const LEEWAY: u64 = 30;
/// What stands for the operator where a role stands. No member can have it: it is no role.
const OPERATOR: &str = "OPERATOR";
/// A token longer than this is not looked at, bytes.
const MAX_TOKEN: usize = 4096;

/// Who is calling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A person.
    User(UserId),
    /// A program, by its key.
    ApiKey(Uuid),
}

/// What the caller may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// What the table says of the role.
    Role(Role),
    /// These capabilities.
    Scopes(Arc<BTreeSet<Capability>>),
    /// Whoever runs the installation: everything, also what no role of a tenant may.
    Operator,
}

/// A caller who was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Tenant that the caller works for.
    pub tenant: TenantId,
    /// Who it is.
    pub identity: Identity,
    /// What it may do.
    pub authority: Authority,
    /// The login that the token is of; `None` for keys and for the operator's tokens.
    pub session: Option<Uuid>,
    /// When the token ends; a socket is closed then.
    pub expires_at: DateTime<Utc>,
}

impl Principal {
    /// The caller as the actor of commands.
    pub fn actor(&self) -> Actor {
        match self.identity {
            Identity::User(user) => Actor::new(ActorKind::User, user.to_string()),
            Identity::ApiKey(key) => Actor::new(ActorKind::ApiKey, key.to_string()),
        }
    }

    /// The person who calls; `None` for a program.
    pub const fn user(&self) -> Option<UserId> {
        match self.identity {
            Identity::User(user) => Some(user),
            Identity::ApiKey(_) => None,
        }
    }

    /// The role of the person who calls; `None` for a program and for the operator.
    pub const fn role(&self) -> Option<Role> {
        match self.authority {
            Authority::Role(role) => Some(role),
            Authority::Scopes(_) | Authority::Operator => None,
        }
    }
}

/// Why a caller was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No token was sent.
    #[error("a token is needed: send `Authorization: Bearer <token>`")]
    Missing,
    /// The token is not one of ours: malformed, forged, of another issuer.
    #[error("the token is not valid")]
    Invalid,
    /// The token was good once.
    #[error("the token has expired")]
    Expired,
    /// A token and a key at once: whose request is it?
    #[error("send either `Authorization` or `X-Api-Key`, not both")]
    Ambiguous,
    /// The login or the key was revoked, or the membership is not active.
    #[error("the login or the key has ended, or the membership is not active: log in again")]
    Ended,
    /// The token is good, but names no role that this server knows.
    #[error("the token gives no access to this server")]
    NoAccess,
    /// Nobody could tell.
    #[error("the service cannot answer now; try again")]
    Unavailable,
}

impl AuthError {
    /// Stable code: `UNAUTHENTICATED` (401), `FORBIDDEN` (403) or `SERVICE_UNAVAILABLE` (503).
    pub const fn code(self) -> &'static str {
        self.fault_code().as_str()
    }

    /// The code as GraphQL tells it.
    pub const fn fault_code(self) -> Code {
        match self {
            Self::NoAccess => Code::Forbidden,
            Self::Unavailable => Code::ServiceUnavailable,
            Self::Missing | Self::Invalid | Self::Expired | Self::Ambiguous | Self::Ended => {
                Code::Unauthenticated
            }
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: Uuid,
    tenant: Uuid,
    role: String,
    /// The login that it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ses: Option<Uuid>,
    iat: i64,
    exp: i64,
}

/// A token cannot be signed.
#[derive(Debug, thiserror::Error)]
#[error("the token cannot be signed: {0}")]
pub struct MintError(#[from] jsonwebtoken::errors::Error);

/// Mints and checks tokens with the installation's secret. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth(***)")
    }
}

impl Auth {
    /// Signs and checks with `secret`; at least 32 random bytes, please.
    pub fn new(secret: &[u8]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }

    /// A token for a user of a tenant, good from `now` for `ttl`, as it stands: nobody looks
    /// whether there is such a member. For the installation's operator.
    ///
    /// # Errors
    /// [`MintError`] when signing fails.
    pub fn mint(
        &self,
        tenant: TenantId,
        user: UserId,
        role: Role,
        now: DateTime<Utc>,
        ttl: TimeDelta,
    ) -> Result<String, MintError> {
        self.sign((tenant, user, role.as_str()), None, now, ttl)
    }

    /// A token of whoever runs the installation, about one tenant: it may give credits and change
    /// plans, which no role may.
    ///
    /// # Errors
    /// [`MintError`] when signing fails.
    pub fn mint_operator(
        &self,
        tenant: TenantId,
        user: UserId,
        now: DateTime<Utc>,
        ttl: TimeDelta,
    ) -> Result<String, MintError> {
        self.sign((tenant, user, OPERATOR), None, now, ttl)
    }

    /// A token of a login, good from `now` for `ttl` while session and membership are.
    ///
    /// # Errors
    /// [`MintError`] when signing fails.
    pub fn mint_for(
        &self,
        session: Uuid,
        (tenant, user, role): (TenantId, UserId, Role),
        now: DateTime<Utc>,
        ttl: TimeDelta,
    ) -> Result<String, MintError> {
        self.sign((tenant, user, role.as_str()), Some(session), now, ttl)
    }

    fn sign(
        &self,
        (tenant, user, role): (TenantId, UserId, &str),
        ses: Option<Uuid>,
        now: DateTime<Utc>,
        ttl: TimeDelta,
    ) -> Result<String, MintError> {
        let claims = Claims {
            ses,
            iss: ISSUER.to_owned(),
            sub: user.as_uuid(),
            tenant: tenant.as_uuid(),
            role: role.to_owned(),
            iat: now.timestamp(),
            exp: (now + ttl).timestamp(),
        };
        Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)?)
    }

    /// Checks a token.
    ///
    /// # Errors
    /// [`AuthError`] says whether another token would help.
    pub fn verify(&self, token: &str) -> Result<Principal, AuthError> {
        if token.len() > MAX_TOKEN {
            return Err(AuthError::Invalid);
        }
        // One algorithm, pinned: a token does not choose how it is checked.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY;
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|error| {
                let expired = matches!(error.kind(), ErrorKind::ExpiredSignature);
                if expired { AuthError::Expired } else { AuthError::Invalid }
            })?
            .claims;
        // The system tenant is nobody's to work for.
        if claims.tenant == TenantId::SYSTEM.as_uuid() {
            return Err(AuthError::NoAccess);
        }
        Ok(Principal {
            tenant: TenantId::new(claims.tenant),
            identity: Identity::User(UserId::new(claims.sub)),
            authority: authority(&claims).ok_or(AuthError::NoAccess)?,
            session: claims.ses,
            expires_at: DateTime::from_timestamp(claims.exp, 0).ok_or(AuthError::Invalid)?,
        })
    }
}

/// A login is never the operator's, whatever it says.
fn authority(claims: &Claims) -> Option<Authority> {
    if claims.role == OPERATOR && claims.ses.is_none() {
        return Some(Authority::Operator);
    }
    Role::parse(&claims.role).map(Authority::Role)
}

/// The text behind `Bearer` in the value of an `Authorization` header.
///
/// # Errors
/// [`AuthError::Missing`] without a value, [`AuthError::Invalid`] for another scheme.
pub fn bearer(header: Option<&str>) -> Result<&str, AuthError> {
    let header = header.ok_or(AuthError::Missing)?;
    let (scheme, token) = header.split_once(' ').ok_or(AuthError::Invalid)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(AuthError::Invalid) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
    use super::*;

    fn auth() -> Auth {
        Auth::new(&[7; 32])
    }
    fn mint(auth: &Auth, now: DateTime<Utc>) -> String {
        let tenant = TenantId::new(Uuid::from_u128(1));
        let user = UserId::new(Uuid::from_u128(2));
        auth.mint(tenant, user, Role::Agent, now, TimeDelta::minutes(5)).unwrap()
    }
    fn sign(claims: &serde_json::Value, algorithm: Algorithm) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(&[7; 32]))
            .unwrap()
    }
    fn claims(role: &str, iss: &str) -> serde_json::Value {
        serde_json::json!({"iss": iss, "sub": Uuid::from_u128(2), "tenant": Uuid::from_u128(1),
            "role": role, "iat": Utc::now().timestamp(), "exp": Utc::now().timestamp() + 60})
    }

    #[test]
    fn a_token_carries_tenant_user_and_role() {
        let token = mint(&auth(), Utc::now());
        let principal = auth().verify(bearer(Some(&format!("Bearer {token}"))).unwrap()).unwrap();
        assert_eq!(principal.tenant, TenantId::new(Uuid::from_u128(1)));
        assert_eq!((principal.role(), principal.session), (Some(Role::Agent), None));
        assert_eq!(principal.actor().id, Uuid::from_u128(2).to_string());
    }

    #[test]
    fn a_token_of_the_operator_is_no_login() {
        let (tenant, user) = (TenantId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
        let (now, ttl) = (Utc::now(), TimeDelta::minutes(5));
        let token = auth().mint_operator(tenant, user, now, ttl).unwrap();
        let principal = auth().verify(&token).unwrap();
        assert_eq!((principal.authority.clone(), principal.role()), (Authority::Operator, None));
        let who = (tenant, user, OPERATOR);
        let login = auth().sign(who, Some(Uuid::from_u128(3)), now, ttl).unwrap();
        assert_eq!(auth().verify(&login), Err(AuthError::NoAccess));
    }

    #[test]
    fn forged_expired_foreign_and_other_algorithms_are_unauthenticated() {
        let good = mint(&auth(), Utc::now());
        assert_eq!(Auth::new(&[8; 32]).verify(&good), Err(AuthError::Invalid));
        assert_eq!(auth().verify(&good[..good.len() - 2]), Err(AuthError::Invalid));
        let old = mint(&auth(), Utc::now() - TimeDelta::hours(1));
        assert_eq!(auth().verify(&old), Err(AuthError::Expired));
        let foreign = sign(&claims("AGENT", "somebody"), Algorithm::HS256);
        assert_eq!(auth().verify(&foreign), Err(AuthError::Invalid));
        let other = sign(&claims("AGENT", ISSUER), Algorithm::HS512);
        assert_eq!(auth().verify(&other), Err(AuthError::Invalid));
        assert_eq!(bearer(None), Err(AuthError::Missing));
        assert_eq!(bearer(Some("Basic x")), Err(AuthError::Invalid));
        assert_eq!(AuthError::Expired.code(), "UNAUTHENTICATED");
    }

    #[test]
    fn a_good_token_with_an_unknown_role_is_forbidden() {
        let token = sign(&claims("EMPEROR", ISSUER), Algorithm::HS256);
        assert_eq!(auth().verify(&token), Err(AuthError::NoAccess));
        assert_eq!(AuthError::NoAccess.code(), "FORBIDDEN");
    }
}
