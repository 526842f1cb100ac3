//! `kill`: the real server is killed with -9 at random moments under webhook load, started
//! again, and so on. What got a 200 must be in the read model exactly once, and a subscriber
//! that resumes with its last cursor must have neither hole nor double.

mod checks;
mod posters;
pub(crate) mod server;
mod subscriber;
pub(crate) mod webhook;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use bitacora_adapters::testing::TestDb;
use clap::Args;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::posters::Posted;
use self::server::Installation;
use self::subscriber::Notes;
use self::webhook::PHONE_NUMBER_ID;
use crate::report::Report;
use crate::scratch::Scratch;

/// How to torture the server.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Seed of all dice.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Kills.
    #[arg(long, default_value_t = 100)]
    pub rounds: u64,
    /// The server's binary.
    #[arg(long, default_value = "target/debug/bitacora")]
    pub binary: PathBuf,
    /// Tasks that post webhooks.
    #[arg(long, default_value_t = 24)]
    pub posters: u64,
}

/// A kill, and what was going on.
#[derive(Clone, Copy, Debug)]
struct Kill {
    backlog: u64,
    in_flight: u64,
}

/// The posters pause above this backlog, so that the end is not too far away.
const BACKLOG_LIMIT: u64 = 1_500;
/// How long a freshly started server may take until it accepts a webhook; covers the work that
/// its predecessor had claimed.
const FIRST_ANSWER: Duration = Duration::from_mins(3);

/// Runs it.
///
/// # Errors
/// When the torture itself breaks.
pub async fn run(options: Options) -> anyhow::Result<Report> {
    let begin = Instant::now();
    let mut report = Report::new("kill", options.seed);
    let db = TestDb::new().await;
    let scratch = Scratch::new()?;
    let installation = Installation::new(&options.binary, db.url(), scratch.path())?;
    let (token, start) = prepare(&installation).await?;

    let (posted, notes) = (Arc::new(Posted::default()), Notes::default());
    let (stop_posting, stop_watching) = (CancellationToken::new(), CancellationToken::new());
    let url = format!("http://{}/webhooks/meta/whatsapp", installation.address());
    let posters = posters::start(options.posters, options.seed, &url, &posted, &stop_posting)?;
    let watching = subscriber::watch(
        installation.address(),
        token.clone(),
        start,
        notes.clone(),
        stop_watching.clone(),
    );
    let watcher = tokio::spawn(watching);

    let admin = &db.pools().admin;
    let kills = rounds(&options, &installation, &posted, admin).await?;
    let last = installation.serve().await?;
    stop_posting.cancel();
    posted.paused.store(false, Ordering::Relaxed);
    for poster in posters {
        poster.await.context("a poster broke")??;
    }
    report.seconds("seconds of kills", begin.elapsed().as_secs_f64());
    let drain = Instant::now();
    let done = checks::drained(admin, &notes).await?;
    report.seconds("seconds until all was worked off", drain.elapsed().as_secs_f64());
    report.require("everything accepted is worked off in time", done, || {
        "inbox, views or subscriber are behind".to_owned()
    });
    checks::presence(&mut report, &kills);
    let address = installation.address();
    checks::check(&mut report, admin, &posted, &notes, &address, &token).await?;
    stop_watching.cancel();
    watcher.await.context("the subscriber broke")?;
    drop(last);
    figures(&mut report, &posted);
    report.seconds = begin.elapsed().as_secs_f64();
    Ok(report)
}

/// A tenant with a number; its token, and the cursor from which to watch.
async fn prepare(installation: &Installation) -> anyhow::Result<(String, String)> {
    let text = |value: &Value, field: &str| {
        value
            .get(field)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .with_context(|| format!("no {field}"))
    };
    let created = installation.cli(&["tenant", "create", "tortura", "--name", "Tortura"]).await?;
    let connect = [
        "tenant",
        "connect",
        "tortura",
        "--phone-number-id",
        PHONE_NUMBER_ID,
        "--display-phone",
        "+54 9 11 5550-1234",
    ];
    installation.cli(&connect).await?;
    let token = installation.cli(&["token", "tortura"]).await?;
    Ok((text(&token, "token")?, text(&created, "cursor")?))
}

/// Start, wait for the first answers, kill at a random moment; again and again.
async fn rounds(
    options: &Options,
    installation: &Installation,
    posted: &Posted,
    admin: &PgPool,
) -> anyhow::Result<Vec<Kill>> {
    let mut dice = StdRng::seed_from_u64(options.seed);
    let mut kills = Vec::new();
    for _ in 0..options.rounds {
        let mut server = installation.serve().await?;
        under_load(posted, admin).await?;
        sleep(Duration::from_millis(dice.random_range(5..900))).await;
        let in_flight = in_flight(posted).await;
        server.kill().await?;
        kills.push(Kill { backlog: checks::backlog(admin).await?, in_flight });
        steer(posted, admin).await?;
    }
    Ok(kills)
}

/// Requests that wait for an answer. A moment at which every poster happens to draw breath is
/// moved to the next request, which comes within milliseconds under load: with few rounds a
/// chance miss would say nothing about the server.
async fn in_flight(posted: &Posted) -> u64 {
    let begin = Instant::now();
    loop {
        let now = posted.in_flight.load(Ordering::Relaxed);
        if now > 0 || begin.elapsed() > Duration::from_millis(500) {
            return now;
        }
        sleep(Duration::from_millis(1)).await;
    }
}

/// Waits until webhooks are accepted again and the posters are at it.
async fn under_load(posted: &Posted, admin: &PgPool) -> anyhow::Result<()> {
    let deadline = Instant::now() + FIRST_ANSWER;
    let mut before = posted.accepted.load(Ordering::Relaxed);
    loop {
        steer(posted, admin).await?;
        let now = posted.accepted.load(Ordering::Relaxed);
        if posted.paused.load(Ordering::Relaxed) {
            before = now;
        } else if now > before {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < deadline, "the server accepts or works off nothing");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Lets the posters rest while the backlog is long.
async fn steer(posted: &Posted, admin: &PgPool) -> anyhow::Result<()> {
    let long = checks::backlog(admin).await? > BACKLOG_LIMIT;
    posted.paused.store(long, Ordering::Relaxed);
    Ok(())
}

fn figures(report: &mut Report, posted: &Posted) {
    for (name, counter) in [
        ("webhooks answered by 200", &posted.accepted),
        ("webhooks with several messages", &posted.batches),
        ("statuses", &posted.statuses),
    ] {
        report.figure(name, counter.load(Ordering::Relaxed));
    }
    report.fault(
        "request broken off or refused in passing",
        posted.unanswered.load(Ordering::Relaxed),
    );
    report.fault("webhook sent again after its 200", posted.duplicates.load(Ordering::Relaxed));
}
