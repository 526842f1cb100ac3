//! The table of accesses against the server: nothing is missing from it, nothing in it is made
//! up, and every operation does with every caller what it says.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod callers;
mod documents;
mod served;
mod sockets;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bitacora_api::access::matrix::{MATRIX, SHOWS};
use bitacora_api::access::routes::ROUTES;
use bitacora_api::access::{Access, Kind, operations};
use bitacora_api::graphql::ids::NodeType;
use bitacora_api::graphql::modules::node;
use bitacora_domain::{Capability, Role};
use futures::{StreamExt as _, stream};
use serde_json::json;
use uuid::Uuid;

use crate::graphql_live::listened_to;
use crate::support::{Reply, TestApp, text};
use callers::{Caller, Who};
use documents::Documents;

/// Requests at once.
const AT_ONCE: usize = 8;
/// What these give depends on the type of the id.
const NODES: [&str; 2] = ["node", "nodes"];
/// What a caller is told who may not.
const DENIALS: [&str; 2] = ["FORBIDDEN", "UNAUTHENTICATED"];

async fn server() -> TestApp {
    TestApp::with(|limits| {
        limits.auth.logins_per_minute = 1_000;
        limits.auth.refreshes_per_minute = 1_000;
        // Sockets wait for each other, and nobody answers pings meanwhile.
        limits.graphql.socket_ping_interval = Duration::from_mins(10);
    })
    .await
}

#[test]
fn the_table_names_every_root_field_and_no_other() {
    let documents = Documents::of_schema();
    let mut counts = BTreeMap::new();
    let (mut missing, mut made_up) = (Vec::new(), Vec::new());
    for kind in [Kind::Query, Kind::Mutation, Kind::Subscription] {
        let there = documents.fields(kind);
        let named: Vec<_> =
            operations::all().filter(|(of, ..)| *of == kind).map(|(_, field, _)| field).collect();
        let unique: BTreeSet<_> = named.iter().map(|field| (*field).to_owned()).collect();
        assert_eq!(named.len(), unique.len(), "a field of {} stands twice", kind.as_str());
        missing.extend(there.difference(&unique).map(|field| (kind, field.clone())));
        made_up.extend(unique.difference(&there).map(|field| (kind, field.clone())));
        counts.insert(kind.as_str(), there.len());
    }
    assert!(missing.is_empty(), "not in api/src/access/operations.rs: {missing:?}");
    assert!(made_up.is_empty(), "in api/src/access/operations.rs, not in the schema: {made_up:?}");
    assert!(counts.values().all(|count| *count > 0), "{counts:?}");
    println!("root fields in schema and table: {counts:?}");
}

#[tokio::test]
async fn the_table_names_every_route_and_no_other() {
    let app = server().await;
    let there = served::routes(&served::router(&app));
    let named: BTreeSet<_> =
        ROUTES.iter().map(|route| (route.method.to_string(), route.path.to_owned())).collect();
    assert_eq!(named.len(), ROUTES.len(), "a route stands twice");
    let missing: Vec<_> = there.difference(&named).collect();
    let made_up: Vec<_> = named.difference(&there).collect();
    assert!(missing.is_empty(), "not in api/src/access/routes.rs: {missing:?}");
    assert!(made_up.is_empty(), "in api/src/access/routes.rs, but not served: {made_up:?}");
    // The list is the router's own: a route that somebody adds is in it.
    let more = served::router(&app).route("/hidden", axum::routing::put(|| async {}));
    let more: Vec<_> = served::routes(&more).difference(&there).cloned().collect();
    assert_eq!(more, [("PUT".to_owned(), "/hidden".to_owned())]);
    println!("routes served and in the table: {}", there.len());
}

#[test]
fn access_md_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ACCESS.md");
    let now = bitacora_api::access::render::markdown();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == now, "docs/ACCESS.md has drifted: run the tests with BLESS=1");
    assert!(!now.contains("<!--"), "a table is missing");
}

/// What the table says, read by this file and not by the code under test.
#[allow(clippy::match_same_arms, reason = "the order says which rule comes first")]
fn allowed(who: Who, access: Access) -> bool {
    let has = |role: Role, capability: Capability| {
        let column = Role::ALL.iter().position(|other| *other == role).unwrap();
        MATRIX.iter().find(|(row, _)| *row == capability).unwrap().1[column]
    };
    match (access, who) {
        (Access::Public, _) | (Access::Operator, Who::Operator) => true,
        (Access::Signed, _) => panic!("no field is signed"),
        (Access::Operator, _)
        | (_, Who::Anonymous)
        | (Access::Person | Access::PersonWith(_), Who::Key(_)) => false,
        (Access::Authenticated, _) | (_, Who::Operator) => true,
        (Access::Person, Who::Member(_) | Who::Service(_)) => true,
        (
            Access::Needs(needed) | Access::PersonWith(needed),
            Who::Member(role) | Who::Service(role),
        ) => has(role, needed),
        (Access::Needs(needed), Who::Key(scope)) => scope == needed,
    }
}

/// One document for one caller.
struct Case<'a> {
    caller: &'a Caller,
    name: String,
    document: String,
    allowed: bool,
}

async fn ask(app: &TestApp, case: &Case<'_>) -> Reply {
    let request = app.post().json(&json!({ "query": case.document }));
    app.send(case.caller.sign(request)).await
}

/// A denial is one error with the right code and status, and nothing was run.
fn check_denial(case: &Case<'_>, reply: &Reply, data: bool) -> Option<String> {
    let (status, code) = match case.caller.who {
        Who::Anonymous => (401, "UNAUTHENTICATED"),
        Who::Member(_) | Who::Service(_) | Who::Operator | Who::Key(_) => (403, "FORBIDDEN"),
    };
    let right = reply.code() == code && (data || reply.status == status);
    let nothing = data || reply.body.get("data").is_none();
    let fault = format!("{:?} {}: {} {}", case.caller.who, case.name, reply.status, reply.body);
    (!(right && nothing)).then_some(fault)
}

/// The same document by somebody who may: whatever comes, it is no denial, and it was valid.
fn check_control(case: &Case<'_>, reply: &Reply) -> Option<String> {
    let text = reply.body.to_string();
    let denied = DENIALS.iter().any(|code| text.contains(&format!("\"{code}\"")));
    let unsound = ["GRAPHQL_", "QUERY_TOO_LARGE", "BAD_REQUEST", "INTERNAL_SERVER_ERROR"]
        .iter()
        .any(|code| reply.code().starts_with(code));
    let fault = format!("{:?} {}: {} {text}", case.caller.who, case.name, reply.status);
    (denied || unsound || reply.status != 200).then_some(fault)
}

async fn run_all(app: &TestApp, cases: &[Case<'_>], data: bool) -> Vec<String> {
    let answered = stream::iter(cases).map(async |case| {
        let reply = ask(app, case).await;
        if case.allowed { check_control(case, &reply) } else { check_denial(case, &reply, data) }
    });
    answered.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
}

/// First the denials, which must neither read nor write anything; then the controls.
async fn prove(app: &TestApp, cases: Vec<Case<'_>>, data: bool) -> (usize, usize) {
    let (controls, denials): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.allowed);
    let before = callers::traces(app).await;
    let faults = run_all(app, &denials, data).await;
    assert!(faults.is_empty(), "{} denials went wrong:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(callers::traces(app).await, before, "a denial has read or written something");
    let faults = run_all(app, &controls, data).await;
    assert!(faults.is_empty(), "{} controls went wrong:\n{}", faults.len(), faults.join("\n"));
    (denials.len(), controls.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_by_every_caller() {
    let app = server().await;
    let callers = callers::all(&app).await;
    every_route(&app, &callers).await;
    let mut covered = every_type_of_node(&app, &callers).await;
    covered += every_query_and_mutation(&app, &callers).await;
    // At the end: whoever listens reads on.
    covered += every_subscription(&app, &callers).await;
    assert_eq!(covered, operations::all().count());
    println!("{covered} of {covered} root fields, each by {} callers", callers.len());
}

async fn every_query_and_mutation(app: &TestApp, callers: &[Caller]) -> usize {
    let documents = Documents::of_schema();
    let (nodes, fields): (Vec<_>, Vec<_>) = operations::all()
        .filter(|(kind, ..)| *kind != Kind::Subscription)
        .partition(|(_, field, _)| NODES.contains(field));
    assert_eq!(nodes.len(), NODES.len(), "these have a test of their own below");
    let mut cases = Vec::new();
    for (kind, field, access) in &fields {
        let (name, document) = (format!("{}.{field}", kind.as_str()), documents.of(*kind, field));
        for caller in callers {
            let allowed = allowed(caller.who, *access);
            let (name, document) = (name.clone(), document.clone());
            cases.push(Case { caller, name, document, allowed });
        }
        let own = &cases[cases.len() - callers.len()..];
        assert!(own.iter().any(|case| case.allowed), "{name} is open to nobody");
        assert!(own.iter().any(|case| !case.allowed), "{name} is denied to nobody");
    }
    let (denied, controls) = prove(app, cases, false).await;
    assert_eq!(denied + controls, fields.len() * callers.len());
    println!(
        "{} queries and mutations × {} callers: {denied} denials, {controls} controls",
        fields.len(),
        callers.len()
    );
    fields.len()
}

async fn every_type_of_node(app: &TestApp, callers: &[Caller]) -> usize {
    let mut cases = Vec::new();
    for of in NodeType::ALL {
        let id = of.id(Uuid::from_u128(7));
        let access = Access::Needs(node::needs(of));
        let documents = [
            format!("{{ node(id: \"{}\") {{ id }} }}", id.as_str()),
            format!("{{ nodes(ids: [\"{}\"]) {{ id }} }}", id.as_str()),
        ];
        for (caller, document) in callers.iter().flat_map(|c| documents.iter().map(move |d| (c, d)))
        {
            let (name, document) = (format!("node of {}", of.as_str()), document.clone());
            let allowed = allowed(caller.who, access);
            cases.push(Case { caller, name, document, allowed });
        }
    }
    let (denied, controls) = prove(app, cases, true).await;
    assert_eq!(denied + controls, NodeType::ALL.len() * 2 * callers.len());
    println!("node and nodes by type: {denied} denials, {controls} controls");
    NODES.len()
}

async fn every_subscription(app: &TestApp, callers: &[Caller]) -> usize {
    let fields: Vec<_> =
        operations::all().filter(|(kind, ..)| *kind == Kind::Subscription).collect();
    let conversation = sockets::conversation(app).await;
    let after = text(&app.position(&app.token(Role::Owner)).await);
    let waiting = stream::iter(callers).map(async |caller| {
        let allowed = |access| allowed(caller.who, access);
        sockets::Listener::open(app, caller, &fields, (&conversation.0, &after), allowed).await
    });
    let mut listeners: Vec<_> =
        waiting.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await;
    let signed_in = callers.iter().filter(|caller| caller.who != Who::Anonymous).count();
    assert_eq!(listeners.len(), signed_in, "without a token the socket is closed");
    let may_type = listeners.iter().filter(|listener| listener.follows("typing")).count();
    listened_to(app, may_type).await;
    sockets::make_noise(app, &conversation).await;
    let (mut denied, mut controls) = (0, 0);
    for listener in &mut listeners {
        let (refused, heard) = listener.finish().await;
        denied += refused;
        controls += heard;
    }
    assert_eq!(denied + controls, fields.len() * signed_in);
    println!("{} subscriptions: {denied} denials, {controls} controls", fields.len());
    fields.len()
}

async fn every_route(app: &TestApp, callers: &[Caller]) {
    served::keep_recording(app).await;
    let (mut denied, mut controls) = (0, 0);
    for route in ROUTES {
        for caller in callers {
            let reply = app.send(caller.sign(served::request(app, route))).await;
            let code = served::code(&reply);
            let what = format!("{:?} {} {}: {reply:?}", caller.who, route.method, route.path);
            match (route.access, caller.who) {
                // A token is no signature, and a signature needs no token.
                (Access::Signed, _) => {
                    assert!(matches!(reply.status, 401 | 403), "{what}");
                    let reply = app.send(caller.sign(served::signed(app, route))).await;
                    assert_eq!(reply.status, 200, "{what}: {reply:?}");
                    denied += 1;
                }
                (access, who) if allowed(who, access) => {
                    assert!(!matches!(reply.status, 401 | 403 | 404 | 405), "{what}");
                    controls += 1;
                }
                (_, who) => {
                    let (status, told) = if who == Who::Anonymous {
                        (401, "UNAUTHENTICATED")
                    } else {
                        (403, "FORBIDDEN")
                    };
                    assert_eq!((reply.status, code.as_str()), (status, told), "{what}");
                    denied += 1;
                }
            }
        }
    }
    assert_eq!(denied + controls, ROUTES.len() * callers.len());
    println!("{} routes: {denied} denials, {controls} controls", ROUTES.len());
}

#[test]
fn nothing_below_a_root_field_shows_more_than_the_field_stands_for() {
    let documents = Documents::of_schema();
    let homes = documents.homes();
    assert!(homes.len() >= 10, "{homes:?}");
    let sees = |capability: Capability| {
        let more = SHOWS.iter().find(|(of, _)| *of == capability).map_or(&[][..], |(_, more)| more);
        [&[capability], more].concat()
    };
    let mut leaks = Vec::new();
    for (kind, field, access) in operations::all() {
        for below in documents.reachable(kind, field) {
            let Some(home) = homes.get(&below) else { continue };
            if access == Access::Operator {
                continue;
            }
            let (Access::Needs(own) | Access::PersonWith(own)) = access else {
                // A person's own: whatever every role may see.
                let open = |c: &Capability| {
                    Role::ALL.iter().all(|r| allowed(Who::Service(*r), Access::Needs(*c)))
                };
                if !home.iter().any(open) {
                    leaks.push(format!("{field} shows {below}"));
                }
                continue;
            };
            // What no key can have is a role's, and roles have what is shown.
            let by_roles = |it: &&Role| allowed(Who::Service(**it), Access::Needs(own));
            let shown = |role: &Role| {
                home.iter().any(|it| allowed(Who::Service(*role), Access::Needs(*it)))
            };
            let leaks_to_roles = !Role::ALL.iter().filter(by_roles).all(shown);
            let leaks_to_keys = own.is_scope() && !sees(own).iter().any(|it| home.contains(it));
            if leaks_to_roles || leaks_to_keys {
                leaks.push(format!("{field} ({own:?}) shows {below} ({home:?})"));
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}
