//! What subscriptions announce: an event with its row as a read table has it, once the table has
//! passed the event, so that a payload, and a refetch after it, sees what was announced.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use bitacora_domain::{DomainAggregate, RecordedEvent};
use bitacora_projections::Table;
use bitacora_projections::feed::FeedItem;
use bitacora_projections::query::TableRow;
use chrono::{DateTime, Utc};
use futures::future::join_all;
use futures::{Stream, StreamExt as _, stream};
use uuid::Uuid;

use super::caller::Caller;
use super::fault::{Code, Fault};
use super::modules::events::feed;
use super::scalars::Cursor;

/// Events announced together when they are there together: a subscriber that was behind costs a
/// read per so many events.
const TOGETHER: usize = 64;

/// What an event announces: its row as it is once the table has passed the event.
pub struct Announced {
    /// The same, as the log says it.
    pub at: bitacora_domain::Cursor,
    cursor: Cursor,
    /// The event.
    pub event: Arc<RecordedEvent>,
    row: Result<Option<TableRow>, Fault>,
}

/// What every announcement of a change says beside the object.
#[Object]
impl Announced {
    /// Resume with it.
    async fn cursor(&self) -> &Cursor {
        &self.cursor
    }
    /// Name of the event, such as `MessageReceived`.
    async fn event_type(&self) -> &str {
        &self.event.event_type
    }
    /// Number of the aggregate's events with this one.
    async fn version(&self) -> i64 {
        self.event.version.0
    }
    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.event.recorded_at
    }
}

impl Announced {
    /// The object; an error beside it while it is parked.
    pub fn node<T>(&self, node: impl FnOnce(TableRow) -> T) -> Option<Result<T>> {
        shown(&self.row, node)
    }
}

/// A row as a node, or the fault beside null.
pub fn shown<T>(
    row: &Result<Option<TableRow>, Fault>,
    node: impl FnOnce(TableRow) -> T,
) -> Option<Result<T>> {
    match row {
        Ok(row) => row.clone().map(|row| Ok(node(row))),
        Err(fault) => Some(Err(fault.clone().into())),
    }
}

/// Every event of the aggregates of one type, or of `only` one of them, once `table` has passed it.
///
/// # Errors
/// As [`announced`].
pub async fn changes<A: DomainAggregate>(
    ctx: &Context<'_>,
    only: Option<Uuid>,
    after: Option<Cursor>,
    table: &'static Table,
) -> Result<impl Stream<Item = Result<Announced>> + use<A>> {
    let changed = move |event: &RecordedEvent| {
        let of = event.is_of::<A>();
        let id = of.then(|| event.stream.aggregate_id.parse().ok()).flatten()?;
        only.is_none_or(|only| only == id).then_some(id)
    };
    announced(ctx, after, table, changed).await
}

/// The events that `key` picks, each once `table` has passed it.
///
/// # Errors
/// When the feed cannot begin at `after`.
pub async fn announced<K>(
    ctx: &Context<'_>,
    after: Option<Cursor>,
    table: &'static Table,
    key: K,
) -> Result<impl Stream<Item = Result<Announced>> + use<K>>
where
    K: Fn(&RecordedEvent) -> Option<Uuid> + Send + 'static,
{
    let caller = Caller::shared(ctx)?;
    let feed = feed(&caller, after.as_ref()).await?;
    let picked = feed.filter_map(move |item| {
        let picked = match item {
            Ok(item) => key(&item.event).map(|key| Ok((item, key))),
            Err(error) => Some(Err(Fault::from(error))),
        };
        std::future::ready(picked)
    });
    let told = picked.ready_chunks(TOGETHER).then(move |picked| {
        let caller = Arc::clone(&caller);
        async move { all_behind(&caller, table, picked).await }
    });
    Ok(told.flat_map(stream::iter))
}

/// Announces what is ready, with one read for all rows.
async fn all_behind(
    caller: &Caller,
    table: &'static Table,
    picked: Vec<Result<(FeedItem, Uuid), Fault>>,
) -> Vec<Result<Announced>> {
    let last = picked.iter().rev().find_map(|item| item.as_ref().ok()).map(|(item, _)| item.cursor);
    // What is parked of others is no reason not to tell; then each is asked about by itself.
    let free = match last {
        Some(last) if picked.len() > 1 => caller.reached(last, &[table], None).await.is_ok(),
        Some(_) | None => false,
    };
    let announce = async |picked: Result<(FeedItem, Uuid), Fault>| {
        let (FeedItem { cursor, event }, key) = picked?;
        let row = if free {
            caller.row(table, key).await
        } else {
            row_behind(caller, table, cursor, &event, key).await
        };
        Ok(Announced { at: cursor, cursor: cursor.into(), event, row })
    };
    if free {
        return join_all(picked.into_iter().map(announce)).await;
    }
    let mut told = Vec::with_capacity(picked.len());
    for item in picked {
        told.push(announce(item).await);
    }
    told
}

/// The row once the table has passed the event. A slow read side is waited for, however long:
/// the subscription is late then, and not wrong.
///
/// # Errors
/// A fault that waiting does not end (`PROJECTION_PARKED` …).
pub async fn row_behind(
    caller: &Caller,
    table: &'static Table,
    cursor: bitacora_domain::Cursor,
    event: &RecordedEvent,
    key: Uuid,
) -> Result<Option<TableRow>, Fault> {
    loop {
        match caller.reached(cursor, &[table], Some(&event.stream)).await {
            Ok(()) => return caller.row(table, key).await,
            Err(fault) if fault.code == Code::AtLeastTimeout => {}
            Err(fault) if fault.code.retryable() => {
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            }
            Err(fault) => return Err(fault),
        }
    }
}
