//! `send`: messages leave the real server through a Cloud API that loses answers, resets
//! connections and says no, while the server is killed with -9 in the middle of requests.
//! Statuses come back by signed webhooks, late, out of order and twice. The provider must have
//! taken no message twice, and every message must end as what really became of it.

mod book;
mod checks;
mod fake;
mod fate;
mod stage;
mod statuses;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use bitacora_adapters::testing::TestDb;
use clap::Args;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use self::book::Book;
use self::stage::Stage;
use crate::kill::server::{Installation, end_leases};
use crate::report::Report;
use crate::scratch::Scratch;

/// How to torture sending.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Seed of all dice.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Conversations.
    #[arg(long, default_value_t = 60)]
    pub conversations: u64,
    /// Messages in each of them.
    #[arg(long, default_value_t = 10)]
    pub messages: u64,
    /// Kills.
    #[arg(long, default_value_t = 12)]
    pub kills: u64,
    /// The server's binary.
    #[arg(long, default_value = "target/debug/bitacora")]
    pub binary: PathBuf,
    /// Waits for the leases of killed servers instead of ending them (75 s for each kill).
    #[arg(long)]
    pub patient: bool,
    /// How long the provider is left alone when it keeps failing, in seconds.
    #[arg(long, default_value_t = 60)]
    pub breaker: u16,
}

/// How long a server may take until it sends something.
const FIRST_REQUEST: Duration = Duration::from_mins(3);
/// How long the end may take: breakers open again and again, as they should.
const DRAIN: Duration = Duration::from_mins(20);

/// Runs it.
///
/// # Errors
/// When the torture itself breaks.
pub async fn run(options: Options) -> anyhow::Result<Report> {
    let begin = Instant::now();
    let mut report = Report::new("send", options.seed);
    let db = TestDb::new().await;
    let scratch = Scratch::new()?;
    let book = Book::default();
    let graph = fake::start(options.seed, &book).await?;
    let installation = Installation::new(&options.binary, db.url(), scratch.path())?
        .with("WHATSAPP_ACCESS_TOKEN", fake::TOKEN)
        .with("WHATSAPP_GRAPH_URL", graph)
        .with("BITACORA_BREAKER_SECONDS", options.breaker.to_string());
    book.webhooks_at(format!("http://{}/webhooks/meta/whatsapp", installation.address()));

    let admin = &db.pools().admin;
    let mut first = installation.serve().await?;
    let stage = Stage::set(&options, &installation, &book, admin, &db).await?;
    // Until it is gone, the next one cannot listen.
    first.kill().await?;
    let queueing = tokio::spawn(stage.queue_all());
    kills(&options, &installation, &book, admin, &mut report).await?;

    let _server = installation.serve().await?;
    queueing.await.context("queueing broke")??;
    let drain = Instant::now();
    let drained = drained(&options, admin, &book, Settled::ButUnknown).await?;
    report.require("everything ends but what nobody knows", drained, || backlog_text(&book));
    let found = checks::Found::read(admin).await?;
    let left = checks::unknown_and_never_taken(&mut report, &found, &book);
    for effect in checks::effects_of(admin, &left).await? {
        installation.discard_effect(effect).await?;
    }
    report.figure("unknown for ever: never taken, discarded", left.len() as u64);
    let over = drained_all(&options, admin, &book).await?;
    report.require("an operator ends the rest", over, || backlog_text(&book));
    report.seconds("seconds until all was worked off", drain.elapsed().as_secs_f64());
    let found = checks::Found::read(admin).await?;
    checks::check(&mut report, admin, &found, &book).await?;
    report.seconds = begin.elapsed().as_secs_f64();
    Ok(report)
}

/// Start, wait until requests are under way, kill; again and again.
async fn kills(
    options: &Options,
    installation: &Installation,
    book: &Book,
    admin: &PgPool,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut dice = StdRng::seed_from_u64(options.seed);
    let (mut in_mid_send, mut cut_off) = (0, 0);
    for _ in 0..options.kills {
        let mut server = installation.serve().await?;
        let deadline = Instant::now() + FIRST_REQUEST;
        let before = book.requests();
        let some = dice.random_range(1..12);
        while book.requests() < before + some || book.in_flight() == 0 {
            anyhow::ensure!(Instant::now() < deadline, "the server sends nothing");
            sleep(Duration::from_millis(1)).await;
        }
        in_mid_send += u64::from(book.in_flight() > 0);
        server.kill().await?;
        cut_off += attempts_cut_off(admin).await?;
        if !options.patient {
            end_leases(admin).await?;
        }
    }
    report.fault("server killed with -9", options.kills);
    report.fault("… while requests were under way", in_mid_send);
    report.fault("attempts that a kill cut off after they began", cut_off);
    report.require("kills cut attempts off", cut_off > 0, || "not one".to_owned());
    let most = in_mid_send * 10 >= options.kills * 8;
    report
        .require("kills come in mid-send", most, || format!("{in_mid_send} of {}", options.kills));
    Ok(())
}

/// Messages of which an attempt has begun and has no outcome: nobody is alive to give one.
async fn attempts_cut_off(admin: &PgPool) -> anyhow::Result<u64> {
    let sql = "select count(*) from log.events b
        join effects.queue q on q.kind = 'message.send' and q.state = 'running'
         and q.payload ->> 'conversation' = b.aggregate_id
         and q.payload ->> 'message' = b.payload -> b.event_type ->> 'message'
         and q.attempts = (b.payload -> b.event_type ->> 'attempt')::int
        where b.aggregate_type = 'conversation' and b.event_type = 'MessageSendAttempted'
          and not exists (
            select from log.events o where o.aggregate_type = 'conversation'
             and o.aggregate_id = b.aggregate_id and o.sequence > b.sequence
             and o.payload -> o.event_type ->> 'message' = b.payload -> b.event_type ->> 'message')";
    let count: i64 = sqlx::query_scalar(sql).fetch_one(admin).await?;
    Ok(count.unsigned_abs())
}

/// What may be left when waiting is over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    ButUnknown,
    All,
}

async fn drained_all(options: &Options, admin: &PgPool, book: &Book) -> anyhow::Result<bool> {
    drained(options, admin, book, Settled::All).await
}

/// Waits until nothing is to be done; false when that takes too long. Unknown effects are asked
/// about at once instead of in half a minute.
async fn drained(
    options: &Options,
    admin: &PgPool,
    book: &Book,
    settled: Settled,
) -> anyhow::Result<bool> {
    let begin = Instant::now();
    let mut quiet = 0;
    while quiet < 3 {
        if !options.patient {
            let sql = "update effects.queue set next_attempt_at = now()
                       where state = 'unknown' and lease_until is null and next_attempt_at > now()";
            sqlx::query(sql).execute(admin).await?;
        }
        sleep(Duration::from_millis(700)).await;
        let left = if settled == Settled::All {
            checks::open_effects(admin, &["pending", "running", "unknown"]).await?
        } else {
            checks::open_effects(admin, &["pending", "running"]).await?
                + checks::unknown_but_reported(admin).await?
        };
        let told = checks::untold(admin).await? == 0;
        let done = left == 0 && told && book.statuses_open() == 0 && inbox_open(admin).await? == 0;
        quiet = if done { quiet + 1 } else { 0 };
        if begin.elapsed() > DRAIN {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn inbox_open(admin: &PgPool) -> anyhow::Result<i64> {
    let sql = "select count(*) from inbox.deliveries where processed_at is null";
    Ok(sqlx::query_scalar(sql).fetch_one(admin).await?)
}

fn backlog_text(book: &Book) -> String {
    format!("after {} s; {} statuses are not delivered", DRAIN.as_secs(), book.statuses_open())
}
