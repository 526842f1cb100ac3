//! `bitacora doctor`: looks at everything that can be wrong, in the order in which one thing
//! needs the other, and says what to do. Changes nothing (a managed Postgres is started for as
//! long as it looks).

use std::sync::Arc;
use std::time::Instant;

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::effects::PgEffects;
use bitacora_adapters::managed::OLDEST_MAJOR;
use bitacora_adapters::pools::{PoolSizes, Pools, admin_pool};
use bitacora_adapters::reactors::PgReactors;
use bitacora_adapters::read::{LaneSignals, PgLogReader, PgReadStore};
use bitacora_adapters::{admin, migrate};
use bitacora_api::config::{BlobPlace, Config, Database, Faults, Keys};
use bitacora_commands::ports::{Clock as _, EffectQueue as _, EffectState, ReactorStore as _};
use bitacora_projections::ports::ReadStore as _;
use bitacora_projections::views;
use chrono::TimeDelta;
use serde_json::json;
use tokio::sync::Notify;

use super::compose::Place;
use super::{Context, Exit, Failure, blobs};

/// A view further behind than this many events is worth a warning.
const LAG: i64 = 10_000;
/// An effect that is due for longer has nobody who does it.
const OVERDUE: TimeDelta = TimeDelta::minutes(5);

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    Note,
    Problem,
}

/// The findings so far.
struct Report<'a> {
    context: &'a Context,
    problems: usize,
}

impl Report<'_> {
    fn add(&mut self, verdict: Verdict, what: &str, finding: impl std::fmt::Display) {
        let (word, sign) = match verdict {
            Verdict::Ok => ("ok", "✓"),
            Verdict::Note => ("note", "·"),
            Verdict::Problem => ("problem", "✗"),
        };
        self.problems += usize::from(verdict == Verdict::Problem);
        let finding = finding.to_string();
        let document = json!({ "check": what, "verdict": word, "finding": finding });
        self.context.out.emit(&document, || format!("{sign} {what:<14} {finding}"));
    }

    fn check<T, E: std::fmt::Display>(&mut self, what: &str, outcome: Result<T, E>) -> Option<T> {
        outcome.map_err(|error| self.add(Verdict::Problem, what, error)).ok()
    }
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let mut report = Report { context: &context, problems: 0 };
        report.add(Verdict::Ok, "version", env!("CARGO_PKG_VERSION"));
        if let Some(config) = configuration(&mut report, &context) {
            messenger(&mut report, &config);
            telephony(&mut report, &config);
            leads(&mut report, &config);
            payments(&mut report, &config);
            blob_store(&mut report, &config).await;
            database(&mut report, &config).await?;
        }
        offline(&mut report);
        Ok(if report.problems == 0 { Exit::Done } else { Exit::Found })
    }
}

fn configuration(report: &mut Report<'_>, context: &Context) -> Option<Config> {
    let config = match context.config() {
        Ok(config) => config,
        Err(failure) => {
            report.add(Verdict::Problem, "configuration", failure.message);
            return None;
        }
    };
    report.add(Verdict::Ok, "configuration", format!("listens on {}", config.bind));
    match Keys::missing(&config) {
        Faults(faults) if faults.is_empty() => {
            report.add(Verdict::Ok, "secrets", "configured or generated");
        }
        faults => report.add(Verdict::Problem, "secrets", faults),
    }
    for (path, mode) in Keys::files(&config.state_dir) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if mode.trailing_zeros() >= 6 {
            // nothing for group and others
            report.add(Verdict::Ok, "key file", format!("{name} has mode {mode:o}"));
        } else {
            let advice = format!("{} has mode {mode:o}: chmod 600", path.display());
            report.add(Verdict::Problem, "key file", advice);
        }
    }
    Some(config)
}

async fn database(report: &mut Report<'_>, config: &Config) -> Result<(), Failure> {
    let started = Instant::now();
    let opened = Place::open(config).await.map_err(|failure| failure.message);
    let Some(place) = report.check("postgres", opened) else { return Ok(()) };
    let looked = look(report, config, &place, started).await;
    place.close().await?;
    looked.unwrap_or_default();
    Ok(())
}

/// Everything that needs the database; `None` when one thing that the rest needs is missing.
async fn look(
    report: &mut Report<'_>,
    config: &Config,
    place: &Place,
    started: Instant,
) -> Option<()> {
    let pool = report.check("postgres", admin_pool(place.connection(), 2).await)?;
    let version = report.check("postgres", admin::server_version(&pool).await)?;
    let major: u32 =
        version.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok())?;
    let whose = match config.database {
        Database::Managed => "managed",
        Database::External(_) => "external",
    };
    let finding = format!("{version}, {whose}, reached in {} ms", started.elapsed().as_millis());
    let verdict = if major >= OLDEST_MAJOR { Verdict::Ok } else { Verdict::Problem };
    report.add(verdict, "postgres", finding);

    let pending = report.check("migrations", migrate::pending(&pool).await)?;
    pool.close().await;
    if !pending.is_empty() {
        let finding = format!("{} to apply: bitacora migrate (serve does it, too)", pending.len());
        report.add(Verdict::Note, "migrations", finding);
        return None;
    }
    report.add(Verdict::Ok, "migrations", "all applied");

    let pools = Pools::connect(place.connection().clone(), PoolSizes::default()).await;
    let pools = report.check("roles", pools)?;
    let outcome = services(report, place, &pools).await;
    pools.close().await;
    outcome
}

async fn services(report: &mut Report<'_>, place: &Place, pools: &Pools) -> Option<()> {
    let faults = report.check("roles", admin::isolation_faults(&pools.admin).await)?;
    match faults.as_slice() {
        [] => report.add(Verdict::Ok, "roles", "writer, projector, api; tenants are isolated"),
        faults => report.add(Verdict::Problem, "roles", faults.join("; ")),
    }
    let heard = admin::notification_round_trip(place.connection()).await;
    let took = report.check("listener", heard)?;
    report.add(
        Verdict::Ok,
        "listener",
        format!("a notification came back in {} ms", took.as_millis()),
    );

    let tables = views::all().into_iter().map(bitacora_projections::Projection::table);
    let store = PgReadStore::new(pools, LaneSignals::new(), tables);
    let checkpoints = report.check("projections", store.checkpoints().await)?;
    let live = || checkpoints.iter().filter(|checkpoint| checkpoint.live);
    let lag = live().map(|c| c.head.0 - c.position.0).max().unwrap_or(0);
    let verdict = if lag > LAG { Verdict::Problem } else { Verdict::Ok };
    report.add(
        verdict,
        "projections",
        format!("{} lanes of views, at most {lag} events behind", live().count()),
    );
    match live().map(|c| c.parked).sum::<i64>() {
        0 => report.add(Verdict::Ok, "parked", "nothing"),
        parked => report.add(
            Verdict::Problem,
            "parked",
            format!("{parked} events: bitacora projections parked"),
        ),
    }

    let inbox = report.check("inbox", admin::inbox_state(&pools.writer).await)?;
    report.add(Verdict::Ok, "inbox", format!("{} deliveries wait", inbox.backlog));
    for (state, count) in inbox.kept {
        let verdict = if state == "failed" { Verdict::Problem } else { Verdict::Note };
        report.add(verdict, "kept facts", format!("{count} {state}"));
    }
    effects(report, pools).await
}

async fn effects(report: &mut Report<'_>, pools: &Pools) -> Option<()> {
    let (queue, now) = (PgEffects::new(pools, Arc::new(Notify::new())), SystemClock.now());
    let counts = report.check("effects", queue.counts(now).await)?;
    let waiting = counts.of(EffectState::Pending) + counts.of(EffectState::Running);
    let late = counts.oldest_due.map(|due| now - due).filter(|late| *late > OVERDUE);
    match late {
        None => report.add(Verdict::Ok, "effects", format!("{waiting} wait for their time")),
        Some(late) => {
            let finding = format!(
                "the oldest due one waits for {} min: is there a process with the role effects?",
                late.num_minutes()
            );
            report.add(Verdict::Problem, "effects", finding);
        }
    }
    for (state, advice) in [
        (EffectState::Dead, "given up: bitacora effects list, then retry or discard"),
        (EffectState::Unknown, "nobody knows whether they happened: bitacora effects list"),
    ] {
        match counts.of(state) {
            0 => {}
            count => report.add(Verdict::Problem, "dead letters", format!("{count} {advice}")),
        }
    }
    reactors(report, pools).await
}

async fn reactors(report: &mut Report<'_>, pools: &Pools) -> Option<()> {
    let reader = Arc::new(PgLogReader::new(pools.reader.clone(), LaneSignals::new()));
    let store = PgReactors::new(pools, reader, Arc::new(Notify::new()));
    let checkpoints = report.check("reactors", store.checkpoints().await)?;
    let lag = checkpoints.iter().map(|c| c.head.0 - c.position.0).max().unwrap_or(0);
    let (verdict, advice) = if lag > LAG {
        (Verdict::Problem, ": is there a process with the role effects?")
    } else {
        (Verdict::Ok, "")
    };
    let lanes = checkpoints.len();
    let finding = format!("{lanes} lanes of reactors, at most {lag} events behind{advice}");
    report.add(verdict, "reactors", finding);
    match checkpoints.iter().map(|c| c.parked).sum::<i64>() {
        0 => {}
        parked => report.add(
            Verdict::Problem,
            "parked reactions",
            format!("{parked} events: bitacora reactors parked"),
        ),
    }
    Some(())
}

/// Where recordings are kept: something is written there, read and deleted.
async fn blob_store(report: &mut Report<'_>, config: &Config) {
    let place = blobs::place(config).map_err(|error| error.to_string());
    let Some(place) = report.check("blobs", place) else { return };
    let described = blobs::described(config);
    if let Err(error) = place.probe().await {
        let finding = format!("{described} cannot be used: {error}");
        return report.add(Verdict::Problem, "blobs", finding);
    }
    report.add(Verdict::Ok, "blobs", format!("{described}: written, read, deleted"));
    let shared = matches!(config.database, Database::External(_));
    if shared && matches!(config.blobs.place, BlobPlace::Directory(_)) {
        let advice =
            "a directory is of one machine: several need the same one, or BITACORA_BLOBS=s3://…";
        report.add(Verdict::Note, "blobs", advice);
    }
}

/// What stands in for providers.
fn offline(report: &mut Report<'_>) {
    report.add(Verdict::Note, "search", "no index: nothing is searched in this version");
}

/// Where orders of credits are paid.
fn payments(report: &mut Report<'_>, config: &Config) {
    let told = match config.stripe.secret_key {
        Some(_) => return report.add(Verdict::Ok, "payments", &config.stripe.api_url),
        None if config.plays_payments() => {
            "offline: no money moves, pages are played on this machine; set STRIPE_SECRET_KEY"
        }
        None => "none: orders of credits fail; set STRIPE_SECRET_KEY",
    };
    report.add(Verdict::Note, "payments", told);
}

/// Where forms of leads come from, and where leads may go.
fn leads(report: &mut Report<'_>, config: &Config) {
    match config.meta_leads_access_token {
        Some(_) => report.add(Verdict::Ok, "Lead Ads", &config.whatsapp_graph_url),
        None => report.add(
            Verdict::Note,
            "Lead Ads",
            "offline: forms are invented by seed; set META_LEADS_ACCESS_TOKEN",
        ),
    }
    let told = if config.lead_targets_anywhere { "anywhere" } else { "public addresses, https" };
    report.add(Verdict::Ok, "leads out", told);
}

/// Where calls leave.
fn telephony(report: &mut Report<'_>, config: &Config) {
    let calls = &config.calls;
    let twilio = calls.twilio_account_sid.as_ref().map(|_| calls.twilio_api_url.as_str());
    let agents = calls.elevenlabs_key.as_ref().map(|_| calls.elevenlabs_api_url.as_str());
    let connected: Vec<_> = twilio.into_iter().chain(agents).collect();
    if connected.is_empty() {
        let told = "offline: nobody's phone rings, calls are played by seed; set \
                    TWILIO_ACCOUNT_SID or ELEVENLABS_API_KEY";
        report.add(Verdict::Note, "telephony", told);
    } else {
        let (lines, urls) = (calls.lines, connected.join(", "));
        report.add(Verdict::Ok, "telephony", format!("{urls}; {lines} lines a tenant"));
    }
}

/// Where messages leave.
fn messenger(report: &mut Report<'_>, config: &Config) {
    match config.whatsapp_access_token {
        Some(_) => {
            let (url, version) = (&config.whatsapp_graph_url, &config.whatsapp_graph_version);
            report.add(Verdict::Ok, "WhatsApp out", format!("cloud: {url}, {version}"));
        }
        None => report.add(
            Verdict::Note,
            "WhatsApp out",
            "offline: no message leaves the house, statuses are played by seed; set WHATSAPP_ACCESS_TOKEN",
        ),
    }
}
