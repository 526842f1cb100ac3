//! `bitacora inbox`: what webhooks said and was not simply done, and trying it again.

use bitacora_commands::ports::{NotedAnomaly, PendingFact, PendingState};
use bitacora_domain::TenantId;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::compose::Backend;
use super::{Context, Exit, Failure};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// How much there is of everything (the default); exit code 1 when facts have failed.
    Status,
    /// Facts that are kept, the latest first.
    List {
        /// Only those in this state.
        #[arg(long, value_enum)]
        state: Option<State>,
        /// At most so many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// What contradicts an earlier fact or could not be read, the latest first.
    Anomalies {
        /// At most so many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Tries a kept fact again, whatever its state; a process with the role `ingest` does it.
    Retry {
        /// The delivery that brought it.
        delivery: Uuid,
        /// Its place in the delivery, from 0.
        ordinal: i32,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum State {
    Waiting,
    Unroutable,
    Ignored,
    Failed,
}

impl From<State> for PendingState {
    fn from(state: State) -> Self {
        match state {
            State::Waiting => Self::Waiting,
            State::Unroutable => Self::Unroutable,
            State::Ignored => Self::Ignored,
            State::Failed => Self::Failed,
        }
    }
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = match self.what.unwrap_or(What::Status) {
            What::Status => status(&context, &backend).await,
            What::List { state, limit } => list(&context, &backend, state, limit).await,
            What::Anomalies { limit } => anomalies(&context, &backend, limit).await,
            What::Retry { delivery, ordinal } => retry(&context, &backend, delivery, ordinal).await,
        };
        backend.close().await?;
        outcome
    }
}

async fn status(context: &Context, backend: &Backend) -> Result<Exit, Failure> {
    let counts = backend.inbox.counts().await?;
    let line = |what: &str, name: &str, count: i64| {
        vec![what.to_owned(), name.to_owned(), count.to_string()]
    };
    let mut rows = vec![line("delivery", "open", counts.backlog)];
    rows.extend(counts.kept.iter().map(|(state, count)| line("fact", state.name(), *count)));
    rows.extend(counts.anomalies.iter().map(|(kind, count)| line("anomaly", kind, *count)));
    context.out.table(&["what", "kind", "count"], &rows);
    let failed = counts.kept.iter().any(|(state, _)| *state == PendingState::Failed);
    Ok(if failed { Exit::Found } else { Exit::Done })
}

async fn list(
    context: &Context,
    backend: &Backend,
    state: Option<State>,
    limit: i64,
) -> Result<Exit, Failure> {
    let facts = backend.inbox.kept(state.map(Into::into), limit).await?;
    let columns = [
        "delivery",
        "ordinal",
        "state",
        "reason",
        "attempts",
        "next",
        "tenant",
        "waits_for",
        "key",
    ];
    context.out.table(&columns, &facts.iter().map(fact_row).collect::<Vec<_>>());
    Ok(Exit::Done)
}

fn fact_row(fact: &PendingFact) -> Vec<String> {
    vec![
        fact.delivery.to_string(),
        fact.ordinal.to_string(),
        fact.state.name().to_owned(),
        fact.reason.clone(),
        fact.attempts.to_string(),
        fact.next_attempt_at.map_or_else(String::new, time),
        tenant(fact.tenant),
        fact.waits_for.clone().unwrap_or_default(),
        fact.key.clone(),
    ]
}

async fn anomalies(context: &Context, backend: &Backend, limit: i64) -> Result<Exit, Failure> {
    let anomalies = backend.inbox.anomalies(limit).await?;
    let rows: Vec<_> = anomalies.iter().map(anomaly_row).collect();
    context.out.table(&["noted", "kind", "delivery", "tenant", "key"], &rows);
    Ok(Exit::Done)
}

fn anomaly_row(anomaly: &NotedAnomaly) -> Vec<String> {
    vec![
        time(anomaly.noted_at),
        anomaly.kind.clone(),
        anomaly.delivery.to_string(),
        tenant(anomaly.tenant),
        anomaly.key.clone(),
    ]
}

async fn retry(
    context: &Context,
    backend: &Backend,
    delivery: Uuid,
    ordinal: i32,
) -> Result<Exit, Failure> {
    if !backend.inbox.retry(delivery, ordinal).await? {
        return Err(Failure::not_found(format!("no fact {ordinal} of {delivery} is kept")));
    }
    context.out.emit(&json!({ "delivery": delivery, "ordinal": ordinal, "due": true }), || {
        "due now; an ingest worker tries it within a second".to_owned()
    });
    Ok(Exit::Done)
}

fn tenant(tenant: Option<TenantId>) -> String {
    tenant.map_or_else(String::new, |tenant| tenant.to_string())
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
