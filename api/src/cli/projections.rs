//! `bitacora projections`: state and lag of every view, and what to do about parked events.

use bitacora_domain::{StreamId, TenantId};
use bitacora_projections::ports::ParkedEvent;
use bitacora_projections::runner::parking::{ParkingError, discard_parked, retry_parked};
use bitacora_projections::{Projection, views};
use chrono::SecondsFormat;
use clap::Subcommand;
use serde_json::json;

use super::compose::Backend;
use super::parking::{self, Parked};
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
    Ok(parking::list(context, "view", events.iter().map(Parked::from)))
}

impl<'a> From<&'a ParkedEvent> for Parked<'a> {
    fn from(event: &'a ParkedEvent) -> Self {
        Self {
            of: &event.projection,
            tenant: event.tenant,
            stream: &event.stream,
            lane: event.lane,
            position: event.position,
            code: &event.code,
            attempts: event.attempts,
            reason: &event.reason,
        }
    }
}

impl Target {
    /// The view and the tenant whose aggregate is meant.
    async fn find(
        &self,
        backend: &Backend,
    ) -> Result<(&'static dyn Projection, TenantId, StreamId), Failure> {
        let view = views::find(&self.view)
            .ok_or_else(|| Failure::usage(format!("there is no view {:?}", self.view)))?;
        let stream = parking::stream(&self.stream)?;
        let events = backend.store.parked(None).await?;
        let tenant = parking::tenant(&self.view, &stream, events.iter().map(Parked::from))?;
        Ok((view, tenant, stream))
    }

    async fn retry(&self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let (view, tenant, stream) = self.find(backend).await?;
        let retried = retry_parked(&backend.ports(), view, tenant, &stream).await?;
        let failed = retried.failed.as_ref();
        let failed = failed.map(|(position, code, reason)| (*position, &**code, &**reason));
        Ok(parking::retried(context, "applied", retried.applied, failed))
    }

    async fn discard(&self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let (view, tenant, stream) = self.find(backend).await?;
        let count = discard_parked(&backend.ports(), view, tenant, &stream).await?;
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
