//! The funnel: leads of a time by the step on which they stand now.

use std::collections::BTreeMap;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use bitacora_projections::Cell;
use bitacora_projections::query::{Filter, Op};
use chrono::NaiveDate;
use uuid::Uuid;

use super::TABLE;
use super::words::LeadStep;
use crate::graphql::caller::Caller;
use crate::graphql::enums;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::offers::Offer;
use crate::graphql::scalars::{Date, Position};

/// Longest time that is asked about, in days.
const DAYS_MAX: i64 = 366;
/// Most groups: a year of days, a few offers and five steps.
const GROUPS_MAX: i64 = 10_000;

/// Leads by step.
#[derive(Clone, Copy, Debug, Default, SimpleObject)]
pub struct LeadFunnelCounts {
    /// Came in and have not answered.
    pub received: i64,
    /// Talk, or talked.
    pub in_chat: i64,
    /// Are ready.
    pub qualified: i64,
    /// Were delivered.
    pub delivered: i64,
    /// Came to nothing.
    pub not_qualified: i64,
    /// All of them.
    pub total: i64,
}

impl LeadFunnelCounts {
    fn add(&mut self, step: LeadStep, count: i64) {
        let of = match step {
            LeadStep::Received => &mut self.received,
            LeadStep::InChat => &mut self.in_chat,
            LeadStep::Qualified => &mut self.qualified,
            LeadStep::Delivered => &mut self.delivered,
            LeadStep::NotQualified => &mut self.not_qualified,
        };
        *of += count;
        self.total += count;
    }
}

/// The leads of one offer that came in on one day.
#[derive(Clone, Copy, Debug)]
pub struct LeadFunnelRow {
    day: NaiveDate,
    offer: Option<Uuid>,
    counts: LeadFunnelCounts,
}

/// The leads of one offer that came in on one day, by where they stand now.
#[Object]
impl LeadFunnelRow {
    /// The day, UTC.
    async fn day(&self) -> Date {
        Date(self.day)
    }
    /// The offer; null for leads of which none is known.
    async fn offer(&self, ctx: &Context<'_>) -> Result<Option<Offer>> {
        Offer::find(Caller::of(ctx)?, self.offer).await
    }
    /// How many stand where.
    async fn counts(&self) -> LeadFunnelCounts {
        self.counts
    }
}

/// Leads of a time by where they stand now.
#[derive(Clone, Debug, SimpleObject)]
pub struct LeadFunnel {
    /// All of them.
    pub total: LeadFunnelCounts,
    /// By day and offer, oldest first; days without leads are left out.
    pub rows: Vec<LeadFunnelRow>,
}

/// Fields of the query root.
#[derive(Default)]
pub struct FunnelQueries;

#[Object]
impl FunnelQueries {
    /// Leads that came in from one day to another, both inclusive and at most 366 days, by the
    /// step of the funnel on which they stand now.
    #[graphql(complexity = "50 + 100 * child_complexity")]
    async fn lead_funnel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First day, UTC.")] from: Date,
        #[graphql(desc = "Last day, UTC.")] to: Date,
        #[graphql(desc = "Only of this offer.")] offer_id: Option<ID>,
        #[graphql(desc = "Wait until the read side has reached this position.")] at_least: Option<
            Position,
        >,
    ) -> Result<LeadFunnel> {
        let caller = Caller::of(ctx)?;
        let days = (to.0 - from.0).num_days();
        if !(0..DAYS_MAX).contains(&days) {
            let message = format!("`from` is not after `to`, and at most {DAYS_MAX} days before");
            return Err(Fault::input(message).into());
        }
        let offer = offer_id.map(|id| NodeType::Offer.uuid(&id)).transpose()?;
        caller.at_least(at_least, &[TABLE], None).await?;
        Ok(funnel(caller, (from.0, to.0), offer).await?)
    }
}

async fn funnel(
    caller: &Caller,
    (from, to): (NaiveDate, NaiveDate),
    offer: Option<Uuid>,
) -> Result<LeadFunnel, Fault> {
    let mut all = vec![
        Filter::Compare("captured_on", Op::Gte, Cell::Date(from)),
        Filter::Compare("captured_on", Op::Lte, Cell::Date(to)),
    ];
    all.extend(offer.map(|offer| Filter::Compare("offer_id", Op::Eq, Cell::Uuid(offer))));
    let columns = ["captured_on", "offer_id", "step"];
    let models = &caller.app.models;
    let groups =
        models.tally(caller.tenant(), TABLE, &Filter::And(all), &columns, GROUPS_MAX).await?;
    let mut total = LeadFunnelCounts::default();
    let mut rows: BTreeMap<(NaiveDate, Option<Uuid>), LeadFunnelCounts> = BTreeMap::new();
    for (cells, count) in groups {
        let [day, offer, step] = cells.as_slice() else { continue };
        let (Some(day), Some(step)) = (day.as_date(), enums::of_cell::<LeadStep>(step)) else {
            continue;
        };
        total.add(step, count);
        rows.entry((day, offer.as_uuid())).or_default().add(step, count);
    }
    let row = |((day, offer), counts)| LeadFunnelRow { day, offer, counts };
    Ok(LeadFunnel { total, rows: rows.into_iter().map(row).collect() })
}
