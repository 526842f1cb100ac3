//! Random order: whatever order the deliveries of a source come in, and however often, the read
//! model is the same.
//!
//! Each source has a scenario. Its deliveries go through the real inbox, the real worker, the
//! real bus and the real projections, each time for a tenant of its own: once in the order in
//! which things happened, and then in many random ones, each delivery one to three times. All
//! columns of all views are compared, but those of [`EXCLUDED`].
//!
//! Where money and leads are involved, reactors and effects run along ([`works`]), and what they
//! come to is compared with the rest; of the statement, what its lines come to for each grant and
//! hold ([`model`]).
//!
//! All deliveries are *received* at one moment, so that what tells when we heard of something
//! does not differ. When we wrote it down does.
//!
//! `BITACORA_RANDOM_ORDERS` says how many orders (30 without it), `BITACORA_RANDOM_SEED` where
//! they begin.

mod model;
mod scenario;
mod scenarios;
mod stage;
mod works;

use bitacora_commands::sources;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};

use self::model::{Excluded, Model, difference};
use self::scenario::{Delivery, Run, Scenario, Tag};
use self::scenarios::{SCENARIOS, TWO_TELL_OF_ONE_CALL};
use self::stage::Stage;

/// Columns that may depend on the order. The first two count events, of the aggregate and of the
/// log; the next two say when we wrote something down; the last two show that the ledger books one
/// thing after the other.
const EXCLUDED: &[Excluded] = &[
    Excluded::everywhere("version"),
    Excluded::everywhere("position"),
    Excluded::everywhere("updated_at"),
    Excluded::everywhere("last_activity_at"),
    Excluded::of("number", &["credit_grants", "credit_holds", "ledger_entries"]),
    Excluded::of("balance_after", &["ledger_entries"]),
];

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |text| text.parse().unwrap())
}

/// The deliveries in another order, each one to three times.
fn shuffled(deliveries: Vec<Delivery>, random: &mut StdRng) -> Vec<Delivery> {
    let mut all: Vec<Delivery> = deliveries
        .into_iter()
        .flat_map(|delivery| vec![delivery; random.random_range(1..=3)])
        .collect();
    all.shuffle(random);
    all
}

/// The scenario for a tenant of its own, in the order that `seed` gives; the first one is the
/// order in which things happened.
async fn run(stage: &Stage, scenario: &Scenario, order: u64, seed: u64) -> Run {
    let tag = Tag::new(order);
    let cast = stage.tenant(&tag).await;
    let deliveries = (scenario.play)(stage, &cast).await;
    assert!(deliveries.len() >= 8, "{}: a scenario has eight deliveries", scenario.source);
    let mut random = StdRng::seed_from_u64(seed);
    let left = if order == 0 { deliveries } else { shuffled(deliveries, &mut random) };
    Run { seed, cast, left: left.into(), random }
}

async fn play(scenario: &Scenario) {
    let source = scenario.source;
    let (orders, seed) = (number("BITACORA_RANDOM_ORDERS", 30), number("BITACORA_RANDOM_SEED", 1));
    let stage = Stage::new(scenario.works).await;
    let mut runs = Vec::new();
    for order in 0..=orders {
        runs.push(run(&stage, scenario, order, seed.wrapping_add(order)).await);
    }
    stage.deliver(&mut runs, &mut StdRng::seed_from_u64(seed)).await;
    stage.assert_nothing_is_left(source).await;
    stage.project().await;
    let mut tables = stage.tables().await;
    let mut models = runs.iter().map(|Run { cast, seed, .. }| {
        let tables = tables.remove(&cast.tenant).unwrap_or_default();
        (seed, Model::new(tables, EXCLUDED, &cast.tag))
    });
    let (_, first) = models.next().unwrap();
    assert!(first.rows() > 1, "{source}: something came of it");
    for (seed, model) in models {
        let found = difference(&first, &model);
        assert!(found.is_empty(), "{source}, seed {seed}:\n{found}");
    }
}

async fn play_source(source: &str) {
    play(SCENARIOS.iter().find(|scenario| scenario.source == source).unwrap()).await;
}

#[test]
fn every_source_has_a_scenario_and_few_columns_are_left_out() {
    let known: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.source).collect();
    for source in sources::all() {
        let name = source.name();
        assert_eq!(known.iter().filter(|known| **known == name).count(), 1, "{name}");
    }
    assert_eq!(known.len(), sources::all().len());
    assert!(EXCLUDED.len() <= 6);
}

#[tokio::test]
async fn whatsapp_deliveries_may_come_in_any_order() {
    play_source("meta/whatsapp").await;
}

#[tokio::test]
async fn lead_ads_deliveries_may_come_in_any_order() {
    play_source("meta/leadgen").await;
}

#[tokio::test]
async fn builderbot_deliveries_may_come_in_any_order() {
    play_source("builderbot").await;
}

#[tokio::test]
async fn elevenlabs_deliveries_may_come_in_any_order() {
    play_source("elevenlabs").await;
}

#[tokio::test]
async fn twilio_deliveries_may_come_in_any_order() {
    play_source("twilio").await;
}

#[tokio::test]
async fn stripe_deliveries_may_come_in_any_order() {
    play_source("stripe").await;
}

#[tokio::test]
async fn chatwoot_deliveries_may_come_in_any_order() {
    play_source("chatwoot").await;
}

#[tokio::test]
async fn an_inbound_call_that_twilio_and_elevenlabs_tell_is_the_same_whoever_is_first() {
    play(&TWO_TELL_OF_ONE_CALL).await;
}
