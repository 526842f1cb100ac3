//! What each change does to a table, and what a table does not allow.

use bitacora_domain::{Position, TenantId};
use bitacora_projections::change::Sourced;
use bitacora_projections::ports::{StoredRow, Wanted};
use bitacora_projections::value::Cell;
use bitacora_projections::{Change, Key, MemTable, ProjectionError, Table};
use serde_json::json;

use crate::support::probe::{MIXED, SOLO};
use crate::support::tenant;

fn sourced(aggregate_type: &str, position: i64, change: Change) -> Sourced {
    let position = Position(position);
    Sourced { tenant: tenant(0), position, aggregate_type: aggregate_type.into(), change }
}

struct Bench(MemTable, i64);

impl Bench {
    fn new(table: &'static Table) -> Self {
        Self(MemTable::new(table), 0)
    }

    fn by(&mut self, aggregate_type: &str, change: Change) -> Result<(), ProjectionError> {
        self.1 += 1;
        self.0.apply(sourced(aggregate_type, self.1, change))
    }

    /// Applies legal changes of alpha.
    #[track_caller]
    fn alpha(&mut self, changes: impl IntoIterator<Item = Change>) -> &mut Self {
        for change in changes {
            self.by("alpha", change).unwrap();
        }
        self
    }

    fn cell(&self, key: &str, column: &str) -> Option<Cell> {
        let place = self.0.table().index_of(column).unwrap();
        self.0.row(tenant(0), &Key::from(key)).map(|row| row.row.0[place].clone())
    }

    #[track_caller]
    fn refuses(&mut self, aggregate_type: &str, change: Change, because: &str) {
        let before: Vec<_> = self.0.rows().cloned().collect();
        let error = self.by(aggregate_type, change).unwrap_err();
        assert_eq!(error.code(), "ILLEGAL_CHANGE");
        assert!(error.to_string().contains(because), "{error}");
        assert_eq!(self.0.rows().cloned().collect::<Vec<_>>(), before, "nothing was changed");
    }
}

fn insert(k: &str, a: &str) -> Change {
    Change::Insert { key: k.into(), set: vec![("a", a.into())] }
}
fn upsert(k: &str, column: &'static str, value: impl Into<Cell>) -> Change {
    Change::Upsert { key: k.into(), set: vec![(column, value.into())] }
}
fn patch(k: &str, column: &'static str, value: impl Into<Cell>) -> Change {
    Change::Patch { key: k.into(), set: vec![(column, value.into())] }
}
fn patch_where(column: &'static str, value: impl Into<Cell>, a: &str) -> Change {
    Change::PatchWhere { column, value: value.into(), set: vec![("a", a.into())] }
}
#[allow(clippy::unnecessary_wraps)] // compared with what a row may lack
fn text(text: &str) -> Option<Cell> {
    Some(Cell::from(text))
}

#[test]
fn the_first_insert_stands() {
    let mut t = Bench::new(&SOLO);
    t.alpha([insert("x", "first"), insert("x", "second")]);
    assert_eq!(t.cell("x", "a"), text("first"));
    assert_eq!(t.cell("x", "g"), Some(Cell::Int(0)), "unnamed columns start from their zero");
    assert_eq!(t.cell("x", "list"), Some(Cell::Null));
}

#[test]
fn an_upsert_makes_or_changes_and_a_patch_only_changes() {
    let mut t = Bench::new(&SOLO);
    t.alpha([patch("x", "a", "nobody"), upsert("x", "g", 7), patch("x", "a", "here")]);
    assert_eq!((t.cell("x", "a"), t.cell("x", "g")), (text("here"), Some(Cell::Int(7))));
    let mut t = Bench::new(&SOLO);
    t.alpha([patch("x", "a", "nobody")]);
    assert_eq!(t.cell("x", "a"), None);
}

#[test]
fn patch_where_sees_what_the_batch_itself_changed() {
    let mut t = Bench::new(&SOLO);
    t.alpha([upsert("x", "g", 1), upsert("y", "g", 2), upsert("z", "g", 1)]);
    t.alpha([upsert("z", "g", 2), patch_where("g", 2, "two"), patch_where("a", "two", "second")]);
    assert_eq!(t.cell("x", "a"), Some(Cell::Null));
    assert_eq!((t.cell("y", "a"), t.cell("z", "a")), (text("second"), text("second")));
}

#[test]
fn patch_if_looks_at_its_column() {
    let set = |a: &str| vec![("a", Cell::from(a))];
    let patch_if =
        |value: Cell, a| Change::PatchIf { key: "x".into(), column: "a", value, set: set(a) };
    let mut t = Bench::new(&SOLO);
    t.alpha([patch_if(Cell::Null, "no row"), upsert("x", "g", 1)]);
    assert_eq!(t.cell("x", "a"), Some(Cell::Null));
    t.alpha([
        patch_if(Cell::Null, "one"),
        patch_if("zero".into(), "never"),
        patch_if("one".into(), "two"),
    ]);
    assert_eq!(t.cell("x", "a"), text("two"));
}

#[test]
fn add_counts_from_zero_and_makes_the_row() {
    let mut t = Bench::new(&MIXED);
    let add = |by| Change::Add { key: "x".into(), column: "sum", by };
    t.alpha([add(5), add(-2)]);
    t.by("beta", add(1)).unwrap();
    assert_eq!(t.cell("x", "sum"), Some(Cell::Int(4)));
    t.refuses("alpha", add(i64::MAX), "2^53");
}

#[test]
fn first_and_last_go_by_position_and_not_by_arrival() {
    let keep = |v: i64| {
        [
            Change::KeepFirst { key: "x".into(), column: "first", value: v.to_string().into() },
            Change::KeepLast { key: "x".into(), column: "last", value: v.into() },
        ]
    };
    for order in [[1, 2, 3], [3, 2, 1], [2, 3, 1]] {
        let mut t = Bench::new(&MIXED);
        for position in order {
            for change in keep(position * 10) {
                t.0.apply(sourced("beta", position, change)).unwrap();
            }
        }
        assert_eq!((t.cell("x", "first"), t.cell("x", "last")), (text("10"), Some(Cell::Int(30))));
        let row = t.0.row(tenant(0), &"x".into()).unwrap();
        assert_eq!(row.positions, [Some(Position(1)), Some(Position(3))]);
    }
}

#[test]
fn include_keeps_each_element_once_in_order() {
    let include = |v: &str| Change::Include { key: "x".into(), column: "list", value: json!(v) };
    let mut t = Bench::new(&SOLO);
    t.alpha([include("b"), include("a"), include("b")]);
    assert_eq!(t.cell("x", "list"), Some(Cell::Json(json!(["b", "a"]))));
}

#[test]
fn a_deleted_row_is_gone_and_may_be_made_again() {
    let delete = || Change::Delete { key: "x".into() };
    let mut t = Bench::new(&SOLO);
    t.alpha([insert("x", "one"), upsert("x", "g", 9), delete(), patch("x", "g", 1)]);
    assert_eq!(t.cell("x", "g"), None);
    t.alpha([insert("x", "two")]);
    assert_eq!((t.cell("x", "a"), t.cell("x", "g")), (text("two"), Some(Cell::Int(0))));
}

#[test]
fn a_column_has_one_master() {
    let mut t = Bench::new(&MIXED);
    t.refuses("beta", upsert("x", "a", "theirs"), "only events of alpha");
    t.refuses("alpha", upsert("x", "sum", 1), "only Sum");
    t.refuses("alpha", upsert("x", "last", 1), "only Last");
    t.refuses("alpha", upsert("x", "k", "y"), "only the key");
    t.refuses("beta", Change::Add { key: "x".into(), column: "n", by: 1 }, "only events of alpha");
    t.refuses("alpha", Change::Add { key: "x".into(), column: "a", by: 1 }, "of type text");
    let keep = Change::KeepFirst { key: "x".into(), column: "last", value: 1.into() };
    t.refuses("alpha", keep, "only Last");
    let include = Change::Include { key: "x".into(), column: "list", value: json!(1) };
    t.refuses("beta", include, "only events of alpha");
    let mut t = Bench::new(&SOLO);
    t.refuses("alpha", upsert("x", "born", 1), "only an insert");
    t.alpha([Change::Insert { key: "x".into(), set: vec![("born", 3.into())] }]);
    assert_eq!(t.cell("x", "born"), Some(Cell::Int(3)));
}

#[test]
fn where_others_make_rows_nothing_may_hang_on_their_being_there() {
    let mut t = Bench::new(&MIXED);
    t.refuses("alpha", insert("x", "one"), "insert although others");
    t.refuses("alpha", patch("x", "a", "one"), "patch although others");
    t.refuses("alpha", Change::Delete { key: "x".into() }, "delete although others");
    t.refuses("beta", patch_where("a", "one", "two"), "which others write");
    let by_null = Change::PatchIf { key: "x".into(), column: "a", value: Cell::Null, set: vec![] };
    t.refuses("alpha", by_null, "a condition of no value");
    t.alpha([upsert("x", "a", "one"), patch_where("a", "one", "two")]);
    assert_eq!(t.cell("x", "a"), text("two"));
}

#[test]
fn types_names_keys_and_indexes_are_checked() {
    let mut t = Bench::new(&SOLO);
    t.refuses("alpha", upsert("x", "a", 1), "of type text");
    t.refuses("alpha", upsert("x", "g", Cell::Null), "may not be null");
    t.refuses("alpha", upsert("x", "nothing", 1), "no column nothing");
    t.refuses(
        "alpha",
        patch_where("list", Cell::Json(json!([])), "x"),
        "no index begins with list",
    );
    t.refuses("alpha", patch_where("a", Cell::Null, "x"), "matched with null");
    let long = Key(vec!["x".into(), "y".into()]);
    t.refuses("alpha", Change::Delete { key: long }, "1 parts");
    t.refuses("alpha", Change::Delete { key: Key::from(5) }, "of type text");
}

#[test]
fn an_event_is_applied_whole_or_not_at_all() {
    let mut table = MemTable::new(&SOLO);
    let place = (bitacora_domain::Lane(0), Position(1), bitacora_domain::Version(1));
    let stream = bitacora_domain::StreamId::new("alpha", "1");
    let event = crate::support::recorded(tenant(0), stream, place, "E", json!({}));
    let half = vec![upsert("x", "g", 1), upsert("y", "nothing", 1)];
    assert!(table.apply_event(&event, half).is_err());
    assert_eq!(table.rows().count(), 0);
}

#[test]
fn only_what_changed_is_written() {
    let stored = |key: &str, a: &str| {
        let mut row = SOLO.initial_row();
        row.0[0] = key.into();
        row.0[1] = a.into();
        StoredRow { tenant: tenant(0), row, positions: vec![] }
    };
    let mut table = MemTable::new(&SOLO);
    table.load(["same", "insert", "changed", "gone"].map(|key| stored(key, "a")));
    for change in [
        patch("same", "a", "a"),
        insert("insert", "late"),
        patch("changed", "a", "b"),
        Change::Delete { key: "gone".into() },
        insert("new", "n"),
        insert("brief", "b"),
        Change::Delete { key: "brief".into() },
    ] {
        table.apply(sourced("alpha", 1, change)).unwrap();
    }
    let writes = table.into_writes();
    let written: Vec<_> = writes.upserts.iter().map(|row| row.row.0[0].clone()).collect();
    assert_eq!(written, [Cell::from("changed"), Cell::from("new")]);
    assert_eq!(writes.deletes, [(tenant(0), Key::from("gone"))]);
}

#[test]
fn what_must_be_loaded_is_every_named_row_and_every_match_once() {
    let other: TenantId = tenant(1);
    let changes = [
        sourced("alpha", 1, insert("x", "a")),
        sourced("alpha", 2, patch("x", "a", "b")),
        Sourced { tenant: other, ..sourced("alpha", 3, insert("x", "a")) },
        sourced("alpha", 4, patch_where("g", 1, "c")),
        sourced("alpha", 5, patch_where("g", 1, "d")),
        sourced(
            "alpha",
            6,
            Change::Forget(bitacora_projections::Forget::Document(uuid::Uuid::nil())),
        ),
    ];
    let wanted = Wanted::of(&changes);
    assert_eq!(wanted.keys, [(tenant(0), Key::from("x")), (other, Key::from("x"))]);
    assert_eq!(wanted.matches, [(tenant(0), "g", Cell::Int(1))]);
}
