//! Reading one's own writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bitacora_domain::{Cursor, Epoch, Lane, Position, StreamId, TenantId};
use bitacora_projections::ports::{ReadError, ReadModels};
use bitacora_projections::query::{Filter, Page, TableRow};
use bitacora_projections::wait::ReadGate;
use bitacora_projections::{Key, Table};
use serde_json::json;

use crate::support::probe::{MIXED, PROBE};
use crate::support::store::FakeStore;
use crate::support::{World, tenant};

/// Only what the gate asks; everything else would be a mistake of the test.
struct FakeModels {
    store: FakeStore,
    parked: AtomicBool,
}

fn not_asked<T>() -> Result<T, ReadError> {
    Err(ReadError::Corrupt("the gate does not ask for rows".into()))
}

#[async_trait]
impl ReadModels for FakeModels {
    async fn page(&self, _: TenantId, _: &Page) -> Result<Vec<TableRow>, ReadError> {
        not_asked()
    }
    async fn count(
        &self,
        _: TenantId,
        _: &'static Table,
        _: &Filter,
        _: i64,
    ) -> Result<i64, ReadError> {
        not_asked()
    }
    async fn rows(
        &self,
        _: TenantId,
        _: &'static Table,
        _: &[Key],
    ) -> Result<Vec<TableRow>, ReadError> {
        not_asked()
    }
    async fn is_parked(
        &self,
        _: TenantId,
        projections: &[&'static str],
        upto: Position,
        stream: Option<&StreamId>,
    ) -> Result<bool, ReadError> {
        assert_eq!(projections, ["probes"]);
        let about = stream.is_none_or(|stream| stream.aggregate_id == "parked");
        Ok(self.parked.load(Ordering::SeqCst) && upto >= Position(2) && about)
    }
    async fn checkpoint(&self, table: &'static Table, lane: Lane) -> Result<Position, ReadError> {
        Ok(self.store.position(table, lane))
    }
}

struct Bench {
    world: World,
    models: Arc<FakeModels>,
    gate: ReadGate,
}

impl Bench {
    async fn new() -> Self {
        let world = World::new();
        for _ in 0..3 {
            world.log.append(tenant(0), ("alpha", "1"), "Add", json!({ "k": "x" }));
        }
        world.runner(&PROBE, 8).catch_up().await.unwrap();
        world.log.append(tenant(0), ("alpha", "1"), "Add", json!({ "k": "x" }));
        let (store, parked) = (world.store.clone(), AtomicBool::new(false));
        let models = Arc::new(FakeModels { store, parked });
        let ports = world.ports();
        let gate = ReadGate::new(ports.store, Arc::clone(&models) as _, ports.reader);
        Self { world, models, gate }
    }

    async fn code(&self, at_least: Cursor, node: Option<&StreamId>) -> &'static str {
        let deadline = Duration::from_millis(30);
        let wait = self.gate.wait(tenant(0), at_least, &[&MIXED], node, deadline).await;
        wait.err().map_or("OK", |error| error.code())
    }
}

fn cursor(position: i64) -> Cursor {
    Cursor { epoch: Epoch(1), lane: Lane(0), position: Position(position) }
}

#[tokio::test]
async fn what_is_there_passes_and_what_is_not_times_out() {
    let gate = Bench::new().await;
    assert_eq!(gate.code(cursor(3), None).await, "OK");
    assert_eq!(gate.code(cursor(4), None).await, "AT_LEAST_TIMEOUT");
}

#[tokio::test]
async fn it_waits_until_the_projection_gets_there() {
    let gate = Bench::new().await;
    let tables: [&'static Table; 1] = [&MIXED];
    let wait = gate.gate.wait(tenant(0), cursor(4), &tables, None, Duration::from_secs(10));
    let (waited, ()) = tokio::join!(wait, async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        gate.world.runner(&PROBE, 8).catch_up().await.unwrap();
    });
    waited.unwrap();
}

#[tokio::test]
async fn a_parked_event_at_or_below_is_told_and_never_a_silent_lie() {
    let gate = Bench::new().await;
    gate.models.parked.store(true, Ordering::SeqCst);
    assert_eq!(gate.code(cursor(3), None).await, "PROJECTION_PARKED");
    assert_eq!(gate.code(cursor(1), None).await, "OK", "it is parked further on");
    let node = |id| StreamId::new("alpha", id);
    assert_eq!(gate.code(cursor(3), Some(&node("parked"))).await, "PROJECTION_PARKED");
    assert_eq!(gate.code(cursor(3), Some(&node("other"))).await, "OK");
}

#[tokio::test]
async fn cursors_that_do_not_fit_are_told_apart() {
    let gate = Bench::new().await;
    for _ in 0..2 {
        assert_eq!(gate.code(cursor(5), None).await, "CURSOR_AHEAD");
        assert_eq!(gate.code(Cursor { epoch: Epoch(2), ..cursor(1) }, None).await, "FOREIGN_EPOCH");
        assert_eq!(gate.code(Cursor { lane: Lane(1), ..cursor(1) }, None).await, "FOREIGN_LANE");
        assert_eq!(gate.code(cursor(2), None).await, "OK");
    }
}

/// Queries run on any thread.
#[test]
fn waiting_can_move_between_threads() {
    fn sendable<F: Send>(_: impl FnOnce() -> F) {}
    sendable(|| async {
        let gate = Bench::new().await;
        gate.code(cursor(1), None).await
    });
}
