//! The views of credits and orders, held against the aggregates by random lives.

use std::collections::BTreeMap;

use bitacora_domain::aggregates::billing_order::{
    BillingOrder, BillingOrderCommand, DisputeOutcome, OrderOrigin, PaymentStatus,
};
use bitacora_domain::aggregates::credit_ledger::{CreditLedger, HoldStanding, id_of};
use bitacora_domain::{
    Actor, CommandId, Directed, DomainAggregate, Lane, OrderId, Position, RecordedEvent, StreamId,
    TenantId, Version,
};
use bitacora_projections::query::TableRow;
use bitacora_projections::value::Cell;
use bitacora_projections::views::billing_orders;
use bitacora_projections::{Key, MemTable, Projection, views};
use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::{Aggregate, DomainEvent};
use uuid::Uuid;

use crate::support::{at, recorded, tenant};

#[path = "../../../domain/tests/model/mod.rs"]
#[allow(dead_code, reason = "shared with the domain's tests, which use all of it")]
mod model;

use model::generate::Generator;
use model::naive::Naive;

/// Lives, and commands in each.
const LIVES: u64 = 24;
const COMMANDS: u64 = 250;

fn of(id: &impl ToString, n: u64, now: DateTime<Utc>) -> Directed<()> {
    Directed {
        tenant: tenant(0),
        aggregate_id: id.to_string(),
        command_id: CommandId::new(Uuid::from_u128(u128::from(n))),
        actor: Actor::system("test"),
        now,
        body: (),
    }
}

/// The tables of some views, filled from one stream.
#[allow(clippy::struct_field_names, reason = "tables they are")]
struct Tables {
    tables: BTreeMap<&'static str, MemTable>,
    stream: StreamId,
    version: i64,
}

impl Tables {
    fn of(names: &[&'static str], stream: StreamId) -> Self {
        let tables =
            names.iter().map(|name| (*name, MemTable::new(views::find(name).unwrap().table())));
        Self { tables: tables.collect(), stream, version: 0 }
    }

    fn take(&mut self, event: &impl DomainEvent) {
        self.version += 1;
        let place = (Lane(1), Position(self.version), Version(self.version));
        let payload = serde_json::to_value(event).unwrap();
        let event = recorded(tenant(0), self.stream.clone(), place, &event.event_type(), payload);
        for (name, table) in &mut self.tables {
            fold(views::find(name).unwrap(), table, &event);
        }
    }

    fn rows(&self, name: &str) -> Vec<TableRow> {
        let table = &self.tables[name];
        table.rows().map(|row| TableRow { table: table.table(), row: row.row.clone() }).collect()
    }

    fn row(&self, name: &str, id: Uuid) -> TableRow {
        let table = &self.tables[name];
        let row = table.row(tenant(0), &Key::from(id)).unwrap();
        TableRow { table: table.table(), row: row.row.clone() }
    }
}

fn fold(view: &dyn Projection, table: &mut MemTable, event: &RecordedEvent) {
    let changes = view.project(event).unwrap();
    table.apply_event(event, changes).unwrap();
}

fn int(row: &TableRow, column: &str) -> i64 {
    row.cell(column).as_int().unwrap_or_else(|| panic!("{column}: {:?}", row.cell(column)))
}

fn number(credits: u64) -> i64 {
    i64::try_from(credits).unwrap()
}

const CREDITS: [&str; 4] = ["credit_grants", "credit_holds", "credit_ledgers", "ledger_entries"];

/// One random life of a ledger; `look` sees it after every command.
fn live(seed: u64, mut look: impl FnMut(&CreditLedger, &Naive, &Tables, DateTime<Utc>)) {
    let own: TenantId = tenant(0);
    let ledger_id = id_of(own);
    let stream = StreamId::new(CreditLedger::TYPE, ledger_id.as_uuid());
    let (mut ledger, mut model) = (CreditLedger::default(), Naive::default());
    let (mut tables, mut generator) = (Tables::of(&CREDITS, stream), Generator::new(seed));
    for n in 0..COMMANDS {
        let (now, body) = generator.next(n, &model);
        let events = ledger.decide(&of(&ledger_id, n, now), body.clone());
        drop(model.expect(now, &body));
        for event in events.into_iter().flatten() {
            tables.take(&event);
            ledger.apply(event);
        }
        look(&ledger, &model, &tables, now);
    }
}

#[test]
fn balance_and_statement_are_the_ledgers_at_every_version() {
    let mut lines = 0;
    for seed in 0..LIVES {
        live(seed, |ledger, _, tables, _| {
            let Some(row) = tables.rows("credit_ledgers").pop() else { return };
            let balance = ledger.balance();
            let told =
                ["available", "held", "scheduled", "debt", "balance"].map(|it| int(&row, it));
            let of_ledger = [balance.available, balance.held, balance.scheduled, balance.debt];
            assert_eq!(told[..4], of_ledger.map(number));
            assert_eq!(told[4], balance.booked());
            assert!(told[0] >= 0 || told[3] > 0, "what the database checks, too");
            assert_eq!(row.cell("frozen"), &Cell::Bool(ledger.is_frozen()));
        });
        lines += statement(seed);
    }
    assert!(lines > 1_000, "{lines} lines");
}

/// Every line's balance is the one before it and its amount; the last is the ledger's.
fn statement(seed: u64) -> usize {
    let mut found = (Vec::new(), 0);
    live(seed, |ledger, _, tables, _| {
        found = (tables.rows("ledger_entries"), ledger.balance().booked());
    });
    let (mut rows, booked) = found;
    rows.sort_by_key(|row| int(row, "number"));
    let (mut balance, mut available) = (0, 0);
    for row in &rows {
        balance += int(row, "amount");
        available += int(row, "available_change");
        let kind = row.cell("transaction_type").as_text().unwrap();
        assert_eq!(int(row, "balance_after"), balance, "{kind} of life {seed}");
        assert!(kind.starts_with("CREDIT_"), "{kind}");
        assert!(available >= 0, "{kind} of life {seed}");
    }
    assert_eq!(balance, booked);
    rows.len()
}

#[test]
fn grants_and_holds_are_the_ledgers_at_every_version() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 100..100 + LIVES {
        live(seed, |ledger, model, tables, now| {
            for (grant, _, _) in model.grants_at(now) {
                let row = tables.row("credit_grants", grant.as_uuid());
                let left = ledger.remaining_of(grant).map(number);
                // What the ledger has forgotten stands here for ever.
                assert!(left.is_none_or(|left| left == int(&row, "remaining")), "{grant}");
            }
            for row in tables.rows("credit_holds") {
                let id = row.cell("id").as_uuid().unwrap();
                let status = row.cell("status").as_text().unwrap().to_owned();
                let expected = match ledger.hold_standing(id.into(), now) {
                    HoldStanding::Pending | HoldStanding::Due => "PENDING",
                    HoldStanding::Captured => "CAPTURED",
                    HoldStanding::Released => "RELEASED",
                    HoldStanding::Expired => "EXPIRED",
                    HoldStanding::Unknown => continue,
                };
                assert_eq!(status, expected);
                *seen.entry(status).or_default() += 1;
            }
            let rows = tables.rows("credit_grants");
            let sum = |column| rows.iter().map(|row| int(row, column)).sum::<i64>();
            let (balance, all) = (ledger.balance(), number);
            assert_eq!(sum("held"), all(balance.held));
            assert_eq!(sum("remaining"), all(balance.available + balance.scheduled));
            for row in &rows {
                for part in ["remaining", "held", "used", "lapsed", "revoked", "owed"] {
                    assert!(int(row, part) >= 0, "{part} below 0, which the database refuses");
                }
            }
        });
    }
    for status in ["PENDING", "CAPTURED", "RELEASED", "EXPIRED"] {
        assert!(seen.get(status) > Some(&0), "{status} was never seen: {seen:?}");
    }
}

/// A random fact about an order.
fn fact(dice: &mut impl FnMut(u64) -> u64, n: u64) -> BillingOrderCommand {
    use BillingOrderCommand as C;
    let one_of = |dice: u64| format!("id_{dice}");
    match dice(12) {
        0 => C::OpenCheckout {
            session_id: "cs_1".into(),
            url: "https://checkout.stripe.com/c/pay/cs_1".into(),
            expires_at: at(80_000),
        },
        1..=3 => C::RecordPayment {
            session_id: Some("cs_1".into()),
            payment_intent: Some(one_of(dice(2))),
            status: if dice(4) == 0 { PaymentStatus::Unpaid } else { PaymentStatus::Paid },
            amount_minor: if dice(6) == 0 { 1 } else { 40_000 },
            currency: "usd".into(),
        },
        4 => C::RecordAttemptFailure { code: "card_declined".into() },
        5 if dice(3) == 0 => C::FailOrder { reason: "no".into() },
        5 | 6 => C::RecordCheckoutExpired { session_id: "cs_1".into() },
        7 => C::MarkGranted {
            grant: bitacora_domain::aggregates::billing_order::grant_of(order_id()),
        },
        8 => {
            let as_of = at(i64::try_from(n).unwrap());
            C::RecordRefund { refunded_minor: dice(5) * 10_000, as_of }
        }
        9 => C::RecordRefundFailure {
            refund_id: one_of(dice(3)),
            amount_minor: 10_000,
            as_of: at(i64::try_from(n).unwrap()),
        },
        10 => C::OpenDispute { dispute_id: one_of(dice(3)), amount_minor: 40_000 },
        _ => C::CloseDispute {
            dispute_id: one_of(dice(3)),
            amount_minor: 40_000,
            outcome: if dice(2) == 0 { DisputeOutcome::Won } else { DisputeOutcome::Lost },
        },
    }
}

fn order_id() -> OrderId {
    OrderId::new(Uuid::from_u128(77))
}

#[test]
fn an_order_stands_where_its_aggregate_says_whatever_order_the_facts_come_in() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..600_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut dice = |sides: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % sides
        };
        let stream = StreamId::new(BillingOrder::TYPE, order_id().as_uuid());
        let mut tables = Tables::of(&["billing_orders"], stream);
        let mut order = BillingOrder::default();
        for n in 0..25 {
            let body = if n == 0 {
                BillingOrderCommand::CreateOrder {
                    buyer: None,
                    origin: OrderOrigin::Checkout,
                    credits: 50,
                    price_minor: 40_000,
                    currency: "usd".into(),
                    valid_days: None,
                }
            } else {
                fact(&mut dice, n)
            };
            let now = at(1_000) + TimeDelta::minutes(i64::try_from(n).unwrap());
            for event in order.decide(&of(&order_id(), n, now), body).into_iter().flatten() {
                tables.take(&event);
                order.apply(event);
            }
            let row = tables.row("billing_orders", order_id().as_uuid());
            let status = order.status();
            assert_eq!(billing_orders::status(&row), status, "life {seed}, fact {n}");
            assert_eq!(int(&row, "revoked_credits"), number(order.revoked()));
            *seen.entry(format!("{:?}", status.unwrap())).or_default() += 1;
        }
    }
    for status in [
        "Created",
        "CheckoutOpen",
        "Failed",
        "Expired",
        "Paid",
        "Granted",
        "PartiallyRefunded",
        "Refunded",
        "Disputed",
        "ChargedBack",
    ] {
        assert!(seen.get(status) > Some(&0), "{status} was never seen: {seen:?}");
    }
}
