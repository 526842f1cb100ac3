//! Tickets as clients use them: over HTTP, against Postgres, on a clock that stands still until it
//! is moved, with the reactors and a worker that does what is due.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod board;
mod commands;
mod faults;
mod isolation;
mod life;
mod live;
mod merging;
mod numbers;

use std::sync::{Arc, Mutex};

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::reactors::PgReactors;
use bitacora_commands::effects::{self, EffectOptions, EffectParts, EffectWorker};
use bitacora_commands::ports::{Clock, EffectQueue, ReactorStore};
use bitacora_commands::reactors::{self, ReactorOptions, ReactorRunner};
use chrono::{DateTime, Datelike as _, NaiveTime, TimeDelta, Utc, Weekday};
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::mutation_stage::give;
use crate::support::{TestApp, text};

/// A clock that stands still until it is moved.
pub(crate) struct Hand(Mutex<DateTime<Utc>>);

impl Hand {
    fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap() = now;
    }
}

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
    fn fresh_id(&self) -> Uuid {
        SystemClock.fresh_id()
    }
}

/// Nine o'clock in Buenos Aires on a Monday to come.
fn monday() -> DateTime<Utc> {
    let soon = SystemClock.now().date_naive() + TimeDelta::days(7);
    let monday = soon.week(Weekday::Mon).first_day() + TimeDelta::days(7);
    assert_eq!(monday.weekday(), Weekday::Mon);
    monday.and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap()).and_utc()
}

/// A business with a conversation, its clock and its worker.
pub(crate) struct Desk {
    pub(crate) app: TestApp,
    clock: Arc<Hand>,
    worker: EffectWorker,
    reactors: ReactorRunner,
    /// Monday, nine o'clock in Buenos Aires.
    start: DateTime<Utc>,
    token: String,
    contact: String,
    channel: String,
    conversation: (String, Uuid),
}

impl Desk {
    pub(crate) async fn new() -> Self {
        let start = monday();
        let clock = Arc::new(Hand(Mutex::new(start)));
        let app = TestApp::on(clock.clone()).await;
        let handlers = effects::all(&EffectParts::over(app.app.bus.clone()));
        let (queue, options) = (app.queue.clone(), EffectOptions::default());
        let queue: Arc<dyn EffectQueue> = queue;
        let worker = EffectWorker::new("test", queue, clock.clone(), handlers, options);
        let stored = Arc::new(Notify::new());
        let store = PgReactors::new(app.db.pools(), app.app.reader.clone(), stored);
        let store: Arc<dyn ReactorStore> = Arc::new(store);
        let reactors = ReactorRunner::new(store, reactors::all(), ReactorOptions::default());
        reactors.drain().await.unwrap();
        let token = app.token_of(app.tenant, bitacora_api::auth::Role::Owner, 40_000_000);
        let contact = app.contact("+5491166600011", "Lucía").await;
        let channel = app.channel("123456").await;
        let conversation = app.conversation(&contact, &channel).await;
        Self { app, clock, worker, reactors, start, token, contact, channel, conversation }
    }

    /// A time of the first two weeks, by day (0 is Monday) and clock of Buenos Aires.
    fn at(&self, day: i64, hour: i64, minute: i64) -> DateTime<Utc> {
        self.start + TimeDelta::days(day) + TimeDelta::hours(hour - 9) + TimeDelta::minutes(minute)
    }

    /// The same as the API writes it.
    fn says(&self, day: i64, hour: i64, minute: i64) -> Value {
        json!(self.at(day, hour, minute).to_rfc3339())
    }

    /// Lets time pass, and what becomes due on the way be done at its minute.
    async fn until(&self, day: i64, hour: i64, minute: i64) {
        let now = self.at(day, hour, minute);
        loop {
            self.settle().await;
            let due = EffectQueue::next_due(&*self.app.queue, self.clock.now()).await.unwrap();
            let Some(due) = due.filter(|due| *due <= now) else { break };
            self.clock.set(due);
        }
        self.clock.set(now);
    }

    /// Does what is due now, and what follows from it.
    async fn settle(&self) {
        while self.reactors.drain().await.unwrap() + self.worker.drain().await.unwrap() > 0 {}
    }

    /// Runs a mutation; its payload, which may hold errors.
    async fn try_to(&self, name: &str, fields: &str, input: Value) -> Value {
        let fields = format!("{fields} errors {{ __typename ... on UserError {{ code path }} }}");
        give(&self.app, &self.token, name, &fields, &input).await
    }

    /// Runs a mutation that must be done; the ticket.
    async fn does(&self, name: &str, fields: &str, input: Value) -> Value {
        let fields = format!("ticket {{ {fields} }} receipt {{ position }}");
        let payload = self.try_to(name, &fields, input.clone()).await;
        assert_eq!(payload["errors"], json!([]), "{name} {input:#}");
        payload["ticket"].clone()
    }

    /// The code with which a mutation is refused.
    async fn refused(&self, name: &str, input: Value) -> String {
        let payload = self.try_to(name, "receipt { position }", input).await;
        text(&payload["errors"][0]["code"])
    }

    /// Opens a ticket of the conversation; its id.
    async fn opens(&self, subject: &str) -> String {
        let input = json!({ "subject": subject, "category": "OTRO",
            "conversationId": self.conversation.0 });
        text(&self.does("openTicket", "id", input).await["id"])
    }

    /// A query as it is answered once the read side has seen everything; `$at` is its position.
    async fn query(&self, query: &str, variables: Value) -> Value {
        let at = self.app.run_as(&self.token, "{ logPosition }", json!({})).await;
        let mut variables = variables;
        variables["at"] = at.data()["logPosition"].clone();
        self.app.run_as(&self.token, query, variables).await.data().clone()
    }

    /// A ticket by its global id, once the read side has seen everything.
    async fn ticket(&self, id: &str, fields: &str) -> Value {
        let query = format!(
            "query($id: ID, $at: Position) {{ ticket(id: $id, atLeast: $at) {{ {fields} }} }}"
        );
        self.query(&query, json!({ "id": id })).await["ticket"].clone()
    }
}
