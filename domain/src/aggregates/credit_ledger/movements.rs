//! The events as double-entry book-keeping: every credit moves from one account to another, so
//! debits equal credits at every version, and a statement with its running balance follows from
//! the events alone.

use super::events::CreditLedgerEvent as E;
use super::vocabulary::{Allocation, GrantKind, Settlement, signed, total};

/// Where credits can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// Not given out. Falls below 0 by what was.
    Issued,
    /// In grants that have not begun.
    Scheduled,
    /// Can be set aside.
    Available,
    /// Set aside.
    Held,
    /// Used up.
    Consumed,
    /// Ended unused.
    Expired,
    /// Taken back with their payment.
    Revoked,
    /// Below 0 by what is owed.
    Debt,
    /// Debts settled outside the ledger.
    SettledOutside,
}

/// What a line of a statement is about (CONV-19, X-CONV-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TransactionType {
    /// Credits were bought.
    CreditPurchase,
    /// Bonus credits.
    CreditBonus,
    /// Trial credits.
    CreditTrial,
    /// Credits of courtesy.
    CreditGoodwill,
    /// A correction, up or down.
    CreditAdjustment,
    /// A scheduled grant began.
    CreditActivation,
    /// Set aside; the balance does not change.
    CreditHold,
    /// Set aside no more; the balance does not change.
    CreditRelease,
    /// Used up.
    CreditConsumption,
    /// Used, and given back.
    CreditRefund,
    /// Ended unused.
    CreditExpiry,
    /// Taken back with their payment.
    CreditRevocation,
    /// Given again.
    CreditReinstatement,
    /// Owed.
    CreditDebt,
    /// Owed no more.
    CreditDebtSettlement,
}

impl TransactionType {
    /// Stable text, as in columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreditPurchase => "CREDIT_PURCHASE",
            Self::CreditBonus => "CREDIT_BONUS",
            Self::CreditTrial => "CREDIT_TRIAL",
            Self::CreditGoodwill => "CREDIT_GOODWILL",
            Self::CreditAdjustment => "CREDIT_ADJUSTMENT",
            Self::CreditActivation => "CREDIT_ACTIVATION",
            Self::CreditHold => "CREDIT_HOLD",
            Self::CreditRelease => "CREDIT_RELEASE",
            Self::CreditConsumption => "CREDIT_CONSUMPTION",
            Self::CreditRefund => "CREDIT_REFUND",
            Self::CreditExpiry => "CREDIT_EXPIRY",
            Self::CreditRevocation => "CREDIT_REVOCATION",
            Self::CreditReinstatement => "CREDIT_REINSTATEMENT",
            Self::CreditDebt => "CREDIT_DEBT",
            Self::CreditDebtSettlement => "CREDIT_DEBT_SETTLEMENT",
        }
    }

    const fn of(kind: GrantKind) -> Self {
        match kind {
            GrantKind::Purchase => Self::CreditPurchase,
            GrantKind::Bonus => Self::CreditBonus,
            GrantKind::Trial => Self::CreditTrial,
            GrantKind::Adjustment => Self::CreditAdjustment,
            GrantKind::Goodwill => Self::CreditGoodwill,
        }
    }
}

/// Credits that go from one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Why.
    pub transaction_type: TransactionType,
    /// Out of here …
    pub from: Account,
    /// … into here.
    pub to: Account,
    /// Credits; never 0.
    pub credits: u64,
}

/// A line of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub transaction_type: TransactionType,
    /// Change of the balance (available and held, less the debt); 0 when credits are only set
    /// aside or given back.
    pub amount: i64,
    /// Change of what is available.
    pub available_change: i64,
    /// The balance after it.
    pub balance_after: i64,
}

impl Movement {
    /// By how much it changes the sum of `accounts`.
    fn change(self, accounts: &[Account]) -> i64 {
        let side = |account| if accounts.contains(&account) { signed(self.credits) } else { 0 };
        side(self.to) - side(self.from)
    }
}

impl E {
    /// Its movements, in the order of their happening.
    pub fn movements(&self) -> Vec<Movement> {
        use Account as A;
        use TransactionType as T;
        let one = |kind, from, to, credits| vec![(kind, from, to, credits)];
        let moves = match self {
            Self::CreditsGranted { kind, credits, scheduled, .. } => {
                one(T::of(*kind), A::Issued, begun(*scheduled), *credits)
            }
            Self::GrantActivated { credits, .. } => {
                one(T::CreditActivation, A::Scheduled, A::Available, *credits)
            }
            Self::CreditsReserved { credits, .. } => {
                one(T::CreditHold, A::Available, A::Held, *credits)
            }
            Self::HoldCaptured { credits, .. } => {
                one(T::CreditConsumption, A::Held, A::Consumed, *credits)
            }
            Self::HoldReleased { returned, lapsed, clawed, .. }
            | Self::HoldExpired { returned, lapsed, clawed, .. } => ended(returned, lapsed, clawed),
            Self::ConsumptionRefunded { credits, .. } => {
                one(T::CreditRefund, A::Consumed, A::Available, *credits)
            }
            Self::CreditsAdjusted { credits, .. } if *credits < 0 => {
                one(T::CreditAdjustment, A::Available, A::Issued, credits.unsigned_abs())
            }
            Self::CreditsAdjusted { credits, .. } => {
                one(T::CreditAdjustment, A::Issued, A::Available, credits.unsigned_abs())
            }
            Self::GrantExpired { remaining, .. } => {
                one(T::CreditExpiry, A::Available, A::Expired, *remaining)
            }
            Self::GrantRevoked { clawed, forgiven, scheduled, .. } => vec![
                (T::CreditRevocation, begun(*scheduled), A::Revoked, *clawed),
                (T::CreditRevocation, A::Expired, A::Revoked, *forgiven),
            ],
            Self::GrantReinstated { restored, forgiven, scheduled, .. } => vec![
                (T::CreditReinstatement, A::Revoked, begun(*scheduled), *restored),
                (T::CreditReinstatement, A::Revoked, A::Expired, *forgiven),
            ],
            Self::DebtRecorded { credits, .. } => one(T::CreditDebt, A::Debt, A::Revoked, *credits),
            Self::DebtSettled { credits, by, .. } => {
                let from = match by {
                    Settlement::Credits(_) => A::Available,
                    Settlement::Outside { .. } => A::SettledOutside,
                };
                one(T::CreditDebtSettlement, from, A::Debt, *credits)
            }
            Self::LedgerOpened { .. }
            | Self::CreditsExhausted { .. }
            | Self::ThresholdSet { .. }
            | Self::LowBalanceReached { .. }
            | Self::LowBalanceCleared { .. }
            | Self::LedgerFrozen { .. }
            | Self::LedgerUnfrozen { .. }
            | Self::AutoTopUpConfigured { .. }
            | Self::AutoTopUpRequested { .. }
            | Self::AutoTopUpFailed { .. } => vec![],
        };
        let moved = moves.into_iter().filter(|(_, _, _, credits)| *credits > 0);
        moved
            .map(|(transaction_type, from, to, credits)| Movement {
                transaction_type,
                from,
                to,
                credits,
            })
            .collect()
    }

    /// Its lines in the statement: those movements that touch what the tenant has.
    pub fn entries(&self) -> Vec<Entry> {
        const BOOKED: [Account; 3] = [Account::Available, Account::Held, Account::Debt];
        let Some(after) = self.balance() else { return Vec::new() };
        let touches = |account: &Account| BOOKED.contains(account);
        let movements = self.movements();
        let mut left: i64 = movements.iter().map(|movement| movement.change(&BOOKED)).sum();
        let mut entries = Vec::new();
        for movement in movements {
            let amount = movement.change(&BOOKED);
            left -= amount;
            if touches(&movement.from) || touches(&movement.to) {
                entries.push(Entry {
                    transaction_type: movement.transaction_type,
                    amount,
                    available_change: movement.change(&[Account::Available]),
                    balance_after: after.booked() - left,
                });
            }
        }
        entries
    }
}

const fn begun(scheduled: bool) -> Account {
    if scheduled { Account::Scheduled } else { Account::Available }
}

/// Where the credits of an ended hold go.
fn ended(
    returned: &[Allocation],
    lapsed: &[Allocation],
    clawed: &[Allocation],
) -> Vec<(TransactionType, Account, Account, u64)> {
    use TransactionType as T;
    vec![
        (T::CreditRelease, Account::Held, Account::Available, total(returned)),
        (T::CreditExpiry, Account::Held, Account::Expired, total(lapsed)),
        (T::CreditRevocation, Account::Held, Account::Revoked, total(clawed)),
    ]
}
