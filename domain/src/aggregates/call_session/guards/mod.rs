//! May a call be dialled now? Pure functions of what the command carries, asked immediately
//! before each attempt: consent, the do-not-call list, the hour where the callee is, lines and
//! caps, and the balance. Whoever gives the command looks these up; nothing is looked up here.

mod hours;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use self::hours::{CallWindow, next_opening};
use super::refusal::CallRefusal;
use super::vocabulary::BlockReason;

/// Most zones in which a callee may be.
const ZONES_MAX: usize = 16;
/// Most caps of one call.
const CAPS_MAX: usize = 16;
/// Most lines of a tenant.
pub const LINES_MAX: i64 = 1_000;
/// When to ask again where nobody said when a cap ends.
const CAP_RECHECK: TimeDelta = TimeDelta::minutes(15);
/// When to ask again for a free line. A worker that waits for one before it asks at all writes
/// less.
const LINE_RECHECK: TimeDelta = TimeDelta::minutes(5);
/// When to ask again whether it can be paid for.
const BALANCE_RECHECK: TimeDelta = TimeDelta::hours(1);

/// What the hour of the call depends on, looked up by whoever wants to dial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// The callee agreed to be called.
    pub consent: bool,
    /// The callee is on a do-not-call list, or has opted out.
    pub do_not_call: bool,
    /// IANA zones in which the callee may be, by its number: 1–16. It may ring only when the
    /// hour is right in all of them.
    pub zones: Vec<String>,
    /// The lines of the tenant.
    pub lines: Lines,
    /// Other bounds on how many calls are made, at most 16.
    pub caps: Vec<Cap>,
    /// What can be paid for; absent where nothing is paid.
    pub balance: Option<Balance>,
}

/// How many calls may be under way at a time. Each takes a line as a unique key, so that two
/// that were dispatched at once can never share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// How many there are, at most 1,000.
    pub count: i64,
    /// A free one, from 1; absent when all are taken.
    pub free: Option<i64>,
}

/// A bound on how many calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// Of what.
    pub kind: CapKind,
    /// Made so far.
    pub used: i64,
    /// Most that may be made.
    pub limit: i64,
    /// When there is room again, if that is known.
    pub free_at: Option<DateTime<Utc>>,
}

/// What a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CapKind {
    /// Calls to one contact in a day.
    ContactDay,
    /// Calls of a campaign in a day.
    CampaignDay,
    /// Calls of the tenant in a day.
    TenantDay,
    /// Calls that the provider takes at a time.
    Provider,
}

/// What can be paid for, in the smallest unit of one currency or in credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// What there is.
    pub available: i64,
    /// What a call needs.
    pub needed: i64,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It may be dialled now, on this line.
    Dial {
        /// Which.
        line: i64,
    },
    /// Not now.
    Later {
        /// Why.
        reason: BlockReason,
        /// When to ask again: a time at which the hour is right, before the end of the plan.
        until: DateTime<Utc>,
    },
    /// Not at all.
    Never {
        /// Why.
        reason: BlockReason,
    },
}

/// What the guards hold the circumstances against.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// When it may ring.
    pub window: &'a CallWindow,
    /// No attempt begins at or after this time.
    pub not_after: DateTime<Utc>,
    /// The callee pressed STOP.
    pub stopped: bool,
}

/// May it be dialled at `now`? What forbids it for good is asked before what passes.
///
/// # Errors
/// [`CallRefusal::CalleeZoneUnknown`] without a zone or with one that is none,
/// [`CallRefusal::InvalidCircumstances`] when they are out of bounds.
pub fn may_dial(
    terms: Terms<'_>,
    circumstances: &Circumstances,
    now: DateTime<Utc>,
) -> Result<Permission, CallRefusal> {
    let zones = circumstances.checked()?;
    if let Some(reason) = forbidden(terms, circumstances, now) {
        return Ok(Permission::Never { reason });
    }
    let wait = |reason: BlockReason, from: DateTime<Utc>| match next_opening(
        terms.window,
        &zones,
        from,
        terms.not_after,
    ) {
        Some(until) => Permission::Later { reason, until },
        None => Permission::Never { reason },
    };
    if !terms.window.is_open(now, &zones) {
        return Ok(wait(BlockReason::QuietHours, now));
    }
    let Some(line) = circumstances.lines.usable() else {
        return Ok(wait(BlockReason::Cap, now + LINE_RECHECK));
    };
    if let Some(free_at) = circumstances.caps.iter().filter_map(|cap| cap.blocks(now)).max() {
        return Ok(wait(BlockReason::Cap, free_at));
    }
    if circumstances.balance.is_some_and(|balance| balance.available < balance.needed) {
        return Ok(wait(BlockReason::Balance, now + BALANCE_RECHECK));
    }
    Ok(Permission::Dial { line })
}

/// What no waiting changes.
fn forbidden(
    terms: Terms<'_>,
    circumstances: &Circumstances,
    now: DateTime<Utc>,
) -> Option<BlockReason> {
    if circumstances.do_not_call {
        Some(BlockReason::Dnc)
    } else if terms.stopped {
        Some(BlockReason::Stopped)
    } else if !circumstances.consent {
        Some(BlockReason::NoConsent)
    } else if now >= terms.not_after {
        Some(BlockReason::Expired)
    } else {
        None
    }
}

impl Circumstances {
    /// The zones, when everything is within bounds. A callee of whom nobody knows where they
    /// are is not called.
    fn checked(&self) -> Result<Vec<Tz>, CallRefusal> {
        let Lines { count, free } = self.lines;
        let sound = (0..=LINES_MAX).contains(&count)
            && free.is_none_or(|line| line >= 1)
            && self.caps.len() <= CAPS_MAX
            && self.caps.iter().all(|cap| cap.used >= 0 && cap.limit >= 0);
        if !sound {
            return Err(CallRefusal::InvalidCircumstances);
        }
        if self.zones.is_empty() || self.zones.len() > ZONES_MAX {
            return Err(CallRefusal::CalleeZoneUnknown);
        }
        let zones = self.zones.iter().map(|zone| zone.parse());
        zones.collect::<Result<_, _>>().map_err(|_| CallRefusal::CalleeZoneUnknown)
    }
}

impl Lines {
    /// The free line, if there is one within the number of lines.
    fn usable(self) -> Option<i64> {
        self.free.filter(|line| *line <= self.count)
    }
}

impl Cap {
    /// Until when it is in the way; `None` when it is not.
    fn blocks(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let soon = now + CAP_RECHECK;
        (self.used >= self.limit).then(|| self.free_at.filter(|at| *at > now).unwrap_or(soon))
    }
}
