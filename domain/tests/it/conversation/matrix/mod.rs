//! Every state of the product against every command. What is expected is read from the page that
//! people read, docs/CONVERSATION.md, never from the code that decides; and what must never
//! happen is checked without looking at any table.
#![allow(clippy::wildcard_enum_match_arm)] // rows and events of one kind are picked out

mod never;
mod outcomes;
mod page;
mod rows;
mod stands;

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::DomainError;
use bitacora_domain::aggregates::conversation::matrix::{Ask, Form, Standing, Voice};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E, ConversationStatus,
    HandoffStatus, SnoozeEnd,
};
use cqrs_es::DomainEvent;

use self::outcomes::{commands, kind, main_event};
use self::page::{Page, Said};
use self::rows::sample;
pub(super) use self::rows::{send, triage};
use self::stands::{Furniture, all, is_reachable, stand};
use crate::support::{Outcome, given};

/// States, and those of them that a life can come to.
const STATES: usize = 6 * 2 * 4 * 2 * 2 * 2;
const REACHABLE: usize = 168;

#[test]
fn every_state_of_the_product_meets_every_command_as_the_page_says() {
    let page = Page::read();
    let rows: Vec<&str> = Ask::ALL.iter().map(|ask| ask.name()).collect();
    assert_eq!(page.rows(), rows, "the page has other rows than the code");
    let (mut cells, mut reached) = (0, 0);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for at in all() {
        assert!(seen.insert(format!("{at:?}")), "{at:?} twice");
        reached += usize::from(is_reachable(at));
        let (soon, due) = (stand(at, false), stand(at, true));
        for &ask in Ask::ALL {
            let (case, furniture) = if ask == Ask::ExpireSuggestion { &due } else { &soon };
            let outcome = case.clone().when(sample(ask, furniture));
            let said = page.says(ask.name(), at);
            let here = format!("{} at {at:?}", ask.name());
            check(ask, &outcome, &said, &here);
            never::check(at, furniture, &outcome, &here);
            *kinds.entry(said.kind()).or_default() += 1;
            cells += 1;
        }
    }
    assert_eq!((seen.len(), reached), (STATES, REACHABLE));
    assert_eq!(cells, STATES * Ask::ALL.len());
    println!("{cells} cells: {STATES} states ({REACHABLE} within reach) × {} rows", rows.len());
    println!("{kinds:?}");
    assert_eq!(kinds.len(), 4, "a kind of verdict that no cell has");
}

/// Does what happened agree with what the page says?
#[track_caller]
fn check(ask: Ask, outcome: &Outcome<Conversation>, said: &Said, here: &str) {
    match (&outcome.result, said) {
        (Ok(events), Said::Go) => {
            let wanted = main_event(ask);
            let is = |event: &E| wanted.contains(&event.name());
            assert!(events.iter().any(is), "no {wanted:?} in {}: {here}", outcome.summary());
        }
        (Ok(events), Said::Nothing) => assert_eq!(events, &[], "{here}"),
        // A triage is recorded; where the AI may not answer, a person must look.
        (Ok(events), Said::Refuse(_)) if ask == Ask::AiAnswers => {
            let names: Vec<_> = events.iter().map(DomainEvent::event_type).collect();
            let asks = names.starts_with(&["MessageTriaged".into(), "ApprovalRequired".into()]);
            assert!(asks && !names.contains(&"MessageQueued".into()), "{names:?}: {here}");
        }
        (Err(refusal), Said::Refuse(code)) => assert_eq!(refusal.code(), code, "{here}"),
        (Ok(events), Said::Withdraw(code)) => {
            let held = |event: &E| match event {
                E::MessageRejected { title, retryable, .. } => title == code && !retryable,
                E::ScheduledMessageSkipped { code: why, .. } => why == code,
                _ => false,
            };
            assert!(matches!(events.as_slice(), [event] if held(event)), "{events:?}: {here}");
        }
        (result, said) => panic!("{result:?}, but the page says {said:?}: {here}"),
    }
}

/// A command that the table does not have cannot hide behind the row of another one.
#[test]
fn every_command_has_a_row_and_every_sample_belongs_to_its_own() {
    let (_, furniture) = stand(all()[0], false);
    let about = |ask| match ask {
        Ask::BeginPersonTemplate | Ask::ReleaseTemplate => (Voice::Person, Form::Template),
        Ask::BeginAutomaticFree => (Voice::Automatic, Form::Free),
        Ask::BeginAutomaticTemplate => (Voice::Automatic, Form::Template),
        _ => (Voice::Person, Form::Free),
    };
    let mut met = BTreeSet::new();
    for &ask in Ask::ALL {
        let command = sample(ask, &furniture);
        let row = if ask == Ask::AiAnswers { Ask::RecordTriage } else { ask };
        assert_eq!(Ask::of(&command, about(ask)), row);
        met.insert(kind(&command));
    }
    assert_eq!(met, commands().collect(), "a command that no row tries");
    let names: BTreeSet<_> = Ask::ALL.iter().map(|ask| ask.name()).collect();
    assert_eq!(names.len(), Ask::ALL.len(), "two rows of one name");
}

/// Why it is enough to build the others by hand: no command leads to them.
#[test]
fn no_command_leads_out_of_the_states_within_reach() {
    let mut steps = 0;
    for at in all().into_iter().filter(|at| is_reachable(*at)) {
        let (case, furniture) = stand(at, false);
        for &ask in Ask::ALL {
            let outcome = case.clone().when(sample(ask, &furniture));
            let after = outcome.case.state.standing(stands::now(at));
            assert!(is_reachable(after), "{} leads from {at:?} to {after:?}", ask.name());
            steps += 1;
        }
    }
    assert_eq!(steps, REACHABLE * Ask::ALL.len());
}

#[test]
fn before_the_start_there_is_nothing_but_the_start() {
    let (_, furniture) = stand(all()[0], false);
    for &ask in Ask::ALL {
        let expected =
            if ask == Ask::Start { "ConversationStarted" } else { "!CONVERSATION_NOT_FOUND" };
        let outcome = given::<Conversation>([]).when(sample(ask, &furniture));
        assert_eq!(outcome.summary(), expected, "{ask:?}");
    }
}

#[test]
fn a_worker_that_knows_of_an_opt_out_withdraws_what_is_automatic() {
    let (case, _) = stand(all()[0], false);
    let begin = |message| C::BeginSend { message, attempt: 1, opted_out: true };
    let person = case.clone().when(begin(Furniture::PERSON_FREE.message()));
    assert_eq!(person.summary(), "MessageSendAttempted");
    for automatic in [Furniture::AUTOMATIC_FREE, Furniture::AUTOMATIC_TEMPLATE] {
        let outcome = case.clone().when(begin(automatic.message()));
        assert!(matches!(
            outcome.result.unwrap().as_slice(),
            [E::MessageRejected { title, retryable: false, .. }] if title == "OPTED_OUT"
        ));
    }
}

#[test]
fn a_snooze_ends_as_its_reason_says() {
    let at = Standing { lifecycle: ConversationStatus::Snoozed, ..all()[0] };
    for (ask, expected) in [
        (Ask::Unsnooze, SnoozeEnd::Manual),
        (Ask::Reopen, SnoozeEnd::Manual),
        (Ask::WakeUp, SnoozeEnd::Due),
        (Ask::RequestHandoff, SnoozeEnd::Manual),
        (Ask::ReceiveMessage, SnoozeEnd::Reply),
    ] {
        let (case, furniture) = stand(at, false);
        let events = case.when(sample(ask, &furniture)).result.unwrap();
        let end = events.iter().find_map(|event| match event {
            E::ConversationUnsnoozed { snooze: 1, end, .. } => Some(*end),
            _ => None,
        });
        assert_eq!(end, Some(expected), "{ask:?}");
    }
}

/// A pause that a message from the phone app made must not leave the contact with nobody.
#[test]
fn giving_it_back_lets_the_ai_speak_again() {
    use bitacora_domain::aggregates::conversation::matrix::AiStanding::{Active, Paused};
    let at = Standing { handoff: HandoffStatus::Accepted, ai: Paused, ..all()[0] };
    let (case, _) = stand(at, false);
    let outcome = case.when(C::ReturnToBot);
    assert_eq!(outcome.summary(), "HandoffEnded+AiResumed");
    let after = outcome.case.state.standing(stands::now(at));
    assert_eq!((after.handoff, after.ai), (HandoffStatus::None, Active));
}
