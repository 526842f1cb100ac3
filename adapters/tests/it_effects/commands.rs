//! The kind `command`: timers and reactions through the real bus and aggregates.

use std::sync::Arc;

use bitacora_adapters::effects::PgEffects;
use bitacora_commands::Envelope;
use bitacora_commands::effects::{self, EffectWorker};
use bitacora_commands::ports::Clock as _;
use bitacora_domain::aggregates::conversation::{Conversation, ConversationCommand};
use bitacora_domain::{Actor, CommandId, Effect, TenantId};
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{KEY, World, quick};

fn worker(world: &World) -> EffectWorker {
    let queue = Arc::new(PgEffects::new(world.db.pools(), world.log.effects_stored()));
    let handlers = vec![effects::command::over(world.bus())];
    EffectWorker::new("test", queue, world.clock.clone(), handlers, quick())
}

async fn started(world: &World, tenant: TenantId) -> String {
    let id = world.clock.fresh_id().to_string();
    let start = ConversationCommand::Start {
        contact: world.clock.fresh_id().into(),
        channel: world.clock.fresh_id().into(),
        external_thread: None,
        opted_out: false,
    };
    let command = CommandId::new(world.clock.fresh_id());
    let fingerprint = KEY.fingerprint(&json!(command)).unwrap();
    let envelope =
        Envelope::new(tenant, Actor::system("test"), command, fingerprint, world.clock.now());
    world.bus().execute::<Conversation>(envelope, &id, start).await.unwrap();
    id
}

fn label(name: &str) -> ConversationCommand {
    ConversationCommand::AddLabel { label: name.into() }
}

async fn metadata(world: &World, conversation: &str, event: &str) -> Vec<Value> {
    sqlx::query_scalar(
        "select metadata from log.events where aggregate_id = $1 and event_type = $2 order by sequence",
    )
    .bind(conversation)
    .bind(event)
    .fetch_all(&world.db.pools().admin)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_gives_its_command_when_it_is_due_and_the_chain_can_be_followed() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let conversation = started(&world, tenant).await;
    let due = world.clock.now() + TimeDelta::days(2);
    let effect = Effect::command::<Conversation>(&conversation, &label("tarde"), Some(due));
    let id = world.emit(tenant, vec![effect]).await[0];
    let worker = worker(&world);
    worker.drain().await.unwrap();
    assert!(metadata(&world, &conversation, "LabelAdded").await.is_empty());
    assert!(world.next().await);
    worker.drain().await.unwrap();
    let metadata = metadata(&world, &conversation, "LabelAdded").await;
    assert_eq!(metadata.len(), 1);
    let cause: (Uuid, Uuid) =
        sqlx::query_as("select event_id, correlation_id from effects.queue where id = $1")
            .bind(id)
            .fetch_one(&world.db.pools().admin)
            .await
            .unwrap();
    assert_eq!(metadata[0]["command_id"], json!(id));
    assert_eq!(metadata[0]["causation_id"], json!(cause.0));
    assert_eq!(metadata[0]["correlation_id"], json!(cause.1));
    assert_eq!(metadata[0]["actor_kind"], json!("system"));
    assert_eq!(metadata[0]["actor_id"], json!("timer"));
    assert_eq!(metadata[0]["occurred_at"], json!("2026-03-04T09:00:00.000000Z"));
    assert_eq!(world.state(id).await, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_done_before_its_worker_died_is_not_done_again() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let conversation = started(&world, tenant).await;
    let note = ConversationCommand::AddNote {
        body: bitacora_domain::Personal::new(
            bitacora_domain::Subject("contact:1".into()),
            "nota".into(),
        ),
    };
    let effect = Effect::command::<Conversation>(&conversation, &note, None);
    let id = world.emit(tenant, vec![effect]).await[0];
    let worker = worker(&world);
    worker.drain().await.unwrap();
    // As a crash between the command and its result leaves it.
    sqlx::query(
        "update effects.queue set state = 'running', finished_at = null, \
         lease_until = now() - interval '1 second' where id = $1",
    )
    .bind(id)
    .execute(&world.db.pools().admin)
    .await
    .unwrap();
    worker.drain().await.unwrap();
    assert!(world.next().await);
    worker.drain().await.unwrap();
    assert_eq!(world.state(id).await, "done ABANDONED");
    assert_eq!(metadata(&world, &conversation, "NoteAdded").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_an_answer_and_what_cannot_be_read_is_a_dead_letter() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let nowhere = world.clock.fresh_id();
    let refused = Effect::command::<Conversation>(nowhere, &label("x"), None);
    let mut unreadable = refused.clone();
    unreadable.payload["body"] = json!({"NoSuchCommand": {}});
    let mut strange = refused.clone();
    strange.payload["aggregate_type"] = json!("of_the_future");
    let ids = world.emit(tenant, vec![refused, unreadable, strange]).await;
    worker(&world).drain().await.unwrap();
    let refused = world.state(ids[0]).await;
    assert!(refused.starts_with("dropped "), "{refused}");
    assert_eq!(world.state(ids[1]).await, "dead EFFECT_UNREADABLE");
    assert_eq!(world.state(ids[2]).await, "dead EFFECT_UNREADABLE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_reaches_no_aggregate_of_another_tenant() {
    let world = World::new().await;
    let [mine, other, ..] = world.tenants;
    let conversation = started(&world, other).await;
    let effect = Effect::command::<Conversation>(&conversation, &label("x"), None);
    let id = world.emit(mine, vec![effect]).await[0];
    worker(&world).drain().await.unwrap();
    assert_eq!(world.state(id).await, "dead NOT_FOUND");
    assert!(metadata(&world, &conversation, "LabelAdded").await.is_empty());
}
