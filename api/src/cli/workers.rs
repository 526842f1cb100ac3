//! The workers of a server process, by role.

use std::time::Duration;

use bitacora_api::config::{Config, Role};
use bitacora_api::telemetry::Metrics;
use bitacora_commands::ingest::{Ingest, IngestOptions};
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
