//! Lists of nodes over read tables: what every connection field does.

use async_graphql::{Context, Lookahead, Result};
use bitacora_projections::query::{Direction, Filter, Op, Order};
use bitacora_projections::{Cell, Table};
use uuid::Uuid;

use super::caller::Caller;
use super::fault::Fault;
use super::filters;
use super::paging::{self, PageArgs, Rows};
use super::scalars::Position;

/// Fields of a node that read a table beside the node's own.
pub(super) type Beside = &'static [(&'static str, &'static Table)];

/// Tables beside its own that the selected fields of a node read: a query waits for those that it
/// reads, and for no other.
pub(super) fn asked(beside: Beside, node: &Lookahead<'_>) -> Vec<&'static Table> {
    let asked = beside.iter().filter(|(field, _)| node.field(field).exists());
    asked.map(|(_, table)| *table).collect()
}

/// A list that a field serves.
pub struct List {
    /// Table that it reads.
    table: &'static Table,
    /// What the place of the field in the graph narrows it to.
    within: Option<Filter>,
    /// What the list is of, beyond its place.
    kept: Option<Filter>,
    /// What the caller narrows it to.
    filter: Option<Result<Filter, Fault>>,
    /// What the caller orders it by.
    order: Vec<Order>,
    /// What it is ordered by otherwise.
    default_order: Order,
    /// Columns of few values, with the column that orders what they leave equal, as in the index.
    ties: &'static [(&'static str, &'static str)],
    /// What its nodes read beside its own table.
    beside: Beside,
}

impl List {
    /// All rows of a table, in the order of a column unless the caller says otherwise.
    pub const fn of(table: &'static Table, column: &'static str, direction: Direction) -> Self {
        Self {
            table,
            within: None,
            kept: None,
            filter: None,
            order: Vec::new(),
            default_order: Order { column, direction },
            ties: &[],
            beside: &[],
        }
    }

    /// Only rows whose `column` is `parent`.
    #[must_use]
    pub fn below(self, column: &'static str, parent: Uuid) -> Self {
        Self { within: Some(Filter::Compare(column, Op::Eq, Cell::Uuid(parent))), ..self }
    }

    /// Only rows that meet a condition of the list itself.
    #[must_use]
    pub fn kept(self, filter: Filter) -> Self {
        Self { kept: Some(filter), ..self }
    }

    /// What orders rows that a column of few values leaves equal.
    #[must_use]
    pub const fn ties(mut self, ties: &'static [(&'static str, &'static str)]) -> Self {
        self.ties = ties;
        self
    }

    /// What its nodes read beside its own table.
    #[must_use]
    pub const fn beside(mut self, beside: Beside) -> Self {
        self.beside = beside;
        self
    }

    /// What the caller narrows it to.
    #[must_use]
    pub fn filtered(self, filter: Option<Result<Filter, Fault>>) -> Self {
        Self { filter, ..self }
    }

    /// What the caller orders it by.
    #[must_use]
    pub fn ordered(self, order: impl Iterator<Item = Order>) -> Self {
        Self { order: order.collect(), ..self }
    }

    /// Reads a page once the tables that it shows have seen `at_least`.
    ///
    /// # Errors
    /// What the arguments, the read gate and the read store say.
    pub async fn page(
        self,
        ctx: &Context<'_>,
        args: PageArgs,
        at_least: Option<Position>,
    ) -> Result<Rows> {
        let caller = Caller::of(ctx)?;
        let order = self.whole_order()?;
        let Self { table, within, kept, filter, beside, .. } = self;
        let all: Vec<_> = within.into_iter().chain(kept).chain(filter.transpose()?).collect();
        let filter = filters::for_caller(Filter::And(all), caller.principal.user());
        let limit = caller.app.limits.graphql.filter_conditions;
        if filters::size(&filter) > limit {
            return Err(Fault::input(format!("a filter has at most {limit} conditions")).into());
        }
        let (nodes, edges) = (ctx.look_ahead().field("nodes"), ctx.look_ahead().field("edges"));
        caller.at_least(at_least, &asked(beside, &nodes), None).await?;
        caller.at_least(at_least, &asked(beside, &edges.field("node")), None).await?;
        caller.at_least(at_least, &[table], None).await?;
        Ok(paging::page(caller, table, filter, order, &args).await?)
    }

    fn whole_order(&self) -> Result<Vec<Order>, Fault> {
        let mut order = self.order.clone();
        if order.len() > 4 {
            return Err(Fault::input("`orderBy` takes at most 4 fields"));
        }
        let Some(last) = order.last().copied() else { return Ok(vec![self.default_order]) };
        let tie = self.ties.iter().find(|(column, _)| *column == last.column);
        order.extend(tie.map(|(_, column)| Order { column, direction: last.direction }));
        Ok(order)
    }
}

/// Declares fields that are lists: name, connection, the inputs that narrow and order it, and the
/// list. All of them have the same arguments.
macro_rules! list_fields {
    ($(#[$doc:meta])* $object:ident { $(
        $(#[$field_doc:meta])*
        $field:ident: $connection:ident [$($filter:ident $(by $order:ident)?)?] = $list:expr;
    )+ }) => {
        $(#[$doc])*
        #[async_graphql::Object]
        impl $object { $(
            $(#[$field_doc])*
            #[graphql(complexity = "crate::graphql::paging::cost(first, last, child_complexity)")]
            #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
            async fn $field(
                &self,
                ctx: &async_graphql::Context<'_>,
                #[graphql(desc = "Number of entries from the start, 0–100; 20 when not given.")]
                first: Option<i32>,
                #[graphql(desc = "Only what comes behind this cursor.")]
                after: Option<$crate::graphql::scalars::Cursor>,
                #[graphql(desc = "Number of entries from the end, 0–100.")]
                last: Option<i32>,
                #[graphql(desc = "Only what comes before this cursor.")]
                before: Option<$crate::graphql::scalars::Cursor>,
                $(
                    #[graphql(desc = "Only those that meet these conditions.")]
                    filter: Option<$filter>,
                    $(
                        #[graphql(desc = "Order; ties are broken by id.")]
                        order_by: Option<Vec<$order>>,
                    )?
                )?
                #[graphql(desc = "Wait until the read side has reached this position.")]
                at_least: Option<$crate::graphql::scalars::Position>,
            ) -> async_graphql::Result<$connection> {
                let list: fn(&$object) -> $crate::graphql::lists::List = $list;
                let list = list(self);
                $(
                    let list = list.filtered(filter.map($filter::into_filter));
                    $(
                        let order = order_by.into_iter().flatten();
                        let list = list.ordered(order.map($order::into_order));
                    )?
                )?
                let args = $crate::graphql::paging::PageArgs { first, after, last, before };
                Ok($connection(list.page(ctx, args, at_least).await?))
            }
        )+ }
    };
}
pub(super) use list_fields;
