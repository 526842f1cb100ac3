//! Signals between processes, over one connection: `LISTEN`, the debounced `NOTIFY`, and the
//! poll that is the safety net.
//!
//! The three share a connection on purpose: the poll proves every second that the connection on
//! which we would hear something is alive. When it is not (closed, frozen, cut without a word),
//! a new one is made and polls at once, so what was announced meanwhile is not missed.

use std::sync::Arc;
use std::time::Duration;

use bitacora_domain::{Epoch, Lane, Position};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::notify::{LOG_CHANNEL, LaneSignals, PROGRESS_CHANNEL, Topic};
use super::sql;

/// At most one `NOTIFY` per process in this time.
const DEBOUNCE: Duration = Duration::from_millis(5);
/// How often heads and checkpoints are read although nobody said anything.
const POLL: Duration = Duration::from_secs(1);
/// A connection that does not answer within this time is dead.
const PATIENCE: Duration = Duration::from_secs(5);
/// First and longest wait before another connection is tried.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

/// The session acts as the projector, and an announcement need not wait for the disk.
const SESSION: &str = "select set_config('role', current_database() || '_projector', false), \
     set_config('application_name', $1, false), \
     set_config('synchronous_commit', 'off', false)";

/// A connection that listens: its name in the database, its metrics and its channels.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) up: &'static str,
    pub(super) restarts: &'static str,
    pub(super) channels: &'static [&'static str],
}

const LINE: Line = Line {
    name: "bitacora-listener",
    up: "bitacora_listener_up",
    restarts: "bitacora_listener_restarts",
    channels: &[LOG_CHANNEL, PROGRESS_CHANNEL],
};

/// Carries signals between processes until `stop`. One per process.
pub async fn run(signals: Arc<LaneSignals>, options: PgConnectOptions, stop: CancellationToken) {
    heal(&LINE, stop, || session(&signals, &options)).await;
}

/// Keeps a connection alive until `stop`: when its session ends, another one begins.
pub(super) async fn heal<F>(line: &Line, stop: CancellationToken, session: impl Fn() -> F)
where
    F: Future<Output = Result<(), sqlx::Error>>,
{
    let mut backoff = BACKOFF.0;
    loop {
        let started = Instant::now();
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = session() => ended,
        };
        metrics::gauge!(line.up).set(0.0);
        metrics::counter!(line.restarts).increment(1);
        let error = ended.err().map(|error| error.to_string());
        let line = line.name;
        tracing::warn!(error, line, "a listener lost its connection and makes a new one");
        backoff = if started.elapsed() > BACKOFF.1 { BACKOFF.0 } else { backoff };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(backoff) => backoff = (backoff * 2).min(BACKOFF.1),
        }
    }
}

/// One connection's life; ends with it.
async fn session(signals: &LaneSignals, options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut listener = within(connect(&LINE, options)).await?;
    // After LISTEN: what came before is read now, what comes later is heard.
    within(poll(&mut listener, signals)).await?;
    metrics::gauge!(LINE.up).set(1.0);
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    let mut next_send = Instant::now();
    loop {
        tokio::select! {
            heard = listener.try_recv() => match heard? {
                Some(note) => hear(signals, note.channel(), note.payload()),
                None => return Ok(()),
            },
            () = signals.outbox_filled.notified() => {
                sleep_until(next_send).await;
                send(&mut listener, signals).await?;
                next_send = Instant::now() + DEBOUNCE;
            }
            _ = ticks.tick() => within(poll(&mut listener, signals)).await?,
        }
    }
}

/// A step of a session; a connection that does not answer in time is dead.
pub(super) async fn within<T>(
    step: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let elapsed = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    timeout(PATIENCE, step).await.map_err(elapsed)?
}

/// A connection that hears the channels of the line, and is not replaced behind our back.
pub(super) async fn connect(
    line: &Line,
    options: &PgConnectOptions,
) -> Result<PgListener, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(PATIENCE)
        .connect_with(options.clone())
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.ignore_pool_close_event(true);
    listener.eager_reconnect(false);
    sqlx::query(SESSION).bind(line.name).execute(&mut listener).await?;
    let channels = sqlx::query_scalar::<_, String>(sql::CHANNELS).bind(line.channels);
    let channels = channels.fetch_all(&mut listener).await?;
    listener.listen_all(channels.iter().map(String::as_str)).await?;
    Ok(listener)
}

/// Channels have a key of the database behind their name.
fn hear(signals: &LaneSignals, channel: &str, payload: &str) {
    let channel = channel.rsplit_once('_').map_or(channel, |(name, _)| name);
    if let Some((topic, position)) = Topic::parse(channel, payload) {
        signals.heard(topic, position);
    } else {
        tracing::warn!(channel, "an announcement that we do not understand");
    }
}

/// Announces everything that is new, in one statement; on failure it stays to be announced.
async fn send(listener: &mut PgListener, signals: &LaneSignals) -> Result<(), sqlx::Error> {
    let outbox = signals.take_outbox();
    if outbox.is_empty() {
        return Ok(());
    }
    let (channels, payloads): (Vec<_>, Vec<_>) =
        outbox.iter().map(|(topic, position)| topic.payload(*position)).unzip();
    let query = sqlx::query(sql::NOTIFY).bind(channels).bind(payloads);
    let sent = within(query.execute(listener)).await;
    if sent.is_err() {
        signals.put_back(outbox);
    }
    sent.map(drop)
}

async fn poll(listener: &mut PgListener, signals: &LaneSignals) -> Result<(), sqlx::Error> {
    let heads: Vec<(i16, i64, i32)> =
        sqlx::query_as(sql::POLL_HEADS).fetch_all(&mut *listener).await?;
    for (lane, position, epoch) in heads {
        signals.heard_epoch(Epoch(epoch));
        signals.heard_lane(Lane(lane), Position(position));
    }
    let rows: Vec<(String, i32, i16, i64)> =
        sqlx::query_as(sql::POLL_PROGRESS).fetch_all(listener).await?;
    for (name, schema, lane, position) in rows {
        let topic = Topic::Progress(format!("{name}_v{schema}"), Lane(lane));
        signals.heard(topic, Position(position));
    }
    Ok(())
}
