//! What events do to the clocks of a ticket's SLA, target by target. The board and the list of
//! what is due show the same.

use bitacora_domain::aggregates::ticket::{PerTarget, SlaTarget, TicketEvent as Event};
use chrono::{DateTime, Utc};

use crate::change::Set;
use crate::value::Cell;
use crate::{Change, Key};

/// No limit, or nothing to count yet.
pub(in crate::views) const NONE: &str = "NONE";
/// Counts while the business is open.
const RUNNING: &str = "RUNNING";
/// Stands still.
const PAUSED: &str = "PAUSED";
/// Missed, and still to be done.
const OVERDUE: &str = "OVERDUE";
/// Done in time.
const MET: &str = "MET";
/// Missed, and done or over since.
const MISSED: &str = "MISSED";
/// The ticket ended, or it was no longer promised, before it was done or missed.
const CANCELLED: &str = "CANCELLED";

/// What an event does to the clock of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::views) enum Tick {
    /// A policy counts from now on: its limit in seconds, and when the target is missed.
    Applied { limit_s: Option<i64>, due: Option<DateTime<Utc>>, elapsed_ms: i64 },
    /// A policy has this limit for what does not count yet.
    Limited { limit_s: Option<i64> },
    /// It begins at zero; without a due time it stands still or has no limit.
    Started { turn: i64, due: Option<DateTime<Utc>> },
    /// It stands still.
    Paused { elapsed_ms: i64 },
    /// It goes on; without a due time it was missed or has no limit.
    Resumed { due: Option<DateTime<Utc>>, elapsed_ms: i64 },
    /// It was missed.
    Breached { due: DateTime<Utc> },
    /// Done in time.
    Met { due: Option<DateTime<Utc>>, elapsed_ms: i64, at: DateTime<Utc> },
    /// Done, in time or not.
    Done,
    /// The ticket is over.
    Over,
}

impl Tick {
    /// The state that it is in afterwards, whatever it was.
    const fn state(self) -> Option<&'static str> {
        match self {
            Self::Applied { due: Some(_), .. }
            | Self::Started { due: Some(_), .. }
            | Self::Resumed { due: Some(_), .. } => Some(RUNNING),
            Self::Started { due: None, .. } => Some(PAUSED),
            Self::Breached { .. } => Some(OVERDUE),
            Self::Met { .. } => Some(MET),
            Self::Applied { .. }
            | Self::Limited { .. }
            | Self::Resumed { due: None, .. }
            | Self::Paused { .. }
            | Self::Done
            | Self::Over => None,
        }
    }

    /// The state that it is in afterwards, by the one that it was in.
    const fn moves(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // What was missed under the former policy stays missed.
            Self::Applied { limit_s: None, .. } => &[(RUNNING, NONE), (PAUSED, NONE)],
            Self::Applied { limit_s: Some(_), due: None, .. } => {
                &[(NONE, PAUSED), (RUNNING, PAUSED)]
            }
            Self::Paused { .. } => &[(RUNNING, PAUSED)],
            // What stood still and has no due time now has no limit any more.
            Self::Resumed { due: None, .. } => &[(MISSED, OVERDUE), (PAUSED, NONE)],
            // What was done in time is told right after, if it is still promised by then.
            Self::Done | Self::Over => {
                &[(OVERDUE, MISSED), (RUNNING, CANCELLED), (PAUSED, CANCELLED)]
            }
            Self::Applied { .. }
            | Self::Limited { .. }
            | Self::Started { .. }
            | Self::Resumed { due: Some(_), .. }
            | Self::Breached { .. }
            | Self::Met { .. } => &[],
        }
    }

    /// When it is, or was, to be done; `None` when the event does not say.
    #[allow(clippy::option_option, reason = "that it is never due is said too")]
    const fn due(self) -> Option<Option<DateTime<Utc>>> {
        match self {
            Self::Applied { due: Some(due), .. }
            | Self::Resumed { due: Some(due), .. }
            | Self::Breached { due } => Some(Some(due)),
            Self::Started { due, .. } | Self::Met { due, .. } => Some(due),
            Self::Applied { .. }
            | Self::Limited { .. }
            | Self::Resumed { due: None, .. }
            | Self::Paused { .. }
            | Self::Done
            | Self::Over => None,
        }
    }
}

/// The columns of a row in which the clock of one target stands.
#[derive(Clone, Copy, Debug)]
pub(in crate::views) struct Face {
    /// Its state.
    pub(in crate::views) state: &'static str,
    /// When it is, or was, to be done; NULL while it stands still.
    pub(in crate::views) due: &'static str,
    /// Its limit in seconds.
    pub(in crate::views) limit: &'static str,
    /// Does something have to be done by then?
    pub(in crate::views) pending: Option<&'static str>,
}

impl Face {
    /// What a tick sets, and what it changes by what the row says.
    pub(in crate::views) fn show(self, key: &Key, tick: Tick) -> (Set, Vec<Change>) {
        let mut set = tick.state().map(|state| self.stands(state)).unwrap_or_default();
        set.extend(tick.due().map(|due| (self.due, due.into())));
        if let Tick::Applied { limit_s, .. } | Tick::Limited { limit_s } = tick {
            set.push((self.limit, limit_s.into()));
        }
        let when = |column, value, set| Change::PatchIf { key: key.clone(), column, value, set };
        let mut then: Vec<Change> = Vec::new();
        for (from, to) in tick.moves() {
            let mut set = self.stands(to);
            if matches!(*to, NONE | PAUSED | CANCELLED) {
                set.push((self.due, Cell::Null));
            }
            if *to == NONE {
                set.push((self.limit, Cell::Null));
            }
            then.push(when(self.state, (*from).into(), set));
        }
        if matches!(tick, Tick::Started { due: None, .. }) {
            then.push(when(self.limit, Cell::Null, self.stands(NONE)));
        }
        (set, then)
    }

    fn stands(self, state: &'static str) -> Set {
        let pending = matches!(state, RUNNING | OVERDUE);
        let pending = self.pending.map(|column| (column, pending.into()));
        [(self.state, state.into())].into_iter().chain(pending).collect()
    }
}

/// What an event does to which targets.
pub(in crate::views) fn ticks(said: &Event) -> Vec<(SlaTarget, Tick)> {
    let each = |tick: &dyn Fn(SlaTarget) -> Option<Tick>| {
        SlaTarget::ALL.into_iter().filter_map(|target| Some((target, tick(target)?))).collect()
    };
    if let Event::SlaApplied { policy, priority, elapsed_ms, due_at, .. } = said {
        return each(&|target| {
            let limit_s = policy.time(*priority, target).map(|limit| limit.num_seconds());
            let Some(elapsed_ms) = elapsed_ms.get(target).copied() else {
                return Some(Tick::Limited { limit_s });
            };
            Some(Tick::Applied { limit_s, due: due_at.get(target).copied(), elapsed_ms })
        });
    }
    if let Event::SlaPaused { elapsed_ms, .. } = said {
        return each(&|target| Some(Tick::Paused { elapsed_ms: *elapsed_ms.get(target)? }));
    }
    if let Event::SlaResumed { elapsed_ms, due_at, .. } = said {
        return each(&|target| resumed(target, elapsed_ms, due_at));
    }
    if let Event::TicketClosed { .. } | Event::TicketMerged { .. } = said {
        return each(&|_| Some(Tick::Over));
    }
    if let Event::TicketResponded { .. } = said {
        return vec![(SlaTarget::FirstResponse, Tick::Done), (SlaTarget::NextResponse, Tick::Done)];
    }
    one(said).into_iter().collect()
}

fn resumed(
    target: SlaTarget,
    elapsed_ms: &PerTarget<i64>,
    due_at: &PerTarget<DateTime<Utc>>,
) -> Option<Tick> {
    let (due, elapsed_ms) = (due_at.get(target).copied(), *elapsed_ms.get(target)?);
    Some(Tick::Resumed { due, elapsed_ms })
}

fn one(said: &Event) -> Option<(SlaTarget, Tick)> {
    if let Event::SlaClockStarted { target, turn, due_at, .. } = said {
        return Some((*target, Tick::Started { turn: *turn, due: *due_at }));
    }
    if let Event::SlaBreached { target, due_at, .. } = said {
        return Some((*target, Tick::Breached { due: *due_at }));
    }
    if let Event::SlaFirstResponseMet { due_at, elapsed_ms, at } = said {
        let met = Tick::Met { due: *due_at, elapsed_ms: *elapsed_ms, at: *at };
        return Some((SlaTarget::FirstResponse, met));
    }
    if let Event::SlaMet { target, due_at, elapsed_ms, at, .. } = said {
        return Some((*target, Tick::Met { due: *due_at, elapsed_ms: *elapsed_ms, at: *at }));
    }
    if let Event::TicketResolved { .. } = said {
        return Some((SlaTarget::Resolution, Tick::Done));
    }
    None
}
