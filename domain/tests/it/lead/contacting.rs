//! Leads are written to as often as the offer allows, within its hours, and then left alone.

use bitacora_domain::aggregates::lead::{
    ContactKind, CoolReason, Lead, LeadCommand as C, LeadEvent as E, LeadStatus, ReactivateReason,
};
use bitacora_domain::{Actor, DomainAggregate as _};

use super::{attempt, contacted, effects, fresh, reply};
use crate::support::ids::minute;
use crate::support::{Case, Outcome};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// Plays the next timer of `outcome`, at the minute that it is due.
fn play(outcome: Outcome<Lead>) -> Outcome<Lead> {
    let events = outcome.result.as_ref().unwrap();
    let state = &outcome.case.state;
    let timer = events.iter().flat_map(|event| state.effects(event)).find(|e| e.due.is_some());
    let timer = timer.expect("no timer");
    let body = serde_json::from_value(timer.payload["body"].clone()).unwrap();
    let due = (timer.due.unwrap() - minute(0)).num_minutes();
    outcome.case.at(due).when(body)
}

/// A requested contact leaves at once.
fn leaves(outcome: Outcome<Lead>) -> Outcome<Lead> {
    let number = outcome.case.state.contacts() + 1;
    outcome.case.when(attempt(number))
}

/// F-CONV: the next attempt was never scheduled.
#[test]
fn f_conv_every_attempt_touch_and_cooling_follows_by_itself() {
    let first = play(crate::support::given::<Lead>([]).when(super::by_hand()));
    assert_eq!(first.summary(), "LeadContactRequested");
    assert_eq!(effects(&first), ["lead.contact "]);
    let told = leaves(first);
    assert_eq!(effects(&told), [format!("command ContactDue@{DAY}")]);
    let told = leaves(play(told));
    assert_eq!(effects(&told), [format!("command CoolDue@{}", 2 * DAY)]);
    let mut cooled = play(told);
    for touch in 1..=3 {
        assert_eq!(cooled.case.state.status(), LeadStatus::Cooling);
        let again = play(cooled);
        assert!(matches!(
            again.result.as_ref().unwrap().as_slice(),
            [E::LeadReactivated { touch: n, reason: ReactivateReason::Due, .. }] if *n == touch
        ));
        let told = leaves(play(again));
        assert_eq!(told.case.state.status(), LeadStatus::Contacted);
        cooled = play(told);
    }
    let last = cooled.result.as_ref().unwrap();
    let reason = CoolReason::Exhausted;
    assert!(
        matches!(last.as_slice(), [E::LeadCooled { reason: r, reactivate_at: None, .. }] if *r == reason)
    );
    assert_eq!(effects(&cooled), Vec::<String>::new());
    cooled.case.clone().when(C::Reactivate { reason: None }).then_refused("TOUCHES_EXHAUSTED");
    // Whoever writes at last is heard all the same, and may be asked again later.
    let back = cooled.case.after(reply(1, "Hola, ¿sigue disponible?"));
    assert_eq!(back.state.status(), LeadStatus::Engaged);
    let silent = back.when(C::SilenceDue { reply: 1 });
    assert!(effects(&silent)[0].starts_with("command ReactivateDue"));
}

#[test]
fn attempts_are_bounded_whoever_asks() {
    let twice = contacted().at(1).after(C::RequestContact).after(attempt(2));
    twice.clone().when(C::RequestContact).then_refused("CONTACT_ATTEMPTS_EXHAUSTED");
    twice.clone().when(C::ContactDue { contact: 3 }).then_nothing();
    twice.when(attempt(3)).then_refused("CONTACT_ATTEMPTS_EXHAUSTED");
}

#[test]
fn nobody_is_written_to_outside_of_the_hours() {
    let night = fresh().at(12 * HOUR);
    night.clone().when(C::RequestContact).then_refused("OUTSIDE_CONTACT_HOURS");
    night.clone().when(attempt(1)).then_refused("OUTSIDE_CONTACT_HOURS");
    let late = night.when(C::ContactDue { contact: 1 });
    assert_eq!(late.summary(), "LeadContactDeferred");
    assert_eq!(effects(&late), [format!("command ContactDue@{DAY}")]);
    // What was requested in time is recorded whenever it left.
    let requested = fresh().after(C::RequestContact).at(12 * HOUR);
    assert_eq!(requested.when(attempt(1)).summary(), "LeadContactAttempted");
}

#[test]
fn a_contact_is_counted_once_whether_it_left_or_not() {
    let requested = fresh().after(C::RequestContact);
    requested.clone().when(C::RequestContact).then_refused("LEAD_CONTACT_UNDER_WAY");
    requested.clone().when(C::ContactDue { contact: 1 }).then_nothing();
    let failure =
        |contact| C::RecordContactFailure { contact, reason: "TEMPLATE_PAUSED".to_owned() };
    let failed = requested.when(failure(1));
    assert_eq!(effects(&failed), [format!("command ContactDue@{DAY}")]);
    assert_eq!(failed.case.state.status(), LeadStatus::ToBeContacted);
    failed.case.clone().when(failure(1)).then_nothing();
    failed.case.clone().when(attempt(1)).then_nothing();
    failed.case.clone().when(attempt(3)).then_refused("LEAD_CONTACT_OUT_OF_ORDER");
    failed.case.clone().when(failure(2)).then_nothing();
    let last = failed.case.at(1).after(C::RequestContact).when(failure(2));
    assert!(effects(&last)[0].starts_with("command CoolDue"));
}

#[test]
fn a_timer_that_is_not_meant_any_more_is_nothing() {
    let engaged = contacted().after(reply(1, "Hola"));
    engaged.clone().when(C::ContactDue { contact: 2 }).then_nothing();
    engaged.clone().when(C::CoolDue { contact: 1 }).then_nothing();
    engaged.clone().when(C::ReactivateDue { cooling: 1 }).then_nothing();
    let twice = engaged.after(reply(2, "¿Hola?"));
    twice.clone().when(C::SilenceDue { reply: 1 }).then_nothing();
    assert_eq!(twice.when(C::SilenceDue { reply: 2 }).summary(), "LeadCooled");
}

fn disqualified() -> Case<Lead> {
    let reason = bitacora_domain::aggregates::lead::DisqualifyReason::NotInterested;
    contacted().after(C::Disqualify { reason, note: None })
}

#[test]
fn only_a_person_with_a_reason_brings_a_disqualified_lead_back() {
    let case = disqualified();
    case.clone().when(C::Reactivate { reason: None }).then_refused("REASON_REQUIRED");
    let blank = C::Reactivate { reason: Some(" ".to_owned()) };
    case.clone().when(blank).then_refused("REASON_REQUIRED");
    let wish = C::Reactivate { reason: Some("Volvió a llamar".to_owned()) };
    for kind in [
        bitacora_domain::ActorKind::ApiKey,
        bitacora_domain::ActorKind::Ai,
        bitacora_domain::ActorKind::System,
        bitacora_domain::ActorKind::Provider,
        bitacora_domain::ActorKind::Contact,
    ] {
        let of = bitacora_domain::Directed {
            tenant: crate::support::ids::TENANT,
            aggregate_id: super::LEAD.to_string(),
            command_id: crate::support::command_id(99),
            actor: Actor::new(kind, "x"),
            now: minute(9),
            body: (),
        };
        let refused = case.state.decide(&of, wish.clone()).unwrap_err();
        assert_eq!(bitacora_domain::DomainError::code(&refused), "PERSON_REQUIRED");
    }
    // One that was never mapped is to be mapped first.
    let reason = bitacora_domain::aggregates::lead::DisqualifyReason::Spam;
    let unmapped = crate::support::given::<Lead>([])
        .after(super::from_ad())
        .after(C::Disqualify { reason, note: None })
        .after(wish.clone());
    assert_eq!(unmapped.state.status(), LeadStatus::PendingMapping);
    let back = case.after(wish);
    assert_eq!(back.state.status(), LeadStatus::Reactivation);
    let touched = back.after(C::RequestContact);
    assert_eq!(touched.clone().when(attempt(2)).summary(), "LeadContactAttempted");
    let events = touched.when(attempt(2)).result.unwrap();
    assert!(matches!(
        events.as_slice(),
        [E::LeadContactAttempted { kind: ContactKind::Touch, n: 1, .. }]
    ));
}
