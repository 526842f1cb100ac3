//! The data dictionary, `docs/READ_MODELS.md`, from the declarations.

use std::fmt::Write as _;

use crate::table::{Floor, Merge, Writer};
use crate::{Column, Table, views};

/// The whole page.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Read models\n\n\
         Generated from the declarations in `projections/src/views/`; a test fails on drift \
         (`BLESS=1` rewrites it).\n\n\
         Every table has `tenant_id uuid` in front, in its key and in every index, under forced \
         row security. Analysts read `read.<name>`. Times are UTC, with microseconds. Columns \
         are only ever added at the end.\n\n\
         *Writer*: the aggregate whose events set the column; `row` is set once with its row; \
         `sum`, `first` and `last` are merged from the events of any aggregate. *Personal* \
         columns identify a person or carry what they said.\n",
    );
    let mut tables: Vec<_> = views::all().into_iter().map(|view| (view.table(), view)).collect();
    tables.sort_by_key(|(table, _)| table.name);
    for (table, view) in tables {
        describe(&mut page, table, view.interest());
    }
    page
}

fn describe(page: &mut String, table: &Table, interest: &[&str]) {
    // Writing to a String cannot fail.
    let _ = writeln!(page, "\n## `{}` (version {})\n\n{}\n", table.name, table.schema, table.doc);
    let _ = writeln!(page, "From events of: {}.\n", interest.join(", "));
    let _ = writeln!(page, "| column | type | null | writer | personal | meaning |");
    let _ = writeln!(page, "|---|---|---|---|---|---|");
    for column in table.columns {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} |",
            column.name,
            column.ty.sql(),
            if column.nullable { "yes" } else { "" },
            writer(column),
            if column.personal { "yes" } else { "" },
            meaning(column),
        );
    }
    let _ = writeln!(page, "\nKey: `{}`.", table.key.join("`, `"));
    for index in table.indexes {
        let _ = writeln!(page, "Index `{}`: `{}`.", index.name, index.columns.join("`, `"));
    }
}

fn meaning(column: &Column) -> String {
    let doc = column.doc.replace('|', "\\|");
    match column.floor {
        None => doc,
        Some(Floor::Zero) => format!("{doc} The database refuses less than 0."),
        Some(Floor::ZeroUnless(other)) => {
            format!("{doc} The database refuses less than 0 unless `{other}` is above 0.")
        }
    }
}

const fn writer(column: &Column) -> &'static str {
    match column.writer {
        Writer::Key => "key",
        Writer::Once => "row",
        Writer::Aggregate(owner) => owner,
        Writer::Shared(Merge::Sum) => "sum",
        Writer::Shared(Merge::First) => "first",
        Writer::Shared(Merge::Last) => "last",
    }
}
