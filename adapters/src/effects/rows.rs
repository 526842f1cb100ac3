//! Rows of the queue as the runtime and operators see them.

use bitacora_commands::effects::Claimed;
use bitacora_commands::ports::{
    AttemptRow, EffectClaim, EffectError, EffectRow, EffectState, Errand,
};
use bitacora_domain::codec::{self, Visibility};
use bitacora_domain::{EventId, TenantId};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

/// Columns of [`effect`].
macro_rules! effect_columns {
    () => {
        "q.id, q.tenant_id, q.kind, q.serial_key, q.state, q.attempts, q.failures, q.due_at, \
         q.next_attempt_at, q.last_code, q.last_detail, q.event_id, q.correlation_id, \
         q.created_at, q.finished_at, q.decided_by"
    };
}
pub(super) use effect_columns;

/// Columns of [`claim`].
macro_rules! claim_columns {
    () => {
        "id, tenant_id, kind, serial_key, payload, attempts, failures, by_operator, due_at, \
         created_at, event_id, correlation_id, traceparent, state, fence, asked, last_code, \
         last_detail"
    };
}
pub(super) use claim_columns;

pub(super) fn state(text: &str) -> Result<EffectState, sqlx::Error> {
    let unknown = || sqlx::Error::Decode(format!("unknown state of an effect: {text}").into());
    EffectState::named(text).ok_or_else(unknown)
}

/// The errand follows from the state in which the claim left the effect; `fresh` tells an
/// attempt that begins from one that was abandoned.
pub(super) fn claim(row: &PgRow, fresh: bool) -> Result<EffectClaim, sqlx::Error> {
    let errand = match state(row.try_get("state")?)? {
        EffectState::Running if fresh => Errand::Run,
        EffectState::Running => Errand::Abandoned,
        EffectState::Unknown => Errand::Reconcile,
        EffectState::Dead => Errand::Tell { discarded: false },
        EffectState::Discarded => Errand::Tell { discarded: true },
        other @ (EffectState::Pending | EffectState::Done | EffectState::Dropped) => {
            let odd = format!("an effect was claimed in the state {}", other.name());
            return Err(sqlx::Error::Decode(odd.into()));
        }
    };
    Ok(EffectClaim {
        effect: Claimed {
            id: row.try_get("id")?,
            tenant: TenantId::new(row.try_get("tenant_id")?),
            kind: row.try_get("kind")?,
            serial: row.try_get("serial_key")?,
            payload: codec::open(row.try_get("payload")?, Visibility::Clear),
            attempt: row.try_get("attempts")?,
            failures: row.try_get("failures")?,
            by_operator: row.try_get("by_operator")?,
            due_at: row.try_get("due_at")?,
            created_at: row.try_get("created_at")?,
            event_id: EventId::new(row.try_get("event_id")?),
            correlation_id: row.try_get("correlation_id")?,
            traceparent: row.try_get("traceparent")?,
        },
        errand,
        fence: row.try_get("fence")?,
        asked: row.try_get("asked")?,
        code: row.try_get("last_code")?,
        detail: row.try_get("last_detail")?,
    })
}

pub(super) fn effect(row: &PgRow) -> Result<EffectRow, sqlx::Error> {
    Ok(EffectRow {
        id: row.try_get("id")?,
        tenant: TenantId::new(row.try_get("tenant_id")?),
        kind: row.try_get("kind")?,
        serial: row.try_get("serial_key")?,
        state: state(row.try_get("state")?)?,
        attempts: row.try_get("attempts")?,
        failures: row.try_get("failures")?,
        due_at: row.try_get("due_at")?,
        next_at: row.try_get("next_attempt_at")?,
        code: row.try_get("last_code")?,
        detail: row.try_get("last_detail")?,
        event_id: row.try_get("event_id")?,
        correlation_id: row.try_get("correlation_id")?,
        created_at: row.try_get("created_at")?,
        finished_at: row.try_get("finished_at")?,
        decided_by: row.try_get("decided_by")?,
    })
}

pub(super) fn attempt(row: &PgRow) -> Result<AttemptRow, sqlx::Error> {
    Ok(AttemptRow {
        attempt: row.try_get("attempt")?,
        worker: row.try_get("worker")?,
        started_at: row.try_get("started_at")?,
        ended_at: row.try_get("ended_at")?,
        outcome: row.try_get("outcome")?,
        code: row.try_get("code")?,
    })
}

/// Names what failed and no value of anybody.
#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
pub(super) fn unavailable(error: sqlx::Error) -> EffectError {
    EffectError::Unavailable(match error.as_database_error() {
        Some(refused) => format!("{} ({})", refused.message(), refused.code().unwrap_or_default()),
        None => error.to_string(),
    })
}
