//! What the contact says: heard everywhere, and the words that opt out end it.

use bitacora_domain::aggregates::lead::{
    GivenAnswer, HandOffReason, Lead, LeadAnswer, LeadCommand as C, LeadEvent as E, LeadStatus,
    LeadTiming,
};

use super::{
    answer, best, contacted, effects, fresh, given_answer, ready, reply, request, said, usd,
};
use crate::support::Case;
use crate::support::ids::{hidden, personal};

fn poor() -> LeadAnswer {
    LeadAnswer::Budget(usd(None, Some(1_000_000)))
}

/// F-CONV: replies in SCORED, COOLING, REACTIVATION and HUMAN_HANDOFF were ignored.
#[test]
fn f_conv_a_reply_is_heard_wherever_the_lead_stands() {
    use LeadStatus::{Cooling, Engaged, HumanHandoff, Qualifying, Reactivation};
    let cooling = contacted().after(C::CoolDown);
    assert_eq!(cooling.state.status(), Cooling);
    let reactivation = cooling.clone().after(C::Reactivate { reason: None });
    assert_eq!(reactivation.state.status(), Reactivation);
    for case in [contacted(), cooling.clone(), reactivation, fresh()] {
        assert_eq!(case.after(reply(1, "Hola")).state.status(), Engaged);
    }
    let answered = contacted().after(answer(poor())).after(C::CoolDown);
    assert_eq!(answered.after(reply(1, "Hola")).state.status(), Qualifying);
    let scored = scored();
    assert_eq!(scored.after(reply(7, "¿Y entonces?")).state.status(), Qualifying);
    let handed = contacted()
        .after(C::HandOff { agent: None, reason: HandOffReason::ContactAsked })
        .when(reply(1, "Hola"));
    assert_eq!(handed.summary(), "LeadReplied");
    assert_eq!(handed.case.state.status(), HumanHandoff);
}

fn scored() -> Case<Lead> {
    let mut answers = best();
    answers[1] = poor();
    answers[4] = LeadAnswer::Timing(LeadTiming::Long);
    let case = answers.into_iter().fold(contacted(), |case, given| case.after(answer(given)));
    assert_eq!(case.state.status(), LeadStatus::Scored);
    case
}

/// F-CONV: "NO" opted out a lead who answered "no", and keywords counted inside words.
#[test]
fn f_conv_only_a_whole_message_opts_out() {
    for text in ["no", "NO", "no quiero cochera", "quiero dar de baja la otra", "ya"] {
        assert_ne!(contacted().after(reply(1, text)).state.status(), LeadStatus::Stopped);
    }
    for text in ["STOP", "Bajá.", "CANCELÁR", "no molestar", "Unsubscribe"] {
        let outcome = contacted().when(reply(1, text));
        assert_eq!(outcome.summary(), "LeadEngaged+LeadStopped", "{text}");
        assert!(effects(&outcome).contains(&"command OptOut".to_owned()));
        let stopped = outcome.case;
        stopped.clone().when(reply(2, "Hola")).then_nothing();
        stopped.clone().when(C::RequestContact).then_refused("LEAD_ENDED");
        stopped.when(C::Reactivate { reason: Some("x".into()) }).then_refused("LEAD_ENDED");
    }
}

#[test]
fn opting_out_while_a_delivery_is_under_way_withdraws_it() {
    let outcome = ready().after(request(1)).when(reply(9, "baja"));
    assert_eq!(effects(&outcome), ["command OptOut", "command DeadLetter"]);
    let failed = outcome.case.after(super::fail(1));
    assert_eq!(failed.state.status(), LeadStatus::Stopped);
}

#[test]
fn a_message_is_one_reply_and_answers_a_question_once() {
    let case = contacted().after(reply(1, "Hola"));
    case.clone().when(reply(1, "Hola")).then_nothing();
    let by = |given| GivenAnswer { message: Some(said(1)), ..given_answer(given) };
    let told = |given| C::AnswerQuestion { answer: Box::new(by(given)) };
    let case = case.after(told(poor()));
    case.clone().when(told(poor())).then_nothing();
    assert!(case.when(told(best().remove(2))).summary().starts_with("LeadAnswerRecorded"));
}

#[test]
fn a_lead_is_ready_by_minimum_and_points_and_no_longer_when_an_answer_contradicts() {
    let case = ready();
    assert_eq!(case.state.total(), Some(100));
    let outcome = case.clone().when(answer(poor()));
    assert_eq!(outcome.summary(), "LeadAnswerRecorded+LeadScored");
    let outcome = outcome.case.when(answer(LeadAnswer::Timing(LeadTiming::Long)));
    assert_eq!(outcome.summary(), "LeadAnswerRecorded+LeadScored+LeadReadyWithdrawn");
    assert_eq!(outcome.case.state.status(), LeadStatus::Qualifying);
    // While it is being delivered it stays; when that fails, it is looked at again.
    let pending = case.after(request(1)).after(answer(poor()));
    let pending = pending.after(answer(LeadAnswer::Timing(LeadTiming::Long)));
    assert_eq!(pending.state.status(), LeadStatus::LeadReady);
    let failed = pending.when(super::fail(1));
    assert_eq!(failed.summary(), "LeadDeliveryFailed+LeadReadyWithdrawn");
}

#[test]
fn points_without_the_minimum_do_not_suffice() {
    let answers = best().into_iter().skip(1);
    let case = answers.fold(contacted(), |case, given| case.after(answer(given)));
    assert!(case.state.total().unwrap() >= 80);
    assert_eq!(case.state.status(), LeadStatus::Qualifying);
    case.when(request(1)).then_refused("LEAD_NOT_READY");
}

#[test]
fn an_answer_that_is_not_sure_does_not_count_and_does_not_take_the_place_of_one_that_is() {
    let case = contacted().after(answer(best().remove(1)));
    let before = case.state.total();
    let unsure = GivenAnswer { confidence_bp: 5_999, ..given_answer(poor()) };
    let outcome = case.when(C::AnswerQuestion { answer: Box::new(unsure) });
    assert!(matches!(
        outcome.result.as_ref().unwrap().first(),
        Some(E::LeadAnswerRecorded { counts: false, .. })
    ));
    assert_eq!(outcome.case.state.total(), before);
}

#[test]
fn low_priority_is_a_flag_that_a_person_can_set() {
    let low = contacted().after(answer(poor()));
    assert!(low.state.is_low_priority());
    assert_eq!(low.state.status(), LeadStatus::Qualifying);
    let rest = best().into_iter().skip(2);
    let high = rest.fold(low.clone(), |case, given| case.after(answer(given)));
    assert!(!high.state.is_low_priority());
    let set = high.after(C::Prioritise { low_priority: true });
    set.clone().when(C::Prioritise { low_priority: true }).then_nothing();
    assert!(set.after(answer(best().remove(1))).state.is_low_priority());
}

#[test]
fn a_person_takes_a_lead_and_gives_it_back() {
    let hand = || C::HandOff { agent: None, reason: HandOffReason::Agent };
    fresh().when(hand()).then_refused("LEAD_NOT_CONTACTED");
    let handed = contacted().after(hand());
    handed.clone().when(hand()).then_nothing();
    handed.clone().when(C::CoolDown).then_refused("LEAD_HANDED_OFF");
    assert_eq!(handed.clone().when(C::Return).summary(), "LeadReturned");
    let qualified = best().into_iter().fold(handed, |case, given| case.after(answer(given)));
    assert_eq!(qualified.state.status(), LeadStatus::HumanHandoff);
    assert_eq!(qualified.when(C::Return).summary(), "LeadReturned+LeadReady");
    ready().after(request(1)).when(hand()).then_refused("DELIVERY_PENDING");
}

#[test]
fn an_answer_is_checked() {
    let refused = |given: GivenAnswer| {
        let command = C::AnswerQuestion { answer: Box::new(given) };
        contacted().when(command).then_refused("INVALID_ANSWER");
    };
    refused(GivenAnswer { confidence_bp: 10_001, ..given_answer(poor()) });
    refused(given_answer(LeadAnswer::Name(" ".to_owned())));
    refused(given_answer(LeadAnswer::Budget(usd(None, None))));
    refused(given_answer(LeadAnswer::Budget(usd(Some(2), Some(1)))));
    refused(given_answer(LeadAnswer::Preferences([].into())));
    refused(given_answer(LeadAnswer::Zone { zone: "z".repeat(65), city: None }));
    let masked = serde_json::from_value(serde_json::json!({"$p": {"s": "c", "v": null}})).unwrap();
    refused(GivenAnswer { normalised: masked, ..given_answer(poor()) });
    let note = Some(hidden());
    let reason = bitacora_domain::aggregates::lead::DisqualifyReason::Other;
    contacted().when(C::Disqualify { reason, note }).then_refused("INVALID_NOTE");
    let note = Some(personal(&"x".repeat(1_001)));
    contacted().when(C::Disqualify { reason, note }).then_refused("INVALID_NOTE");
}
