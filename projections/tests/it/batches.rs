//! However a lane is cut into batches, the tables come out the same as one event at a time; and
//! in whatever order the aggregates come, those that others write too come out the same.

use bitacora_domain::Position;
use bitacora_projections::change::Sourced;
use bitacora_projections::digest::Digest;
use bitacora_projections::ports::Wanted;
use bitacora_projections::value::Cell;
use bitacora_projections::{Change, Key, MemTable, Table};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use crate::support::probe::{MIXED, SOLO};
use crate::support::store::{Rows, apply, select};
use crate::support::tenant;

/// Few keys and values, so that changes meet.
fn key() -> impl Strategy<Value = Key> {
    prop_oneof!["x", "y", "z"].prop_map(|k| Key::from(k.as_str()))
}

fn word() -> impl Strategy<Value = Cell> {
    prop_oneof![Just(Cell::Null), Just("p".into()), Just("q".into()), Just("r".into())]
}

fn named() -> impl Strategy<Value = Cell> {
    prop_oneof![Just("p".into()), Just("q".into()), Just("r".into())]
}

fn solo_set() -> impl Strategy<Value = Vec<(&'static str, Cell)>> {
    prop_oneof![
        word().prop_map(|a| vec![("a", a)]),
        (0..3i64).prop_map(|g| vec![("g", g.into())]),
        (word(), 0..3i64).prop_map(|(a, g)| vec![("a", a), ("g", g.into())]),
    ]
}

/// Any change of alpha on the table that is all alpha's.
fn solo() -> impl Strategy<Value = Change> {
    prop_oneof![
        (key(), solo_set(), 0..9i64).prop_map(|(key, mut set, born)| {
            set.push(("born", born.into()));
            Change::Insert { key, set }
        }),
        (key(), solo_set()).prop_map(|(key, set)| Change::Upsert { key, set }),
        (key(), solo_set()).prop_map(|(key, set)| Change::Patch { key, set }),
        (0..3i64, solo_set()).prop_map(|(value, set)| {
            Change::PatchWhere { column: "g", value: value.into(), set }
        }),
        (named(), solo_set()).prop_map(|(value, set)| Change::PatchWhere {
            column: "a",
            value,
            set
        }),
        (key(), word(), solo_set()).prop_map(|(key, value, set)| Change::PatchIf {
            key,
            column: "a",
            value,
            set
        }),
        (key(), -3..3i64).prop_map(|(key, by)| Change::Add { key, column: "g", by }),
        (key(), 0..3i64)
            .prop_map(|(key, v)| { Change::Include { key, column: "list", value: json!(v) } }),
        key().prop_map(|key| Change::Delete { key }),
    ]
}

/// Any change of `owner` on the table that others write too.
fn mixed(owner: &'static str) -> impl Strategy<Value = Change> {
    let column = if owner == "alpha" { "a" } else { "b" };
    let own = prop_oneof![
        (key(), word()).prop_map(move |(key, v)| Change::Upsert { key, set: vec![(column, v)] }),
        (key(), named(), word()).prop_map(move |(key, value, v)| {
            Change::PatchIf { key, column, value, set: vec![(column, v)] }
        }),
        (named(), word()).prop_map(move |(value, v)| {
            if owner == "alpha" {
                Change::PatchWhere { column, value, set: vec![(column, v)] }
            } else {
                Change::Upsert { key: "x".into(), set: vec![(column, v)] }
            }
        }),
    ];
    prop_oneof![
        own,
        (key(), -3..3i64).prop_map(|(key, by)| Change::Add { key, column: "sum", by }),
        (key(), named()).prop_map(|(key, value)| Change::KeepFirst { key, column: "first", value }),
        (key(), 0..9i64)
            .prop_map(|(key, v)| { Change::KeepLast { key, column: "last", value: v.into() } }),
    ]
}

fn log(owners: Vec<(&'static str, u128, Change)>) -> Vec<Sourced> {
    let numbered = owners.into_iter().zip(1..);
    numbered
        .map(|((owner, of, change), position)| Sourced {
            tenant: tenant(of),
            position: Position(position),
            aggregate_type: owner.into(),
            change,
        })
        .collect()
}

/// What the runner does with a batch, against rows as a database keeps them.
fn batch(table: &'static Table, rows: &mut Rows, changes: &[Sourced]) {
    let mut memory = MemTable::new(table);
    memory.load(select(table, rows, &Wanted::of(changes)));
    for change in changes {
        memory.apply(change.clone()).expect("legal");
    }
    apply(table, rows, memory.into_writes());
}

fn cut(table: &'static Table, log: &[Sourced], sizes: &[usize]) -> Rows {
    let (mut rows, mut rest, mut sizes) = (Rows::new(), log, sizes.iter().cycle());
    while !rest.is_empty() {
        let (head, tail) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
        batch(table, &mut rows, head);
        rest = tail;
    }
    rows
}

fn check_cuts(table: &'static Table, log: &[Sourced], sizes: &[usize]) {
    let one_at_a_time = cut(table, log, &[1]);
    assert_eq!(cut(table, log, sizes), one_at_a_time);
    // A replay keeps one table and never stores anything.
    let mut replay = MemTable::new(table);
    for change in log {
        replay.apply(change.clone()).unwrap();
    }
    assert_eq!(Digest::of(replay.rows()), Digest::of(one_at_a_time.values()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn however_a_lane_is_cut_the_tables_come_out_the_same(
        changes in vec((0..2u128, solo()), 0..40),
        sizes in vec(1..9usize, 1..5),
    ) {
        let log = log(changes.into_iter().map(|(of, change)| ("alpha", of, change)).collect());
        check_cuts(&SOLO, &log, &sizes);
    }

    #[test]
    fn however_a_mixed_lane_is_cut_the_tables_come_out_the_same(
        changes in vec((0..2u128, prop_oneof![
            mixed("alpha").prop_map(|c| ("alpha", c)), mixed("beta").prop_map(|c| ("beta", c)),
        ]), 0..40),
        sizes in vec(1..9usize, 1..5),
    ) {
        let log = log(changes.into_iter().map(|(of, (who, change))| (who, of, change)).collect());
        check_cuts(&MIXED, &log, &sizes);
    }

    /// An aggregate that was parked comes late, with its old positions: as a whole, or in parts.
    #[test]
    fn parked_aggregates_may_come_in_any_order(
        changes in vec(prop_oneof![
            mixed("alpha").prop_map(|c| ("alpha", c)), mixed("beta").prop_map(|c| ("beta", c)),
        ], 0..30),
        late in vec(any::<bool>(), 60),
    ) {
        let log = log(changes.into_iter().map(|(who, change)| (who, 0, change)).collect());
        // Each one's own order stays; which of the two comes next is drawn.
        let of = |who: &str| log.iter().filter(|s| s.aggregate_type == who).cloned().collect();
        let (mut alpha, mut beta): (std::collections::VecDeque<_>, std::collections::VecDeque<_>) =
            (of("alpha"), of("beta"));
        let mut shuffled = Vec::new();
        for beta_first in late {
            let (one, other) = if beta_first { (&mut beta, &mut alpha) } else { (&mut alpha, &mut beta) };
            shuffled.extend(one.pop_front().or_else(|| other.pop_front()));
        }
        prop_assert_eq!(shuffled.len(), log.len());
        prop_assert_eq!(cut(&MIXED, &shuffled, &[3]), cut(&MIXED, &log, &[1]));
    }
}
