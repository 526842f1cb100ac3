//! `rebuild`: every view is rebuilt while commands are written and queries are asked. Each
//! rebuild is stopped at batch edges by dice and goes on from there; at the end the two
//! generations have equal digests, and no query ever failed.

mod askers;
mod writers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::pools::{PoolSizes, Pools, Role};
use bitacora_adapters::read::{LaneSignals, PgLogReader, PgReadModels, PgReadStore};
use bitacora_adapters::testing::TestDb;
use bitacora_commands::bus::{BusOptions, CommandBus};
use bitacora_commands::ports::EventLog;
use bitacora_projections::Projection;
use bitacora_projections::ports::{LogReader, ReadStore};
use bitacora_projections::rebuild::{RebuildError, RebuildOptions, RebuildReport, rebuild};
use bitacora_projections::runner::{self, Ports, Runner};
use clap::Args;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::askers::Askers;
use self::writers::Writers;
use crate::log::checks::projections;
use crate::log::world::{World, installation_key};
use crate::report::Report;

/// How to torture rebuilds.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Seed of all dice.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Commands written before the first rebuild.
    #[arg(long, default_value_t = 4_000)]
    pub commands: u64,
    /// How often each rebuild is stopped and taken up again, at most.
    #[arg(long, default_value_t = 3)]
    pub stops: u64,
}

const POOLS: PoolSizes = PoolSizes {
    admin: 6,
    writer: 6,
    projector: 16,
    reader: 4,
    api: 8,
    api_statement_timeout: Role::API_STATEMENT_TIMEOUT,
};
/// Attempts at one view while its lanes are too busy to swap.
const ATTEMPTS: u64 = 5;
/// Patience for anything that should come to its end.
const PATIENCE: Duration = Duration::from_mins(2);

/// The parts under torture.
struct Parts {
    pools: Pools,
    bus: CommandBus,
    reader: Arc<dyn LogReader>,
    store: Arc<PgReadStore>,
    models: Arc<PgReadModels>,
}

/// Runs it.
///
/// # Errors
/// When the torture itself breaks.
pub async fn run(options: Options) -> anyhow::Result<Report> {
    let begin = Instant::now();
    let mut report = Report::new("rebuild", options.seed);
    let world = World { seed: options.seed };
    let db = TestDb::new().await;
    let parts = assemble(&db, world).await?;
    let stop = CancellationToken::new();
    let live = Runner::new(
        Arc::clone(&parts.reader),
        parts.store.clone(),
        None,
        runner::Options::default(),
    );
    let token = stop.clone();
    let running = tokio::spawn(async move { live.run(token).await });

    let writers = Writers::start(&parts.bus, world, &stop);
    writers.wait_for(options.commands, PATIENCE).await?;
    let askers = Askers::start(&parts.models, world, options.seed, &stop);
    let mut dice = StdRng::seed_from_u64(options.seed);
    for view in bitacora_projections::views::all() {
        rebuild_one(&mut report, &parts, view, &options, &mut dice).await?;
    }
    stop.cancel();
    let written = writers.finish().await?;
    let asked = askers.finish().await?;
    tokio::time::timeout(PATIENCE, running).await.context("the runner does not stop")??;
    let views = Runner::new(
        Arc::clone(&parts.reader),
        parts.store.clone(),
        None,
        runner::Options::default(),
    );
    tokio::time::timeout(PATIENCE, views.catch_up()).await.context("the views are too slow")??;

    report.figure("commands written meanwhile", written.commands);
    report.check("no command failed meanwhile", written.failures);
    report.figure("queries asked meanwhile", asked.queries);
    report.check("no query failed meanwhile", asked.failures);
    projections::check(&mut report, &parts.pools.admin).await?;
    parts.pools.close().await;
    report.seconds = begin.elapsed().as_secs_f64();
    Ok(report)
}

async fn assemble(db: &TestDb, world: World) -> anyhow::Result<Parts> {
    let pools = Pools::connect(db.options(), POOLS).await?;
    let signals = LaneSignals::new();
    let heard = Arc::clone(&signals);
    let on_append = Arc::new(move |lane, position| heard.appended(lane, position));
    let options = AppenderOptions::default();
    let log = PgLog::start(&db.options(), &pools, on_append, installation_key(), options).await?;
    for (tenant, lane) in world.tenants() {
        log.assign_lane_to(tenant, Some(lane)).await?;
    }
    let log: Arc<dyn EventLog> = log;
    let bus =
        CommandBus::new(log, installation_key(), Arc::new(SystemClock), BusOptions::default());
    let tables = || {
        bitacora_projections::views::all().into_iter().map(bitacora_projections::Projection::table)
    };
    let models = Arc::new(PgReadModels::new(pools.api.clone(), tables()));
    let reader: Arc<dyn LogReader> =
        Arc::new(PgLogReader::new(pools.reader.clone(), Arc::clone(&signals)));
    let store = Arc::new(PgReadStore::new(&pools, signals, tables()));
    for table in tables() {
        store.ensure(table).await?;
    }
    Ok(Parts { pools, bus, reader, store, models })
}

/// Rebuilds one view, stopped now and then, and checks what came of it.
async fn rebuild_one(
    report: &mut Report,
    parts: &Parts,
    view: &'static dyn Projection,
    options: &Options,
    dice: &mut StdRng,
) -> anyhow::Result<()> {
    let name = view.table().name;
    let before = parts.store.live_generation(view.table()).await?;
    let mut stops = options.stops;
    let mut busy = 0;
    let done: Option<RebuildReport> = loop {
        // So many batches until the stop; none for the last run, which goes to the end.
        let batches = if stops > 0 { Some(dice.random_range(1..6)) } else { None };
        match attempt(parts, view, batches).await {
            None => {
                stops -= 1;
                report.fault("rebuild stopped and taken up again", 1);
            }
            Some(Ok(done)) => break Some(done),
            Some(Err(RebuildError::Busy(_))) if busy < ATTEMPTS => {
                busy += 1;
                report.fault("rebuild found its lanes too busy", 1);
            }
            Some(Err(error)) => {
                report.check("every rebuild comes to its end", [format!("{name}: {error}")]);
                break None;
            }
        }
    };
    let Some(done) = done else { return Ok(()) };
    report.check("every rebuild comes to its end", []);
    report.figure(&format!("{name}: events in the last run"), u64::try_from(done.events)?);
    report.figure(&format!("{name}: rows"), u64::try_from(done.comparison.rows.1)?);
    report.require(
        "the digests are equal",
        done.comparison.equal && done.comparison.swapped,
        || format!("{name}: {:?}", done.comparison),
    );
    let after = parts.store.live_generation(view.table()).await?;
    report.require("the new generation is live", after == Some(done.to) && after != before, || {
        format!("{name}: {after:?}, built {}, before {before:?}", done.to)
    });
    parts.store.drop_retired(view.table()).await?;
    Ok(())
}

/// One run of a rebuild; `None` when it was stopped after so many batches.
async fn attempt(
    parts: &Parts,
    view: &'static dyn Projection,
    batches: Option<u64>,
) -> Option<Result<RebuildReport, RebuildError>> {
    let store: Arc<dyn ReadStore> = parts.store.clone();
    let under = Ports { reader: Arc::clone(&parts.reader), store, search: None };
    let seen = Arc::new(AtomicU64::new(0));
    let stop = CancellationToken::new();
    let (counted, stopping) = (Arc::clone(&seen), stop.clone());
    let progress = Arc::new(move |_| {
        let now = counted.fetch_add(1, Ordering::Relaxed) + 1;
        if batches.is_some_and(|batches| now >= batches) {
            stopping.cancel();
        }
    });
    let options = RebuildOptions { workers: 2, ..RebuildOptions::default() };
    let run = rebuild(&under, view, options, progress);
    tokio::select! {
        biased;
        () = stop.cancelled() => {
            // Its transactions roll back before the next run looks.
            sleep(Duration::from_millis(50)).await;
            None
        }
        done = run => Some(done),
    }
}
