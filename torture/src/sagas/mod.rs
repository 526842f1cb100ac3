//! `sagas`: the real server is killed with -9 while money moves. Payments arrive by signed Stripe
//! webhooks in any order and again and again, leads wait for the credits that they bring and are
//! posted to a system that loses answers, and the leads' people call by Twilio. In the end each
//! paid order has given its credits once, and each delivered lead has cost one.

mod checks;
mod posts;
mod receiver;
mod stage;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bitacora_adapters::testing::TestDb;
use clap::Args;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use self::posts::Posts;
use self::receiver::Receiver;
use self::stage::Stage;
use crate::kill::server::Installation;
use crate::report::Report;
use crate::scratch::Scratch;

/// How to torture the sagas.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Seed of all dice.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Orders of credits, all of which are paid: each pays for two leads.
    #[arg(long, default_value_t = 120)]
    pub orders: u64,
    /// Leads that are ready; each person calls as well.
    #[arg(long, default_value_t = 200)]
    pub leads: u64,
    /// Kills.
    #[arg(long, default_value_t = 30)]
    pub kills: u64,
    /// The server's binary.
    #[arg(long, default_value = "target/debug/bitacora")]
    pub binary: PathBuf,
}

/// Secret with which Stripe's webhooks of this run are signed.
const STRIPE_SECRET: &str = "whsec_tortura_de_las_sagas";
/// Token with which Twilio's are.
const TWILIO_TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// How long a server may take until it does something.
const FIRST_SIGN: Duration = Duration::from_mins(2);
/// How long a kill waits for a lead to be handed over.
const HANDING_OVER: Duration = Duration::from_secs(3);
/// How long the end may take.
const DRAIN: Duration = Duration::from_mins(10);

/// Runs it.
///
/// # Errors
/// When the torture itself breaks.
pub async fn run(options: Options) -> anyhow::Result<Report> {
    let begin = Instant::now();
    let mut report = Report::new("sagas", options.seed);
    let db = TestDb::new().await;
    let scratch = Scratch::new()?;
    let receiver = Receiver::start(options.seed).await?;
    let installation = Installation::new(&options.binary, db.url(), scratch.path())?
        .with("STRIPE_WEBHOOK_SECRET", STRIPE_SECRET)
        .with("TWILIO_AUTH_TOKEN", TWILIO_TOKEN)
        .with("BITACORA_OFFLINE_PAYMENTS", "yes")
        .with("BITACORA_LEAD_TARGETS", "anywhere")
        // As the kills come: a minute of leaving a receiver alone would be most of the run.
        .with("BITACORA_BREAKER_SECONDS", "5");
    let stage = Stage::set(&options, &installation, &db, receiver.url()).await?;
    let posts = Arc::new(Posts::new(&options, &stage, &installation.address()));
    let posting = posts::start(&posts, options.seed)?;

    let admin = &db.pools().admin;
    kills(&options, &installation, (&posts, &receiver), admin, &mut report).await?;
    let _server = installation.serve().await?;
    for poster in posting {
        poster.await.context("a poster broke")??;
    }
    let mut over = drained(admin).await?;
    let given_up = stage.given_up(admin).await?;
    report.figure("deliveries given up, tried again by an operator", given_up.len() as u64);
    if !given_up.is_empty() {
        receiver.is_well();
        stage.try_again(&given_up).await?;
        over &= drained(admin).await?;
    }
    report.require("everything ends", over, || format!("after {} s", DRAIN.as_secs()));
    checks::check(&mut report, admin, &stage, &receiver).await?;
    report.figure("webhooks answered by 2xx", posts.accepted());
    report.fault("webhook sent again after its 2xx", posts.repeated());
    report.fault("webhook without an answer", posts.unanswered());
    receiver.tell(&mut report);
    report.seconds = begin.elapsed().as_secs_f64();
    Ok(report)
}

/// Start, wait until something happens, kill; again and again.
async fn kills(
    options: &Options,
    installation: &Installation,
    (posts, receiver): (&Posts, &Receiver),
    admin: &PgPool,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut dice = StdRng::seed_from_u64(options.seed);
    let mut at_work = 0;
    for kill in 0..options.kills {
        let mut server = installation.serve().await?;
        // Posts are let go in portions, so that every kill meets some.
        posts.let_go((kill + 1) * posts.len() / (options.kills + 1));
        let (before, deadline) = (events(admin).await?, Instant::now() + FIRST_SIGN);
        let some = dice.random_range(1..60);
        while events(admin).await? < before + some {
            if posts.is_idle() && is_idle(admin).await? {
                break;
            }
            anyhow::ensure!(Instant::now() < deadline, "the server does nothing");
            sleep(Duration::from_millis(2)).await;
        }
        // Every second kill comes while leads are handed over, if any are.
        let (seen, soon) = (receiver.seen(), Instant::now() + HANDING_OVER);
        while kill % 2 == 1 && receiver.seen() == seen && Instant::now() < soon {
            sleep(Duration::from_millis(2)).await;
        }
        sleep(Duration::from_millis(dice.random_range(0..200))).await;
        let busy = !posts.is_idle() || !is_idle(admin).await?;
        server.kill().await?;
        at_work += u64::from(busy);
        hurry(admin).await?;
    }
    posts.let_go(posts.len());
    report.fault("server killed with -9", options.kills);
    report.fault("… while something was to be done", at_work);
    report.require(
        "kills come while something is to be done",
        at_work * 2 >= options.kills,
        || format!("{at_work} of {}", options.kills),
    );
    Ok(())
}

async fn events(admin: &PgPool) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar("select count(*) from log.events").fetch_one(admin).await?)
}

/// Is nothing received and not worked off, nothing to be reacted to, and nothing due? Leads that
/// wait for credits are nobody's work.
async fn is_idle(admin: &PgPool) -> anyhow::Result<bool> {
    let sql = "select not exists (select from inbox.deliveries where processed_at is null)
        and not exists (select from effects.queue where state = 'running'
                        or (state = 'pending' and next_attempt_at <= now())
                        or (state = 'pending' and kind = 'lead.deliver'))";
    Ok(sqlx::query_scalar(sql).fetch_one(admin).await?)
}

/// Ends the leases of a server that is dead for certain, and the waits between the attempts at a
/// delivery, which are minutes and hours.
async fn hurry(admin: &PgPool) -> anyhow::Result<()> {
    for sql in [
        "update effects.queue set lease_until = now() - interval '1 second'
         where lease_until is not null and state = 'running'",
        "update effects.queue set next_attempt_at = now()
         where state in ('pending', 'unknown') and kind = 'lead.deliver'
           and next_attempt_at > now()",
    ] {
        sqlx::query(sql).execute(admin).await?;
    }
    Ok(())
}

/// Waits until nothing is to be done any more: no credits lie idle while a lead waits, since each
/// lead is paid for.
async fn drained(admin: &PgPool) -> anyhow::Result<bool> {
    let begin = Instant::now();
    let mut quiet = 0;
    while quiet < 4 {
        let sql = "update effects.queue set next_attempt_at = now()
                   where state in ('pending', 'unknown') and lease_until is null
                     and kind = 'lead.deliver' and next_attempt_at > now()";
        sqlx::query(sql).execute(admin).await?;
        sleep(Duration::from_millis(300)).await;
        quiet = if is_idle(admin).await? && !is_waiting(admin).await? { quiet + 1 } else { 0 };
        if begin.elapsed() > DRAIN {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Will something be done by itself, later? Attempts that kills cut off come back in some seconds,
/// and a reactor may be behind the log.
async fn is_waiting(admin: &PgPool) -> anyhow::Result<bool> {
    let sql = "select exists (select from inbox.facts where state = 'waiting')
        or exists (select from effects.reactors r join log.lane_heads h using (lane)
                   where r.position < h.position)
        or exists (select from effects.queue where state = 'unknown')
        or exists (select from effects.queue where state in ('dead', 'discarded')
                   and next_attempt_at is not null)
        or exists (select from effects.queue where state = 'pending'
                   and (failures > 0 or kind in ('lead.hand_over', 'lead.settle')))";
    Ok(sqlx::query_scalar(sql).fetch_one(admin).await?)
}
