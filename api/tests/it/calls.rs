//! Calls as clients use them: from the wish to what is left of it, over HTTP, against Postgres,
//! with the offline telephony that calls back by signed webhooks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use bitacora_adapters::calls::ReadTraffic;
use bitacora_adapters::providers::telephony::{Offline, OfflineSettings};
use bitacora_commands::calls::{CallParts, CallRules};
use bitacora_commands::effects::{self, EffectOptions, EffectParts, EffectWorker};
use bitacora_commands::sources::Secret;
use bitacora_domain::TenantId;
use bitacora_projections::wait::ReadGate;
use chrono::{TimeDelta, Timelike as _, Utc};
use serde_json::{Value, json};

use crate::graphql_socket::Client;
use crate::mutation_stage::give;
use crate::support::{TWILIO_TOKEN, TestApp, fresh, text};

const CALL: &str = "id uuid version status attemptCount blockReason lastMeaning recordingCount \
    dueAt contact { name callConsent doNotCall } lastAttempt { number placement outcome } \
    plan { maxAttempts } links { kind } ";

/// Somebody where it is day now, whenever the test runs.
fn awake() -> &'static str {
    let here =
        [("+5491166600033", -3), ("+819012345678", 9), ("+525512345678", -6), ("+919812345678", 5)];
    let hour = i64::from(Utc::now().hour());
    let found = here.iter().find(|(_, offset)| (9..19).contains(&(hour + offset).rem_euclid(24)));
    found.unwrap().0
}

struct Desk {
    app: TestApp,
    worker: EffectWorker,
    token: String,
    contact: String,
}

impl Desk {
    /// A business whose telephone is kind.
    async fn new() -> Self {
        let app = TestApp::start().await;
        let settings = OfflineSettings {
            twilio_token: Secret::new(TWILIO_TOKEN).unwrap(),
            elevenlabs_secret: None,
            seed: 1,
            haste: 50,
            kind: true,
            listener: Some(format!("http://{}", app.address)),
            public: None,
        };
        let App { bus, clock, .. } = App::of(&app);
        let gate =
            ReadGate::new(app.app.store.clone(), app.app.models.clone(), app.app.reader.clone());
        let traffic = ReadTraffic::new(app.app.log.clone(), app.app.models.clone(), gate);
        let calls = CallParts {
            telephony: Arc::new(Offline::new(settings, clock.clone()).unwrap()),
            traffic: Arc::new(traffic),
            inbox: Some(app.app.inbox.clone()),
            rules: CallRules { per_contact_day: 1, ..CallRules::default() },
        };
        let handlers = effects::all(&EffectParts { calls, ..EffectParts::over(bus) });
        let options = EffectOptions::default();
        let worker = EffectWorker::new("test", app.queue.clone(), clock, handlers, options);
        let token = app.token(bitacora_api::auth::Role::Owner);
        let contact = app.contact(awake(), "Mariano").await;
        Self { app, worker, token, contact }
    }

    async fn does(&self, name: &str, entity: &str, fields: &str, input: Value) -> Value {
        let fields = format!(
            "{entity} {{ {fields} }} errors {{ __typename ... on UserError {{ code path }} }}"
        );
        let payload = give(&self.app, &self.token, name, &fields, &input).await;
        assert_eq!(payload["errors"], json!([]), "{name} {input:#}");
        payload[entity].clone()
    }

    async fn refused(&self, name: &str, input: Value) -> String {
        let fields = "errors { ... on UserError { code path } }";
        let payload = give(&self.app, &self.token, name, fields, &input).await;
        text(&payload["errors"][0]["code"])
    }

    async fn agrees(&self) {
        let input = json!({ "id": self.contact, "scope": "CALLS", "by": "form" });
        self.does("recordContactConsent", "contact", "id", input).await;
    }

    async fn requests(&self, more: Value) -> String {
        let mut input = json!({ "contactId": self.contact, "purpose": "SALES" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        text(&self.does("requestCall", "call", "id", input).await["id"])
    }

    /// The call as it is once the read side has seen everything.
    async fn call(&self, id: &str, more: &str) -> Value {
        let at = self.app.run_as(&self.token, "{ logPosition }", json!({})).await;
        let query = format!(
            "query($id: ID!, $at: Position) {{ call(id: $id, atLeast: $at) {{ {CALL} {more} }} }}"
        );
        let variables = json!({ "id": id, "at": at.data()["logPosition"] });
        self.app.run_as(&self.token, &query, variables).await.data()["call"].clone()
    }

    /// Works until the call has this status, or half a minute has passed.
    async fn until(&self, id: &str, status: &str) -> Value {
        for _ in 0..150 {
            self.worker.drain().await.unwrap();
            self.app.ingest().await;
            let call = self.call(id, "").await;
            if call["status"] == status {
                return call;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("never {status}: {:#}", self.call(id, "").await)
    }
}

/// What the parts of a call are made of.
struct App {
    bus: bitacora_commands::CommandBus,
    clock: Arc<dyn bitacora_commands::ports::Clock>,
}

impl App {
    fn of(app: &TestApp) -> Self {
        Self { bus: app.app.bus.clone(), clock: app.app.clock.clone() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_wished_for_dialled_and_answered_and_what_is_left_of_it_is_there() {
    let desk = Desk::new().await;
    desk.agrees().await;
    let start = desk.app.run_as(&desk.token, "{ logPosition }", json!({})).await;
    let id = desk.requests(json!({})).await;
    desk.until(&id, "COMPLETED").await;
    // what comes after the end: the keys and the recording may be behind it
    for _ in 0..50 {
        desk.app.ingest().await;
        desk.worker.drain().await.unwrap();
        if desk.call(&id, "").await["recordingCount"] == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let more = "attempts(first: 5) { nodes { number dialled outcome callSid } } \
        artefacts(first: 5) { nodes { kind provider durationSeconds deletedAt } }";
    let call = desk.call(&id, more).await;
    assert_eq!(call["lastMeaning"], "INTERESTED");
    assert_eq!(call["lastAttempt"]["placement"], "PLACED");
    assert_eq!(call["attempts"]["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(call["attempts"]["nodes"][0]["outcome"], "COMPLETED");
    assert_eq!(call["artefacts"]["nodes"][0]["kind"], "RECORDING");
    assert_eq!(call["contact"]["callConsent"], true);

    // the same by node, by list, and below the contact
    let query = "query($id: ID!, $contact: ID!) { node(id: $id) { __typename id } \
        calls(filter: { status: { eq: COMPLETED } }) { nodes { id } } \
        contact(id: $contact) { calls { nodes { id } } } }";
    let reply = desk.app.run_as(&desk.token, query, json!({ "id": id, "contact": desk.contact }));
    let reply = reply.await;
    let data = reply.data();
    assert_eq!(data["node"]["__typename"], "Call");
    assert_eq!(data["calls"]["nodes"], json!([{ "id": id }]));
    assert_eq!(data["contact"]["calls"]["nodes"], json!([{ "id": id }]));

    // every change was told, in order
    let mut client = Client::ready(&desk.app, &desk.token).await;
    let changed = "subscription($id: ID, $after: Cursor) { callChanged(callId: $id, after: $after) \
        { eventType version call { id } } }";
    let after = start.data()["logPosition"].clone();
    client.subscribe("calls", changed, json!({ "id": id, "after": after })).await;
    for (version, event) in [(1, "CallRequested"), (2, "CallQueued"), (3, "CallPlacementRequested")]
    {
        let told = client.json().await["payload"]["data"]["callChanged"].clone();
        assert_eq!((&told["eventType"], &told["version"]), (&json!(event), &json!(version)));
        assert_eq!(told["call"]["id"], json!(id));
    }

    // a second call on the same day is one too many for this contact
    let second = desk.requests(json!({})).await;
    let call = desk.until(&second, "SCHEDULED").await;
    assert_eq!(call["attemptCount"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_called_who_did_not_agree_and_the_list_is_stronger_than_an_agreement() {
    let desk = Desk::new().await;
    let first = desk.requests(json!({})).await;
    let call = desk.until(&first, "BLOCKED").await;
    assert_eq!(call["blockReason"], "NO_CONSENT");
    desk.agrees().await;
    let listed = json!({ "id": desk.contact, "by": "Registro No Llame" });
    let contact = desk.does("addContactToDnc", "contact", "doNotCall callConsent", listed).await;
    assert_eq!(contact, json!({ "doNotCall": true, "callConsent": true }));
    let second = desk.requests(json!({})).await;
    let call = desk.until(&second, "BLOCKED").await;
    assert_eq!(call["blockReason"], "DNC");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_plan_change_tie_and_call_off_a_call() {
    let desk = Desk::new().await;
    let id = desk.requests(json!({ "needsApproval": true, "maxAttempts": 2 })).await;
    let at = |hours: i64| json!((Utc::now() + TimeDelta::hours(hours)).to_rfc3339());
    let due = at(5);
    assert_eq!(
        desk.refused("scheduleCall", json!({ "id": id, "at": due })).await,
        "CALL_NEEDS_APPROVAL"
    );
    let call = desk.does("approveCall", "call", CALL, json!({ "id": id })).await;
    assert_eq!((&call["status"], &call["plan"]["maxAttempts"]), (&json!("QUEUED"), &json!(2)));
    let call = desk.does("scheduleCall", "call", CALL, json!({ "id": id, "at": due })).await;
    assert_eq!(call["status"], "SCHEDULED");
    assert!(call["dueAt"].is_string());
    let channel = desk.app.channel("210987654321098").await;
    let (conversation, _) = desk.app.conversation(&desk.contact, &channel).await;
    let call = desk.does("linkCall", "call", CALL, json!({ "id": id, "to": conversation })).await;
    assert_eq!(call["links"], json!([{ "kind": "CONVERSATION" }]));
    let query =
        "query($id: ID!) { conversation(id: $id) { calls { nodes { id conversation { id } } } } }";
    let reply = desk.app.run_as(&desk.token, query, json!({ "id": conversation })).await;
    let expected = json!([{ "id": id, "conversation": { "id": conversation } }]);
    assert_eq!(reply.data()["conversation"]["calls"]["nodes"], expected);
    assert_eq!(desk.refused("hangUpCall", json!({ "id": id })).await, "CALL_NOT_LIVE");
    assert_eq!(
        desk.refused("linkCall", json!({ "id": id, "to": desk.contact })).await,
        "INVALID_ID"
    );
    let input = json!({ "id": id, "reason": "ya no hace falta" });
    let call = desk.does("cancelCall", "call", "status cancelReason", input).await;
    assert_eq!(call, json!({ "status": "CANCELED", "cancelReason": "ya no hace falta" }));
    let retry = json!({ "id": id, "at": at(1) });
    assert_eq!(desk.refused("retryCall", retry).await, "CALL_NOT_RETRYABLE");
    assert_eq!(
        desk.refused(
            "requestCall",
            json!({ "contactId": desk.contact, "purpose": "SALES",
            "number": "hola" })
        )
        .await,
        "INVALID_PHONE"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_is_proposed_decided_and_a_callback_is_a_call_of_its_own_with_consent() {
    let desk = Desk::new().await;
    desk.agrees().await;
    let id = desk.requests(json!({})).await;
    desk.until(&id, "COMPLETED").await;
    let suggest = json!({ "id": id, "channel": "EMAIL", "text": "Le paso el folleto." });
    let fields = "followUp { id status text }";
    let call = desk.does("suggestCallFollowUp", "call", fields, suggest).await;
    let follow_up = call["followUp"]["id"].clone();
    assert_eq!(call["followUp"]["status"], "PROPOSED");
    let dismiss = json!({ "id": id, "followUpId": follow_up, "reason": "no" });
    let call = desk.does("dismissCallFollowUp", "call", fields, dismiss.clone()).await;
    assert_eq!(call["followUp"], Value::Null);
    assert_eq!(desk.refused("dismissCallFollowUp", dismiss).await, "FOLLOW_UP_NOT_PENDING");
    let withdraw = json!({ "id": desk.contact, "scope": "CALLS" });
    desk.does("withdrawContactConsent", "contact", "id", withdraw).await;
    let at = (Utc::now() + TimeDelta::hours(30)).to_rfc3339();
    let wish = json!({ "id": id, "at": at });
    let call = desk.does("requestCallback", "call", "callback { count dueAt }", wish).await;
    assert_eq!(call["callback"]["count"], 1);
    desk.worker.drain().await.unwrap();
    let call = desk.call(&id, "contact { callConsent }").await;
    assert_eq!(call["contact"]["callConsent"], true, "who wants to be called agrees to it");
    let query = "{ calls { nodes { id status callbackOf { id } } } }";
    let reply = desk.app.run_as(&desk.token, query, json!({})).await;
    let back = &reply.data()["calls"]["nodes"][0];
    assert_eq!((&back["status"], &back["callbackOf"]["id"]), (&json!("SCHEDULED"), &json!(id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_sees_and_hears_of_no_call() {
    let desk = Desk::new().await;
    let id = desk.requests(json!({ "whenTold": true })).await;
    let stranger = TenantId::new(fresh());
    desk.app.register(stranger, "segunda").await;
    let token = desk.app.token_of(stranger, bitacora_api::auth::Role::Owner, 600);
    let query =
        "query($id: ID!) { call(id: $id) { id } node(id: $id) { id } calls { nodes { id } } }";
    let reply = desk.app.run_as(&token, query, json!({ "id": id })).await;
    assert_eq!(*reply.data(), json!({ "call": null, "node": null, "calls": { "nodes": [] } }));
    let fields = "errors { ... on UserError { code } }";
    let input = json!({ "id": id, "reason": "x" });
    let payload = give(&desk.app, &token, "cancelCall", fields, &input).await;
    assert!(payload["errors"][0]["code"].is_string(), "{payload}");
    assert_eq!(desk.call(&id, "").await["status"], "REQUESTED");
}
