//! Facts about async-graphql that our API leans on, each one pinned by a test, so that an
//! upgrade of the engine cannot change them unseen.
#![allow(
    clippy::unwrap_used,
    clippy::unused_async,
    reason = "tests; the engine wants async resolvers"
)]

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Request, Schema};
use bitacora_api::graphql::{GraphqlLimits, document};

#[derive(Default)]
struct Calls(AtomicUsize);

struct Child;

#[Object]
impl Child {
    async fn ok(&self) -> i32 {
        42
    }
    async fn required(&self) -> async_graphql::Result<i32> {
        Err("no number".into())
    }
    /// `Option<Result<T>>`: the failure stays in this field.
    async fn isolated(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err("alone".into()))
    }
    /// `Result<Option<T>>`: the failure takes the parent with it.
    async fn spreading(&self) -> async_graphql::Result<Option<i32>> {
        Err("together".into())
    }
    async fn child(&self) -> Child {
        Child
    }
}

struct Query;

#[Object]
impl Query {
    async fn slow(&self) -> i32 {
        tokio::time::sleep(Duration::from_millis(30)).await;
        1
    }
    async fn fast(&self) -> i32 {
        2
    }
    async fn child(&self) -> Option<Child> {
        Some(Child)
    }
    async fn counted(&self, ctx: &Context<'_>) -> Child {
        ctx.data_unchecked::<Arc<Calls>>().0.fetch_add(1, Ordering::SeqCst);
        Child
    }
}

fn schema() -> Schema<Query, EmptyMutation, EmptySubscription> {
    Schema::build(Query, EmptyMutation, EmptySubscription).data(Arc::new(Calls::default())).finish()
}

async fn run(query: &str) -> String {
    serde_json::to_string(&schema().execute(query).await).unwrap()
}

#[tokio::test]
async fn keys_come_in_the_order_of_the_query_whatever_resolves_first() {
    assert_eq!(run("{ slow fast }").await, r#"{"data":{"slow":1,"fast":2}}"#);
}

#[tokio::test]
async fn an_error_of_a_non_null_field_nulls_the_parent_and_omits_no_key() {
    let response = run("{ fast child { ok required } }").await;
    assert!(response.ends_with(r#""data":{"fast":2,"child":null}}"#), "{response}");
}

#[tokio::test]
async fn only_option_of_result_keeps_a_failure_in_its_field() {
    let alone = run("{ child { ok isolated } }").await;
    assert!(alone.ends_with(r#""data":{"child":{"ok":42,"isolated":null}}}"#), "{alone}");
    let together = run("{ child { ok spreading } }").await;
    assert!(together.ends_with(r#""data":{"child":null}}"#), "{together}");
}

/// `depth` fragments, each spreading the next one twice.
fn bomb(depth: usize) -> String {
    let mut query = "query { child { ...F0 } }".to_owned();
    for n in 0..depth {
        let m = n + 1;
        write!(
            query,
            " fragment F{n} on Child {{ a: child {{ ...F{m} }} b: child {{ ...F{m} }} }}"
        )
        .unwrap();
    }
    query + &format!(" fragment F{depth} on Child {{ ok }}")
}

#[tokio::test]
async fn a_fragment_bomb_costs_the_engine_exponential_time() {
    // Without our pre-pass: each step of four multiplies the work by sixteen.
    let time = async |depth: usize| {
        let start = Instant::now();
        let response = schema().execute(bomb(depth)).await;
        assert!(response.is_ok() || !response.errors.is_empty());
        start.elapsed()
    };
    let (small, large) = (time(8).await, time(14).await);
    assert!(large > small * 8, "the engine learnt to count: {small:?} {large:?}");
}

#[test]
fn the_pre_pass_rejects_a_fragment_bomb_at_once() {
    let limits = GraphqlLimits { depth: 1_000, ..GraphqlLimits::default() };
    for depth in [20, 24, 28, 200] {
        let start = Instant::now();
        let error = document::prepare(&bomb(depth), &limits, &document::TypeMap::default());
        assert_eq!(error.unwrap_err().code(), "QUERY_TOO_LARGE");
        // The engine would take years for the last.
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

const TWICE: &str = "query { ...A ...B counted { ok } } \
    fragment A on Query { counted { ok } } fragment B on Query { counted { isolated: ok } }";

async fn calls(request: Request) -> (usize, String) {
    let calls = Arc::new(Calls::default());
    let response = schema().execute(request.data(Arc::clone(&calls))).await;
    (calls.0.load(Ordering::SeqCst), serde_json::to_string(&response).unwrap())
}

#[tokio::test]
async fn the_same_field_through_two_fragments_runs_once_after_the_pre_pass() {
    let (engine, plain) = calls(Request::new(TWICE)).await;
    assert_eq!(engine, 3, "the engine runs every occurrence and merges results afterwards");

    let schema = schema();
    let types = document::TypeMap::of(&schema.sdl()).unwrap();
    let prepared = document::prepare(TWICE, &GraphqlLimits::default(), &types).unwrap();
    let mut request = Request::new(TWICE);
    request.set_parsed_query(prepared.document);
    let (ours, merged) = calls(request).await;
    assert_eq!(ours, 1);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&plain).unwrap(),
        serde_json::from_str::<serde_json::Value>(&merged).unwrap()
    );
}
