//! The law of an order in one table: what each command may do where money and credits stand. A
//! decision consults it, the documentation is rendered from it, and a test holds every cell
//! against what really happens. Facts that are no news, and a timer that comes early, are looked
//! at before it.

use std::fmt::Write;

use super::commands::BillingOrderCommand as C;
use super::refusal::BillingOrderRefusal as No;
use super::vocabulary::PaymentStatus;
use crate::DomainError;
use crate::declare::asks;

/// Where the money stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // said by `OrderStatus`
pub enum Money {
    NotCreated,
    Created,
    CheckoutOpen,
    Failed,
    Expired,
    Paid,
    PartiallyRefunded,
    Refunded,
    Disputed,
    ChargedBack,
}

/// Where the credits stand. Paid and given is what people call `GRANTED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credits {
    /// The ledger has not said that it gave them.
    NotGiven,
    /// It has.
    Given,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the types say it
pub struct Standing {
    pub money: Money,
    pub credits: Credits,
}

impl Money {
    /// All values, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::NotCreated,
        Self::Created,
        Self::CheckoutOpen,
        Self::Failed,
        Self::Expired,
        Self::Paid,
        Self::PartiallyRefunded,
        Self::Refunded,
        Self::Disputed,
        Self::ChargedBack,
    ];

    /// Was it ever paid?
    pub const fn was_paid(self) -> bool {
        match self {
            Self::NotCreated
            | Self::Created
            | Self::CheckoutOpen
            | Self::Failed
            | Self::Expired => false,
            Self::Paid
            | Self::PartiallyRefunded
            | Self::Refunded
            | Self::Disputed
            | Self::ChargedBack => true,
        }
    }
}

impl Standing {
    /// Every state of the product; credits are given only for what was paid.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for money in Money::ALL {
            all.push(Self { money, credits: Credits::NotGiven });
            if money.was_paid() {
                all.push(Self { money, credits: Credits::Given });
            }
        }
        all
    }
}

/// What a state says to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against it.
    Go,
    /// No news: accepted, no event.
    Nothing,
    /// Refused.
    Refuse(No),
}

asks! {
    CreateOrder = "CreateOrder, with other data",
    OpenCheckout = "OpenCheckout",
    RecordPayment = "RecordPayment, paid (the first time)",
    RecordUnpaid = "RecordPayment, not yet paid",
    RecordAttemptFailure = "RecordAttemptFailure",
    FailOrder = "FailOrder",
    RecordCheckoutExpired = "RecordCheckoutExpired",
    ExpireOrder = "ExpireOrder (timer)",
    MarkGranted = "MarkGranted",
    RecordRefund = "RecordRefund",
    RecordRefundFailure = "RecordRefundFailure",
    OpenDispute = "OpenDispute",
    CloseDispute = "CloseDispute",
}

impl From<&C> for Ask {
    fn from(body: &C) -> Self {
        match body {
            C::CreateOrder { .. } => Self::CreateOrder,
            C::OpenCheckout { .. } => Self::OpenCheckout,
            C::RecordPayment { status: PaymentStatus::Unpaid, .. } => Self::RecordUnpaid,
            C::RecordPayment {
                status: PaymentStatus::Paid | PaymentStatus::NoPaymentRequired,
                ..
            } => Self::RecordPayment,
            C::RecordAttemptFailure { .. } => Self::RecordAttemptFailure,
            C::FailOrder { .. } => Self::FailOrder,
            C::RecordCheckoutExpired { .. } => Self::RecordCheckoutExpired,
            C::ExpireOrder => Self::ExpireOrder,
            C::MarkGranted { .. } => Self::MarkGranted,
            C::RecordRefund { .. } => Self::RecordRefund,
            C::RecordRefundFailure { .. } => Self::RecordRefundFailure,
            C::OpenDispute { .. } => Self::OpenDispute,
            C::CloseDispute { .. } => Self::CloseDispute,
        }
    }
}

/// What the table says.
pub fn judge(ask: Ask, standing: Standing) -> Verdict {
    use Verdict::{Go, Nothing, Refuse};
    let [not_created, created, open, failed, expired, paid] = match ask {
        Ask::CreateOrder => {
            let other = Refuse(No::AlreadyCreated);
            [Go, other, other, other, other, other]
        }
        Ask::OpenCheckout => {
            let over = Refuse(No::Over);
            [Refuse(No::NotFound), Go, Refuse(No::CheckoutOpen), over, over, Nothing]
        }
        // An attempt that failed may be told after the one that succeeded.
        Ask::RecordPayment
        | Ask::RecordAttemptFailure
        | Ask::RecordRefund
        | Ask::RecordRefundFailure
        | Ask::OpenDispute
        | Ask::CloseDispute => [Refuse(No::NotFound), Go, Go, Go, Go, Go],
        Ask::RecordUnpaid | Ask::FailOrder | Ask::RecordCheckoutExpired | Ask::ExpireOrder => {
            [Refuse(No::NotFound), Go, Go, Nothing, Nothing, Nothing]
        }
        Ask::MarkGranted => {
            let unpaid = Refuse(No::NotPaid);
            let given = if standing.credits == Credits::Given { Nothing } else { Go };
            [Refuse(No::NotFound), unpaid, unpaid, unpaid, unpaid, given]
        }
    };
    match standing.money {
        Money::NotCreated => not_created,
        Money::Created => created,
        Money::CheckoutOpen => open,
        Money::Failed => failed,
        Money::Expired => expired,
        Money::Paid
        | Money::PartiallyRefunded
        | Money::Refunded
        | Money::Disputed
        | Money::ChargedBack => paid,
    }
}

/// The table as Markdown: a line per command, a column per state.
pub fn markdown() -> String {
    let columns = Standing::all();
    let title = |at: &Standing| match at.credits {
        Credits::NotGiven => format!("{:?}", at.money),
        Credits::Given => format!("{:?}, given", at.money),
    };
    let titles: Vec<_> = columns.iter().map(title).collect();
    let mut text =
        format!("| Command | {} |\n|---|{}\n", titles.join(" | "), "---|".repeat(titles.len()));
    for &ask in Ask::ALL {
        let cell = |at: &Standing| match judge(ask, *at) {
            Verdict::Go => "✓".to_owned(),
            Verdict::Nothing => "–".to_owned(),
            Verdict::Refuse(refusal) => format!("`{}`", refusal.code()),
        };
        let cells: Vec<_> = columns.iter().map(cell).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {} |", ask.name(), cells.join(" | "));
    }
    text
}
