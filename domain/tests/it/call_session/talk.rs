//! What goes on in a call: keys, a transfer, hanging up.

use bitacora_domain::aggregates::call_session::{
    CallCommand as C, CallEffect, CallSession, CallStatus, DigitMeaning, HANG_UP_EFFECT,
    PlacementOutcome, ReportedStatus, TRANSFER_EFFECT, TransferEffect,
};
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, OptOutCategory};
use bitacora_domain::{Effect, Personal};
use serde::Deserialize as _;

use super::dispatch::effects;
use super::samples::{
    CALL, SID, about, dialled, digits, ids, number, place, placed, queued, report,
};
use crate::support::Case;
use crate::support::ids::{AGENT, CONTACT, hidden, minute, personal};

fn answered() -> Case<CallSession> {
    dialled().after(report(ReportedStatus::InProgress, 2))
}

#[test]
fn keys_mean_what_the_script_says_and_usually_this() {
    for (keys, meaning) in [
        ("1", DigitMeaning::Interested),
        (" 2 ", DigitMeaning::CallLater),
        ("9", DigitMeaning::Stop),
        ("12", DigitMeaning::Other),
        ("", DigitMeaning::Other),
    ] {
        assert_eq!(DigitMeaning::usual(keys), meaning, "{keys:?}");
    }
}

#[test]
fn a_step_counts_once() {
    let case = answered().after(digits("menu", "1"));
    case.clone().when(digits("menu", "2")).then_nothing();
    assert_eq!(case.when(digits("zone", "1")).summary(), "CallDigitsGathered");
    let over = answered().after(report(ReportedStatus::Completed, 3));
    assert_eq!(over.when(digits("menu", "1")).summary(), "CallDigitsGathered", "they may be late");
}

#[test]
fn keys_are_keys_and_not_endless() {
    let with = |step: &str, digits: Personal<String>| C::RecordDigits {
        about: about(),
        step: step.to_owned(),
        digits,
        meaning: DigitMeaning::Other,
        at: minute(3),
    };
    for bad in ["", "hola", "1 2", &"1".repeat(33)] {
        answered().when(with("menu", personal(bad))).then_refused("INVALID_DIGITS");
    }
    answered().when(with("menu", hidden())).then_refused("INVALID_DIGITS");
    for step in [" ".to_owned(), "s".repeat(61)] {
        answered().when(with(&step, personal("1"))).then_refused("INVALID_DIGITS");
    }
    let mut case = answered();
    for step in 0..32 {
        case = case.after(digits(&format!("{step}"), "*#0123456789ABCD"));
    }
    case.when(digits("one more", "1")).then_refused("TOO_MANY_DIGITS");
}

#[test]
fn stop_is_an_opt_out_of_everything_automatic() {
    let outcome = answered().when(digits("menu", "9"));
    assert!(outcome.case.state.is_stopped());
    let (category, by) = (OptOutCategory::All, "call_key".to_owned());
    let body = ContactCommand::OptOut { category, by, at: minute(3) };
    assert_eq!(effects(&outcome), [Effect::command::<Contact>(CONTACT, &body, None)]);
}

#[test]
fn whoever_wants_to_be_called_later_is_heard() {
    let outcome = answered().when(digits("menu", "2"));
    assert_eq!(outcome.summary(), "CallDigitsGathered+CallbackRequested");
    assert_eq!(effects(&outcome), [], "somebody has to agree on a time");
    let stopped = outcome.case.after(digits("sure", "9"));
    assert_eq!(stopped.when(digits("really", "2")).summary(), "CallDigitsGathered");
}

#[test]
fn a_person_takes_over() {
    let transfer = |agent, number| C::TransferToHuman { agent, number };
    let outcome = answered().when(transfer(Some(AGENT), None));
    let effect = &effects(&outcome)[0];
    assert_eq!(effect.kind, TRANSFER_EFFECT);
    let payload = TransferEffect::deserialize(&effect.payload).unwrap();
    let of = CallEffect { call: CALL, attempt: 1, ids: ids(Some(SID), None) };
    assert_eq!(payload, TransferEffect { of, agent: Some(AGENT), number: None });
    let case = outcome.case.when(transfer(None, Some(number()))).then_nothing();
    let record = |connected| C::RecordTransfer {
        connected,
        reason: (!connected).then(|| "NO_ANSWER".to_owned()),
        at: minute(4),
    };
    let case = case.when(record(false));
    assert_eq!(case.summary(), "CallTransferFailed");
    let case = case.case.after(transfer(None, Some(number())));
    let case = case.when(record(true));
    assert_eq!(case.summary(), "CallTransferred");
    case.case.when(record(true)).then_refused("TRANSFER_NOT_REQUESTED");
    for bad in [transfer(None, None), transfer(Some(AGENT), Some(number()))] {
        answered().when(bad).then_refused("INVALID_TRANSFER");
    }
    answered().when(transfer(None, Some(personal("hola")))).then_refused("INVALID_PHONE");
    dialled().when(transfer(Some(AGENT), None)).then_refused("CALL_NOT_IN_PROGRESS");
}

#[test]
fn hanging_up_waits_for_the_id_that_it_needs() {
    let hang_up = || C::HangUp { reason: Some("Número equivocado".to_owned()) };
    let kinds = |outcome: &_| effects(outcome).into_iter().map(|e| e.kind).collect::<Vec<_>>();
    let outcome = answered().when(hang_up());
    assert_eq!(kinds(&outcome), [HANG_UP_EFFECT]);
    outcome.case.when(hang_up()).then_nothing();
    // Nobody knows the id yet: the event that tells it hangs up.
    let early = queued().after(place(1)).when(hang_up());
    assert_eq!(kinds(&early), [""; 0]);
    assert!(kinds(&early.case.when(placed(1, SID))).contains(&HANG_UP_EFFECT));
    let outcome = PlacementOutcome::Unknown { reason: "TIMEOUT".to_owned() };
    let unknown = queued().after(place(1)).after(C::RecordPlaced { attempt: 1, outcome });
    let told = unknown.after(hang_up()).when(report(ReportedStatus::Ringing, 1));
    assert!(kinds(&told).contains(&HANG_UP_EFFECT));
    queued().when(hang_up()).then_refused("CALL_NOT_LIVE");
    let over = answered().after(report(ReportedStatus::Completed, 3));
    let case = over.when(hang_up()).then_nothing();
    assert_eq!(case.state.status(), CallStatus::Completed);
}
