//! Passwords and logins over Postgres (`migrations/0006_people.sql`), and randomness from the
//! system. Everything runs as the writer: no other role can reach these tables.

mod sessions;

use async_trait::async_trait;
use bitacora_commands::ports::{
    CredentialError, Credentials, NewSession, Randomness, Rotation, RotationRequest, SessionRow,
};
use bitacora_domain::{TenantId, UserId};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

/// Places that a login looks at.
const PLACES_MAX: i64 = 100;

const KEEP_PASSWORD: &str = "insert into auth.credentials (user_id, password_hash, changed_at) \
     values ($1, $2, $3) on conflict (user_id) do nothing";
const SET_PASSWORD: &str = "insert into auth.credentials (user_id, password_hash, changed_at) \
     values ($1, $2, $3) on conflict (user_id) do update \
     set password_hash = excluded.password_hash, changed_at = excluded.changed_at";
const PASSWORD: &str = "select password_hash from auth.credentials where user_id = $1";
const ADD_PLACE: &str = "insert into auth.places (user_id, tenant_id) values ($1, $2) \
     on conflict do nothing";
const PLACES: &str = "select tenant_id from auth.places where user_id = $1 \
     order by noted_at, tenant_id limit $2";

/// The system's source of randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn secret(&self) -> Result<[u8; 32], CredentialError> {
        let mut bytes = [0_u8; 32];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let flags = rustix::rand::GetRandomFlags::empty();
            filled += rustix::rand::getrandom(rest, flags)
                .map_err(|error| CredentialError(format!("no randomness: {error}")))?;
        }
        Ok(bytes)
    }
}

/// Passwords and logins over Postgres.
#[derive(Clone, Debug)]
pub struct PgCredentials {
    writer: PgPool,
}

impl PgCredentials {
    /// Over the writer's pool.
    pub const fn new(writer: PgPool) -> Self {
        Self { writer }
    }
}

#[async_trait]
impl Credentials for PgCredentials {
    async fn keep_password(
        &self,
        user: UserId,
        hash: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, CredentialError> {
        let kept = sqlx::query(KEEP_PASSWORD).bind(user.as_uuid()).bind(hash).bind(now);
        let kept = kept.execute(&self.writer).await.map_err(unavailable)?;
        Ok(kept.rows_affected() > 0)
    }

    async fn set_password(
        &self,
        user: UserId,
        hash: &str,
        now: DateTime<Utc>,
    ) -> Result<(), CredentialError> {
        let set = sqlx::query(SET_PASSWORD).bind(user.as_uuid()).bind(hash).bind(now);
        set.execute(&self.writer).await.map(drop).map_err(unavailable)
    }

    async fn password(&self, user: UserId) -> Result<Option<String>, CredentialError> {
        let found = sqlx::query_scalar(PASSWORD).bind(user.as_uuid());
        found.fetch_optional(&self.writer).await.map_err(unavailable)
    }

    async fn add_place(&self, user: UserId, tenant: TenantId) -> Result<(), CredentialError> {
        let added = sqlx::query(ADD_PLACE).bind(user.as_uuid()).bind(tenant.as_uuid());
        added.execute(&self.writer).await.map(drop).map_err(unavailable)
    }

    async fn places(&self, user: UserId) -> Result<Vec<TenantId>, CredentialError> {
        let places = sqlx::query_scalar::<_, Uuid>(PLACES).bind(user.as_uuid()).bind(PLACES_MAX);
        let places = places.fetch_all(&self.writer).await.map_err(unavailable)?;
        Ok(places.into_iter().map(TenantId::new).collect())
    }

    async fn open_session(&self, session: NewSession) -> Result<(), CredentialError> {
        sessions::open(&self.writer, session).await.map_err(unavailable)
    }

    async fn session(
        &self,
        session: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionRow>, CredentialError> {
        sessions::find(&self.writer, session, now).await.map_err(unavailable)
    }

    async fn rotate(&self, request: RotationRequest) -> Result<Rotation, CredentialError> {
        sessions::rotate(&self.writer, request).await.map_err(unavailable)
    }

    async fn revoke_session(
        &self,
        session: Uuid,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, CredentialError> {
        sessions::revoke(&self.writer, session, reason, now).await.map_err(unavailable)
    }

    async fn revoke_sessions(
        &self,
        user: UserId,
        except: Option<Uuid>,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<u64, CredentialError> {
        sessions::revoke_all(&self.writer, user, except, reason, now).await.map_err(unavailable)
    }
}

/// Names what failed and no value of anybody.
#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn unavailable(error: sqlx::Error) -> CredentialError {
    CredentialError(match error.as_database_error() {
        Some(refused) => format!("{} ({})", refused.message(), refused.code().unwrap_or_default()),
        None => error.to_string(),
    })
}

/// Every statement about credentials, for the test that prepares them all.
pub fn statements() -> Vec<&'static str> {
    let own = [KEEP_PASSWORD, SET_PASSWORD, PASSWORD, ADD_PLACE, PLACES];
    [own.as_slice(), sessions::STATEMENTS].concat()
}
