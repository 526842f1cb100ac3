//! The command bus over the real log.

use bitacora_commands::CommandError;
use bitacora_domain::Version;
use futures::future::join_all;
use serde_json::json;

use crate::support::{Conversation, World, envelope, label, note};

#[tokio::test]
async fn a_hot_stream_is_a_chain_and_costs_no_retries() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    let before = world.log.stats().batches.load(std::sync::atomic::Ordering::Relaxed);
    let notes = (0..64).map(|n| {
        let envelope = envelope(tenant, &json!(n));
        world.bus.execute::<Conversation>(envelope, &id, note(&format!("nota {n}")))
    });
    let mut versions: Vec<i64> =
        join_all(notes).await.into_iter().map(|r| r.unwrap().version.0).collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..=65).collect::<Vec<_>>(), "each has its own version");
    let batches = world.log.stats().batches.load(std::sync::atomic::Ordering::Relaxed) - before;
    assert!(batches <= 16, "64 commands on one stream took {batches} batches");
    world.assert_log_is_sound().await;
}

#[tokio::test]
async fn stale_caches_in_two_processes_never_decide_on_old_state() {
    let world = World::new().await;
    let (_, other) = world.second_process().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    // Both caches hold the conversation; each then labels it behind the other's back.
    for n in 0..10 {
        let bus = if n % 2 == 0 { &world.bus } else { &other };
        let text = format!("etiqueta-{n}");
        bus.execute::<Conversation>(envelope(tenant, &json!(n)), &id, label(&text)).await.unwrap();
    }
    // A no-op and a refusal decided on a stale cache must not be believed.
    let first =
        world.bus.execute::<Conversation>(envelope(tenant, &json!("x")), &id, label("nueva"));
    first.await.unwrap();
    let again = other.execute::<Conversation>(envelope(tenant, &json!("y")), &id, label("nueva"));
    assert_eq!(again.await.unwrap().version, Version(12), "seen as a no-op on the newest state");
    let (state, version) = other.load::<Conversation>(tenant, &id).await.unwrap().unwrap();
    let labels = serde_json::to_value(&state).unwrap()["labels"].as_array().map(Vec::len);
    assert_eq!((version, labels), (Version(12), Some(11)));
}

#[tokio::test]
async fn an_expected_version_lets_exactly_one_writer_through() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    let edits = (0..8).map(|n| {
        let mut envelope = envelope(tenant, &json!(n));
        envelope.expected_version = Some(Version(1));
        world.bus.execute::<Conversation>(envelope, &id, label(&format!("l{n}")))
    });
    let outcomes = join_all(edits).await;
    assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
    for outcome in outcomes.into_iter().filter_map(Result::err) {
        assert!(
            matches!(
                outcome,
                CommandError::VersionConflict { expected: Version(1), actual: Version(2) }
            ),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn cqrs_es_0_5_snapshots_apply_every_event_twice() {
    // cqrs-es 0.5 applies events twice when it restores a snapshot; ours must equal a replay.
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    for n in 0..130 {
        let text = format!("l{}", n % 45);
        let command = if n % 3 == 0 { label(&text) } else { note("nota") };
        world.bus.execute::<Conversation>(envelope(tenant, &json!(n)), &id, command).await.unwrap();
    }
    wait_for_snapshot(&world).await;
    let (restored, version) = world.bus.load::<Conversation>(tenant, &id).await.unwrap().unwrap();
    sqlx::query("delete from log.snapshots").execute(&world.db.pools().admin).await.unwrap();
    let (replayed, same) = world.bus.load::<Conversation>(tenant, &id).await.unwrap().unwrap();
    assert_eq!(version, same);
    assert_eq!(restored, replayed);
}

async fn wait_for_snapshot(world: &World) {
    for _ in 0..100 {
        if world.number("select count(*) from log.snapshots").await > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no snapshot was saved");
}

#[tokio::test]
async fn a_snapshot_that_does_not_fit_is_ignored() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    let insert = |version: i64, schema: i32, base: &'static str, state: serde_json::Value| {
        let (id, pool) = (id.clone(), world.db.pools().admin.clone());
        async move {
            sqlx::query(
                &format!("insert into log.snapshots values ('conversation', $1, $2, 1, $3, {base}, $4, $5)
                 on conflict (aggregate_type, aggregate_id) do update set version = excluded.version,
                 last_event = excluded.last_event, state_schema = excluded.state_schema, state = excluded.state"),
            )
            .bind(&id)
            .bind(tenant.as_uuid())
            .bind(version)
            .bind(schema)
            .bind(state)
            .execute(&pool)
            .await
            .unwrap();
        }
    };
    let schema =
        i32::try_from(<Conversation as bitacora_domain::DomainAggregate>::STATE_SCHEMA).unwrap();
    let (expected, _) = world.bus.load::<Conversation>(tenant, &id).await.unwrap().unwrap();
    let other = || serde_json::to_value(Conversation::default()).unwrap();
    let last = "(select last_event from log.stream_heads where aggregate_type = 'conversation')";
    for (version, schema, base, state) in [
        (9, schema, last, other()),                     // ahead of the head
        (1, schema + 1, last, other()),                 // another schema
        (1, schema, last, json!("not a conversation")), // does not decode
        (1, schema, "gen_random_uuid()", other()),      // of another history
    ] {
        insert(version, schema, base, state).await;
        let (state, version) = world.bus.load::<Conversation>(tenant, &id).await.unwrap().unwrap();
        assert_eq!((&state, version), (&expected, Version(1)));
    }
}

#[tokio::test]
async fn another_tenants_conversation_does_not_exist() {
    let world = World::new().await;
    let id = world.conversation(world.tenants[0]).await.to_string();
    let outcome = world
        .bus
        .execute::<Conversation>(envelope(world.tenants[1], &json!("n")), &id, note("hola"))
        .await;
    assert!(matches!(outcome, Err(CommandError::ForeignStream)), "{outcome:?}");
    assert!(world.bus.load::<Conversation>(world.tenants[1], &id).await.unwrap().is_none());
}

#[tokio::test]
async fn causation_lost() {
    // Webhook → command → event reconstructs from the events alone.
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    let delivery = crate::support::fresh();
    let mut from_webhook = envelope(tenant, &json!("fact"));
    from_webhook.correlation_id = delivery;
    from_webhook.causation_id = delivery;
    let command = from_webhook.command_id;
    world.bus.execute::<Conversation>(from_webhook, &id, note("hola")).await.unwrap();
    let (correlation, causation, stored): (String, String, String) = sqlx::query_as(
        "select metadata->>'correlation_id', metadata->>'causation_id', metadata->>'command_id'
           from log.events where event_type = 'NoteAdded'",
    )
    .fetch_one(&world.db.pools().admin)
    .await
    .unwrap();
    assert_eq!((correlation, causation), (delivery.to_string(), delivery.to_string()));
    assert_eq!(stored, command.to_string());
}
