//! What becomes of a request to dial: follows from the seed and the attempt.

use rand::Rng as _;

use crate::chance::dice;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Made, and answered so.
    Fine,
    /// Read, perhaps made, then the connection is reset.
    Reset { made: bool },
    /// Read, perhaps made, and never answered.
    Silence { made: bool },
    /// A 502 of something in between; perhaps made.
    Gateway { made: bool },
    /// 503 in the API's own words; perhaps made, all the same.
    Busy { made: bool },
    /// Made; the 201 cannot be read.
    Garbage,
    /// 429: certainly not made.
    Throttled,
    /// The API's own no, for good.
    Undeliverable,
}

/// One request in so many has a fault that comes by turns, so that a short run has all of them.
const TURN_EVERY: u64 = 2;
/// Faults that come by turns.
const TURNS: u64 = 7;

impl Fate {
    /// Of a request for an attempt, the `of_all`-th of all. Where the number is `shared` by two
    /// calls of one moment, answers get lost more often: which of them was made?
    pub(super) fn of(seed: u64, attempt: &str, of_all: u64, shared: bool) -> Self {
        let mut dice = dice(seed, attempt);
        let made = dice.random_bool(0.5);
        if of_all % TURN_EVERY == 1 && of_all / TURN_EVERY < TURNS {
            return Self::by_turns(of_all / TURN_EVERY, made);
        }
        if shared && dice.random_bool(0.7) {
            return Self::Reset { made };
        }
        match dice.random_range(0..1_000) {
            0..50 => Self::Reset { made },
            50..60 => Self::Silence { made },
            60..100 => Self::Gateway { made },
            100..130 => Self::Busy { made },
            130..170 => Self::Garbage,
            170..230 => Self::Throttled,
            230..260 => Self::Undeliverable,
            _ => Self::Fine,
        }
    }

    /// Every fault there is, one after the other. The slow one comes first.
    const fn by_turns(turn: u64, made: bool) -> Self {
        match turn % TURNS {
            0 => Self::Silence { made },
            1 => Self::Reset { made },
            2 => Self::Gateway { made },
            3 => Self::Busy { made },
            4 => Self::Garbage,
            5 => Self::Throttled,
            _ => Self::Undeliverable,
        }
    }

    /// Does somebody's phone ring?
    pub(super) const fn made(self) -> bool {
        match self {
            Self::Fine | Self::Garbage => true,
            Self::Reset { made }
            | Self::Silence { made }
            | Self::Gateway { made }
            | Self::Busy { made } => made,
            Self::Throttled | Self::Undeliverable => false,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fine => "answered well",
            Self::Reset { .. } => "connection reset after the request was read",
            Self::Silence { .. } => "request never answered (time-out)",
            Self::Gateway { .. } => "502 of something in between",
            Self::Busy { .. } => "503 in the API's words",
            Self::Garbage => "201 that cannot be read",
            Self::Throttled => "429",
            Self::Undeliverable => "refused for good",
        }
    }
}

/// Names of all faults that must have fired at the end of a run.
pub(super) fn all_faults() -> impl Iterator<Item = &'static str> {
    (0..TURNS).map(|turn| Fate::by_turns(turn, false).name())
}
