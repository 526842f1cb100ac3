//! Every state of the product against every command: what happens is what the table says, and
//! what must never happen is checked without looking at the table.
#![allow(clippy::wildcard_enum_match_arm)] // rows and events of one kind are picked out

use std::collections::BTreeSet;
use std::path::Path;

use bitacora_domain::ContactId;
use bitacora_domain::aggregates::lead::matrix::{Ask, Standing, Verdict, judge, markdown};
use bitacora_domain::aggregates::lead::{
    ContactKind, CoolReason, DisputeReason, DisqualifyReason, DuplicateReason, HandOffReason, Lead,
    LeadAnswer, LeadCommand as C, LeadEvent as E, LeadStatus, LossReason, OpenMatter, OptOutMeans,
    ReactivateReason,
};
use bitacora_domain::aggregates::offer::TemplateRef;
use cqrs_es::Aggregate as _;
use uuid::Uuid;

use super::samples::{actor, captured, mapped, stands};
use super::{
    HOLD, LEAD, OTHER_LEAD, answer, attempt, choice, confirm, delivery, from_ad, other_choice,
    person, reply, request, said, targets, usd,
};
use crate::support::ids::{CONTACT, minute};
use crate::support::{Case, Outcome, given};

/// When everything is tried: within the hours of contact.
const NOW: i64 = 100;

/// A lead with something of everything, which then came to stand so. Not every state of the
/// product can be reached by commands; the law holds in all of them.
fn standing(at: Standing, requested: bool) -> Case<Lead> {
    let then = minute(1);
    let mut history = vec![captured()];
    if at.status != LeadStatus::PendingMapping {
        history.push(mapped());
    }
    history.extend(contacts(requested));
    let (reservation, targets) = (Some(HOLD), targets());
    let requested = |n| E::LeadDeliveryRequested {
        delivery: delivery(n),
        reservation,
        targets: targets.clone(),
        at: then,
    };
    let (delivery, reason) = (delivery(1), "HTTP 500".to_owned());
    history.push(requested(1));
    history.push(E::LeadDeliveryFailed { delivery, reservation, reason, at: then });
    match at.matter {
        OpenMatter::None => {}
        OpenMatter::Delivery => history.push(requested(2)),
        OpenMatter::Dispute => {
            let reason = DisputeReason::Spam;
            history.push(E::LeadDisputed { reason, note: None, by: actor(), at: then });
        }
    }
    history.push(stands(at.status));
    let case = given::<Lead>(history).at(NOW);
    assert_eq!(case.state.standing(), at);
    case
}

fn contacts(requested: bool) -> Vec<E> {
    let at = minute(1);
    let (kind, n) = (ContactKind::Attempt, 1);
    let status = LeadStatus::Contacted;
    let mut history = vec![
        E::LeadFormFetchFailed { failures: 1, reason: "HTTP 500".into(), retry_at: None, at },
        E::LeadContactAttempted {
            contact: 1,
            kind,
            n,
            template: "hola".to_owned(),
            message: None,
            next_contact_at: None,
            cool_at: None,
            status,
            at,
        },
        E::LeadReplied { reply: 1, message: said(100), silent_at: None, at },
        E::LeadReactivated {
            touch: 1,
            reason: ReactivateReason::Due,
            note: None,
            from: LeadStatus::Cooling,
            contact_at: None,
            status: LeadStatus::Reactivation,
            by: actor(),
            at,
        },
        E::LeadCooled {
            cooling: 1,
            reason: CoolReason::NoReply,
            from: status,
            reactivate_at: Some(minute(90)),
            at,
        },
    ];
    if requested {
        let template = TemplateRef { name: "hola".to_owned(), language: "es_AR".to_owned() };
        history.push(E::LeadContactRequested { contact: 2, kind, template, at });
    }
    history
}

/// A command of each row, about what the state has.
fn sample(ask: Ask, at: Standing) -> C {
    let opted_out = false;
    let duplicate_of = None;
    match ask {
        Ask::Capture => from_ad(),
        Ask::RecordFormData => C::RecordFormData {
            contact: None,
            person: Box::new(person()),
            answers: vec![],
            opted_out,
            duplicate_of,
        },
        Ask::RecordFormFetchFailure => {
            C::RecordFormFetchFailure { reason: "HTTP 500".to_owned(), retryable: true }
        }
        Ask::RetryFormFetch => C::RetryFormFetch,
        Ask::IdentifyContact => {
            let contact = ContactId::new(Uuid::from_u128(0xC1));
            C::IdentifyContact { contact, opted_out, duplicate_of }
        }
        Ask::MapOffer => {
            let choice = Some(Box::new(other_choice()));
            C::MapOffer { choice, rule: None, opted_out, duplicate_of }
        }
        Ask::DetectDuplicate => {
            C::DetectDuplicate { of: OTHER_LEAD, reason: DuplicateReason::Merged }
        }
        Ask::RecordRepeat => C::RecordRepeat { lead: OTHER_LEAD },
        Ask::RequestContact => C::RequestContact,
        Ask::ContactDue => C::ContactDue { contact: 2 },
        Ask::RecordRequestedContact | Ask::RecordOwnContact => attempt(2),
        Ask::RecordContactFailure => {
            C::RecordContactFailure { contact: 2, reason: "131049".to_owned() }
        }
        Ask::RecordReply => reply(1, "no"),
        Ask::RecordOptOutWord => reply(1, "Bajá!"),
        Ask::AnswerQuestion => answer(LeadAnswer::Budget(usd(None, Some(11_000_000)))),
        Ask::Score => C::Score { choice: Box::new(choice()) },
        Ask::Prioritise => C::Prioritise { low_priority: true },
        Ask::CoolDown => C::CoolDown,
        Ask::CoolDue => C::CoolDue { contact: 1 },
        Ask::SilenceDue => C::SilenceDue { reply: 1 },
        Ask::Reactivate => C::Reactivate { reason: Some("Llamó".to_owned()) },
        Ask::ReactivateDue => C::ReactivateDue { cooling: 1 },
        other => sample_of_the_end(other, at),
    }
}

fn sample_of_the_end(ask: Ask, at: Standing) -> C {
    let note = None;
    match ask {
        Ask::Disqualify => C::Disqualify { reason: DisqualifyReason::Spam, note },
        Ask::OptOut => C::OptOut { by: OptOutMeans::Agent },
        Ask::HandOff => C::HandOff { agent: None, reason: HandOffReason::Agent },
        Ask::Return => C::Return,
        Ask::RequestDelivery => request(3),
        Ask::ConfirmDelivery => confirm(1),
        Ask::FailDelivery => super::fail(if at.matter == OpenMatter::Delivery { 2 } else { 1 }),
        Ask::Dispute => C::Dispute { reason: DisputeReason::Incomplete, note },
        Ask::ResolveDispute => C::ResolveDispute { refund: true, note },
        Ask::MarkWon => C::MarkWon { value: None },
        Ask::MarkLost => C::MarkLost { reason: LossReason::Other, note },
        Ask::Transfer => C::Transfer { choice: Box::new(other_choice()) },
        Ask::EndDuplicateWindow => C::EndDuplicateWindow,
        other => panic!("{other:?} has no sample"),
    }
}

const fn needs_request(ask: Ask) -> bool {
    matches!(ask, Ask::RecordRequestedContact | Ask::RecordContactFailure)
}

#[test]
fn every_state_of_the_product_meets_every_command_as_the_table_says() {
    let mut cells = 0;
    for at in Standing::all() {
        for &ask in Ask::ALL {
            let here = format!("{} at {at:?}", ask.name());
            let case = standing(at, needs_request(ask));
            let before = case.state.clone();
            let outcome = case.when(sample(ask, at));
            check_cell(&outcome, judge(ask, at), &here);
            check_never(&before, ask, &outcome, &here);
            cells += 1;
        }
    }
    assert_eq!(Standing::all().count(), 54);
    assert_eq!(cells, 54 * Ask::ALL.len());
    println!("{cells} cells: 54 states × {} rows", Ask::ALL.len());
}

#[track_caller]
fn check_cell(outcome: &Outcome<Lead>, verdict: Verdict, here: &str) {
    match (&outcome.result, verdict) {
        (Ok(events), Verdict::Go) => assert!(!events.is_empty(), "nothing: {here}"),
        (Ok(events), Verdict::Nothing) => assert_eq!(events, &[], "{here}"),
        (Err(refusal), Verdict::Refuse(expected)) => {
            assert_eq!(*refusal, expected, "{here}");
            assert_eq!(Some(outcome.summary()), verdict.code().map(|code| format!("!{code}")));
        }
        (result, verdict) => panic!("{result:?}, but the table says {verdict:?}: {here}"),
    }
}

/// What must never happen, whatever the table says: statuses move as X-CONV-1 and §2.8 say.
#[track_caller]
fn check_never(before: &Lead, ask: Ask, outcome: &Outcome<Lead>, here: &str) {
    let mut lead = before.clone();
    for event in outcome.result.iter().flatten() {
        let from = lead.status();
        lead.apply(event.clone());
        let to = lead.status();
        let reconciled = matches!(event, E::LeadDelivered { .. }) && !from.is_final();
        let settled = matches!(event, E::LeadDisputeResolved { .. }) && !from.is_final();
        let free = reconciled || settled;
        assert!(from == to || free || may_move(from, to), "{from:?} → {to:?}: {here}");
        match event {
            E::LeadContactRequested { .. } => {
                use LeadStatus::{Contacted, Reactivation, ToBeContacted};
                assert!([ToBeContacted, Contacted, Reactivation].contains(&from), "{here}");
            }
            E::LeadDelivered { .. } => assert_eq!(ask, Ask::ConfirmDelivery, "{here}"),
            E::LeadReady { total, ready_points, .. } => assert!(total >= ready_points, "{here}"),
            _ => {}
        }
    }
    if matches!(ask, Ask::OptOut | Ask::RecordOptOutWord) && !before.status().is_final() {
        assert_eq!(lead.status(), LeadStatus::Stopped, "{here}");
    }
    if ask == Ask::RecordReply {
        let heard = outcome.result.as_ref().is_ok_and(|events| !events.is_empty());
        assert_eq!(heard, !before.status().is_final(), "a reply was ignored: {here}");
    }
}

/// The transitions of X-CONV-1 with the repairs of aggregates §2.3 and §2.8, written down apart
/// from the code. Any that is not over can be stopped.
pub(super) fn may_move(from: LeadStatus, to: LeadStatus) -> bool {
    use LeadStatus as S;
    let allowed: &[S] = match from {
        S::PendingMapping => &[S::ToBeContacted, S::Disqualified, S::Duplicate],
        // Who writes first was not written to: referrals from an ad.
        S::ToBeContacted => {
            &[S::Contacted, S::Engaged, S::Qualifying, S::Cooling, S::Disqualified, S::Duplicate]
        }
        S::Contacted => {
            &[S::Engaged, S::Qualifying, S::Cooling, S::Disqualified, S::HumanHandoff, S::Duplicate]
        }
        S::Engaged => &[S::Qualifying, S::Cooling, S::Disqualified, S::HumanHandoff, S::Duplicate],
        S::Qualifying => {
            &[S::Scored, S::LeadReady, S::Cooling, S::Disqualified, S::HumanHandoff, S::Duplicate]
        }
        S::Scored => &[
            S::LeadReady,
            S::Engaged,
            S::Qualifying,
            S::Cooling,
            S::Disqualified,
            S::HumanHandoff,
            S::Duplicate,
        ],
        S::LeadReady => {
            &[S::SentToDeveloper, S::Qualifying, S::Disqualified, S::HumanHandoff, S::Duplicate]
        }
        S::SentToDeveloper => &[S::Won, S::Lost, S::Disputed],
        S::Cooling => &[
            S::Reactivation,
            S::Engaged,
            S::Qualifying,
            S::Disqualified,
            S::HumanHandoff,
            S::Duplicate,
        ],
        S::Reactivation => &[
            S::Contacted,
            S::Engaged,
            S::Qualifying,
            S::Cooling,
            S::Disqualified,
            S::HumanHandoff,
            S::Duplicate,
        ],
        S::HumanHandoff => &[S::Qualifying, S::LeadReady, S::Disqualified, S::Duplicate],
        // Back to where it was, if it had never been mapped.
        S::Disqualified => &[S::Reactivation, S::PendingMapping],
        S::Disputed => &[S::SentToDeveloper, S::Refunded],
        S::Stopped | S::Won | S::Lost | S::Duplicate | S::Refunded => &[],
    };
    allowed.contains(&to) || (to == S::Stopped && !from.is_final())
}

#[test]
fn every_sample_belongs_to_its_row() {
    let at = Standing::all().next().unwrap();
    for &ask in Ask::ALL {
        assert_eq!(Ask::of(&sample(ask, at), needs_request(ask)), ask);
    }
    let names: BTreeSet<_> = Ask::ALL.iter().map(|ask| ask.name()).collect();
    assert_eq!(names.len(), Ask::ALL.len(), "two rows of one name");
}

#[test]
fn before_the_capture_there_is_nothing_but_the_capture() {
    let at = Standing::all().next().unwrap();
    for &ask in Ask::ALL {
        let expected =
            if ask == Ask::Capture { "LeadCaptured+LeadMappingPending" } else { "!LEAD_NOT_FOUND" };
        assert_eq!(given::<Lead>([]).when(sample(ask, at)).summary(), expected, "{ask:?}");
    }
    given::<Lead>([]).of("x").when(from_ad()).then_refused("INVALID_LEAD_ID");
    assert_eq!(
        LEAD.to_string(),
        given::<Lead>([]).after(from_ad()).state.origin().unwrap().lead.to_string()
    );
    assert_eq!(CONTACT, super::fresh().state.contact().unwrap());
}

/// The table in the documentation is the one in the code.
#[test]
fn the_rendered_table_is_in_the_documentation() {
    drift("LEAD.md", &markdown());
}

#[track_caller]
pub(crate) fn drift(file: &str, today: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(file);
    let (begin, end) = ("<!-- matrix:begin -->\n", "<!-- matrix:end -->");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(begin).expect("no matrix:begin");
    let (table, tail) = rest.split_once(end).expect("no matrix:end");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{head}{begin}{today}{end}{tail}")).unwrap();
    } else {
        assert!(table == today, "docs/{file} has drifted: BLESS=1 rewrites the table");
    }
}
