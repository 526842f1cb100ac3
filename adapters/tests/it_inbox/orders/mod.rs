//! Random order: whatever order the deliveries of a source come in, and however often, the read
//! model is the same.
//!
//! Each source has a scenario. Its deliveries go through the real inbox, the real worker, the
//! real bus and the real projections, each time for a tenant of its own: once in the order in
//! which things happened, and then in many random ones, each delivery one to three times. All
//! columns of all views are compared, but those of [`EXCLUDED`].
//!
//! `BITACORA_RANDOM_ORDERS` says how many orders (30 without it), `BITACORA_RANDOM_SEED` where
//! they begin.

mod model;
mod scenario;
mod scenarios;
mod stage;

use bitacora_commands::sources;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};

use self::model::{Model, difference};
use self::scenario::{Delivery, Tag};
use self::scenarios::SCENARIOS;
use self::stage::Stage;

/// Columns that may depend on the order. The first two count events, of the aggregate and of the
/// log; the others say when a step was reached, and a step that is told after a later one is no
/// event (aggregates §2.8).
const EXCLUDED: &[&str] =
    &["version", "position", "sent_at", "delivered_at", "ringing_at", "answered_at"];

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

async fn play(source: &str) {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.source == source).unwrap();
    let (orders, seed) = (number("BITACORA_RANDOM_ORDERS", 30), number("BITACORA_RANDOM_SEED", 1));
    let stage = Stage::new().await;
    let mut played = Vec::new();
    for order in 0..=orders {
        let tag = Tag::new(order);
        let cast = stage.tenant(&tag).await;
        let deliveries = (scenario.play)(&stage, &cast).await;
        assert!(deliveries.len() >= 8, "{source}: a scenario has eight deliveries");
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(order));
        // the first one is the order in which things happened
        let deliveries = if order == 0 { deliveries } else { shuffled(deliveries, &mut random) };
        stage.deliver(&cast, deliveries, &mut random).await;
        played.push((seed.wrapping_add(order), cast));
    }
    stage.assert_nothing_is_left(source).await;
    stage.project().await;
    let mut first: Option<Model> = None;
    for (seed, cast) in played {
        let model = stage.model(&cast, EXCLUDED).await;
        match &first {
            None => {
                assert!(model.rows() > 1, "{source}: something came of it");
                first = Some(model);
            }
            Some(first) => {
                let found = difference(first, &model);
                assert!(found.is_empty(), "{source}, seed {seed}:\n{found}");
            }
        }
    }
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
    play("meta/whatsapp").await;
}

#[tokio::test]
async fn lead_ads_deliveries_may_come_in_any_order() {
    play("meta/leadgen").await;
}

#[tokio::test]
async fn builderbot_deliveries_may_come_in_any_order() {
    play("builderbot").await;
}

#[tokio::test]
async fn elevenlabs_deliveries_may_come_in_any_order() {
    play("elevenlabs").await;
}

#[tokio::test]
async fn twilio_deliveries_may_come_in_any_order() {
    play("twilio").await;
}

#[tokio::test]
async fn stripe_deliveries_may_come_in_any_order() {
    play("stripe").await;
}

#[tokio::test]
async fn chatwoot_deliveries_may_come_in_any_order() {
    play("chatwoot").await;
}
