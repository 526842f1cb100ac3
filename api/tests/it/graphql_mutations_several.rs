//! Mutations that write more than one object, or look around before they write.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use bitacora_api::auth::Role;
use bitacora_commands::Envelope;
use bitacora_domain::aggregates::conversation::{Conversation, ConversationCommand};
use bitacora_domain::aggregates::tenant::{AiMode, Tenant, TenantCommand, TriageCategory};
use bitacora_domain::{Actor, ActorKind, CommandId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::mutation_stage::{Stage, give, hire, node_id};
use crate::support::{TestApp, fresh, text};

const ERRORS: &str = "errors { __typename ... on UserError { code message path } }";

/// Where command ids of idempotency keys come from: part of what is promised to clients, since a
/// key is good for ever.
const KEYS: Uuid = Uuid::from_u128(0x3f0c_55a8_1d7e_4c3b_8a44_90e2_7c51_be02);

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_was_cut_off_between_its_two_streams_is_completed_by_repeating_it() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let scene = stage.scene(&app, &[]).await;
    let mut input = scene.input(r#"{"into": "$other"}"#);
    // what the process had done when it ended: the first command, and not the second
    let asked = json!({ "mutation": "mergeConversations", "input": input });
    let command = CommandId::new(Uuid::new_v5(&KEYS, b"merge-1"));
    let fingerprint = app.app.bus.key().fingerprint(&asked).unwrap();
    let actor = Actor::new(ActorKind::User, stage.user.to_string());
    let envelope = Envelope::new(app.tenant, actor, command, fingerprint, app.app.clock.now());
    let (source, target) = (uuid(&scene.ids["id"]), uuid(&scene.ids["other"]));
    let loaded = app.app.bus.load::<Conversation>(app.tenant, &target.to_string()).await;
    let target_contact = loaded.unwrap().unwrap().0.contact().unwrap();
    let body = ConversationCommand::MergeInto { target: target.into(), target_contact };
    app.app.bus.execute::<Conversation>(envelope, &source.to_string(), body).await.unwrap();
    assert_eq!(events(&app, "ConversationMerged").await, 1);
    assert_eq!(events(&app, "MergeRecorded").await, 0);

    input["idempotencyKey"] = json!("merge-1");
    let fields = format!(
        "receipt {{ replayed }} conversation {{ status mergedInto {{ id mergedFrom }} }} {ERRORS}"
    );
    let merge = async || give(&app, &stage.token, "mergeConversations", &fields, &input).await;
    let payload = merge().await;
    assert_eq!(payload["errors"], json!([]));
    assert_eq!(payload["receipt"]["replayed"], true);
    assert_eq!(payload["conversation"]["status"], "MERGED");
    let merged_into = &payload["conversation"]["mergedInto"];
    assert_eq!(merged_into["id"], json!(scene.ids["other"]));
    assert_eq!(merged_into["mergedFrom"], json!([source.to_string()]));
    merge().await;
    assert_eq!(events(&app, "ConversationMerged").await, 1);
    assert_eq!(events(&app, "MergeRecorded").await, 1, "once, however often it is repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_only_in_an_open_one_of_the_tenant() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let scene = stage.scene(&app, &[]).await;
    let merge = async |into: &str| {
        let input = json!({ "id": scene.ids["id"], "into": into });
        give(&app, &stage.token, "mergeConversations", ERRORS, &input).await["errors"][0].clone()
    };
    let unknown = merge(&scene.ids["nothing"]).await;
    assert_eq!(
        (&unknown["code"], &unknown["path"]),
        (&json!("CONVERSATION_NOT_FOUND"), &json!(["input", "into"]))
    );
    assert_eq!(merge(&scene.ids["id"]).await["code"], "MERGE_INTO_ITSELF");
    assert_eq!(merge(&scene.ids["elsewhere"]).await["code"], "MERGE_OTHER_CONTACT");
    assert_eq!(merge(&scene.ids["message"]).await["code"], "INVALID_ID");
    let close = json!({ "id": scene.ids["other"] });
    give(&app, &stage.token, "closeConversation", ERRORS, &close).await;
    assert_eq!(merge(&scene.ids["other"]).await["code"], "CONVERSATION_CLOSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_chooses_whoever_has_least_to_do_and_is_there() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let busy = hire(&app, app.tenant, "busy@example.com", Role::Agent).await;
    let idle = hire(&app, app.tenant, "idle@example.com", Role::Agent).await;
    let away = hire(&app, app.tenant, "away@example.com", Role::Agent).await;
    let viewer = hire(&app, app.tenant, "viewer@example.com", Role::Viewer).await;
    // hired people are there until they say that they are not
    let leave = "mutation { setMyAvailability(input: { available: false }) { errors { ... on UserError { code } } } }";
    for user in [stage.user, away] {
        let (now, ttl) = (app.app.clock.now(), chrono::TimeDelta::hours(1));
        let token = app.app.auth.mint(app.tenant, user, Role::Agent, now, ttl).unwrap();
        let reply = app.run_as(&token, leave, json!({})).await;
        assert_eq!(reply.data()["setMyAvailability"]["errors"], json!([]), "{:#}", reply.body);
    }
    let fields = format!("conversation {{ assignee {{ id }} }} {ERRORS}");
    let assign = async |mut input: Value| {
        let scene = stage.scene(&app, &[]).await;
        input["id"] = json!(scene.ids["id"]);
        give(&app, &stage.token, "assignConversation", &fields, &input).await
    };
    let id = |user: bitacora_domain::UserId| node_id("User", user.as_uuid());
    for _ in 0..2 {
        assert_eq!(assign(json!({ "agent": id(busy) })).await["errors"], json!([]));
    }
    let mut chosen = Vec::new();
    for _ in 0..4 {
        let payload = assign(json!({ "auto": true })).await;
        assert_eq!(payload["errors"], json!([]));
        chosen.push(text(&payload["conversation"]["assignee"]["id"]));
    }
    assert_eq!(chosen[..2], [id(idle), id(idle)], "until both have two");
    let fair = chosen[2..].iter().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(fair.len(), 2, "then in turns: {chosen:?}");
    assert!(!chosen.contains(&id(away)) && !chosen.contains(&id(viewer)));
    // what a person chose is written as it was before there was a policy: without `by`
    let by: Vec<String> = sqlx::query_scalar("select coalesce(payload->'ConversationAssigned'->>'by', 'USER') from log.events where event_type = 'ConversationAssigned' order by position")
        .fetch_all(&app.db.pools().admin)
        .await
        .unwrap();
    assert_eq!(by, ["USER", "USER", "POLICY", "POLICY", "POLICY", "POLICY"]);
    let both = assign(json!({ "auto": true, "agent": id(busy) })).await;
    assert_eq!(both["errors"][0]["code"], "ASSIGNEE_AMBIGUOUS");
    let viewer = assign(json!({ "agent": id(viewer) })).await;
    assert_eq!(viewer["errors"][0]["code"], "MEMBER_CANNOT_WORK");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opts_out_of_everything_opts_out_of_what_is_open_and_of_what_will_be() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let scene = stage.scene(&app, &[]).await;
    let query = "query($id: ID!) { conversation(id: $id) { contact { id } channel { id } } }";
    let found = app.run(query, json!({ "id": scene.ids["id"] })).await;
    let (contact, channel) = {
        let conversation = &found.data()["conversation"];
        (text(&conversation["contact"]["id"]), text(&conversation["channel"]["id"]))
    };
    let tell = async |name: &str, category: &str, key: &str| {
        let input = json!({ "id": contact, "category": category, "idempotencyKey": key });
        let payload = give(&app, &stage.token, name, ERRORS, &input).await;
        assert_eq!(payload["errors"], json!([]), "{name}");
    };
    tell("optOutContact", "MARKETING", "m").await;
    assert_eq!(events(&app, "OptOutRecorded").await, 0, "answers are no marketing");
    tell("optOutContact", "ALL", "a").await;
    tell("optOutContact", "ALL", "a").await;
    assert_eq!(events(&app, "OptOutRecorded").await, 2, "on each of the two channels, once");
    let close = json!({ "id": scene.ids["id"] });
    give(&app, &stage.token, "closeConversation", ERRORS, &close).await;
    app.conversation(&contact, &channel).await;
    let started: Vec<Option<bool>> = sqlx::query_scalar("select (payload->'ConversationStarted'->>'opted_out')::boolean from log.events where event_type = 'ConversationStarted' order by position")
        .fetch_all(&app.db.pools().admin)
        .await
        .unwrap();
    assert_eq!(started, [None, None, None, Some(true)]);
    tell("optInContact", "ALL", "b").await;
    assert_eq!(events(&app, "OptInRecorded").await, 2, "the open ones, not the one that is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ai_may_do_is_the_tenants_word_and_not_the_callers() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let triage = async |confidence: i64| {
        let scene = stage.scene(&app, &[]).await;
        let mut input = scene.input(
            r#"{"messageId": "$message", "category": "INFO",
            "confidenceBp": 0, "model": "m", "promptVersion": "1", "tokens": 10,
            "reply": "Abrimos a las 9."}"#,
        );
        input["confidenceBp"] = json!(confidence);
        let fields = format!("message {{ text sender }} suggestion {{ status }} {ERRORS}");
        give(&app, &stage.token, "recordTriage", &fields, &input).await
    };
    let assisted = triage(9_900).await;
    assert_eq!(
        (&assisted["message"], &assisted["suggestion"]["status"]),
        (&Value::Null, &json!("PROPOSED"))
    );
    let tenant = app.tenant.to_string();
    let info = [TriageCategory::Info].into();
    for body in [
        TenantCommand::SetAiMode { mode: AiMode::Autopilot },
        TenantCommand::SetAutopilotCategories { categories: info },
        TenantCommand::SetConfidenceThreshold { threshold_bp: 8_000 },
    ] {
        app.execute::<Tenant>(app.tenant, &tenant, body).await;
    }
    let by_itself = triage(9_900).await;
    assert_eq!(by_itself["message"], json!({ "text": "Abrimos a las 9.", "sender": "AI" }));
    assert_eq!(by_itself["suggestion"], Value::Null);
    let unsure = triage(7_900).await;
    assert_eq!(unsure["message"], Value::Null, "{unsure:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_starts_only_with_whom_and_over_what_the_tenant_has() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let other = bitacora_domain::TenantId::new(fresh());
    app.register(other, "otra").await;
    let stranger = app.token_of(other, Role::Owner, 3_600);
    let start = async |token: &str, contact: &str, channel: &str| {
        let input = json!({ "contactId": contact, "channelId": channel });
        give(&app, token, "startConversation", ERRORS, &input).await["errors"].clone()
    };
    let foreign = start(&stranger, &contact, &channel).await;
    assert_eq!(foreign[0]["code"], "CONTACT_NOT_FOUND");
    assert_eq!(foreign[0]["path"], json!(["input", "contactId"]));
    let nowhere =
        start(&app.token(Role::Agent), &contact, &node_id("ChannelAccount", Uuid::from_u128(1)))
            .await;
    assert_eq!(nowhere[0]["code"], "CHANNEL_NOT_FOUND");
    assert_eq!(start(&app.token(Role::Agent), &contact, &channel).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_content_can_be_sent() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let scene = stage.scene(&app, &[]).await;
    let contents = [
        (json!({ "text": { "body": "hola" } }), "TEXT"),
        (
            json!({ "template": { "name": "saludo", "language": "es_AR", "parameters": ["Lucía"] } }),
            "TEMPLATE",
        ),
        (
            json!({ "media": { "kind": "IMAGE", "source": { "link": "https://example.com/a.jpg" }, "caption": "mire" } }),
            "IMAGE",
        ),
        (
            json!({ "media": { "kind": "DOCUMENT", "source": { "id": "88112" }, "filename": "a.pdf" } }),
            "DOCUMENT",
        ),
        (
            json!({ "buttons": { "body": "¿Sí?", "buttons": [{ "id": "y", "title": "Sí" }, { "id": "n", "title": "No" }] } }),
            "INTERACTIVE",
        ),
        (
            json!({ "list": { "body": "Elija", "button": "Ver", "sections": [{ "rows": [{ "id": "1", "title": "Uno" }] }] } }),
            "INTERACTIVE",
        ),
        (
            json!({ "location": { "latitudeE6": -34_603_722, "longitudeE6": -58_381_592, "name": "Obelisco" } }),
            "LOCATION",
        ),
        (
            json!({ "contact": { "cards": [{ "formattedName": "Ana", "phones": ["+54 11 5555-0000"] }] } }),
            "CONTACT",
        ),
    ];
    let fields = format!("message {{ kind status replyTo }} {ERRORS}");
    for (content, kind) in contents {
        let input =
            json!({ "id": scene.ids["id"], "content": content, "replyTo": scene.ids["message"] });
        let payload = give(&app, &stage.token, "sendMessage", &fields, &input).await;
        assert_eq!(payload["errors"], json!([]), "{content}");
        assert_eq!(payload["message"]["kind"], kind, "{content}");
        let answered = uuid(&scene.ids["message"]);
        assert_eq!(payload["message"]["replyTo"], json!(answered), "{content}");
    }
    let wrong = [
        (
            json!({ "media": { "kind": "IMAGE", "source": { "link": "http://example.com/a.jpg" } } }),
            "INVALID_ATTACHMENT",
        ),
        (json!({ "buttons": { "body": "¿?", "buttons": [] } }), "INVALID_BUTTONS"),
        (json!({ "list": { "body": "Elija", "button": "Ver", "sections": [] } }), "INVALID_LIST"),
        (json!({ "location": { "latitudeE6": 91_000_000, "longitudeE6": 0 } }), "INVALID_LOCATION"),
        (json!({ "contact": { "cards": [] } }), "INVALID_CONTACT_CARDS"),
    ];
    for (content, code) in wrong {
        let input = json!({ "id": scene.ids["id"], "content": content });
        let payload = give(&app, &stage.token, "sendMessage", &fields, &input).await;
        let error = &payload["errors"][0];
        assert_eq!(error["code"], code, "{content}");
        assert_eq!(error["path"], json!(["input", "content"]), "{content}");
    }
    let nothing = json!({ "input": { "id": scene.ids["id"], "content": {} } });
    let query = crate::mutation_stage::document("sendMessage", &fields);
    assert!(!app.run(&query, nothing).await.code().is_empty(), "exactly one kind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_plan_says_so_and_what_was_done_stays_done() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let scene = stage.scene(&app, &[]).await;
    let send = async |key: &str| {
        let input = json!({ "id": scene.ids["id"], "idempotencyKey": key,
            "content": { "text": { "body": "hola" } } });
        give(&app, &stage.token, "sendMessage", &format!("receipt {{ replayed }} {ERRORS}"), &input)
            .await
    };
    assert_eq!(send("first").await["errors"], json!([]));
    // as if the rest of the day's messages had been sent
    sqlx::query("update log.counters set value = 5000 where kind like 'meter.MESSAGES.%'")
        .execute(&app.db.pools().admin)
        .await
        .unwrap();
    let refused = send("second").await;
    let error = &refused["errors"][0];
    assert_eq!(
        (&error["__typename"], &error["code"]),
        (&json!("RefusedError"), &json!("LIMIT_REACHED"))
    );
    let message = text(&error["message"]);
    assert!(message.contains("5000") && message.contains("MESSAGES"), "{message}");
    assert_eq!(send("first").await["receipt"]["replayed"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_to_a_message_of_another_conversation() {
    let app = TestApp::start().await;
    let stage = Stage::new(&app).await;
    let (here, there) = (stage.scene(&app, &[]).await, stage.scene(&app, &[]).await);
    let redact = json!({ "id": here.ids["id"], "messageId": there.ids["message"], "reason": "x" });
    let transcript = json!({ "id": here.ids["id"], "messageId": there.ids["message"],
        "text": "otra cosa", "language": "es", "model": "w" });
    for (name, input) in [("redactMessage", redact), ("attachAudioTranscript", transcript)] {
        let refused = give(&app, &stage.token, name, ERRORS, &input).await;
        let error = &refused["errors"][0];
        let told = (&error["__typename"], &error["code"], &error["path"]);
        let expected =
            (json!("NotFoundError"), json!("MESSAGE_UNKNOWN"), json!(["input", "messageId"]));
        assert_eq!(told, (&expected.0, &expected.1, &expected.2), "{name}");
    }
    assert_eq!(events(&app, "MessageRedacted").await + events(&app, "AudioTranscribed").await, 0);
    // A message that the read side may not have seen yet is waited for.
    app.receive(uuid(&here.ids["id"]), "wamid.new", "mi tarjeta es 4111").await;
    let new: String = sqlx::query_scalar("select payload->'MessageReceived'->>'message' from log.events where event_type = 'MessageReceived' order by recorded_at desc, position desc limit 1")
        .fetch_one(&app.db.pools().admin)
        .await
        .unwrap();
    let new = node_id("Message", new.parse().unwrap());
    let redact = json!({ "id": here.ids["id"], "messageId": new, "reason": "tarjeta" });
    let done = give(&app, &stage.token, "redactMessage", ERRORS, &redact).await;
    assert_eq!(done["errors"], json!([]));
    assert_eq!(events(&app, "MessageRedacted").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_chooses_a_plan_but_who_runs_the_installation_and_who_pays_configures_nothing() {
    let app = TestApp::start().await;
    Stage::new(&app).await;
    let choose = "mutation { changePlan(input: { plan: STARTER }) { tenant { plan } errors { __typename } } }";
    for role in [Role::Owner, Role::Admin, Role::Billing, Role::Supervisor] {
        let refused = app.run_as(&app.token(role), choose, json!({})).await;
        assert_eq!(refused.code(), "FORBIDDEN", "{role:?}");
    }
    let billing = app.token(Role::Billing);
    let chosen = app.run_as(&app.operator_token(), choose, json!({})).await;
    let expected = json!({ "tenant": { "plan": "STARTER" }, "errors": [] });
    assert_eq!(chosen.data()["changePlan"], expected);
    let usage = "query { usage { meter limit } }";
    let usage = app.run_as(&billing, usage, json!({})).await.data()["usage"].clone();
    assert_eq!(usage[0], json!({ "meter": "MESSAGES", "limit": 1_000 }));
    let mode = "mutation { setAiMode(input: { mode: AUTOPILOT }) { errors { __typename } } }";
    assert_eq!(app.run_as(&billing, mode, json!({})).await.code(), "FORBIDDEN");
}

fn uuid(id: &str) -> Uuid {
    let (_, uuid) = bitacora_api::graphql::ids::decode(&id.into()).unwrap();
    uuid
}

async fn events(app: &TestApp, name: &str) -> i64 {
    let count = sqlx::query_scalar("select count(*) from log.events where event_type = $1");
    count.bind(name).fetch_one(&app.db.pools().admin).await.unwrap()
}
