//! Comparing two generations and pointing readers at the new one.
//!
//! Everything happens while the checkpoints of all lanes of both generations are held, in
//! order: nobody writes either table, so what is compared is what is swapped.

use bitacora_projections::Table;
use bitacora_projections::ports::{Comparison, ReadError};
use sqlx::{PgConnection, PgPool, Row as _};

use super::bookkeeping::{State, models, schema};
use super::ddl::{self, quote};
use super::ensure::{locked, point};
use super::error::{lock_timed_out, refused, store_error};
use super::sql;

/// How long to wait for workers; and, with every checkpoint held, for readers. While we wait for
/// a reader, other readers wait behind us, so that must be less than their own time-out.
const PATIENCE: (&str, &str) = ("30s", "2s");

/// See [`bitacora_projections::ports::ReadStore::swap`].
pub(super) async fn swap(
    admin: &PgPool,
    table: &'static Table,
    from: i32,
    to: i32,
    accept_difference: bool,
) -> Result<Comparison, ReadError> {
    let mut tx = locked(admin, table).await?;
    sqlx::query(sql::LOCK_TIMEOUT).bind(PATIENCE.0).execute(&mut *tx).await.map_err(store_error)?;
    check_states(&mut tx, table, from, to).await?;
    let comparable = hold_checkpoints(&mut tx, table, from, to).await?;
    let mut comparison = compare(&mut tx, table, from, to).await?;
    comparison.swapped = accept_difference || (comparable && comparison.equal);
    if comparison.swapped {
        let patience = sqlx::query(sql::LOCK_TIMEOUT).bind(PATIENCE.1);
        patience.execute(&mut *tx).await.map_err(store_error)?;
        point(&mut tx, table, to).await.map_err(|error| {
            if lock_timed_out(&error) { refused("a reader holds the view") } else { error }
        })?;
        // the old one first: there is never more than one live generation
        for (generation, state) in [(from, State::Retired), (to, State::Live)] {
            let query = sqlx::query(sql::SET_STATE)
                .bind(table.name)
                .bind(schema(table))
                .bind(generation)
                .bind(state.as_str());
            query.execute(&mut *tx).await.map_err(store_error)?;
        }
    }
    tx.commit().await.map_err(store_error)?;
    Ok(comparison)
}

async fn check_states(
    tx: &mut PgConnection,
    table: &Table,
    from: i32,
    to: i32,
) -> Result<(), ReadError> {
    let known = models(tx, table).await?;
    let is =
        |generation, state| known.iter().any(|m| m.generation == generation && m.state == state);
    if !is(from, State::Live) {
        return Err(refused(format!("generation {from} of {} is not live", table.name)));
    }
    if !is(to, State::Building) {
        return Err(refused(format!("generation {to} of {} is not being built", table.name)));
    }
    if !known.iter().any(|m| m.generation == to && m.indexed) {
        return Err(refused(format!("generation {to} of {} has no indexes yet", table.name)));
    }
    Ok(())
}

/// Locks the checkpoints and checks positions. Returns whether the generations can be compared
/// at all: a live generation from before a restore stands at positions of another log, so only
/// the operator's word can replace it.
async fn hold_checkpoints(
    tx: &mut PgConnection,
    table: &Table,
    from: i32,
    to: i32,
) -> Result<bool, ReadError> {
    let held: Vec<(i32, i16, i32, i64)> = sqlx::query_as(sql::LOCK_CHECKPOINTS)
        .bind(table.name)
        .bind(schema(table))
        .bind(from)
        .bind(to)
        .fetch_all(&mut *tx)
        .await
        .map_err(store_error)?;
    let epoch: i32 =
        sqlx::query_scalar(sql::EPOCH).fetch_one(&mut *tx).await.map_err(store_error)?;
    let lanes = |of| held.iter().filter(move |(generation, ..)| *generation == of);
    if lanes(to).any(|(_, _, of, _)| *of != epoch) {
        return Err(ReadError::ForeignEpoch);
    }
    if lanes(from).any(|(_, _, of, _)| *of != epoch) {
        return Ok(false);
    }
    let positions = |of| lanes(of).map(|(_, lane, _, position)| (*lane, *position));
    if positions(from).eq(positions(to)) {
        return Ok(true);
    }
    let text = |of| positions(of).map(|(l, p)| format!("{l}:{p}")).collect::<Vec<_>>().join(" ");
    Err(refused(format!("positions differ: {} and {}", text(from), text(to))))
}

async fn compare(
    tx: &mut PgConnection,
    table: &'static Table,
    from: i32,
    to: i32,
) -> Result<Comparison, ReadError> {
    let old = digest(tx, table, from).await?;
    let new = digest(tx, table, to).await?;
    let equal = old == new;
    let differences = if equal { Vec::new() } else { differences(tx, table, from, to).await? };
    Ok(Comparison { rows: (old.0, new.0), equal, differences, swapped: false })
}

/// Rows and a digest over all columns, hidden ones too, that does not depend on their order.
async fn digest(
    tx: &mut PgConnection,
    table: &Table,
    generation: i32,
) -> Result<(i64, String), ReadError> {
    // No column can have this name, so it means the whole row.
    let row = quote(&Table::position_column("row"));
    let name = ddl::physical(table, generation);
    let sum = |seed| format!("coalesce(sum(hashtextextended({row}::text, {seed})::numeric), 0)");
    let sql = format!("select count(*), {} || ':' || {} from {name} {row}", sum(0), sum(1));
    sqlx::query_as(&sql).persistent(false).fetch_one(tx).await.map_err(store_error)
}

/// What differs: keys that only one has, and columns, with counts.
async fn differences(
    tx: &mut PgConnection,
    table: &'static Table,
    from: i32,
    to: i32,
) -> Result<Vec<(String, i64)>, ReadError> {
    let keys = ddl::key_columns(table);
    let on_key = keys.iter().map(|k| format!("a.{k} = b.{k}")).collect::<Vec<_>>().join(" and ");
    let mut labels =
        vec![format!("rows only in generation {from}"), format!("rows only in generation {to}")];
    let mut counts = vec!["b.tenant_id is null".to_owned(), "a.tenant_id is null".to_owned()];
    let declared = table.columns.iter().filter(|c| !table.key.contains(&c.name));
    let hidden = table.positioned().map(|c| Table::position_column(c.name));
    for column in declared.map(|c| c.name.to_owned()).chain(hidden) {
        let name = quote(&column);
        counts.push(format!(
            "a.tenant_id is not null and b.tenant_id is not null and a.{name} is distinct from b.{name}"
        ));
        labels.push(format!("column {column}"));
    }
    let counts: Vec<_> = counts.iter().map(|c| format!("count(*) filter (where {c})")).collect();
    let sql = format!(
        "select {} from {} a full join {} b on {on_key}",
        counts.join(", "),
        ddl::physical(table, from),
        ddl::physical(table, to)
    );
    let row = sqlx::query(&sql).persistent(false).fetch_one(tx).await.map_err(store_error)?;
    let mut found = Vec::new();
    for (i, label) in labels.into_iter().enumerate() {
        let count: i64 = row.try_get(i).map_err(store_error)?;
        if count > 0 {
            found.push((label, count));
        }
    }
    Ok(found)
}
