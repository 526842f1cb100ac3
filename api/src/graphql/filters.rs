//! Typed `filter` and `orderBy` inputs over the columns of read tables.
//!
//! [`filter_input!`] and [`order_input!`] declare an input next to its view; a test compares
//! every declared column with the table, so a renamed column is found before a user finds it.

use async_graphql::{Enum, ID, InputObject};
use bitacora_domain::UserId;
use bitacora_projections::query::{self, Filter, Op};
use bitacora_projections::{Cell, ColumnType};
use chrono::{DateTime, Utc};

use super::fault::Fault;
use super::ids::NodeType;
use super::scalars::Date;

/// Direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// Smallest or oldest first; missing values last.
    Asc,
    /// Largest or newest first; missing values last.
    Desc,
}

impl From<OrderDirection> for query::Direction {
    fn from(direction: OrderDirection) -> Self {
        match direction {
            OrderDirection::Asc => Self::Asc,
            OrderDirection::Desc => Self::Desc,
        }
    }
}

/// A typed comparison of one column.
pub trait Comparator {
    /// Column type that it compares.
    const TYPE: ColumnType;
    /// Adds its conditions on `column`.
    ///
    /// # Errors
    /// When a value cannot be one of the column.
    fn conditions(self, column: &'static str, out: &mut Vec<Filter>) -> Result<(), Fault>;
}

/// Adds a comparison for each operator that was given.
fn compare(
    column: &'static str,
    out: &mut Vec<Filter>,
    operators: impl IntoIterator<Item = (Op, Option<Cell>)>,
) {
    for (op, cell) in operators {
        out.extend(cell.map(|cell| Filter::Compare(column, op, cell)));
    }
}

fn one_of(column: &'static str, out: &mut Vec<Filter>, cells: Option<Vec<Cell>>, among: bool) {
    let Some(cells) = cells else { return };
    let is_in = Filter::In(column, cells);
    out.push(if among { is_in } else { Filter::Not(Box::new(is_in)) });
}

fn is_null(column: &'static str, out: &mut Vec<Filter>, wanted: Option<bool>) {
    out.extend(wanted.map(|wanted| Filter::IsNull(column, wanted)));
}

fn cells<T: Into<Cell>>(values: Option<Vec<T>>) -> Option<Vec<Cell>> {
    values.map(|values| values.into_iter().map(Into::into).collect())
}

/// Conditions on a text. All that are given must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TextFilter {
    /// Equal.
    pub eq: Option<String>,
    /// Not equal; true for a missing text.
    pub ne: Option<String>,
    /// One of these.
    #[graphql(name = "in")]
    pub among: Option<Vec<String>>,
    /// None of these.
    pub nin: Option<Vec<String>>,
    /// Contains this, without regard to case.
    pub contains: Option<String>,
    /// Starts with this.
    pub starts_with: Option<String>,
    /// Is missing (true) or is there (false).
    pub is_null: Option<bool>,
}

impl Comparator for TextFilter {
    const TYPE: ColumnType = ColumnType::Text;
    fn conditions(self, column: &'static str, out: &mut Vec<Filter>) -> Result<(), Fault> {
        let cell = |text: Option<String>| text.map(Cell::Text);
        compare(
            column,
            out,
            [
                (Op::Eq, cell(self.eq)),
                (Op::Ne, cell(self.ne)),
                (Op::Contains, cell(self.contains)),
                (Op::StartsWith, cell(self.starts_with)),
            ],
        );
        one_of(column, out, cells(self.among), true);
        one_of(column, out, cells(self.nin), false);
        is_null(column, out, self.is_null);
        Ok(())
    }
}

/// Declares a filter on values with an order.
macro_rules! ordered_filter {
    ($(#[$doc:meta])* $name:ident of $value:ty => $ty:ident, $cell:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, InputObject)]
        pub struct $name {
            /// Equal.
            pub eq: Option<$value>,
            /// Not equal; true for a missing value.
            pub ne: Option<$value>,
            /// Less than, or before.
            pub lt: Option<$value>,
            /// At most, or not after.
            pub lte: Option<$value>,
            /// More than, or after.
            pub gt: Option<$value>,
            /// At least, or not before.
            pub gte: Option<$value>,
            /// Is missing (true) or is there (false).
            pub is_null: Option<bool>,
        }
        impl Comparator for $name {
            const TYPE: ColumnType = ColumnType::$ty;
            fn conditions(self, column: &'static str, out: &mut Vec<Filter>) -> Result<(), Fault> {
                let cell = |value: Option<$value>| value.map($cell);
                compare(column, out, [
                    (Op::Eq, cell(self.eq)),
                    (Op::Ne, cell(self.ne)),
                    (Op::Lt, cell(self.lt)),
                    (Op::Lte, cell(self.lte)),
                    (Op::Gt, cell(self.gt)),
                    (Op::Gte, cell(self.gte)),
                ]);
                is_null(column, out, self.is_null);
                Ok(())
            }
        }
    };
}

ordered_filter!(
    /// Conditions on a number. All that are given must hold.
    IntFilter of i64 => Int, Cell::Int
);
ordered_filter!(
    /// Conditions on a time. All that are given must hold.
    DateTimeFilter of DateTime<Utc> => Time, Cell::Time
);
ordered_filter!(
    /// Conditions on a day. All that are given must hold.
    DateFilter of Date => Date, |date: Date| Cell::Date(date.0)
);

/// Conditions on a truth value.
#[derive(Clone, Debug, Default, InputObject)]
pub struct BooleanFilter {
    /// Equal.
    pub eq: Option<bool>,
}

impl Comparator for BooleanFilter {
    const TYPE: ColumnType = ColumnType::Bool;
    fn conditions(self, column: &'static str, out: &mut Vec<Filter>) -> Result<(), Fault> {
        compare(column, out, [(Op::Eq, self.eq.map(Cell::Bool))]);
        Ok(())
    }
}

/// Conditions on a reference to another object, by its global id.
#[derive(Clone, Debug, Default, InputObject)]
pub struct IdFilter {
    /// This object.
    pub eq: Option<ID>,
    /// One of these objects.
    #[graphql(name = "in")]
    pub among: Option<Vec<ID>>,
    /// No object (true) or any (false).
    pub is_null: Option<bool>,
}

impl Comparator for IdFilter {
    const TYPE: ColumnType = ColumnType::Uuid;
    fn conditions(self, column: &'static str, out: &mut Vec<Filter>) -> Result<(), Fault> {
        let ty = node_of(column);
        let cell = |id: &ID| {
            let ty = ty.ok_or_else(|| Fault::internal(format!("{column} refers to nothing")))?;
            ty.uuid(id).map(Cell::Uuid)
        };
        compare(column, out, [(Op::Eq, self.eq.as_ref().map(cell).transpose()?)]);
        let among = self.among.map(|ids| ids.iter().map(cell).collect::<Result<_, _>>());
        one_of(column, out, among.transpose()?, true);
        is_null(column, out, self.is_null);
        Ok(())
    }
}

/// Stands for the caller until a list knows who that is. It is of no id's type: one that was
/// forgotten is refused by the read store.
const CALLER: &str = "the caller";

/// Conditions on who of the team has something.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AssigneeFilter {
    /// This person, by global id.
    pub eq: Option<ID>,
    /// One of these people.
    #[graphql(name = "in")]
    pub among: Option<Vec<ID>>,
    /// The caller (true), or not the caller (false).
    pub me: Option<bool>,
    /// Nobody (true) or anybody (false).
    pub is_null: Option<bool>,
}

impl Comparator for AssigneeFilter {
    const TYPE: ColumnType = ColumnType::Uuid;
    fn conditions(self, column: &'static str, out: &mut Vec<Filter>) -> Result<(), Fault> {
        if let Some(me) = self.me {
            let caller = Filter::Compare(column, Op::Eq, Cell::Text(CALLER.into()));
            out.push(if me { caller } else { Filter::Not(Box::new(caller)) });
        }
        IdFilter { eq: self.eq, among: self.among, is_null: self.is_null }.conditions(column, out)
    }
}

/// The condition as it is for this caller. What is asked of the caller's own holds for nothing
/// when a program calls.
pub fn for_caller(filter: Filter, user: Option<UserId>) -> Filter {
    let all = |inner: Vec<Filter>| inner.into_iter().map(|one| for_caller(one, user)).collect();
    match filter {
        Filter::Compare(column, op, Cell::Text(text))
            if text == CALLER && node_of(column) == Some(NodeType::User) =>
        {
            let own = |user: UserId| Filter::Compare(column, op, Cell::Uuid(user.as_uuid()));
            user.map_or(Filter::Or(vec![]), own)
        }
        Filter::And(inner) => Filter::And(all(inner)),
        Filter::Or(inner) => Filter::Or(all(inner)),
        Filter::Not(inner) => Filter::Not(Box::new(for_caller(*inner, user))),
        Filter::Compare(..) | Filter::In(..) | Filter::IsNull(..) => filter,
    }
}

/// Whether a column of ids has a value at all.
impl Comparator for bool {
    const TYPE: ColumnType = ColumnType::Uuid;
    fn conditions(self, column: &'static str, out: &mut Vec<Filter>) -> Result<(), Fault> {
        is_null(column, out, Some(!self));
        Ok(())
    }
}

/// Which type a column of ids refers to.
pub fn node_of(column: &str) -> Option<NodeType> {
    match column {
        "contact_id" => Some(NodeType::Contact),
        "delivery_id" => Some(NodeType::Delivery),
        "lead_id" | "duplicate_of_id" => Some(NodeType::Lead),
        "offer_id" => Some(NodeType::Offer),
        "conversation_id" => Some(NodeType::Conversation),
        "channel_account_id" | "channel_id" => Some(NodeType::ChannelAccount),
        "ticket_id" | "parent_id" => Some(NodeType::Ticket),
        "grant_id" => Some(NodeType::CreditGrant),
        "hold_id" => Some(NodeType::CreditHold),
        "order_id" => Some(NodeType::BillingOrder),
        "message_id" | "last_message_id" => Some(NodeType::Message),
        "agent_id" | "assigned_agent_id" | "buyer_id" | "assignee_id" | "user_id" => {
            Some(NodeType::User)
        }
        _ => None,
    }
}

/// Conditions on a set of texts, such as labels.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TextSetFilter {
    /// The set contains this text.
    pub has: Option<String>,
}

impl Comparator for TextSetFilter {
    const TYPE: ColumnType = ColumnType::Json;
    fn conditions(self, column: &'static str, out: &mut Vec<Filter>) -> Result<(), Fault> {
        compare(column, out, [(Op::Has, self.has.map(Cell::Text))]);
        Ok(())
    }
}

/// Number of conditions in a filter.
pub fn size(filter: &Filter) -> usize {
    match filter {
        Filter::Compare(..) | Filter::IsNull(..) => 1,
        Filter::In(_, cells) => cells.len().max(1),
        Filter::And(inner) | Filter::Or(inner) => inner.iter().map(size).sum::<usize>() + 1,
        Filter::Not(inner) => size(inner) + 1,
    }
}

/// Declares the filter on a closed set of values, stored as the names of a GraphQL enum.
macro_rules! enum_filter {
    ($(#[$doc:meta])* $name:ident of $value:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, async_graphql::InputObject)]
        pub struct $name {
            /// Equal.
            pub eq: Option<$value>,
            /// Not equal; true for a missing value.
            pub ne: Option<$value>,
            /// One of these.
            #[graphql(name = "in")]
            pub among: Option<Vec<$value>>,
        }
        impl $crate::graphql::filters::Comparator for $name {
            const TYPE: bitacora_projections::ColumnType = bitacora_projections::ColumnType::Text;
            fn conditions(
                self,
                column: &'static str,
                out: &mut Vec<bitacora_projections::query::Filter>,
            ) -> Result<(), $crate::graphql::fault::Fault> {
                let text = |value: $value| $crate::graphql::enums::text(value);
                let texts = $crate::graphql::filters::TextFilter {
                    eq: self.eq.map(text),
                    ne: self.ne.map(text),
                    among: self.among.map(|values| values.into_iter().map(text).collect()),
                    ..Default::default()
                };
                texts.conditions(column, out)
            }
        }
    };
}
pub(super) use enum_filter;

/// Declares the `filter` input of a table: field, comparator and column.
macro_rules! filter_input {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $comparator:ty = $column:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, async_graphql::InputObject)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$comparator>,)+
            /// All of these hold too.
            pub and: Option<Vec<$name>>,
            /// At least one of these holds too.
            pub or: Option<Vec<$name>>,
            /// This does not hold.
            pub not: Option<Box<$name>>,
        }
        impl $name {
            /// Columns that it compares, with their types.
            pub const COLUMNS: &'static [(&'static str, bitacora_projections::ColumnType)] = &[
                $(($column, <$comparator as $crate::graphql::filters::Comparator>::TYPE),)+
            ];

            /// The condition that it stands for. The parser bounds how deep it nests.
            ///
            /// # Errors
            /// When a value cannot be one of its column.
            pub fn into_filter(
                self,
            ) -> Result<bitacora_projections::query::Filter, $crate::graphql::fault::Fault> {
                use bitacora_projections::query::Filter;
                use $crate::graphql::filters::Comparator as _;
                let mut all = Vec::new();
                $(if let Some(comparator) = self.$field {
                    comparator.conditions($column, &mut all)?;
                })+
                for inner in self.and.into_iter().flatten() {
                    all.push(inner.into_filter()?);
                }
                if let Some(inner) = self.or {
                    let any: Result<_, _> = inner.into_iter().map(Self::into_filter).collect();
                    all.push(Filter::Or(any?));
                }
                if let Some(inner) = self.not {
                    all.push(Filter::Not(Box::new(inner.into_filter()?)));
                }
                Ok(Filter::And(all))
            }
        }
    };
}
pub(super) use filter_input;

/// Declares the `orderBy` input of a table.
macro_rules! order_input {
    ($(#[$doc:meta])* $name:ident by $field:ident { $($(#[$value_doc:meta])* $value:ident = $column:literal,)+ }) => {
        /// What a list can be ordered by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
        pub enum $field { $($(#[$value_doc])* $value,)+ }

        $(#[$doc])*
        #[derive(Clone, Debug, async_graphql::InputObject)]
        pub struct $name {
            /// What to order by. Equal values are ordered by id.
            pub field: $field,
            /// Which way.
            pub direction: $crate::graphql::filters::OrderDirection,
        }

        impl $name {
            /// Columns that it can order by.
            pub const COLUMNS: &'static [&'static str] = &[$($column,)+];

            /// The order that it stands for.
            pub fn into_order(self) -> bitacora_projections::query::Order {
                let column = match self.field { $($field::$value => $column,)+ };
                bitacora_projections::query::Order { column, direction: self.direction.into() }
            }
        }
    };
}
pub(super) use order_input;
