//! `bitacora reactors`: how far each has followed the log, and what to do about events that one
//! could not take. What reactors want done is in `bitacora effects`.

use std::sync::Arc;

use bitacora_commands::ports::ParkedReaction;
use bitacora_commands::reactors::{self, ParkingError, Reactor};
use bitacora_domain::{StreamId, TenantId};
use chrono::SecondsFormat;
use clap::Subcommand;
use serde_json::json;

use super::compose::Backend;
use super::parking::{self, Parked};
use super::{Context, Exit, Failure};

/// Most parked events that are listed.
const LISTED: i64 = 1_000;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Position and lag per reactor and lane (the default).
    List,
    /// Events that a reactor could not take, and those that wait behind them.
    Parked,
    /// Reacts to the parked events of an aggregate again.
    Retry(Target),
    /// Gives the parked events of an aggregate up for this reactor.
    Discard(Target),
}

#[derive(Debug, clap::Args)]
struct Target {
    /// The reactor.
    reactor: String,
    /// The aggregate, as `type/id`.
    stream: String,
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = match self.what.unwrap_or(What::List) {
            What::List => list(&context, &backend).await,
            What::Parked => parked(&context, &backend).await,
            What::Retry(target) => target.retry(&context, &backend).await,
            What::Discard(target) => target.discard(&context, &backend).await,
        };
        backend.close().await?;
        outcome
    }
}

async fn list(context: &Context, backend: &Backend) -> Result<Exit, Failure> {
    let checkpoints = backend.reactors.checkpoints().await.map_err(ParkingError::from)?;
    let rows: Vec<_> = checkpoints
        .iter()
        .map(|c| {
            vec![
                c.reactor.clone(),
                format!("v{}", c.version),
                c.lane.to_string(),
                c.position.to_string(),
                (c.head.0 - c.position.0).max(0).to_string(),
                c.parked.to_string(),
                c.moved_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            ]
        })
        .collect();
    let columns = ["reactor", "version", "lane", "position", "lag", "parked", "stored"];
    context.out.table(&columns, &rows);
    Ok(Exit::Done)
}

async fn parked(context: &Context, backend: &Backend) -> Result<Exit, Failure> {
    let events = backend.reactors.parked(None, LISTED).await.map_err(ParkingError::from)?;
    Ok(parking::list(context, "reactor", events.iter().map(Parked::from)))
}

impl<'a> From<&'a ParkedReaction> for Parked<'a> {
    fn from(event: &'a ParkedReaction) -> Self {
        Self {
            of: &event.reactor,
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
    /// The reactor and the tenant whose aggregate is meant.
    async fn find(
        &self,
        backend: &Backend,
    ) -> Result<(Arc<dyn Reactor>, TenantId, StreamId), Failure> {
        let known = reactors::all().into_iter().find(|known| known.name() == self.reactor);
        let reactor = known
            .ok_or_else(|| Failure::usage(format!("there is no reactor {:?}", self.reactor)))?;
        let stream = parking::stream(&self.stream)?;
        let all = backend.reactors.parked(None, i64::MAX).await.map_err(ParkingError::from)?;
        let tenant = parking::tenant(&self.reactor, &stream, all.iter().map(Parked::from))?;
        Ok((reactor, tenant, stream))
    }

    async fn retry(&self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let (reactor, tenant, stream) = self.find(backend).await?;
        let retried =
            reactors::retry_parked(&*backend.reactors, &*reactor, tenant, &stream).await?;
        let failed = retried.failed.as_ref();
        let failed = failed.map(|event| (event.position, &*event.code, &*event.reason));
        Ok(parking::retried(context, "taken", retried.taken, failed))
    }

    async fn discard(&self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let (reactor, tenant, stream) = self.find(backend).await?;
        let count =
            reactors::discard_parked(&*backend.reactors, reactor.key(), tenant, &stream).await?;
        context.out.emit(&json!({ "discarded": count }), || {
            format!("{count} discarded; nothing follows from them any more")
        });
        Ok(Exit::Done)
    }
}

impl From<ParkingError> for Failure {
    fn from(error: ParkingError) -> Self {
        let exit = match error {
            ParkingError::NotParked(_) => Exit::Refused,
            ParkingError::Busy | ParkingError::Store(_) => Exit::Unavailable,
        };
        Self::new(exit, error.code(), error)
    }
}
