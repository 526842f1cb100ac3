//! What plans limit, and how much of it is used (CHATI-9 … CHATI-13).

use async_graphql::{Context, Enum, Object, Result};
use bitacora_domain::Meter;
use chrono::{DateTime, Utc};

use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::scalars::Position;
use crate::usage::{self, TABLE};

/// Something that plans limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UsageMeter {
    /// Messages sent, a day of the tenant's time zone.
    Messages,
    /// Documents of the knowledge base.
    Documents,
    /// Contacts.
    Contacts,
    /// Members who can log in.
    Users,
}

impl UsageMeter {
    const fn of(meter: Meter) -> Option<Self> {
        match meter {
            Meter::Messages => Some(Self::Messages),
            Meter::Documents => Some(Self::Documents),
            Meter::Contacts => Some(Self::Contacts),
            Meter::Users => Some(Self::Users),
            Meter::Owners => None,
        }
    }
}

/// How much of one thing is used.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    meter: UsageMeter,
    usage: usage::Usage,
}

/// How much is used of something that the plan limits. What providers tell is counted and never
/// refused, so more may be used than the limit says.
#[Object]
impl Usage {
    /// What is counted.
    async fn meter(&self) -> UsageMeter {
        self.meter
    }
    /// How much is used.
    async fn used(&self) -> i64 {
        self.usage.used
    }
    /// The most that may be used; null without limit.
    async fn limit(&self) -> Option<i64> {
        self.usage.limit
    }
    /// When it starts again from nothing; null for what does not.
    async fn resets_at(&self) -> Option<DateTime<Utc>> {
        self.usage.resets_at
    }
}

/// Fields of the query root.
#[derive(Default)]
pub struct UsageQueries;

#[Object]
impl UsageQueries {
    /// What the plan limits, and how much of it is used.
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<Vec<Usage>> {
        let caller = Caller::of(ctx)?;
        caller.at_least(at_least, &[TABLE], None).await?;
        let app = &caller.app;
        let found = usage::of(&app.bus, app.models.as_ref(), caller.tenant(), app.clock.now());
        let found = found.await.map_err(|error| match error {
            usage::UsageError::Tenant(error) => Fault::unavailable(error),
            usage::UsageError::Read(error) => Fault::from(error),
        })?;
        let with_meter =
            |usage: usage::Usage| UsageMeter::of(usage.meter).map(|meter| Usage { meter, usage });
        Ok(found.into_iter().filter_map(with_meter).collect())
    }
}
