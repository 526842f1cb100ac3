//! Making, indexing and dropping generations, by the owner of the tables.
//!
//! One view is worked on by one process at a time (an advisory lock of the transaction). What a
//! generation was made from is remembered as a hash, so a start that changes nothing takes no
//! lock on a table that others read.

use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use bitacora_projections::Table;
use bitacora_projections::ports::ReadError;
use bitacora_projections::veil;
use sqlx::{Executor as _, PgConnection, PgPool, Postgres, Transaction};

use super::bookkeeping::{Model, State, models, schema};
use super::error::{refused, store_error};
use super::{ddl, sql};

/// Makes what is missing of the live generation and returns its number. Tables that decide what
/// is shown of this one come first.
pub(super) async fn ensure(admin: &PgPool, table: &'static Table) -> Result<i32, ReadError> {
    for behind in veil::behind(table) {
        Box::pin(ensure(admin, behind)).await?;
    }
    let mut tx = locked(admin, table).await?;
    let known = models(&mut tx, table).await?;
    let live = known.iter().find(|m| m.state == State::Live);
    let generation = if let Some(live) = live {
        update(&mut tx, table, live).await?;
        live.generation
    } else {
        let generation = next(&known);
        insert(&mut tx, table, generation, State::Live).await?;
        make_live(&mut tx, table, generation).await?;
        generation
    };
    add_checkpoints(&mut tx, table, generation).await?;
    tx.commit().await.map_err(store_error)?;
    Ok(generation)
}

/// Brings a live generation up to the declaration: new indexes, other descriptions.
async fn update(
    tx: &mut PgConnection,
    table: &'static Table,
    live: &Model,
) -> Result<(), ReadError> {
    let name = ddl::physical(table, live.generation);
    if live.shape != ddl::shape(table) {
        return Err(refused(format!(
            "the columns of {} changed since {name} was made: raise its schema version",
            table.name
        )));
    }
    let exists: bool = sqlx::query_scalar(sql::TABLE_EXISTS)
        .bind(&name)
        .fetch_one(&mut *tx)
        .await
        .map_err(store_error)?;
    if !exists {
        // A new empty table beside old checkpoints would hide the loss.
        let view = table.name;
        return Err(ReadError::Corrupt(format!("{name} is gone: restore it or rebuild {view}")));
    }
    if live.ddl_hash == ddl::fingerprint(table) {
        return Ok(());
    }
    make_live(tx, table, live.generation).await?;
    remember(tx, table, live.generation).await
}

async fn make_live(
    tx: &mut PgConnection,
    table: &'static Table,
    generation: i32,
) -> Result<(), ReadError> {
    run(tx, &ddl::make_table(table, generation)).await?;
    run(tx, &ddl::make_indexes(table, generation)).await?;
    point(tx, table, generation).await
}

/// Points readers at a generation. Analysts follow the newest schema version, so a process with
/// an older one must not take them back.
pub(super) async fn point(
    tx: &mut PgConnection,
    table: &'static Table,
    generation: i32,
) -> Result<(), ReadError> {
    let newest: bool = sqlx::query_scalar(sql::IS_NEWEST)
        .bind(table.name)
        .bind(schema(table))
        .fetch_one(&mut *tx)
        .await
        .map_err(store_error)?;
    run(tx, &ddl::make_views(table, generation, newest)).await.map_err(|error| match error {
        ReadError::Corrupt(text) => refused(format!(
            "the view of {} cannot change ({text}): columns are only ever added at its end, a \
             breaking change needs a view with a new name",
            table.name
        )),
        other @ (ReadError::Unavailable(_)
        | ReadError::Refused(_)
        | ReadError::ForeignEpoch
        | ReadError::TimedOut) => other,
    })
}

/// Starts a generation to rebuild into, or finds the one that this program left unfinished.
pub(super) async fn start_generation(
    admin: &PgPool,
    table: &'static Table,
) -> Result<i32, ReadError> {
    let mut tx = locked(admin, table).await?;
    let known = models(&mut tx, table).await?;
    if let Some(unfinished) = known.iter().find(|m| m.state == State::Building) {
        let same = unfinished.shape == ddl::shape(table) && unfinished.builder == builder();
        if same && of_this_epoch(&mut tx, table, unfinished.generation).await? {
            add_checkpoints(&mut tx, table, unfinished.generation).await?;
            tx.commit().await.map_err(store_error)?;
            return Ok(unfinished.generation);
        }
        // Begun before a restore: what it read may not exist any more. Begun by another build of
        // this program: its rows may have been computed differently.
        drop_one(&mut tx, table, unfinished.generation).await?;
    }
    let generation = next(&known);
    insert(&mut tx, table, generation, State::Building).await?;
    run(&mut tx, &ddl::make_table(table, generation)).await?;
    add_checkpoints(&mut tx, table, generation).await?;
    tx.commit().await.map_err(store_error)?;
    Ok(generation)
}

/// Builds the indexes of a generation and its statistics.
pub(super) async fn build_indexes(
    admin: &PgPool,
    table: &'static Table,
    generation: i32,
) -> Result<(), ReadError> {
    let mut tx = locked(admin, table).await?;
    run(&mut tx, &ddl::make_indexes(table, generation)).await?;
    run(&mut tx, &format!("analyze {}", ddl::physical(table, generation))).await?;
    remember(&mut tx, table, generation).await?;
    tx.commit().await.map_err(store_error)
}

/// Drops what is neither live nor under construction.
pub(super) async fn drop_retired(
    admin: &PgPool,
    table: &'static Table,
) -> Result<Vec<i32>, ReadError> {
    let mut tx = locked(admin, table).await?;
    let known = models(&mut tx, table).await?;
    let mut dropped = Vec::new();
    for model in known.iter().filter(|m| m.state == State::Retired) {
        drop_one(&mut tx, table, model.generation).await?;
        dropped.push(model.generation);
    }
    tx.commit().await.map_err(store_error)?;
    Ok(dropped)
}

/// A transaction that alone may change this view's generations.
pub(super) async fn locked(
    admin: &PgPool,
    table: &'static Table,
) -> Result<Transaction<'static, Postgres>, ReadError> {
    ddl::check(table)?;
    let mut tx = admin.begin().await.map_err(store_error)?;
    sqlx::query(sql::LOCK_DDL).bind(table.name).execute(&mut *tx).await.map_err(store_error)?;
    Ok(tx)
}

/// Never a number that was used before.
fn next(known: &[Model]) -> i32 {
    known.iter().map(|m| m.generation).max().unwrap_or(0) + 1
}

/// Statements that are made from declarations.
async fn run(tx: &mut PgConnection, sql: &str) -> Result<(), ReadError> {
    tx.execute(sqlx::raw_sql(sql)).await.map(drop).map_err(store_error)
}

async fn insert(
    tx: &mut PgConnection,
    table: &Table,
    generation: i32,
    state: State,
) -> Result<(), ReadError> {
    let query = sqlx::query(sql::INSERT_MODEL)
        .bind(table.name)
        .bind(schema(table))
        .bind(generation)
        .bind(state.as_str())
        .bind(ddl::shape(table))
        .bind(ddl::fingerprint(table))
        .bind(state == State::Live)
        .bind(builder());
    query.execute(tx).await.map(drop).map_err(store_error)
}

/// Tells builds of this program from each other, by the size and time of its file. A view's code
/// has no version of its own, and a rebuild that goes on after an upgrade would mix rows of both.
/// That a copy of the same build counts as another one costs a rebuild its head start, no more.
fn builder() -> &'static str {
    static BUILDER: OnceLock<String> = OnceLock::new();
    BUILDER.get_or_init(|| {
        // Linux: also when the file was replaced since we were started
        let file = std::fs::metadata("/proc/self/exe")
            .or_else(|_| std::env::current_exe().and_then(std::fs::metadata));
        let age = |file: &std::fs::Metadata| {
            file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        };
        let of_file = |file: std::fs::Metadata| {
            let nanos = age(&file).map_or(0, |age| age.as_nanos());
            format!("{} {} {nanos}", env!("CARGO_PKG_VERSION"), file.len())
        };
        file.map_or_else(|_| env!("CARGO_PKG_VERSION").to_owned(), of_file)
    })
}

/// What a generation was made from, now with its indexes.
async fn remember(tx: &mut PgConnection, table: &Table, generation: i32) -> Result<(), ReadError> {
    let query = sqlx::query(sql::UPDATE_MODEL)
        .bind(table.name)
        .bind(schema(table))
        .bind(generation)
        .bind(ddl::fingerprint(table))
        .bind(true);
    query.execute(tx).await.map(drop).map_err(store_error)
}

async fn add_checkpoints(
    tx: &mut PgConnection,
    table: &Table,
    generation: i32,
) -> Result<(), ReadError> {
    let query =
        sqlx::query(sql::ADD_CHECKPOINTS).bind(table.name).bind(schema(table)).bind(generation);
    query.execute(tx).await.map(drop).map_err(store_error)
}

async fn of_this_epoch(
    tx: &mut PgConnection,
    table: &Table,
    generation: i32,
) -> Result<bool, ReadError> {
    let query = sqlx::query_scalar(sql::OF_THIS_EPOCH)
        .bind(table.name)
        .bind(schema(table))
        .bind(generation);
    query.fetch_one(tx).await.map_err(store_error)
}

async fn drop_one(tx: &mut PgConnection, table: &Table, generation: i32) -> Result<(), ReadError> {
    run(tx, &ddl::drop_table(table, generation)).await?;
    let query =
        sqlx::query(sql::DELETE_MODEL).bind(table.name).bind(schema(table)).bind(generation);
    query.execute(tx).await.map(drop).map_err(store_error)
}
