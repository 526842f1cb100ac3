//! The runtime: each event once, whatever dies; parked aggregates that hold nobody else up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bitacora_commands::ports::{ReactorKey, ReactorStore};
use bitacora_commands::reactors::{
    Interest, Known, Note, ParkingError, Question, Reaction, Reactor, ReactorFault, ReactorOptions,
    ReactorRunner, Start, discard_parked, retry_parked,
};
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, Identity, IdentityKind};
use bitacora_domain::{
    ContactId, Effect, Personal, RecordedEvent, StreamId, Subject, TenantId, aggregates,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::fuse::Fuse;
use crate::stage::Stage;

/// Wants an effect of nobody's kind for each contact that is made or renamed. A contact called
/// `veneno` is too much for it, until it is mended.
#[derive(Default)]
struct Echo {
    mended: AtomicBool,
    version: u32,
    remembering: bool,
    /// The kind of its effects is too long for the queue.
    spoilt: AtomicBool,
}

const WANTED: &[Interest] =
    &[Interest { aggregate: "contact", events: &["ContactCreated", "ContactRenamed"] }];

impl Reactor for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }
    fn version(&self) -> u32 {
        self.version
    }
    fn start(&self) -> Start {
        if self.remembering { Start::Remembering } else { Start::Beginning }
    }
    fn interest(&self) -> &'static [Interest] {
        WANTED
    }
    fn asks(&self, event: &RecordedEvent) -> Result<Vec<Question>, ReactorFault> {
        Ok(vec![Question { topic: "seen", key: id(event) }])
    }
    fn react(&self, event: &RecordedEvent, known: &Known) -> Result<Reaction, ReactorFault> {
        let poison = event.payload.to_string().contains("veneno");
        assert!(!poison || self.mended.load(Ordering::SeqCst), "poison");
        let seen = known.of(event.tenant, "seen", id(event)).len();
        let payload = json!({ "stream": event.stream.aggregate_id, "seen": seen });
        let spoilt = poison && self.spoilt.load(Ordering::SeqCst);
        let kind = if spoilt { TOO_LONG } else { "test.echo" };
        let effect = Effect { kind, serial: None, due: None, payload };
        let note =
            Note::Put { topic: "seen", key: id(event), value: event.metadata.event_id.as_uuid() };
        Ok(Reaction::default().effect(effect).note(note))
    }
}

const TOO_LONG: &str = "a.kind.whose.name.is.longer.than.the.sixty.four.characters.that.fit.here";

fn id(event: &RecordedEvent) -> Uuid {
    event.stream.aggregate_id.parse().unwrap()
}

async fn contact(stage: &Stage, name: &str) -> ContactId {
    let contact: ContactId = stage.id();
    let personal = |text: &str| Personal::new(Subject::contact(contact), text.to_owned());
    let phone = format!("+54911{:08}", contact.as_uuid().as_u128() % 100_000_000);
    let identities = vec![Identity { kind: IdentityKind::Phone, value: personal(&phone) }];
    let register = ContactCommand::Register { identities, name: Some(personal(name)) };
    stage.give::<Contact>(contact, register).await;
    contact
}

async fn rename(stage: &Stage, contact: ContactId, name: &str) {
    let name = Personal::new(Subject::contact(contact), name.to_owned());
    stage.give::<Contact>(contact, ContactCommand::Rename { name }).await;
}

/// Effects that the reactor wanted: stream and what it had noted before.
async fn echoes(stage: &Stage) -> Vec<(String, i64)> {
    sqlx::query_as(
        "select payload ->> 'stream', (payload ->> 'seen')::bigint from effects.queue \
         where kind in ('test.echo') order by position",
    )
    .fetch_all(&stage.db.pools().admin)
    .await
    .unwrap()
}

fn runner(stage: &Stage, echo: &Arc<Echo>) -> ReactorRunner {
    stage.process_of(&Fuse::whole(), vec![echo.clone()]).runner
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_is_reacted_to_once_by_several_processes_side_by_side() {
    let stage = Stage::new().await;
    let echo = Arc::new(Echo::default());
    let stop = CancellationToken::new();
    let processes: Vec<_> = (0..3)
        .map(|_| {
            let (runner, stop) = (runner(&stage, &echo), stop.clone());
            tokio::spawn(async move { runner.run(stop).await })
        })
        .collect();
    let mut expected = Vec::new();
    for n in 0..60 {
        let made = contact(&stage, &format!("c{n}")).await;
        rename(&stage, made, "otro").await;
        expected.extend([(made.to_string(), 0), (made.to_string(), 1)]);
    }
    let begun = Instant::now();
    while echoes(&stage).await.len() < expected.len() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", echoes(&stage).await.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.cancel();
    for process in processes {
        process.await.unwrap();
    }
    assert_eq!(echoes(&stage).await, expected, "in order, each with what was noted before it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_killed_between_the_write_and_the_checkpoint_leaves_neither() {
    let stage = Stage::new().await;
    let echo = Arc::new(Echo::default());
    // The database itself kills the session when it has written the effects and comes to the
    // checkpoint: twice.
    sqlx::raw_sql(
        "create sequence kills;
         create function kill() returns trigger language plpgsql security definer as $$ begin
             if nextval('kills') <= 2 then perform pg_terminate_backend(pg_backend_pid()); end if;
             return new;
         end $$;
         create trigger kill before update of position on effects.reactors
             for each row execute function kill();",
    )
    .execute(&stage.db.pools().admin)
    .await
    .unwrap();
    let made = contact(&stage, "Ana").await;
    for _ in 0..2 {
        assert!(runner(&stage, &echo).drain().await.is_err());
        assert_eq!(echoes(&stage).await, []);
        assert_eq!(stage.number("select count(*) from effects.notes").await, 0);
    }
    runner(&stage, &echo).drain().await.unwrap();
    runner(&stage, &echo).drain().await.unwrap();
    assert_eq!(echoes(&stage).await, [(made.to_string(), 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_not_made_again() {
    let stage = Stage::new().await;
    let echo = Arc::new(Echo::default());
    let made = contact(&stage, "Ana").await;
    for after in [true, false] {
        let killed = stage.process_of(&Fuse::of(1, after), vec![echo.clone()]);
        assert_eq!(killed.runner.drain().await.is_err(), after, "only the first has to write");
        runner(&stage, &echo).drain().await.unwrap();
        assert_eq!(echoes(&stage).await, [(made.to_string(), 0)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reactor_that_panics_parks_one_aggregate_until_it_is_mended() {
    let stage = Stage::new().await;
    let echo = Arc::new(Echo::default());
    let (good, bad) = (contact(&stage, "Ana").await, contact(&stage, "veneno").await);
    rename(&stage, bad, "Bruno").await;
    rename(&stage, good, "Ana María").await;
    runner(&stage, &echo).drain().await.unwrap();
    assert_eq!(echoes(&stage).await, [(good.to_string(), 0), (good.to_string(), 1)]);
    let store = stage.store();
    let parked = store.parked(Some(stage.tenant), 10).await.unwrap();
    let codes: Vec<_> = parked.iter().map(|event| (event.code.as_str(), event.attempts)).collect();
    assert_eq!(codes, [("REACTOR_PANICKED", 3), ("QUEUED", 0)]);
    assert!(parked.iter().all(|event| event.stream.aggregate_id == bad.to_string()));
    assert!(!format!("{parked:?}").contains("veneno"), "nothing personal is told");
    let checkpoints = store.checkpoints().await.unwrap();
    assert_eq!(checkpoints.iter().map(|known| known.parked).sum::<i64>(), 2);
    // Later events of it wait, too.
    rename(&stage, bad, "Carla").await;
    runner(&stage, &echo).drain().await.unwrap();
    assert_eq!(store.parked(None, 10).await.unwrap().len(), 3);

    let stream = StreamId::new("contact", bad);
    let other = TenantId::new(Uuid::from_u128(9));
    let foreign = retry_parked(&store, &*echo, other, &stream).await;
    assert!(matches!(foreign, Err(ParkingError::NotParked(_))), "{foreign:?}");
    let retried = retry_parked(&store, &*echo, stage.tenant, &stream).await.unwrap();
    assert_eq!((retried.taken, retried.failed.unwrap().attempts), (0, 6));
    assert_eq!(store.parked(None, 10).await.unwrap().len(), 3);
    echo.mended.store(true, Ordering::SeqCst);
    let retried = retry_parked(&store, &*echo, stage.tenant, &stream).await.unwrap();
    assert_eq!((retried.taken, retried.failed), (3, None));
    assert!(store.parked(None, 10).await.unwrap().is_empty());
    let of_bad: Vec<_> =
        echoes(&stage).await.into_iter().filter(|e| e.0 == bad.to_string()).collect();
    assert_eq!(of_bad.iter().map(|e| e.1).collect::<Vec<_>>(), [0, 1, 2], "in order");
    rename(&stage, bad, "Dora").await;
    runner(&stage, &echo).drain().await.unwrap();
    assert_eq!(echoes(&stage).await.len(), 6, "it is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_that_the_database_refuses_parks_its_aggregate_alone() {
    let stage = Stage::new().await;
    let echo = Arc::new(Echo::default());
    echo.mended.store(true, Ordering::SeqCst);
    echo.spoilt.store(true, Ordering::SeqCst);
    let mut good = Vec::new();
    for n in 0..5 {
        good.push(contact(&stage, &format!("c{n}")).await.to_string());
        if n == 2 {
            contact(&stage, "veneno").await;
        }
    }
    runner(&stage, &echo).drain().await.unwrap();
    let taken: Vec<_> = echoes(&stage).await.into_iter().map(|echo| echo.0).collect();
    assert_eq!(taken, good);
    let store = stage.store();
    let parked = store.parked(None, 10).await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].code, "EFFECT_REFUSED");
    let key = ReactorKey { name: "echo", version: 0 };
    let gone = discard_parked(&store, key, stage.tenant, &parked[0].stream).await.unwrap();
    assert_eq!((gone, store.parked(None, 10).await.unwrap().len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_reactor_begins_where_it_says() {
    let stage = Stage::new().await;
    let old = contact(&stage, "Ana").await;
    let echo = Arc::new(Echo { remembering: true, ..Echo::default() });
    runner(&stage, &echo).drain().await.unwrap();
    assert_eq!(echoes(&stage).await, [], "what happened before is not answered now");
    rename(&stage, old, "Ana María").await;
    runner(&stage, &echo).drain().await.unwrap();
    assert_eq!(echoes(&stage).await, [(old.to_string(), 1)], "but it is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_keeps_off_what_a_newer_one_follows() {
    let stage = Stage::new().await;
    let (new, old) =
        (Echo { version: 2, ..Echo::default() }, Echo { version: 1, ..Echo::default() });
    runner(&stage, &Arc::new(new)).drain().await.unwrap();
    contact(&stage, "Ana").await;
    let store = stage.store();
    store.ensure(ReactorKey { name: "echo", version: 1 }, Start::Beginning).await.unwrap();
    let key = ReactorKey { name: "echo", version: old.version };
    let lane = store.lanes().await.unwrap()[1];
    assert!(store.claim(key, lane).await.unwrap().is_none());
    assert_eq!(store.position(key, lane).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_event_to_the_command_it_takes_milliseconds() {
    let stage = Stage::new().await;
    let process = stage.healthy();
    let stop = CancellationToken::new();
    let options = ReactorOptions { poll: Duration::from_mins(1), ..ReactorOptions::default() };
    let store: Arc<dyn ReactorStore> = Arc::new(stage.store());
    let runner = ReactorRunner::new(store, bitacora_commands::reactors::all(), options);
    let reacting = tokio::spawn({
        let stop = stop.clone();
        async move { runner.run(stop).await }
    });
    let working = tokio::spawn({
        let (stop, worker) = (stop.clone(), process.worker.clone());
        async move { worker.run(stop).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut took = Vec::new();
    for n in 0..20 {
        let order = crate::purchase::paid_order(&stage).await;
        let begun = Instant::now();
        while stage.count("OrderGranted").await <= n {
            assert!(begun.elapsed() < Duration::from_secs(10), "{order} was not granted");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        took.push(begun.elapsed());
    }
    stop.cancel();
    reacting.await.unwrap();
    working.await.unwrap();
    took.sort_unstable();
    // Three commands by two reactions; without waking each would wait for a poll of a minute.
    assert!(took[10] < Duration::from_secs(5), "median {:?}, all {took:?}", took[10]);
}

/// A reactor that wants an event by a wrong name would never get it.
#[test]
fn reactors_want_events_that_exist_and_have_names_of_their_own() {
    struct Names;
    impl bitacora_domain::AggregateVisitor for Names {
        type Output = &'static [&'static str];
        fn visit<A: bitacora_domain::DomainAggregate>(self) -> Self::Output {
            A::EVENT_TYPES
        }
    }
    let mut names = std::collections::BTreeSet::new();
    for reactor in bitacora_commands::reactors::all() {
        assert!(names.insert(reactor.name()), "{}", reactor.name());
        for interest in reactor.interest() {
            let known = aggregates::dispatch(interest.aggregate, Names).unwrap();
            for event in interest.events {
                assert!(known.contains(event), "{}: {event}", reactor.name());
            }
        }
    }
}
