//! A week on a virtual clock: the real bus, log and Conversation, hundreds of conversations in
//! which people and contacts do things at random, and every timer compared with a model that
//! knows nothing of the aggregate.

mod model;
mod stage;

use chrono::TimeDelta;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use self::model::{Expected, Model};
use self::stage::Stage;
use crate::support::monday;

const CONVERSATIONS: usize = 160;
const HOURS: i64 = 7 * 24;
/// Of a hundred hours of a conversation, how many something is done in.
const BUSY_PERCENT: u32 = 15;

#[tokio::test(flavor = "multi_thread")]
async fn a_week_of_timers_comes_at_the_minutes_that_a_model_foretells() {
    let since = std::time::Instant::now();
    let mut rng = StdRng::seed_from_u64(20_260_302);
    let stage = Stage::set(CONVERSATIONS).await;
    let mut models: Vec<Model> = (0..CONVERSATIONS).map(|_| Model::default()).collect();
    let mut done = 0;
    for hour in 0..HOURS {
        let now = monday() + TimeDelta::hours(hour);
        stage.live_until(now).await;
        let mut scene = Vec::new();
        for (n, model) in models.iter_mut().enumerate() {
            model.live_until(now);
            if let Some(deed) = model.choose(now, BUSY_PERCENT, &mut rng) {
                scene.push((n, deed));
            }
        }
        done += scene.len();
        for (n, made) in stage.play(scene).await {
            models[n].remember(made);
        }
    }
    // Nobody does anything any more; what was set going goes on.
    let end = monday() + TimeDelta::days(16);
    stage.live_until(end).await;
    for model in &mut models {
        model.live_until(end);
    }

    let expected = Expected::of(models);
    let seen = stage.seen().await;
    for (what, count) in &expected.counts() {
        println!("{what}: {count}");
        assert!(*count > 10, "the week has too little of {what}");
    }
    println!(
        "{CONVERSATIONS} conversations, {done} deeds, {} timer events, {} messages sent, \
         {} days of the clock in {:.1} s",
        expected.events.len(),
        expected.sent.len(),
        16,
        since.elapsed().as_secs_f64()
    );
    assert_eq!(seen.events.len(), expected.events.len());
    for (seen, expected) in seen.events.iter().zip(&expected.events) {
        assert_eq!(seen, expected);
    }
    assert_eq!(seen.sent, expected.sent);
    assert_eq!(stage.left().await, [("done".to_owned(), stage.stored().await)]);
}
