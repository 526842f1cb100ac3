//! The number of a ticket.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Number of a ticket, 1, 2, 3 … without gaps within its tenant. It is *pending* (null in JSON)
/// from the decision until the appender fills it in, in the transaction of the append, so that a
/// ticket that was not opened after all leaves no hole. In the log it is never pending.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TicketNumber(Option<i64>);

impl TicketNumber {
    /// Not given yet.
    pub const PENDING: Self = Self(None);

    /// This number.
    pub const fn new(number: i64) -> Self {
        Self(Some(number))
    }

    /// The number; `None` while it is pending.
    pub const fn value(self) -> Option<i64> {
        self.0
    }

    /// Does it still wait for the appender?
    pub const fn is_pending(self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number:06}"),
            None => f.write_str("pending"),
        }
    }
}
