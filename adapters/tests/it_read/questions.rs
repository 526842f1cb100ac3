//! `docs/analytics.sql`, asked by an analyst about what really happened: commands through the
//! bus, events through the projections. What the answers must be is computed here, from the
//! story, by other means than SQL.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bitacora_adapters::analysts;
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::read::{LaneSignals, PgLogReader, PgReadStore};
use bitacora_adapters::testing::TestDb;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ports::Clock as _;
use bitacora_commands::{CommandBus, Envelope, InstallationKey};
use bitacora_domain::aggregates::conversation::{
    AssignedBy, Conversation, ConversationCommand as C, DeliveryStatus, HandoffFallback,
    HandoffReason, MessageContent, ProviderFault, SendOutcome, Sender,
};
use bitacora_domain::{
    Actor, ActorKind, CommandId, Lane, MessageId, Personal, Subject, TenantId, UserId,
};
use bitacora_projections::runner::{Options, Runner};
use bitacora_projections::{Projection, views};
use chrono::{DateTime, Datelike as _, DurationRound as _, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection};
use uuid::Uuid;

use crate::support::{A, B};

const KEY: InstallationKey = InstallationKey::new([7; 32]);
/// Monday.
const START: &str = "2026-03-02T12:00:00Z";

/// What becomes of our answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Pending,
    Unknown,
    Sent,
    Delivered,
    Read,
    /// The provider said so later.
    Failed(i64),
    /// The provider did not take it.
    Rejected(i64),
}

impl Fate {
    const fn status(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Unknown => "UNKNOWN",
            Self::Sent => "SENT",
            Self::Delivered => "DELIVERED",
            Self::Read => "READ",
            Self::Failed(_) | Self::Rejected(_) => "FAILED",
        }
    }
    const fn code(self) -> Option<i64> {
        match self {
            Self::Failed(code) | Self::Rejected(code) => Some(code),
            Self::Pending | Self::Unknown | Self::Sent | Self::Delivered | Self::Read => None,
        }
    }
}

/// One conversation: the contact writes, and then.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// When, minutes after the start.
    at: i64,
    /// A person was asked for at once: why, and who came after how many seconds.
    handoff: Option<(HandoffReason, Option<i64>)>,
    /// Answered after so many seconds, and what became of it.
    answer: Option<(i64, Fate)>,
    /// Who has it, and wrote the answer.
    agent: usize,
    /// Settled so many hours after the start.
    settled: Option<i64>,
}

const fn case(at: i64, answer: Option<(i64, Fate)>, agent: usize, settled: Option<i64>) -> Case {
    Case { at, handoff: None, answer, agent, settled }
}

const fn handed(case: Case, reason: HandoffReason, came: Option<i64>) -> Case {
    Case { handoff: Some((reason, came)), ..case }
}

const WEEK: i64 = 7 * 24 * 60;
/// Nobody comes within this, seconds.
const PATIENCE: i64 = 600;

/// Two weeks.
const STORY: [Case; 13] = [
    case(0, Some((30, Fate::Read)), 0, Some(2)),
    case(20, Some((4_000, Fate::Delivered)), 1, Some(5)),
    case(50, Some((95, Fate::Failed(131_026))), 0, None),
    case(55, None, 1, None),
    handed(case(61, Some((700, Fate::Read)), 0, Some(1)), HandoffReason::CustomerAsked, Some(42)),
    handed(case(70, Some((900, Fate::Sent)), 1, None), HandoffReason::LowConfidence, Some(310)),
    handed(case(200, None, 0, None), HandoffReason::CustomerAsked, None),
    case(WEEK + 5, Some((12, Fate::Read)), 0, Some(3)),
    case(WEEK + 9, Some((61, Fate::Rejected(131_047))), 1, None),
    case(WEEK + 30, Some((7_300, Fate::Pending)), 1, None),
    handed(
        case(WEEK + 80, Some((500, Fate::Read)), 0, Some(30)),
        HandoffReason::CustomerAsked,
        Some(77),
    ),
    case(WEEK + 90, Some((240, Fate::Unknown)), 1, Some(6)),
    case(WEEK + 130, Some((241, Fate::Failed(131_026))), 0, None),
];

fn start() -> DateTime<Utc> {
    START.parse().unwrap()
}

impl Case {
    fn asked(&self) -> DateTime<Utc> {
        start() + TimeDelta::minutes(self.at)
    }
    fn answered(&self) -> Option<DateTime<Utc>> {
        self.answer.map(|(after, _)| self.asked() + TimeDelta::seconds(after))
    }
    fn week(&self) -> NaiveDate {
        let day = self.asked().date_naive();
        day - TimeDelta::days(i64::from(day.weekday().num_days_from_monday()))
    }
}

struct Desk {
    bus: CommandBus,
    agents: [UserId; 2],
}

impl Desk {
    async fn give(&self, tenant: TenantId, id: Uuid, by: Actor, at: DateTime<Utc>, body: C) {
        let command = CommandId::new(SystemClock.fresh_id());
        let fingerprint = KEY.fingerprint(&json!(command.to_string())).unwrap();
        let envelope = Envelope::new(tenant, by, command, fingerprint, at);
        let said = format!("{body:?}");
        let done = self.bus.execute::<Conversation>(envelope, &id.to_string(), body).await;
        done.unwrap_or_else(|error| panic!("{said}: {error}"));
    }

    /// Everything that happens in one conversation.
    async fn play(&self, tenant: TenantId, case: &Case) {
        let id = SystemClock.fresh_id();
        let (agent, at) = (self.agents[case.agent], case.asked());
        let person = || Actor::new(ActorKind::User, agent.to_string());
        let machine = || Actor::system("test");
        let (contact, channel) = (SystemClock.fresh_id().into(), SystemClock.fresh_id().into());
        let open = C::Start { contact, channel, external_thread: None, opted_out: false };
        self.give(tenant, id, provider(), at, open).await;
        let receive = C::ReceiveMessage {
            provider_message_id: format!("wamid.{id}"),
            content: text("Hola"),
            reply_to: None,
            referral: None,
            forwarded: false,
            sent_at: at,
        };
        self.give(tenant, id, provider(), at, receive).await;
        if let Some((reason, came)) = case.handoff {
            let (timeout_s, fallback) = (PATIENCE, HandoffFallback::KeepWaiting);
            let ask = C::RequestHandoff { reason, note: None, timeout_s, fallback, notice: None };
            self.give(tenant, id, machine(), at, ask).await;
            let after = |seconds| at + TimeDelta::seconds(seconds);
            if let Some(seconds) = came {
                let accept = C::AcceptHandoff { agent, lease_s: 3_600 };
                self.give(tenant, id, person(), after(seconds), accept).await;
            } else {
                let late = C::TimeOutHandoff { handoff: 1 };
                self.give(tenant, id, machine(), after(PATIENCE), late).await;
            }
        }
        if let (Some((_, fate)), Some(at)) = (case.answer, case.answered()) {
            self.answer(tenant, id, agent, at, fate).await;
        }
        let assign = C::Assign { agent: Some(agent), team: None, by: AssignedBy::default() };
        self.give(tenant, id, person(), at + TimeDelta::minutes(1), assign).await;
        if let Some(hours) = case.settled {
            let resolve = C::Resolve { resolution: None };
            self.give(tenant, id, person(), at + TimeDelta::hours(hours), resolve).await;
        }
    }

    async fn answer(
        &self,
        tenant: TenantId,
        id: Uuid,
        agent: UserId,
        at: DateTime<Utc>,
        fate: Fate,
    ) {
        let send = C::SendMessage {
            client_message_id: None,
            content: text("Buenas, ¿en qué puedo ayudar?"),
            sender: Sender::Agent,
            reply_to: None,
        };
        self.give(tenant, id, Actor::new(ActorKind::User, agent.to_string()), at, send).await;
        let message = self.last_message(tenant, id).await;
        if fate == Fate::Pending {
            return;
        }
        let begin = C::BeginSend { message, attempt: 1, opted_out: false };
        self.give(tenant, id, Actor::system("test"), at, begin).await;
        let provider_message_id = format!("wamid.{message}");
        let title = || "Undeliverable".to_owned();
        let outcome = match fate {
            Fate::Unknown => SendOutcome::Unknown { reason: "timeout".to_owned() },
            Fate::Rejected(code) => {
                SendOutcome::Rejected { code, title: title(), retryable: false }
            }
            _ => SendOutcome::Accepted { provider_message_id: provider_message_id.clone() },
        };
        let record = C::RecordSendOutcome { message, attempt: 1, outcome };
        self.give(tenant, id, Actor::system("test"), at, record).await;
        let status = match fate {
            Fate::Sent => DeliveryStatus::Sent,
            Fate::Delivered => DeliveryStatus::Delivered,
            Fate::Read => DeliveryStatus::Read,
            Fate::Failed(_) => DeliveryStatus::Failed,
            Fate::Pending | Fate::Unknown | Fate::Rejected(_) => return,
        };
        let told = C::RecordDeliveryStatus {
            message,
            provider_message_id: Some(provider_message_id),
            status,
            at,
            pricing: None,
            fault: fate.code().map(|code| ProviderFault { code, title: title() }),
        };
        self.give(tenant, id, provider(), at, told).await;
    }

    /// The id of the message of ours that was queued last.
    async fn last_message(&self, tenant: TenantId, id: Uuid) -> MessageId {
        let stream = bitacora_domain::StreamId::new("conversation", id);
        let stored = self.bus.log().load(tenant, &stream, 0, false).await.unwrap().unwrap();
        let queued = stored.events.iter().rev().find(|event| event.event_type == "MessageQueued");
        let payload = &queued.unwrap().payload["MessageQueued"]["message"];
        serde_json::from_value(payload.clone()).unwrap()
    }
}

fn provider() -> Actor {
    Actor::new(ActorKind::Provider, "whatsapp")
}

fn text(body: &str) -> MessageContent {
    MessageContent::Text { body: Personal::new(Subject("contact:test".into()), body.to_owned()) }
}

/// The story for tenant A, some of it twice for tenant B, in the read tables; and an analyst of A.
async fn told() -> (TestDb, [UserId; 2], PgConnection) {
    let db = TestDb::with_views().await;
    let pools = db.pools();
    let announce = Arc::new(|_, _| ());
    let options = db.options();
    let log = PgLog::start(&options, pools, announce, KEY, AppenderOptions::default());
    let log = log.await.unwrap();
    for (tenant, lane) in [(A, 1), (B, 1)] {
        log.assign_lane_to(tenant, Some(Lane(lane))).await.unwrap();
    }
    let bus = CommandBus::new(log, KEY, Arc::new(SystemClock), BusOptions::default());
    let agents = [0; 2].map(|_| UserId::new(SystemClock.fresh_id()));
    let desk = Desk { bus, agents };
    for case in &STORY {
        desk.play(A, case).await;
    }
    for case in STORY.iter().chain(&STORY).step_by(2) {
        desk.play(B, case).await;
    }
    let signals = LaneSignals::new();
    let reader = Arc::new(PgLogReader::new(pools.reader.clone(), signals.clone()));
    let tables = views::all().into_iter().map(Projection::table);
    let store = Arc::new(PgReadStore::new(pools, signals, tables));
    Runner::new(reader, store, None, Options::default()).catch_up().await.unwrap();
    let role = analysts::add(&pools.admin, "ana", A, "secret").await.unwrap();
    let options = db.options().username(&role).password("secret");
    let analyst = PgConnection::connect_with(&options).await.unwrap();
    (db, agents, analyst)
}

/// The questions of the file, by name.
fn questions() -> BTreeMap<String, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/analytics.sql");
    let file = std::fs::read_to_string(path).unwrap();
    file.split("-- question: ")
        .skip(1)
        .map(|part| {
            let (name, sql) = part.split_once('\n').unwrap();
            (name.to_owned(), sql.trim().trim_end_matches(';').to_owned())
        })
        .collect()
}

async fn ask(analyst: &mut PgConnection, question: &str) -> Vec<Value> {
    // the answer's order is kept: rows are turned into JSON one by one
    let sql = format!("select to_jsonb(answer) from (\n{question}\n) answer");
    sqlx::query_scalar(&sql).fetch_all(analyst).await.unwrap()
}

/// The smallest value that at least the share `p` of all does not exceed.
fn percentile(mut values: Vec<i64>, percent: usize) -> Option<i64> {
    values.sort_unstable();
    let place = (values.len() * percent).div_ceil(100).max(1) - 1;
    values.get(place).copied()
}

fn median(values: Vec<i64>) -> Option<f64> {
    percentile(values, 50).map(as_number)
}

#[allow(clippy::cast_precision_loss)] // seconds of a story
fn as_number(value: i64) -> f64 {
    value as f64
}

#[allow(clippy::cast_precision_loss)] // cases of a story
fn share(part: usize, of: usize) -> f64 {
    (1_000.0 * part as f64 / of as f64).round() / 10.0
}

/// JSON numbers are compared as numbers: 4 and 4.0 are the same answer.
fn numbers(rows: Vec<Value>) -> Vec<Value> {
    let number = |value: Value| value.as_f64().map_or(value, |number| json!(number));
    rows.into_iter()
        .map(|row| match row {
            Value::Object(row) => row.into_iter().map(|(k, v)| (k, number(v))).collect(),
            other => other,
        })
        .collect()
}

#[tokio::test]
async fn the_file_answers_five_questions_as_they_happened() {
    let (db, agents, mut analyst) = told().await;
    let questions = questions();
    let names: Vec<_> = questions.keys().map(String::as_str).collect();
    assert_eq!(names, ["agents", "backlog_by_hour", "delivery", "first_response_time", "handoffs"]);
    let expected = [
        ("first_response_time", first_responses()),
        ("backlog_by_hour", backlog()),
        ("handoffs", handoffs()),
        ("delivery", deliveries()),
        ("agents", workload(agents)),
    ];
    for (name, expected) in expected {
        let answer = ask(&mut analyst, &questions[name]).await;
        assert_eq!(numbers(answer), numbers(expected), "{name}");
    }
    // The whole file, as psql sends it.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/analytics.sql");
    let file = std::fs::read_to_string(path).unwrap();
    analyst.execute(sqlx::raw_sql(&file)).await.unwrap();
    // A control: somebody else's data is there to be kept out.
    let everybody = "select count(distinct tenant_id) from read.conversations";
    let all: i64 = sqlx::query_scalar(everybody).fetch_one(&db.pools().admin).await.unwrap();
    assert_eq!(all, 2);
}

fn first_responses() -> Vec<Value> {
    let mut weeks: BTreeMap<NaiveDate, Vec<Option<i64>>> = BTreeMap::new();
    for case in &STORY {
        weeks.entry(case.week()).or_default().push(case.answer.map(|(after, _)| after));
    }
    weeks
        .into_iter()
        .map(|(week, waits)| {
            let answered: Vec<i64> = waits.iter().copied().flatten().collect();
            json!({
                "week": week, "answered": answered.len(),
                "unanswered": waits.len() - answered.len(),
                "median_s": percentile(answered.clone(), 50), "p90_s": percentile(answered, 90),
            })
        })
        .collect()
}

/// Every full hour of the last seven days, and who waits at it.
fn backlog() -> Vec<Value> {
    let moments = STORY.iter().flat_map(|case| [Some(case.asked()), case.answered()]).flatten();
    let floor = |at: DateTime<Utc>| at.duration_trunc(TimeDelta::hours(1)).unwrap();
    let last = floor(moments.clone().max().unwrap());
    let first = floor(moments.min().unwrap()).max(last - TimeDelta::days(7));
    let waits = |hour: DateTime<Utc>| {
        // a settled conversation without an answer waits no more; the story has none
        let waiting = |case: &&Case| {
            case.asked() <= hour && case.answered().is_none_or(|answered| hour < answered)
        };
        STORY.iter().filter(waiting).count()
    };
    std::iter::successors(Some(first), |hour| Some(*hour + TimeDelta::hours(1)))
        .take_while(|hour| *hour <= last + TimeDelta::hours(1))
        .map(|hour| json!({ "hour": hour.format("%FT%T+00:00").to_string(), "waiting": waits(hour) }))
        .collect()
}

fn handoffs() -> Vec<Value> {
    let all: Vec<_> = STORY.iter().filter_map(|case| case.handoff).collect();
    let row = |name: &str, some: Vec<Option<i64>>| {
        let came: Vec<i64> = some.iter().copied().flatten().collect();
        json!({
            "reason": name, "requested": some.len(), "accepted": came.len(),
            "timed_out": some.len() - came.len(),
            "of_100_conversations": share(some.len(), STORY.len()), "median_wait_s": median(came),
        })
    };
    let of = |reason| {
        all.iter().filter(|(why, _)| *why == reason).map(|(_, came)| *came).collect::<Vec<_>>()
    };
    // most requested first
    vec![
        row("ALL", all.iter().map(|(_, came)| *came).collect()),
        row("CUSTOMER_ASKED", of(HandoffReason::CustomerAsked)),
        row("LOW_CONFIDENCE", of(HandoffReason::LowConfidence)),
    ]
}

fn deliveries() -> Vec<Value> {
    let fates: Vec<Fate> = STORY.iter().filter_map(|c| c.answer).map(|(_, fate)| fate).collect();
    let mut counts: BTreeMap<(&str, Option<i64>), usize> = BTreeMap::new();
    for fate in &fates {
        *counts.entry((fate.status(), fate.code())).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|((status, code), count)| (std::cmp::Reverse(*count), *status, *code));
    counts
        .into_iter()
        .map(|((status, code), count)| {
            json!({
                "status": status, "failure_code": code,
                "failure": code.map(|_| "Undeliverable"), "messages": count,
                "percent": share(count, fates.len()),
            })
        })
        .collect()
}

fn workload(agents: [UserId; 2]) -> Vec<Value> {
    let mut rows: Vec<_> = (0..2)
        .map(|agent| {
            let own: Vec<_> = STORY.iter().filter(|case| case.agent == agent).collect();
            let answers: Vec<i64> =
                own.iter().filter_map(|case| case.answer).map(|(after, _)| after).collect();
            let settled: Vec<i64> = own.iter().filter_map(|case| case.settled).collect();
            json!({
                "agent": format!("user:{}", agents[agent]), "conversations": own.len(),
                "open": own.len() - settled.len(),
                "waiting": own.iter().filter(|case| case.answer.is_none()).count(),
                "median_hours_to_settle": median(settled), "messages": answers.len(),
                "median_response_s": median(answers),
            })
        })
        .collect();
    rows.sort_by_key(|row| {
        (std::cmp::Reverse(row["conversations"].as_u64()), row["agent"].to_string())
    });
    rows
}

#[test]
fn the_story_has_every_reason_to_differ() {
    let fates: BTreeSet<_> =
        STORY.iter().filter_map(|c| c.answer).map(|(_, f)| f.status()).collect();
    assert_eq!(fates.len(), 6, "every status");
    let weeks: BTreeSet<_> = STORY.iter().map(Case::week).collect();
    assert_eq!(weeks.len(), 2);
    assert_eq!(percentile(vec![5, 1, 4, 2, 3], 50), Some(3));
    assert_eq!(percentile(vec![1, 2, 3, 4], 90), Some(4));
    assert_eq!(percentile(Vec::new(), 50), None);
}
