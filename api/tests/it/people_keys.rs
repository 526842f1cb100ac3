//! API keys: shown once, hashed, bounded by their scopes, ended within two seconds.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use bitacora_api::auth::Role;
use bitacora_domain::TenantId;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::graphql_socket::{Client, Said};
use crate::people::{BOUND, server};
use crate::support::{Reply, TestApp, fresh, text};

const TENANT: &str = "{ tenant { slug } }";

async fn issue(app: &TestApp, token: &str, input: Value) -> Value {
    let query = "mutation($input: IssueApiKeyInput!) { issueApiKey(input: $input) { key \
        apiKey { id prefix scopes } receipt { replayed } \
        errors { ... on UserError { code } } } }";
    let reply = app.run_as(token, query, json!({ "input": input })).await;
    reply.data()["issueApiKey"].clone()
}

async fn by_header(app: &TestApp, key: &str, query: &str) -> Reply {
    app.send(app.post().header("x-api-key", key).json(&json!({ "query": query }))).await
}

async fn revoke(app: &TestApp, token: &str, id: &Value) -> Value {
    let query = "mutation($id: ID!) { revokeApiKey(input: { id: $id }) { \
        apiKey { revokedAt } errors { ... on UserError { code } } } }";
    app.run_as(token, query, json!({ "id": id })).await.data()["revokeApiKey"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_only_its_hash_is_kept() {
    let app = server().await;
    let owner = app.token(Role::Owner);
    let input = json!({ "name": "web", "scopes": ["SETTINGS"], "idempotencyKey": "k" });
    let issued = issue(&app, &owner, input.clone()).await;
    let key = text(&issued["key"]);
    assert!(key.starts_with("bk_live_") && key.len() > 50, "256 bits and a check");
    assert_eq!(issued["apiKey"]["prefix"], key[..12]);
    let again = issue(&app, &owner, input).await;
    assert_eq!((&again["key"], &again["receipt"]["replayed"]), (&json!(null), &json!(true)));
    assert_eq!(again["apiKey"]["id"], issued["apiKey"]["id"]);

    let list = "{ apiKeys { nodes { name prefix scopes issuedBy } } }";
    let listed = app.run(list, json!({})).await.data().to_string();
    assert!(listed.contains(&key[..12]) && !listed.contains(&key), "{listed}");
    let secret = key[12..].to_owned();
    let query = "select count(*) from log.events where (payload::text || metadata::text) like $1";
    let kept = async |text: &str| -> i64 {
        let like = format!("%{text}%");
        let found = sqlx::query_scalar(query).bind(like);
        found.fetch_one(&app.db.pools().writer).await.unwrap()
    };
    assert_eq!((kept(&secret).await, kept(&key[..12]).await), (0, 1), "the key is in the log");
    let hash = hex::encode(Sha256::digest(key.as_bytes()));
    assert_eq!(kept(&hash).await, 1, "its hash is");
    let bearer = app.run_as(&key, TENANT, json!({})).await;
    assert_eq!(bearer.data()["tenant"]["slug"], "primera");
    assert_eq!(by_header(&app, &key, TENANT).await.data()["tenant"]["slug"], "primera");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_not_ours_and_two_callers_at_once_are_turned_away() {
    let app = server().await;
    let owner = app.token(Role::Owner);
    let issued = issue(&app, &owner, json!({ "name": "web", "scopes": ["SETTINGS"] })).await;
    let key = text(&issued["key"]);
    let last = if key.ends_with('A') { 'B' } else { 'A' };
    let forged = format!("{}{last}{last}{last}", &key[..key.len() - 3]);
    for bad in ["", "bk_live_", "bk_live_AAAA", &forged, &key[..key.len() - 4], &owner] {
        let reply = by_header(&app, bad, TENANT).await;
        assert_eq!((reply.status, reply.code()), (401, "UNAUTHENTICATED"), "{bad}");
    }
    let both = app.post().bearer_auth(&owner).header("x-api-key", &key);
    let reply = app.send(both.json(&json!({ "query": TENANT }))).await;
    assert_eq!((reply.status, reply.code()), (401, "UNAUTHENTICATED"));
    assert_eq!(by_header(&app, &key, TENANT).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_its_scopes_say_and_manages_nobody() {
    let app = server().await;
    let owner = app.token(Role::Owner);
    for scopes in [json!([]), json!(["MEMBERS"]), json!(["READ", "API_KEYS"])] {
        let refused = issue(&app, &owner, json!({ "name": "x", "scopes": scopes })).await;
        assert_eq!(refused["errors"][0]["code"], "INVALID_SCOPES");
        assert_eq!(refused["key"], json!(null));
    }
    let all: Vec<_> = bitacora_domain::Capability::ALL
        .into_iter()
        .filter(|scope| scope.is_scope())
        .map(bitacora_domain::Capability::as_str)
        .collect();
    let strong = text(&issue(&app, &owner, json!({ "name": "todo", "scopes": all })).await["key"]);
    let weak =
        text(&issue(&app, &owner, json!({ "name": "ver", "scopes": ["READ"] })).await["key"]);
    let contact = "mutation { registerContact(input: { identities: [{ kind: PHONE, \
        value: \"+5491166600012\" }], name: \"Eva\" }) { contact { id } } }";
    let reads = "{ conversations(first: 1) { nodes { id } } }";
    let members = "mutation { inviteMember(input: { email: \"x@example.com\", role: AGENT }) { \
        invitation } }";
    let keys = "mutation { issueApiKey(input: { name: \"x\", scopes: [READ] }) { key } }";
    for (key, query, status) in [
        (&weak, reads, 200),
        (&weak, contact, 403),
        (&weak, TENANT, 403),
        (&strong, reads, 200),
        (&strong, contact, 200),
        (&strong, members, 403),
        (&strong, keys, 403),
        (&strong, "{ apiKeys { nodes { id } } }", 403),
        (&strong, "{ me { role } }", 403),
        // One field that is not allowed stops the whole document, wherever it hides.
        (
            &weak,
            "{ conversations(first: 1) { nodes { id } } ...F } fragment F on Query { tenant { slug } }",
            403,
        ),
        (&weak, "query A { conversations(first: 1) { nodes { id } } }", 200),
        (&weak, "{ ... { ... on Query { x: tenant { slug } } } }", 403),
    ] {
        let reply = by_header(&app, key, query).await;
        assert_eq!(reply.status, status, "{query}: {:#}", reply.body);
        if status == 403 {
            assert_eq!(reply.code(), "FORBIDDEN");
            assert!(reply.body.get("data").is_none());
        }
    }
    let query = "select distinct aggregate_type from log.events where metadata->>'actor_kind' = $1";
    let written = sqlx::query_scalar::<_, String>(query).bind("api_key");
    let written = written.fetch_all(&app.db.pools().writer).await.unwrap();
    assert_eq!(written, ["contact"], "and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_it_is_revoked_or_past_its_end() {
    let app = server().await;
    let owner = app.token(Role::Owner);
    let past = json!({ "name": "x", "scopes": ["READ"], "expiresAt": "2020-01-01T00:00:00Z" });
    assert_eq!(issue(&app, &owner, past).await["errors"][0]["code"], "INVALID_EXPIRY");
    let long = issue(&app, &owner, json!({ "name": "x", "scopes": ["READ", "SETTINGS"] })).await;
    let (key, id) = (text(&long["key"]), &long["apiKey"]["id"]);
    let other = issue(&app, &owner, json!({ "name": "y", "scopes": ["SETTINGS"] })).await;
    let end = app.app.clock.now() + Duration::from_secs(8);
    let soon = end.to_rfc3339();
    let short = json!({ "name": "corta", "scopes": ["READ", "SETTINGS"], "expiresAt": soon });
    let short = text(&issue(&app, &owner, short).await["key"]);
    for key in [&short, &key] {
        assert_eq!(by_header(&app, key, TENANT).await.status, 200);
    }
    let mut sockets = [Client::ready(&app, &short).await, Client::ready(&app, &key).await];
    for socket in &mut sockets {
        socket.subscribe("a", "subscription { messageAdded { cursor } }", json!({})).await;
    }
    assert_eq!(revoke(&app, &owner, id).await["errors"], json!([]));
    let begun = Instant::now();
    while by_header(&app, &key, TENANT).await.status != 401 {
        assert!(begun.elapsed() < BOUND, "a revoked key still works");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for socket in &mut sockets {
        let code = loop {
            if let Said::Closed(code) = socket.next().await {
                break code;
            }
        };
        assert_eq!(code, 4403);
    }
    let left = (end - app.app.clock.now()).to_std().unwrap_or_default();
    tokio::time::sleep(left).await;
    assert_eq!(by_header(&app, &short, TENANT).await.status, 401);
    assert_eq!(by_header(&app, &text(&other["key"]), TENANT).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_of_one_tenant() {
    let app = server().await;
    let other = TenantId::new(fresh());
    app.register(other, "segunda").await;
    let theirs = app.token_of(other, Role::Owner, 3600);
    let input = json!({ "name": "suya", "scopes": ["SETTINGS", "READ"] });
    let own = issue(&app, &app.token(Role::Owner), input.clone()).await;
    let foreign = issue(&app, &theirs, input).await;
    assert_eq!(
        by_header(&app, &text(&foreign["key"]), TENANT).await.data()["tenant"]["slug"],
        "segunda"
    );
    let refused = revoke(&app, &theirs, &own["apiKey"]["id"]).await;
    assert_eq!(refused["errors"][0]["code"], "NOT_FOUND");
    let query = "query($id: ID!) { node(id: $id) { id } apiKeys { nodes { id } } }";
    let reply = app.run_as(&theirs, query, json!({ "id": own["apiKey"]["id"] })).await;
    assert_eq!(reply.data()["node"], json!(null));
    assert_eq!(reply.data()["apiKeys"]["nodes"], json!([{ "id": foreign["apiKey"]["id"] }]));
    assert_eq!(
        by_header(&app, &text(&own["key"]), TENANT).await.data()["tenant"]["slug"],
        "primera"
    );
}
