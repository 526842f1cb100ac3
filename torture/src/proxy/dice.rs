//! The dice: what happens to a message, by seed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Chances per message, in parts of 10,000.
#[derive(Clone, Copy, Debug)]
pub struct Odds {
    /// Cut before a COMMIT is forwarded.
    pub cut_before_commit: u32,
    /// Forward a COMMIT and swallow the answer.
    pub cut_after_commit: u32,
    /// Hold a COMMIT back.
    pub stall_commit: u32,
    /// Cut at any other message, either way.
    pub cut_elsewhere: u32,
    /// Hold any other message back.
    pub stall: u32,
}

impl Default for Odds {
    fn default() -> Self {
        Self {
            cut_before_commit: 120,
            cut_after_commit: 120,
            stall_commit: 80,
            cut_elsewhere: 4,
            stall: 6,
        }
    }
}

/// What happens to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes through.
    Pass,
    /// It goes through after a while.
    Stall(Duration),
    /// The connection ends before it is forwarded.
    CutBefore,
    /// It is forwarded, and the connection ends without waiting for the answer.
    CutAfter,
    /// It is forwarded, and the connection ends when the answer has come.
    CutAtAnswer,
    /// Half of it is forwarded, and the connection ends.
    CutInside,
}

/// The dice of one connection.
#[derive(Debug)]
pub(super) struct Dice {
    random: StdRng,
    odds: Odds,
}

impl Dice {
    pub(super) fn new(seed: u64, serial: u64, odds: Odds) -> Self {
        let mixed = seed ^ serial.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self { random: StdRng::seed_from_u64(mixed), odds }
    }

    /// The fate of a COMMIT.
    pub(super) fn commit(&mut self) -> Fate {
        let Odds { cut_before_commit, cut_after_commit, stall_commit, .. } = self.odds;
        let thrown = self.random.random_range(0..10_000);
        if thrown < cut_before_commit {
            Fate::CutBefore
        } else if thrown < cut_before_commit + cut_after_commit {
            if self.random.random_bool(0.5) { Fate::CutAfter } else { Fate::CutAtAnswer }
        } else if thrown < cut_before_commit + cut_after_commit + stall_commit {
            Fate::Stall(Duration::from_millis(self.random.random_range(20..400)))
        } else {
            Fate::Pass
        }
    }

    /// The fate of any other message.
    pub(super) fn other(&mut self) -> Fate {
        let Odds { cut_elsewhere, stall, .. } = self.odds;
        let thrown = self.random.random_range(0..10_000);
        if thrown < cut_elsewhere {
            if self.random.random_bool(0.5) { Fate::CutBefore } else { Fate::CutInside }
        } else if thrown < cut_elsewhere + stall {
            Fate::Stall(Duration::from_millis(self.random.random_range(5..150)))
        } else {
            Fate::Pass
        }
    }
}
