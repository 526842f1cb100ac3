//! The role `effects` as a process, the operators' commands, and the same over GraphQL.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::testing::TestDb;
use bitacora_api::auth::Role;
use bitacora_commands::ports::{Clock as _, EventLog};
use bitacora_commands::{Append, Expected, InstallationKey, NewEvent};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationCommand};
use bitacora_domain::{Actor, CommandId, Effect, Metadata, StreamId, TenantId};
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::cli::Env;
use crate::serve::Server;
use crate::support::{TestApp, text};

/// The installation key of [`Env`].
const KEY: InstallationKey = InstallationKey::new([0xab; 32]);
const PATIENCE: Duration = Duration::from_secs(30);

/// Stores `effects` with an event; returns their ids.
async fn emit(log: &dyn EventLog, tenant: TenantId, effects: Vec<Effect>) -> Vec<Uuid> {
    let command_id = CommandId::new(SystemClock.fresh_id());
    let event_id = command_id.event(0);
    let count = effects.len();
    let event = NewEvent {
        event_type: "Raw".into(),
        event_version: "1".into(),
        payload: json!({"Raw": {}}),
        metadata: Metadata {
            event_id,
            command_id,
            correlation_id: command_id.as_uuid(),
            causation_id: command_id.as_uuid(),
            actor: Actor::system("test"),
            occurred_at: SystemClock.now(),
            traceparent: None,
        },
        number: None,
        effects,
    };
    let append = Append {
        tenant,
        stream: StreamId::new("raw", SystemClock.fresh_id()),
        expected: Expected::NONE,
        events: vec![event],
        claims: Vec::new(),
        counts: Vec::new(),
        command_id,
        fingerprint: KEY.fingerprint(&json!(command_id)).unwrap(),
        verify_only: false,
    };
    log.append(append).await.unwrap();
    (0..count).map(|n| event_id.derive(&format!("effect:{n}"))).collect()
}

/// A timer for a conversation that does not exist: its refusal is its end.
fn timer(in_seconds: i64) -> Effect {
    let label = ConversationCommand::AddLabel { label: "x".into() };
    let due = Some(SystemClock.now() + TimeDelta::seconds(in_seconds));
    Effect::command::<Conversation>(SystemClock.fresh_id(), &label, due)
}

/// One that no release of the program can read.
fn unreadable() -> Effect {
    let mut effect = timer(0);
    effect.payload["aggregate_type"] = json!("nothing");
    effect
}

async fn state(db: &TestDb, id: Uuid) -> String {
    let sql = "select state from effects.queue where id = $1";
    sqlx::query_scalar(sql).bind(id).fetch_one(&db.pools().admin).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_with_the_role_effects_does_what_others_stored_and_operators_decide_the_rest() {
    let db = TestDb::with_views().await;
    let env = Env::of(&db);
    let server = Server::start(&env, &["--roles", "effects"]);
    let options = AppenderOptions::default();
    let log =
        PgLog::start(&db.options(), db.pools(), Arc::new(|_, _| {}), KEY, options).await.unwrap();
    let tenant = TenantId::new(SystemClock.fresh_id());
    log.assign_lane(tenant).await.unwrap();
    let ids = emit(log.as_ref(), tenant, vec![timer(1), unreadable(), timer(86_400)]).await;
    let until = Instant::now() + PATIENCE;
    while state(&db, ids[0]).await != "dropped" || state(&db, ids[1]).await != "dead" {
        assert!(Instant::now() < until, "not done in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(state(&db, ids[2]).await, "pending");
    let http = bitacora_adapters::web::builder().unwrap().build().unwrap();
    let metrics = http.get(format!("{}/metrics", server.url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for metric in ["bitacora_effects_pending", "bitacora_effects_attempts_total"] {
        assert!(metrics.contains(metric), "{metric} in {metrics}");
    }
    server.stop();

    // Without a worker now.
    let id = ids[1].to_string();
    assert_eq!(env.run(&["effects"]).0, 1, "a dead letter is a finding");
    assert_eq!(env.run(&["doctor"]).0, 1);
    let (code, listed) = env.run(&["effects", "list"]);
    assert_eq!((code, listed.len()), (0, 1), "{listed:?}");
    assert_eq!(listed[0]["effect"], json!(id));
    let (code, shown) = env.run(&["effects", "show", &id]);
    assert_eq!((code, &shown[0]["code"]), (0, &json!("EFFECT_UNREADABLE")));
    assert_eq!(shown[0]["attemptLog"][0]["outcome"], json!("failed"));
    assert_eq!(env.run(&["effects", "retry", &id]).0, 0);
    assert_eq!(state(&db, ids[1]).await, "pending");
    assert_eq!(env.run(&["effects", "retry", &id]).0, 4, "it is not dead any more");
    assert_eq!(env.run(&["effects", "discard", &id]).0, 0);
    assert_eq!(state(&db, ids[1]).await, "discarded");
    assert_eq!(env.run(&["effects", "show", &Uuid::nil().to_string()]).0, 4);
    assert_eq!(env.run(&["effects"]).0, 0);
}

const DECIDED: &str = "effect { uuid state code decidedBy } clientMutationId \
                       errors { ... on UserError { __typename code } }";

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_and_decide_over_graphql_for_their_own_tenant() {
    let server = TestApp::start().await;
    let ids =
        emit(server.app.log.as_ref(), server.tenant, vec![timer(9), timer(9), timer(9)]).await;
    for (id, state) in [(ids[0], "dead"), (ids[1], "unknown")] {
        sqlx::query(
            "update effects.queue set state = $2, last_code = 'HTTP_503', next_attempt_at = null, \
             finished_at = case when $2 = 'dead' then now() end where id = $1",
        )
        .bind(id)
        .bind(state)
        .execute(&server.db.pools().admin)
        .await
        .unwrap();
    }

    let letters = "{ deadLetters { nodes { uuid kind state code } pageInfo { hasNextPage } } }";
    let reply = server.run(letters, json!({})).await;
    let nodes = reply.data()["deadLetters"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 2, "{nodes:?}");
    let page = "query($after: Cursor) { effects(first: 2, after: $after) { \
                edges { node { uuid } } pageInfo { hasNextPage endCursor } } }";
    let first = server.run(page, json!({})).await;
    assert_eq!(first.data()["effects"]["pageInfo"]["hasNextPage"], json!(true));
    let after = text(&first.data()["effects"]["pageInfo"]["endCursor"]);
    let second = server.run(page, json!({ "after": after })).await;
    assert!(!second.data()["effects"]["edges"].as_array().unwrap().is_empty());
    assert_eq!(second.data()["effects"]["pageInfo"]["hasNextPage"], json!(false));
    let damaged = server.run(page, json!({ "after": "x" })).await;
    assert_eq!(damaged.code(), "INVALID_CURSOR");

    // Nobody else sees them, and agents decide nothing.
    let other = TenantId::new(SystemClock.fresh_id());
    server.register(other, "segunda").await;
    let stranger = server.token_of(other, Role::Owner, 3_600);
    let reply = server.run_as(&stranger, letters, json!({})).await;
    assert_eq!(reply.data()["deadLetters"]["nodes"], json!([]));
    let retry = format!(
        "mutation($input: RetryEffectInput!) {{ retryEffect(input: $input) {{ {DECIDED} }} }}"
    );
    let input = |id: Uuid| json!({ "input": { "effect": id, "clientMutationId": "a" } });
    let reply = server.run_as(&stranger, &retry, input(ids[0])).await;
    assert_eq!(reply.data()["retryEffect"]["errors"][0]["code"], json!("EFFECT_NOT_FOUND"));
    let agent = server.token(Role::Agent);
    for document in [letters, "{ effects { nodes { uuid } } }"] {
        assert_eq!(server.run_as(&agent, document, json!({})).await.code(), "FORBIDDEN");
    }
    assert_eq!(server.run_as(&agent, &retry, input(ids[0])).await.code(), "FORBIDDEN");

    let reply = server.run(&retry, input(ids[0])).await;
    let retried = &reply.data()["retryEffect"];
    assert_eq!((&retried["effect"]["state"], &retried["errors"]), (&json!("PENDING"), &json!([])));
    assert_eq!(retried["clientMutationId"], json!("a"));
    assert_eq!(retried["effect"]["decidedBy"], json!(Uuid::from_u128(42).to_string()));
    let reply = server.run(&retry, input(ids[1])).await;
    assert_eq!(reply.data()["retryEffect"]["errors"][0]["code"], json!("EFFECT_MAY_REPEAT"));
    let accepted = json!({ "input": { "effect": ids[1], "mayRepeat": true } });
    let reply = server.run(&retry, accepted).await;
    assert_eq!(reply.data()["retryEffect"]["effect"]["state"], json!("PENDING"));

    let discard = format!(
        "mutation($input: DiscardEffectInput!) {{ discardEffect(input: $input) {{ {DECIDED} }} }}"
    );
    let reply = server.run(&discard, input(ids[2])).await;
    assert_eq!(reply.data()["discardEffect"]["effect"]["state"], json!("DISCARDED"));
    let reply = server.run(&discard, input(ids[2])).await;
    assert_eq!(reply.data()["discardEffect"]["errors"][0]["code"], json!("EFFECT_STATE"));
}
