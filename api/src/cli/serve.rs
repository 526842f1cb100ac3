//! `bitacora serve`: everything that one process does, from start to graceful end.
//!
//! The end, in order: stop accepting and tell sockets (1012), let requests in flight finish, stop
//! workers at a batch edge, close connections, stop the managed Postgres. A second signal ends
//! the process at once; whatever was acknowledged is durable all the same.

use std::time::{Duration, Instant};

use bitacora_api::config::{Config, Role};
use bitacora_api::http::{self, listen};
use bitacora_api::telemetry::Metrics;
use bitacora_commands::effects::EffectParts;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::compose::Backend;
use super::supervisor::Supervisor;
use super::workers;
use super::{Context, Exit, Failure, demo};
use super::{checkout, leads, messenger, recordings, telephony};

/// How long workers may take to reach a batch edge.
const WORKER_GRACE: Duration = Duration::from_secs(20);
/// Exit code after a second signal, as shells have it for Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Plays the demo: two shops, their customers, signed webhooks.
    #[arg(long)]
    demo: bool,
    /// Address and port [env: BITACORA_BIND] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
    /// What this process does [env: BITACORA_ROLES] [default: api,ingest,projector,effects]
    #[arg(long, value_name = "ROLES")]
    roles: Option<String>,
}

impl Args {
    pub(super) async fn run(self, mut context: Context) -> Result<Exit, Failure> {
        let started = Instant::now();
        context.overrides.bind = self.bind;
        context.overrides.roles = self.roles;
        let config = context.config()?;
        let stop = CancellationToken::new();
        watch_signals(stop.clone())?;
        // Before Postgres is started: a taken port is the more likely fault, and cheaper to tell.
        let listener = TcpListener::bind(config.bind).await.map_err(|error| {
            Failure::unavailable(format!("cannot listen on {}: {error}", config.bind))
        })?;
        let backend = Backend::open(&config).await?;
        let outcome =
            serve(&context, &config, &backend, listener, stop, (started, self.demo)).await;
        backend.close().await?;
        tracing::info!("stopped");
        outcome.map(|()| Exit::Done)
    }
}

async fn serve(
    context: &Context,
    config: &Config,
    backend: &Backend,
    listener: TcpListener,
    stop: CancellationToken,
    (started, with_demo): (Instant, bool),
) -> Result<(), Failure> {
    let metrics = Metrics::install().map_err(Failure::internal)?;
    let address = listener.local_addr()?;
    let payments = checkout::open(config, backend, address)?;
    let leads = leads::open(config, backend, with_demo)?;
    let app = backend.app(config, payments.till.clone(), leads.clone(), stop.clone())?;
    workers::prepare(backend).await?;
    let supervisor = Supervisor::default();
    let messenger = messenger::open(config, backend, address, with_demo)?;
    let parts = EffectParts {
        messenger,
        checkout: payments.checkout,
        leads,
        blobs: backend.blobs.clone(),
        recordings: recordings::open(config)?,
        calls: telephony::open(config, backend, address, with_demo)?,
        ..EffectParts::over(backend.bus.clone())
    };
    workers::start(&supervisor, config, backend, &metrics, &parts);

    let url = format!("http://{address}");
    let router = if config.has(Role::Api) {
        http::router(&app, metrics)
    } else {
        http::side_router(&app, metrics)
    };
    let http = tokio::spawn(listen::serve(listener, router, config.limits, stop.clone()));
    let roles: Vec<_> = config.roles.iter().map(|role| role.as_str()).collect();
    let ready_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(url, roles = roles.join(","), ready_ms, "ready");
    let document = json!({ "event": "ready", "url": url, "roles": roles, "readyMs": ready_ms });
    context.out.emit(&document, || format!("Bitácora está lista en {url}  ({ready_ms} ms)"));

    if with_demo {
        let demo = demo::Stage::set(config, backend, &url).await?;
        demo.announce(context);
        let (stop, quiet) = (stop.clone(), context.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                outcome = demo.play(&quiet, true) => if let Err(failure) = outcome {
                    tracing::error!(code = failure.code, "the demo ended: {}", failure.message);
                }
            }
        });
    }

    stop.cancelled().await;
    let finished = http.await.unwrap_or(false);
    let stopped = supervisor.stop(WORKER_GRACE).await;
    if !finished || !stopped {
        tracing::warn!(
            requests_finished = finished,
            workers_stopped = stopped,
            "cut off at the end"
        );
    }
    Ok(())
}

/// Cancels `stop` at the first INT or TERM; ends the process at the second.
fn watch_signals(stop: CancellationToken) -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        for turn in 0.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if turn > 0 {
                std::process::exit(INTERRUPTED);
            }
            tracing::info!("stopping; a second signal ends the process at once");
            stop.cancel();
        }
    });
    Ok(())
}
