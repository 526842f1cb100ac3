//! Keeps workers alive: a worker task that ends or panics is started again, later and later.
//!
//! Workers are loops that end only when told to. One that ends by itself has met a bug or an
//! outage; the process as a whole goes on serving, and `bitacora_worker_restarts_total` tells.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A worker that ran this long was healthy: its next failure counts as the first.
const HEALTHY_AFTER: Duration = Duration::from_mins(1);

/// All workers of the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Supervisor {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Supervisor {
    /// The token that tells workers to stop at the next batch edge.
    pub(super) fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs what `start` makes, and makes it again whenever it ends before we stop.
    pub(super) fn keep<F>(&self, name: String, start: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (tasks, stop) = (self.tasks.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let mut pause = FIRST_PAUSE;
            while !stop.is_cancelled() {
                let since = Instant::now();
                // A task of its own, so that a panic ends the worker and not the supervisor.
                let ended = tasks.spawn(start()).await;
                if stop.is_cancelled() {
                    break;
                }
                pause = if since.elapsed() > HEALTHY_AFTER { FIRST_PAUSE } else { pause };
                let panicked = ended.is_err();
                tracing::error!(
                    worker = name,
                    panicked,
                    pause_ms = pause.as_millis(),
                    "a worker ended by itself and is started again"
                );
                metrics::counter!("bitacora_worker_restarts_total", "worker" => name.clone())
                    .increment(1);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(pause) => {}
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        });
    }

    /// Tells all workers to stop and waits for them; whether all did within `grace`.
    pub(super) async fn stop(&self, grace: Duration) -> bool {
        self.stop.cancel();
        self.tasks.close();
        tokio::time::timeout(grace, self.tasks.wait()).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_worker_that_panics_or_ends_is_started_again_until_told_to_stop() {
        let starts = Arc::new(AtomicU32::new(0));
        let supervisor = Supervisor::default();
        let (counter, stop) = (starts.clone(), supervisor.stop_token());
        supervisor.keep("test".into(), move || {
            let (counter, stop) = (counter.clone(), stop.clone());
            async move {
                match counter.fetch_add(1, Ordering::SeqCst) {
                    0 => panic!("by the test"),
                    1 => {}
                    _ => stop.cancelled().await,
                }
            }
        });
        let until = Instant::now() + Duration::from_secs(20);
        while starts.load(Ordering::SeqCst) < 3 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(supervisor.stop(Duration::from_secs(1)).await);
        assert_eq!(starts.load(Ordering::SeqCst), 3);
    }
}
