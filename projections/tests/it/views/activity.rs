//! `contact_activity`: everything between the business and a person.

use bitacora_domain::aggregates::call_session::{
    CallDirection, CallEvent, CallOutcome, CallSession, ProviderIds,
};
use bitacora_domain::aggregates::credit_ledger::{
    Balance, CreditLedger, CreditLedgerEvent, Purpose, PurposeKind,
};
use bitacora_domain::aggregates::lead::{Lead, LeadEvent, LeadPerson, LeadSource};
use bitacora_domain::{CallId, HoldId, LeadId};
use cqrs_es::Aggregate as _;

use super::{Story, ana, body, contact, id};
use crate::support::at;

const COLUMNS: [&str; 5] = ["kind", "contact_id", "conversation_id", "at", "credits"];

fn imported(call: u128, known: bool, seconds: i64) -> CallEvent {
    CallEvent::CallImported {
        call: CallId::new(id(call)),
        contact: known.then(contact),
        direction: CallDirection::Inbound,
        number: None,
        channel: None,
        ids: ProviderIds::default(),
        outcome: CallOutcome::Completed,
        started_at: at(seconds),
        duration_s: None,
        at: at(9_000),
    }
}

#[tokio::test]
async fn everything_between_us_and_a_contact_is_one_list_in_the_order_of_the_provider() {
    let story = Story::new();
    let lead = id(200);
    story.append(
        (Lead::TYPE, lead),
        &LeadEvent::LeadCaptured {
            lead: LeadId::new(lead),
            source: LeadSource::MetaLeadAd,
            external_id: Some("1".into()),
            ads: vec![],
            person: Box::<LeadPerson>::default(),
            at: at(100),
        },
    );
    let mapped = LeadEvent::LeadContactIdentified { contact: contact(), at: at(120) };
    story.append((Lead::TYPE, lead), &mapped);
    story.queues(1, body("Hola"));
    story.receives(2, body("Buenas"), 1);
    // A webhook that comes late, of a call before all that.
    story.append((CallSession::TYPE, id(300)), &imported(300, true, 50));
    let shown = story.list("contact_activity", "at", &COLUMNS).await;
    assert_eq!(
        shown,
        [
            ["CALL", "1", "-", "50", "0"],
            ["LEAD", "1", "-", "100", "0"],
            ["MESSAGE", "1", "2", "1000", "0"],
            ["MESSAGE", "1", "2", "2000", "0"],
        ]
    );
}

#[tokio::test]
async fn a_caller_whom_nobody_knew_has_the_call_once_somebody_says_who_it_was() {
    let story = Story::new();
    story.append((CallSession::TYPE, id(300)), &imported(300, false, 50));
    assert_eq!(story.row("contact_activity", id(300), &COLUMNS[..2]).await, ["CALL", "-"]);
    let said =
        CallEvent::CallerIdentified { from: None, contact: contact(), by: ana(), at: at(60) };
    story.append((CallSession::TYPE, id(300)), &said);
    let row = story.row("contact_activity", id(300), &COLUMNS).await;
    assert_eq!(row, ["CALL", "1", "-", "50", "0"]);
}

#[tokio::test]
async fn what_a_lead_cost_is_beside_it_and_a_refund_takes_it_back() {
    let story = Story::new();
    let purpose = Purpose { kind: PurposeKind::Lead, id: id(200) };
    let (hold, balance) = (HoldId::new(id(400)), Balance::default());
    let captured = CreditLedgerEvent::HoldCaptured {
        hold,
        purpose,
        credits: 3,
        held: 3,
        allocations: vec![],
        balance,
        at: at(1),
    };
    story.append((CreditLedger::TYPE, id(500)), &captured);
    assert_eq!(story.row("contact_activity", id(200), &["credits"]).await, ["3"]);
    let refunded = CreditLedgerEvent::ConsumptionRefunded {
        hold,
        purpose,
        credits: 2,
        reason: "wrong number".into(),
        allocations: vec![],
        regranted: None,
        balance,
        at: at(2),
    };
    story.append((CreditLedger::TYPE, id(500)), &refunded);
    assert_eq!(story.row("contact_activity", id(200), &["credits"]).await, ["1"]);
}
