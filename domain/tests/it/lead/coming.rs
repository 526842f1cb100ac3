//! How leads come in: none is lost, and contact and offer have one.

use bitacora_domain::aggregates::lead::{
    DuplicateReason, GivenAnswer, Lead, LeadAnswer, LeadCommand as C, LeadEvent as E, LeadSource,
    LeadStatus, MappingGap, OPEN_CLAIM,
};
use bitacora_domain::aggregates::offer::Criteria;
use bitacora_domain::{Claim, ContactId};

use super::samples::actor;
use super::{
    LEAD, OFFER, OTHER_LEAD, OTHER_OFFER, best, by_hand, choice, effects, fresh, from_ad,
    given_answer, names, other_choice, person, ready, reply, sent,
};
use crate::support::ids::{CONTACT, minute};
use crate::support::{Case, given};

const DAY: i64 = 1_440;

fn form(contact: Option<ContactId>) -> C {
    C::RecordFormData {
        contact,
        person: Box::new(person()),
        answers: vec![],
        opted_out: false,
        duplicate_of: None,
    }
}

fn map(opted_out: bool, duplicate_of: Option<bitacora_domain::LeadId>) -> C {
    let (choice, rule) = (Some(Box::new(choice())), Some("ad:23851".to_owned()));
    C::MapOffer { choice, rule, opted_out, duplicate_of }
}

fn failed(n: i64, retryable: bool) -> impl Fn(Case<Lead>) -> Case<Lead> {
    move |case| {
        (0..n).fold(case, |case, _| {
            case.after(C::RecordFormFetchFailure { reason: "HTTP 500".into(), retryable })
        })
    }
}

#[test]
fn an_ad_lead_is_kept_at_once_and_its_form_is_fetched() {
    let outcome = given::<Lead>([]).when(from_ad());
    assert_eq!(effects(&outcome), ["lead.fetch_form "]);
    let external = Claim::take("lead.external", "meta_lead_ad:1234567890", LEAD);
    assert_eq!(outcome.claims(), [external]);
    outcome.case.clone().when(from_ad()).then_nothing();
    let mut other = from_ad();
    if let C::Capture { external_id, .. } = &mut other {
        *external_id = Some("2".to_owned());
    }
    outcome.case.when(other).then_refused("LEAD_ALREADY_CAPTURED");
}

/// F-CONV: a failure of the Graph API lost the lead.
#[test]
fn f_conv_a_graph_failure_never_loses_a_lead() {
    let case = given::<Lead>([]).after(from_ad());
    let fail = || C::RecordFormFetchFailure { reason: "HTTP 500".to_owned(), retryable: true };
    let mut waits = Vec::new();
    let mut case = case;
    for _ in 0..6 {
        let outcome = case.when(fail());
        waits.extend(effects(&outcome));
        case = outcome.case;
    }
    let due = |minutes: i64| format!("lead.fetch_form @{minutes}");
    assert_eq!(waits, [1, 5, 15, 60, 360, 360].map(due));
    let stuck = failed(34, true)(case);
    assert_eq!(stuck.state.status(), LeadStatus::PendingMapping);
    let again = stuck.clone().when(C::RetryFormFetch);
    assert_eq!(effects(&again), ["lead.fetch_form "]);
    again.case.clone().when(C::RetryFormFetch).then_nothing();
    let fetched = again.case.after(form(Some(CONTACT)));
    fetched.clone().when(form(Some(CONTACT))).then_nothing();
    fetched.clone().when(fail()).then_nothing();
    assert_eq!(fetched.after(map(false, None)).state.status(), LeadStatus::ToBeContacted);
    let hopeless = failed(1, false)(given::<Lead>([]).after(from_ad()));
    assert_eq!(hopeless.when(C::RetryFormFetch).summary(), "LeadFormFetchRequested");
}

#[test]
fn a_lead_is_mapped_when_contact_and_offer_are_known_in_whatever_order() {
    let case = given::<Lead>([]).after(from_ad());
    let offer_first = case.clone().when(map(false, None)).then([E::LeadMappingPending {
        gap: MappingGap::NoContact,
        offer: Some(Box::new(choice())),
        rule: Some("ad:23851".to_owned()),
        at: minute(0),
    }]);
    let outcome = offer_first.when(form(Some(CONTACT)));
    assert_eq!(outcome.summary(), "LeadFormDataFetched+LeadContactIdentified+LeadMapped");
    assert_eq!(outcome.claims(), [Claim::take(OPEN_CLAIM, format!("{CONTACT}|{OFFER}"), LEAD)]);
    let contact_first = case.clone().when(form(Some(CONTACT)));
    assert_eq!(contact_first.summary(), "LeadFormDataFetched+LeadContactIdentified");
    assert_eq!(contact_first.case.when(map(false, None)).summary(), "LeadMapped");
    // Nobody could be told from the form: a person finds out.
    let identify = || C::IdentifyContact { contact: CONTACT, opted_out: false, duplicate_of: None };
    let found = case.after(form(None)).after(map(false, None)).when(identify());
    assert_eq!(found.summary(), "LeadContactIdentified+LeadMapped");
    found.case.clone().when(identify()).then_nothing();
    found.case.clone().when(map(false, None)).then_nothing();
    let other = Some(Box::new(other_choice()));
    let remap = C::MapOffer { choice: other, rule: None, opted_out: false, duplicate_of: None };
    found.case.when(remap).then_refused("LEAD_ALREADY_MAPPED");
}

#[test]
fn without_an_offer_a_lead_waits_and_says_so_once() {
    let none = || C::MapOffer { choice: None, rule: None, opted_out: false, duplicate_of: None };
    let case = given::<Lead>([]).after(from_ad());
    case.clone().when(none()).then_nothing();
    assert_eq!(
        case.after(map(false, None)).when(none()).then_nothing().state.offer().unwrap().offer,
        OFFER
    );
}

#[test]
fn the_first_message_waits_for_the_hours_of_contact() {
    let night = given::<Lead>([]).at(-300).when(by_hand());
    let timers = ["command ContactDue@0", "command EndDuplicateWindow@129300"];
    assert_eq!(effects(&night), timers);
    let mut referral = by_hand();
    if let C::Capture { source, .. } = &mut referral {
        *source = LeadSource::WhatsappReferral;
    }
    let wrote = given::<Lead>([]).when(referral);
    assert_eq!(effects(&wrote), ["command EndDuplicateWindow@129600"]);
}

/// The loser of the claim records everything, and the winner hears of it.
#[test]
fn a_duplicate_is_recorded_and_not_lost() {
    let case = given::<Lead>([]).after(from_ad()).after(form(Some(CONTACT)));
    let outcome = case.when(map(false, Some(OTHER_LEAD)));
    assert_eq!(outcome.summary(), "LeadDuplicateDetected");
    assert_eq!(effects(&outcome), ["command RecordRepeat"]);
    let duplicate = outcome.case.state;
    assert_eq!(duplicate.status(), LeadStatus::Duplicate);
    assert_eq!(duplicate.duplicate_of(), Some(OTHER_LEAD));
    // Whoever is told its own id has the place already.
    let own = given::<Lead>([]).after(from_ad()).after(form(Some(CONTACT)));
    assert_eq!(own.when(map(false, Some(LEAD))).summary(), "LeadMapped");
    let of = LEAD;
    let reason = DuplicateReason::Merged;
    fresh().when(C::DetectDuplicate { of, reason }).then_refused("DUPLICATE_OF_ITSELF");
    let merged = fresh().when(C::DetectDuplicate { of: OTHER_LEAD, reason });
    let freed = Claim::release(OPEN_CLAIM, format!("{CONTACT}|{OFFER}"), LEAD);
    assert_eq!(merged.claims(), [freed]);
    merged.case.when(C::DetectDuplicate { of: OTHER_LEAD, reason }).then_nothing();
}

#[test]
fn who_asks_again_is_written_to_again() {
    let repeat = || C::RecordRepeat { lead: OTHER_LEAD };
    let cooled = fresh().after(C::CoolDown);
    let again = cooled.when(repeat());
    assert_eq!(again.summary(), "LeadRepeated+LeadReactivated");
    assert_eq!(effects(&again), ["command ContactDue@0"]);
    again.case.when(repeat()).then_nothing();
    assert_eq!(sent().when(repeat()).summary(), "LeadRepeated");
}

#[test]
fn the_place_is_free_after_90_days_once_nobody_works_on_the_lead() {
    let end = || C::EndDuplicateWindow;
    let freed = [Claim::release(OPEN_CLAIM, format!("{CONTACT}|{OFFER}"), LEAD)];
    let delivered = sent().at(90 * DAY).when(end());
    assert_eq!(delivered.claims(), freed);
    delivered.case.when(end()).then_nothing();
    let open = fresh().at(90 * DAY).when(end());
    assert_eq!(open.claims(), []);
    let stopped = open.case.when(reply(1, "Baja"));
    assert_eq!(stopped.claims(), freed);
    // Within the 90 days whoever was disqualified keeps the place.
    let disqualify = || C::Disqualify {
        reason: bitacora_domain::aggregates::lead::DisqualifyReason::Spam,
        note: None,
    };
    assert_eq!(fresh().when(disqualify()).claims(), []);
    // And takes it again when a person brings it back.
    let gone = fresh().at(90 * DAY).after(end()).when(disqualify());
    assert_eq!(gone.claims(), freed);
    let back = gone.case.when(C::Reactivate { reason: Some("Llamó".to_owned()) });
    assert_eq!(back.claims(), [Claim::take(OPEN_CLAIM, format!("{CONTACT}|{OFFER}"), LEAD)]);
}

#[test]
fn a_transfer_takes_the_place_of_the_other_offer_and_scores_again() {
    let transfer = || C::Transfer { choice: Box::new(other_choice()) };
    let moved = ready().when(transfer());
    assert_eq!(moved.summary(), "LeadTransferred+LeadScored+LeadReady");
    let key = |offer| format!("{CONTACT}|{offer}");
    assert_eq!(
        moved.claims(),
        [
            Claim::release(OPEN_CLAIM, key(OFFER), LEAD),
            Claim::take(OPEN_CLAIM, key(OTHER_OFFER), LEAD)
        ]
    );
    moved.case.when(transfer()).then_nothing();
    sent().when(transfer()).then_refused("LEAD_ALREADY_DELIVERED");
}

#[test]
fn whoever_opted_out_before_is_never_written_to() {
    let case = given::<Lead>([]).after(from_ad()).after(form(Some(CONTACT)));
    let stopped = case.when(map(true, None));
    assert_eq!(stopped.summary(), "LeadStopped");
    assert_eq!(effects(&stopped), ["command OptOut"]);
}

#[test]
fn a_form_is_scored_at_capture_and_what_is_no_answer_is_left_out() {
    let mut capture = by_hand();
    if let C::Capture { answers, .. } = &mut capture {
        let unsure = GivenAnswer { confidence_bp: 5_999, ..given_answer(best().remove(1)) };
        let none = given_answer(LeadAnswer::Typology(" ".to_owned()));
        *answers = vec![given_answer(best().remove(2)), unsure, none];
    }
    let outcome = given::<Lead>([]).when(capture);
    let events = outcome.result.unwrap();
    assert_eq!(
        names(&events),
        [
            "LeadCaptured",
            "LeadContactIdentified",
            "LeadAnswerRecorded",
            "LeadAnswerRecorded",
            "LeadMapped",
            "LeadScored",
            "LeadMarkedLowPriority"
        ]
    );
    // Zone 20, and one question answered.
    assert_eq!(outcome.case.state.total(), Some(22));
    assert!(outcome.case.state.is_low_priority());
    assert_eq!(outcome.case.state.status(), LeadStatus::ToBeContacted);
}

#[test]
fn a_form_alone_makes_a_lead_ready_where_the_offer_says_so_else_a_reply_does() {
    let capture = |ready_from_form| {
        let mut capture = by_hand();
        if let C::Capture { answers, choice, .. } = &mut capture {
            *answers = best().into_iter().map(given_answer).collect();
            let choice = choice.as_mut().unwrap();
            choice.criteria = Criteria { ready_from_form, ..choice.criteria.clone() };
        }
        given::<Lead>([]).after(capture)
    };
    assert_eq!(capture(true).state.status(), LeadStatus::LeadReady);
    let waits = capture(false);
    assert_eq!(waits.state.status(), LeadStatus::ToBeContacted);
    assert_eq!(waits.when(reply(1, "Hola")).summary(), "LeadEngaged+LeadReady");
}

#[test]
fn what_a_caller_writes_is_checked() {
    let refused = |change: &dyn Fn(&mut C), code: &str| {
        let mut command = by_hand();
        change(&mut command);
        given::<Lead>([]).when(command).then_refused(code);
    };
    let id = |text: &'static str| {
        move |command: &mut C| {
            if let C::Capture { external_id, .. } = command {
                *external_id = Some(text.to_owned());
            }
        }
    };
    refused(&id(""), "INVALID_EXTERNAL_ID");
    refused(&id("a\n"), "INVALID_EXTERNAL_ID");
    let offer = |command: &mut C| {
        if let C::Capture { choice: Some(choice), .. } = command {
            choice.version = 0;
        }
    };
    refused(&offer, "INVALID_OFFER");
    let long = C::RecordFormFetchFailure { reason: "x".repeat(501), retryable: true };
    given::<Lead>([]).after(from_ad()).when(long).then_refused("INVALID_REASON");
    assert_eq!(actor().id, "agente");
}
