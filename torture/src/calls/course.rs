//! How a call goes once it was made, and what is told of it: follows from the seed and the attempt.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use crate::chance::dice;

/// How long a call that took place lasts, as the carrier tells it, seconds.
pub(super) const LASTS_S: i64 = 74;

/// A status that the call reaches.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) status: &'static str,
    /// Milliseconds after the one before.
    pub(super) after: u64,
    /// Milliseconds until it is posted; `None` when that gets lost.
    pub(super) told: Option<u64>,
    /// It is posted once more.
    pub(super) twice: bool,
}

/// How a call goes.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) steps: Vec<Step>,
    pub(super) answered_by: Option<&'static str>,
    /// SIP response code of the end.
    pub(super) sip: i64,
    /// What is not taken is posted until it is; else it is lost, as the carrier does not repeat.
    pub(super) persistent: bool,
}

/// Of a hundred calls, of so many nothing is told …
const SILENT: u32 = 6;
/// … and of those up to here the end is not.
const ENDLESS: u32 = 18;

impl Course {
    /// Of an attempt. Of one of `twins`, two calls to one number at a time, everything is told:
    /// nobody could say else which of the two it was.
    pub(super) fn of(seed: u64, attempt: &str, twins: bool) -> Self {
        let mut dice = dice(seed, &format!("course of {attempt}"));
        let (statuses, answered_by, sip) = ending(&mut dice);
        let silence = if twins { u32::MAX } else { dice.random_range(0..100) };
        let last = statuses.len() - 1;
        let step = |(n, status): (usize, &&'static str)| {
            let lost = silence < SILENT || (silence < ENDLESS && n == last);
            let late = if twins { 500..2_500 } else { 0..900 };
            let late = dice.random_range(late);
            Step {
                status,
                after: dice.random_range(5..400),
                told: (!lost).then_some(late),
                twice: dice.random_bool(0.2),
            }
        };
        let steps = statuses.iter().enumerate().map(step).collect();
        let persistent = twins || dice.random_bool(0.7);
        Self { steps, answered_by, sip, persistent }
    }
}

/// The statuses, who answers, and the SIP code.
fn ending(dice: &mut StdRng) -> (Vec<&'static str>, Option<&'static str>, i64) {
    let ringing = ["initiated", "ringing"];
    let to = |end: &[&'static str]| [&ringing[..], end].concat();
    let who =
        *[Some("human"), Some("human"), Some("machine_start"), None].choose(dice).unwrap_or(&None);
    match dice.random_range(0..100) {
        0..12 => (to(&["busy"]), None, 486),
        12..24 => (to(&["no-answer"]), None, 487),
        24..30 => (vec!["initiated", "failed"], None, 503),
        30..36 => (vec!["initiated", "failed"], None, 404),
        36..40 => (to(&["canceled"]), None, 487),
        _ => (to(&["in-progress", "completed"]), who, 200),
    }
}
