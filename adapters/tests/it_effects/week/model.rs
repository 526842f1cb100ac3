//! What must happen, worked out from the rules as people know them (a snooze ends at its minute,
//! a request that nobody answers times out …), without a line of the aggregate.

use std::collections::BTreeMap;

use bitacora_domain::aggregates::conversation::HandoffFallback;
use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng as _;
use rand::rngs::StdRng;
use uuid::Uuid;

type Time = DateTime<Utc>;

/// What somebody does in a conversation. Deeds happen at full hours; times that timers are set to
/// never fall on one, and those of different kinds never fall together.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Write,
    Answer,
    Snooze(Option<Time>),
    Unsnooze,
    Suggest { ttl: TimeDelta },
    Approve(Uuid),
    Reject(Uuid),
    Ask { timeout: TimeDelta, fallback: HandoffFallback },
    Accept { lease: TimeDelta },
    Return,
    Schedule(Time),
    Cancel(Uuid),
    Close,
}

/// The id that a deed made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Made {
    Suggestion(Uuid),
    Scheduled(Time, Uuid),
}

#[derive(Debug, Default)]
enum Handoff {
    #[default]
    None,
    Asked {
        expires: Time,
        fallback: HandoffFallback,
    },
    Accepted {
        check: Time,
        until: Time,
        lease: TimeDelta,
    },
    TimedOut,
}

/// Whether it is put aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Aside {
    #[default]
    No,
    ForGood,
    Until(Time),
}

/// A timer, and what it does when its time comes.
type Timer = (Time, fn(&mut Model, Time));

/// One conversation as it should be.
#[derive(Debug, Default)]
pub(crate) struct Model {
    closed: bool,
    aside: Aside,
    suggestion: Option<(Time, Option<Uuid>)>,
    handoff: Handoff,
    window: Option<Time>,
    scheduled: Vec<(Time, Option<Uuid>)>,
    events: Vec<(Time, &'static str)>,
    sent: Vec<Time>,
}

/// What all conversations together must have come to.
#[derive(Debug)]
pub(crate) struct Expected {
    /// Time, conversation, event: everything that timers caused.
    pub(crate) events: Vec<(Time, usize, String)>,
    /// Time and conversation of every message that left.
    pub(crate) sent: Vec<(Time, usize)>,
}

impl Expected {
    pub(crate) fn of(models: Vec<Model>) -> Self {
        let (mut events, mut sent) = (Vec::new(), Vec::new());
        for (n, model) in models.into_iter().enumerate() {
            events.extend(model.events.into_iter().map(|(at, event)| (at, n, event.to_owned())));
            sent.extend(model.sent.into_iter().map(|at| (at, n)));
        }
        events.sort();
        sent.sort_unstable();
        Self { events, sent }
    }

    pub(crate) fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for (_, _, event) in &self.events {
            *counts.entry(event.as_str()).or_default() += 1;
        }
        counts
    }
}

/// A time in whole hours and `minute` minutes.
fn some_time(rng: &mut StdRng, hours: std::ops::Range<i64>, minute: i64) -> TimeDelta {
    TimeDelta::hours(rng.random_range(hours)) + TimeDelta::minutes(minute)
}

impl Model {
    /// Lets time pass: every timer that comes up to `now`, in order.
    pub(crate) fn live_until(&mut self, now: Time) {
        while let Some((at, timer)) = self.next_timer().filter(|(at, _)| *at <= now) {
            timer(self, at);
        }
    }

    /// What timers there are, and what each does.
    fn next_timer(&self) -> Option<Timer> {
        let mut timers: Vec<Timer> = Vec::new();
        if let Aside::Until(until) = self.aside {
            timers.push((until, Self::wake));
        }
        if let Some((expires, _)) = self.suggestion {
            timers.push((expires, Self::expire));
        }
        match self.handoff {
            Handoff::Asked { expires, .. } => timers.push((expires, Self::nobody_came)),
            Handoff::Accepted { check, .. } => timers.push((check, Self::look_at_lease)),
            Handoff::None | Handoff::TimedOut => {}
        }
        if let Some((at, _)) = self.scheduled.iter().min_by_key(|(at, _)| *at) {
            timers.push((*at, Self::release));
        }
        timers.into_iter().min_by_key(|(at, _)| *at)
    }

    fn wake(&mut self, at: Time) {
        self.aside = Aside::No;
        self.events.push((at, "ConversationUnsnoozed"));
    }

    fn expire(&mut self, at: Time) {
        self.suggestion = None;
        self.events.push((at, "SuggestionExpired"));
    }

    fn nobody_came(&mut self, at: Time) {
        let Handoff::Asked { fallback, .. } = self.handoff else { return };
        self.events.push((at, "HandoffTimedOut"));
        self.handoff = Handoff::TimedOut;
        if fallback == HandoffFallback::ReturnToBot {
            self.events.push((at, "HandoffEnded"));
            self.handoff = Handoff::None;
        }
    }

    fn look_at_lease(&mut self, at: Time) {
        let Handoff::Accepted { check, until, .. } = &mut self.handoff else { return };
        if *until > at {
            *check = *until;
            self.events.push((at, "HandoffExtended"));
        } else {
            self.handoff = Handoff::None;
            self.events.push((at, "HandoffEnded"));
        }
    }

    fn release(&mut self, at: Time) {
        let due = self.scheduled.iter().position(|(send_at, _)| *send_at == at);
        self.scheduled.remove(due.unwrap());
        if self.closed || !self.window_is_open(at) {
            self.events.push((at, "ScheduledMessageSkipped"));
            return;
        }
        self.events.push((at, "ScheduledMessageReleased"));
        self.events.push((at, "MessageQueued"));
        if self.suggestion.is_some() {
            self.events.push((at, "SuggestionSuperseded"));
        }
        self.person_speaks(at);
    }

    fn window_is_open(&self, at: Time) -> bool {
        self.window.is_some_and(|until| at < until)
    }

    /// A person's message leaves: an answer, so a suggestion is stale and a lease goes on.
    fn person_speaks(&mut self, at: Time) {
        self.suggestion = None;
        self.sent.push(at);
        if let Handoff::Accepted { until, lease, .. } = &mut self.handoff {
            *until = (*until).max(at + *lease);
        }
    }

    /// Something that is possible now, if anything is done, and what it changes.
    pub(crate) fn choose(&mut self, now: Time, percent: u32, rng: &mut StdRng) -> Option<Deed> {
        if self.closed || rng.random_range(0..100) >= percent {
            return None;
        }
        let deed = match rng.random_range(0..100) {
            0..18 => Deed::Write,
            18..30 if self.window_is_open(now) => Deed::Answer,
            30..42 => Deed::Snooze(match rng.random_range(0..5) {
                0 => None,
                _ => Some(now + some_time(rng, 0..40, 11)),
            }),
            42..46 if self.aside != Aside::No => Deed::Unsnooze,
            46..58 => Deed::Suggest { ttl: some_time(rng, 0..20, 22) },
            58..64 => self.judge(now, rng)?,
            64..88 => self.hand_over(now, rng),
            88..97 => {
                let at = now + some_time(rng, 0..30, 55);
                // Two at the same minute could not be told apart.
                if self.scheduled.iter().any(|(other, _)| *other == at) {
                    return None;
                }
                Deed::Schedule(at)
            }
            97..99 => Deed::Cancel(self.scheduled.first()?.1?),
            99 if rng.random_range(0..4) == 0 => Deed::Close,
            _ => return None,
        };
        self.apply(now, &deed);
        Some(deed)
    }

    fn judge(&self, now: Time, rng: &mut StdRng) -> Option<Deed> {
        let id = self.suggestion?.1?;
        let approve = self.window_is_open(now) && rng.random_range(0..2) == 0;
        Some(if approve { Deed::Approve(id) } else { Deed::Reject(id) })
    }

    fn hand_over(&self, now: Time, rng: &mut StdRng) -> Deed {
        match self.handoff {
            Handoff::None => Deed::Ask {
                timeout: some_time(rng, 0..8, 33),
                fallback: match rng.random_range(0..2) {
                    0 => HandoffFallback::KeepWaiting,
                    _ => HandoffFallback::ReturnToBot,
                },
            },
            Handoff::Asked { .. } => Deed::Accept { lease: some_time(rng, 0..12, 44) },
            Handoff::TimedOut if rng.random_range(0..2) == 0 => {
                Deed::Accept { lease: some_time(rng, 0..12, 44) }
            }
            Handoff::Accepted { .. } if rng.random_range(0..3) > 0 => {
                if self.window_is_open(now) {
                    Deed::Answer
                } else {
                    Deed::Write
                }
            }
            Handoff::Accepted { .. } | Handoff::TimedOut => Deed::Return,
        }
    }

    fn apply(&mut self, now: Time, deed: &Deed) {
        match *deed {
            Deed::Write => {
                self.window = Some(now + TimeDelta::hours(24));
                self.aside = Aside::No;
                self.suggestion = None;
            }
            Deed::Answer | Deed::Approve(_) => self.person_speaks(now),
            Deed::Snooze(until) => self.aside = until.map_or(Aside::ForGood, Aside::Until),
            Deed::Unsnooze => self.aside = Aside::No,
            Deed::Suggest { ttl } => self.suggestion = Some((now + ttl, None)),
            Deed::Reject(_) => self.suggestion = None,
            Deed::Ask { timeout, fallback } => {
                self.aside = Aside::No;
                self.handoff = Handoff::Asked { expires: now + timeout, fallback };
            }
            Deed::Accept { lease } => {
                self.aside = Aside::No;
                let until = now + lease;
                self.handoff = Handoff::Accepted { check: until, until, lease };
            }
            Deed::Return => self.handoff = Handoff::None,
            Deed::Schedule(at) => self.scheduled.push((at, None)),
            Deed::Cancel(id) => self.scheduled.retain(|(_, known)| *known != Some(id)),
            Deed::Close => {
                self.closed = true;
                (self.aside, self.suggestion) = (Aside::No, None);
                self.handoff = Handoff::None;
            }
        }
    }

    /// The id that the last deed made.
    pub(crate) fn remember(&mut self, made: Made) {
        match made {
            Made::Suggestion(id) => {
                if let Some((_, known)) = &mut self.suggestion {
                    *known = Some(id);
                }
            }
            Made::Scheduled(at, id) => {
                if let Some((_, known)) = self.scheduled.iter_mut().find(|(send, _)| *send == at) {
                    *known = Some(id);
                }
            }
        }
    }
}
