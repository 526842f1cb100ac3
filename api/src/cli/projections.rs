//! `bitacora projections`: state and lag of every view, and what to do about parked events.

use bitacora_domain::{StreamId, TenantId};
use bitacora_projections::runner::parking::{self, ParkingError};
use bitacora_projections::{Projection, views};
use chrono::SecondsFormat;
use clap::Subcommand;
use serde_json::json;

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
    /// Position and lag per view and lane (the default).
    Status,
    /// Events that a view could not take, and those that wait behind them.
    Parked,
    /// Tries the parked events of an aggregate again.
    Retry(Target),
    /// Gives the parked events of an aggregate up for this view.
    Discard(Target),
}

#[derive(Debug, clap::Args)]
struct Target {
    /// The view.
    view: String,
    /// The aggregate, as `type/id`.
    stream: String,
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = match self.what.unwrap_or(What::Status) {
            What::Status => status(&context, &backend).await,
            What::Parked => parked(&context, &backend).await,
            What::Retry(target) => target.retry(&context, &backend).await,
            What::Discard(target) => target.discard(&context, &backend).await,
        };
        backend.close().await?;
        outcome
    }
}

async fn status(context: &Context, backend: &Backend) -> Result<Exit, Failure> {
    let mut checkpoints = backend.store.checkpoints().await?;
    checkpoints.sort_by(|a, b| {
        (&a.projection, a.generation, a.lane).cmp(&(&b.projection, b.generation, b.lane))
    });
    let rows: Vec<_> = checkpoints
        .iter()
        .map(|c| {
            let moved = c.moved_at.to_rfc3339_opts(SecondsFormat::Secs, true);
            let generation = format!("v{} g{}", c.schema, c.generation);
            vec![
                c.projection.clone(),
                generation,
                if c.live { "live" } else { "building" }.to_owned(),
                c.lane.to_string(),
                c.position.to_string(),
                (c.head.0 - c.position.0).max(0).to_string(),
                c.parked.to_string(),
                moved,
            ]
        })
        .collect();
    let columns = ["view", "table", "state", "lane", "position", "lag", "parked", "moved"];
    context.out.table(&columns, &rows);
    Ok(Exit::Done)
}

async fn parked(context: &Context, backend: &Backend) -> Result<Exit, Failure> {
    let events = backend.store.parked(None).await?;
    let rows: Vec<_> = events
        .iter()
        .map(|e| {
            vec![
                e.projection.clone(),
                e.stream.to_string(),
                format!("{}-{}", e.lane, e.position),
                e.code.clone(),
                e.attempts.to_string(),
                e.reason.clone(),
            ]
        })
        .collect();
    context.out.table(&["view", "aggregate", "position", "code", "attempts", "reason"], &rows);
    Ok(if rows.is_empty() { Exit::Done } else { Exit::Found })
}

impl Target {
    /// The view and the tenant whose aggregate is meant.
    async fn find(
        &self,
        backend: &Backend,
    ) -> Result<(&'static dyn Projection, TenantId, StreamId), Failure> {
        let view = views::find(&self.view)
            .ok_or_else(|| Failure::usage(format!("there is no view {:?}", self.view)))?;
        let (kind, id) = self
            .stream
            .split_once('/')
            .ok_or_else(|| Failure::usage("name the aggregate as type/id"))?;
        let stream = StreamId::new(kind, id);
        let events = backend.store.parked(None).await?;
        let parked = events.iter().find(|e| e.projection == self.view && e.stream == stream);
        let tenant = parked.map(|event| event.tenant).ok_or_else(|| {
            Failure::not_found(format!("nothing of {stream} is parked for {}", self.view))
        })?;
        Ok((view, tenant, stream))
    }

    async fn retry(&self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let (view, tenant, stream) = self.find(backend).await?;
        let retried = parking::retry_parked(&backend.ports(), view, tenant, &stream).await?;
        let failed = retried.failed.as_ref().map(|(position, code, reason)| {
            json!({ "position": position, "code": code, "reason": reason })
        });
        context.out.emit(&json!({ "applied": retried.applied, "failed": failed }), || {
            let rest =
                retried.failed.as_ref().map_or_else(String::new, |(position, code, reason)| {
                    format!("; position {position} still fails with {code}: {reason}")
                });
            format!("{} applied{rest}", retried.applied)
        });
        Ok(if retried.failed.is_none() { Exit::Done } else { Exit::Found })
    }

    async fn discard(&self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let (view, tenant, stream) = self.find(backend).await?;
        let count = parking::discard_parked(&backend.ports(), view, tenant, &stream).await?;
        context.out.emit(&json!({ "discarded": count }), || {
            format!("{count} discarded; a rebuild will meet them again")
        });
        Ok(Exit::Done)
    }
}

impl From<ParkingError> for Failure {
    fn from(error: ParkingError) -> Self {
        let exit = match error {
            ParkingError::NotParked(_) => Exit::Refused,
            ParkingError::Busy | ParkingError::Read(_) => Exit::Unavailable,
        };
        Self::new(exit, error.code(), error)
    }
}
