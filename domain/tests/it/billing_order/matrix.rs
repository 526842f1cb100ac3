//! Every state against every command: what happens is what the table says, and what must never
//! happen is checked without looking at the table.

use std::collections::BTreeSet;
use std::path::Path;

use bitacora_domain::aggregates::billing_order::matrix::{
    Ask, Credits, Money, Standing, Verdict, judge, markdown,
};
use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand as C, BillingOrderEvent as E, DisputeOutcome, PaymentStatus,
};

use super::samples::{
    INTENT, SESSION, close, create, dispute, granted, open, order, pay, refund, refund_failure,
    session_paid,
};
use crate::support::{Case, Outcome, given};

/// When everything is tried: after an order would have expired.
const NOW: i64 = 2_000;

fn standing(at: Standing) -> Case<BillingOrder> {
    let paid = || order().after(open()).after(session_paid());
    let case = match at.money {
        Money::NotCreated => given::<BillingOrder>([]),
        Money::Created => order(),
        Money::CheckoutOpen => order().after(open()),
        Money::Failed => order().after(C::FailOrder { reason: "No".to_owned() }),
        Money::Expired => order().at(NOW).after(C::ExpireOrder),
        Money::Paid => paid(),
        Money::PartiallyRefunded => paid().after(refund(16_000, 1)),
        Money::Refunded => paid().after(refund(40_000, 1)),
        Money::Disputed => paid().after(dispute("dp_0", 40_000)),
        Money::ChargedBack => paid().after(close("dp_0", 40_000, DisputeOutcome::Lost)),
    };
    let case = match at.credits {
        Credits::NotGiven => case,
        Credits::Given => case.after(granted()),
    };
    assert_eq!(case.state.standing(), at);
    case.at(NOW)
}

/// A command of each row that does something wherever nothing is against it.
fn sample(ask: Ask) -> C {
    match ask {
        Ask::CreateOrder => {
            let mut command = create();
            if let C::CreateOrder { credits, .. } = &mut command {
                *credits = 60;
            }
            command
        }
        Ask::OpenCheckout => C::OpenCheckout {
            session_id: "cs_new".to_owned(),
            url: "https://checkout.stripe.com/c/pay/cs_new".to_owned(),
            expires_at: crate::support::ids::minute(NOW + 60),
        },
        // Of what was paid already, a second payment is the news.
        Ask::RecordPayment => pay(None, Some("pi_new"), PaymentStatus::Paid),
        Ask::RecordUnpaid => pay(Some(SESSION), Some(INTENT), PaymentStatus::Unpaid),
        Ask::RecordAttemptFailure => C::RecordAttemptFailure { code: "card_declined".to_owned() },
        Ask::FailOrder => C::FailOrder { reason: "No llegó".to_owned() },
        Ask::RecordCheckoutExpired => C::RecordCheckoutExpired { session_id: SESSION.to_owned() },
        Ask::ExpireOrder => C::ExpireOrder,
        Ask::MarkGranted => granted(),
        Ask::RecordRefund => refund(20_000, 5),
        Ask::RecordRefundFailure => refund_failure("re_new", 1_000, 6),
        Ask::OpenDispute => dispute("dp_new", 1_000),
        Ask::CloseDispute => close("dp_0", 40_000, DisputeOutcome::Lost),
    }
}

#[test]
fn every_state_meets_every_command_as_the_table_says() {
    let mut cells = 0;
    for at in Standing::all() {
        for &ask in Ask::ALL {
            let mut command = sample(ask);
            // The end that was told already is no news in any state.
            if ask == Ask::CloseDispute && at.money == Money::ChargedBack {
                command = close("dp_new", 40_000, DisputeOutcome::Lost);
            }
            let outcome = standing(at).when(command);
            let verdict = judge(ask, at);
            let here = format!("{} at {at:?}", ask.name());
            match (&outcome.result, verdict) {
                (Ok(events), Verdict::Go) => assert!(!events.is_empty(), "nothing: {here}"),
                (Ok(events), Verdict::Nothing) => assert_eq!(events, &[], "{here}"),
                (Err(refusal), Verdict::Refuse(expected)) => {
                    assert_eq!(*refusal, expected, "{here}");
                }
                (result, verdict) => panic!("{result:?}, the table says {verdict:?}: {here}"),
            }
            check_never(at, &outcome, &here);
            cells += 1;
        }
    }
    assert_eq!(Standing::all().len(), 15);
    assert_eq!(cells, 15 * Ask::ALL.len());
    println!("{cells} cells: 15 states × {} rows", Ask::ALL.len());
}

/// The transitions of aggregates §2.8, and what needs a payment.
#[track_caller]
fn check_never(at: Standing, outcome: &Outcome<BillingOrder>, here: &str) {
    use Money::{
        ChargedBack, CheckoutOpen, Created, Disputed, Expired, Failed, NotCreated, Paid,
        PartiallyRefunded, Refunded,
    };
    for event in outcome.result.iter().flatten() {
        match event {
            E::OrderPaid { .. } => assert!(!at.money.was_paid(), "paid twice: {here}"),
            E::OrderGranted { .. } => {
                assert!(at.money.was_paid() && at.credits == Credits::NotGiven, "{here}");
            }
            E::OrderRevocationRequested { .. } | E::OrderReinstatementRequested { .. } => {
                assert!(outcome.case.state.standing().money.was_paid(), "{here}");
            }
            _ => {}
        }
    }
    let to = outcome.case.state.standing().money;
    let allowed: &[Money] = match at.money {
        NotCreated => &[NotCreated, Created],
        Created => &[Created, CheckoutOpen, Failed, Expired, Paid],
        CheckoutOpen => &[CheckoutOpen, Failed, Expired, Paid],
        Failed => &[Failed, Paid],
        Expired => &[Expired, Paid],
        Paid => &[Paid, PartiallyRefunded, Refunded, Disputed, ChargedBack],
        PartiallyRefunded => &[PartiallyRefunded, Refunded, Disputed, ChargedBack],
        Refunded => &[Refunded, PartiallyRefunded, Disputed, ChargedBack],
        Disputed => &[Disputed, ChargedBack],
        ChargedBack => &[ChargedBack, Disputed],
    };
    assert!(allowed.contains(&to), "{:?} → {to:?}: {here}", at.money);
}

#[test]
fn every_sample_belongs_to_its_row() {
    for &ask in Ask::ALL {
        assert_eq!(Ask::from(&sample(ask)), ask);
    }
    let names: BTreeSet<_> = Ask::ALL.iter().map(|ask| ask.name()).collect();
    assert_eq!(names.len(), Ask::ALL.len(), "two rows of one name");
}

/// The table in the documentation is the one in the code.
#[test]
fn the_rendered_table_is_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/BILLING_ORDER.md");
    crate::support::check_page(&path, &markdown());
}
