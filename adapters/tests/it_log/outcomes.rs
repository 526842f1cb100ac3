//! What an append can come to, and that losers disturb nobody.

use bitacora_commands::ports::{EventLog, LogError};
use bitacora_commands::{AppendOutcome, Expected};
use bitacora_domain::{Claim, Version};
use futures::future::join_all;
use serde_json::json;

use crate::support::{World, new_stream, raw, raw_event};

#[tokio::test]
async fn all_unique_violations_become_version_conflict() {
    // postgres-es gives one error for three causes; here they are three outcomes.
    let world = World::new().await;
    let tenant = world.tenants[0];
    let stream = new_stream();
    let mut first = raw(tenant, &stream, Expected::NONE, 1);
    first.claims = vec![Claim::take("test.key", "k", "first")];
    let AppendOutcome::Appended(landed) = world.log.append(first.clone()).await.unwrap() else {
        panic!("the first one wins")
    };
    assert_eq!(landed.version, Version(1));

    let duplicate = world.log.append(first.clone()).await.unwrap();
    assert_eq!(duplicate, AppendOutcome::Replayed(landed), "a duplicate command is replayed");

    let mut taken = raw(tenant, &new_stream(), Expected::NONE, 1);
    taken.claims = vec![Claim::take("test.key", "k", "second")];
    let outcome = world.log.append(taken).await.unwrap();
    assert_eq!(outcome, AppendOutcome::Reserved { kind: "test.key", owner: "first".into() });

    let outcome = world.log.append(raw(tenant, &stream, Expected::NONE, 1)).await.unwrap();
    assert_eq!(outcome, AppendOutcome::Conflict { actual: Version(1) });
    world.assert_log_is_sound().await;
}

#[tokio::test]
async fn conflict_swallowed_success_returned() {
    // N writers of the same expectation: exactly one is told that it won, and it is stored.
    let world = World::new().await;
    let (second, _) = world.second_process().await;
    let stream = new_stream();
    let appends = (0..40).map(|n| {
        let log = if n % 2 == 0 { &world.log } else { &second };
        log.append(raw(world.tenants[0], &stream, Expected::NONE, 2))
    });
    let outcomes: Vec<_> = join_all(appends).await.into_iter().map(Result::unwrap).collect();
    let won = outcomes.iter().filter(|o| matches!(o, AppendOutcome::Appended(_))).count();
    let lost = outcomes
        .iter()
        .filter(|o| matches!(o, AppendOutcome::Conflict { actual: Version(2) }))
        .count();
    assert_eq!((won, lost), (1, 39));
    assert_eq!(world.number("select count(*) from log.events").await, 2);
    world.assert_log_is_sound().await;
}

#[tokio::test]
async fn a_poisonous_value_fails_alone() {
    let world = World::new().await;
    let good = (0..20).map(|_| raw(world.tenants[0], &new_stream(), Expected::NONE, 1));
    let mut appends: Vec<_> = good.collect();
    let mut poison = raw(world.tenants[0], &new_stream(), Expected::NONE, 0);
    poison.events = vec![raw_event(poison.command_id, 0, json!({"Raw": "\u{0}"}))];
    appends.insert(10, poison);
    let outcomes = join_all(appends.into_iter().map(|a| world.log.append(a))).await;
    let rejected = outcomes.iter().filter(|o| matches!(o, Err(LogError::Rejected(_)))).count();
    let appended = outcomes.iter().filter(|o| matches!(o, Ok(AppendOutcome::Appended(_)))).count();
    assert_eq!((rejected, appended), (1, 20));
    world.assert_log_is_sound().await;
}

#[tokio::test]
async fn an_append_that_is_too_large_is_rejected_and_costs_nobody_else() {
    let world = World::new().await;
    let mut huge = raw(world.tenants[0], &new_stream(), Expected::NONE, 0);
    let payload = json!({"Raw": "x".repeat(5 * 1024 * 1024)});
    huge.events = vec![raw_event(huge.command_id, 0, payload)];
    assert!(matches!(world.log.append(huge).await, Err(LogError::Rejected(_))));
    // More than one batch may hold, each of them as large as it may be.
    let large = (0..5).map(|_| {
        let mut append = raw(world.tenants[0], &new_stream(), Expected::NONE, 0);
        let payload = json!({"Raw": "x".repeat(3 * 1024 * 1024)});
        append.events = vec![raw_event(append.command_id, 0, payload)];
        world.log.append(append)
    });
    let outcomes = join_all(large).await;
    assert!(outcomes.iter().all(|o| matches!(o, Ok(AppendOutcome::Appended(_)))));
    world.assert_log_is_sound().await;
}

#[tokio::test]
async fn acknowledged_is_durable_whatever_the_database_defaults_to() {
    let world = World::new().await;
    let name: String = sqlx::query_scalar("select current_database()::text")
        .fetch_one(&world.db.pools().admin)
        .await
        .unwrap();
    let off = format!("alter database \"{name}\" set synchronous_commit = off");
    sqlx::query(&off).execute(&world.db.pools().admin).await.unwrap();
    // a process that starts now; its batches note what they were committed with
    sqlx::raw_sql(
        "create table public.seen (setting text);
         grant insert on public.seen to public;
         create function public.note() returns trigger language plpgsql as $$
         begin insert into public.seen values (current_setting('synchronous_commit')); return new; end $$;
         create trigger note after insert on log.events for each row execute function public.note();",
    )
    .execute(&world.db.pools().admin)
    .await
    .unwrap();
    let (log, _) = world.second_process().await;
    log.append(raw(world.tenants[0], &new_stream(), Expected::NONE, 1)).await.unwrap();
    let seen: Vec<String> = sqlx::query_scalar("select distinct setting from public.seen")
        .fetch_all(&world.db.pools().admin)
        .await
        .unwrap();
    assert_eq!(seen, ["on"]);
}

#[tokio::test]
async fn rolled_back_positions_wedge_readers() {
    // A log whose tail is nothing but failures has no hole, and one event is a whole log.
    let world = World::new().await;
    world.assert_log_is_sound().await;
    for _ in 0..5 {
        let mut poison = raw(world.tenants[2], &new_stream(), Expected::NONE, 1);
        poison.events[0].payload = json!("\u{0}");
        assert!(matches!(world.log.append(poison).await, Err(LogError::Rejected(_))));
    }
    assert_eq!(world.log.tip(world.tenants[2]).await.unwrap().position.0, 0);
    let outcome = world.log.append(raw(world.tenants[2], &new_stream(), Expected::NONE, 1)).await;
    let Ok(AppendOutcome::Appended(landed)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(landed.cursor.position.0, 1);
    world.assert_log_is_sound().await;
}

#[tokio::test]
async fn a_stream_belongs_to_one_tenant() {
    let world = World::new().await;
    let stream = new_stream();
    world.log.append(raw(world.tenants[0], &stream, Expected::NONE, 1)).await.unwrap();
    for other in [world.tenants[1], world.tenants[2]] {
        // In the same lane and in another one.
        let outcome = world.log.append(raw(other, &stream, Expected::NONE, 1)).await.unwrap();
        assert_eq!(outcome, AppendOutcome::ForeignStream);
        assert!(world.log.load(other, &stream, 1, true).await.unwrap().is_none());
    }
    assert_eq!(world.number("select count(*) from log.events").await, 1);
}

#[tokio::test]
async fn an_unknown_tenant_is_an_error_and_never_the_first_tenant() {
    let world = World::new().await;
    let stranger = bitacora_domain::TenantId::new(crate::support::fresh());
    let outcome = world.log.append(raw(stranger, &new_stream(), Expected::NONE, 1)).await;
    assert!(matches!(outcome, Err(LogError::UnknownTenant)), "{outcome:?}");
}

#[tokio::test]
async fn every_statement_prepares() {
    use sqlx::Executor;
    let world = World::new().await;
    let inbox = bitacora_adapters::inbox::statements()
        .into_iter()
        .chain(bitacora_adapters::effects::statements())
        .chain(bitacora_adapters::reactors::statements());
    for statement in bitacora_adapters::log::statements().into_iter().chain(inbox) {
        if let Err(error) = world.db.pools().writer.prepare(statement).await {
            panic!("{error}\n{statement}");
        }
    }
}

#[tokio::test]
async fn a_batch_that_was_taken_at_its_word_and_was_wrong_comes_to_the_same() {
    // Each guess is made by a process that has not been wrong before; the table says what it
    // takes for granted.
    let world = World::new().await;
    let tenant = world.tenants[0];
    let (stream, foreign) = (new_stream(), new_stream());
    let mut first = raw(tenant, &stream, Expected::NONE, 2);
    first.claims = vec![Claim::take("test.key", "k", "first")];
    let AppendOutcome::Appended(landed) = world.log.append(first.clone()).await.unwrap() else {
        panic!("the first one wins")
    };
    let other = world.log.append(raw(world.tenants[1], &foreign, Expected::NONE, 1)).await.unwrap();
    assert!(matches!(other, AppendOutcome::Appended(_)));
    let mut taken = raw(tenant, &new_stream(), Expected::NONE, 1);
    taken.claims = vec![Claim::take("test.key", "k", "second")];
    let behind =
        Expected { version: Version(1), last_event: Some(first.events[0].metadata.event_id) };
    let twin = Expected { version: Version(2), last_event: behind.last_event };
    let reserved = AppendOutcome::Reserved { kind: "test.key", owner: "first".into() };
    let conflict = AppendOutcome::Conflict { actual: Version(2) };
    let cases = [
        ("the command is new", first.clone(), AppendOutcome::Replayed(landed)),
        ("the stream is new", raw(tenant, &stream, Expected::NONE, 1), conflict.clone()),
        ("the stream has not moved", raw(tenant, &stream, behind, 1), conflict.clone()),
        ("the last event is the one that was seen", raw(tenant, &stream, twin, 1), conflict),
        ("the key is free", taken, reserved),
        (
            "the stream is the tenant's",
            raw(tenant, &foreign, Expected::NONE, 1),
            AppendOutcome::ForeignStream,
        ),
    ];
    let before = world.number("select count(*) from log.events").await;
    for (assumption, append, expected) in cases {
        let (process, _) = world.second_process().await;
        let bystander = raw(tenant, &new_stream(), Expected::NONE, 1);
        let (outcome, beside) = tokio::join!(process.append(append), process.append(bystander));
        assert_eq!(outcome.unwrap(), expected, "{assumption}");
        assert!(matches!(beside.unwrap(), AppendOutcome::Appended(_)), "{assumption}");
        let mistaken = process.stats().mistaken.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(mistaken, 1, "{assumption}");
    }
    assert_eq!(world.number("select count(*) from log.events").await, before + 6);
    world.assert_log_is_sound().await;
}
