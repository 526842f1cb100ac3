//! One command, one outcome, for ever.

use bitacora_commands::ports::EventLog;
use bitacora_commands::{AppendOutcome, CommandError, Expected};
use bitacora_domain::CommandId;
use futures::future::join_all;
use serde_json::json;

use crate::support::{Conversation, World, envelope_as, fresh, new_stream, note, raw};

#[tokio::test]
async fn copies_of_a_command_at_the_same_time_have_one_outcome() {
    let world = World::new().await;
    let (_, other_bus) = world.second_process().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    let command = CommandId::new(fresh());
    let copies = (0..20).map(|n| {
        let bus = if n % 2 == 0 { &world.bus } else { &other_bus };
        bus.execute::<Conversation>(envelope_as(tenant, command, &json!("note")), &id, note("hola"))
    });
    let receipts: Vec<_> = join_all(copies).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(receipts.iter().filter(|r| !r.replayed).count(), 1);
    assert!(receipts.iter().all(|r| r.cursor == receipts[0].cursor && r.version.0 == 2));
    assert_eq!(
        world.number("select count(*) from log.events where event_type = 'NoteAdded'").await,
        1
    );
}

#[tokio::test]
async fn the_same_id_with_another_request_is_told_apart() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    let command = CommandId::new(fresh());
    let send = |text: &'static str| {
        let envelope = envelope_as(tenant, command, &json!({ "text": text }));
        world.bus.execute::<Conversation>(envelope, &id, note(text))
    };
    send("uno").await.unwrap();
    assert!(matches!(send("dos").await, Err(CommandError::IdempotencyMismatch)));
    assert!(send("uno").await.unwrap().replayed);
}

#[tokio::test]
async fn a_refusal_stores_nothing_and_may_be_tried_again() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = fresh().to_string();
    let command = CommandId::new(fresh());
    let send = || {
        let envelope = envelope_as(tenant, command, &json!("note"));
        world.bus.execute::<Conversation>(envelope, &id, note("hola"))
    };
    assert!(matches!(send().await, Err(CommandError::Refused(_))));
    assert_eq!(world.number("select count(*) from log.command_log").await, 0);
    let start = crate::support::start_command();
    let envelope = envelope_as(tenant, CommandId::new(fresh()), &json!("start"));
    world.bus.execute::<Conversation>(envelope, &id, start).await.unwrap();
    assert!(!send().await.unwrap().replayed);
}

#[tokio::test]
async fn a_no_op_is_logged_and_points_at_the_streams_last_event() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    let label = |command| {
        let envelope = envelope_as(tenant, command, &json!("label"));
        world.bus.execute::<Conversation>(envelope, &id, crate::support::label("vip"))
    };
    let first = label(CommandId::new(fresh())).await.unwrap();
    let no_op = CommandId::new(fresh());
    let second = label(no_op).await.unwrap();
    assert_eq!(
        (second.cursor, second.version, second.replayed),
        (first.cursor, first.version, false)
    );
    assert!(label(no_op).await.unwrap().replayed);
}

#[tokio::test]
async fn the_same_id_of_another_tenant_is_another_command() {
    let world = World::new().await;
    let mut one = raw(world.tenants[0], &new_stream(), Expected::NONE, 1);
    one.events.truncate(1);
    let mut two = raw(world.tenants[1], &new_stream(), Expected::NONE, 1);
    two.command_id = one.command_id;
    assert!(matches!(world.log.append(one).await.unwrap(), AppendOutcome::Appended(_)));
    assert!(matches!(world.log.append(two).await.unwrap(), AppendOutcome::Appended(_)));
}
