//! DDL of read tables, made from the views' declarations.
//!
//! Text columns have the collation "C": order and digests are the same on every machine and an
//! upgrade of the operating system cannot damage an index. A view that must be sorted for the
//! eye of a reader keeps a folded column for it.

use std::fmt::Write as _;

use bitacora_projections::ports::ReadError;
use bitacora_projections::table::Floor;
use bitacora_projections::veil;
use bitacora_projections::views::reveals;
use bitacora_projections::{Column, ColumnType, Table};
use sha2::{Digest as _, Sha256};

use super::error::refused;

/// Longest identifier of Postgres; it silently cuts longer ones.
const MAX_IDENTIFIER: usize = 63;

/// Checks a declaration: names, lengths, and that keys and indexes name columns that exist.
pub(super) fn check(table: &'static Table) -> Result<(), ReadError> {
    let fault = |what: String| Err(refused(format!("table {}: {what}", table.name)));
    // generations have up to seven digits
    for name in [table.physical(9_999_999), table.current()] {
        if !is_name(&name) {
            return fault(format!("{name} is not a name"));
        }
    }
    for column in table.columns {
        let hidden = column.keeps_position().then(|| Table::position_column(column.name));
        if !is_name(column.name) || hidden.is_some_and(|name| !is_name(&name)) {
            return fault(format!("column {} is not a name", column.name));
        }
        if column.name == "tenant_id" || column.name.ends_with("__position") {
            return fault(format!("column {} is a name of the system", column.name));
        }
        if table.columns.iter().filter(|other| other.name == column.name).count() > 1 {
            return fault(format!("column {} is declared twice", column.name));
        }
    }
    for key in table.key {
        match table.column(key) {
            Some(column) if !column.nullable => {}
            Some(_) => return fault(format!("key column {key} may be NULL")),
            None => return fault(format!("key column {key} is not declared")),
        }
    }
    for index in table.indexes {
        if !is_name(&index_name(table, index.name, 9_999_999)) {
            return fault(format!("index {} is not a name", index.name));
        }
        if let Some(column) = index.columns.iter().find(|c| table.column(bare(c)).is_none()) {
            return fault(format!("index {} names {column}, which is not declared", index.name));
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.len() <= MAX_IDENTIFIER
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Quotes a checked identifier.
pub(super) fn quote(name: &str) -> String {
    format!("\"{name}\"")
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn bare(column: &str) -> &str {
    column.strip_prefix('-').unwrap_or(column)
}

fn index_name(table: &Table, index: &str, generation: i32) -> String {
    format!("{}_{index}", table.physical(generation))
}

/// Qualified and quoted table of a generation.
pub(super) fn physical(table: &Table, generation: i32) -> String {
    format!("read_store.{}", quote(&table.physical(generation)))
}

/// Qualified and quoted name that the API reads.
pub(super) fn current(table: &Table) -> String {
    format!("read_store.{}", quote(&table.current()))
}

/// Qualified and quoted name that analysts read.
pub(super) fn analysts(table: &Table) -> String {
    format!("read.{}", quote(table.name))
}

/// What may not change without a new schema version, as text.
pub(super) fn shape(table: &Table) -> String {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|c| {
            let null = if c.nullable { "" } else { " not null" };
            let hidden = if c.keeps_position() { " positioned" } else { "" };
            let floor = constraint(c).map(|sql| format!(" {sql}")).unwrap_or_default();
            format!("{} {}{null}{hidden}{floor}", c.name, c.ty.sql())
        })
        .collect();
    format!("{}; key {}", columns.join(", "), table.key.join(", "))
}

/// Hash of everything that makes a generation: while it stays the same there is nothing to do.
pub(super) fn fingerprint(table: &Table) -> String {
    let all = [make_table(table, 0), make_indexes(table, 0), make_views(table, 0, true)].concat();
    hex::encode(Sha256::digest(all.as_bytes()))
}

/// Table, comments, grants and policies of a generation, without its indexes. Idempotent.
pub(super) fn make_table(table: &Table, generation: i32) -> String {
    let name = physical(table, generation);
    let mut sql = format!("create table if not exists {name} (\n  tenant_id uuid not null");
    for column in table.columns {
        let _ = write!(sql, ",\n  {} {}", quote(column.name), column_type(column.ty));
        sql.push_str(if column.nullable { "" } else { " not null" });
    }
    for column in table.positioned() {
        let _ = write!(sql, ",\n  {} bigint", quote(&Table::position_column(column.name)));
    }
    for (column, check) in table.columns.iter().filter_map(|c| Some((c, constraint(c)?))) {
        let name = quote(&format!("{}_floor", column.name));
        let _ = write!(sql, ",\n  constraint {name} {check}");
    }
    let _ = write!(sql, ",\n  primary key ({})\n);\n", key_columns(table).join(", "));
    sql.push_str(&comments("table", &name, table));
    for column in table.positioned() {
        let hidden = quote(&Table::position_column(column.name));
        let text = literal(&format!("position of the event that gave {}", column.name));
        let _ = writeln!(sql, "comment on column {name}.{hidden} is {text};");
    }
    sql.push_str(&access(&name, "select, insert, update, delete"));
    sql
}

/// The declared indexes. Idempotent.
pub(super) fn make_indexes(table: &Table, generation: i32) -> String {
    let name = physical(table, generation);
    let mut sql = String::new();
    for index in table.indexes {
        let columns: Vec<_> = index.columns.iter().map(|c| index_column(table, c)).collect();
        let index = quote(&index_name(table, index.name, generation));
        let columns = columns.join(", ");
        let _ =
            writeln!(sql, "create index if not exists {index} on {name} (tenant_id, {columns});");
    }
    sql
}

/// Points readers at a generation; `newest` says that analysts read this schema version.
pub(super) fn make_views(table: &Table, generation: i32, newest: bool) -> String {
    let plain: Vec<_> = table.columns.iter().map(|c| quote(c.name)).collect();
    let plain = plain.join(", ");
    let veiled = veiled_columns(table);
    let mut sql = String::new();
    let mut make = |view: &str, columns: &str, of: &str| {
        let _ = writeln!(
            sql,
            "create or replace view {view} with (security_invoker = true) as \
             select t.tenant_id, {columns} from {of} t;"
        );
        sql.push_str(&comments("view", view, table));
        sql.push_str(&access(view, "select"));
    };
    make(&current(table), veiled.as_deref().unwrap_or(&plain), &physical(table, generation));
    if newest {
        // Over the other one, so that both show the same.
        make(&analysts(table), &plain, &current(table));
    }
    sql
}

/// The columns of a view over a table `t` that may hold what nobody may see: personal ones read
/// as NULL where the contact came by a lead, as its id says, and was not revealed (ADR 0012). What
/// leads to no contact that anybody knows is not shown either. The questions are scalar ones, which
/// Postgres asks row by row by key; `exists` it may answer by reading the whole other table.
fn veiled_columns(table: &Table) -> Option<String> {
    let veil = veil::of_table(table)?;
    let shown = |contact: &str| {
        let reveals = current(&reveals::TABLE);
        format!(
            "(get_byte(uuid_send({contact}), 6) >> 4 is distinct from 8 or (select true from \
             {reveals} r where r.tenant_id = t.tenant_id and r.contact_id = {contact}) is true)"
        )
    };
    let own = format!("t.{}", quote(veil.column));
    let condition = match veil.through {
        None => shown(&own),
        Some(other) => format!(
            "(select {} from {} p where p.tenant_id = t.tenant_id and p.id = {own}) is true",
            shown("p.contact_id"),
            current(other),
        ),
    };
    let column = |column: &Column| {
        let name = quote(column.name);
        if column.personal {
            format!("case when {condition} then t.{name} end as {name}")
        } else {
            format!("t.{name}")
        }
    };
    Some(table.columns.iter().map(column).collect::<Vec<_>>().join(", "))
}

/// Removes a generation that nobody reads.
pub(super) fn drop_table(table: &Table, generation: i32) -> String {
    let name = physical(table, generation);
    let rule = literal(&name);
    format!("drop table if exists {name}; delete from ops.access_rules where table_name = {rule};")
}

fn access(relation: &str, projector: &str) -> String {
    let name = literal(relation);
    format!("select ops.declare_access({name}, '', '{projector}', 'select', true);\n")
}

fn comments(kind: &str, name: &str, table: &Table) -> String {
    let mut sql = format!("comment on {kind} {name} is {};\n", literal(table.doc));
    let _ = writeln!(sql, "comment on column {name}.tenant_id is 'owner of the row';");
    for column in table.columns {
        let text = literal(&describe(column));
        let _ = writeln!(sql, "comment on column {name}.{} is {text};", quote(column.name));
    }
    sql
}

/// What the database refuses of a column, whatever the view computed.
fn constraint(column: &Column) -> Option<String> {
    let own = quote(column.name);
    Some(match column.floor? {
        Floor::Zero => format!("check ({own} >= 0)"),
        Floor::ZeroUnless(other) => format!("check ({own} >= 0 or {} > 0)", quote(other)),
    })
}

fn describe(column: &Column) -> String {
    if column.personal { format!("{} [personal data]", column.doc) } else { column.doc.to_owned() }
}

fn column_type(ty: ColumnType) -> &'static str {
    if ty == ColumnType::Text { "text collate \"C\"" } else { ty.sql() }
}

/// `tenant_id` and the key, quoted.
pub(super) fn key_columns(table: &Table) -> Vec<String> {
    std::iter::once("tenant_id".to_owned()).chain(table.key.iter().map(|k| quote(k))).collect()
}

/// NULLs stand last in both directions of an order (see [`super::keyset`]). A column without
/// NULLs takes the default, so that one index serves both directions.
fn index_column(table: &Table, declared: &str) -> String {
    let name = bare(declared);
    let nullable = table.column(name).is_some_and(|c| c.nullable);
    match (declared.starts_with('-'), nullable) {
        (false, _) => quote(name),
        (true, false) => format!("{} desc", quote(name)),
        (true, true) => format!("{} desc nulls last", quote(name)),
    }
}
