//! Log lines and metrics.
//!
//! **Rule.** Personal data is never logged: log ids, codes and counts. `Personal<T>` and
//! `Secret` mask themselves in `Debug`; a test plays the whole demo and looks for its people in
//! the log.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::{Config, LogFormat};

/// Buckets of every `*_seconds` histogram: from a cached read to the longest time-out.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// Sends log lines to standard error, in the configured form. Only the first call of a process
/// has an effect.
pub fn init_logs(config: &Config) {
    let filter = EnvFilter::try_new(&config.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr);
    // An error says that a subscriber is there already, which is what we want.
    let _ = match config.log_format {
        LogFormat::Text => lines.with_ansi(is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}

fn is_terminal() -> bool {
    use std::io::IsTerminal as _;
    std::io::stderr().is_terminal()
}

/// What `/metrics` prints.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// The recorder of this process; installed by the first call.
    ///
    /// # Errors
    /// When another recorder was installed by somebody else.
    pub fn install() -> Result<Self, BuildError> {
        static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
        if let Some(handle) = HANDLE.get() {
            return Ok(Self(handle.clone()));
        }
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(
                metrics_exporter_prometheus::Matcher::Suffix("_seconds".into()),
                &SECONDS,
            )?
            .install_recorder()?;
        Ok(Self(HANDLE.get_or_init(|| handle).clone()))
    }

    /// The metrics in Prometheus' text form.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds what was recorded since; called every few seconds, so that memory stays bounded
    /// when nobody scrapes.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}
