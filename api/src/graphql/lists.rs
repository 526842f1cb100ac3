//! Lists of nodes over read tables: what every connection field does.

use bitacora_projections::Table;
use bitacora_projections::query::{Filter, Order};

use super::caller::Caller;
use super::fault::Fault;
use super::filters;
use super::paging::{self, PageArgs, Rows};
use super::scalars::Position;

/// A list that a field serves.
pub struct List {
    /// Table that it reads.
    pub table: &'static Table,
    /// What the place of the field in the graph narrows it to.
    pub within: Option<Filter>,
    /// What the caller narrows it to.
    pub filter: Option<Result<Filter, Fault>>,
    /// What the caller orders it by.
    pub order: Vec<Order>,
    /// What it is ordered by otherwise.
    pub default_order: Order,
}

impl List {
    /// Reads a page once the table has seen `at_least`.
    ///
    /// # Errors
    /// What the arguments, the read gate and the read store say.
    pub async fn page(
        self,
        caller: &Caller,
        args: PageArgs,
        at_least: Option<Position>,
    ) -> Result<Rows, Fault> {
        let filter = self.filter.transpose()?;
        let all: Vec<_> = self.within.into_iter().chain(filter).collect();
        let filter = Filter::And(all);
        let limit = caller.app.limits.graphql.filter_conditions;
        if filters::size(&filter) > limit {
            return Err(Fault::input(format!("a filter has at most {limit} conditions")));
        }
        let mut order = self.order;
        if order.len() > 4 {
            return Err(Fault::input("`orderBy` takes at most 4 fields"));
        }
        if order.is_empty() {
            order.push(self.default_order);
        }
        caller.at_least(at_least, &[self.table], None).await?;
        paging::page(caller, self.table, filter, order, &args).await
    }
}
