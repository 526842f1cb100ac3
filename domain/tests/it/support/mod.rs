//! Given these events, when this command comes, then those events follow. Every `when` also
//! checks what must hold for all aggregates, see [`Case::when`].

pub(crate) mod ids;
pub(crate) mod people;
pub(crate) mod samples;

use std::fmt::Debug;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bitacora_domain::recorded::decode_payload;
use bitacora_domain::{
    Actor, ActorKind, Claim, CommandId, Directed, DomainAggregate, DomainError, Effect,
};
use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use cqrs_es::event_sink::EventSink;
use uuid::Uuid;

/// An aggregate with a history, and the circumstances of the next command.
#[derive(Clone, Debug)]
pub(crate) struct Case<A> {
    pub(crate) state: A,
    id: String,
    actor: Actor,
    now: DateTime<Utc>,
    commands: u128,
}

/// What a command led to.
#[derive(Debug)]
pub(crate) struct Outcome<A: DomainAggregate> {
    pub(crate) result: Result<Vec<A::Event>, A::Refusal>,
    /// The case afterwards.
    pub(crate) case: Case<A>,
}

/// A case of the aggregate with [`ids::STREAM`], at minute 0, after `history`.
pub(crate) fn given<A: DomainAggregate>(history: impl IntoIterator<Item = A::Event>) -> Case<A> {
    let mut state = A::default();
    history.into_iter().for_each(|event| state.apply(event));
    let actor = Actor::new(ActorKind::User, "agente");
    Case { state, id: ids::STREAM.to_string(), actor, now: ids::minute(0), commands: 0 }
}

/// The id of the `n`-th command of a case, from 1.
pub(crate) fn command_id(n: u128) -> CommandId {
    CommandId::new(Uuid::from_u128(0xC0 << 64 | n))
}

impl<A> Case<A>
where
    A: DomainAggregate,
    A::Event: PartialEq,
    A::Refusal: PartialEq,
{
    /// The same case when it is `minute`.
    pub(crate) fn at(self, minute: i64) -> Self {
        Self { now: ids::minute(minute), ..self }
    }

    /// The same case with another stream id.
    pub(crate) fn of(self, id: &str) -> Self {
        Self { id: id.to_owned(), ..self }
    }

    /// The same case when somebody else asks.
    pub(crate) fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// Hands the command over and checks: a second handling gives the same; the state is the
    /// replay of what was emitted, read back from JSON; a refusal changes nothing; every event
    /// is on the aggregate's list; codes look like codes.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value)] // reads better in the tests
    pub(crate) fn when(mut self, body: A::Body) -> Outcome<A> {
        self.commands += 1;
        let directed = || Directed {
            tenant: ids::TENANT,
            aggregate_id: self.id.clone(),
            command_id: command_id(self.commands),
            actor: self.actor.clone(),
            now: self.now,
            body: body.clone(),
        };
        let (state, result) = handle(self.state.clone(), directed());
        let again = handle(self.state.clone(), directed());
        assert_eq!((&state, &result), (&again.0, &again.1), "not a pure function");
        match &result {
            Ok(events) => {
                let mut replay = self.state.clone();
                for event in events {
                    assert!(A::EVENT_TYPES.contains(&event.event_type().as_str()), "{event:?}");
                    replay.apply(through_json::<A>(event));
                }
                assert_eq!(state, replay, "the state is not the replay of {events:?}");
                let json = serde_json::to_value(&state).unwrap();
                assert_eq!(serde_json::from_value::<A>(json).unwrap(), state);
            }
            Err(refusal) => {
                assert_eq!(state, self.state, "{refusal} changed the state");
                let allowed = |char: char| char.is_ascii_uppercase() || char == '_';
                assert!(refusal.code().chars().all(allowed), "{}", refusal.code());
            }
        }
        Outcome { result, case: Self { state, ..self } }
    }

    /// The case after a command that must be accepted.
    #[track_caller]
    pub(crate) fn after(self, body: A::Body) -> Self {
        let outcome = self.when(body);
        assert!(outcome.result.is_ok(), "refused: {:?}", outcome.result);
        outcome.case
    }
}

impl<A> Outcome<A>
where
    A: DomainAggregate,
    A::Event: PartialEq + Debug,
{
    /// Exactly these events.
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = A::Event>) -> Case<A> {
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(self.result.expect("was refused"), expected);
        self.case
    }

    /// Accepted, and nothing happened.
    #[track_caller]
    pub(crate) fn then_nothing(self) -> Case<A> {
        self.then([])
    }

    /// Refused with this code.
    #[track_caller]
    pub(crate) fn then_refused(self, code: &str) -> Case<A> {
        assert_eq!(self.summary(), format!("!{code}"));
        self.case
    }

    /// Names of the events joined by `+`, `-` for none, `!CODE` for a refusal: the cells of
    /// the matrices.
    pub(crate) fn summary(&self) -> String {
        match &self.result {
            Ok(events) if events.is_empty() => "-".to_owned(),
            Ok(events) => events.iter().map(DomainEvent::event_type).collect::<Vec<_>>().join("+"),
            Err(refusal) => format!("!{}", refusal.code()),
        }
    }

    /// The effects of the events.
    #[track_caller]
    pub(crate) fn effects(&self) -> Vec<Effect> {
        let events = self.result.as_ref().expect("was refused");
        events.iter().flat_map(|event| self.case.state.effects(event)).collect()
    }

    /// The claims of the events.
    #[track_caller]
    pub(crate) fn claims(&self) -> Vec<Claim> {
        let events = self.result.as_ref().expect("was refused");
        events.iter().flat_map(|event| self.case.state.claims(event)).collect()
    }
}

/// An event as it comes back from the log.
pub(crate) fn through_json<A: DomainAggregate>(event: &A::Event) -> A::Event {
    let json = serde_json::to_string(event).unwrap();
    let payload = serde_json::from_str(&json).unwrap();
    decode_payload::<A>(&event.event_type(), &event.event_version(), payload).unwrap()
}

fn handle<A: DomainAggregate>(
    mut state: A,
    command: Directed<A::Body>,
) -> (A, Result<Vec<A::Event>, A::Refusal>) {
    let sink = EventSink::default();
    let result = at_once(state.handle(command, &(), &sink));
    let events = at_once(sink.collect());
    match result {
        Ok(()) => (state, Ok(events)),
        Err(refusal) => {
            assert!(events.is_empty(), "events before a refusal");
            (state, Err(refusal))
        }
    }
}

/// The value of a future that never waits: aggregates have nothing to wait for.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("an aggregate waited"),
    }
}

/// The table on a page is the one in the code; `BLESS=1` rewrites it.
#[track_caller]
pub(crate) fn check_page(path: &std::path::Path, today: &str) {
    let (begin, end) = ("<!-- matrix:begin -->\n", "<!-- matrix:end -->");
    let page = std::fs::read_to_string(path).unwrap();
    let (head, rest) = page.split_once(begin).expect("no matrix:begin");
    let (table, tail) = rest.split_once(end).expect("no matrix:end");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, format!("{head}{begin}{today}{end}{tail}")).unwrap();
    } else {
        assert!(table == today, "{} has drifted: BLESS=1 rewrites the table", path.display());
    }
}
