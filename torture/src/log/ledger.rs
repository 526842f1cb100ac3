//! What the children said: every command issued, everything they were told, and when.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::wire::{Done, Issued, Kind, Line, Outcome, Place, Stats};

/// Everything about one command id of one tenant.
#[derive(Debug)]
pub struct Entry {
    /// What must come of it.
    pub kind: Kind,
    /// How often it was issued.
    pub issued: u32,
    /// What was heard, and of which request.
    pub heard: Vec<(char, Outcome)>,
}

impl Entry {
    /// All places that were acknowledged, with the request.
    pub fn places(&self) -> impl Iterator<Item = (char, &Place)> {
        self.heard.iter().filter_map(|(request, outcome)| match outcome {
            Outcome::Stored(place) => Some((*request, place)),
            Outcome::Refused(_)
            | Outcome::Mismatch
            | Outcome::Reserved
            | Outcome::Version
            | Outcome::Rejected(_)
            | Outcome::GaveUp(_)
            | Outcome::Wrong(_) => None,
        })
    }

    /// Did a caller give up, so that the outcome is open?
    pub fn open(&self) -> bool {
        self.heard.iter().any(|(_, outcome)| matches!(outcome, Outcome::GaveUp(_)))
    }
}

/// A fresh acknowledgement.
#[derive(Clone, Copy, Debug)]
pub struct Ack {
    /// Child that heard it.
    pub child: usize,
    /// Lane that it was in.
    pub lane: i16,
    /// Microseconds since 1970.
    pub at: i64,
}

/// The parent's book.
#[derive(Debug, Default)]
pub struct Ledger {
    /// By tenant and command.
    pub entries: HashMap<(Uuid, Uuid), Entry>,
    /// Fresh acknowledgements in the order of arrival.
    pub acks: Vec<Ack>,
    /// Last counters of each child.
    pub stats: [Stats; 2],
    /// Children that started their load.
    pub ready: BTreeSet<usize>,
    /// Lines that were not understood.
    pub garbled: u64,
}

impl Ledger {
    /// Takes a line of a child in.
    pub fn take(&mut self, child: usize, line: Line) {
        match line {
            Line::Ready => {
                self.ready.insert(child);
            }
            Line::Issued(Issued { tenant, command, kind, .. }) => {
                let new = Entry { kind, issued: 0, heard: Vec::new() };
                self.entries.entry((tenant, command)).or_insert(new).issued += 1;
            }
            Line::Done(Done { tenant, command, request, at, outcome }) => {
                if let Outcome::Stored(Place { lane, replayed: false, .. }) = outcome {
                    self.acks.push(Ack { child, lane, at });
                }
                match self.entries.get_mut(&(tenant, command)) {
                    Some(entry) => entry.heard.push((request, outcome)),
                    None => self.garbled += 1,
                }
            }
            Line::Stats(stats) => {
                if let Some(slot) = self.stats.get_mut(child) {
                    *slot = stats;
                }
            }
        }
    }

    /// Commits of unknown outcome so far: turned out committed, turned out absent.
    pub fn unknown(&self) -> (u64, u64) {
        self.stats.iter().fold((0, 0), |(committed, absent), stats| {
            (committed + stats.unknown_committed, absent + stats.unknown_absent)
        })
    }

    /// What does not fit together in what the children were told.
    pub fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.garbled > 0 {
            found.push(format!("{} answers to commands that nobody issued", self.garbled));
        }
        for ((_, command), entry) in &self.entries {
            let mut say = |what: &str| {
                found.push(format!("{:?} {command}: {what}: {:?}", entry.kind, entry.heard));
            };
            if usize::try_from(entry.issued).ok() != Some(entry.heard.len()) {
                say("issued and answered differ in number");
            }
            if !entry.heard.iter().all(|(_, outcome)| allowed(entry.kind, outcome)) {
                say("an answer that must not be");
            }
            if entry.places().filter(|(_, place)| !place.replayed).count() > 1 {
                say("acknowledged twice as new");
            }
            let mut places = entry.places();
            if let Some((request, first)) = places.next() {
                let same = |(other, place): (char, &Place)| {
                    other == request
                        && (place.lane, place.position, place.version, &place.stream)
                            == (first.lane, first.position, first.version, &first.stream)
                };
                if !places.all(same) {
                    say("acknowledged at different places or for different requests");
                }
            } else if matches!(entry.kind, Kind::Mismatch) && !entry.open() {
                say("every request was called a mismatch");
            }
        }
        found
    }

    /// How often each answer was heard, by kind of command.
    pub fn tally(&self) -> BTreeMap<String, u64> {
        let mut tally = BTreeMap::new();
        for entry in self.entries.values() {
            for (_, outcome) in &entry.heard {
                let outcome = match outcome {
                    Outcome::Stored(place) if place.replayed => "replayed",
                    Outcome::Stored(_) => "stored",
                    Outcome::Refused(_) => "refused",
                    Outcome::Mismatch => "mismatch",
                    Outcome::Reserved => "reserved by another",
                    Outcome::Version => "version conflict",
                    Outcome::Rejected(_) => "rejected",
                    Outcome::GaveUp(_) => "given up",
                    Outcome::Wrong(_) => "wrong",
                };
                *tally.entry(format!("{:?}: {outcome}", entry.kind)).or_default() += 1;
            }
        }
        tally
    }
}

/// May a command of this kind be told this?
fn allowed(kind: Kind, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Stored(_) => !matches!(kind, Kind::Refused | Kind::Poison),
        Outcome::Reserved => matches!(kind, Kind::Open | Kind::Key),
        Outcome::Version => kind == Kind::Race,
        Outcome::Mismatch => kind == Kind::Mismatch,
        Outcome::Refused(_) => kind == Kind::Refused,
        Outcome::Rejected(_) => kind == Kind::Poison,
        Outcome::GaveUp(_) | Outcome::Wrong(_) => false,
    }
}
