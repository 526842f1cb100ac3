//! An effect exists exactly when its event does.

use bitacora_commands::ports::EventLog as _;
use bitacora_commands::{AppendOutcome, Expected};
use bitacora_domain::{EventId, Version};
use serde_json::json;

use crate::support::{Told, World, ring, ring_in_line, start_log};

const COUNT: &str = "select count(*) from effects.queue";

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_does_not_happen_leaves_no_effect() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let effects = || vec![ring(json!({"a": 1})), ring_in_line("l", 1)];

    let mut conflicting = world.append(tenant, effects());
    conflicting.expected =
        Expected { version: Version(7), last_event: Some(EventId::new(uuid::Uuid::nil())) };
    let outcome = world.log.append(conflicting).await.unwrap();
    assert!(matches!(outcome, AppendOutcome::Conflict { .. }), "{outcome:?}");
    assert_eq!(world.number(COUNT).await, 0);

    let verified = world.append(tenant, effects());
    let verified = bitacora_commands::Append { verify_only: true, ..verified };
    let outcome = world.log.append(verified).await.unwrap();
    assert_eq!(outcome, AppendOutcome::Verified);
    assert_eq!(world.number(COUNT).await, 0);

    let mut poisonous = world.append(tenant, effects());
    poisonous.events[0].payload = json!({"Raw": {"text": "a\0b"}});
    assert!(world.log.append(poisonous).await.is_err());
    assert_eq!(world.number(COUNT).await, 0);

    let appended = world.append(tenant, effects());
    let outcome = world.log.append(appended.clone()).await.unwrap();
    assert!(matches!(outcome, AppendOutcome::Appended(_)), "{outcome:?}");
    assert_eq!(world.number(COUNT).await, 2);
    world.worker(&Told::to([])).drain().await.unwrap();

    let outcome = world.log.append(appended).await.unwrap();
    assert!(matches!(outcome, AppendOutcome::Replayed(_)), "{outcome:?}");
    assert_eq!(world.number(COUNT).await, 2, "a replay brings none back");
    let done = "select count(*) from effects.queue where state = 'done'";
    assert_eq!(world.number(done).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_producers_cannot_emit_one_effect_twice() {
    let world = World::new().await;
    let second = start_log(&world.db).await;
    let tenant = world.tenants[0];
    second.assign_lane(tenant).await.unwrap();
    for n in 0..20 {
        let append = world.append(tenant, vec![ring(json!({ "n": n }))]);
        let (one, other) =
            tokio::join!(world.log.append(append.clone()), second.append(append.clone()));
        let appended = [one.unwrap(), other.unwrap()]
            .iter()
            .filter(|outcome| matches!(outcome, AppendOutcome::Appended(_)))
            .count();
        assert_eq!(appended, 1);
    }
    assert_eq!(world.number(COUNT).await, 20);
    let orphans = "select count(*) from effects.queue q where not exists (select from log.events e \
                   where e.lane = q.lane and e.position = q.position and e.tenant_id = q.tenant_id \
                     and (e.metadata ->> 'event_id')::uuid = q.event_id)";
    assert_eq!(world.number(orphans).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_follow_from_the_event_and_the_place_among_its_effects() {
    let world = World::new().await;
    let ids = world.emit(world.tenants[2], vec![ring(json!({})), ring(json!({}))]).await;
    for id in ids {
        assert_eq!(world.state(id).await, "pending");
    }
}
