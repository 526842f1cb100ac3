//! Between rows and the decision: reading what a batch names, writing what won.

use bitacora_commands::append::Landed;
use bitacora_commands::{Append, InstallationKey};
use bitacora_domain::{
    CommandId, Cursor, Epoch, EventId, Lane, Position, StreamId, TenantId, Version,
};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::batch::LockedHead;
use super::decide::{ClaimKey, Head, Logged, Plan, Seen};

/// See the comment in the file.
pub(super) const READ_BATCH: &str = include_str!("sql/read_batch.sql");
/// See the comment in the file.
pub(super) const WRITE_BATCH: &str = include_str!("sql/write_batch.sql");

/// See the comment in the file.
pub(super) const WRITE_EFFECTS: &str = include_str!("sql/write_effects.sql");

/// The distinct keys that a batch names, in the order in which they are asked.
struct Asked<'a> {
    commands: Vec<(TenantId, CommandId)>,
    streams: Vec<&'a StreamId>,
    claims: Vec<ClaimKey>,
    counters: Vec<(TenantId, String)>,
}

impl<'a> Asked<'a> {
    fn of(appends: &[&'a Append], key: &InstallationKey) -> Self {
        let mut asked = Self {
            commands: appends.iter().map(|a| (a.tenant, a.command_id)).collect(),
            streams: appends.iter().map(|a| &a.stream).collect(),
            claims: appends
                .iter()
                .flat_map(|a| a.claims.iter().map(|claim| ClaimKey::of(a.tenant, claim, key)))
                .collect(),
            counters: appends
                .iter()
                .flat_map(|a| {
                    let numbers =
                        a.events.iter().filter_map(|e| Some(e.number?.counter.to_owned()));
                    let meters = a.counts.iter().map(|count| count.counter.clone());
                    numbers.chain(meters).map(|counter| (a.tenant, counter))
                })
                .collect(),
        };
        asked.commands.sort_unstable();
        asked.commands.dedup();
        asked.streams.sort_unstable();
        asked.streams.dedup();
        asked
            .claims
            .sort_unstable_by(|a, b| (a.tenant, a.kind, a.hash).cmp(&(b.tenant, b.kind, b.hash)));
        asked.claims.dedup();
        asked.counters.sort_unstable();
        asked.counters.dedup();
        asked
    }
}

/// Reads everything that the batch names, in one statement.
pub(super) async fn read_batch(
    connection: &mut PgConnection,
    appends: &[&Append],
    key: &InstallationKey,
) -> Result<Seen, sqlx::Error> {
    let asked = Asked::of(appends, key);
    let rows = sqlx::query(READ_BATCH)
        .bind(column(&asked.commands, |c| c.0.as_uuid()))
        .bind(column(&asked.commands, |c| c.1.as_uuid()))
        .bind(column(&asked.streams, |s| s.aggregate_type.as_str()))
        .bind(column(&asked.streams, |s| s.aggregate_id.as_str()))
        .bind(column(&asked.claims, |c| c.tenant.as_uuid()))
        .bind(column(&asked.claims, |c| c.kind))
        .bind(column(&asked.claims, |c| c.hash.as_slice()))
        .bind(column(&asked.counters, |c| c.0.as_uuid()))
        .bind(column(&asked.counters, |c| c.1.as_str()))
        .fetch_all(connection)
        .await?;
    let mut seen = Seen::default();
    for row in &rows {
        take_row(&mut seen, &asked, row)?;
    }
    Ok(seen)
}

fn column<'a, T, U>(items: &'a [T], of: impl Fn(&'a T) -> U) -> Vec<U> {
    items.iter().map(of).collect()
}

fn take_row(seen: &mut Seen, asked: &Asked<'_>, row: &PgRow) -> Result<(), sqlx::Error> {
    let ord: i64 = row.try_get("ord")?;
    let place = usize::try_from(ord - 1).unwrap_or(usize::MAX);
    let missing = || sqlx::Error::Protocol(format!("row {ord} answers no question"));
    match row.try_get::<&str, _>("tag")? {
        "command" => {
            let asked = *asked.commands.get(place).ok_or_else(missing)?;
            seen.commands.insert(asked, logged(row)?);
        }
        "head" => {
            let stream = *asked.streams.get(place).ok_or_else(missing)?;
            let version = Version(row.try_get("int2")?);
            let last_event = EventId::new(row.try_get("uuid1")?);
            let head = Head {
                tenant: TenantId::new(row.try_get("uuid2")?),
                version,
                position: Position(row.try_get("int1")?),
                last_event,
                stored: Some((version, last_event)),
            };
            seen.heads.insert(stream.clone(), head);
        }
        "reservation" => {
            let claim = asked.claims.get(place).ok_or_else(missing)?;
            let holder = (TenantId::new(row.try_get("uuid1")?), row.try_get("text1")?);
            seen.reservations.insert(claim.clone(), holder);
        }
        "counter" => {
            let counter = asked.counters.get(place).ok_or_else(missing)?;
            seen.counters.insert(counter.clone(), row.try_get("int1")?);
        }
        other => return Err(sqlx::Error::Protocol(format!("unknown tag {other}"))),
    }
    Ok(())
}

fn logged(row: &PgRow) -> Result<Logged, sqlx::Error> {
    let hash: &[u8] = row.try_get("bytes1")?;
    let lane: i64 = row.try_get("int4")?;
    let epoch: i64 = row.try_get("int3")?;
    let stream =
        StreamId::new(row.try_get::<String, _>("text1")?, row.try_get::<String, _>("text2")?);
    let out_of_range = |_| sqlx::Error::Protocol("lane or epoch out of range".into());
    Ok(Logged {
        request_hash: hash
            .try_into()
            .map_err(|_| sqlx::Error::Protocol("a request hash has not 32 bytes".into()))?,
        landed: Landed {
            cursor: Cursor {
                epoch: Epoch(i32::try_from(epoch).map_err(out_of_range)?),
                lane: Lane(i16::try_from(lane).map_err(out_of_range)?),
                position: Position(row.try_get("int1")?),
            },
            version: Version(row.try_get("int2")?),
            stream,
            filled: Vec::new(),
        },
    })
}

/// Writes the winners, in one statement; false when a stream's head is not what the plan says
/// that it was, and then the transaction must be rolled back.
pub(super) async fn write_batch(
    connection: &mut PgConnection,
    head: LockedHead,
    batch: Uuid,
    plan: &Plan,
) -> Result<bool, sqlx::Error> {
    let (mut moved, mut begun) = (Vec::new(), Vec::new());
    for (stream, head) in &plan.heads {
        match head.stored {
            Some((version, last_event)) => moved.push((stream, head, version, last_event)),
            None => begun.push((stream, head)),
        }
    }
    let (mut taken, mut passed_on, mut released) = (Vec::new(), Vec::new(), Vec::new());
    for (key, holder) in &plan.reservations {
        match holder {
            Some((tenant, owner)) if plan.taken_before.contains(key) => {
                passed_on.push((key, tenant, owner));
            }
            Some((tenant, owner)) => taken.push((key, tenant, owner)),
            None => released.push(key),
        }
    }
    let counters: Vec<_> = plan.counters.iter().collect();
    let last = plan.events.last().map_or(head.cursor.position, |event| event.position);
    let events = &plan.events;
    let written = sqlx::query(WRITE_BATCH)
        .bind(head.cursor.lane.0)
        .bind(head.recorded_at)
        .bind(column(events, |e| e.position.0))
        .bind(column(events, |e| e.tenant.as_uuid()))
        .bind(column(events, |e| e.stream.aggregate_type.as_str()))
        .bind(column(events, |e| e.stream.aggregate_id.as_str()))
        .bind(column(events, |e| e.version.0))
        .bind(column(events, |e| e.event_type.as_str()))
        .bind(column(events, |e| e.event_version.as_str()))
        .bind(column(events, |e| &e.payload))
        .bind(column(events, |e| Json(&e.metadata)))
        .bind(column(&begun, |h| h.0.aggregate_type.as_str()))
        .bind(column(&begun, |h| h.0.aggregate_id.as_str()))
        .bind(column(&begun, |h| h.1.tenant.as_uuid()))
        .bind(column(&begun, |h| h.1.version.0))
        .bind(column(&begun, |h| h.1.position.0))
        .bind(column(&begun, |h| h.1.last_event.as_uuid()))
        .bind(head.cursor.epoch.0)
        .bind(batch)
        .bind(column(&plan.commands, |c| c.0.as_uuid()))
        .bind(column(&plan.commands, |c| c.1.as_uuid()))
        .bind(column(&plan.commands, |c| c.2.as_slice()))
        .bind(column(&plan.commands, |c| c.3.stream.aggregate_type.as_str()))
        .bind(column(&plan.commands, |c| c.3.stream.aggregate_id.as_str()))
        .bind(column(&plan.commands, |c| c.3.cursor.position.0))
        .bind(column(&plan.commands, |c| c.3.version.0))
        .bind(column(&taken, |t| t.0.tenant.as_uuid()))
        .bind(column(&taken, |t| t.0.kind))
        .bind(column(&taken, |t| t.0.hash.as_slice()))
        .bind(column(&taken, |t| t.1.as_uuid()))
        .bind(column(&taken, |t| t.2.as_str()))
        .bind(column(&released, |k| k.tenant.as_uuid()))
        .bind(column(&released, |k| k.kind))
        .bind(column(&released, |k| k.hash.as_slice()))
        .bind(column(&counters, |c| c.0.0.as_uuid()))
        .bind(column(&counters, |c| c.0.1.as_str()))
        .bind(column(&counters, |c| *c.1))
        .bind(last.0)
        .bind(column(&moved, |h| h.0.aggregate_type.as_str()))
        .bind(column(&moved, |h| h.0.aggregate_id.as_str()))
        .bind(column(&moved, |h| h.1.version.0))
        .bind(column(&moved, |h| h.1.position.0))
        .bind(column(&moved, |h| h.1.last_event.as_uuid()))
        .bind(column(&passed_on, |t| t.0.tenant.as_uuid()))
        .bind(column(&passed_on, |t| t.0.kind))
        .bind(column(&passed_on, |t| t.0.hash.as_slice()))
        .bind(column(&passed_on, |t| t.1.as_uuid()))
        .bind(column(&passed_on, |t| t.2.as_str()))
        .bind(column(&moved, |h| h.1.tenant.as_uuid()))
        .bind(column(&moved, |h| h.2.0))
        .bind(column(&moved, |h| h.3.as_uuid()))
        .fetch_one(&mut *connection)
        .await?;
    let found: i64 = written.try_get(0)?;
    if usize::try_from(found).ok() != Some(moved.len()) {
        return Ok(false);
    }
    write_effects(connection, head, plan).await?;
    Ok(true)
}

/// Writes the effects of the winners: a statement of its own, since most batches have none.
async fn write_effects(
    connection: &mut PgConnection,
    head: LockedHead,
    plan: &Plan,
) -> Result<(), sqlx::Error> {
    if plan.effects.is_empty() {
        return Ok(());
    }
    let missing = || sqlx::Error::Protocol("an effect without its event".into());
    let effects = plan
        .effects
        .iter()
        .map(|placed| Ok((placed, plan.events.get(placed.event).ok_or_else(missing)?)))
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    sqlx::query(WRITE_EFFECTS)
        .bind(head.cursor.lane.0)
        .bind(head.recorded_at)
        .bind(column(&effects, |(placed, _)| placed.id))
        .bind(column(&effects, |(_, event)| event.tenant.as_uuid()))
        .bind(column(&effects, |(placed, _)| placed.effect.kind))
        .bind(column(&effects, |(placed, _)| placed.effect.serial.as_deref()))
        .bind(column(&effects, |(_, event)| event.position.0))
        .bind(column(&effects, |(placed, _)| placed.ordinal))
        .bind(column(&effects, |(placed, _)| &placed.effect.payload))
        .bind(column(&effects, |(placed, _)| placed.effect.due))
        .bind(column(&effects, |(_, event)| event.metadata.event_id.as_uuid()))
        .bind(column(&effects, |(_, event)| event.metadata.correlation_id))
        .bind(column(&effects, |(_, event)| event.metadata.traceparent.as_deref()))
        .bind(column(&effects, |(_, event)| event.metadata.occurred_at))
        .execute(connection)
        .await?;
    Ok(())
}
