//! `calls`: the real server dials through a carrier that loses answers, resets connections and says
//! no, and is killed with -9 while it dials. What was made is told by signed webhooks, late, out of
//! order and twice, or not at all. Nobody's phone may ring twice for one attempt, and every attempt
//! must end as what really became of it.

mod book;
mod callbacks;
mod checks;
mod course;
mod fake;
mod fate;
mod found;
mod stage;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use bitacora_adapters::testing::TestDb;
use clap::Args;
use futures::future::try_join_all;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use self::book::Book;
use self::stage::Stage;
use crate::kill::server::{Installation, end_leases};
use crate::report::Report;
use crate::scratch::Scratch;

/// How to torture dialling.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Seed of all dice.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Calls that are wanted.
    #[arg(long, default_value_t = 240)]
    pub calls: u64,
    /// Tenants, each with two numbers.
    #[arg(long, default_value_t = 4)]
    pub tenants: u64,
    /// Kills.
    #[arg(long, default_value_t = 12)]
    pub kills: u64,
    /// The server's binary.
    #[arg(long, default_value = "target/debug/bitacora")]
    pub binary: PathBuf,
    /// How long the carrier is left alone when it keeps failing, in seconds.
    #[arg(long, default_value_t = 5)]
    pub breaker: u16,
}

/// How long a server may take until it dials.
const FIRST_REQUEST: Duration = Duration::from_mins(2);
/// How long the end may take.
const DRAIN: Duration = Duration::from_mins(10);
/// Operators at a time.
const DISCARDED_AT_ONCE: usize = 4;
/// Between two looks at what waits.
const LOOK: Duration = Duration::from_millis(300);

/// Runs it.
///
/// # Errors
/// When the torture itself breaks.
pub async fn run(options: Options) -> anyhow::Result<Report> {
    let begin = Instant::now();
    let mut report = Report::new("calls", options.seed);
    let db = TestDb::new().await;
    let scratch = Scratch::new()?;
    let book = Book::default();
    let carrier = fake::start(options.seed, &book).await?;
    let installation = Installation::new(&options.binary, db.url(), scratch.path())?;
    let public = format!("http://{}", installation.address());
    let installation = installation
        .with("TWILIO_ACCOUNT_SID", fake::ACCOUNT)
        .with("TWILIO_AUTH_TOKEN", fake::TOKEN)
        .with("TWILIO_API_URL", carrier)
        .with("BITACORA_PUBLIC_URL", public)
        // Attempts that nobody knows of keep their lines until an operator looks.
        .with("BITACORA_CALL_LINES", "100")
        .with("BITACORA_CALLS_PER_CONTACT_DAY", "100")
        .with("BITACORA_BREAKER_SECONDS", options.breaker.to_string());
    let admin = &db.pools().admin;
    let stage = Stage::set(&options, &installation, &db).await?;
    let wanting = tokio::spawn(stage.want_all());
    kills(&options, &installation, &book, admin, &mut report).await?;

    let _server = installation.serve().await?;
    let drained = drained(admin, &book, Some(&wanting)).await?;
    report.require("everything ends but what nobody knows", drained, backlog);
    if drained {
        wanting.await.context("wanting calls broke")??;
    }
    let left = checks::unknown_and_never_made(&mut report, admin, &book).await?;
    for some in left.chunks(DISCARDED_AT_ONCE) {
        try_join_all(some.iter().map(|effect| installation.discard_effect(*effect))).await?;
    }
    report.figure("unknown for ever: never made, discarded", left.len() as u64);
    let over = self::drained(admin, &book, None).await?;
    report.require("an operator ends the rest", over, backlog);
    checks::check(&mut report, admin, &book).await?;
    report.seconds = begin.elapsed().as_secs_f64();
    Ok(report)
}

/// Start, wait until it dials, kill; again and again.
async fn kills(
    options: &Options,
    installation: &Installation,
    book: &Book,
    admin: &PgPool,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut dice = StdRng::seed_from_u64(options.seed);
    let (mut in_mid_dial, mut cut_off) = (0, 0);
    for _ in 0..options.kills {
        let mut server = installation.serve().await?;
        let (deadline, mut look) = (Instant::now() + FIRST_REQUEST, Instant::now() + LOOK);
        let (before, some) = (book.requests(), dice.random_range(1..8));
        while book.requests() < before + some || book.in_flight() == 0 {
            anyhow::ensure!(Instant::now() < deadline, "the server dials nobody");
            if Instant::now() >= look {
                hurry(admin).await?;
                look = Instant::now() + LOOK;
            }
            sleep(Duration::from_millis(1)).await;
        }
        in_mid_dial += u64::from(book.in_flight() > 0);
        server.kill().await?;
        cut_off += attempts_cut_off(admin).await?;
        end_leases(admin).await?;
    }
    report.fault("server killed with -9", options.kills);
    report.fault("… while it dialled", in_mid_dial);
    report.fault("attempts that a kill cut off after they began", cut_off);
    report.require("kills cut attempts off", cut_off > 0, || "not one".to_owned());
    let most = in_mid_dial * 10 >= options.kills * 8;
    report
        .require("kills come in mid-dial", most, || format!("{in_mid_dial} of {}", options.kills));
    Ok(())
}

/// Attempts that have begun and have no outcome, whose worker is dead.
async fn attempts_cut_off(admin: &PgPool) -> anyhow::Result<u64> {
    let sql = "select count(*) from log.events b
        join effects.queue q on q.kind = 'call.place' and q.state = 'running'
         and q.payload ->> 'call' = b.aggregate_id
         and q.payload ->> 'attempt' = b.payload -> b.event_type ->> 'attempt'
        where b.aggregate_type = 'call_session' and b.event_type = 'CallPlacementRequested'
          and not exists (
            select from log.events o where o.aggregate_type = 'call_session'
             and o.aggregate_id = b.aggregate_id and o.sequence > b.sequence
             and o.event_type in ('CallPlaced', 'CallPlacementUnknown', 'CallPlacementFailed')
             and o.payload -> o.event_type ->> 'attempt' = b.payload -> b.event_type ->> 'attempt')";
    let count: i64 = sqlx::query_scalar(sql).fetch_one(admin).await?;
    Ok(count.unsigned_abs())
}

/// Ends waits: the half minute between questions about an attempt, the quarter of an hour after
/// which the carrier is asked for an end, and the minute until a second attempt.
async fn hurry(admin: &PgPool) -> anyhow::Result<()> {
    let sql = "update effects.queue set next_attempt_at = now()
        where state in ('pending', 'unknown') and lease_until is null and next_attempt_at > now()
          and (kind in ('call.place', 'call.check', 'call.hang_up')
               or (kind = 'command' and payload -> 'body' ? 'ReleaseCall'))";
    sqlx::query(sql).execute(admin).await?;
    Ok(())
}

/// Waits until nothing is to be done; false when that takes too long.
async fn drained(
    admin: &PgPool,
    book: &Book,
    wanting: Option<&JoinHandle<anyhow::Result<()>>>,
) -> anyhow::Result<bool> {
    let begin = Instant::now();
    let mut quiet = 0;
    while quiet < 3 {
        hurry(admin).await?;
        sleep(LOOK).await;
        let done = wanting.is_none_or(JoinHandle::is_finished)
            && book.under_way() == 0
            && !is_busy(admin).await?
            && checks::unknown_but_made(admin, book).await? == 0;
        quiet = if done { quiet + 1 } else { 0 };
        if begin.elapsed() > DRAIN {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Is anything to be taken in, done, told or shown? Timers of another day are not.
async fn is_busy(admin: &PgPool) -> anyhow::Result<bool> {
    let sql = "select exists (select from inbox.deliveries where processed_at is null)
        or exists (select from inbox.facts where state = 'waiting')
        or exists (select from effects.queue where state in ('pending', 'running')
                   and due_at < now() + interval '1 hour')
        or exists (select from effects.queue where state in ('dead', 'discarded')
                   and next_attempt_at is not null)
        or exists (select from ops.checkpoints c join log.lane_heads h using (lane)
                   where c.position < h.position)";
    Ok(sqlx::query_scalar(sql).fetch_one(admin).await?)
}

fn backlog() -> String {
    format!("after {} s", DRAIN.as_secs())
}
