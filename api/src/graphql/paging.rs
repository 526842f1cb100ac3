//! Relay connections over read tables, with keyset cursors.
//!
//! A cursor holds the row's values of the order columns and its key, and is bound to the table's
//! shape, the order and the filter: it stays right while rows come and go, and one from another
//! list is refused instead of silently meaning something else.

use async_graphql::SimpleObject;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bitacora_projections::query::{Filter, Op, Order, Page, TableRow};
use bitacora_projections::{Cell, ColumnType, Table};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::GraphqlLimits;
use super::caller::Caller;
use super::fault::{Code, Fault};
use super::rows::Below;
use super::scalars::Cursor;

/// Version of the cursors' form.
const FORM: u8 = 1;
/// Rows are counted up to here; `totalCount` is null beyond.
const COUNT_LIMIT: i64 = 10_000;

/// What a connection's arguments say.
#[derive(Clone, Debug, Default)]
pub struct PageArgs {
    /// Rows from the start.
    pub first: Option<i32>,
    /// Only rows behind this.
    pub after: Option<Cursor>,
    /// Rows from the end.
    pub last: Option<i32>,
    /// Only rows before this.
    pub before: Option<Cursor>,
}

/// Where a page stands in its list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "PageInfo")]
pub struct PageInfo {
    /// Is there more behind this page?
    pub has_next_page: bool,
    /// Is there more before this page?
    pub has_previous_page: bool,
    /// Cursor of the first edge; null for an empty page.
    pub start_cursor: Option<Cursor>,
    /// Cursor of the last edge; null for an empty page.
    pub end_cursor: Option<Cursor>,
}

/// A page of a table and what is needed to count the whole list.
pub struct Rows {
    /// The rows in the order of the list, each with its cursor.
    pub rows: Vec<(Cursor, TableRow)>,
    /// Where the page stands.
    pub info: PageInfo,
    table: &'static Table,
    filter: Filter,
}

impl Rows {
    /// Number of rows of the whole list; `None` when there are more than 10,000.
    ///
    /// # Errors
    /// When the read store does not answer.
    pub async fn total(&self, caller: &Caller) -> Result<Option<i64>, Fault> {
        let limit = COUNT_LIMIT + 1;
        let models = &caller.app.models;
        let count = models.count(caller.tenant(), self.table, &self.filter, limit).await?;
        Ok((count <= COUNT_LIMIT).then_some(count))
    }
}

impl PageArgs {
    /// Number of rows and direction (`true` = from the end).
    fn size(&self, limits: &GraphqlLimits) -> Result<(i32, bool), Fault> {
        let (size, backwards) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(Fault::input("give `first` or `last`, not both")),
            (Some(first), None) => (first, false),
            (None, Some(last)) => (last, true),
            (None, None) => (limits.page_size_default, self.before.is_some()),
        };
        if size < 0 || size > limits.page_size_max {
            let name = if backwards { "last" } else { "first" };
            let max = limits.page_size_max;
            return Err(Fault::input(format!("`{name}` must be 0 to {max}, not {size}")));
        }
        if self.after.is_some() && self.before.is_some() {
            return Err(Fault::input("give `after` or `before`, not both"));
        }
        if (backwards && self.after.is_some()) || (!backwards && self.before.is_some()) {
            return Err(Fault::input("`first` goes with `after`, `last` with `before`"));
        }
        Ok((size, backwards))
    }
}

/// Reads a page.
///
/// # Errors
/// `BAD_USER_INPUT` for arguments that contradict each other, `INVALID_CURSOR` for a cursor of
/// another list, and what the read store says.
pub async fn page(
    caller: &Caller,
    table: &'static Table,
    filter: Filter,
    order: Vec<Order>,
    args: &PageArgs,
) -> Result<Rows, Fault> {
    let (size, backwards) = args.size(&caller.app.limits.graphql)?;
    let mut page =
        Page { table, filter, order, after: None, limit: i64::from(size) + 1, backwards };
    let binding = Binding::of(&page);
    let from = if backwards { &args.before } else { &args.after };
    page.after = from.as_ref().map(|cursor| binding.decode(&page, cursor)).transpose()?;

    let wanted = usize::try_from(size).unwrap_or_default();
    let mut rows = if wanted == 0 { Vec::new() } else { read(caller, &page).await? };
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    if backwards {
        rows.reverse();
    }
    let rows: Vec<_> = rows.into_iter().map(|row| (binding.encode(&page, &row), row)).collect();
    let cut = page.after.is_some();
    let info = PageInfo {
        has_next_page: if backwards { cut } else { more },
        has_previous_page: if backwards { more } else { cut },
        start_cursor: rows.first().map(|(cursor, _)| cursor.clone()),
        end_cursor: rows.last().map(|(cursor, _)| cursor.clone()),
    };
    Ok(Rows { rows, info, table, filter: page.filter })
}

/// Reads the rows of a page. The first page below a parent, of which a list of parents asks many,
/// is read with the others.
async fn read(caller: &Caller, page: &Page) -> Result<Vec<TableRow>, Fault> {
    if page.after.is_none()
        && let Filter::And(all) = &page.filter
        && let Some((Filter::Compare(column, Op::Eq, parent @ Cell::Uuid(_)), rest)) =
            all.split_first()
    {
        let page = Page { filter: Filter::And(rest.to_vec()), ..page.clone() };
        return caller.below(Below::new(page, column, parent.clone())).await;
    }
    Ok(caller.app.models.page(caller.tenant(), page).await?)
}

/// What a cursor is good for: hash of table, order and filter.
struct Binding(String);

#[derive(Serialize, Deserialize)]
struct Held {
    v: u8,
    b: String,
    k: Vec<Value>,
}

impl Binding {
    fn of(page: &Page) -> Self {
        let said = format!("{}|{:?}|{:?}", page.table.current(), page.order, page.filter);
        let digest = Sha256::digest(said.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(digest.get(..8).unwrap_or_default()))
    }

    fn encode(&self, page: &Page, row: &TableRow) -> Cursor {
        let cells = page.cursor_columns().into_iter().map(|column| to_json(row.cell(column)));
        let held = Held { v: FORM, b: self.0.clone(), k: cells.collect() };
        // Writing plain values as JSON cannot fail; an empty text would be refused on return.
        Cursor(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&held).unwrap_or_default()))
    }

    fn decode(&self, page: &Page, cursor: &Cursor) -> Result<Vec<Cell>, Fault> {
        self.read(page, cursor).ok_or_else(|| {
            let message = "the cursor is damaged or belongs to a list with another order or filter";
            Fault::new(Code::InvalidCursor, message)
        })
    }

    fn read(&self, page: &Page, cursor: &Cursor) -> Option<Vec<Cell>> {
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).ok()?;
        let held: Held = serde_json::from_slice(&bytes).ok()?;
        let columns = page.cursor_columns();
        if held.v != FORM || held.b != self.0 || held.k.len() != columns.len() {
            return None;
        }
        let cells = columns.into_iter().zip(held.k);
        cells.map(|(column, value)| from_json(page.table.column(column)?.ty, value)).collect()
    }
}

fn to_json(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => Value::String(text.clone()),
        Cell::Int(number) => Value::String(number.to_string()),
        Cell::Bool(truth) => Value::Bool(*truth),
        Cell::Time(time) => Value::String(time.to_rfc3339()),
        Cell::Date(day) => Value::String(day.to_string()),
        Cell::Uuid(uuid) => Value::String(uuid.to_string()),
        Cell::Json(json) => json.clone(),
    }
}

fn from_json(ty: ColumnType, value: Value) -> Option<Cell> {
    let text = match value {
        Value::Null => return Some(Cell::Null),
        Value::Bool(truth) => return (ty == ColumnType::Bool).then_some(Cell::Bool(truth)),
        Value::String(text) => text,
        Value::Number(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    match ty {
        ColumnType::Text => Some(Cell::Text(text)),
        ColumnType::Int => text.parse().ok().map(Cell::Int),
        ColumnType::Time => {
            chrono::DateTime::parse_from_rfc3339(&text).ok().map(|time| Cell::Time(time.to_utc()))
        }
        ColumnType::Date => text.parse().ok().map(Cell::Date),
        ColumnType::Uuid => text.parse().ok().map(Cell::Uuid),
        ColumnType::Bool | ColumnType::Json => None,
    }
}

/// Rows that a connection may ask for, as the factor of a query's cost.
pub fn cost(first: Option<i32>, last: Option<i32>, child: usize) -> usize {
    let rows = first.or(last).unwrap_or(GraphqlLimits::default().page_size_default);
    usize::try_from(rows).unwrap_or_default().max(1).saturating_mul(child.max(1))
}

/// Declares a connection and its edge over a node type made `From<TableRow>`.
macro_rules! connection {
    ($(#[$doc:meta])* $connection:ident / $edge:ident of $node:ident) => {
        $(#[$doc])*
        pub struct $connection(pub $crate::graphql::paging::Rows);

        /// One entry of a list: the node and its place.
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// Place of the node in this list.
            pub cursor: $crate::graphql::scalars::Cursor,
            /// The node.
            pub node: $node,
        }

        $(#[$doc])*
        #[async_graphql::Object]
        impl $connection {
            /// The entries with their cursors.
            async fn edges(&self) -> Vec<$edge> {
                let rows = self.0.rows.iter();
                rows.map(|(cursor, row)| $edge { cursor: cursor.clone(), node: $node(row.clone()) })
                    .collect()
            }
            /// The nodes without their cursors.
            async fn nodes(&self) -> Vec<$node> {
                self.0.rows.iter().map(|(_, row)| $node(row.clone())).collect()
            }
            /// Where this page stands in the list.
            async fn page_info(&self) -> $crate::graphql::paging::PageInfo { self.0.info.clone() }
            /// Number of entries of the whole list; null when there are more than 10,000. It is
            /// read by itself and costs as much as 20 rows.
            #[graphql(complexity = 20)]
            async fn total_count(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> async_graphql::Result<Option<i64>> {
                let caller = $crate::graphql::caller::Caller::of(ctx)?;
                Ok(self.0.total(caller).await?)
            }
        }
    };
}
pub(super) use connection;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use bitacora_projections::query::Direction;
    use bitacora_projections::{Column, Row};
    use proptest::prelude::*;

    use super::*;

    static TABLE: Table = Table {
        name: "things",
        schema: 1,
        doc: "",
        columns: &[
            Column::key("thing_id", ColumnType::Uuid, ""),
            Column::of("thing", "name", ColumnType::Text, "").optional(),
            Column::of("thing", "size", ColumnType::Int, ""),
            Column::of("thing", "at", ColumnType::Time, ""),
        ],
        key: &["thing_id"],
        indexes: &[],
    };

    fn page_by(columns: &[&'static str], filter: Filter) -> Page {
        let order =
            columns.iter().map(|column| Order { column, direction: Direction::Desc }).collect();
        Page { table: &TABLE, filter, order, after: None, limit: 1, backwards: false }
    }

    proptest! {
        #[test]
        fn a_cursor_brings_its_cells_back(
            id: u128, name: Option<String>, size: i64, micros in 0_i64..4_000_000_000_000_000,
        ) {
            let row = Row(vec![
                Cell::Uuid(uuid::Uuid::from_u128(id)),
                name.into(),
                Cell::Int(size),
                Cell::Time(chrono::DateTime::from_timestamp_micros(micros).unwrap()),
            ]);
            let page = page_by(&["at", "name", "size"], Filter::And(vec![]));
            let binding = Binding::of(&page);
            let cursor = binding.encode(&page, &TableRow { table: &TABLE, row: row.clone() });
            let [id, name, size, at] = <[Cell; 4]>::try_from(row.0).unwrap();
            prop_assert_eq!(binding.decode(&page, &cursor), Ok(vec![at, name, size, id]));
        }
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let page = page_by(&["size"], Filter::And(vec![]));
        let row = TableRow { table: &TABLE, row: TABLE.initial_row() };
        let cursor = Binding::of(&page).encode(&page, &row);
        assert!(Binding::of(&page).decode(&page, &cursor).is_ok());
        let filter = Filter::Compare("size", Op::Gt, Cell::Int(1));
        for other in [page_by(&["name"], Filter::And(vec![])), page_by(&["size"], filter)] {
            let refused = Binding::of(&other).decode(&other, &cursor).unwrap_err();
            assert_eq!(refused.code, Code::InvalidCursor);
        }
        for bad in ["", "x", "e30", &cursor.0[..cursor.0.len() - 3]] {
            assert!(Binding::of(&page).decode(&page, &Cursor(bad.into())).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_bounded_and_directions_do_not_mix() {
        let limits = GraphqlLimits::default();
        let args = |first, last| PageArgs { first, last, ..PageArgs::default() };
        assert_eq!(args(None, None).size(&limits), Ok((20, false)));
        assert_eq!(args(None, Some(5)).size(&limits), Ok((5, true)));
        for bad in [args(Some(101), None), args(Some(-1), None), args(Some(1), Some(1))] {
            assert!(bad.size(&limits).is_err());
        }
        let mixed = PageArgs { before: Some(Cursor("x".into())), ..args(Some(1), None) };
        assert!(mixed.size(&limits).is_err());
    }
}
