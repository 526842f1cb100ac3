//! Ticket: its life, its clocks, and every state against every command.

mod lives;
mod matrix;
mod observer;
mod related;
pub(crate) mod samples;
mod sla;
mod team;

use std::collections::BTreeSet;

use bitacora_domain::aggregates::conversation::Priority;
use bitacora_domain::aggregates::ticket::{
    ClosedBy, HoldEnd, ShownStatus, Ticket, TicketCategory, TicketCommand as C, TicketEvent as E,
    TicketNumber, TicketOrigin, TicketRefusal, TicketStatus, WaitingFor, default_priority,
};
use bitacora_domain::{Actor, ActorKind, DomainAggregate, DomainError, PendingNumber};

use crate::support::ids::{CONTACT, CONVERSATION, hidden, minute, personal};
use crate::support::{Case, given};
use samples::{actor, names, opened_as, other, policy};

fn open(origin: TicketOrigin) -> C {
    C::Open {
        category: TicketCategory::Facturacion,
        priority: None,
        confidence_bp: None,
        subject: personal("Cobro doble"),
        contact: CONTACT,
        conversation: Some(CONVERSATION),
        origin,
        parent: origin.has_parent().then(|| other(1)),
        missing_fields: BTreeSet::new(),
        sla: None,
    }
}

fn resolve(reopen_window_s: i64) -> C {
    C::Resolve { resolution: None, root_cause: None, reopen_window_s }
}

fn new() -> Case<Ticket> {
    given::<Ticket>([opened_as(TicketOrigin::Manual)])
}

fn started() -> Case<Ticket> {
    new().after(C::StartWork)
}

/// Under the sample policy from minute 0 on.
fn under_sla() -> Case<Ticket> {
    new().after(C::ApplySlaPolicy { policy: Box::new(policy()) })
}

fn contact() -> Actor {
    Actor::new(ActorKind::Contact, "whatsapp")
}

#[test]
fn its_number_is_filled_in_by_whoever_appends() {
    let outcome = given::<Ticket>([]).when(open(TicketOrigin::Triage));
    let event = &outcome.result.as_ref().unwrap()[0];
    let json = serde_json::to_value(event).unwrap();
    assert_eq!(json["TicketOpened"]["number"], serde_json::Value::Null);
    let expected = PendingNumber { counter: "ticket.number", field: "number" };
    assert_eq!(Ticket::pending_number(event), Some(expected));
    assert_eq!(outcome.case.state.number(), Some(TicketNumber::PENDING));
    let mut json = json;
    json["TicketOpened"]["number"] = 7.into();
    let filled: E = serde_json::from_value(json).unwrap();
    assert_eq!(Ticket::pending_number(&filled), None);
    let state = given::<Ticket>([filled]).state;
    assert_eq!(state.number().and_then(TicketNumber::value), Some(7));
    assert_eq!(state.number().unwrap().to_string(), "000007");
}

#[test]
fn it_is_opened_once_and_another_opening_is_refused() {
    let opened = opened_as(TicketOrigin::Triage);
    let case = given::<Ticket>([]).when(open(TicketOrigin::Triage)).then([opened]);
    case.clone().when(open(TicketOrigin::Triage)).then_nothing();
    case.when(open(TicketOrigin::Call)).then_refused("TICKET_ALREADY_OPENED");
    given::<Ticket>([]).of("x").when(open(TicketOrigin::Call)).then_refused("INVALID_TICKET_ID");
}

#[test]
fn what_it_is_opened_with_is_checked() {
    let with = |change: fn(&mut C)| {
        let mut command = open(TicketOrigin::Manual);
        change(&mut command);
        given::<Ticket>([]).when(command)
    };
    with(|c| {
        if let C::Open { subject, .. } = c {
            *subject = personal(" ");
        }
    })
    .then_refused("INVALID_SUBJECT");
    with(|c| {
        if let C::Open { subject, .. } = c {
            *subject = personal(&"x".repeat(201));
        }
    })
    .then_refused("INVALID_SUBJECT");
    with(|c| {
        if let C::Open { subject, .. } = c {
            *subject = hidden();
        }
    })
    .then_refused("INVALID_SUBJECT");
    with(|c| {
        if let C::Open { parent, .. } = c {
            *parent = Some(other(1));
        }
    })
    .then_refused("INVALID_TICKET_ORIGIN");
    with(|c| {
        if let C::Open { origin, .. } = c {
            *origin = TicketOrigin::Split;
        }
    })
    .then_refused("INVALID_TICKET_ORIGIN");
    with(|c| {
        if let C::Open { confidence_bp, .. } = c {
            *confidence_bp = Some(10_001);
        }
    })
    .then_refused("INVALID_TICKET_TRIAGE");
    with(|c| {
        if let C::Open { missing_fields, .. } = c {
            *missing_fields = (0..21).map(|n| n.to_string()).collect();
        }
    })
    .then_refused("INVALID_FIELDS");
}

/// CS-37: where the AI is not sure, a ticket is opened and the data are asked for.
#[test]
fn low_confidence_opens_a_ticket_that_asks_for_the_missing_data() {
    let mut command = open(TicketOrigin::LowConfidence);
    if let C::Open { missing_fields, .. } = &mut command {
        *missing_fields = names(&["order_number", " amount "]);
    }
    let outcome = given::<Ticket>([]).when(command);
    assert_eq!(outcome.summary(), "TicketOpened+TicketDataRequested");
    assert_eq!(outcome.case.state.missing(), names(&["amount", "order_number"]));
}

/// X-CS-2.
#[test]
fn complaints_and_what_is_sure_are_high_and_tracking_is_low() {
    use TicketCategory::{Cotizacion, Facturacion, Info, Otro, Reclamo, Tracking};
    for (category, confidence_bp, expected) in [
        (Reclamo, None, Priority::High),
        (Reclamo, Some(100), Priority::High),
        (Facturacion, Some(9_001), Priority::High),
        (Facturacion, Some(9_000), Priority::Medium),
        (Cotizacion, None, Priority::Medium),
        (Otro, None, Priority::Medium),
        (Tracking, None, Priority::Low),
        (Info, Some(7_000), Priority::Low),
    ] {
        assert_eq!(default_priority(category, confidence_bp), expected, "{category:?}");
    }
}

#[test]
fn four_states_are_shown_and_what_is_waited_for_is_told_apart() {
    use ShownStatus::{Closed, InProgress, New, Resolved};
    use TicketStatus as S;
    let shown: Vec<_> = S::ALL.into_iter().map(S::shown).collect();
    assert_eq!(shown, [New, InProgress, InProgress, InProgress, Resolved, Closed, Closed]);
    let waiting = started().after(C::WaitForCustomer { question: None }).state;
    assert_eq!(waiting.waiting_for(), Some(WaitingFor::Customer));
    let waiting = started().after(C::WaitForThirdParty { party: None }).state;
    assert_eq!(waiting.waiting_for(), Some(WaitingFor::ThirdParty));
    let held = C::Hold { reason: "Feria".to_owned(), until: None };
    assert_eq!(new().after(held).state.waiting_for(), Some(WaitingFor::Hold));
    assert_eq!(started().state.waiting_for(), None);
}

#[test]
fn the_contact_brings_back_what_waits_for_it() {
    let from = TicketStatus::WaitingCustomer;
    new()
        .after(C::WaitForCustomer { question: None })
        .at(30)
        .when(C::CustomerReplied { message: None })
        .then([
            E::TicketCustomerReplied { turn: 0, message: None, at: minute(30) },
            E::TicketResumed { from, by_contact: true, at: minute(30) },
        ]);
    let reply = C::CustomerReplied { message: None };
    let waiting = started().after(C::WaitForThirdParty { party: None }).when(reply);
    assert_eq!(waiting.summary(), "TicketCustomerReplied");
    let waiting = waiting.case.when(C::StartWork);
    assert_eq!(waiting.summary(), "TicketResumed");
}

#[test]
fn a_hold_ends_by_its_time_by_the_contact_or_by_a_person() {
    let hold = |until| C::Hold { reason: " Feria ".to_owned(), until: Some(minute(until)) };
    let end = |outcome: crate::support::Outcome<Ticket>| {
        outcome.result.unwrap().into_iter().find_map(|event| match event {
            E::TicketHoldEnded { end, .. } => Some(end),
            _ => None,
        })
    };
    let held = || started().after(hold(60)).at(60);
    assert_eq!(end(held().when(C::EndHold { hold: 1 })), Some(HoldEnd::Due));
    assert_eq!(end(held().at(59).when(C::EndHold { hold: 1 })), None);
    assert_eq!(end(held().when(C::EndHold { hold: 2 })), None);
    assert_eq!(end(held().when(C::ReleaseHold)), Some(HoldEnd::Manual));
    assert_eq!(end(held().when(C::StartWork)), Some(HoldEnd::Manual));
    assert_eq!(end(held().when(resolve(0))), Some(HoldEnd::Manual));
    let reply = C::CustomerReplied { message: None };
    assert_eq!(end(held().when(reply)), Some(HoldEnd::Reply));
    let again = held().after(hold(90));
    assert_eq!(end(again.clone().when(C::EndHold { hold: 1 })), None);
    assert_eq!(end(again.at(90).when(C::EndHold { hold: 2 })), Some(HoldEnd::Due));
    started().when(hold(0)).then_refused("INVALID_HOLD");
    started().when(hold(365 * 1_440 + 1)).then_refused("INVALID_HOLD");
}

/// F-CS: a RESOLVED ticket is reused without reopening.
#[test]
fn a_resolved_ticket_is_never_reused_without_being_reopened() {
    let resolved = started().at(10).after(resolve(600));
    let reply = || C::CustomerReplied { message: None };
    let back = resolved.clone().at(19).when(reply());
    assert_eq!(back.summary(), "TicketCustomerReplied+TicketReopened");
    assert_eq!(back.case.state.status(), TicketStatus::InProgress);
    resolved.clone().at(20).when(reply()).then_refused("REOPEN_WINDOW_OVER");
    resolved.clone().at(20).when(C::Reopen { reason: None }).then_refused("REOPEN_WINDOW_OVER");
    resolved.clone().when(C::StartWork).then_refused("TICKET_RESOLVED");
    resolved
        .at(20)
        .when(C::AutoClose { resolution: 1 })
        .then([E::TicketClosed { by: ClosedBy::Auto, at: minute(20) }])
        .when(reply())
        .then_refused("TICKET_CLOSED");
}

#[test]
fn it_closes_by_itself_when_the_window_of_its_last_resolution_is_over() {
    let first = started().when(resolve(600));
    let effects = first.effects();
    assert_eq!(effects.len(), 1);
    assert_eq!(effects[0].due, Some(minute(10)));
    assert_eq!(effects[0].payload["body"]["AutoClose"]["resolution"], 1);
    let second = first.case.at(5).after(C::Reopen { reason: Some("No era".to_owned()) });
    let second = second.at(6).after(resolve(1_200));
    second.clone().at(10).when(C::AutoClose { resolution: 1 }).then_nothing();
    second.clone().at(25).when(C::AutoClose { resolution: 2 }).then_nothing();
    let closed = second.at(26).when(C::AutoClose { resolution: 2 });
    assert_eq!(closed.summary(), "TicketClosed");
    closed.case.when(C::Close).then_nothing();
}

#[test]
fn what_is_said_at_the_end_is_bounded() {
    let with = |resolution: Option<&str>, root_cause: Option<&str>, reopen_window_s| {
        let (resolution, root_cause) = (resolution.map(personal), root_cause.map(str::to_owned));
        started().when(C::Resolve { resolution, root_cause, reopen_window_s })
    };
    with(Some(&"x".repeat(2_001)), None, 0).then_refused("INVALID_RESOLUTION");
    with(None, Some(" "), 0).then_refused("INVALID_ROOT_CAUSE");
    with(None, None, -1).then_refused("INVALID_REOPEN_WINDOW");
    with(None, None, 90 * 86_400 + 1).then_refused("INVALID_REOPEN_WINDOW");
    with(Some(" Devuelto "), Some("double_charge"), 60).then([E::TicketResolved {
        from: TicketStatus::InProgress,
        number: 1,
        resolution: Some(personal("Devuelto")),
        root_cause: Some("double_charge".to_owned()),
        reopen_until: minute(1),
        by: actor(),
        at: minute(0),
    }]);
}

#[test]
fn every_refusal_has_its_own_code_and_says_something() {
    let codes: BTreeSet<_> = TicketRefusal::ALL.iter().map(DomainError::code).collect();
    assert_eq!(codes.len(), TicketRefusal::ALL.len());
    assert!(TicketRefusal::ALL.iter().all(|refusal| refusal.to_string().len() > 20));
}
