//! The credit ledger against a second, naive one. Nothing here shares code with the aggregate:
//! every credit is a coin that lies somewhere ([`naive`]), and every command is answered by
//! moving coins. The domain's tests play some thousand random commands, the torture a million.

pub(crate) mod books;
pub(crate) mod generate;
pub(crate) mod naive;
pub(crate) mod rules;

use std::collections::BTreeMap;

use bitacora_domain::aggregates::credit_ledger::{
    Balance, CreditLedger, CreditLedgerCommand, CreditLedgerEvent, id_of,
};
use bitacora_domain::{Actor, CommandId, Directed, DomainAggregate, DomainError, TenantId};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use uuid::Uuid;

use books::Books;
use generate::Generator;
use naive::Naive;

/// What was played.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// Commands given.
    pub(crate) commands: u64,
    /// Of them, not refused.
    pub(crate) accepted: u64,
    /// Of those, such that something happened.
    pub(crate) changed: u64,
    /// How often each event came.
    pub(crate) events: BTreeMap<String, u64>,
    /// How often each refusal came.
    pub(crate) refusals: BTreeMap<String, u64>,
}

/// Commands in one ledger's life.
const LIFE: u64 = 300;
/// Whose ledger it is.
const TENANT: TenantId = TenantId::new(Uuid::from_u128(0x7E));

/// Plays `commands` random commands, in lives of 300, each life from its own seed.
///
/// # Errors
/// The first difference between ledger and model, with the seed of its life.
pub(crate) fn play(seed: u64, commands: u64) -> Result<Report, String> {
    let mut report = Report::default();
    let mut life = seed;
    while report.commands < commands {
        let length = LIFE.min(commands - report.commands);
        live(life, length, &mut report)
            .map_err(|difference| format!("a life with seed {life} differs: {difference}"))?;
        life = life.wrapping_add(1);
    }
    Ok(report)
}

/// One ledger from its opening on.
fn live(seed: u64, length: u64, report: &mut Report) -> Result<(), String> {
    let (mut ledger, mut model) = (CreditLedger::default(), Naive::default());
    let (mut books, mut generator) = (Books::default(), Generator::new(seed));
    for n in 0..length {
        let (now, body) = generator.next(n, &model);
        let told = format!("command {n} at {now}: {body:?}");
        let result = ledger.decide(&circumstances(n, now), body.clone());
        let expected = model.expect(now, &body);
        report.commands += 1;
        match (&result, &expected) {
            (Ok(events), Ok(lines)) => {
                let happened: Vec<_> = events.iter().map(line).collect();
                if happened != *lines {
                    return Err(format!("{told}: {happened:?}, expected {lines:?}"));
                }
                report.accepted += 1;
                report.changed += u64::from(!events.is_empty());
            }
            (Err(refusal), Err(code)) if refusal.code() == *code => {
                *report.refusals.entry((*code).to_owned()).or_default() += 1;
            }
            _ => return Err(format!("{told}: {result:?}, expected {expected:?}")),
        }
        for event in result.into_iter().flatten() {
            *report.events.entry(event.name().to_owned()).or_default() += 1;
            books.write(&event).map_err(|fault| format!("{told}: {fault}"))?;
            ledger.apply(event);
            books.check(ledger.balance()).map_err(|fault| format!("{told}: {fault}"))?;
        }
        compare(&ledger, &model, now).map_err(|fault| format!("{told}: {fault}"))?;
    }
    Ok(())
}

fn circumstances(n: u64, now: DateTime<Utc>) -> Directed<()> {
    Directed {
        tenant: TENANT,
        aggregate_id: id_of(TENANT).to_string(),
        command_id: CommandId::new(Uuid::from_u128(u128::from(n))),
        actor: Actor::system("model"),
        now,
        body: (),
    }
}

/// Balance, grants and holds.
fn compare(ledger: &CreditLedger, model: &Naive, now: DateTime<Utc>) -> Result<(), String> {
    let (found, expected) = (ledger.balance(), model.balance());
    if found != expected {
        return Err(format!("the balance is {found:?}, expected {expected:?}"));
    }
    if found.debt > 0 && found.available > 0 {
        return Err(format!("{found:?}: a debt beside available credits"));
    }
    for (grant, remaining, standing) in model.grants_at(now) {
        let left = ledger.remaining_of(grant);
        if left != Some(remaining) {
            return Err(format!("{grant} has {left:?} left, expected {remaining}"));
        }
        let found = format!("{:?}", ledger.grant_standing(grant, now));
        if found != standing {
            return Err(format!("{grant} is {found}, expected {standing}"));
        }
    }
    for (hold, standing) in model.holds_at(now) {
        let found = format!("{:?}", ledger.hold_standing(hold, now));
        if found != standing {
            return Err(format!("{hold} is {found}, expected {standing}"));
        }
    }
    Ok(())
}

/// An event in one line: its name, and the sum that it is about.
fn line(event: &CreditLedgerEvent) -> String {
    use CreditLedgerEvent as E;
    let sum = |parts: &[bitacora_domain::aggregates::credit_ledger::Allocation]| {
        parts.iter().map(|part| part.credits).sum::<u64>()
    };
    let name = event.name();
    match event {
        E::CreditsGranted { credits, .. }
        | E::GrantActivated { credits, .. }
        | E::CreditsReserved { credits, .. }
        | E::HoldCaptured { credits, .. }
        | E::DebtRecorded { credits, .. }
        | E::DebtSettled { credits, .. } => format!("{name} {credits}"),
        E::HoldReleased { returned, lapsed, clawed, .. }
        | E::HoldExpired { returned, lapsed, clawed, .. } => {
            format!("{name} {} {} {}", sum(returned), sum(lapsed), sum(clawed))
        }
        E::ConsumptionRefunded { allocations, regranted, .. } => {
            format!("{name} {} {}", sum(allocations), regranted.map_or(0, |made| made.credits))
        }
        E::CreditsAdjusted { credits, .. } => format!("{name} {credits}"),
        E::GrantExpired { remaining, .. } => format!("{name} {remaining}"),
        E::GrantRevoked { clawed, forgiven, owed, shortfall, .. } => {
            format!("{name} {clawed} {forgiven} {owed} {shortfall}")
        }
        E::GrantReinstated { restored, unowed, forgiven, regranted, .. } => {
            let anew = regranted.map_or(0, |made| made.credits);
            format!("{name} {restored} {unowed} {forgiven} {anew}")
        }
        E::LowBalanceReached { available, .. }
        | E::LowBalanceCleared { available, .. }
        | E::AutoTopUpRequested { available, .. } => format!("{name} {available}"),
        E::ThresholdSet { low, rearm, .. } => format!("{name} {low} {rearm}"),
        E::LedgerOpened { .. }
        | E::CreditsExhausted { .. }
        | E::LedgerFrozen { .. }
        | E::LedgerUnfrozen { .. }
        | E::AutoTopUpConfigured { .. }
        | E::AutoTopUpFailed { .. } => name.to_owned(),
    }
}

/// A balance of so many coins.
fn balance(available: u64, held: u64, scheduled: u64, debt: u64) -> Balance {
    Balance { available, held, scheduled, debt }
}

/// What the model and its caller exchange.
pub(crate) type Command = CreditLedgerCommand;
