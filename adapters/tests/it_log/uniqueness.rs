//! Unique keys and gapless numbers.

use bitacora_commands::ports::EventLog;
use bitacora_commands::{AppendOutcome, Expected};
use bitacora_domain::{Claim, PendingNumber};
use futures::future::join_all;
use serde_json::json;

use crate::support::{World, new_stream, raw};

#[tokio::test]
async fn a_key_of_the_installation_is_taken_once_across_lanes_and_processes() {
    let world = World::new().await;
    let (second, _) = world.second_process().await;
    let appends = (0..24).map(|n| {
        let mut append = raw(world.tenants[n % 4], &new_stream(), Expected::NONE, 1);
        append.claims = vec![
            Claim::take("test.global", "210987654321098", format!("owner {n}")).installation_wide(),
        ];
        let log = if n % 3 == 0 { &second } else { &world.log };
        log.append(append)
    });
    let outcomes: Vec<_> = join_all(appends).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|o| matches!(o, AppendOutcome::Appended(_))).count(), 1);
    let owner =
        world.log.installation_owner("test.global", "210987654321098").await.unwrap().unwrap();
    let mut told_nothing = false;
    for outcome in outcomes {
        if let AppendOutcome::Reserved { owner: told, .. } = outcome {
            // The loser is told who has it, unless that is another tenant.
            assert!(told == owner.owner || told.is_empty(), "{told}");
            told_nothing |= told.is_empty();
        }
    }
    assert!(told_nothing, "losers of other tenants learn nothing");
    let mut again = raw(owner.tenant, &new_stream(), Expected::NONE, 1);
    again.claims =
        vec![Claim::take("test.global", "210987654321098", "another").installation_wide()];
    let outcome = world.log.append(again).await.unwrap();
    assert_eq!(outcome, AppendOutcome::Reserved { kind: "test.global", owner: owner.owner });
    world.assert_log_is_sound().await;
}

#[tokio::test]
async fn a_key_is_free_again_when_its_owner_lets_go() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let step = |claim: Claim| {
        let mut append = raw(tenant, &new_stream(), Expected::NONE, 1);
        append.claims = vec![claim];
        world.log.append(append)
    };
    step(Claim::take("k", "x", "a")).await.unwrap();
    step(Claim::release("k", "x", "b")).await.unwrap(); // not b's to give
    assert!(matches!(
        step(Claim::take("k", "x", "b")).await.unwrap(),
        AppendOutcome::Reserved { .. }
    ));
    step(Claim::release("k", "x", "a")).await.unwrap();
    assert!(matches!(step(Claim::take("k", "x", "b")).await.unwrap(), AppendOutcome::Appended(_)));
    // The same key of another tenant is another key.
    let mut other = raw(world.tenants[1], &new_stream(), Expected::NONE, 1);
    other.claims = vec![Claim::take("k", "x", "c")];
    assert!(matches!(world.log.append(other).await.unwrap(), AppendOutcome::Appended(_)));
    let stored =
        world.number("select count(*) from log.reservations where owner in ('b', 'c')").await;
    assert_eq!(stored, 2);
}

#[tokio::test]
async fn numbers_are_gapless_per_tenant_and_told_to_the_caller() {
    let world = World::new().await;
    let (second, _) = world.second_process().await;
    let appends = (0..40).map(|n| {
        let mut append = raw(world.tenants[n % 2], &new_stream(), Expected::NONE, 1);
        append.events[0].payload = json!({"Raw": {"number": 0}});
        append.events[0].number = Some(PendingNumber { counter: "ticket.number", field: "number" });
        if n % 8 == 7 {
            append.events[0].payload = json!({"Raw": {"number": 0, "bad": "\u{0}"}}); // rolls back
        }
        let log = if n % 3 == 0 { &second } else { &world.log };
        async move { (n, log.append(append).await) }
    });
    let mut numbers = [Vec::new(), Vec::new()];
    for (n, outcome) in join_all(appends).await {
        match outcome {
            Ok(AppendOutcome::Appended(landed)) => {
                numbers[n % 2].push(landed.filled[0]["Raw"]["number"].as_i64().unwrap());
            }
            other => assert_eq!(n % 8, 7, "{other:?}"),
        }
    }
    for mut given in numbers {
        given.sort_unstable();
        let expected: Vec<i64> = (1..=i64::try_from(given.len()).unwrap()).collect();
        assert_eq!(given, expected);
    }
    let differs =
        "select count(*) from log.counters c where value <> (select count(*) from log.events e
        where e.tenant_id = c.tenant_id)";
    assert_eq!(world.number(differs).await, 0);
}
