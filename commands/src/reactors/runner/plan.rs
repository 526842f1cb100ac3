//! What a batch of events comes to: the part of the runner that decides. Pure.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bitacora_domain::{Effect, Position, RecordedEvent, StreamId, TenantId, codec};

use crate::ports::{Emitted, NotedAt, ParkedReaction, ReactorWrites, Woken};
use crate::reactors::{Known, Question, Reaction, Reactor, ReactorFault};

/// Code of an event that only waits behind a parked one.
pub const QUEUED: &str = "QUEUED";
/// How often an event is tried before its aggregate is parked.
const ATTEMPTS: i32 = 3;
/// Effects of reactors come behind those of the aggregate, should they be in one line.
const FIRST_ORDINAL: usize = 1_000;

/// Why an event cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: String,
    pub(super) reason: String,
    pub(super) attempts: i32,
}

/// What the reactor has to know for `events`, and those that it cannot even ask about.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) questions: Vec<(TenantId, Question)>,
    faults: HashMap<Position, Fault>,
}

/// Collects the questions of a batch.
pub(super) fn ask(reactor: &dyn Reactor, events: &[Arc<RecordedEvent>]) -> Asked {
    let mut asked = Asked::default();
    for event in events {
        match guarded(reactor, event, || reactor.asks(event)) {
            Ok(questions) => {
                asked.questions.extend(questions.into_iter().map(|asked| (event.tenant, asked)));
            }
            Err(fault) => {
                asked.faults.insert(event.position, fault);
            }
        }
    }
    asked.questions.sort_unstable();
    asked.questions.dedup();
    asked
}

/// The circumstances of a batch.
pub(super) struct Batch<'a> {
    pub(super) reactor: &'a dyn Reactor,
    pub(super) events: &'a [Arc<RecordedEvent>],
    pub(super) asked: Asked,
    pub(super) known: Known,
    /// Aggregates that are parked already.
    pub(super) parked: HashSet<(TenantId, StreamId)>,
    /// Up to here it only takes notes.
    pub(super) quiet_until: Position,
    /// An event whose effects the database refuses.
    pub(super) condemned: Option<&'a (Position, Fault)>,
}

impl Batch<'_> {
    /// Reacts to the events in order; each sees what those before it noted.
    pub(super) fn plan(mut self) -> ReactorWrites {
        let mut writes = ReactorWrites::default();
        for event in self.events {
            let place = (event.tenant, event.stream.clone());
            if self.parked.contains(&place) {
                let reason = "waits behind a parked event of its aggregate".to_owned();
                let fault = Fault { code: QUEUED.to_owned(), reason, attempts: 0 };
                writes.park.push(parked(self.reactor, event, fault));
                continue;
            }
            match self.reaction(event) {
                Ok(reaction) => self.take(event, reaction, &mut writes),
                Err(fault) => {
                    self.parked.insert(place);
                    writes.park.push(parked(self.reactor, event, fault));
                }
            }
        }
        writes
    }

    fn reaction(&self, event: &RecordedEvent) -> Result<Reaction, Fault> {
        let condemned = self.condemned.filter(|(position, _)| *position == event.position);
        let refused = condemned.map(|(_, fault)| fault).or(self.asked.faults.get(&event.position));
        match refused {
            Some(fault) => Err(fault.clone()),
            None => guarded(self.reactor, event, || self.reactor.react(event, &self.known)),
        }
    }

    fn take(&mut self, event: &Arc<RecordedEvent>, said: Reaction, writes: &mut ReactorWrites) {
        for note in said.notes {
            self.known.follow(event.tenant, &note, event.recorded_at);
            writes.notes.push(NotedAt { tenant: event.tenant, at: event.recorded_at, note });
        }
        if event.position <= self.quiet_until {
            return;
        }
        // A virtual clock may be behind the database's.
        let at = event.metadata.occurred_at.min(event.recorded_at);
        let woken = said.wakes.into_iter().map(|wake| Woken { tenant: event.tenant, at, wake });
        writes.wakes.extend(woken);
        for (n, effect) in said.effects.into_iter().enumerate() {
            let name = format!("{}:{n}", self.reactor.name());
            writes.effects.push(Emitted {
                id: event.metadata.event_id.derive(&name),
                ordinal: i16::try_from(FIRST_ORDINAL + n).unwrap_or(i16::MAX),
                event: Arc::clone(event),
                effect: Effect { payload: codec::seal(effect.payload), ..effect },
            });
        }
    }
}

/// A pure function gives the same answer every time; it is tried again all the same, because
/// parking an aggregate calls a person.
fn guarded<T>(
    reactor: &dyn Reactor,
    event: &RecordedEvent,
    call: impl Fn() -> Result<T, ReactorFault>,
) -> Result<T, Fault> {
    let mut fault = None;
    for attempts in 1..=ATTEMPTS {
        let (code, reason) = match catch_unwind(AssertUnwindSafe(&call)) {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(fault)) => (fault.code(), fault.to_string()),
            Err(_) => {
                metrics::counter!("bitacora_reactor_panics_total", "reactor" => reactor.name())
                    .increment(1);
                let told = format!("{} panicked on {}", reactor.name(), event.event_type);
                ("REACTOR_PANICKED", told)
            }
        };
        fault = Some(Fault { code: code.to_owned(), reason, attempts });
    }
    let never = || Fault { code: QUEUED.to_owned(), reason: String::new(), attempts: 0 };
    Err(fault.unwrap_or_else(never))
}

fn parked(reactor: &dyn Reactor, event: &RecordedEvent, fault: Fault) -> ParkedReaction {
    ParkedReaction {
        reactor: reactor.name().to_owned(),
        lane: event.lane,
        position: event.position,
        tenant: event.tenant,
        stream: event.stream.clone(),
        code: fault.code,
        reason: fault.reason,
        attempts: fault.attempts,
    }
}
