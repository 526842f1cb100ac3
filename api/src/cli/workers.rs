//! The workers of a server process, by role.

use std::sync::Arc;
use std::time::Duration;

use bitacora_api::config::{Config, Role};
use bitacora_api::telemetry::Metrics;
use bitacora_commands::effects::{self, EffectOptions, EffectParts, EffectWorker};
use bitacora_commands::ingest::{Ingest, IngestOptions};
use bitacora_commands::ports::Messenger;
use bitacora_projections::runner::{Options, Runner};
use bitacora_projections::views;

use super::Failure;
use super::compose::Backend;
use super::supervisor::Supervisor;

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
    messenger: Arc<dyn Messenger>,
) {
    if config.has(Role::Ingest) {
        let options = IngestOptions::default();
        let ingest = Ingest::new(backend.bus.clone(), backend.inbox.clone(), options);
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
        start_effects(supervisor, backend, messenger);
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

/// The worker's name stands beside every attempt that it makes.
fn start_effects(supervisor: &Supervisor, backend: &Backend, messenger: Arc<dyn Messenger>) {
    let parts = EffectParts { bus: backend.bus.clone(), messenger };
    let name = format!("effects-{}", backend.clock.fresh_id().simple());
    let worker = EffectWorker::new(
        name,
        backend.effects.clone(),
        backend.clock.clone(),
        effects::all(&parts),
        EffectOptions::default(),
    );
    let stop = supervisor.stop_token();
    supervisor.keep("effects".into(), move || {
        let (worker, stop) = (worker.clone(), stop.clone());
        async move { worker.run(stop).await }
    });
}
