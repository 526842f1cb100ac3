//! `/graphql` over HTTP: who gets in, what is read, and which status says what.
#![allow(clippy::unwrap_used, reason = "tests")]

use bitacora_api::auth::Role;
use bitacora_domain::TenantId;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;

use crate::support::TestApp;

const STRICT: &str = "application/graphql-response+json";

#[tokio::test]
async fn a_caller_without_a_usable_token_is_401_and_one_without_access_403() {
    let app = TestApp::start().await;
    let body = json!({ "query": "{ tenant { name } }" });
    let reply = app.send(app.post().json(&body)).await;
    assert_eq!((reply.status, reply.code()), (401, "UNAUTHENTICATED"));
    assert_eq!(reply.headers["www-authenticate"], "Bearer");
    let reply = app.send(app.post().bearer_auth("x.y.z").json(&body)).await;
    assert_eq!((reply.status, reply.code()), (401, "UNAUTHENTICATED"));
    let expired = app.token_of(app.tenant, Role::Owner, -3600);
    let reply = app.send(app.post().bearer_auth(expired).json(&body)).await;
    assert_eq!((reply.status, reply.code()), (401, "UNAUTHENTICATED"));
    let system = app.token_of(TenantId::SYSTEM, Role::Owner, 3600);
    let reply = app.send(app.post().bearer_auth(system).json(&body)).await;
    assert_eq!((reply.status, reply.code()), (403, "FORBIDDEN"));
    let reply = app.run("{ tenant { name } }", json!({})).await;
    assert_eq!(reply.data()["tenant"]["name"], "Ferretería Sur");
}

#[tokio::test]
async fn only_one_json_request_of_bounded_size_is_read() {
    let app = TestApp::with(|limits| limits.graphql_body_bytes = 2_000).await;
    let token = app.token(Role::Owner);
    let post = || app.post().bearer_auth(&token);
    let sound = r#"{"query":"{ __typename }"}"#;
    let reply = app.send(post().header(CONTENT_TYPE, "text/plain").body(sound)).await;
    assert_eq!(reply.status, 415);
    let reply = app.send(post().body(sound)).await;
    assert_eq!(reply.status, 415, "no content type: a form could send it");
    let big = json!({ "query": "{ __typename }", "variables": { "x": "y".repeat(50_000) } });
    assert_eq!(app.send(post().json(&big)).await.status, 413);
    let batch: Vec<_> = (0..10).map(|_| json!({ "query": "{ __typename }" })).collect();
    let reply = app.send(post().json(&batch)).await;
    assert_eq!((reply.status, reply.code()), (400, "BAD_REQUEST"));
    for bad in ["", "{", "null", r#"{"query":1}"#, r#"{"query":"{a}","variables":[]}"#] {
        let request = post().header(CONTENT_TYPE, "application/json").body(bad);
        let reply = app.send(request).await;
        assert_eq!((reply.status, reply.code()), (400, "BAD_REQUEST"), "{bad}");
    }
    let reply = app.send(post().json(&json!({ "query": "{ __typename }" }))).await;
    assert_eq!((reply.status, &reply.body["data"]["__typename"]), (200, &json!("Query")));
}

#[tokio::test]
async fn a_get_executes_nothing() {
    let app = TestApp::start().await;
    let token = app.token(Role::Owner);
    for query in [
        "%7B__typename%7D",
        "mutation%7BsetAiMode(input:%7Bmode:AUTOPILOT%7D)%7Btenant%7BaiMode%7D%7D%7D",
    ] {
        let request = app.get(&format!("/graphql?query={query}")).bearer_auth(&token);
        let reply = app.send(request).await;
        assert_eq!(reply.status, 405);
        assert_eq!(reply.headers["allow"], "POST");
    }
    let reply = app.run("{ tenant { aiMode } }", json!({})).await;
    assert_eq!(reply.data()["tenant"]["aiMode"], "ASSISTED");
    let page = app.send(app.get("/graphql").header(ACCEPT, "text/html")).await;
    assert_eq!(page.status, 200);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("http"), "{policy}");
    let script = app.send(app.get("/graphiql/app.js")).await;
    assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(app.send(app.get("/graphiql/..%2fCargo.toml")).await.status, 404);
}

#[tokio::test]
async fn the_status_follows_the_media_type_that_the_client_accepts() {
    let app = TestApp::start().await;
    let token = app.token(Role::Owner);
    let ask = |accept: &'static str, query: &str| {
        let body = json!({ "query": query });
        app.send(app.post().bearer_auth(&token).header(ACCEPT, accept).json(&body))
    };
    for (query, code) in [
        ("{ ", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Int!) { parkedEvents(first: $a) { code } }", "BAD_USER_INPUT"),
    ] {
        let strict = ask(STRICT, query).await;
        assert_eq!((strict.status, strict.code()), (400, code), "{query}");
        assert!(strict.body.get("data").is_none(), "{:#}", strict.body);
        assert!(strict.headers["content-type"].to_str().unwrap().starts_with(STRICT));
        let old = ask("application/json", query).await;
        assert_eq!((old.status, old.code()), (200, code), "{query}");
        assert_eq!(old.headers["content-type"], "application/json; charset=utf-8");
    }
    // A field that fails is no failed request.
    let failing = "{ tenant { name } conversations(first: 1, last: 1) { nodes { id } } }";
    let reply = ask(STRICT, failing).await;
    assert_eq!((reply.status, reply.code()), (200, "BAD_USER_INPUT"));
    assert_eq!(ask("text/html", "{ __typename }").await.status, 406);
    let reply = ask(STRICT, "subscription { events { cursor } }").await;
    assert_eq!((reply.status, reply.code()), (400, "BAD_REQUEST"));
}

#[tokio::test]
async fn every_error_has_code_request_id_and_retryable_and_leaks_nothing() {
    let app = TestApp::start().await;
    let token = app.token(Role::Viewer);
    let query = "mutation { setAiMode(input: { mode: AUTOPILOT }) { tenant { id } } }";
    let body = json!({ "query": query });
    let request = app.post().bearer_auth(&token).header("x-request-id", "meine-1").json(&body);
    let reply = app.send(request).await;
    assert_eq!(reply.code(), "FORBIDDEN");
    let extensions = &reply.body["errors"][0]["extensions"];
    assert_eq!(extensions["requestId"], "meine-1");
    assert_eq!(extensions["retryable"], false);
    assert_eq!(reply.headers["x-request-id"], "meine-1");
    app.db.pools().api.close().await;
    let reply = app.run("{ conversations { nodes { id } } }", json!({})).await;
    assert_eq!(reply.code(), "SERVICE_UNAVAILABLE");
    assert_eq!(reply.body["errors"][0]["extensions"]["retryable"], true);
    let text = reply.body.to_string().to_lowercase();
    assert!(
        !text.contains("pool") && !text.contains("sql") && !text.contains("postgres"),
        "{text}"
    );
}

#[tokio::test]
async fn documents_beyond_the_limits_are_refused_before_they_are_validated() {
    let app = TestApp::start().await;
    let deep = format!("{}{}", "{ a".repeat(30), "}".repeat(30));
    let aliases: String =
        (0..60).map(|n| format!("a{n}: __typename")).collect::<Vec<_>>().join(" ");
    let wide = "x ".repeat(3_000);
    for query in [deep, format!("{{ {aliases} }}"), format!("{{ {wide} }}")] {
        assert_eq!(app.run(&query, json!({})).await.code(), "QUERY_TOO_LARGE");
    }
    let costly = "{ conversations(first: 100) { nodes { messages(first: 100) { nodes { \
        conversation { messages(first: 100) { nodes { id } } } } } } } }";
    assert_eq!(app.run(costly, json!({})).await.code(), "GRAPHQL_VALIDATION_FAILED");
    let introspection = include_str!("introspection.graphql");
    let reply = app.run(introspection, json!({})).await;
    assert_eq!(reply.data()["__schema"]["queryType"]["name"], "Query");
}

#[tokio::test]
async fn an_operation_that_takes_too_long_ends_with_a_code() {
    let app = TestApp::with(|limits| {
        limits.graphql.query_timeout = std::time::Duration::from_millis(300);
        limits.graphql.at_least_timeout = std::time::Duration::from_secs(30);
    })
    .await;
    app.freeze();
    let contact = "mutation { registerContact(input: { identities: [{ kind: EMAIL, value: \
        \"a@b.co\" }] }) { receipt { position } } }";
    // The command is done; its answer waits for the read side for longer than is allowed.
    let body = json!({ "query": contact });
    let reply = app.send(app.post().bearer_auth(app.token(Role::Owner)).json(&body)).await;
    assert_eq!((reply.status, reply.code()), (504, "REQUEST_TIMEOUT"));
}
