//! What must be forgotten one day and therefore is not in the log: passwords and logins.

use async_trait::async_trait;
use bitacora_domain::{TenantId, UserId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The store of credentials could not answer; trying again may work.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the credentials cannot be reached: {0}")]
pub struct CredentialError(pub String);

/// Where secrets come from.
pub trait Randomness: Send + Sync + 'static {
    /// 256 bits that nobody can guess.
    ///
    /// # Errors
    /// When the system has none to give.
    fn secret(&self) -> Result<[u8; 32], CredentialError>;
}

/// A login.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id; access tokens name it.
    pub id: Uuid,
    /// Who logged in.
    pub user: UserId,
    /// For which tenant.
    pub tenant: TenantId,
    /// SHA-256 of the first refresh token's secret.
    pub token_hash: [u8; 32],
    /// When it began.
    pub now: DateTime<Utc>,
    /// When its refresh token ends.
    pub expires_at: DateTime<Utc>,
    /// The client's name of itself, shortened.
    pub user_agent: Option<String>,
}

/// A login as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Who logged in.
    pub user: UserId,
    /// For which tenant.
    pub tenant: TenantId,
    /// Neither revoked nor expired.
    pub live: bool,
}

/// A refresh token that is handed in for the next one.
#[derive(Clone, Debug)]
pub struct RotationRequest {
    /// The login.
    pub session: Uuid,
    /// Which of its tokens, from 0.
    pub generation: i32,
    /// SHA-256 of the secret that is handed in.
    pub presented: [u8; 32],
    /// SHA-256 of the next one.
    pub next: [u8; 32],
    /// Now.
    pub now: DateTime<Utc>,
    /// When the next one ends.
    pub expires_at: DateTime<Utc>,
}

/// What became of a [`RotationRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The next token is good, the one handed in no longer.
    Done {
        /// Who logged in.
        user: UserId,
        /// For which tenant.
        tenant: TenantId,
    },
    /// The token had been handed in before: the login is revoked now.
    Reused {
        /// Who had logged in.
        user: UserId,
    },
    /// The login had ended before, or there is none.
    Ended,
}

/// Passwords and logins.
#[async_trait]
pub trait Credentials: Send + Sync + 'static {
    /// Keeps the hash (PHC text) of a user's password unless there is one; false when there is.
    async fn keep_password(
        &self,
        user: UserId,
        hash: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, CredentialError>;

    /// Replaces a user's password.
    async fn set_password(
        &self,
        user: UserId,
        hash: &str,
        now: DateTime<Utc>,
    ) -> Result<(), CredentialError>;

    /// The hash of a user's password.
    async fn password(&self, user: UserId) -> Result<Option<String>, CredentialError>;

    /// Notes that the user may be a member of the tenant: where a login has to look. Whether it
    /// is so the log says.
    async fn add_place(&self, user: UserId, tenant: TenantId) -> Result<(), CredentialError>;

    /// Tenants of which the user may be a member, oldest note first, at most 100.
    async fn places(&self, user: UserId) -> Result<Vec<TenantId>, CredentialError>;

    /// Begins a login. The oldest ones of a user who has too many end.
    async fn open_session(&self, session: NewSession) -> Result<(), CredentialError>;

    /// A login as it stands at `now`; `None` when there is none.
    async fn session(
        &self,
        session: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionRow>, CredentialError>;

    /// Hands in a refresh token, atomically: of two requests with the same one at most one is
    /// [`Rotation::Done`].
    async fn rotate(&self, request: RotationRequest) -> Result<Rotation, CredentialError>;

    /// Ends a login; false when it had ended.
    async fn revoke_session(
        &self,
        session: Uuid,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, CredentialError>;

    /// Ends all logins of a user but `except`; returns how many.
    async fn revoke_sessions(
        &self,
        user: UserId,
        except: Option<Uuid>,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<u64, CredentialError>;
}
