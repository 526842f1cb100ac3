//! The workers of a server process, by role.

use std::time::Duration;

use bitacora_api::config::{Config, Role};
use bitacora_api::telemetry::Metrics;
use bitacora_commands::effects::{self, EffectOptions, EffectParts, EffectWorker};
use bitacora_commands::ingest::{Ingest, IngestOptions};
use bitacora_commands::reactors::{self, ReactorOptions, ReactorRunner};
use bitacora_projections::runner::{Options, Runner};
use bitacora_projections::views;
use chrono::TimeDelta;

use super::compose::Backend;
use super::supervisor::Supervisor;
use super::{Failure, blobs};

/// How often metrics are folded.
const UPKEEP: Duration = Duration::from_secs(5);

/// Makes the read tables that are missing, so that queries have something to read even before
/// (or without) a projector.
pub(super) async fn prepare(backend: &Backend) -> Result<(), Failure> {
    for view in views::all() {
        backend.store.ensure(view.table()).await?;
    }
    Ok(())
}

/// Starts the workers of the configured roles.
pub(super) fn start(
    supervisor: &Supervisor,
    config: &Config,
    backend: &Backend,
    metrics: &Metrics,
    parts: &EffectParts,
) {
    if config.has(Role::Ingest) {
        let options =
            IngestOptions { live_payments: config.stripe.is_live(), ..IngestOptions::default() };
        let (bus, inbox, blobs) =
            (backend.bus.clone(), backend.inbox.clone(), backend.blobs.clone());
        let ingest = Ingest::with_files(bus, inbox, blobs, options);
        let stop = supervisor.stop_token();
        supervisor.keep("ingest".into(), move || {
            let (ingest, stop) = (ingest.clone(), stop.clone());
            async move { ingest.run(stop).await }
        });
    }
    if config.has(Role::Projector) {
        let (reader, store) = (backend.reader.clone(), backend.store.clone());
        let stop = supervisor.stop_token();
        supervisor.keep("projector".into(), move || {
            let runner = Runner::new(reader.clone(), store.clone(), None, Options::default());
            let stop = stop.clone();
            async move { runner.run(stop).await }
        });
    }
    if config.has(Role::Effects) {
        start_effects(supervisor, config, backend, parts);
        start_reactors(supervisor, backend);
        let (blobs, clock) = (backend.blobs.clone(), backend.clock.clone());
        let stop = supervisor.stop_token();
        supervisor
            .keep("blobs".into(), move || blobs::sweep(blobs.clone(), clock.clone(), stop.clone()));
    }
    let (metrics, stop) = (metrics.clone(), supervisor.stop_token());
    supervisor.keep("metrics".into(), move || {
        let (metrics, stop) = (metrics.clone(), stop.clone());
        async move {
            while !stop.is_cancelled() {
                metrics.upkeep();
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(UPKEEP) => {}
                }
            }
        }
    });
}

/// Beside the workers of effects, which are woken in this process by what reactors store.
fn start_reactors(supervisor: &Supervisor, backend: &Backend) {
    let runner =
        ReactorRunner::new(backend.reactors.clone(), reactors::all(), ReactorOptions::default());
    let stop = supervisor.stop_token();
    supervisor.keep("reactors".into(), move || {
        let (runner, stop) = (runner.clone(), stop.clone());
        async move { runner.run(stop).await }
    });
}

/// The worker's name stands beside every attempt that it makes.
fn start_effects(supervisor: &Supervisor, config: &Config, backend: &Backend, parts: &EffectParts) {
    let mut options = EffectOptions::default();
    let open_for = TimeDelta::from_std(config.limits.breaker_open);
    options.breaker.open_for = open_for.unwrap_or(options.breaker.open_for);
    let name = format!("effects-{}", backend.clock.fresh_id().simple());
    let worker = EffectWorker::new(
        name,
        backend.effects.clone(),
        backend.clock.clone(),
        effects::all(parts),
        options,
    );
    let stop = supervisor.stop_token();
    supervisor.keep("effects".into(), move || {
        let (worker, stop) = (worker.clone(), stop.clone());
        async move { worker.run(stop).await }
    });
}
