//! What plans limit is counted in the append transaction: exactly, per tenant, by the tenant's
//! day, and never against what a provider tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::read::{LaneSignals, PgLogReader, PgReadModels, PgReadStore};
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ports::Clock;
use bitacora_commands::{CommandBus, CommandError, Envelope, Receipt};
use bitacora_domain::aggregates::contact::{
    Contact, ContactCommand, ContactRefusal, Identity, IdentityKind,
};
use bitacora_domain::aggregates::conversation::{
    ConversationCommand, ConversationRefusal, MessageContent, Sender,
};
use bitacora_domain::aggregates::membership::{Membership, MembershipCommand};
use bitacora_domain::aggregates::tenant::day::quarters;
use bitacora_domain::aggregates::tenant::{LimitRule, Plan, Tenant, TenantCommand};
use bitacora_domain::{
    Actor, ActorKind, CommandId, ContactId, DomainAggregate, Meter, Personal, Role, Subject,
    TenantId, UserId, Version,
};
use bitacora_projections::ports::ReadModels as _;
use bitacora_projections::runner::{Options, Runner};
use bitacora_projections::views::usage;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Conversation, KEY, World, fresh, start_command};

/// A clock that somebody sets.
struct SetClock(AtomicI64);

impl SetClock {
    fn set(&self, at: &str) {
        self.0.store(time(at).timestamp_micros(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap()
    }
    fn fresh_id(&self) -> Uuid {
        SystemClock.fresh_id()
    }
}

fn time(at: &str) -> DateTime<Utc> {
    at.parse().unwrap()
}

/// A world whose time is ours: noon of 2 March 2026 in Buenos Aires.
struct Shop {
    world: World,
    clock: Arc<SetClock>,
    bus: CommandBus,
}

const NOON: &str = "2026-03-02T15:00:00Z";
const ZONE: &str = "America/Argentina/Buenos_Aires";

/// Name of a meter's counter at `at`. There it is always three hours earlier than UTC.
fn counter(meter: Meter, at: DateTime<Utc>) -> String {
    let day = (at - TimeDelta::hours(3)).date_naive();
    let day = if meter == Meter::Messages { format!(".{day}") } else { String::new() };
    format!("meter.{}{day}", meter.as_str())
}

impl Shop {
    async fn new() -> Self {
        let world = World::new().await;
        let clock = Arc::new(SetClock(AtomicI64::new(0)));
        clock.set(NOON);
        let bus = CommandBus::new(world.log.clone(), KEY, clock.clone(), BusOptions::default());
        Self { world, clock, bus }
    }

    /// What another process has.
    async fn other_bus(&self) -> CommandBus {
        let (log, _) = self.world.second_process().await;
        CommandBus::new(log, KEY, self.clock.clone(), BusOptions::default())
    }

    fn envelope(&self, tenant: TenantId, kind: ActorKind) -> Envelope {
        let id = CommandId::new(fresh());
        let fingerprint = KEY.fingerprint(&json!(id.to_string())).unwrap();
        Envelope::new(tenant, Actor::new(kind, "somebody"), id, fingerprint, self.clock.now())
    }

    async fn give<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        id: impl ToString,
        body: A::Body,
    ) -> Result<Receipt, CommandError<A::Refusal>> {
        let envelope = self.envelope(tenant, ActorKind::User);
        self.bus.execute::<A>(envelope, &id.to_string(), body).await
    }

    /// A tenant of FREE, the `n`-th of the world.
    async fn tenant(&self, n: usize) -> TenantId {
        self.tenant_in(n, ZONE).await
    }

    async fn tenant_in(&self, n: usize, zone: &str) -> TenantId {
        let tenant = self.world.tenants[n];
        let register = TenantCommand::Register {
            name: "Ibarra".into(),
            slug: format!("ibarra-{n}"),
            plan: Plan::Free,
            time_zone: zone.into(),
        };
        self.give::<Tenant>(tenant, tenant, register).await.unwrap();
        tenant
    }

    async fn limit(&self, tenant: TenantId, meter: Meter, rule: LimitRule) {
        let reason = "Contrato".to_owned();
        let body = TenantCommand::OverrideLimit { meter, rule, reason };
        self.give::<Tenant>(tenant, tenant, body).await.unwrap();
        // What is believed of a tenant is believed for two seconds.
        self.clock.0.fetch_add(2_000_000, Ordering::SeqCst);
    }

    /// A conversation in which the contact wrote a moment ago.
    async fn conversation(&self, tenant: TenantId) -> Uuid {
        let id = fresh();
        self.give::<Conversation>(tenant, id, start_command()).await.unwrap();
        self.receive(tenant, id).await;
        id
    }

    async fn receive(&self, tenant: TenantId, id: Uuid) {
        let receive = ConversationCommand::ReceiveMessage {
            provider_message_id: format!("wamid.{}", fresh()),
            content: text(),
            reply_to: None,
            referral: None,
            forwarded: false,
            sent_at: self.clock.now(),
        };
        let envelope = self.envelope(tenant, ActorKind::Provider);
        self.bus.execute::<Conversation>(envelope, &id.to_string(), receive).await.unwrap();
    }

    async fn send(&self, tenant: TenantId, id: Uuid) -> Sent {
        self.give::<Conversation>(tenant, id, message()).await
    }

    /// What the log has counted of a meter today.
    async fn counted(&self, tenant: TenantId, meter: Meter) -> i64 {
        self.value(tenant, &counter(meter, self.clock.now())).await
    }

    async fn value(&self, tenant: TenantId, counter: &str) -> i64 {
        self.world
            .number(&format!(
                "select coalesce((select value from log.counters \
                  where tenant_id = '{tenant}' and kind = '{counter}'), 0)"
            ))
            .await
    }
}

type Sent = Result<Receipt, CommandError<ConversationRefusal>>;

fn text() -> MessageContent {
    let subject = Subject("contact:test".into());
    MessageContent::Text { body: Personal::new(subject, "Hola".to_owned()) }
}

fn message() -> ConversationCommand {
    ConversationCommand::SendMessage {
        client_message_id: None,
        content: text(),
        sender: Sender::Agent,
        reply_to: None,
    }
}

/// Asserts that the limit was in the way, and where it stood.
#[track_caller]
fn assert_reached<T: std::fmt::Debug, E: bitacora_domain::DomainError>(
    outcome: &Result<T, CommandError<E>>,
    of: (Meter, i64, i64),
) {
    let Err(error @ CommandError::LimitReached { meter, limit, used }) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((*meter, *limit, *used), of);
    assert_eq!((error.code(), error.retryable()), ("LIMIT_REACHED", false));
    let told = error.to_string();
    assert!(told.contains("larger plan") && told.contains(&limit.to_string()), "{told}");
}

#[tokio::test]
async fn parallel_sends_of_two_processes_stop_exactly_at_the_limit() {
    let shop = Shop::new().await;
    let tenant = shop.tenant(0).await;
    shop.limit(tenant, Meter::Messages, LimitRule::AtMost(37)).await;
    let mut conversations = Vec::new();
    for _ in 0..8 {
        conversations.push(shop.conversation(tenant).await.to_string());
    }
    let other = shop.other_bus().await;
    let sends = (0..96).map(|n| {
        let place = n % conversations.len();
        // each process has conversations of its own: the meter alone is contended
        let bus = if place < 4 { &shop.bus } else { &other };
        let envelope = shop.envelope(tenant, ActorKind::User);
        bus.execute::<Conversation>(envelope, &conversations[place], message())
    });
    let outcomes: Vec<Sent> = join_all(sends).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 37);
    for refused in outcomes.iter().filter(|outcome| outcome.is_err()) {
        assert_reached(refused, (Meter::Messages, 37, 37));
    }
    let queued = "select count(*) from log.events where event_type = 'MessageQueued'";
    assert_eq!(shop.world.number(queued).await, 37);
    assert_eq!(shop.counted(tenant, Meter::Messages).await, 37);
    shop.world.assert_log_is_sound().await;
}

/// 64 at once for the last place: one gets it, whatever is counted and however often it is tried.
#[tokio::test]
async fn one_of_many_gets_the_last_place() {
    let shop = Shop::new().await;
    let tenant = shop.tenant(0).await;
    shop.limit(tenant, Meter::Contacts, LimitRule::AtMost(3)).await;
    let other = shop.other_bus().await;
    for n in 0..2 {
        let (id, body) = register(n);
        shop.give::<Contact>(tenant, id, body).await.unwrap();
    }
    let race = (100..164).map(|n| {
        let bus = if n % 2 == 0 { &shop.bus } else { &other };
        let (id, body) = register(n);
        let envelope = shop.envelope(tenant, ActorKind::User);
        async move { bus.execute::<Contact>(envelope, &id.to_string(), body).await }
    });
    let outcomes = join_all(race).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.iter().filter(|outcome| outcome.is_err()) {
        assert_reached(refused, (Meter::Contacts, 3, 3));
    }
    assert_eq!(shop.counted(tenant, Meter::Contacts).await, 3);
    shop.limit(tenant, Meter::Contacts, LimitRule::AtMost(4)).await;
    let (id, body) = register(200);
    shop.give::<Contact>(tenant, id, body).await.unwrap();
    shop.world.assert_log_is_sound().await;
}

#[tokio::test]
async fn a_replay_does_not_count_and_is_answered_beyond_the_limit() {
    let shop = Shop::new().await;
    let tenant = shop.tenant(0).await;
    shop.limit(tenant, Meter::Messages, LimitRule::AtMost(1)).await;
    let id = shop.conversation(tenant).await;
    let envelope = shop.envelope(tenant, ActorKind::User);
    let stream = id.to_string();
    let send = |envelope| shop.bus.execute::<Conversation>(envelope, &stream, message());
    let (first, again) = (send(envelope.clone()).await.unwrap(), send(envelope).await.unwrap());
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.cursor, again.cursor);
    assert_eq!(shop.counted(tenant, Meter::Messages).await, 1);
    assert_reached(&shop.send(tenant, id).await, (Meter::Messages, 1, 1));
}

#[tokio::test]
async fn what_is_refused_or_conflicts_does_not_count() {
    let shop = Shop::new().await;
    let tenant = shop.tenant(0).await;
    let open = shop.conversation(tenant).await;
    let silent = fresh();
    shop.give::<Conversation>(tenant, silent, start_command()).await.unwrap();
    let refused = shop.send(tenant, silent).await;
    assert!(
        matches!(refused, Err(CommandError::Refused(ConversationRefusal::ServiceWindowClosed))),
        "{refused:?}"
    );
    let mut stale = shop.envelope(tenant, ActorKind::User);
    stale.expected_version = Some(Version(1));
    let stale = shop.bus.execute::<Conversation>(stale, &open.to_string(), message()).await;
    assert!(matches!(stale, Err(CommandError::VersionConflict { .. })), "{stale:?}");
    // Two processes race for one stream: whoever loses tries again, and counts once.
    let other = shop.other_bus().await;
    let id = open.to_string();
    let race = (0..8).map(|n| {
        let bus = if n % 2 == 0 { &shop.bus } else { &other };
        bus.execute::<Conversation>(shop.envelope(tenant, ActorKind::User), &id, message())
    });
    let sent = join_all(race).await.into_iter().flatten().count();
    assert!(sent > 0);
    let counted = shop.counted(tenant, Meter::Messages).await;
    assert_eq!(usize::try_from(counted).unwrap(), sent);
}

#[tokio::test]
async fn midnight_of_the_tenant_starts_the_day_again() {
    let shop = Shop::new().await;
    let tenant = shop.tenant(0).await;
    shop.limit(tenant, Meter::Messages, LimitRule::AtMost(2)).await;
    let id = shop.conversation(tenant).await;
    shop.clock.set("2026-03-03T02:59:59.999999Z"); // 23:59:59 of 2 March there
    shop.send(tenant, id).await.unwrap();
    shop.send(tenant, id).await.unwrap();
    let envelope = shop.envelope(tenant, ActorKind::User);
    let stream = id.to_string();
    let late = shop.bus.execute::<Conversation>(envelope.clone(), &stream, message());
    assert_reached(&late.await, (Meter::Messages, 2, 2));
    shop.clock.set("2026-03-03T03:00:00Z");
    // A refusal stored nothing: the same command may be given again.
    let tomorrow = Envelope { now: shop.clock.now(), ..envelope };
    let given = shop.bus.execute::<Conversation>(tomorrow, &stream, message()).await;
    assert!(!given.unwrap().replayed);
    assert_eq!(shop.counted(tenant, Meter::Messages).await, 1);
    assert_eq!(shop.value(tenant, "meter.MESSAGES.2026-03-02").await, 2);
}

/// In Santiago 4 April 2026 has 25 hours: at its end 23:00 comes again. 6 September begins at
/// 01:00: there is no midnight.
#[tokio::test]
async fn days_on_which_clocks_change_have_one_quota_each() {
    let shop = Shop::new().await;
    shop.clock.set("2026-04-04T15:00:00Z");
    let tenant = shop.tenant_in(0, "America/Santiago").await;
    shop.limit(tenant, Meter::Messages, LimitRule::AtMost(1)).await;
    let id = shop.conversation(tenant).await;
    for (at, day, is_new) in [
        ("2026-04-05T02:30:00Z", "2026-04-04", true),  // 23:30
        ("2026-04-05T03:30:00Z", "2026-04-04", false), // 23:30 again
        ("2026-04-05T03:59:59.999999Z", "2026-04-04", false),
        ("2026-04-05T04:00:00Z", "2026-04-05", true),
        ("2026-09-06T03:59:59Z", "2026-09-05", true), // 23:59:59
        ("2026-09-06T04:00:00Z", "2026-09-06", true), // 01:00
        ("2026-09-07T02:59:59Z", "2026-09-06", false), // 23:59:59, 23 hours later
        ("2026-09-07T03:00:00Z", "2026-09-07", true),
    ] {
        shop.clock.set(at);
        shop.receive(tenant, id).await;
        let sent = shop.send(tenant, id).await;
        if is_new {
            sent.unwrap_or_else(|error| panic!("{at}: {error}"));
        } else {
            assert_reached(&sent, (Meter::Messages, 1, 1));
        }
        assert_eq!(shop.value(tenant, &format!("meter.MESSAGES.{day}")).await, 1, "{at}");
    }
}

/// Another zone is another day, of which no more can be used than before.
#[tokio::test]
async fn who_moves_to_another_zone_gains_no_quota_for_a_day() {
    let shop = Shop::new().await;
    let tenant = shop.tenant(0).await;
    shop.limit(tenant, Meter::Messages, LimitRule::AtMost(1)).await;
    let id = shop.conversation(tenant).await;
    shop.send(tenant, id).await.unwrap();
    let zones = ["Pacific/Kiritimati", ZONE, "Pacific/Kiritimati", "Asia/Tokyo"];
    for (zone, is_new) in zones.into_iter().zip([true, false, false, false]) {
        let settings =
            TenantCommand::UpdateSettings { name: None, time_zone: Some(zone.to_owned()) };
        shop.give::<Tenant>(tenant, tenant, settings).await.unwrap();
        shop.clock.0.fetch_add(2_000_000, Ordering::SeqCst);
        assert_eq!(shop.send(tenant, id).await.is_ok(), is_new, "{zone}");
    }
    assert_eq!(shop.value(tenant, "meter.MESSAGES.2026-03-02").await, 1);
    assert_eq!(shop.value(tenant, "meter.MESSAGES.2026-03-03").await, 1);
}

/// A trial that ended sends nothing, takes in everything, and goes on when somebody pays.
#[tokio::test]
async fn a_trial_that_is_over_sends_nothing_until_it_is_paid() {
    let shop = Shop::new().await;
    let tenant = shop.tenant(0).await;
    let id = shop.conversation(tenant).await;
    let send = |command: CommandId| shop.bus.require_outbound(tenant, command);
    send(CommandId::new(fresh())).await.unwrap();
    let due: DateTime<Utc> = sqlx::query_scalar(
        "select due_at from effects.queue where tenant_id = $1 and payload->>'body' = 'EndTrial'",
    )
    .bind(tenant.as_uuid())
    .fetch_one(&shop.world.db.pools().admin)
    .await
    .unwrap();
    assert_eq!(due, time(NOON) + TimeDelta::days(14));
    shop.clock.set(&due.to_rfc3339());
    shop.give::<Tenant>(tenant, tenant, TenantCommand::EndTrial).await.unwrap();
    shop.clock.0.fetch_add(2_000_000, Ordering::SeqCst);
    let held_back = send(CommandId::new(fresh())).await.unwrap_err();
    assert_eq!(held_back.code(), "TENANT_SUSPENDED");
    shop.receive(tenant, id).await;
    shop.give::<Tenant>(tenant, tenant, TenantCommand::Activate).await.unwrap();
    shop.clock.0.fetch_add(2_000_000, Ordering::SeqCst);
    send(CommandId::new(fresh())).await.unwrap();
}

fn register(n: u32) -> (ContactId, ContactCommand) {
    let id = ContactId::new(fresh());
    let phone = format!("+54911666{n:05}");
    let identity = Identity::parse(IdentityKind::Phone, &phone, Subject::contact(id)).unwrap();
    (id, ContactCommand::Register { identities: vec![identity], name: None })
}

#[tokio::test]
async fn what_a_provider_tells_is_counted_and_never_refused() {
    let shop = Shop::new().await;
    let tenant = shop.tenant(0).await;
    shop.limit(tenant, Meter::Contacts, LimitRule::AtMost(2)).await;
    let contact = |kind, n| {
        let (id, body) = register(n);
        let envelope = shop.envelope(tenant, kind);
        let (bus, id) = (&shop.bus, id.to_string());
        async move { bus.execute::<Contact>(envelope, &id, body).await }
    };
    contact(ActorKind::User, 1).await.unwrap();
    contact(ActorKind::User, 2).await.unwrap();
    let refused: Result<_, CommandError<ContactRefusal>> = contact(ActorKind::User, 3).await;
    assert_reached(&refused, (Meter::Contacts, 2, 2));
    for n in 4..7 {
        contact(ActorKind::Provider, n).await.unwrap();
    }
    assert_eq!(shop.counted(tenant, Meter::Contacts).await, 5);
    assert_reached(&contact(ActorKind::User, 8).await, (Meter::Contacts, 2, 5));
    // The message of a contact is no message of ours.
    let id = shop.conversation(tenant).await;
    shop.receive(tenant, id).await;
    assert_eq!(shop.counted(tenant, Meter::Messages).await, 0);
}

#[tokio::test]
async fn another_plan_takes_effect_within_two_seconds_in_every_process() {
    let shop = Shop::new().await;
    let tenant = shop.tenant(0).await;
    let id = shop.conversation(tenant).await;
    let today = counter(Meter::Messages, shop.clock.now());
    let used = format!("insert into log.counters values ('{tenant}', '{today}', 249)");
    sqlx::query(&used).execute(&shop.world.db.pools().admin).await.unwrap();
    shop.send(tenant, id).await.unwrap();
    assert_reached(&shop.send(tenant, id).await, (Meter::Messages, 250, 250));
    // The plan changes in another process: nobody tells this one.
    let other = shop.other_bus().await;
    let change = |plan| {
        let envelope = shop.envelope(tenant, ActorKind::User);
        let (other, id) = (&other, tenant.to_string());
        async move { other.execute::<Tenant>(envelope, &id, TenantCommand::ChangePlan { plan }).await }
    };
    change(Plan::Starter).await.unwrap();
    shop.clock.0.fetch_add(2_000_000, Ordering::SeqCst);
    shop.send(tenant, id).await.unwrap();
    change(Plan::Free).await.unwrap();
    shop.clock.0.fetch_add(2_000_000, Ordering::SeqCst);
    assert_reached(&shop.send(tenant, id).await, (Meter::Messages, 250, 251));
    change(Plan::Enterprise).await.unwrap();
    shop.clock.0.fetch_add(2_000_000, Ordering::SeqCst);
    shop.send(tenant, id).await.unwrap();
    assert_eq!(shop.counted(tenant, Meter::Messages).await, 252);
}

#[tokio::test]
async fn tenants_of_one_lane_do_not_count_for_each_other() {
    let shop = Shop::new().await;
    let (full, free) = (shop.tenant(0).await, shop.tenant(1).await);
    shop.limit(full, Meter::Messages, LimitRule::AtMost(1)).await;
    let (of_full, of_free) = (shop.conversation(full).await, shop.conversation(free).await);
    shop.send(full, of_full).await.unwrap();
    assert_reached(&shop.send(full, of_full).await, (Meter::Messages, 1, 1));
    for _ in 0..3 {
        shop.send(free, of_free).await.unwrap();
    }
    assert_eq!(shop.counted(full, Meter::Messages).await, 1);
    assert_eq!(shop.counted(free, Meter::Messages).await, 3);
}

/// Members come, go, and come again.
async fn members(shop: &Shop, tenant: TenantId) {
    let add = |n: u32, role| MembershipCommand::Add {
        user: UserId::new(fresh()),
        email: Personal::new(Subject(format!("user:{n}")), format!("u{n}@example.test")),
        name: Personal::new(Subject(format!("user:{n}")), format!("Persona {n}")),
        role,
        by: None,
    };
    shop.limit(tenant, Meter::Users, LimitRule::AtMost(3)).await;
    let agent = fresh();
    shop.give::<Membership>(tenant, fresh(), add(1, Role::Owner)).await.unwrap();
    shop.give::<Membership>(tenant, agent, add(2, Role::Agent)).await.unwrap();
    shop.give::<Membership>(tenant, fresh(), add(3, Role::Agent)).await.unwrap();
    let fourth = shop.give::<Membership>(tenant, fresh(), add(4, Role::Agent)).await;
    assert_reached(&fourth, (Meter::Users, 3, 3));
    let suspend = MembershipCommand::Suspend { reason: None, by: None };
    shop.give::<Membership>(tenant, agent, suspend).await.unwrap();
}

#[tokio::test]
async fn the_counters_are_what_the_view_says() {
    let shop = Shop::new().await;
    let tenant = shop.tenant(2).await;
    members(&shop, tenant).await;
    for n in 0..3 {
        let (id, body) = register(n);
        shop.give::<Contact>(tenant, id, body).await.unwrap();
    }
    let days =
        [("2026-03-02T15:00:00Z", 2), ("2026-03-03T02:59:00Z", 3), ("2026-03-03T03:01:00Z", 4)];
    for (at, sends) in days {
        shop.clock.set(at);
        let id = shop.conversation(tenant).await;
        for _ in 0..sends {
            shop.send(tenant, id).await.unwrap();
        }
    }
    let (signals, pools) = (LaneSignals::new(), shop.world.db.pools());
    let reader = Arc::new(PgLogReader::new(pools.reader.clone(), signals.clone()));
    let store = Arc::new(PgReadStore::new(pools, signals, [&usage::TABLE]));
    let views = Options { views: vec![&usage::Usage], ..Options::default() };
    Runner::new(reader, store, None, views).catch_up().await.unwrap();
    let loaded = shop.bus.load::<Tenant>(tenant, &tenant.to_string()).await.unwrap();
    let (state, _) = loaded.unwrap();
    let models = PgReadModels::new(pools.api.clone(), [&usage::TABLE]);
    for (meter, at, expected) in [
        (Meter::Messages, days[0].0, 5),
        (Meter::Messages, days[2].0, 4),
        (Meter::Contacts, NOON, 3),
        (Meter::Users, NOON, 2),
    ] {
        let at = time(at);
        let keys: Vec<_> = if meter.is_daily() {
            quarters(state.day(at)).map(|at| usage::key(meter, at)).collect()
        } else {
            vec![usage::key(meter, at)]
        };
        let rows = models.rows(tenant, &usage::TABLE, &keys).await.unwrap();
        let seen: i64 = rows.iter().filter_map(|row| row.cell("used").as_int()).sum();
        let counted = shop.value(tenant, &counter(meter, at)).await;
        assert_eq!((seen, counted), (expected, expected), "{meter:?} {at}");
    }
}
