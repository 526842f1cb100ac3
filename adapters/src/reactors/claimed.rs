//! A claimed checkpoint: the transaction that writes effects, notes and position.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_commands::ports::{
    ClaimedReactor, Emitted, ParkedReaction, ReactorError, ReactorKey, ReactorWrites,
};
use bitacora_commands::reactors::{Known, Question};
use bitacora_domain::{Lane, Position, StreamId, TenantId};
use sqlx::{PgPool, Postgres, Transaction};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{ParkedRow, failed, notes, parked, sql, version};

/// A claimed checkpoint. Dropping it rolls back.
pub(super) struct PgClaimedReactor {
    tx: Transaction<'static, Postgres>,
    reactor: ReactorKey,
    lane: Lane,
    position: Position,
    quiet_until: Position,
    stored: Arc<Notify>,
}

impl PgClaimedReactor {
    pub(super) async fn claim(
        pool: &PgPool,
        reactor: ReactorKey,
        lane: Lane,
        stored: Arc<Notify>,
    ) -> Result<Option<Self>, ReactorError> {
        let mut tx = pool.begin().await.map_err(failed)?;
        let row: Option<(i64, i64)> = sqlx::query_as(sql::CLAIM)
            .bind(reactor.name)
            .bind(lane.0)
            .bind(version(reactor))
            .fetch_optional(&mut *tx)
            .await
            .map_err(failed)?;
        let Some((position, quiet_until)) = row else {
            tx.rollback().await.map_err(failed)?;
            return Ok(None);
        };
        let (position, quiet_until) = (Position(position), Position(quiet_until));
        Ok(Some(Self { tx, reactor, lane, position, quiet_until, stored }))
    }

    async fn write(&mut self, writes: &ReactorWrites) -> Result<(), ReactorError> {
        if !writes.unpark.is_empty() {
            let positions: Vec<i64> = writes.unpark.iter().map(|position| position.0).collect();
            sqlx::query(sql::UNPARK)
                .bind(self.reactor.name)
                .bind(self.lane.0)
                .bind(positions)
                .execute(&mut *self.tx)
                .await
                .map_err(failed)?;
        }
        for note in &writes.notes {
            notes::write(&mut self.tx, self.reactor.name, note).await?;
        }
        self.write_effects(&writes.effects).await?;
        for woken in &writes.wakes {
            sqlx::query(sql::WAKE)
                .bind(woken.tenant.as_uuid())
                .bind(woken.wake.kind)
                .bind(woken.wake.code)
                .bind(woken.at)
                .execute(&mut *self.tx)
                .await
                .map_err(failed)?;
        }
        self.park(&writes.park).await
    }

    async fn write_effects(&mut self, effects: &[Emitted]) -> Result<(), ReactorError> {
        if effects.is_empty() {
            return Ok(());
        }
        let of = |get: fn(&Emitted) -> Uuid| effects.iter().map(get).collect::<Vec<_>>();
        sqlx::query(sql::EFFECTS)
            .bind(self.lane.0)
            .bind(of(|e| e.id))
            .bind(of(|e| e.event.tenant.as_uuid()))
            .bind(effects.iter().map(|e| e.effect.kind).collect::<Vec<_>>())
            .bind(effects.iter().map(|e| e.effect.serial.as_deref()).collect::<Vec<_>>())
            .bind(effects.iter().map(|e| e.event.position.0).collect::<Vec<_>>())
            .bind(effects.iter().map(|e| e.ordinal).collect::<Vec<_>>())
            .bind(effects.iter().map(|e| &e.effect.payload).collect::<Vec<_>>())
            .bind(effects.iter().map(|e| e.effect.due).collect::<Vec<_>>())
            .bind(of(|e| e.event.metadata.event_id.as_uuid()))
            .bind(of(|e| e.event.metadata.correlation_id))
            .bind(
                effects.iter().map(|e| e.event.metadata.traceparent.as_deref()).collect::<Vec<_>>(),
            )
            .bind(effects.iter().map(|e| e.event.metadata.occurred_at).collect::<Vec<_>>())
            .bind(effects.iter().map(|e| e.event.recorded_at).collect::<Vec<_>>())
            .execute(&mut *self.tx)
            .await
            .map(drop)
            .map_err(failed)
    }

    async fn park(&mut self, events: &[ParkedReaction]) -> Result<(), ReactorError> {
        if events.is_empty() {
            return Ok(());
        }
        let of = |get: fn(&ParkedReaction) -> &str| events.iter().map(get).collect::<Vec<_>>();
        sqlx::query(sql::PARK)
            .bind(self.reactor.name)
            .bind(self.lane.0)
            .bind(events.iter().map(|e| e.position.0).collect::<Vec<_>>())
            .bind(events.iter().map(|e| e.tenant.as_uuid()).collect::<Vec<_>>())
            .bind(of(|e| &e.stream.aggregate_type))
            .bind(of(|e| &e.stream.aggregate_id))
            .bind(of(|e| &e.code))
            .bind(of(|e| &e.reason))
            .bind(events.iter().map(|e| e.attempts).collect::<Vec<_>>())
            .execute(&mut *self.tx)
            .await
            .map(drop)
            .map_err(failed)
    }
}

#[async_trait]
impl ClaimedReactor for PgClaimedReactor {
    fn position(&self) -> Position {
        self.position
    }

    fn quiet_until(&self) -> Position {
        self.quiet_until
    }

    async fn parked_streams(&mut self) -> Result<Vec<(TenantId, StreamId)>, ReactorError> {
        let rows: Vec<(Uuid, String, String)> = sqlx::query_as(sql::PARKED_STREAMS)
            .bind(self.reactor.name)
            .bind(self.lane.0)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(failed)?;
        let place = |(tenant, kind, id): (_, String, String)| {
            (TenantId::new(tenant), StreamId::new(kind, id))
        };
        Ok(rows.into_iter().map(place).collect())
    }

    async fn answers(&mut self, questions: &[(TenantId, Question)]) -> Result<Known, ReactorError> {
        notes::answers(&mut self.tx, self.reactor.name, questions).await
    }

    async fn parked_of(
        &mut self,
        tenant: TenantId,
        stream: &StreamId,
        limit: i64,
    ) -> Result<Vec<ParkedReaction>, ReactorError> {
        let rows: Vec<ParkedRow> = sqlx::query_as(sql::PARKED_OF)
            .bind(self.reactor.name)
            .bind(self.lane.0)
            .bind(tenant.as_uuid())
            .bind(&stream.aggregate_type)
            .bind(&stream.aggregate_id)
            .bind(limit)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(failed)?;
        Ok(rows.into_iter().map(parked).collect())
    }

    async fn commit(
        mut self: Box<Self>,
        position: Position,
        writes: ReactorWrites,
    ) -> Result<(), ReactorError> {
        if position < self.position {
            let (held, name) = (self.position, self.reactor.name);
            self.tx.rollback().await.map_err(failed)?;
            let backwards = format!("the checkpoint of {name} cannot go from {held} to {position}");
            return Err(ReactorError::Corrupt(backwards));
        }
        self.write(&writes).await?;
        sqlx::query(sql::MOVE)
            .bind(self.reactor.name)
            .bind(self.lane.0)
            .bind(position.0)
            .bind(version(self.reactor))
            .bind(writes.is_empty())
            .execute(&mut *self.tx)
            .await
            .map_err(failed)?;
        self.tx.commit().await.map_err(failed)?;
        if !writes.effects.is_empty() || !writes.wakes.is_empty() {
            self.stored.notify_one();
        }
        Ok(())
    }

    async fn release(self: Box<Self>) -> Result<(), ReactorError> {
        self.tx.rollback().await.map_err(failed)
    }
}
