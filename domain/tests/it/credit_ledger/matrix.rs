//! Every state of the product against every command: what happens is what the table says, and
//! what must never happen is checked without looking at the table.

use std::collections::BTreeSet;
use std::path::Path;

use bitacora_domain::aggregates::credit_ledger::matrix::{
    Ask, FundsStanding, GrantStanding, HoldStanding, LedgerStanding, Standing, Verdict, judge,
    markdown,
};
use bitacora_domain::aggregates::credit_ledger::{
    Balance, CreditLedger, CreditLedgerCommand as C, CreditLedgerEvent as E, DebtCause, GrantKind,
    GrantSource, ReleaseCause, RevocationReason, id_of, top_up_order,
};

use super::samples::{
    adjust, capture, grant, grant_id, hold_id, id, lead, ledger, part, refund, reinstate, release,
    revoke, top_up,
};
use crate::support::ids::{AGENT, TENANT, minute};
use crate::support::{Case, Outcome, given};

/// When everything is tried.
const NOW: i64 = 100;
/// The grant that commands are about; another one has the funds, a third fills the holds.
const GRANT: u128 = 1;
const FUNDS: u128 = 2;
const USED: u128 = 3;
/// The hold that commands are about.
const HOLD: u128 = 1;

fn granted(n: u128, credits: u64, begins: i64, ends: Option<i64>, scheduled: bool) -> E {
    E::CreditsGranted {
        grant: grant_id(n),
        number: u64::try_from(n).unwrap(),
        kind: GrantKind::Bonus,
        credits,
        priority: 20,
        effective_at: minute(begins),
        expires_at: ends.map(minute),
        source: GrantSource::Admin,
        scheduled,
        balance: Balance::default(),
        at: minute(0),
    }
}

fn reserved(n: u128, ends: i64, of: u128, credits: u64) -> E {
    E::CreditsReserved {
        hold: hold_id(n),
        number: u64::try_from(n).unwrap(),
        credits,
        purpose: lead(),
        expires_at: minute(ends),
        allocations: vec![part(of, credits)],
        balance: Balance::default(),
        at: minute(2),
    }
}

fn captured(n: u128, of: u128, credits: u64) -> E {
    E::HoldCaptured {
        hold: hold_id(n),
        purpose: lead(),
        credits,
        held: credits,
        allocations: vec![part(of, credits)],
        balance: Balance::default(),
        at: minute(3),
    }
}

fn revoked(credits: u64) -> E {
    E::GrantRevoked {
        grant: grant_id(GRANT),
        revocation: id(0x5FF),
        reason: RevocationReason::Refund,
        credits,
        clawed: credits,
        forgiven: 0,
        owed: 0,
        shortfall: 0,
        scheduled: false,
        revoked: credits,
        balance: Balance::default(),
        at: minute(4),
    }
}

/// A ledger in which everything came to stand so.
fn standing(at: Standing) -> Case<CreditLedger> {
    let ledger = id_of(TENANT);
    let mut history = Vec::new();
    if at.ledger != LedgerStanding::Unopened {
        history.push(E::LedgerOpened { ledger, tenant: TENANT, low: 10, rearm: 20, at: minute(0) });
        history.push(granted(USED, 20, 0, None, false));
        history.extend(held(at.hold));
        // The rest of it is in a hold that goes on.
        let taken = if at.hold == HoldStanding::Unknown { 0 } else { 5 };
        history.push(reserved(8, 20_000, USED, 20 - taken));
        history.extend(given_(at.grant));
        history.extend(funded(at.funds));
        history.push(E::AutoTopUpRequested {
            order: top_up_order(ledger, 1),
            number: 1,
            credits: 1,
            price_minor: 1,
            currency: "usd".to_owned(),
            available: 0,
            at: minute(5),
        });
    }
    if at.ledger == LedgerStanding::Frozen {
        history.push(E::LedgerFrozen { reason: "Fraude".to_owned(), at: minute(5) });
    }
    let case = given::<CreditLedger>(history).of(&ledger.to_string()).at(NOW);
    assert_eq!(case.state.is_frozen(), at.ledger == LedgerStanding::Frozen);
    assert_eq!(case.state.hold_standing(hold_id(HOLD), minute(NOW)), at.hold);
    assert_eq!(case.state.grant_standing(grant_id(GRANT), minute(NOW)), at.grant);
    case
}

fn held(hold: HoldStanding) -> Vec<E> {
    let (purpose, balance, at) = (lead(), Balance::default(), minute(3));
    let returned = vec![part(USED, 5)];
    let (lapsed, clawed) = (vec![], vec![]);
    // What comes back is set aside again, so that it is no funds.
    let again = || reserved(7, 20_000, USED, 5);
    match hold {
        HoldStanding::Unknown => vec![],
        HoldStanding::Pending => vec![reserved(HOLD, 500, USED, 5)],
        HoldStanding::Due => vec![reserved(HOLD, 50, USED, 5)],
        HoldStanding::Captured => vec![reserved(HOLD, 500, USED, 5), captured(HOLD, USED, 5)],
        HoldStanding::Released => {
            let (cause, reason) = (ReleaseCause::Released, None);
            let hold = hold_id(HOLD);
            let event = E::HoldReleased {
                hold,
                purpose,
                cause,
                reason,
                returned,
                lapsed,
                clawed,
                balance,
                at,
            };
            vec![reserved(HOLD, 500, USED, 5), event, again()]
        }
        HoldStanding::Expired => {
            let hold = hold_id(HOLD);
            let event = E::HoldExpired { hold, purpose, returned, lapsed, clawed, balance, at };
            vec![reserved(HOLD, 50, USED, 5), event, again()]
        }
    }
}

/// 10 credits of which 2 were revoked; what is usable of them is held, so that it is no funds.
fn given_(grant: GrantStanding) -> Vec<E> {
    let aside = || reserved(6, 20_000, GRANT, 8);
    let plain = |ends| granted(GRANT, 10, 0, ends, false);
    let expired = || E::GrantExpired {
        grant: grant_id(GRANT),
        remaining: 8,
        balance: Balance::default(),
        at: minute(50),
    };
    match grant {
        GrantStanding::Unknown => vec![],
        GrantStanding::Scheduled => vec![granted(GRANT, 10, 5_000, None, true), revoked(2)],
        GrantStanding::Ripe => vec![granted(GRANT, 10, 50, None, true), revoked(2)],
        GrantStanding::Active => vec![plain(None), revoked(2), aside()],
        GrantStanding::Depleted => vec![plain(None), revoked(2), aside(), captured(6, GRANT, 8)],
        GrantStanding::Due => vec![plain(Some(50)), revoked(2)],
        GrantStanding::Expired => vec![plain(Some(50)), revoked(2), expired()],
        GrantStanding::Revoked => vec![plain(None), revoked(10)],
    }
}

fn funded(funds: FundsStanding) -> Vec<E> {
    match funds {
        FundsStanding::Enough => vec![granted(FUNDS, 500, 0, None, false)],
        FundsStanding::Short => vec![],
        FundsStanding::InDebt => {
            let cause = DebtCause::Revocation { grant: grant_id(9), revocation: id(0x5FE) };
            let (allocations, balance, at) = (vec![], Balance::default(), minute(4));
            vec![E::DebtRecorded { cause, allocations, credits: 400, balance, at }]
        }
    }
}

/// A command of each row that does something wherever nothing is against it.
fn sample(ask: Ask) -> C {
    let reason = || "Porque sí".to_owned();
    match ask {
        Ask::OpenLedger => C::OpenLedger,
        Ask::GrantCredits => grant(GRANT, 7),
        Ask::ReserveCredits => {
            let hold = hold_id(HOLD);
            C::ReserveCredits { hold, credits: 50, purpose: lead(), expires_at: minute(2_000) }
        }
        Ask::CaptureHold => capture(HOLD, 4),
        Ask::ReleaseHold => release(HOLD),
        Ask::ExpireHold => C::ExpireHold { hold: hold_id(HOLD) },
        Ask::RefundConsumption => refund(HOLD, 3),
        Ask::AdjustUp => adjust(1, 3),
        Ask::AdjustDown => adjust(1, -50),
        Ask::ActivateGrant => C::ActivateGrant { grant: grant_id(GRANT) },
        Ask::ExpireGrant => C::ExpireGrant { grant: grant_id(GRANT) },
        Ask::RevokeGrant => revoke(GRANT, 1, 8),
        Ask::ReinstateGrant => reinstate(GRANT, 1, 2),
        Ask::SettleDebt => C::SettleDebt { credits: 1, reason: reason(), approver: AGENT },
        Ask::SetLowBalanceThreshold => C::SetLowBalanceThreshold { low: 11, rearm: 22 },
        Ask::FreezeLedger => C::FreezeLedger { reason: reason() },
        Ask::UnfreezeLedger => C::UnfreezeLedger { reason: reason() },
        Ask::ConfigureAutoTopUp => C::ConfigureAutoTopUp { top_up: Some(top_up(5)) },
        Ask::RecordTopUpFailure => {
            C::RecordTopUpFailure { order: top_up_order(id_of(TENANT), 1), reason: reason() }
        }
    }
}

#[test]
fn every_state_of_the_product_meets_every_command_as_the_table_says() {
    let mut cells = 0;
    let mut verdicts = BTreeSet::new();
    for at in Standing::all() {
        let case = standing(at);
        for &ask in Ask::ALL {
            let outcome = case.clone().when(sample(ask));
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
            verdicts.insert(format!("{ask:?} {verdict:?}"));
            cells += 1;
        }
    }
    assert_eq!(Standing::all().len(), 1 + 2 * 6 * 8 * 3);
    assert_eq!(cells, Standing::all().len() * Ask::ALL.len());
    println!("{cells} cells: {} states × {} rows", Standing::all().len(), Ask::ALL.len());
    println!("{} different (row, verdict)", verdicts.len());
}

/// What must never happen, whatever the table says.
#[track_caller]
fn check_never(at: Standing, outcome: &Outcome<CreditLedger>, here: &str) {
    let events = outcome.result.as_deref().unwrap_or_default();
    let this = |hold: &bitacora_domain::HoldId| *hold == hold_id(HOLD);
    for event in events {
        match event {
            E::CreditsReserved { .. } => {
                assert_eq!(at.ledger, LedgerStanding::Open, "{here}");
                assert_eq!(at.funds, FundsStanding::Enough, "{here}");
            }
            E::HoldCaptured { hold, .. } if this(hold) => {
                assert_eq!(at.hold, HoldStanding::Pending, "{here}");
            }
            E::HoldReleased { hold, .. } if this(hold) => {
                assert_eq!(at.hold, HoldStanding::Pending, "{here}");
            }
            E::HoldExpired { hold, .. } if this(hold) => {
                assert_eq!(at.hold, HoldStanding::Due, "{here}");
            }
            E::ConsumptionRefunded { .. } => assert_eq!(at.hold, HoldStanding::Captured, "{here}"),
            E::GrantActivated { .. } => assert_eq!(at.grant, GrantStanding::Ripe, "{here}"),
            E::GrantExpired { .. } => assert_eq!(at.grant, GrantStanding::Due, "{here}"),
            _ => {}
        }
    }
    if let (Some(told), false) = (events.iter().rev().find_map(E::balance), events.is_empty()) {
        assert_eq!(told, outcome.case.state.balance(), "{here}");
        assert!(told.debt == 0 || told.available == 0, "a debt beside credits: {here}");
    }
    let hold = outcome.case.state.hold_standing(hold_id(HOLD), minute(NOW));
    check_hold(at.hold, hold, here);
    let grant = outcome.case.state.grant_standing(grant_id(GRANT), minute(NOW));
    check_grant(at.grant, grant, here);
}

/// The transitions of aggregates §2.8: an open hold ends once, and what ended stays so.
#[track_caller]
fn check_hold(from: HoldStanding, to: HoldStanding, here: &str) {
    use HoldStanding::{Captured, Due, Expired, Pending, Released, Unknown};
    let allowed: &[HoldStanding] = match from {
        Unknown => &[Unknown, Pending],
        Pending => &[Pending, Captured, Released],
        Due => &[Due, Expired],
        Captured => &[Captured],
        Released => &[Released],
        Expired => &[Expired],
    };
    assert!(allowed.contains(&to), "{from:?} → {to:?}: {here}");
}

/// Revoked leads back only by a reinstatement. Whatever was used up or had ended can still be
/// revoked: its payment was taken back.
#[track_caller]
fn check_grant(from: GrantStanding, to: GrantStanding, here: &str) {
    use GrantStanding::{Active, Depleted, Due, Expired, Revoked, Ripe, Scheduled, Unknown};
    let allowed: &[GrantStanding] = match from {
        Unknown => &[Unknown, Active, Depleted],
        Scheduled => &[Scheduled, Revoked],
        Ripe => &[Ripe, Active, Depleted, Revoked],
        Active => &[Active, Revoked],
        Depleted => &[Depleted, Active, Revoked],
        Due => &[Due, Expired, Revoked],
        Expired => &[Expired, Revoked],
        Revoked if here.starts_with("ReinstateGrant") => &[Active, Depleted],
        Revoked => &[Revoked],
    };
    assert!(allowed.contains(&to), "{from:?} → {to:?}: {here}");
}

#[test]
fn every_sample_belongs_to_its_row() {
    for &ask in Ask::ALL {
        assert_eq!(Ask::from(&sample(ask)), ask);
    }
    let names: BTreeSet<_> = Ask::ALL.iter().map(|ask| ask.name()).collect();
    assert_eq!(names.len(), Ask::ALL.len(), "two rows of one name");
    assert!(ledger().state.is_open());
}

/// The table in the documentation is the one in the code.
#[test]
fn the_rendered_table_is_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CREDIT_LEDGER.md");
    crate::support::check_page(&path, &markdown());
}
