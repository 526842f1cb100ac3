//! A tenant's read model in a form in which it can be compared with another tenant's: ids of ours
//! follow from the tenant's, and the id of a conversation from whatever began it, so an id stands
//! for the place that it has among the rows.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher as _};

use serde_json::{Value, json};

use super::scenario::Tag;

/// The rows of the views, by the view's name.
pub(crate) type Tables = BTreeMap<&'static str, Vec<Value>>;

/// A column that may depend on the order.
pub(crate) struct Excluded {
    pub(crate) column: &'static str,
    /// In these tables; in all when there are none.
    pub(crate) tables: &'static [&'static str],
}

impl Excluded {
    pub(crate) const fn everywhere(column: &'static str) -> Self {
        Self { column, tables: &[] }
    }
    pub(crate) const fn of(column: &'static str, tables: &'static [&'static str]) -> Self {
        Self { column, tables }
    }
    fn concerns(&self, table: &str, column: &str) -> bool {
        self.column == column && (self.tables.is_empty() || self.tables.contains(&table))
    }
}

/// Its lines are bookings, one after the other: who hears of a refund before the purchase, or of a
/// dispute when it is won already, books something else than who hears of them in order, and comes
/// to the same. So the lines are added up for each grant and hold.
const STATEMENT: &str = "ledger_entries";
/// What lines are added up by.
const ABOUT: [&str; 5] = ["ledger_id", "grant_id", "hold_id", "purpose", "purpose_id"];
/// Rounds in which the places of ids are told apart.
const ROUNDS: usize = 8;
/// Stands where an id stood.
const ID: char = '§';

/// A row: its text with [`ID`] for every id, and the ids.
struct Row {
    table: &'static str,
    text: String,
    ids: Vec<String>,
}

pub(crate) struct Model {
    rows: Vec<Row>,
}

impl Model {
    pub(crate) fn new(mut tables: Tables, excluded: &[Excluded], tag: &Tag) -> Self {
        let mut rows = Vec::new();
        if let Some(statement) = tables.get_mut(STATEMENT) {
            *statement = added_up(statement);
        }
        for (table, all) in tables {
            for mut row in all {
                let left_out =
                    |column: &str| excluded.iter().any(|one| one.concerns(table, column));
                row.as_object_mut().unwrap().retain(|column, _| !left_out(column));
                let (text, ids) = without_ids(&tag.strip(&row.to_string()));
                rows.push(Row { table, text, ids });
            }
        }
        Self { rows }
    }

    pub(crate) const fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The rows without their ids, sorted.
    fn plain(&self) -> Vec<String> {
        let mut all: Vec<String> =
            self.rows.iter().map(|row| format!("{} {}", row.table, row.text)).collect();
        all.sort_unstable();
        all
    }

    /// The rows with the places of their ids, told apart in so many rounds, sorted: who refers
    /// to whom.
    fn placed(&self, rounds: usize) -> Vec<String> {
        let mut places: HashMap<&str, u64> = HashMap::new();
        let place = |places: &HashMap<&str, u64>, id: &str| places.get(id).copied().unwrap_or(0);
        for _ in 0..rounds {
            let mut seen: HashMap<&str, Vec<u64>> = HashMap::new();
            for row in &self.rows {
                let ids: Vec<u64> = row.ids.iter().map(|id| place(&places, id)).collect();
                for (n, id) in row.ids.iter().enumerate() {
                    seen.entry(id).or_default().push(hash(&(row.table, &row.text, &ids, n)));
                }
            }
            places = seen
                .into_iter()
                .map(|(id, mut seen)| {
                    seen.sort_unstable();
                    (id, hash(&(place(&places, id), seen)))
                })
                .collect();
        }
        let shown = |row: &Row| {
            let ids: Vec<String> =
                row.ids.iter().map(|id| format!("{:016x}", place(&places, id))).collect();
            format!("{} {} {}", row.table, row.text, ids.join(" "))
        };
        let mut all: Vec<String> = self.rows.iter().map(shown).collect();
        all.sort_unstable();
        all
    }
}

/// What the lines of a statement come to, by what they are about; what comes to nothing is left
/// out.
fn added_up(statement: &[Value]) -> Vec<Value> {
    let number = |row: &Value, column: &str| row[column].as_i64().unwrap();
    let last = statement.iter().max_by_key(|row| number(row, "number"));
    let balance: i64 = statement.iter().map(|row| number(row, "amount")).sum();
    assert_eq!(last.map_or(0, |last| number(last, "balance_after")), balance, "it adds up");
    let mut sums: BTreeMap<[String; 5], (i64, i64)> = BTreeMap::new();
    for row in statement {
        let sum = sums.entry(ABOUT.map(|column| row[column].to_string())).or_default();
        sum.0 += number(row, "amount");
        sum.1 += number(row, "available_change");
    }
    sums.retain(|_, sum| *sum != (0, 0));
    let row = |(about, (amount, available_change))| json!({ "about": about, "amount": amount, "available_change": available_change });
    sums.into_iter().map(row).collect()
}

fn hash(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Takes the UUIDs out of a text.
fn without_ids(text: &str) -> (String, Vec<String>) {
    const LENGTH: usize = 36;
    let is_id = |text: &str| {
        text.bytes().enumerate().all(|(n, byte)| match n {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    };
    let (mut plain, mut ids, mut rest) = (String::new(), Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let uuid = rest.get(..LENGTH).filter(|candidate| is_id(candidate));
        match uuid.or_else(|| digest(&plain, rest)) {
            Some(id) => {
                ids.push(id.to_owned());
                plain.push(ID);
                rest = &rest[id.len()..];
            }
            None => {
                plain.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    (plain, ids)
}

/// A digest of what an order says, which stands for an id: 32 hex digits.
fn digest<'a>(before: &str, rest: &'a str) -> Option<&'a str> {
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    let begins = !before.ends_with(|char: char| char.is_ascii_alphanumeric());
    (digits == 32 && begins).then(|| &rest[..32])
}

/// What one model has and the other has not; empty when they are the same. One reference that
/// differs makes everything around it differ in the end, so fewer rounds say better which.
pub(crate) fn difference(first: &Model, other: &Model) -> String {
    let plain = only(&first.plain(), &other.plain());
    let same = || first.placed(ROUNDS) == other.placed(ROUNDS);
    if !plain.is_empty() || same() {
        return plain;
    }
    let found = (1..=ROUNDS).map(|rounds| only(&first.placed(rounds), &other.placed(rounds)));
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// Lines of one sorted list that are not in the other.
fn only(first: &[String], other: &[String]) -> String {
    let mut count: BTreeMap<&str, i64> = BTreeMap::new();
    for line in first {
        *count.entry(line).or_default() += 1;
    }
    for line in other {
        *count.entry(line).or_default() -= 1;
    }
    let mut shown = String::new();
    for (line, count) in count.into_iter().filter(|(_, count)| *count != 0) {
        let side = if count > 0 { "in order" } else { "shuffled" };
        writeln!(shown, "{side}: {line}").unwrap();
    }
    shown
}

#[test]
fn an_id_is_the_place_that_it_has() {
    let tag = Tag::new(0);
    let a = "018f2f6e-0000-7000-8000-00000000000a";
    let b = "018f2f6e-0000-7000-8000-00000000000b";
    let model = |first: &str, second: &str, of: &str, version: i64| {
        let things = vec![
            serde_json::json!({ "id": first, "name": "uno", "version": version }),
            serde_json::json!({ "id": second, "name": "dos", "version": 1 }),
        ];
        let parts = vec![serde_json::json!({ "thing": of, "note": format!("de {of}") })];
        let excluded = [Excluded::everywhere("version")];
        Model::new([("things", things), ("parts", parts)].into(), &excluded, &tag)
    };
    assert_eq!(difference(&model(a, b, a, 1), &model(b, a, b, 2)), "", "other ids, same places");
    assert!(!difference(&model(a, b, a, 1), &model(a, b, b, 1)).is_empty(), "another owner");
    let other = Model::new([("things", vec![])].into(), &[], &tag);
    assert!(difference(&model(a, b, a, 1), &other).contains("\"uno\""));
}
