//! The law of a delivery in one table: what each command may do where the delivery, the target
//! that it names, and the lead's data stand.

use std::fmt::Write;

use super::refusal::DeliveryRefusal as No;
use super::vocabulary::{DeliveryCommand as C, DeliveryStatus, TargetStatus};
use crate::law::{self, Verdict as V};

/// What the table says to a command.
pub type Verdict = V<No>;

/// Declares the rows: variants, all of them in order.
macro_rules! asks {
    ($($variant:ident),+ $(,)?) => {
        /// What is asked of the table: a command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // named as the commands
        pub enum Ask { $($variant,)+ }

        impl Ask {
            /// All rows, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The row of a command.
            pub const fn of(command: &C) -> Self {
                match command { $(C::$variant { .. } => Self::$variant,)+ }
            }
        }
    };
}

asks! {
    Request,
    AttemptTarget,
    ConfirmTarget,
    FailTarget,
    RecordTargetUnknown,
    DeadLetter,
    RetryDeadLetter,
    RecordRefund,
}

/// Has some target the lead?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
pub enum Arrival {
    Nowhere,
    Somewhere,
}

/// Where a delivery stands: one value of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    /// The whole.
    pub status: DeliveryStatus,
    /// The target that the command names; `Waiting` for commands that name none.
    pub target: TargetStatus,
    /// The data.
    pub arrival: Arrival,
}

/// A row: what each value of each dimension says, in the order of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the types of the dimensions say it
pub struct Row {
    pub status: [Verdict; 7],
    pub target: [Verdict; 5],
    pub arrival: [Verdict; 2],
}

const ANYWHERE: Row = Row { status: [V::Go; 7], target: [V::Go; 5], arrival: [V::Go; 2] };

impl Ask {
    /// Its row.
    pub const fn row(self) -> Row {
        use V::{Go, Nothing, Refuse};
        let none_yet = Refuse(No::NotAttempted);
        let alive = Refuse(No::NotDeadLettered);
        match self {
            Self::Request => Row { status: [Nothing; 7], ..ANYWHERE },
            Self::AttemptTarget => Row {
                status: [Go, Go, Go, Go, Go, Refuse(No::DeadLettered), Refuse(No::Refunded)],
                target: [
                    Go,
                    Refuse(No::AttemptUnderWay),
                    Refuse(No::OutcomeUnknown),
                    Refuse(No::AlreadyConfirmed),
                    Go,
                ],
                ..ANYWHERE
            },
            Self::ConfirmTarget => Row { target: [none_yet, Go, Go, Nothing, Go], ..ANYWHERE },
            Self::FailTarget => Row { target: [none_yet, Go, Go, Nothing, Nothing], ..ANYWHERE },
            Self::RecordTargetUnknown => {
                Row { target: [none_yet, Go, Nothing, Nothing, Nothing], ..ANYWHERE }
            }
            Self::DeadLetter => Row { status: [Go, Go, Nothing, Go, Go, Go, Nothing], ..ANYWHERE },
            Self::RetryDeadLetter => Row {
                status: [alive, alive, alive, alive, alive, Go, Refuse(No::Refunded)],
                ..ANYWHERE
            },
            Self::RecordRefund => Row {
                status: [Go, Go, Go, Go, Go, Go, Nothing],
                arrival: [Refuse(No::NotDelivered), Go],
                ..ANYWHERE
            },
        }
    }
}

/// What the table says to `ask` where the delivery stands so. The dimensions are asked in the
/// order of [`Standing`]; the first that does not say [`V::Go`] decides.
pub fn judge(ask: Ask, at: Standing) -> Verdict {
    let row = ask.row();
    let status = DeliveryStatus::ALL.iter().position(|known| *known == at.status);
    let target = TargetStatus::ALL.iter().position(|known| *known == at.target);
    law::first([
        row.status[status.unwrap_or(0)],
        row.target[target.unwrap_or(0)],
        row.arrival[usize::from(at.arrival == Arrival::Somewhere)],
    ])
}

/// The table as Markdown: a line per command, a column per dimension.
pub fn markdown() -> String {
    let mut text =
        String::from("| Command | Delivery | The target named | Arrival |\n|---|---|---|---|\n");
    for ask in Ask::ALL {
        let Row { status, target, arrival } = ask.row();
        let cells = [
            law::cell(&DeliveryStatus::ALL, &status),
            law::cell(&TargetStatus::ALL, &target),
            law::cell(&[Arrival::Nowhere, Arrival::Somewhere], &arrival),
        ];
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {ask:?} | {} |", cells.join(" | "));
    }
    text
}
