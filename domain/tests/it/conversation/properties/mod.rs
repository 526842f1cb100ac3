//! What holds whatever comes, in whatever order. An observer sees the commands and the events
//! only, never the state; every step goes through `Case::when`, which checks that the state is the
//! replay of the events and that refusals change nothing.
#![allow(clippy::wildcard_enum_match_arm)] // the observer minds some events only

mod aim;
mod attempts;
mod generate;
mod observer;
mod scenes;

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::ConversationId;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E,
};
use bitacora_domain::aggregates::tenant::AiMode;
use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use self::attempts::{attempts, events_that_come, promises};
use self::generate::Step;
use self::observer::Observer;
use self::scenes::life;
use super::matrix::triage;
use super::samples::receive;
use super::start;
use crate::support::given;
use crate::support::ids::{message, minute};

/// Nothing in the state grows without end.
fn assert_bounded(state: &serde_json::Value) {
    for (field, max) in [
        ("recent", 64),
        ("outbound", 1_000),
        ("untold", 64),
        ("actions", 10),
        ("scheduled", 20),
        ("labels", 50),
        ("triaged", 64),
        ("auto_replied", 64),
        ("transcribed", 64),
        ("redacted", 64),
        ("links", 64),
        ("merged", 64),
        ("unanswered", 64),
    ] {
        let length = state[field].as_array().unwrap_or_else(|| panic!("no {field}")).len();
        assert!(length <= max, "{length} {field}");
    }
    let lists = state.as_object().unwrap().values().filter(|value| value.is_array()).count();
    assert_eq!(lists, 13, "a list that nothing bounds");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_conversation_keeps_its_promises_whatever_comes(steps in life()) {
        live(steps, &mut BTreeMap::new());
    }
}

/// Goes through a life under the observer's eyes, counts what was tried, and says what came.
fn live(steps: Vec<Step>, tried: &mut BTreeMap<String, usize>) -> BTreeSet<String> {
    let mut case = given::<Conversation>([]).after(start());
    let mut observer = Observer::default();
    let (mut minutes, mut last_inbound, mut seen) = (0, None, BTreeSet::new());
    for (n, step) in steps.into_iter().enumerate() {
        let Step { mut command, pause, back, punctual } = step;
        minutes += pause;
        if let Some(back) = back {
            aim::aim(&observer, &mut command, back, minute(minutes));
        }
        aim::make_unique(&mut command, n);
        let due = observer.due(&command);
        if let Some(due) = due.filter(|_| punctual) {
            let wait = (due - minute(minutes)).num_seconds();
            minutes += (wait + 59).max(0) / 60;
        }
        let now = minute(minutes);
        observer.hear(&command, now);
        for attempt in attempts(&observer, &command) {
            *tried.entry(attempt).or_default() += 1;
        }
        let outcome = case.at(minutes).when(command);
        let events = outcome.result.as_deref().unwrap_or_default();
        if due.is_some_and(|due| now >= due) {
            assert!(!events.is_empty(), "a timer that was due did nothing");
        }
        observer.see_all(events);
        for event in events {
            seen.insert(label(event));
            if let E::MessageReceived { sent_at, .. } = event {
                let latest = now + TimeDelta::minutes(5);
                let believed = if *sent_at > latest { now } else { *sent_at };
                last_inbound = last_inbound.max(Some(believed));
            }
        }
        case = outcome.case;
        let day = TimeDelta::hours(24);
        assert_eq!(observer.window_until, last_inbound.map(|at| at + day));
        let json = serde_json::to_value(&case.state).unwrap();
        assert_bounded(&json);
        observer.look_for_traces(&json);
    }
    let stands = case.state.standing(minute(minutes));
    assert_eq!(stands.lifecycle, observer.status);
    assert_eq!(stands.handoff, observer.handoff.status);
    assert_eq!(case.state.unread(), observer.unread);
    seen
}

/// The event's name; of a message also who sent it.
fn label(event: &E) -> String {
    match event {
        E::MessageQueued { sender, .. } => format!("MessageQueued by {sender:?}"),
        other => other.name().to_owned(),
    }
}

/// Lives of the fullness test.
const LIVES: usize = 384;
/// Every promise is tried at least so often in them, and every event comes in so many of them.
const OFTEN: usize = 15;

/// The observer would be content with lives in which nothing happens.
#[test]
fn lives_are_full_enough_to_break_promises() {
    let mut runner = TestRunner::deterministic();
    let (mut came, mut tried) = (BTreeMap::<String, usize>::new(), BTreeMap::new());
    let lives = life();
    for _ in 0..LIVES {
        let steps = lives.new_tree(&mut runner).unwrap().current();
        for name in live(steps, &mut tried) {
            *came.entry(name).or_default() += 1;
        }
    }
    println!("tried: {tried:#?}\ncame: {came:#?}");
    let often = |name: &String| tried.get(name).or(came.get(name)).copied().unwrap_or_default();
    let wanted = promises().into_iter().chain(events_that_come());
    let missing: Vec<String> = wanted.filter(|name| often(name) < OFTEN).collect();
    assert_eq!(missing, [""; 0], "too seldom in {LIVES} lives");
}

/// Memory of things that happen once is bounded: what is done a thousand times leaves no trace.
#[test]
fn the_state_stays_small_however_long_it_lives() {
    let mut case = given::<Conversation>([]).after(start());
    for n in 0..200u128 {
        let (id, at) = (Uuid::from_u128(n << 64), minute(i64::try_from(n).unwrap()));
        case = case.at(i64::try_from(n).unwrap()).after(receive(&format!("wamid.{n}"), at));
        let inbound = message(2 + 4 * n);
        case = case.after(triage(inbound, AiMode::Assisted));
        case = case.after(C::RedactMessage { message: inbound, reason: "datos".to_owned() });
        case = case.after(C::RecordMerge { source: ConversationId::new(id) });
    }
    let state = serde_json::to_value(&case.state).unwrap();
    assert_bounded(&state);
    let bytes = state.to_string().len();
    assert!(bytes < 40_000, "{bytes} bytes");
}
