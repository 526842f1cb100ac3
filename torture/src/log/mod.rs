//! `log`: two processes with real logs and real buses append through a proxy that cuts
//! connections around COMMIT; sessions are ended, processes frozen, strangers hold
//! transactions open. Live readers and the real projections follow all the while.

pub mod checks;
pub mod child;
pub mod family;
pub mod follow;
pub mod foreign;
pub mod freeze;
pub mod ledger;
pub mod load;
pub mod standstill;
pub mod wire;
pub mod world;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::pools::{PoolSizes, Pools, Role};
use bitacora_adapters::read::{LaneSignals, PgLogReader, PgReadStore, listener};
use bitacora_adapters::testing::TestDb;
use bitacora_projections::ports::LogReader;
use bitacora_projections::runner::{self, Runner};
use clap::Args;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::family::{Book, Kin};
use self::follow::Followed;
use self::foreign::ForeignStats;
use self::freeze::Freeze;
use self::world::{LANES, World, installation_key};
use crate::proxy::{Odds, Proxy};
use crate::report::Report;
use crate::scratch::Scratch;

/// How to torture the log.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Seed of all dice.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Seconds of load at least.
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
    /// Goes on until so many commits of unknown outcome turned out committed, and so many
    /// absent; gives up at six times the seconds.
    #[arg(long, default_value_t = 20)]
    pub min_unknown: u64,
    /// How often a child is frozen.
    #[arg(long, default_value_t = 4)]
    pub freezes: u64,
    /// Tasks at work in each of the two processes.
    #[arg(long, default_value_t = 24)]
    pub tasks: u64,
    /// Multiplies the odds of all faults of the proxy.
    #[arg(long, default_value_t = 1)]
    pub fault_rate: u32,
}

/// For the checks and for the live readers, who must not wait for the projections.
const POOLS: PoolSizes = PoolSizes {
    admin: 6,
    writer: 2,
    projector: 4,
    reader: 4,
    api: 1,
    api_statement_timeout: Role::API_STATEMENT_TIMEOUT,
};
/// Patience for the projections after the writers have ended.
const CATCH_UP: Duration = Duration::from_mins(2);

/// Everything that follows the log while it is written.
struct Followers {
    /// The projections' own, as large as the server's.
    pools: Pools,
    stop: CancellationToken,
    readers: Vec<JoinHandle<Followed>>,
    standstill: JoinHandle<(Duration, String)>,
    runner: JoinHandle<()>,
    views: Runner,
}

/// Runs it.
///
/// # Errors
/// When the torture itself breaks.
pub async fn run(options: Options) -> anyhow::Result<Report> {
    let begin = Instant::now();
    let mut report = Report::new("log", options.seed);
    let world = World { seed: options.seed };
    let db = TestDb::new().await;
    let pools = Pools::connect(db.options(), POOLS).await?;
    give_lanes(&db, &pools, world).await?;

    let scratch = Scratch::new()?;
    let book = Book::default();
    let mut proxies = Vec::new();
    let mut children = Vec::new();
    for n in 0..2_usize {
        let socket = scratch.path().join(n.to_string());
        std::fs::create_dir_all(&socket)?;
        let dice = options.seed.wrapping_mul(31).wrapping_add(n as u64);
        proxies.push(Proxy::start(&socket, &db.options(), dice, odds(options.fault_rate))?);
        children.push(Kin::start(
            n,
            &db.url(),
            &socket,
            options.seed,
            options.tasks,
            book.clone(),
        )?);
    }
    family::all_ready(&book, children.len()).await?;

    let followers = follow_all(&db, &pools, options.seed).await?;
    let foreign = Arc::new(ForeignStats::default());
    let strangers = CancellationToken::new();
    let gang = foreign::let_loose(&db.options(), options.seed, &foreign, &strangers);
    for proxy in &proxies {
        proxy.arm(true);
    }
    let freezes = torment(&options, &children, &proxies, &pools, &book).await?;
    for proxy in &proxies {
        proxy.arm(false);
    }
    strangers.cancel();
    for stranger in gang {
        stranger.await.context("a stranger broke")?;
    }
    for child in children {
        child.stop().await?;
    }
    let load_seconds = begin.elapsed().as_secs_f64();
    catch_up(&mut report, followers).await?;

    count_faults(&mut report, &proxies, &foreign, &freezes);
    // Nobody writes the book any more.
    let ledger = std::mem::take(&mut *book.open());
    figures(&mut report, &ledger, load_seconds);
    check_unknown(&mut report, &ledger, options.min_unknown);
    check_freezes(&mut report, &ledger, &freezes);
    checks::all(&mut report, &pools.admin, &ledger).await?;
    pools.close().await;
    report.seconds = begin.elapsed().as_secs_f64();
    Ok(report)
}

fn odds(rate: u32) -> Odds {
    let base = Odds::default();
    Odds {
        cut_before_commit: base.cut_before_commit * rate,
        cut_after_commit: base.cut_after_commit * rate,
        stall_commit: base.stall_commit * rate,
        cut_elsewhere: base.cut_elsewhere * rate,
        stall: base.stall * rate,
    }
}

async fn give_lanes(db: &TestDb, pools: &Pools, world: World) -> anyhow::Result<()> {
    let options = AppenderOptions::default();
    let quiet = Arc::new(|_, _| {});
    let log = PgLog::start(&db.options(), pools, quiet, installation_key(), options).await?;
    for (tenant, lane) in world.tenants() {
        let given = log.assign_lane_to(tenant, Some(lane)).await?;
        anyhow::ensure!(given == lane, "tenant {tenant} lives in another lane");
    }
    Ok(())
}

async fn follow_all(db: &TestDb, pools: &Pools, seed: u64) -> anyhow::Result<Followers> {
    let own = Pools::connect(db.options(), PoolSizes::default()).await?;
    let stop = CancellationToken::new();
    let signals = LaneSignals::new();
    tokio::spawn(listener::run(Arc::clone(&signals), db.options(), stop.clone()));
    let reader: Arc<dyn LogReader> =
        Arc::new(PgLogReader::new(own.reader.clone(), Arc::clone(&signals)));
    let readers = LANES
        .iter()
        .map(|lane| {
            // Each with a reader of its own besides the one of the projections, whose cache of
            // the lane's end they would otherwise share.
            let apart = Arc::new(PgLogReader::new(pools.reader.clone(), LaneSignals::new()));
            tokio::spawn(follow::follow(apart, *lane, seed, stop.clone()))
        })
        .collect();
    let tables =
        bitacora_projections::views::all().into_iter().map(bitacora_projections::Projection::table);
    let store = Arc::new(PgReadStore::new(&own, signals, tables));
    let make = || {
        let (reader, store) = (Arc::clone(&reader), store.clone());
        Runner::new(reader, store, None, runner::Options::default())
    };
    let standstill = tokio::spawn(standstill::watch(pools.admin.clone(), stop.clone()));
    let (running, views, token) = (make(), make(), stop.clone());
    let runner = tokio::spawn(async move { running.run(token).await });
    Ok(Followers { pools: own, stop, readers, standstill, runner, views })
}

/// Freezes the children in turn while the load runs; ends when time and counts are reached.
async fn torment(
    options: &Options,
    children: &[Kin],
    proxies: &[Proxy],
    pools: &Pools,
    book: &Book,
) -> anyhow::Result<Vec<Freeze>> {
    let begin = Instant::now();
    let least = Duration::from_secs(options.seconds);
    let most = least * 6;
    let mut freezes = Vec::new();
    let mut next = 0;
    loop {
        sleep(Duration::from_millis(500)).await;
        let elapsed = begin.elapsed();
        let (committed, absent) = book.open().unknown();
        let enough = committed >= options.min_unknown && absent >= options.min_unknown;
        if next >= options.freezes && elapsed >= least && (enough || elapsed >= most) {
            return Ok(freezes);
        }
        // Spread over the first part of the run.
        let due =
            least.mul_f64(0.7) * u32::try_from(next)? / u32::try_from(options.freezes.max(1))?;
        if next < options.freezes && elapsed >= due {
            let index = usize::try_from(next % 2)?;
            let (Some(child), Some(proxy)) = (children.get(index), proxies.get(index)) else {
                continue;
            };
            freezes.push(freeze::freeze(index, &child.process, proxy, &pools.admin).await?);
            next += 1;
        }
    }
}

async fn catch_up(report: &mut Report, followers: Followers) -> anyhow::Result<()> {
    let Followers { pools, stop, readers, standstill, runner, views } = followers;
    stop.cancel();
    let mut violations = Vec::new();
    let (mut events, mut pages) = (0, 0);
    for reader in readers {
        let followed = reader.await.context("a reader broke")?;
        events += followed.events;
        pages += followed.pages;
        violations.extend(followed.violations);
    }
    report.figure("events seen by live readers", events);
    report.figure("pages read by live readers", pages);
    report.check("a reader sees each position once, in order", violations);
    tokio::time::timeout(CATCH_UP, runner).await.context("the runner does not stop")??;
    let (longest, whose) = standstill.await.context("the watcher of standstills broke")?;
    report.seconds("longest standstill of a projection, seconds", longest.as_secs_f64());
    report.require("projections keep moving", longest <= standstill::LIMIT, || {
        format!("{whose} stood still behind the log for {longest:?}")
    });
    let deadline = Instant::now() + CATCH_UP;
    // Where it ends is checked afterwards, in the tables.
    while let Err(error) = views.catch_up().await {
        anyhow::ensure!(Instant::now() < deadline, "the views do not catch up: {error}");
        report.fault("(projections had to be asked again to catch up)", 1);
    }
    pools.close().await;
    Ok(())
}

fn count_faults(
    report: &mut Report,
    proxies: &[Proxy],
    foreign: &ForeignStats,
    freezes: &[Freeze],
) {
    for proxy in proxies {
        let stats = proxy.stats();
        for (name, counter) in [
            ("connection cut before COMMIT", &stats.cut_before_commit),
            ("connection cut after COMMIT", &stats.cut_after_commit),
            ("connection cut elsewhere", &stats.cut_elsewhere),
            ("COMMIT held back", &stats.stalled_commits),
            ("other message held back", &stats.stalls),
        ] {
            report.fault(name, counter.load(Ordering::Relaxed));
        }
        let connections = stats.connections.load(Ordering::Relaxed);
        report.fault("(connections made through the proxy)", connections);
        report.fault("(COMMITs through the proxy)", stats.commits.load(Ordering::Relaxed));
    }
    for (name, counter) in [
        ("foreign transaction held open", &foreign.held),
        ("long foreign read", &foreign.long_reads),
        ("foreign insert rolled back", &foreign.aborted),
        ("session ended by an administrator", &foreign.terminated),
    ] {
        report.fault(name, counter.load(Ordering::Relaxed));
    }
    report.fault("process frozen", freezes.len() as u64);
    let mid = freezes.iter().filter(|freeze| freeze.in_mid_batch).count();
    report.fault("process frozen in mid-batch", mid as u64);
}

fn figures(report: &mut Report, ledger: &ledger::Ledger, load_seconds: f64) {
    for stats in ledger.stats {
        report.fault("commit unknown, was committed", stats.unknown_committed);
        report.fault("commit unknown, was absent", stats.unknown_absent);
        report.fault("batch tried again", stats.retried);
        report.fault("batch with a poisonous value", stats.poisoned);
    }
    report.figure("batches", ledger.stats.iter().map(|stats| stats.batches).sum());
    report.figure("appends in batches", ledger.stats.iter().map(|stats| stats.appends).sum());
    report.figure("commands", ledger.entries.len() as u64);
    report.seconds("seconds of load", load_seconds);
    for (name, count) in ledger.tally() {
        report.figure(&name, count);
    }
}

fn check_unknown(report: &mut Report, ledger: &ledger::Ledger, least: u64) {
    let (committed, absent) = ledger.unknown();
    report.require(
        "unknown commits turned out both ways, often enough",
        committed >= least && absent >= least,
        || format!("{committed} committed and {absent} absent, wanted {least} of each"),
    );
}

fn check_freezes(report: &mut Report, ledger: &ledger::Ledger, freezes: &[Freeze]) {
    let silences = freeze::silences(ledger, freezes);
    let longest = silences.iter().map(|(_, _, seconds)| *seconds).fold(0.0, f64::max);
    report.seconds("longest silence of a lane in a freeze, seconds", longest);
    let limit = freeze::LIMIT.as_secs_f64();
    let late = silences.into_iter().filter(|(_, _, seconds)| *seconds > limit);
    report.check(
        "a lane goes on within 5 s of a freeze",
        late.map(|(freeze, lane, seconds)| format!("lane {lane}: {seconds:.1} s in {freeze:?}")),
    );
}
