//! Who is calling: signed tokens (JWT, HS256) and the roles in them.
//!
//! A caller without a usable token is *unauthenticated* (401: get a token); one whose token is
//! good but does not allow what is asked is *forbidden* (403: a new token will not help). The
//! two are never mixed up. The tenant comes from the token alone, never from an argument.

use std::fmt;

use bitacora_domain::{Actor, ActorKind, TenantId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Issuer of our tokens.
const ISSUER: &str = "bitacora";
/// How far clocks may be apart, seconds.
const LEEWAY: u64 = 30;
/// A token longer than this is not looked at, bytes.
const MAX_TOKEN: usize = 4096;

/// What a user may do for the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Everything, and the last one cannot leave.
    Owner,
    /// Everything but ownership.
    Admin,
    /// Leads agents.
    Supervisor,
    /// Works in conversations.
    Agent,
    /// Sees and pays bills.
    Billing,
    /// Only looks.
    Viewer,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] =
        [Self::Owner, Self::Admin, Self::Supervisor, Self::Agent, Self::Billing, Self::Viewer];

    /// Stable text, as in tokens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Admin => "ADMIN",
            Self::Supervisor => "SUPERVISOR",
            Self::Agent => "AGENT",
            Self::Billing => "BILLING",
            Self::Viewer => "VIEWER",
        }
    }

    /// The role named by `text`, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// A caller whose token was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Tenant that the caller works for.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// What the user may do.
    pub role: Role,
    /// When the token ends; a socket is closed then.
    pub expires_at: DateTime<Utc>,
}

impl Principal {
    /// The caller as the actor of commands.
    pub fn actor(&self) -> Actor {
        Actor::new(ActorKind::User, self.user.to_string())
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
    /// The token is good, but names no role that this server knows.
    #[error("the token gives no access to this server")]
    NoAccess,
}

impl AuthError {
    /// Stable code: `UNAUTHENTICATED` (401) or `FORBIDDEN` (403).
    pub const fn code(self) -> &'static str {
        if self.is_forbidden() { "FORBIDDEN" } else { "UNAUTHENTICATED" }
    }

    /// Is it 403 and not 401?
    pub const fn is_forbidden(self) -> bool {
        matches!(self, Self::NoAccess)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: Uuid,
    tenant: Uuid,
    role: String,
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

    /// A token for a user of a tenant, good from `now` for `ttl`.
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
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: user.as_uuid(),
            tenant: tenant.as_uuid(),
            role: role.as_str().to_owned(),
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
            user: UserId::new(claims.sub),
            role: Role::parse(&claims.role).ok_or(AuthError::NoAccess)?,
            expires_at: DateTime::from_timestamp(claims.exp, 0).ok_or(AuthError::Invalid)?,
        })
    }

    /// Checks the value of an `Authorization` header.
    ///
    /// # Errors
    /// As [`Auth::verify`]; [`AuthError::Missing`] without a value.
    pub fn verify_header(&self, header: Option<&str>) -> Result<Principal, AuthError> {
        let header = header.ok_or(AuthError::Missing)?;
        let (scheme, token) = header.split_once(' ').ok_or(AuthError::Invalid)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(AuthError::Invalid);
        }
        self.verify(token.trim())
    }
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
        let principal = auth().verify_header(Some(&format!("Bearer {token}"))).unwrap();
        assert_eq!(principal.tenant, TenantId::new(Uuid::from_u128(1)));
        assert_eq!(principal.role, Role::Agent);
        assert_eq!(principal.actor().id, Uuid::from_u128(2).to_string());
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
        assert_eq!(auth().verify_header(None), Err(AuthError::Missing));
        assert_eq!(auth().verify_header(Some("Basic x")), Err(AuthError::Invalid));
        assert_eq!(AuthError::Expired.code(), "UNAUTHENTICATED");
    }

    #[test]
    fn a_good_token_with_an_unknown_role_is_forbidden() {
        let token = sign(&claims("EMPEROR", ISSUER), Algorithm::HS256);
        assert_eq!(auth().verify(&token), Err(AuthError::NoAccess));
        assert_eq!(AuthError::NoAccess.code(), "FORBIDDEN");
    }
}
