//! Deciding a batch: pure, in memory, in the order of arrival, each command seeing the winners
//! before it. A loser leaves no trace.

use std::collections::{HashMap, HashSet};

use bitacora_commands::append::Landed;
use bitacora_commands::{Append, AppendOutcome, Expected, InstallationKey, NewEvent};
use bitacora_domain::{
    Claim, ClaimOp, ClaimScope, CommandId, Cursor, Effect, EventId, Lane, Metadata, Meter,
    Position, StreamId, TenantId, Version,
};
use serde_json::Value;
use uuid::Uuid;

/// A unique key as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClaimKey {
    pub(super) tenant: TenantId,
    pub(super) kind: &'static str,
    pub(super) hash: [u8; 32],
}

impl ClaimKey {
    pub(super) fn of(tenant: TenantId, claim: &Claim, key: &InstallationKey) -> Self {
        let tenant = match claim.scope {
            ClaimScope::Tenant => tenant,
            ClaimScope::Installation => TenantId::SYSTEM,
        };
        Self { tenant, kind: claim.kind, hash: key.claim(claim.kind, &claim.key) }
    }
}

/// Who holds a key.
pub(super) type Holder = (TenantId, String);

/// A meter's counter: whose, and its name.
pub(super) type CounterKey = (TenantId, String);

/// A stream's head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) tenant: TenantId,
    pub(super) version: Version,
    pub(super) position: Position,
    pub(super) last_event: EventId,
    /// The row of it before the batch: its version and last event.
    pub(super) stored: Option<(Version, EventId)>,
}

/// A command that was done before.
#[derive(Clone, Debug)]
pub(super) struct Logged {
    pub(super) request_hash: [u8; 32],
    pub(super) landed: Landed,
}

/// What the batch names, as read under the lock.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) commands: HashMap<(TenantId, CommandId), Logged>,
    pub(super) heads: HashMap<StreamId, Head>,
    pub(super) reservations: HashMap<ClaimKey, Holder>,
    pub(super) counters: HashMap<CounterKey, i64>,
}

/// An event with everything that the appender gives it.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) position: Position,
    pub(super) tenant: TenantId,
    pub(super) stream: StreamId,
    pub(super) version: Version,
    pub(super) event_type: String,
    pub(super) event_version: String,
    pub(super) payload: Value,
    pub(super) metadata: Metadata,
}

/// An effect with its id and the place of its event.
#[derive(Debug)]
pub(super) struct Placement {
    pub(super) id: Uuid,
    /// Index of its event in the plan.
    pub(super) event: usize,
    /// Its place among the effects of the event.
    pub(super) ordinal: i16,
    pub(super) effect: Effect,
}

/// What is to be written, and what everybody is told once it is durable.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) outcomes: Vec<AppendOutcome>,
    pub(super) events: Vec<Placed>,
    pub(super) heads: HashMap<StreamId, Head>,
    pub(super) commands: Vec<(TenantId, CommandId, [u8; 32], Landed)>,
    /// Net change of each touched key: its holder afterwards.
    pub(super) reservations: HashMap<ClaimKey, Option<Holder>>,
    /// Keys that were taken before the batch.
    pub(super) taken_before: HashSet<ClaimKey>,
    pub(super) counters: HashMap<CounterKey, i64>,
    pub(super) effects: Vec<Placement>,
    /// The appends were taken at their word at first, and were wrong.
    pub(super) mistaken: bool,
}

impl Plan {
    /// Did every append write its events?
    fn has_no_loser(&self) -> bool {
        self.outcomes.iter().all(|outcome| matches!(outcome, AppendOutcome::Appended(_)))
    }

    /// Nothing to write: only losers, replays and verifications.
    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }
}

/// The plan of a batch whose appends are taken at their word, without having read anything: a new
/// command, a stream as its decision saw it, keys that nobody holds. `None` when one of them needs
/// to know more. It may only be written where everything that it takes for granted is checked:
/// commands, new streams and keys by their primary keys, old streams by version and last event.
pub(super) fn guess(start: Cursor, appends: &[&Append], key: &InstallationKey) -> Option<Plan> {
    let mut seen = Seen::default();
    let mut named = HashSet::new();
    for append in appends {
        if !is_plain(append) {
            return None;
        }
        let Expected { version, last_event } = append.expected;
        // The first to name a stream speaks of the log, the others of what that one leaves.
        if let (true, Some(last_event)) = (named.insert(&append.stream), last_event) {
            let head = Head {
                tenant: append.tenant,
                version,
                position: Position::START,
                last_event,
                stored: Some((version, last_event)),
            };
            seen.heads.insert(append.stream.clone(), head);
        }
    }
    Some(decide(start, seen, appends, key)).filter(Plan::has_no_loser)
}

/// Writes events and takes keys, and does nothing else that depends on what is stored.
fn is_plain(append: &Append) -> bool {
    !append.verify_only
        && !append.events.is_empty()
        && append.counts.is_empty()
        && append.events.iter().all(|event| event.number.is_none())
        && append.claims.iter().all(|claim| claim.op == ClaimOp::Take)
}

/// Decides `appends` over `seen`, giving positions behind `start`.
pub(super) fn decide(
    start: Cursor,
    mut seen: Seen,
    appends: &[&Append],
    key: &InstallationKey,
) -> Plan {
    let taken_before = seen.reservations.keys().cloned().collect();
    let mut plan = Plan { taken_before, ..Plan::default() };
    let mut next = start.position;
    for append in appends {
        let outcome = decide_one(start, &mut next, &mut seen, &mut plan, append, key);
        plan.outcomes.push(outcome);
    }
    debug_assert_eq!(
        next.0 - start.position.0,
        i64::try_from(plan.events.len()).unwrap_or(-1),
        "positions are gapless"
    );
    plan
}

fn decide_one(
    start: Cursor,
    next: &mut Position,
    seen: &mut Seen,
    plan: &mut Plan,
    append: &Append,
    key: &InstallationKey,
) -> AppendOutcome {
    if let Some(logged) = seen.commands.get(&(append.tenant, append.command_id)) {
        let landed = logged.landed.clone();
        return if logged.request_hash == append.fingerprint.0 {
            AppendOutcome::Replayed(landed)
        } else {
            AppendOutcome::Mismatch { first: landed }
        };
    }
    let head = seen.heads.get(&append.stream).copied();
    if head.is_some_and(|head| head.tenant != append.tenant) {
        return AppendOutcome::ForeignStream;
    }
    let found = head.map_or(Expected::NONE, |head| Expected {
        version: head.version,
        last_event: Some(head.last_event),
    });
    if found != append.expected {
        return AppendOutcome::Conflict { actual: found.version };
    }
    if append.verify_only {
        return AppendOutcome::Verified;
    }
    let claims = match settle_claims(seen, append, key) {
        Ok(claims) => claims,
        Err((kind, owner)) => return AppendOutcome::Reserved { kind, owner },
    };
    let counts = match settle_counts(seen, append) {
        Ok(counts) => counts,
        Err(reached) => return reached,
    };
    for (counter, value) in counts {
        seen.counters.insert(counter.clone(), value);
        plan.counters.insert(counter, value);
    }
    for (claim, holder) in claims {
        match &holder {
            Some(holder) => seen.reservations.insert(claim.clone(), holder.clone()),
            None => seen.reservations.remove(&claim),
        };
        plan.reservations.insert(claim, holder);
    }
    let landed = place_events(start, next, seen, plan, append, head);
    let logged = Logged {
        request_hash: append.fingerprint.0,
        landed: Landed { filled: Vec::new(), ..landed.clone() },
    };
    plan.commands.push((append.tenant, append.command_id, logged.request_hash, landed.clone()));
    seen.commands.insert((append.tenant, append.command_id), logged);
    AppendOutcome::Appended(landed)
}

/// The net effect of the append's claims, or the first key that somebody else holds; another
/// tenant's owner text is not told.
fn settle_claims(
    seen: &Seen,
    append: &Append,
    key: &InstallationKey,
) -> Result<HashMap<ClaimKey, Option<Holder>>, (&'static str, String)> {
    let mut net: HashMap<ClaimKey, Option<Holder>> = HashMap::new();
    for claim in &append.claims {
        let claim_key = ClaimKey::of(append.tenant, claim, key);
        let holder = match net.get(&claim_key) {
            Some(changed) => changed.clone(),
            None => seen.reservations.get(&claim_key).cloned(),
        };
        let mine = (append.tenant, claim.owner.clone());
        match (claim.op, holder) {
            (ClaimOp::Take, Some((tenant, owner))) if (tenant, &owner) != (mine.0, &mine.1) => {
                let told = if tenant == append.tenant { owner } else { String::new() };
                return Err((claim.kind, told));
            }
            (ClaimOp::Take, _) => {
                net.insert(claim_key, Some(mine));
            }
            (ClaimOp::Release, Some(holder)) if holder == mine => {
                net.insert(claim_key, None);
            }
            (ClaimOp::Release, _) => {}
        }
    }
    Ok(net)
}

/// The meters that the append moves, as they will stand; or the one that is at its end. Only
/// the owners have a floor that refuses: of everything else, one cannot give back more than
/// there is.
fn settle_counts(seen: &Seen, append: &Append) -> Result<Vec<(CounterKey, i64)>, AppendOutcome> {
    let mut settled = Vec::with_capacity(append.counts.len());
    for count in &append.counts {
        let counter = (append.tenant, count.counter.clone());
        let used = seen.counters.get(&counter).copied().unwrap_or(0);
        let value = used + count.by;
        let (meter, floor) = (count.meter, count.meter.floor());
        if count.by > 0
            && let Some(limit) = count.limit
            && value > limit
        {
            return Err(AppendOutcome::LimitReached { meter, limit, used });
        }
        if count.by < 0 && value < floor && meter == Meter::Owners {
            return Err(AppendOutcome::LimitReached { meter, limit: floor, used });
        }
        settled.push((counter, value.max(0)));
    }
    Ok(settled)
}

fn place_events(
    start: Cursor,
    next: &mut Position,
    seen: &mut Seen,
    plan: &mut Plan,
    append: &Append,
    head: Option<Head>,
) -> Landed {
    let mut version = append.expected.version;
    let mut filled = Vec::new();
    for event in &append.events {
        *next = next.next();
        version.0 += 1;
        let mut payload = event.payload.clone();
        if let Some(number) = event.number {
            let counter = (append.tenant, number.counter.to_owned());
            let value = seen.counters.entry(counter.clone()).or_insert(0);
            *value += 1;
            plan.counters.insert(counter, *value);
            fill(&mut payload, &event.event_type, number.field, *value);
            filled.push(payload.clone());
        }
        plan.effects.extend(placements(event, plan.events.len()));
        plan.events.push(Placed {
            position: *next,
            tenant: append.tenant,
            stream: append.stream.clone(),
            version,
            event_type: event.event_type.clone(),
            event_version: event.event_version.clone(),
            payload,
            metadata: event.metadata.clone(),
        });
        let head = Head {
            tenant: append.tenant,
            version,
            position: *next,
            last_event: event.metadata.event_id,
            stored: head.and_then(|head| head.stored),
        };
        seen.heads.insert(append.stream.clone(), head);
        plan.heads.insert(append.stream.clone(), head);
    }
    let position = if append.events.is_empty() {
        head.map_or(Position::START, |head| head.position)
    } else {
        *next
    };
    Landed { cursor: Cursor { position, ..start }, version, stream: append.stream.clone(), filled }
}

/// Their ids follow from the event's id, so that nobody can emit an effect twice.
fn placements(event: &NewEvent, index: usize) -> impl Iterator<Item = Placement> {
    let event_id = event.metadata.event_id;
    (0_i16..).zip(&event.effects).map(move |(ordinal, effect)| Placement {
        id: event_id.derive(&format!("effect:{ordinal}")),
        event: index,
        ordinal,
        effect: effect.clone(),
    })
}

/// Puts a number into a top-level field of an externally tagged payload.
fn fill(payload: &mut Value, event_type: &str, field: &str, value: i64) {
    let inner =
        if payload.get(event_type).is_some() { payload.get_mut(event_type) } else { Some(payload) };
    if let Some(Value::Object(fields)) = inner {
        fields.insert(field.to_owned(), Value::from(value));
    }
}

/// Lanes whose heads a batch locks, in the order of locking: the system lane first.
pub(super) fn lanes_to_lock(lane: Lane, appends: &[&Append]) -> Vec<Lane> {
    let touches_system = appends
        .iter()
        .flat_map(|append| &append.claims)
        .any(|claim| claim.scope == ClaimScope::Installation);
    if touches_system && lane != Lane::SYSTEM { vec![Lane::SYSTEM, lane] } else { vec![lane] }
}
