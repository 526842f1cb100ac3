//! Providers' facts by hand, and who may record them.
#![allow(clippy::unwrap_used, reason = "tests")]

use bitacora_adapters::testing::TestDb;
use bitacora_api::auth::Role;
use bitacora_domain::aggregates::tenant::{Tenant, TenantCommand};
use serde_json::{Value, json};

use crate::cli::Env;
use crate::support::{TestApp, text};

const RECEIVE: &str = "mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { \
    conversation { unread } receipt { position } \
    errors { __typename ... on UserError { code path } } } }";
const STATUS: &str = "mutation($input: RecordDeliveryStatusInput!) { recordDeliveryStatus(input: $input) { \
    conversation { id } receipt { position } \
    errors { __typename ... on UserError { code path } } } }";
const SENT_AT: &str = "2026-01-02T03:04:05Z";

/// The newest message of a conversation, as the read side has it after what a receipt tells.
async fn newest(app: &TestApp, id: &str, receipt: &Value) -> Value {
    let query = "query($id: ID!, $at: Position) { conversation(id: $id) { \
        messages(first: 1, atLeast: $at) { nodes { id kind status } } } }";
    let reply = app.run(query, json!({ "id": id, "at": receipt["position"] })).await;
    reply.data()["conversation"]["messages"]["nodes"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_record_what_providers_would_report() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let start = "mutation($input: StartConversationInput!) { startConversation(input: $input) { \
        conversation { id uuid } errors { ... on UserError { code path } } } }";
    let input = |thread: &str| json!({ "input": { "contactId": contact, "channelId": channel, "externalThread": thread } });
    let blank = app.run(start, input(" ")).await;
    let error = &blank.data()["startConversation"]["errors"][0];
    assert_eq!(error["code"], "INVALID_EXTERNAL_THREAD");
    assert_eq!(error["path"], json!(["input", "externalThread"]));
    let started = app.run(start, input("hilo-7")).await;
    let conversation = &started.data()["startConversation"]["conversation"];
    let (id, uuid) = (text(&conversation["id"]), text(&conversation["uuid"]));
    let history = "query($id: ID!) { history(aggregate: \"conversation\", id: $id) { events { \
        nodes { eventType payload actor { kind } } } } }";
    let events = app.run(history, json!({ "id": uuid })).await;
    let first = &events.data()["history"]["events"]["nodes"][0];
    assert_eq!(first["payload"]["ConversationStarted"]["external_thread"], "hilo-7");

    let contents = [
        ("TEXT", json!({ "text": { "body": "hola" } })),
        (
            "IMAGE",
            json!({ "image": { "providerMediaId": "f1", "mimeType": "image/jpeg", "caption": "foto" } }),
        ),
        ("VIDEO", json!({ "video": { "providerMediaId": "f2", "mimeType": "video/mp4" } })),
        (
            "AUDIO",
            json!({ "audio": { "providerMediaId": "f3", "mimeType": "audio/ogg", "voice": true } }),
        ),
        (
            "DOCUMENT",
            json!({ "document": { "providerMediaId": "f4", "mimeType": "application/pdf", "filename": "a.pdf" } }),
        ),
        (
            "LOCATION",
            json!({ "location": { "latitudeE6": -34_600_000, "longitudeE6": -58_400_000 } }),
        ),
    ];
    for (n, (kind, content)) in contents.iter().enumerate() {
        let sent_at = format!("2026-01-02T03:04:{n:02}Z");
        let input = json!({ "id": id, "providerMessageId": format!("x.{n}"), "content": content, "sentAt": sent_at });
        let reply = app.run_as(&app.token(Role::Admin), RECEIVE, json!({ "input": input })).await;
        let payload = &reply.data()["receiveMessage"];
        assert_eq!(payload["errors"], json!([]), "{kind}");
        assert_eq!(payload["conversation"]["unread"], json!(n + 1), "{kind}");
        assert_eq!(newest(&app, &id, &payload["receipt"]).await["kind"], json!(kind));
        // The provider's id once more is no second message.
        let again = app.run(RECEIVE, json!({ "input": input })).await;
        let again = &again.data()["receiveMessage"];
        assert_eq!(again["conversation"]["unread"], json!(n + 1), "{kind}");
    }
    let events = app.run(history, json!({ "id": uuid })).await;
    let nodes = events.data()["history"]["events"]["nodes"].as_array().unwrap().clone();
    let received: Vec<_> = nodes.iter().filter(|e| e["eventType"] == "MessageReceived").collect();
    assert_eq!(received.len(), contents.len());
    assert!(received.iter().all(|event| event["actor"]["kind"] == "user"));

    // What is sent needs an open window: a message of just now opens it.
    let now = app.app.clock.now();
    let input = json!({ "id": id, "providerMessageId": "x.now", "content": { "text": { "body": "¿están?" } }, "sentAt": now });
    app.run(RECEIVE, json!({ "input": input })).await.data();
    let send = "mutation($id: ID!) { sendMessage(input: { id: $id, content: { text: { body: \"Sí\" } } }) { \
        receipt { position } errors { ... on UserError { code } } } }";
    let sent = app.run(send, json!({ "id": id })).await;
    let message = newest(&app, &id, &sent.data()["sendMessage"]["receipt"]).await["id"].clone();
    let status = |status: &str| {
        json!({ "input": { "id": id, "messageId": message, "status": status, "at": SENT_AT,
            "providerMessageId": "out.1", "pricing": { "billable": true, "category": "service" } } })
    };
    for (reported, shown) in [("SENT", "SENT"), ("READ", "READ"), ("DELIVERED", "READ")] {
        let reply = app.run(STATUS, status(reported)).await;
        let payload = &reply.data()["recordDeliveryStatus"];
        assert_eq!(payload["errors"], json!([]), "{reported}");
        let message = newest(&app, &id, &payload["receipt"]).await;
        assert_eq!(message["status"], shown, "{reported}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_by_hand_are_checked_and_not_for_every_role() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, _) = app.conversation(&contact, &channel).await;
    let good = json!({ "id": id, "providerMessageId": "x.1", "content": { "text": { "body": "hola" } }, "sentAt": SENT_AT });
    let message = "TWVzc2FnZTowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDE";
    let report = json!({ "id": id, "messageId": message, "status": "SENT", "at": SENT_AT });
    for role in [Role::Supervisor, Role::Agent, Role::Viewer, Role::Billing] {
        let token = app.token(role);
        let reply = app.run_as(&token, RECEIVE, json!({ "input": good })).await;
        assert_eq!(reply.code(), "FORBIDDEN", "{role:?}");
        let reply = app.run_as(&token, STATUS, json!({ "input": report })).await;
        assert_eq!(reply.code(), "FORBIDDEN", "{role:?}");
    }
    let unknown = app.run(STATUS, json!({ "input": report })).await;
    let error = &unknown.data()["recordDeliveryStatus"]["errors"][0];
    assert_eq!((&error["code"], &error["path"]), (&json!("MESSAGE_UNKNOWN"), &json!(["input"])));

    let with = |field: &str, value: Value| {
        let mut input = good.clone();
        input[field] = value;
        input
    };
    let place = json!({ "location": { "latitudeE6": 90_000_001, "longitudeE6": 0 } });
    let file = json!({ "image": { "providerMediaId": "", "mimeType": "image/png" } });
    let cases = [
        (with("sentAt", json!("2999-01-01T00:00:00Z")), "INVALID_TIME"),
        (with("content", json!({ "text": { "body": " " } })), "INVALID_TEXT"),
        (with("content", json!({ "text": { "body": "x".repeat(65_537) } })), "TOO_LONG"),
        (with("content", place), "INVALID_LOCATION"),
        (with("content", file), "INVALID_MEDIA"),
        (with("providerMessageId", json!("")), "INVALID_PROVIDER_MESSAGE_ID"),
    ];
    for (input, code) in cases {
        let reply = app.run(RECEIVE, json!({ "input": input })).await;
        let error = &reply.data()["receiveMessage"]["errors"][0];
        assert_eq!(
            (&error["__typename"], &error["code"]),
            (&json!("ValidationError"), &json!(code))
        );
    }
    // Suspended, facts still come in; banned, no more.
    let (tenant, own) = (app.tenant, app.tenant.to_string());
    app.execute::<Tenant>(tenant, &own, TenantCommand::Suspend { reason: "mora".into() }).await;
    let reply = app.run(RECEIVE, json!({ "input": good })).await;
    assert_eq!(reply.data()["receiveMessage"]["errors"], json!([]));
    app.execute::<Tenant>(tenant, &own, TenantCommand::Ban { reason: "fraude".into() }).await;
    let late = with("providerMessageId", json!("x.2"));
    let reply = app.run(RECEIVE, json!({ "input": late })).await;
    assert_eq!(reply.data()["receiveMessage"]["errors"][0]["code"], "TENANT_BANNED");
}

/// Whether a tenant may work is the platform's: on its command line, and in no mutation.
#[tokio::test]
async fn tenants_are_activated_suspended_and_banned_on_the_command_line_only() {
    let sdl = bitacora_api::graphql::sdl();
    for name in ["activateTenant", "suspendTenant", "banTenant", "registerTenant"] {
        assert!(!sdl.contains(name), "{name}");
    }
    let db = TestDb::new().await;
    let env = Env::of(&db);
    assert_eq!(env.run(&["tenant", "create", "optica-sol", "--name", "Óptica Sol"]).0, 0);
    assert_eq!(env.run(&["tenant", "suspend", "optica-sol"]).0, 2, "a reason is needed");
    let steps: [(&[&str], &str); 4] = [
        (&["suspend", "optica-sol", "--reason", "mora"], "SUSPENDED"),
        (&["activate", "optica-sol"], "ACTIVE"),
        (&["activate", "optica-sol"], "ACTIVE"),
        (&["ban", "optica-sol", "--reason", "fraude"], "BANNED"),
    ];
    for (step, status) in steps {
        let (code, told) = env.run(&[&["tenant"], step].concat());
        assert_eq!((code, &told[0]["status"]), (0, &json!(status)), "{step:?}");
    }
    let (code, _) = env.run(&["tenant", "activate", "optica-sol"]);
    assert_ne!(code, 0, "a ban is final");
    assert_ne!(env.run(&["tenant", "suspend", "nadie", "--reason", "x"]).0, 0);
    let (_, list) = env.run(&["tenant", "list"]);
    assert_eq!(list[0]["status"], "BANNED");
}
