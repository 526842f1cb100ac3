//! What holds whatever comes, in whatever order. An observer sees the events only.

use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand as C, BillingOrderEvent as E, DisputeOutcome, PaymentStatus,
};
use proptest::prelude::*;

use super::samples::{
    INTENT, SESSION, close, create, dispute, granted, open, pay, refund, refund_failure,
};
use crate::support::given;

fn command() -> impl Strategy<Value = C> {
    let session = || prop::option::of(Just(SESSION));
    let intent =
        || prop_oneof![3 => Just(Some(INTENT)), 1 => Just(None), 1 => Just(Some("pi_other"))];
    let status = prop::sample::select(vec![
        PaymentStatus::Paid,
        PaymentStatus::NoPaymentRequired,
        PaymentStatus::Unpaid,
    ]);
    let id = || prop::sample::select(vec!["a", "b", "c"]);
    let minor = || prop::sample::select(vec![0, 1, 799, 800, 16_000, 39_999, 40_000, 50_000]);
    let outcome = prop::sample::select(vec![DisputeOutcome::Won, DisputeOutcome::Lost]);
    prop_oneof![
        1 => Just(create()),
        2 => Just(open()),
        3 => (session(), intent(), status, 0..5u8).prop_map(|(session, intent, status, off)| {
            let mut command = pay(session, intent, status);
            if let (C::RecordPayment { amount_minor, .. }, 0) = (&mut command, off) {
                *amount_minor -= 1;
            }
            command
        }),
        1 => Just(C::RecordAttemptFailure { code: "card_declined".to_owned() }),
        1 => Just(C::FailOrder { reason: "No".to_owned() }),
        1 => Just(C::RecordCheckoutExpired { session_id: SESSION.to_owned() }),
        1 => Just(C::ExpireOrder),
        2 => Just(granted()),
        3 => (minor(), 0..9i64).prop_map(|(minor, as_of)| refund(minor, as_of)),
        2 => (id(), minor(), 0..9i64)
            .prop_map(|(id, minor, as_of)| refund_failure(id, minor, as_of)),
        2 => (id(), minor()).prop_map(|(id, minor)| dispute(id, minor)),
        2 => (id(), minor(), outcome).prop_map(|(id, minor, how)| close(id, minor, how)),
    ]
}

/// What the observer knows.
#[derive(Default)]
struct Observer {
    paid: u32,
    granted: u32,
    revoked: i64,
    requests: Vec<uuid::Uuid>,
}

impl Observer {
    fn see(&mut self, event: &E) {
        match event {
            E::OrderPaid { credits: 50, amount_minor: 40_000, .. } => self.paid += 1,
            E::OrderPaid { .. } => panic!("paid by another amount: {event:?}"),
            E::OrderGranted { .. } => {
                assert_eq!(self.paid, 1, "granted without a payment");
                self.granted += 1;
            }
            E::OrderRevocationRequested { credits, revoked, revocation: id, .. } => {
                self.ask(i64::try_from(*credits).unwrap(), *revoked, *id);
            }
            E::OrderReinstatementRequested { credits, revoked, reinstatement: id, .. } => {
                self.ask(-i64::try_from(*credits).unwrap(), *revoked, *id);
            }
            _ => {}
        }
    }

    fn ask(&mut self, credits: i64, revoked: u64, id: uuid::Uuid) {
        assert_eq!(self.paid, 1, "credits asked back that nobody paid for");
        assert_ne!(credits, 0);
        self.revoked += credits;
        assert_eq!(self.revoked, i64::try_from(revoked).unwrap());
        assert!((0..=50).contains(&self.revoked), "{} of 50", self.revoked);
        assert!(!self.requests.contains(&id), "an id twice");
        self.requests.push(id);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_order_is_paid_and_granted_once_and_never_owes_more_than_it_gave(
        steps in prop::collection::vec((command(), 0..400i64), 1..40),
    ) {
        let mut case = given::<BillingOrder>([]).after(create());
        let (mut observer, mut now) = (Observer::default(), 0);
        for (body, pause) in steps {
            now += pause;
            let outcome = case.at(now).when(body);
            outcome.result.iter().flatten().for_each(|event| observer.see(event));
            prop_assert!(observer.paid <= 1 && observer.granted <= 1);
            case = outcome.case;
            prop_assert_eq!(i64::try_from(case.state.revoked()).unwrap(), observer.revoked);
            let bytes = serde_json::to_vec(&case.state).unwrap().len();
            prop_assert!(bytes < 10_000, "{} bytes", bytes);
        }
    }
}
