//! A read store in memory: generations, checkpoints, parked events, claims that only one holder
//! has, transactions that are dropped whole, and failures on demand.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bitacora_domain::{Lane, Position, StreamId, TenantId};
use bitacora_projections::digest::Digest;
use bitacora_projections::ports::{
    CheckpointInfo, ClaimedLane, Comparison, ParkedEvent, ReadError, ReadStore, StoredRow, Wanted,
    Writes,
};
use bitacora_projections::query::TableRow;
use bitacora_projections::value::Cell;
use bitacora_projections::{Key, Table};
use tokio::sync::watch;

use super::at;
use super::log::FakeLog;

pub(crate) type Rows = HashMap<(TenantId, Key), StoredRow>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Building,
    Live,
    Retired,
}

struct Generation {
    state: State,
    indexed: bool,
    rows: Rows,
    positions: BTreeMap<Lane, Position>,
    parked: BTreeMap<(Lane, Position), ParkedEvent>,
}

#[derive(Default)]
struct Inner {
    generations: Mutex<HashMap<&'static str, BTreeMap<i32, Generation>>>,
    claimed: Mutex<HashSet<(&'static str, i32, Lane)>>,
    progress: Mutex<HashMap<(&'static str, Lane), watch::Sender<Position>>>,
    /// Positions committed in order, for "each once".
    commits: Mutex<Vec<(i32, Lane, Position)>>,
    operations: AtomicUsize,
    fail_at: AtomicUsize,
    unavailable: AtomicUsize,
    swaps_to_refuse: AtomicUsize,
}

#[derive(Clone)]
pub(crate) struct FakeStore(Arc<Inner>, Arc<FakeLog>);

pub(crate) fn key_of(table: &'static Table, row: &StoredRow) -> Key {
    TableRow { table, row: row.row.clone() }.key()
}

impl FakeStore {
    pub(crate) fn new(log: Arc<FakeLog>) -> Self {
        Self(Arc::default(), log)
    }

    /// The `n`-th port operation from now fails (1 = the next).
    pub(crate) fn fail_at(&self, n: usize) {
        self.0.operations.store(0, Ordering::SeqCst);
        self.0.fail_at.store(n, Ordering::SeqCst);
    }

    /// Has the failure asked for by `fail_at` not come yet?
    pub(crate) fn fault_is_pending(&self) -> bool {
        self.0.fail_at.load(Ordering::SeqCst) > self.0.operations.load(Ordering::SeqCst)
    }

    /// So many of the next operations fail.
    pub(crate) fn unavailable(&self, n: usize) {
        self.0.unavailable.store(n, Ordering::SeqCst);
    }

    pub(crate) fn refuse_swaps(&self, n: usize) {
        self.0.swaps_to_refuse.store(n, Ordering::SeqCst);
    }

    pub(crate) fn claims_held(&self) -> usize {
        self.0.claimed.lock().unwrap().len()
    }

    pub(crate) fn commits(&self) -> Vec<(i32, Lane, Position)> {
        self.0.commits.lock().unwrap().clone()
    }

    pub(crate) fn rows(&self, table: &'static Table) -> Rows {
        let generations = self.0.generations.lock().unwrap();
        generations
            .get(table.name)
            .and_then(|all| all.values().find(|g| g.state == State::Live))
            .map(|g| g.rows.clone())
            .unwrap_or_default()
    }

    /// Spoils the live rows behind everybody's back.
    pub(crate) fn tamper(&self, table: &'static Table, change: impl Fn(&mut Rows)) {
        let mut generations = self.0.generations.lock().unwrap();
        for generation in generations.get_mut(table.name).unwrap().values_mut() {
            if generation.state == State::Live {
                change(&mut generation.rows);
            }
        }
    }

    pub(crate) fn cell(
        &self,
        table: &'static Table,
        tenant: TenantId,
        key: &str,
        column: &str,
    ) -> Option<Cell> {
        let rows = self.rows(table);
        let row = rows.get(&(tenant, Key::from(key)))?;
        Some(row.row.0[table.index_of(column).unwrap()].clone())
    }

    pub(crate) fn position(&self, table: &'static Table, lane: Lane) -> Position {
        let generations = self.0.generations.lock().unwrap();
        let live = generations[table.name].values().find(|g| g.state == State::Live).unwrap();
        live.positions[&lane]
    }

    fn operation(&self) -> Result<(), ReadError> {
        let n = self.0.operations.fetch_add(1, Ordering::SeqCst) + 1;
        if self.0.fail_at.load(Ordering::SeqCst) == n {
            return Err(ReadError::Unavailable(format!("operation {n}")));
        }
        let left = self.0.unavailable.load(Ordering::SeqCst);
        if left > 0 {
            self.0.unavailable.store(left - 1, Ordering::SeqCst);
            return Err(ReadError::Unavailable("storm".into()));
        }
        Ok(())
    }

    fn new_generation(&self, state: State) -> Generation {
        let lanes = super::log::ends(&self.1);
        Generation {
            state,
            indexed: state == State::Live,
            rows: Rows::default(),
            positions: lanes.keys().map(|lane| (*lane, Position::START)).collect(),
            parked: BTreeMap::new(),
        }
    }

    fn sender(&self, projection: &'static str, lane: Lane) -> watch::Sender<Position> {
        let mut progress = self.0.progress.lock().unwrap();
        progress
            .entry((projection, lane))
            .or_insert_with(|| watch::Sender::new(Position(0)))
            .clone()
    }
}

enum Op {
    Store(Writes),
    Park(Vec<ParkedEvent>),
    Unpark(Vec<Position>),
}

struct FakeClaim {
    store: FakeStore,
    table: &'static Table,
    generation: i32,
    lane: Lane,
    position: Position,
    staged: Vec<Op>,
}

impl Drop for FakeClaim {
    fn drop(&mut self) {
        let claim = (self.table.name, self.generation, self.lane);
        self.store.0.claimed.lock().unwrap().remove(&claim);
    }
}

impl FakeClaim {
    fn with<T>(&self, f: impl FnOnce(&mut Generation) -> T) -> T {
        let mut generations = self.store.0.generations.lock().unwrap();
        f(generations.get_mut(self.table.name).unwrap().get_mut(&self.generation).unwrap())
    }
}

#[async_trait]
impl ClaimedLane for FakeClaim {
    fn position(&self) -> Position {
        self.position
    }

    async fn parked_streams(&mut self) -> Result<Vec<StreamId>, ReadError> {
        self.store.operation()?;
        let lane = self.lane;
        Ok(self.with(|g| {
            let here = g.parked.iter().filter(|((l, _), _)| *l == lane);
            here.map(|(_, event)| event.stream.clone()).collect()
        }))
    }

    async fn load(&mut self, wanted: &Wanted) -> Result<Vec<StoredRow>, ReadError> {
        self.store.operation()?;
        let table = self.table;
        Ok(self.with(|g| select(table, &g.rows, wanted)))
    }

    async fn store(&mut self, writes: &Writes) -> Result<(), ReadError> {
        self.store.operation()?;
        let poison = Cell::Text("poison".into());
        if writes.upserts.iter().any(|row| row.row.0.contains(&poison)) {
            return Err(ReadError::Refused("no poison in this column".into()));
        }
        self.staged.push(Op::Store(writes.clone()));
        Ok(())
    }

    async fn park(&mut self, events: &[ParkedEvent]) -> Result<(), ReadError> {
        self.store.operation()?;
        self.staged.push(Op::Park(events.to_vec()));
        Ok(())
    }

    async fn parked_of(&mut self, stream: &StreamId) -> Result<Vec<ParkedEvent>, ReadError> {
        self.store.operation()?;
        let lane = self.lane;
        Ok(self.with(|g| {
            let here = g.parked.iter().filter(|((l, _), e)| *l == lane && e.stream == *stream);
            here.map(|(_, event)| event.clone()).collect()
        }))
    }

    async fn unpark(&mut self, positions: &[Position]) -> Result<(), ReadError> {
        self.store.operation()?;
        self.staged.push(Op::Unpark(positions.to_vec()));
        Ok(())
    }

    async fn commit(mut self: Box<Self>, position: Position) -> Result<(), ReadError> {
        self.store.operation()?;
        let (lane, table) = (self.lane, self.table);
        let staged = std::mem::take(&mut self.staged);
        let live = self.with(|g| {
            for op in staged {
                match op {
                    Op::Store(writes) => apply(table, &mut g.rows, writes),
                    Op::Park(events) => {
                        g.parked.extend(events.into_iter().map(|e| ((lane, e.position), e)));
                    }
                    Op::Unpark(gone) => {
                        g.parked.retain(|(l, p), _| *l != lane || !gone.contains(p));
                    }
                }
            }
            g.positions.insert(lane, position);
            g.state == State::Live
        });
        self.store.0.commits.lock().unwrap().push((self.generation, lane, position));
        if live {
            self.store.sender(table.name, lane).send_replace(position);
        }
        Ok(())
    }

    async fn release(self: Box<Self>) -> Result<(), ReadError> {
        Ok(())
    }
}

/// The rows that a batch wants, as a database would find them.
pub(crate) fn select(table: &'static Table, rows: &Rows, wanted: &Wanted) -> Vec<StoredRow> {
    let by_key = wanted.keys.iter().filter_map(|key| rows.get(key).cloned());
    let by_match = rows.values().filter(|row| {
        wanted.matches.iter().any(|(tenant, column, value)| {
            row.tenant == *tenant && row.row.0[table.index_of(column).unwrap()] == *value
        })
    });
    by_key.chain(by_match.cloned()).collect()
}

/// Writes what a batch did.
pub(crate) fn apply(table: &'static Table, rows: &mut Rows, writes: Writes) {
    for key in writes.deletes {
        rows.remove(&key).expect("only stored rows are deleted");
    }
    for row in writes.upserts {
        rows.insert((row.tenant, key_of(table, &row)), row);
    }
}

#[async_trait]
impl ReadStore for FakeStore {
    async fn ensure(&self, table: &'static Table) -> Result<i32, ReadError> {
        self.operation()?;
        let new = self.new_generation(State::Live);
        let mut generations = self.0.generations.lock().unwrap();
        let all = generations.entry(table.name).or_default();
        if let Some((n, _)) = all.iter().find(|(_, g)| g.state == State::Live) {
            return Ok(*n);
        }
        all.insert(1, new);
        Ok(1)
    }

    async fn claim(
        &self,
        table: &'static Table,
        generation: i32,
        lane: Lane,
    ) -> Result<Option<Box<dyn ClaimedLane>>, ReadError> {
        self.operation()?;
        let generations = self.0.generations.lock().unwrap();
        let found = generations.get(table.name).and_then(|all| all.get(&generation));
        let Some(found) = found.filter(|g| g.state != State::Retired) else { return Ok(None) };
        let position = found.positions[&lane];
        if !self.0.claimed.lock().unwrap().insert((table.name, generation, lane)) {
            return Ok(None);
        }
        let (store, staged) = (self.clone(), vec![]);
        Ok(Some(Box::new(FakeClaim { store, table, generation, lane, position, staged })))
    }

    async fn live_generation(&self, table: &'static Table) -> Result<Option<i32>, ReadError> {
        self.operation()?;
        let generations = self.0.generations.lock().unwrap();
        let Some(all) = generations.get(table.name) else { return Ok(None) };
        Ok(all.iter().find(|(_, g)| g.state == State::Live).map(|(n, _)| *n))
    }

    async fn start_generation(&self, table: &'static Table) -> Result<i32, ReadError> {
        self.operation()?;
        let new = self.new_generation(State::Building);
        let mut generations = self.0.generations.lock().unwrap();
        let all = generations.entry(table.name).or_default();
        if let Some((n, _)) = all.iter().find(|(_, g)| g.state == State::Building) {
            return Ok(*n);
        }
        let next = all.keys().max().map_or(1, |n| n + 1);
        all.insert(next, new);
        Ok(next)
    }

    async fn build_indexes(&self, table: &'static Table, generation: i32) -> Result<(), ReadError> {
        self.operation()?;
        let mut generations = self.0.generations.lock().unwrap();
        generations.get_mut(table.name).unwrap().get_mut(&generation).unwrap().indexed = true;
        Ok(())
    }

    async fn swap(
        &self,
        table: &'static Table,
        from: i32,
        to: i32,
        accept_difference: bool,
    ) -> Result<Comparison, ReadError> {
        self.operation()?;
        let left = self.0.swaps_to_refuse.load(Ordering::SeqCst);
        if left > 0 {
            self.0.swaps_to_refuse.store(left - 1, Ordering::SeqCst);
            return Err(ReadError::Refused("somebody was quicker".into()));
        }
        let claimed = self.0.claimed.lock().unwrap();
        if claimed.iter().any(|(name, _, _)| *name == table.name) {
            return Err(ReadError::Refused("the checkpoints are held".into()));
        }
        let mut generations = self.0.generations.lock().unwrap();
        let all = generations.get_mut(table.name).unwrap();
        if all[&from].positions != all[&to].positions {
            return Err(ReadError::Refused("positions differ".into()));
        }
        assert!(all[&to].indexed, "swapped before its indexes were built");
        let digest = |n: &i32| Digest::of(all[n].rows.values());
        let (old, new) = (digest(&from), digest(&to));
        let swapped = old == new || accept_difference;
        if swapped {
            all.get_mut(&from).unwrap().state = State::Retired;
            all.get_mut(&to).unwrap().state = State::Live;
        }
        let rows = (i64::try_from(old.rows).unwrap(), i64::try_from(new.rows).unwrap());
        let differences = if old == new { vec![] } else { vec![("rows".into(), 1)] };
        Ok(Comparison { rows, equal: old == new, differences, swapped })
    }

    async fn drop_retired(&self, table: &'static Table) -> Result<Vec<i32>, ReadError> {
        let mut generations = self.0.generations.lock().unwrap();
        let all = generations.get_mut(table.name).unwrap();
        let gone: Vec<_> =
            all.iter().filter(|(_, g)| g.state == State::Retired).map(|(n, _)| *n).collect();
        all.retain(|n, _| !gone.contains(n));
        Ok(gone)
    }

    async fn checkpoints(&self) -> Result<Vec<CheckpointInfo>, ReadError> {
        self.operation()?;
        let generations = self.0.generations.lock().unwrap();
        let mut found = vec![];
        for (name, all) in generations.iter() {
            for (n, generation) in all {
                for (lane, position) in &generation.positions {
                    found.push(CheckpointInfo {
                        projection: (*name).to_owned(),
                        schema: 1,
                        generation: *n,
                        live: generation.state == State::Live,
                        lane: *lane,
                        position: *position,
                        head: self.1.head_of(*lane),
                        foreign: false,
                        moved_at: at(0),
                        parked: i64::try_from(generation.parked.len()).unwrap(),
                    });
                }
            }
        }
        Ok(found)
    }

    async fn parked(&self, tenant: Option<TenantId>) -> Result<Vec<ParkedEvent>, ReadError> {
        let generations = self.0.generations.lock().unwrap();
        let live =
            generations.values().flat_map(BTreeMap::values).filter(|g| g.state == State::Live);
        let all = live.flat_map(|g| g.parked.values());
        Ok(all.filter(|e| tenant.is_none_or(|t| t == e.tenant)).cloned().collect())
    }

    fn passed(&self, table: &'static Table, lane: Lane, position: Position) {
        self.sender(table.name, lane).send_replace(position);
    }

    fn progress(&self, projection: &'static str, lane: Lane) -> watch::Receiver<Position> {
        self.sender(projection, lane).subscribe()
    }

    async fn scan(
        &self,
        table: &'static Table,
        generation: i32,
        _: Option<(TenantId, Key)>,
        _: i64,
    ) -> Result<Vec<StoredRow>, ReadError> {
        let generations = self.0.generations.lock().unwrap();
        Ok(generations[table.name][&generation].rows.values().cloned().collect())
    }
}
