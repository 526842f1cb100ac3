//! Questions of the API: filters, order, cursors.

use std::cmp::Ordering;
use std::time::Duration;

use bitacora_adapters::pools::{PoolSizes, Pools};
use bitacora_adapters::read::PgReadModels;
use bitacora_adapters::testing::{TEST_POOLS, TestDb};
use bitacora_domain::Position;
use bitacora_projections::ports::{ReadError, ReadModels as _, ReadStore as _, StoredRow};
use bitacora_projections::query::{Direction, Filter, Op, Order, Page, TableRow};
use bitacora_projections::{Cell, Key};
use chrono::DateTime;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use crate::support::{A, B, Side, THINGS, bare, full, id, key, side, store};

fn column(row: &StoredRow, name: &str) -> Cell {
    row.row.0[THINGS.index_of(name).unwrap()].clone()
}

/// What SQL compares, of the types that are ordered here.
fn compare(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
        (Cell::Bool(a), Cell::Bool(b)) => a.cmp(b),
        (Cell::Time(a), Cell::Time(b)) => a.cmp(b),
        (Cell::Uuid(a), Cell::Uuid(b)) => a.cmp(b),
        other => panic!("{other:?}"),
    }
}

fn in_order(a: &Cell, b: &Cell, direction: Direction) -> Ordering {
    match (a == &Cell::Null, b == &Cell::Null, direction) {
        (true, true, _) => Ordering::Equal,
        (true, false, _) => Ordering::Greater,
        (false, true, _) => Ordering::Less,
        (false, false, Direction::Asc) => compare(a, b),
        (false, false, Direction::Desc) => compare(b, a),
    }
}

fn random_rows(rng: &mut StdRng) -> Vec<StoredRow> {
    let words = ["", "a", "Á", "b", "ñ", "z", "B"];
    let mut rows = Vec::new();
    for n in 0..60_u32 {
        let mut row = bare(if rng.random_bool(0.8) { A } else { B }, n.into());
        row.row.0[0] = (*["bag", "box"].choose(rng).unwrap()).into();
        let mut maybe = |cell: Cell| if rng.random_bool(0.3) { Cell::Null } else { cell };
        row.row.0[2] = maybe((*words.choose(&mut StdRng::seed_from_u64(n.into())).unwrap()).into());
        row.row.0[5] = maybe(DateTime::from_timestamp_micros(i64::from(n % 4)).unwrap().into());
        row.row.0[7] = maybe(id(u128::from(n % 3)).into());
        row.row.0[3] = rng.random_range(-2..2_i64).into();
        row.row.0[4] = rng.random_bool(0.5).into();
        rows.push(row);
    }
    rows
}

/// Walks all pages in one direction and returns the ids in the order of reading.
async fn walk(side: &Side, mut page: Page) -> Vec<Cell> {
    let mut ids = Vec::new();
    loop {
        let rows = side.models.page(A, &page).await.unwrap();
        assert!(rows.len() <= usize::try_from(page.limit).unwrap());
        let Some(last) = rows.last() else { return ids };
        let cursor = page.cursor_columns().iter().map(|c| last.cell(c).clone()).collect();
        page.after = Some(cursor);
        ids.extend(rows.iter().map(|r| r.cell("id").clone()));
        assert!(ids.len() <= 60, "a cursor that does not move");
    }
}

#[tokio::test]
async fn pages_equal_a_sort_in_memory() {
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&THINGS).await.unwrap();
    let columns = ["name", "seen_at", "owner", "parts", "open", "kind", "id"];
    for seed in 0..40 {
        let mut rng = StdRng::seed_from_u64(seed);
        if seed % 10 == 0 {
            sqlx::query("truncate read_store.things_v1_g1")
                .execute(&db.pools().admin)
                .await
                .unwrap();
            let at = i64::try_from(seed).unwrap() + 1;
            let rows = random_rows(&mut rng);
            store(&side, 1, 1, rows, at).await;
        }
        let mut order = Vec::new();
        for column in columns.choose_multiple(&mut rng, 3) {
            let direction = if rng.random_bool(0.5) { Direction::Asc } else { Direction::Desc };
            order.push(Order { column, direction });
        }
        order.truncate(rng.random_range(0..4));
        // Where NULLs are left out, pages are read another way.
        let left_out = ["name", "seen_at", "owner"].map(|column| Filter::IsNull(column, false));
        let filter = match seed % 3 {
            0 => Filter::And(vec![]),
            1 => Filter::And(left_out.to_vec()),
            _ => Filter::Or(vec![left_out[1].clone(), random_filter(&mut rng, 2)]),
        };
        let page = Page {
            table: &THINGS,
            filter: filter.clone(),
            order: order.clone(),
            after: None,
            limit: rng.random_range(1..9),
            backwards: false,
        };
        let mut rows = side.store.scan(&THINGS, 1, None, 100).await.unwrap();
        rows.retain(|row| row.tenant == A);
        assert!(rows.len() > 20);
        rows.retain(|row| holds(&filter, row));
        rows.sort_by(|a, b| {
            let declared = order.iter().map(|o| (o.column, o.direction));
            let way = order.last().map_or(Direction::Asc, |o| o.direction);
            let rest = THINGS.key.iter().map(|k| (*k, way));
            declared
                .chain(rest)
                .map(|(name, way)| in_order(&column(a, name), &column(b, name), way))
                .find(|o| o.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        let mut sorted: Vec<_> = rows.iter().map(|r| column(r, "id")).collect();
        assert_eq!(walk(&side, page.clone()).await, sorted, "seed {seed}: {order:?} {filter:?}");
        sorted.reverse();
        let backwards = Page { backwards: true, ..page };
        assert_eq!(walk(&side, backwards).await, sorted, "seed {seed} backwards: {order:?}");
    }
}

/// What a filter means, with two truth values.
fn holds(filter: &Filter, row: &StoredRow) -> bool {
    match filter {
        Filter::Compare(name, op, value) => compare_holds(&column(row, name), *op, value),
        Filter::In(name, values) => values.contains(&column(row, name)),
        Filter::IsNull(name, yes) => (column(row, name) == Cell::Null) == *yes,
        Filter::And(parts) => parts.iter().all(|f| holds(f, row)),
        Filter::Or(parts) => parts.iter().any(|f| holds(f, row)),
        Filter::Not(inner) => !holds(inner, row),
    }
}

fn compare_holds(cell: &Cell, op: Op, value: &Cell) -> bool {
    if op == Op::Eq || op == Op::Ne {
        return (cell == value) == (op == Op::Eq);
    }
    if *cell == Cell::Null || *value == Cell::Null {
        return false;
    }
    let text = |cell: &Cell| cell.as_text().unwrap().to_owned();
    match op {
        Op::Lt => compare(cell, value).is_lt(),
        Op::Lte => compare(cell, value).is_le(),
        Op::Gt => compare(cell, value).is_gt(),
        Op::Gte => compare(cell, value).is_ge(),
        Op::Contains => text(cell).to_lowercase().contains(&text(value).to_lowercase()),
        Op::StartsWith => text(cell).starts_with(&text(value)),
        other => panic!("{other:?}"),
    }
}

fn random_filter(rng: &mut StdRng, depth: u32) -> Filter {
    let parts = |rng: &mut StdRng| {
        (0..rng.random_range(0..4)).map(|_| random_filter(rng, depth + 1)).collect()
    };
    match rng.random_range(if depth > 2 { 3 } else { 0 }..8) {
        0 => Filter::And(parts(rng)),
        1 => Filter::Or(parts(rng)),
        2 => Filter::Not(Box::new(random_filter(rng, depth + 1))),
        3 => Filter::IsNull(["name", "parts"].choose(rng).unwrap(), rng.random_bool(0.5)),
        4 => {
            let values = [Cell::Null, "a".into(), "Á".into(), "".into()];
            let count = rng.random_range(0..3);
            Filter::In("name", values.choose_multiple(rng, count).cloned().collect())
        }
        5 => {
            let op = *[Op::Contains, Op::StartsWith].choose(rng).unwrap();
            let text = *["á", "A", "", "%", "_", "Ñ", "b", "\\"].choose(rng).unwrap();
            Filter::Compare("name", op, text.into())
        }
        _ => {
            let op = *[Op::Eq, Op::Ne, Op::Lt, Op::Lte, Op::Gt, Op::Gte].choose(rng).unwrap();
            let compares: [(&'static str, Cell); 6] = [
                ("parts", Cell::Int(rng.random_range(-2..3))),
                ("name", "b".into()),
                ("name", Cell::Null),
                ("open", true.into()),
                ("seen_at", DateTime::from_timestamp_micros(2).unwrap().into()),
                ("owner", id(1).into()),
            ];
            let (name, value) = compares.choose(rng).unwrap().clone();
            Filter::Compare(name, op, value)
        }
    }
}

#[tokio::test]
async fn filters_mean_what_they_say() {
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&THINGS).await.unwrap();
    let mut rng = StdRng::seed_from_u64(11);
    let rows = random_rows(&mut rng);
    store(&side, 1, 1, rows.clone(), 1).await;
    let mut kinds = [0; 2];
    for round in 0..300 {
        let filter = random_filter(&mut rng, 0);
        let of_a = rows.iter().filter(|r| r.tenant == A);
        let mut want: Vec<_> =
            of_a.filter(|r| holds(&filter, r)).map(|r| r.row.0[1].as_uuid().unwrap()).collect();
        want.sort();
        kinds[usize::from(want.is_empty())] += 1;
        let count = side.models.count(A, &THINGS, &filter, 7).await.unwrap();
        assert_eq!(count, i64::try_from(want.len().min(7)).unwrap(), "{round}: {filter:?}");
        let page = Page {
            table: &THINGS,
            filter,
            order: vec![],
            after: None,
            limit: 100,
            backwards: false,
        };
        let found = side.models.page(A, &page).await.unwrap();
        let mut found: Vec<_> = found.iter().map(|r| r.cell("id").as_uuid().unwrap()).collect();
        found.sort();
        assert_eq!(found, want, "{round}: {:?}", page.filter);
    }
    assert!(kinds[0] > 50 && kinds[1] > 20, "{kinds:?}");
}

#[tokio::test]
async fn texts_in_json_and_wild_cards_in_texts() {
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&THINGS).await.unwrap();
    let mut other = bare(A, 2);
    other.row.0[2] = "100% de_l\\a".into();
    other.row.0[8] = json!({"uno": 1}).into();
    store(&side, 1, 1, vec![full(A, 1), other, full(B, 3)], 1).await;
    let count = |column, op, text: &'static str| {
        let models = &side.models;
        async move {
            let filter = Filter::Compare(column, op, text.into());
            models.count(A, &THINGS, &filter, 9).await.unwrap()
        }
    };
    assert_eq!(count("tags", Op::Has, "uno").await, 1, "an element, not a field");
    assert_eq!(count("tags", Op::Has, "un").await, 0);
    assert_eq!(count("name", Op::Contains, "ÑANDÚ").await, 1, "case folds beyond ASCII");
    assert_eq!(count("name", Op::Contains, "0% DE_L\\").await, 1);
    assert_eq!(count("name", Op::Contains, "_").await, 1);
    assert_eq!(count("name", Op::Contains, "%").await, 1);
    assert_eq!(count("name", Op::StartsWith, "100%").await, 1);
    assert_eq!(count("name", Op::StartsWith, "ñ").await, 0, "with regard to case");
}

#[tokio::test]
async fn rows_by_key_are_of_the_tenant() {
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&THINGS).await.unwrap();
    store(&side, 1, 1, vec![full(A, 1), full(A, 2), full(B, 3)], 1).await;
    let keys: Vec<Key> = [1, 3, 2, 2, 9].into_iter().map(key).collect();
    let mut rows = side.models.rows(A, &THINGS, &keys).await.unwrap();
    rows.sort_by_key(|row| row.cell("id").as_uuid());
    assert_eq!(rows.iter().map(TableRow::key).collect::<Vec<_>>(), [key(1), key(2)]);
    assert_eq!(rows[0].row, full(A, 1).row);
    assert!(side.models.rows(A, &THINGS, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn questions_that_do_not_fit_the_table_are_refused() {
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&THINGS).await.unwrap();
    let page = |filter, after| Page {
        table: &THINGS,
        filter,
        order: vec![Order { column: "parts", direction: Direction::Desc }],
        after,
        limit: 1,
        backwards: false,
    };
    let all = || Filter::And(vec![]);
    let mut deep = all();
    for _ in 0..40 {
        deep = Filter::Not(Box::new(deep));
    }
    let bad = [
        page(Filter::IsNull("nothing", true), None),
        page(Filter::Compare("parts", Op::Eq, "1".into()), None),
        page(Filter::Compare("parts", Op::Contains, 1_i64.into()), None),
        page(Filter::Compare("name", Op::Has, "x".into()), None),
        page(Filter::In("parts", vec!["1".into()]), None),
        page(deep, None),
        page(all(), Some(vec![1_i64.into()])),
        page(all(), Some(vec!["1".into(), "box".into(), id(1).into()])),
        page(all(), Some(vec![Cell::Null, "box".into(), id(1).into()])),
    ];
    for page in bad {
        let refused = side.models.page(A, &page).await;
        assert!(matches!(refused, Err(ReadError::Refused(_))), "{refused:?}");
    }
    assert!(side.models.page(A, &page(all(), None)).await.unwrap().is_empty());
    let unknown = side.models.is_parked(A, &["nothing"], Position(1), None).await;
    assert!(matches!(unknown, Err(ReadError::Refused(_))));
}

#[tokio::test]
async fn a_slow_question_ends_with_a_time_out() {
    let db = TestDb::new().await;
    side(&db).store.ensure(&THINGS).await.unwrap();
    let limit = Duration::from_millis(100);
    let sizes = PoolSizes { api_statement_timeout: limit, ..TEST_POOLS };
    let pools = Pools::connect(db.options(), sizes).await.unwrap();
    let models = PgReadModels::new(pools.api.clone(), [&THINGS]);
    let mut lock = db.pools().admin.begin().await.unwrap();
    sqlx::query("lock table read_store.things_v1_g1").execute(&mut *lock).await.unwrap();
    let late = models.rows(A, &THINGS, &[key(1)]).await;
    assert!(matches!(late, Err(ReadError::TimedOut)), "{late:?}");
    lock.rollback().await.unwrap();
    assert!(models.rows(A, &THINGS, &[key(1)]).await.unwrap().is_empty());
    pools.close().await;
}

#[tokio::test]
async fn a_page_is_a_range_of_an_index() {
    let db = TestDb::new().await;
    let side = side(&db);
    side.store.ensure(&THINGS).await.unwrap();
    let rows = (0..3000).map(|n| {
        let mut row = bare(if n % 2 == 0 { A } else { B }, n);
        row.row.0[3] = i64::try_from(n).unwrap().into();
        row
    });
    store(&side, 1, 1, rows.collect(), 1).await;
    side.store.build_indexes(&THINGS, 1).await.unwrap();
    let mut tx = db.pools().api.begin().await.unwrap();
    sqlx::query("select set_config('app.tenant_id', $1, true)")
        .bind(A.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    for (order, way) in [("parts desc, kind desc, id desc", ""), ("parts, kind, id", " Backward")] {
        let plan: Vec<String> = sqlx::query_scalar(&format!(
            "explain select name from read_store.things_v1 \
             where tenant_id = '{A}' order by {order} limit 10"
        ))
        .fetch_all(&mut *tx)
        .await
        .unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains(&format!("Index Scan{way} using things_v1_g1_parts")), "{plan}");
    }
}
