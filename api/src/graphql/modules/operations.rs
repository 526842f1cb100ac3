//! For operators of the tenant: how far the read side is, and what is parked. Everything here
//! is about the caller's own tenant; nobody reaches another one's events.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, Union};
use bitacora_domain::StreamId;
use bitacora_projections::ports::ParkedEvent as Parked;
use bitacora_projections::runner::Ports;
use bitacora_projections::runner::parking::{self, ParkingError};
use bitacora_projections::{Projection, views};
use chrono::{DateTime, Utc};

use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::mutation::{NotFoundError, RefusedError};
use crate::graphql::scalars::Position;

/// How far a read table is, for the caller's tenant.
#[derive(Clone, Debug, SimpleObject)]
pub struct ProjectionStatus {
    /// Name of the table.
    pub name: String,
    /// Version of its shape.
    pub schema: i64,
    /// Events of the tenant's part of the log that it has not taken in yet.
    pub lag: i64,
    /// When it last took something in.
    pub moved_at: DateTime<Utc>,
    /// Events of the tenant that wait for an operator.
    pub parked: i64,
}

/// An event that a read table could not take in, or that waits behind such a one.
#[derive(Clone, Debug, SimpleObject)]
pub struct ParkedEvent {
    /// Read table.
    pub projection: String,
    /// Type of the aggregate that is parked.
    pub aggregate: String,
    /// Id of the aggregate that is parked.
    pub aggregate_id: String,
    /// Position of the event in the tenant's part of the log.
    pub position: i64,
    /// Stable code; `QUEUED` for an event that only waits behind another one.
    pub code: String,
    /// What went wrong.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was parked.
    pub parked_at: DateTime<Utc>,
}

impl From<Parked> for ParkedEvent {
    fn from(parked: Parked) -> Self {
        Self {
            projection: parked.projection,
            aggregate: parked.stream.aggregate_type,
            aggregate_id: parked.stream.aggregate_id,
            position: parked.position.0,
            code: parked.code,
            reason: parked.reason,
            attempts: parked.attempts,
            parked_at: parked.parked_at,
        }
    }
}

/// Which parked aggregate.
#[derive(Clone, Debug, InputObject)]
pub struct ParkedInput {
    /// Read table.
    pub projection: String,
    /// Type of the aggregate.
    pub aggregate: String,
    /// Id of the aggregate.
    pub aggregate_id: String,
    /// Echoed in the payload.
    pub client_mutation_id: Option<String>,
}

/// An expected failure of `retryParked` or `discardParked`.
#[derive(Clone, Debug, Union)]
pub enum ParkedError {
    /// Nothing of this aggregate is parked there for this tenant.
    NotFound(NotFoundError),
    /// It cannot be done now: try again.
    Refused(RefusedError),
}

/// What became of `retryParked`.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct RetryParkedPayload {
    /// Events that went in.
    pub applied: i64,
    /// Position of the event that still fails; the rest waits behind it.
    pub failed_position: Option<i64>,
    /// Code of its failure.
    pub failed_code: Option<String>,
    /// Why nothing was done; empty when something was.
    pub errors: Vec<ParkedError>,
    /// As in the input.
    pub client_mutation_id: Option<String>,
}

/// What became of `discardParked`.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct DiscardParkedPayload {
    /// Events that were given up: they never reach the read table.
    pub discarded: i64,
    /// Why nothing was done; empty when something was.
    pub errors: Vec<ParkedError>,
    /// As in the input.
    pub client_mutation_id: Option<String>,
}

/// Fields of the query root.
#[derive(Default)]
pub struct OperationQueries;

#[Object]
impl OperationQueries {
    /// How far each read table is. For owners and administrators.
    async fn projections(&self, ctx: &Context<'_>) -> Result<Vec<ProjectionStatus>> {
        let caller = Caller::of(ctx)?;
        caller.require(Capability::Operate)?;
        Ok(status(caller).await?)
    }

    /// Events of the tenant that wait for an operator, oldest first. For owners and
    /// administrators.
    async fn parked_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most this many, 0–100; 20 when not given.")] first: Option<i32>,
    ) -> Result<Vec<ParkedEvent>> {
        let caller = Caller::of(ctx)?;
        caller.require(Capability::Operate)?;
        let limits = &caller.app.limits.graphql;
        let first = first.unwrap_or(limits.page_size_default).clamp(0, limits.page_size_max);
        let limit = usize::try_from(first).unwrap_or_default();
        let parked = caller.app.store.parked(Some(caller.tenant())).await.map_err(Fault::from)?;
        Ok(parked.into_iter().take(limit).map(ParkedEvent::from).collect())
    }

    /// The last position of the tenant's log: with it as `atLeast`, a query sees everything
    /// that was done before.
    async fn log_position(&self, ctx: &Context<'_>) -> Result<Position> {
        let caller = Caller::of(ctx)?;
        let tip = caller.app.log.tip(caller.tenant()).await.map_err(Fault::unavailable)?;
        Ok(Position(tip))
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct OperationMutations;

#[Object]
impl OperationMutations {
    /// Takes the parked events of an aggregate in again, in order, read anew. For owners and
    /// administrators.
    async fn retry_parked(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which aggregate, for which read table.")] input: ParkedInput,
    ) -> Result<RetryParkedPayload> {
        let caller = Caller::of(ctx)?;
        caller.require(Capability::Operate)?;
        let client_mutation_id = input.client_mutation_id.clone();
        let (stream, view) = match parked(&input) {
            Ok(found) => found,
            Err(error) => {
                let errors = vec![error];
                return Ok(RetryParkedPayload { errors, client_mutation_id, ..Default::default() });
            }
        };
        let retried = parking::retry_parked(&ports(caller), view, caller.tenant(), &stream).await;
        Ok(match retried {
            Ok(retried) => RetryParkedPayload {
                applied: i64::try_from(retried.applied).unwrap_or(i64::MAX),
                failed_position: retried.failed.as_ref().map(|(position, _, _)| position.0),
                failed_code: retried.failed.map(|(_, code, _)| code),
                errors: Vec::new(),
                client_mutation_id,
            },
            Err(error) => RetryParkedPayload {
                errors: vec![expected(error)?],
                client_mutation_id,
                ..Default::default()
            },
        })
    }

    /// Gives the parked events of an aggregate up: they never reach the read table; later ones
    /// do again. For owners and administrators.
    async fn discard_parked(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which aggregate, for which read table.")] input: ParkedInput,
    ) -> Result<DiscardParkedPayload> {
        let caller = Caller::of(ctx)?;
        caller.require(Capability::Operate)?;
        let client_mutation_id = input.client_mutation_id.clone();
        let outcome = match parked(&input) {
            Err(error) => Err(error),
            Ok((stream, view)) => {
                let ports = ports(caller);
                match parking::discard_parked(&ports, view, caller.tenant(), &stream).await {
                    Ok(discarded) => Ok(i64::try_from(discarded).unwrap_or(i64::MAX)),
                    Err(error) => Err(expected(error)?),
                }
            }
        };
        Ok(match outcome {
            Ok(discarded) => {
                DiscardParkedPayload { discarded, errors: Vec::new(), client_mutation_id }
            }
            Err(error) => {
                DiscardParkedPayload { discarded: 0, errors: vec![error], client_mutation_id }
            }
        })
    }
}

fn ports(caller: &Caller) -> Ports {
    Ports { reader: caller.app.reader.clone(), store: caller.app.store.clone(), search: None }
}

fn parked(input: &ParkedInput) -> Result<(StreamId, &'static dyn Projection), ParkedError> {
    let stream = StreamId::new(input.aggregate.as_str(), &input.aggregate_id);
    let view = views::find(&input.projection);
    let view = view.ok_or_else(|| not_found("there is no such read table".to_owned()))?;
    Ok((stream, view))
}

fn not_found(message: String) -> ParkedError {
    let code = "NOT_PARKED".to_owned();
    ParkedError::NotFound(NotFoundError { code, message, path: vec!["input".to_owned()] })
}

fn expected(error: ParkingError) -> Result<ParkedError, Fault> {
    match error {
        ParkingError::NotParked(_) => Ok(not_found(error.to_string())),
        ParkingError::Busy => Ok(ParkedError::Refused(RefusedError {
            code: error.code().to_owned(),
            message: error.to_string(),
            path: vec!["input".to_owned()],
        })),
        ParkingError::Read(error) => Err(error.into()),
    }
}

async fn status(caller: &Caller) -> Result<Vec<ProjectionStatus>, Fault> {
    let lane = caller.app.reader.lane_of(caller.tenant()).await?;
    let parked = caller.app.store.parked(Some(caller.tenant())).await?;
    let checkpoints = caller.app.store.checkpoints().await?;
    let live = checkpoints.into_iter().filter(|point| point.live && Some(point.lane) == lane);
    Ok(live
        .map(|point| {
            let own = parked.iter().filter(|event| event.projection == point.projection).count();
            ProjectionStatus {
                schema: i64::from(point.schema),
                lag: (point.head.0 - point.position.0).max(0),
                moved_at: point.moved_at,
                parked: i64::try_from(own).unwrap_or(i64::MAX),
                name: point.projection,
            }
        })
        .collect())
}
