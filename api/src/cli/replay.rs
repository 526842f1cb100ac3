//! `bitacora replay`: computes everything again from the log and compares; writes nothing.
//!
//! Two things are computed: the state of every aggregate (against its snapshot), and the rows of
//! every view (against its live table). While a view is compared its checkpoints are held, so
//! that table and log stand still at a known position; its workers wait that long.
//! Differences name keys and columns, never values.

use std::collections::BTreeMap;
use std::time::Duration;

use bitacora_adapters::admin::{self, StreamInfo};
use bitacora_domain::aggregates;
use bitacora_domain::{
    AggregateVisitor, DomainAggregate, Lane, Position, StreamId, TenantId, Version,
};
use bitacora_projections::ports::{ClaimedLane, StoredRow};
use bitacora_projections::replay::{AsOf, replay_tenant};
use bitacora_projections::{Projection, Table, views};
use serde_json::json;

use super::compose::Backend;
use super::history::{StateOf, read_all};
use super::{Context, Exit, Failure};

/// Streams, or rows, read at a time.
const PAGE: i64 = 1_000;
/// How long to wait for a busy lane.
const PATIENCE: Duration = Duration::from_secs(30);
/// Differences that are printed; all are counted.
const PRINTED: usize = 100;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this view; all views and all states when absent.
    view: Option<String>,
}

/// Something that is not as the log says.
#[derive(Debug)]
struct Difference {
    what: String,
    key: String,
    how: String,
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = self.compare(&context, &backend).await;
        backend.close().await?;
        outcome
    }

    async fn compare(&self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let chosen = match &self.view {
            None => views::all(),
            Some(name) => vec![
                views::find(name)
                    .ok_or_else(|| Failure::usage(format!("there is no view {name:?}")))?,
            ],
        };
        let mut differences = Vec::new();
        let mut streams = 0;
        if self.view.is_none() {
            streams = compare_states(context, backend, &mut differences).await?;
        }
        let mut rows = 0;
        for view in &chosen {
            rows += compare_view(context, backend, *view, &mut differences).await?;
        }
        for difference in differences.iter().take(PRINTED) {
            let Difference { what, key, how } = difference;
            let document = json!({ "what": what, "key": key, "difference": how });
            context.out.emit(&document, || format!("{what}  {key}: {how}"));
        }
        let summary = json!({ "streams": streams, "views": chosen.len(), "rows": rows,
            "differences": differences.len() });
        context.out.emit(&summary, || {
            format!(
                "{streams} aggregates, {} views, {rows} rows: {} differences",
                chosen.len(),
                differences.len()
            )
        });
        Ok(if differences.is_empty() { Exit::Done } else { Exit::Found })
    }
}

/// Replays every aggregate; returns how many.
async fn compare_states(
    context: &Context,
    backend: &Backend,
    differences: &mut Vec<Difference>,
) -> Result<u64, Failure> {
    let bar = context.out.progress("aggregates", 0);
    let mut after: Option<StreamId> = None;
    loop {
        let page = admin::streams(&backend.pools.writer, after.as_ref(), PAGE).await;
        let page = page.map_err(Failure::unavailable)?;
        let Some(last) = page.last() else { break };
        after = Some(last.stream.clone());
        bar.inc_length(page.len() as u64);
        for info in &page {
            if let Some(how) = compare_state(backend, info).await? {
                let (what, key) = ("state".to_owned(), info.stream.to_string());
                differences.push(Difference { what, key, how });
            }
            bar.inc(1);
        }
    }
    let count = bar.position();
    bar.finish_and_clear();
    Ok(count)
}

/// What is wrong with one aggregate, if anything is.
async fn compare_state(backend: &Backend, info: &StreamInfo) -> Result<Option<String>, Failure> {
    let kind = &info.stream.aggregate_type;
    let Some(schema) = aggregates::dispatch(kind, SchemaOf) else {
        return Ok(Some(format!("{kind} is no aggregate of this version")));
    };
    let stored = backend.log.load(info.tenant, &info.stream, schema, true).await?;
    let Some(stored) = stored else { return Ok(Some("its events are another tenant's".into())) };
    let events = read_all(backend, info.tenant, &info.stream).await?;
    let contiguous = events.iter().zip(1..).all(|(event, n)| event.version == Version(n));
    let count = Version(i64::try_from(events.len()).unwrap_or(i64::MAX));
    if !contiguous || count < info.version {
        return Ok(Some(format!("{count} events, but the head says {}", info.version)));
    }
    let upto = stored.snapshot.as_ref().map_or(count, |snapshot| snapshot.version);
    let upto = usize::try_from(upto.0).unwrap_or(usize::MAX).min(events.len());
    let events = events.get(..upto).unwrap_or_default();
    match aggregates::dispatch(kind, StateOf { events }) {
        None => Ok(Some(format!("{kind} is no aggregate of this version"))),
        Some(Err(error)) => Ok(Some(format!("cannot be read: {error}"))),
        Some(Ok(state)) => {
            Ok(stored.snapshot.filter(|snapshot| snapshot.state != state).map(|snapshot| {
                format!("the snapshot of version {} is another state", snapshot.version)
            }))
        }
    }
}

/// The version of an aggregate's state.
struct SchemaOf;

impl AggregateVisitor for SchemaOf {
    type Output = u32;
    fn visit<A: DomainAggregate>(self) -> u32 {
        A::STATE_SCHEMA
    }
}

/// Replays one view for every tenant; returns the number of stored rows.
async fn compare_view(
    context: &Context,
    backend: &Backend,
    view: &'static dyn Projection,
    differences: &mut Vec<Difference>,
) -> Result<u64, Failure> {
    let table = view.table();
    let Some(generation) = backend.store.live_generation(table).await? else { return Ok(0) };
    // Held until the end: nothing is written, so dropping them rolls back nothing.
    let mut held: BTreeMap<Lane, Box<dyn ClaimedLane>> = BTreeMap::new();
    for lane in backend.reader.lanes().await? {
        let claim = backend.store.claim_within(table, generation, lane, PATIENCE).await?;
        let claim = claim.ok_or_else(|| {
            Failure::unavailable(format!("lane {lane} of {} is busy; try again", table.name))
        })?;
        held.insert(lane, claim);
    }
    let mut tenants = admin::tenants(&backend.pools.writer).await.map_err(Failure::unavailable)?;
    tenants.push((TenantId::SYSTEM, Lane::SYSTEM));
    tenants.sort();
    let bar = context.out.progress(table.name, tenants.len() as u64);
    let mut scan = Scan::new(table, generation);
    for (tenant, lane) in tenants {
        let position = held.get(&lane).map_or(Position::START, |claim| claim.position());
        let bound = AsOf::Position(position);
        let replay = replay_tenant(&*backend.reader, view, tenant, bound, u64::MAX)
            .await
            .map_err(|error| Failure::new(Exit::Unavailable, error.code(), error))?;
        let mut computed: BTreeMap<String, &StoredRow> =
            replay.table.rows().map(|row| (key_of(table, row), row)).collect();
        while let Some(stored) = scan.next_of(backend, tenant).await? {
            let key = key_of(table, &stored);
            let how = match computed.remove(&key) {
                None => Some("is in the table and not in the log".to_owned()),
                Some(row) => unequal_columns(table, row, &stored),
            };
            differences.extend(how.map(|how| difference(table, tenant, &key, how)));
        }
        let missing = computed.into_keys();
        differences.extend(missing.map(|key| difference(table, tenant, &key, "is missing".into())));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(scan.seen)
}

fn difference(table: &Table, tenant: TenantId, key: &str, how: String) -> Difference {
    Difference { what: table.name.to_owned(), key: format!("{tenant} {key}"), how }
}

/// The key of a row as text. Keys are ids, days and names of columns: nothing personal.
fn key_of(table: &Table, row: &StoredRow) -> String {
    let cells = table.key.iter().filter_map(|name| row.row.0.get(table.index_of(name)?));
    cells.map(|cell| format!("{cell:?}")).collect::<Vec<_>>().join(",")
}

fn unequal_columns(table: &Table, computed: &StoredRow, stored: &StoredRow) -> Option<String> {
    let cells = computed.row.0.iter().zip(&stored.row.0).zip(table.columns);
    let mut names: Vec<_> =
        cells.filter(|((a, b), _)| a != b).map(|(_, column)| column.name.to_owned()).collect();
    let positions = computed.positions.iter().zip(&stored.positions).zip(table.positioned());
    names.extend(
        positions
            .filter(|((a, b), _)| a != b)
            .map(|(_, column)| Table::position_column(column.name)),
    );
    (!names.is_empty()).then(|| format!("differs in {}", names.join(", ")))
}

/// The stored rows in the order of tenants, a page at a time.
struct Scan {
    table: &'static Table,
    generation: i32,
    page: std::vec::IntoIter<StoredRow>,
    after: Option<(TenantId, bitacora_projections::Key)>,
    ended: bool,
    waiting: Option<StoredRow>,
    seen: u64,
}

impl Scan {
    fn new(table: &'static Table, generation: i32) -> Self {
        let page = Vec::new().into_iter();
        Self { table, generation, page, after: None, ended: false, waiting: None, seen: 0 }
    }

    /// The next row of `tenant`; rows of tenants before it, which the log does not know, too.
    async fn next_of(
        &mut self,
        backend: &Backend,
        tenant: TenantId,
    ) -> Result<Option<StoredRow>, Failure> {
        if self.waiting.is_none() {
            self.waiting = self.next(backend).await?;
        }
        if self.waiting.as_ref().is_some_and(|row| row.tenant <= tenant) {
            self.seen += 1;
            return Ok(self.waiting.take());
        }
        Ok(None)
    }

    async fn next(&mut self, backend: &Backend) -> Result<Option<StoredRow>, Failure> {
        if let Some(row) = self.page.next() {
            return Ok(Some(row));
        }
        if self.ended {
            return Ok(None);
        }
        let page =
            backend.store.scan(self.table, self.generation, self.after.clone(), PAGE).await?;
        self.ended = i64::try_from(page.len()).is_ok_and(|length| length < PAGE);
        self.after = page.last().map(|row| {
            let cells = self
                .table
                .key
                .iter()
                .filter_map(|name| row.row.0.get(self.table.index_of(name)?).cloned());
            (row.tenant, bitacora_projections::Key(cells.collect()))
        });
        self.page = page.into_iter();
        Ok(self.page.next())
    }
}
