//! What a resolver may reach: the application in the name of one authenticated caller.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::DataLoader;
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use async_graphql::{Context, Error};
use bitacora_domain::{StreamId, TenantId};
use bitacora_projections::query::TableRow;
use bitacora_projections::{Key, Table};

use super::access::{self, Capability};
use super::fault::Fault;
use super::rows::{Below, RowKey, RowLoader};
use super::scalars::Position;
use crate::app::App;
use crate::auth::Principal;

/// The caller of one operation.
pub struct Caller {
    /// The application.
    pub app: App,
    /// Who calls.
    pub principal: Principal,
    /// W3C trace context of the request, if it had a well-formed one.
    pub traceparent: Option<String>,
    rows: DataLoader<RowLoader>,
}

impl Caller {
    /// A caller; must be made inside the async runtime.
    pub fn new(app: App, principal: Principal, traceparent: Option<String>) -> Self {
        let loader = RowLoader { app: app.clone(), tenant: principal.tenant };
        // No delay: a level of a query is polled as a whole before the loader's task runs.
        let rows = DataLoader::new(loader, TokioSpawner::current(), TokioTimer::default())
            .delay(Duration::ZERO);
        Self { app, principal, traceparent, rows }
    }

    /// The caller of the operation that is running.
    ///
    /// # Errors
    /// When the operation was started without one, which is a bug.
    pub fn of<'a>(ctx: &Context<'a>) -> Result<&'a Self, Error> {
        ctx.data::<Arc<Self>>()
            .map(AsRef::as_ref)
            .map_err(|error| Fault::internal(error.message).into())
    }

    /// The caller, to be kept beyond the call.
    ///
    /// # Errors
    /// As [`Caller::of`].
    pub fn shared(ctx: &Context<'_>) -> Result<Arc<Self>, Error> {
        let shared = ctx.data::<Arc<Self>>().map(Arc::clone);
        shared.map_err(|error| Fault::internal(error.message).into())
    }

    /// Tenant that the caller works for.
    pub const fn tenant(&self) -> TenantId {
        self.principal.tenant
    }

    /// Lets the caller through if the role has the capability.
    ///
    /// # Errors
    /// A `FORBIDDEN` fault.
    pub fn require(&self, capability: Capability) -> Result<(), Fault> {
        access::require(&self.principal, capability)
    }

    /// Waits until `tables` have seen `position`. With `node`, only what is parked of that
    /// aggregate is in the way.
    ///
    /// # Errors
    /// `AT_LEAST_TIMEOUT`, `PROJECTION_PARKED`, or `INVALID_POSITION` for a position of
    /// another log.
    pub async fn at_least(
        &self,
        position: Option<Position>,
        tables: &[&'static Table],
        node: Option<&StreamId>,
    ) -> Result<(), Fault> {
        let Some(Position(position)) = position else { return Ok(()) };
        self.reached(position, tables, node).await
    }

    /// A row by key, batched with the others of its level.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn row(
        &self,
        table: &'static Table,
        key: impl Into<Key>,
    ) -> Result<Option<TableRow>, Fault> {
        self.rows.load_one(RowKey { table, key: key.into() }).await
    }

    /// The first page of a list below a parent, batched with those of its level.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn below(&self, below: Below) -> Result<Vec<TableRow>, Fault> {
        Ok(self.rows.load_one(below).await?.unwrap_or_default())
    }
}
