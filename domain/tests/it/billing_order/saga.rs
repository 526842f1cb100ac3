//! Order and ledger together: whatever the provider tells, how often and in which order, the
//! credits are those that were paid for.

use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand as C, BillingOrderEvent as E, DisputeOutcome, OrderOrigin,
    OrderStatus, PaymentStatus, ledger_command, order_command,
};
use bitacora_domain::aggregates::credit_ledger::{CreditLedger, CreditLedgerCommand};
use proptest::prelude::*;

use super::samples::{
    INTENT, SESSION, close, create, dispute, granted, open, order, pay, refund, refund_failure,
};
use crate::credit_ledger::samples as of_ledger;
use crate::support::{Case, given};

/// Everything that a provider tells of one order that was paid, refunded in part, refunded again
/// in vain, disputed, and won.
fn facts() -> Vec<C> {
    vec![
        open(),
        pay(Some(SESSION), Some(INTENT), PaymentStatus::Unpaid),
        pay(Some(SESSION), Some(INTENT), PaymentStatus::Paid),
        pay(None, Some(INTENT), PaymentStatus::Paid),
        refund(8_000, 1),
        refund(24_000, 2),
        refund_failure("re_2", 16_000, 3),
        dispute("dp_1", 32_000),
        close("dp_1", 32_000, DisputeOutcome::Won),
    ]
}

/// The order's event leads to the ledger, and what happens there leads back.
fn follow(
    event: &E,
    ledger: Case<CreditLedger>,
    order: Case<BillingOrder>,
    twice: bool,
) -> (Case<CreditLedger>, Case<BillingOrder>) {
    let Some(command) = ledger_command(event) else { return (ledger, order) };
    let outcome = ledger.when(command.clone());
    let events = outcome.result.unwrap();
    let (mut ledger, mut order) = (outcome.case, order);
    if twice {
        ledger = ledger.when(command).then_nothing();
    }
    for (_, back) in events.iter().filter_map(order_command) {
        order = order.after(back.clone());
        if twice {
            order = order.when(back).then_nothing();
        }
    }
    (ledger, order)
}

fn tell(told: &[C], used: u64, twice: bool) -> (Case<CreditLedger>, Case<BillingOrder>) {
    let (mut ledger, mut order) = (of_ledger::ledger(), order());
    for fact in told {
        let outcome = order.when(fact.clone());
        let events = outcome.result.unwrap();
        order = outcome.case;
        for event in &events {
            (ledger, order) = follow(event, ledger, order, twice);
            if matches!(event, E::OrderPaid { .. }) {
                ledger = ledger.after(of_ledger::reserve(1, used));
                ledger = ledger.after(of_ledger::capture(1, used));
            }
        }
    }
    (ledger, order)
}

fn shuffled() -> impl Strategy<Value = Vec<C>> {
    let facts = facts();
    prop::collection::vec(0..facts.len(), 0..12).prop_flat_map(move |again| {
        let mut told = facts.clone();
        told.extend(again.into_iter().map(|n| facts[n].clone()));
        Just(told).prop_shuffle()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_order_of_the_facts_the_credits_are_those_that_were_paid_for(
        told in shuffled(),
        used in 1..50u64,
        twice in any::<bool>(),
    ) {
        let (ledger, order) = tell(&told, used, twice);
        // 8,000 of 40,000 stay given back: 10 of 50 credits.
        let balance = ledger.state.balance();
        prop_assert_eq!(order.state.revoked(), 10);
        prop_assert_eq!(order.state.status(), Some(OrderStatus::PartiallyRefunded));
        prop_assert_eq!(balance.booked(), 40 - i64::try_from(used).unwrap());
        order.when(granted()).then_nothing();
    }
}

#[test]
fn a_low_balance_makes_an_order_and_its_payment_ends_the_wait() {
    let top_up = Some(of_ledger::top_up(10));
    let waiting = of_ledger::ledger().when(CreditLedgerCommand::ConfigureAutoTopUp { top_up });
    let (id, create) = waiting.result.unwrap().iter().find_map(order_command).unwrap();
    let order = given::<BillingOrder>([]).of(&id.to_string()).after(create);
    let paid = order.when(pay(None, Some(INTENT), PaymentStatus::Paid));
    let event = &paid.result.unwrap()[0];
    let (ledger, order) = follow(event, waiting.case, paid.case, true);
    assert_eq!(ledger.state.balance().available, 50);
    assert_eq!(order.state.status(), Some(OrderStatus::Granted));
}

#[test]
fn nobody_pays_for_a_top_up_twice() {
    let mut command = create();
    if let C::CreateOrder { origin, .. } = &mut command {
        *origin = OrderOrigin::AutoTopUp;
    }
    let case = given::<BillingOrder>([]).after(command.clone());
    case.when(command).then_nothing();
}
