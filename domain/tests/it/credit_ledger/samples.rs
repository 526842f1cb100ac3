//! Samples of the ledger's events, and the commands that most tests use.

use bitacora_domain::aggregates::credit_ledger::{
    Allocation, AutoTopUp, Balance, CreditLedger, CreditLedgerCommand as C, CreditLedgerEvent as E,
    DebtCause, GrantKind, GrantSource, Purpose, PurposeKind, Regrant, ReinstatementReason,
    ReleaseCause, RevocationReason, Settlement, id_of, top_up_order,
};
use bitacora_domain::{GrantId, HoldId, OrderId};
use uuid::Uuid;

use crate::support::ids::{AGENT, TENANT, minute};
use crate::support::samples::{Sample, Sampled, state_without};
use crate::support::{Case, given};

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x1ED << 64 | n)
}
pub(crate) fn grant_id(n: u128) -> GrantId {
    GrantId::new(id(n))
}
pub(crate) fn hold_id(n: u128) -> HoldId {
    HoldId::new(id(0x100 + n))
}
pub(crate) fn order_id(n: u128) -> OrderId {
    OrderId::new(id(0x200 + n))
}
pub(crate) fn lead() -> Purpose {
    Purpose { kind: PurposeKind::Lead, id: id(0x300) }
}
pub(crate) fn part(grant: u128, credits: u64) -> Allocation {
    Allocation { grant: grant_id(grant), credits }
}

/// A balance of available, held and owed credits.
pub(crate) fn balance(available: u64, held: u64, debt: u64) -> Balance {
    Balance { available, held, scheduled: 0, debt }
}

/// The tenant's ledger, opened.
pub(crate) fn ledger() -> Case<CreditLedger> {
    given::<CreditLedger>([]).of(&id_of(TENANT).to_string()).after(C::OpenLedger)
}

/// A present without an end.
pub(crate) fn grant(n: u128, credits: u64) -> C {
    C::GrantCredits {
        grant: grant_id(n),
        kind: GrantKind::Bonus,
        credits,
        priority: 20,
        effective_at: minute(0),
        expires_at: None,
        source: GrantSource::Admin,
    }
}

/// The same until a minute.
pub(crate) fn grant_until(n: u128, credits: u64, until: i64) -> C {
    let mut command = grant(n, credits);
    if let C::GrantCredits { expires_at, .. } = &mut command {
        *expires_at = Some(minute(until));
    }
    command
}

/// The same with a priority.
pub(crate) fn with_priority(mut command: C, wanted: u8) -> C {
    if let C::GrantCredits { priority, .. } = &mut command {
        *priority = wanted;
    }
    command
}

/// What an order paid for.
pub(crate) fn bought(n: u128, credits: u64) -> C {
    let mut command = grant(n, credits);
    if let C::GrantCredits { kind, source, .. } = &mut command {
        (*kind, *source) = (GrantKind::Purchase, GrantSource::Order(order_id(n)));
    }
    command
}

/// Sets aside until minute 1,000.
pub(crate) fn reserve(n: u128, credits: u64) -> C {
    C::ReserveCredits { hold: hold_id(n), credits, purpose: lead(), expires_at: minute(1_000) }
}
pub(crate) fn capture(n: u128, credits: u64) -> C {
    C::CaptureHold { hold: hold_id(n), credits }
}
pub(crate) fn release(n: u128) -> C {
    C::ReleaseHold { hold: hold_id(n), reason: None }
}
pub(crate) fn refund(n: u128, credits: u64) -> C {
    C::RefundConsumption { hold: hold_id(n), credits, reason: "Duplicado".to_owned() }
}
pub(crate) fn adjust(n: u128, credits: i64) -> C {
    let reason = "Error de carga".to_owned();
    C::AdjustCredits { adjustment: id(0x400 + n), credits, reason, approver: AGENT }
}
pub(crate) fn revoke(grant: u128, n: u128, credits: u64) -> C {
    let reason = RevocationReason::Chargeback;
    C::RevokeGrant { grant: grant_id(grant), revocation: id(0x500 + n), reason, credits }
}
pub(crate) fn reinstate(grant: u128, n: u128, credits: u64) -> C {
    let reason = ReinstatementReason::DisputeWon;
    C::ReinstateGrant { grant: grant_id(grant), reinstatement: id(0x600 + n), reason, credits }
}
pub(crate) fn top_up(at_or_below: u64) -> AutoTopUp {
    AutoTopUp { at_or_below, credits: 50, price_minor: 40_000, currency: "usd".to_owned() }
}

/// A grant as it happens.
pub(crate) fn granted(n: u128, number: u64, credits: u64) -> E {
    E::CreditsGranted {
        grant: grant_id(n),
        number,
        kind: GrantKind::Purchase,
        credits,
        priority: 40,
        effective_at: minute(0),
        expires_at: Some(minute(10_000)),
        source: GrantSource::Order(order_id(n)),
        scheduled: false,
        balance: balance(credits, 0, 0),
        at: minute(0),
    }
}

impl Sampled for CreditLedger {
    fn samples() -> Vec<Sample<Self>> {
        [incoming(), holding(), taking_back(), settings()].concat()
    }
    fn full_state() -> Self {
        state_without(&["DebtSettled", "LowBalanceCleared", "LedgerUnfrozen", "AutoTopUpFailed"])
    }
}

fn incoming() -> Vec<Sample<CreditLedger>> {
    let opened = E::LedgerOpened {
        ledger: id_of(TENANT),
        tenant: TENANT,
        low: 10,
        rearm: 20,
        at: minute(0),
    };
    let of = |n, kind, source, scheduled| {
        let mut event = granted(n, 2, 40);
        if let E::CreditsGranted { kind: is, source: from, scheduled: later, expires_at, .. } =
            &mut event
        {
            (*is, *from, *later, *expires_at) = (kind, source, scheduled, None);
        }
        event
    };
    let trial = of(2, GrantKind::Trial, GrantSource::Admin, true);
    let activated = E::GrantActivated {
        grant: grant_id(2),
        credits: 40,
        balance: balance(90, 0, 0),
        at: minute(1),
    };
    let adjusted = |credits, allocations, granted| E::CreditsAdjusted {
        adjustment: id(0x401),
        credits,
        reason: "Error de carga".to_owned(),
        approver: AGENT,
        allocations,
        granted,
        balance: balance(88, 0, 0),
        at: minute(2),
    };
    vec![
        (None, opened),
        (None, granted(1, 1, 50)),
        (Some("scheduled"), trial),
        (None, activated),
        (None, adjusted(-2, vec![part(1, 2)], None)),
        (Some("added"), adjusted(5, vec![], Some(regrant(id(0x401), None)))),
    ]
}

fn regrant(id: Uuid, until: Option<i64>) -> Regrant {
    let (grant, expires_at) = (GrantId::new(id), until.map(minute));
    Regrant { grant, number: 3, credits: 5, priority: 10, expires_at }
}

fn holding() -> Vec<Sample<CreditLedger>> {
    let (balance, at, purpose) = (balance(70, 5, 0), minute(3), lead());
    let reserved = |n, parts: &[Allocation]| E::CreditsReserved {
        hold: hold_id(n),
        number: u64::try_from(n).unwrap(),
        credits: parts.iter().map(|part| part.credits).sum(),
        purpose,
        expires_at: minute(1_000),
        allocations: parts.to_vec(),
        balance,
        at,
    };
    let released = |n, cause, reason| E::HoldReleased {
        hold: hold_id(n),
        purpose,
        cause,
        reason,
        returned: vec![part(2, 1)],
        lapsed: vec![],
        clawed: vec![],
        balance,
        at,
    };
    let refunded = |regranted| E::ConsumptionRefunded {
        hold: hold_id(1),
        purpose,
        credits: 6,
        reason: "Duplicado".to_owned(),
        allocations: vec![part(1, 1)],
        regranted,
        balance,
        at,
    };
    vec![
        (None, reserved(1, &[part(1, 6), part(2, 1)])),
        (Some("second"), reserved(2, &[part(1, 2)])),
        (Some("third"), reserved(3, &[part(1, 3)])),
        (Some("fourth"), reserved(4, &[part(1, 4)])),
        (
            None,
            E::HoldCaptured {
                hold: hold_id(1),
                purpose,
                credits: 6,
                held: 7,
                allocations: vec![part(1, 6)],
                balance,
                at,
            },
        ),
        (Some("remainder"), released(1, ReleaseCause::Remainder, None)),
        (None, released(2, ReleaseCause::Released, Some("Ya no hace falta".to_owned()))),
        (
            None,
            E::HoldExpired {
                hold: hold_id(3),
                purpose,
                returned: vec![part(1, 1)],
                lapsed: vec![part(1, 1)],
                clawed: vec![part(1, 1)],
                balance,
                at,
            },
        ),
        (None, refunded(None)),
        (Some("to_a_new_grant"), refunded(Some(regrant(id(0x700), Some(50_000))))),
        (None, E::GrantExpired { grant: grant_id(2), remaining: 4, balance, at }),
    ]
}

fn taking_back() -> Vec<Sample<CreditLedger>> {
    let (balance, at) = (balance(0, 4, 12), minute(4));
    let reinstated = |regranted| E::GrantReinstated {
        grant: grant_id(1),
        reinstatement: id(0x601),
        reason: ReinstatementReason::DisputeWon,
        credits: 9,
        restored: 6,
        unowed: 1,
        forgiven: 2,
        scheduled: false,
        regranted,
        revoked: 21,
        balance,
        at,
    };
    let settled = |by| E::DebtSettled { credits: 3, by, balance, at };
    let outside = Settlement::Outside { reason: "Transferencia".to_owned(), approver: AGENT };
    let cause = DebtCause::Revocation { grant: grant_id(1), revocation: id(0x501) };
    let capture = DebtCause::Capture { hold: hold_id(4) };
    vec![
        (
            None,
            E::GrantRevoked {
                grant: grant_id(1),
                revocation: id(0x501),
                reason: RevocationReason::Chargeback,
                credits: 30,
                clawed: 14,
                forgiven: 2,
                owed: 2,
                shortfall: 12,
                scheduled: false,
                revoked: 30,
                balance,
                at,
            },
        ),
        (None, E::DebtRecorded { cause, allocations: vec![], credits: 12, balance, at }),
        (
            Some("by_a_capture"),
            E::DebtRecorded {
                cause: capture,
                allocations: vec![part(1, 1)],
                credits: 1,
                balance,
                at,
            },
        ),
        (None, settled(Settlement::Credits(vec![part(1, 3)]))),
        (Some("outside"), settled(outside)),
        (None, reinstated(None)),
        (Some("to_a_new_grant"), reinstated(Some(regrant(id(0x701), Some(60_000))))),
    ]
}

fn settings() -> Vec<Sample<CreditLedger>> {
    let at = minute(5);
    let order = top_up_order(id_of(TENANT), 1);
    let reason = || "Sospecha de fraude".to_owned();
    vec![
        (None, E::CreditsExhausted { at }),
        (None, E::ThresholdSet { low: 5, rearm: 15, at }),
        (None, E::LowBalanceReached { available: 4, low: 5, at }),
        (None, E::LowBalanceCleared { available: 15, rearm: 15, at }),
        (None, E::LedgerFrozen { reason: reason(), at }),
        (None, E::LedgerUnfrozen { reason: reason(), at }),
        (None, E::AutoTopUpConfigured { top_up: Some(top_up(5)), at }),
        (
            None,
            E::AutoTopUpRequested {
                order,
                number: 1,
                credits: 50,
                price_minor: 40_000,
                currency: "usd".to_owned(),
                available: 4,
                at,
            },
        ),
        (None, E::AutoTopUpFailed { order, reason: "Nadie pagó".to_owned(), at }),
    ]
}
