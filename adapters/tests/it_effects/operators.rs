//! What operators see and decide, and what is kept.

use bitacora_commands::effects::Verdict;
use bitacora_commands::ports::{
    Clock as _, Decision, EffectCounts, EffectFilter, EffectQueue as _, EffectState,
};
use bitacora_domain::{Effect, TenantId};
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Asked, Told, World, retry, ring, unknown};

fn failed() -> Verdict {
    Verdict::Failed { code: "BAD".into(), detail: "said the provider".into() }
}

async fn retry_as(world: &World, tenant: TenantId, id: Uuid, may_repeat: bool) -> Decision {
    let now = world.clock.now();
    world.queue.retry(now, Some(tenant), id, may_repeat, "user:1").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_can_be_retried_by_its_tenant_and_by_nobody_else() {
    let world = World::new().await;
    let [mine, other, ..] = world.tenants;
    let id = world.emit(mine, vec![ring(json!({}))]).await[0];
    let handler = Told::to([failed(), retry()]);
    let worker = world.worker(&handler);
    worker.drain().await.unwrap();

    assert_eq!(retry_as(&world, other, id, true).await, Decision::NotFound);
    let now = world.clock.now();
    let foreign = world.queue.discard(now, Some(other), id, "user:2").await.unwrap();
    assert_eq!(foreign, Decision::NotFound);
    assert!(world.queue.show(Some(other), id).await.unwrap().is_none());
    assert_eq!(world.state(id).await, "dead BAD");

    assert_eq!(retry_as(&world, mine, id, false).await, Decision::Made(EffectState::Dead));
    let again = Decision::Impossible(EffectState::Pending);
    assert_eq!(retry_as(&world, mine, id, false).await, again);
    worker.drain().await.unwrap();
    let second = handler.ran()[1].clone();
    assert_eq!((second.attempt, second.failures, second.by_operator), (2, 0, true));
    assert!(world.next().await);
    worker.drain().await.unwrap();
    assert!(handler.ran()[2].by_operator, "also its further attempts");
    assert_eq!(world.state(id).await, "done HTTP_503");
    let done = Decision::Impossible(EffectState::Done);
    assert_eq!(retry_as(&world, mine, id, true).await, done);
    let story = world.queue.show(Some(mine), id).await.unwrap().unwrap();
    assert_eq!(story.row.decided_by.as_deref(), Some("user:1"));
    let outcomes: Vec<_> = story.attempts.iter().map(|a| a.outcome.as_deref().unwrap()).collect();
    assert_eq!(outcomes, ["done", "retry", "failed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_effect_is_only_retried_by_who_accepts_that_it_may_happen_twice() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = world.emit(tenant, vec![ring(json!({}))]).await[0];
    let handler = Told::to([unknown()]);
    let worker = world.worker(&handler);
    worker.drain().await.unwrap();
    assert_eq!(retry_as(&world, tenant, id, false).await, Decision::MayRepeat);
    assert_eq!(world.state(id).await, "unknown TIMEOUT");
    assert_eq!(retry_as(&world, tenant, id, true).await, Decision::Made(EffectState::Unknown));
    worker.drain().await.unwrap();
    assert_eq!(handler.asked(id), [Asked::Run(1), Asked::Run(2)]);
    assert!(handler.ran()[1].by_operator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_effect_is_never_done_and_those_whom_it_concerns_are_told() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let due = Some(world.clock.now() + TimeDelta::hours(1));
    let effects = vec![ring(json!({})), Effect { due, ..ring(json!({})) }, ring(json!({}))];
    let ids = world.emit(tenant, effects).await;
    // In the order of the claim, which is the order of their ids.
    let handler = Told::to([unknown(), unknown()]);
    let worker = world.worker(&handler);
    worker.drain().await.unwrap();
    let now = world.clock.now();
    let before = [EffectState::Unknown, EffectState::Pending];
    for (id, state) in ids.iter().zip(before) {
        let decision = world.queue.discard(now, Some(tenant), *id, "user:1").await.unwrap();
        assert_eq!(decision, Decision::Made(state));
        assert_eq!(
            retry_as(&world, tenant, *id, true).await,
            Decision::Impossible(EffectState::Discarded)
        );
    }
    worker.drain().await.unwrap();
    world.clock.advance(TimeDelta::days(1));
    worker.drain().await.unwrap();
    let told = |code: &str| Asked::GivenUp(code.into(), true);
    assert_eq!(handler.asked(ids[0]), [Asked::Run(1), told("TIMEOUT")]);
    assert_eq!(handler.asked(ids[1]), [told("DISCARDED")], "it was never done");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_their_tenants_effects_page_by_page_and_without_what_is_personal() {
    let world = World::new().await;
    let [mine, other, ..] = world.tenants;
    let personal = json!({"to": {"$p": {"s": "contact:1", "v": "+54 9 11"}}});
    for _ in 0..5 {
        world.emit(mine, vec![ring(personal.clone())]).await;
        world.emit(other, vec![ring(personal.clone())]).await;
    }
    let handler = Told::to((0..10).map(|n| if n < 8 { failed() } else { unknown() }));
    world.worker(&handler).drain().await.unwrap();

    let mut filter = EffectFilter {
        tenant: Some(mine),
        states: vec![EffectState::Dead, EffectState::Unknown],
        ..EffectFilter::default()
    };
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let page = world.queue.list(&filter, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.before = Some((last.created_at, last.id));
        assert!(page.iter().all(|row| row.tenant == mine));
        seen.extend(page.into_iter().map(|row| (std::cmp::Reverse(row.created_at), row.id)));
        pages += 1;
    }
    assert_eq!((seen.len(), pages), (5, 3));
    assert!(seen.is_sorted_by_key(|(at, _)| *at), "the latest first");

    let dead = EffectFilter { states: vec![EffectState::Dead], ..EffectFilter::default() };
    assert_eq!(world.queue.list(&dead, 100).await.unwrap().len(), 8, "of all tenants");
    let done = EffectFilter { states: vec![EffectState::Done], ..EffectFilter::default() };
    assert!(world.queue.list(&done, 100).await.unwrap().is_empty());

    let story = world.queue.show(Some(mine), seen[0].1).await.unwrap().unwrap();
    assert_eq!(story.payload, json!({"to": {"$p": {"s": "contact:1", "v": null}}}));
    let counts = world.queue.counts(world.clock.now()).await.unwrap();
    assert_eq!(counts.of(EffectState::Dead), 8);
    assert_eq!(counts.of(EffectState::Unknown), 2);
    assert_eq!(counts.oldest_due, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_tell_since_when_the_oldest_due_one_waits() {
    let world = World::new().await;
    assert_eq!(world.queue.counts(world.clock.now()).await.unwrap(), EffectCounts::default());
    let due = world.clock.now() + TimeDelta::minutes(5);
    world.emit(world.tenants[0], vec![Effect { due: Some(due), ..ring(json!({})) }]).await;
    world.clock.advance(TimeDelta::minutes(65));
    let counts = world.queue.counts(world.clock.now()).await.unwrap();
    assert_eq!(counts.states, [(EffectState::Pending, 1)]);
    assert_eq!(counts.oldest_due, Some(due));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_swept_with_its_attempts_and_dead_letters_stay() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let effects = (0..10).map(|n| ring(json!({ "n": n }))).collect();
    world.emit(tenant, effects).await;
    let handler = Told::to([failed(), unknown()]);
    world.worker(&handler).drain().await.unwrap();
    let kept = world.clock.now();
    assert_eq!(world.queue.sweep(kept, 100).await.unwrap(), 0, "not before its time");
    let later = kept + TimeDelta::seconds(1);
    assert_eq!(world.queue.sweep(later, 5).await.unwrap(), 5, "in small portions");
    assert_eq!(world.queue.sweep(later, 5).await.unwrap(), 3);
    assert_eq!(world.queue.sweep(later, 5).await.unwrap(), 0);
    assert_eq!(world.number("select count(*) from effects.queue").await, 2);
    assert_eq!(world.number("select count(*) from effects.attempts").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_role_sees_one_tenants_effects_and_changes_nothing() {
    let world = World::new().await;
    let [mine, other, ..] = world.tenants;
    world.emit(mine, vec![ring(json!({}))]).await;
    world.emit(other, vec![ring(json!({}))]).await;
    world.worker(&Told::to([])).drain().await.unwrap();
    let api = &world.db.pools().api;
    for table in ["effects.queue", "effects.attempts"] {
        let sql = format!("select count(*) from {table}");
        let blind: i64 = sqlx::query_scalar(&sql).fetch_one(api).await.unwrap();
        assert_eq!(blind, 0, "without a tenant nothing is seen");
        let mut transaction = api.begin().await.unwrap();
        sqlx::query("select set_config('app.tenant_id', $1, true)")
            .bind(mine.to_string())
            .execute(&mut *transaction)
            .await
            .unwrap();
        let own: i64 = sqlx::query_scalar(&sql).fetch_one(&mut *transaction).await.unwrap();
        assert_eq!(own, 1);
        let change = format!("delete from {table}");
        assert!(sqlx::query(&change).execute(&mut *transaction).await.is_err());
    }
}
