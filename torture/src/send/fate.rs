//! What becomes of a request and of a message: follows from the seed and the message.

use rand::Rng as _;

use super::book::Proof;
use crate::chance::dice;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Taken, and answered so.
    Fine,
    /// Read, perhaps taken, then the connection is reset.
    Reset { taken: bool },
    /// Read, perhaps taken, and never answered.
    Silence { taken: bool },
    /// A 502 of something in between; perhaps taken.
    Gateway { taken: bool },
    /// Taken; the 200 cannot be read.
    Garbage,
    /// Taken; the 200 has no end.
    Endless,
    /// The API's own no, worth another attempt.
    Busy,
    /// 429 with `Retry-After`.
    Throttled,
    /// The API's own no, for good.
    Undeliverable,
}

/// One request in so many has a fault that comes by turns, so that a short run has all of them.
const TURN_EVERY: u64 = 12;

impl Fate {
    /// Of the `nth` request for a message, the `of_all`-th of all.
    pub(super) fn of(seed: u64, callback: &str, nth: u64, of_all: u64) -> Self {
        let mut dice = dice(seed, &format!("{callback} {nth}"));
        let taken = dice.random_bool(0.5);
        if of_all % TURN_EVERY == TURN_EVERY / 2 {
            return Self::by_turns(of_all / TURN_EVERY, taken);
        }
        match dice.random_range(0..1_000) {
            0..50 => Self::Reset { taken },
            50..60 => Self::Silence { taken },
            60..100 => Self::Gateway { taken },
            100..130 => Self::Garbage,
            130..145 => Self::Endless,
            145..205 => Self::Busy,
            205..255 => Self::Throttled,
            255..285 => Self::Undeliverable,
            _ => Self::Fine,
        }
    }

    /// Every fault there is, one after the other.
    const fn by_turns(turn: u64, taken: bool) -> Self {
        match turn % 8 {
            0 => Self::Reset { taken },
            1 => Self::Silence { taken },
            2 => Self::Gateway { taken },
            3 => Self::Garbage,
            4 => Self::Endless,
            5 => Self::Busy,
            6 => Self::Throttled,
            _ => Self::Undeliverable,
        }
    }

    pub(super) const fn taken(self) -> bool {
        match self {
            Self::Fine | Self::Garbage | Self::Endless => true,
            Self::Reset { taken } | Self::Silence { taken } | Self::Gateway { taken } => taken,
            Self::Busy | Self::Throttled | Self::Undeliverable => false,
        }
    }

    pub(super) const fn proof(self) -> Proof {
        match self {
            Self::Busy | Self::Throttled | Self::Undeliverable => Proof::Nothing,
            Self::Fine
            | Self::Garbage
            | Self::Endless
            | Self::Reset { .. }
            | Self::Silence { .. }
            | Self::Gateway { .. } => Proof::NotNothing,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fine => "answered well",
            Self::Reset { .. } => "connection reset after the request was read",
            Self::Silence { .. } => "request never answered (time-out)",
            Self::Gateway { .. } => "502 of something in between",
            Self::Garbage => "200 that cannot be read",
            Self::Endless => "200 without end",
            Self::Busy => "503 in the API's words",
            Self::Throttled => "429 with Retry-After",
            Self::Undeliverable => "refused for good",
        }
    }
}

/// The reset of a connection before anything was read.
pub(super) const REFUSED_CONNECTION: &str = "connection reset before anything was read";

/// Names of all faults that must have fired at the end of a run.
pub(super) fn all_faults() -> Vec<&'static str> {
    let mut all: Vec<_> = (0..8).map(|turn| Fate::by_turns(turn, false).name()).collect();
    all.push(REFUSED_CONNECTION);
    all
}

/// The statuses of a message that was taken, in the order in which they are posted; and the
/// furthest of them, which it must end as.
pub(super) fn statuses(seed: u64, callback: &str) -> (Vec<&'static str>, &'static str) {
    let mut dice = dice(seed, &format!("statuses {callback}"));
    let mut list = match dice.random_range(0..100) {
        0..4 => vec!["failed"],
        4..8 => vec!["sent", "failed"],
        8..20 => vec!["sent"],
        20..45 => vec!["sent", "delivered"],
        _ => vec!["sent", "delivered", "read"],
    };
    let ending = list.last().copied().unwrap_or("sent");
    // A failure that overtakes "sent" is still the end; nothing else may be reordered with it.
    if ending != "failed" && dice.random_bool(0.3) {
        list.reverse();
    }
    if dice.random_bool(0.3) {
        let again = dice.random_range(0..list.len());
        list.push(list[again]);
    }
    (list, ending)
}
