//! Queries and mutations as a frontend uses them.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::Ordering;

use bitacora_adapters::clock::SystemClock;
use bitacora_api::auth::Role;
use bitacora_commands::ports::Clock as _;
use bitacora_domain::TenantId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::mutation_stage::hire;
use crate::support::{TestApp, text};

const NOTE: &str = "mutation($input: AddNoteInput!) { addNote(input: $input) { \
    conversation { id version } receipt { position version replayed } clientMutationId \
    errors { __typename ... on UserError { code message path } \
    ... on ConflictError { expected actual existingId } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_returns_what_it_changed_and_its_position() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, uuid) = app.conversation(&contact, &channel).await;
    app.receive(uuid, "wamid.1", "hola, ¿tienen stock?").await;

    let input =
        json!({ "input": { "id": id, "body": "Cliente habitual", "clientMutationId": "c-1" } });
    let reply = app.run(NOTE, input).await;
    let payload = &reply.data()["addNote"];
    assert_eq!(payload["errors"], json!([]));
    assert_eq!(payload["clientMutationId"], "c-1");
    assert_eq!(payload["conversation"]["id"], json!(id));
    assert_eq!(payload["conversation"]["version"], payload["receipt"]["version"]);

    let send = "mutation($id: ID!) { sendMessage(input: { id: $id, content: { text: { body: \
        \"Sí, hay stock\" } }, clientMessageId: \"m-1\" }) { conversation { status unread \
        lastMessage { direction kind text status clientMessageId sender conversation { id } } } \
        receipt { position } errors { ... on UserError { code message } } } }";
    let reply = app.run(send, json!({ "id": id })).await;
    let payload = &reply.data()["sendMessage"];
    let message = &payload["conversation"]["lastMessage"];
    assert_eq!(message["text"], "Sí, hay stock", "{:#}", reply.body);
    assert_eq!(message["status"], "PENDING");
    assert_eq!(message["sender"], "AGENT");
    assert_eq!(message["conversation"]["id"], json!(id));

    // The position of the receipt as `atLeast`: whoever asks sees it.
    let query = "query($id: ID!, $at: Position) { conversation(id: $id, atLeast: $at) { \
        contact { name phone } channel { name status } messages { totalCount nodes { text } } \
        timeline { nodes { kind } } } }";
    let at = &payload["receipt"]["position"];
    let reply = app.run(query, json!({ "id": id, "at": at })).await;
    let conversation = &reply.data()["conversation"];
    assert_eq!(conversation["contact"]["name"], "Lucía");
    assert_eq!(conversation["channel"]["status"], "CONNECTED");
    assert_eq!(conversation["messages"]["totalCount"], 2);
    assert_eq!(conversation["messages"]["nodes"][0]["text"], "Sí, hay stock");
}

#[tokio::test(flavor = "multi_thread")]
async fn expected_failures_are_typed_data() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, _) = app.conversation(&contact, &channel).await;
    let note = async |input: Value| {
        app.run(NOTE, json!({ "input": input })).await.data()["addNote"].clone()
    };

    let first = note(json!({ "id": id, "body": "uno", "idempotencyKey": "k-1" })).await;
    let again = note(json!({ "id": id, "body": "uno", "idempotencyKey": "k-1" })).await;
    assert_eq!(first["receipt"]["replayed"], false);
    assert_eq!(again["receipt"]["replayed"], true);
    assert_eq!(again["receipt"]["position"], first["receipt"]["position"]);
    let other = note(json!({ "id": id, "body": "dos", "idempotencyKey": "k-1" })).await;
    assert_eq!(other["errors"][0]["__typename"], "IdempotencyError");
    assert_eq!(other["errors"][0]["code"], "IDEMPOTENCY_MISMATCH");
    assert_eq!(other["receipt"], Value::Null);

    let version = first["receipt"]["version"].as_i64().unwrap();
    let stale = note(json!({ "id": id, "body": "tres", "expectedVersion": version - 1 })).await;
    assert_eq!(stale["errors"][0]["__typename"], "ConflictError");
    assert_eq!(stale["errors"][0]["actual"], json!(version));
    assert_eq!(stale["errors"][0]["path"], json!(["input", "expectedVersion"]));
    let right = note(json!({ "id": id, "body": "tres", "expectedVersion": version })).await;
    assert_eq!(right["errors"], json!([]));

    let blank = note(json!({ "id": id, "body": "  " })).await;
    assert_eq!(blank["errors"][0]["__typename"], "ValidationError");
    assert_eq!(blank["errors"][0]["path"], json!(["input", "body"]));
    let missing =
        note(json!({ "id": node_id("Conversation", Uuid::from_u128(1)), "body": "x" })).await;
    assert_eq!(missing["errors"][0]["__typename"], "NotFoundError");
    let wrong = note(json!({ "id": contact, "body": "x" })).await;
    assert_eq!(wrong["errors"][0]["code"], "INVALID_ID");

    let text = "mutation($id: ID!) { sendMessage(input: { id: $id, content: { text: { body: \"x\" } } \
        }) { errors { __typename ... on UserError { code } } } }";
    let refused = app.run(text, json!({ "id": id })).await;
    let error = &refused.data()["sendMessage"]["errors"][0];
    assert_eq!(
        (&error["__typename"], &error["code"]),
        (&json!("RefusedError"), &json!("SERVICE_WINDOW_CLOSED"))
    );

    let taken = "mutation { registerContact(input: { identities: [{ kind: PHONE, value: \
        \"+54 9 11 6660-0011\" }] }) { errors { __typename ... on ConflictError { code existingId } } } }";
    let taken = app.run(taken, json!({})).await;
    let error = &taken.data()["registerContact"]["errors"][0];
    assert_eq!((&error["code"], &error["existingId"]), (&json!("ALREADY_TAKEN"), &json!(contact)));
}

fn node_id(ty: &str, uuid: Uuid) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{ty}:{uuid}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_a_conversation_has_its_mutation() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, uuid) = app.conversation(&contact, &channel).await;
    app.receive(uuid, "wamid.1", "hola").await;
    let agent = hire(&app, app.tenant, "ana@example.com", Role::Agent).await;
    let agent = node_id("User", agent.as_uuid());
    let steps = [
        ("markConversationRead", json!({}), json!({ "unread": 0 })),
        ("addLabel", json!({ "label": "VIP" }), json!({ "labels": ["VIP"] })),
        ("removeLabel", json!({ "label": "vip" }), json!({ "labels": [] })),
        (
            "assignConversation",
            json!({ "agent": agent, "team": "ventas" }),
            json!({ "team": "ventas", "assignee": { "id": agent } }),
        ),
        ("unassignConversation", json!({}), json!({ "team": null, "assignee": null })),
        (
            "resolveConversation",
            json!({ "resolution": "vendido" }),
            json!({ "status": "RESOLVED" }),
        ),
        ("reopenConversation", json!({}), json!({ "status": "OPEN" })),
        ("closeConversation", json!({}), json!({ "status": "CLOSED" })),
    ];
    for (name, mut input, expected) in steps {
        let ty = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {ty}!) {{ {name}(input: $input) {{ conversation {{ \
            status unread team labels assignee {{ id }} }} errors {{ ... on UserError {{ code }} }} }} }}"
        );
        input["id"] = json!(id);
        let reply = app.run(&query, json!({ "input": input })).await;
        let payload = &reply.data()[name];
        assert_eq!(payload["errors"], json!([]), "{name}");
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(payload["conversation"][field], *value, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_channels_and_the_tenant_have_their_mutations() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let steps = [
        (
            "renameContact",
            json!({ "id": contact, "name": "Lucía Paz" }),
            "contact { name }",
            json!({ "name": "Lucía Paz" }),
        ),
        (
            "addContactIdentity",
            json!({ "id": contact, "identity": { "kind": "EMAIL", "value": "Lu@Paz.AR" } }),
            "contact { email }",
            json!({ "email": "lu@paz.ar" }),
        ),
        (
            "optOutContact",
            json!({ "id": contact, "category": "MARKETING" }),
            "contact { optedOutMarketing }",
            json!({ "optedOutMarketing": true }),
        ),
        (
            "optInContact",
            json!({ "id": contact, "category": "MARKETING" }),
            "contact { optedOutMarketing }",
            json!({ "optedOutMarketing": false }),
        ),
        (
            "degradeChannel",
            json!({ "id": channel, "reason": "calidad baja" }),
            "channelAccount { status reason }",
            json!({ "status": "DEGRADED", "reason": "calidad baja" }),
        ),
        (
            "restoreChannel",
            json!({ "id": channel }),
            "channelAccount { status reason }",
            json!({ "status": "CONNECTED", "reason": null }),
        ),
        (
            "disableChannel",
            json!({ "id": channel }),
            "channelAccount { status }",
            json!({ "status": "DISABLED" }),
        ),
        (
            "connectWhatsAppChannel",
            json!({ "id": channel, "phoneNumberId": "123456", "displayPhoneNumber": "1", "name": "Otra vez" }),
            "channelAccount { id name }",
            json!({ "id": channel, "name": "Otra vez" }),
        ),
        (
            "updateTenantSettings",
            json!({ "name": "Sur S.A." }),
            "tenant { name slug }",
            json!({ "name": "Sur S.A.", "slug": "primera" }),
        ),
        (
            "setAiMode",
            json!({ "mode": "AUTOPILOT" }),
            "tenant { aiMode }",
            json!({ "aiMode": "AUTOPILOT" }),
        ),
        (
            "setAutopilotCategories",
            json!({ "categories": ["INFO"] }),
            "tenant { autopilotCategories }",
            json!({ "autopilotCategories": ["INFO"] }),
        ),
        (
            "setConfidenceThreshold",
            json!({ "thresholdBp": 8_000 }),
            "tenant { confidenceThresholdBp }",
            json!({ "confidenceThresholdBp": 8_000 }),
        ),
    ];
    for (name, input, selection, expected) in steps {
        let ty = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {ty}!) {{ {name}(input: $input) {{ {selection} errors {{ ... on UserError {{ code message }} }} }} }}"
        );
        let reply = app.run(&query, json!({ "input": input })).await;
        let payload = &reply.data()[name];
        assert_eq!(payload["errors"], json!([]), "{name}");
        let entity = selection.split(' ').next().unwrap();
        assert_eq!(payload[entity], expected, "{name}");
    }
    let stats = app.run("{ dailyStats { nodes { day newContacts } } }", json!({})).await;
    assert_eq!(stats.data()["dailyStats"]["nodes"][0]["newContacts"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_connections_with_cursors_filters_and_orders() {
    let app = TestApp::start().await;
    let channel = app.channel("123456").await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let contact = app.contact(&format!("+549116660001{n}"), &format!("Persona {n}")).await;
        ids.push(app.conversation(&contact, &channel).await.0);
    }
    let query = "query($first: Int, $after: Cursor, $last: Int, $before: Cursor, $filter: ConversationFilter, \
        $order: [ConversationOrder!]) { conversations(first: $first, after: $after, last: $last, before: $before, \
        filter: $filter, orderBy: $order) { totalCount edges { cursor node { id } } nodes { id } \
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let page = async |variables: Value| app.run(query, variables).await;
    let found = |reply: &crate::support::Reply| -> Vec<String> {
        let nodes = reply.data()["conversations"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| text(&node["id"])).collect()
    };
    let order = json!([{ "field": "STARTED_AT", "direction": "ASC" }]);
    let first = page(json!({ "first": 2, "order": order })).await;
    assert_eq!(found(&first), ids[..2]);
    assert_eq!(first.data()["conversations"]["totalCount"], 5);
    let info = &first.data()["conversations"]["pageInfo"];
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(false)));
    let next = page(json!({ "first": 9, "order": order, "after": info["endCursor"] })).await;
    assert_eq!(found(&next), ids[2..]);
    assert_eq!(next.data()["conversations"]["pageInfo"]["hasNextPage"], false);
    let last = page(json!({ "last": 2, "order": order })).await;
    assert_eq!(found(&last), ids[3..]);
    let start = &last.data()["conversations"]["pageInfo"]["startCursor"];
    let before = page(json!({ "last": 2, "order": order, "before": start })).await;
    assert_eq!(found(&before), ids[1..3]);

    // A cursor of another order or filter is refused, not misread.
    let foreign = page(json!({ "first": 2, "after": info["endCursor"] })).await;
    assert_eq!(foreign.code(), "INVALID_CURSOR");
    let damaged = page(json!({ "first": 2, "order": order, "after": "zzz" })).await;
    assert_eq!(damaged.code(), "INVALID_CURSOR");
    for bad in [json!({ "first": 101 }), json!({ "first": 1, "last": 1 }), json!({ "first": -1 })] {
        assert_eq!(page(bad).await.code(), "BAD_USER_INPUT");
    }

    app.run(
        "mutation($id: ID!) { addLabel(input: { id: $id, label: \"VIP\" }) { receipt { position } } }",
        json!({ "id": ids[3] }),
    )
    .await;
    let labelled = page(json!({ "filter": { "labels": { "has": "VIP" } } })).await;
    assert_eq!(found(&labelled), ids[3..4]);
    let not = json!({ "filter": { "not": { "labels": { "has": "VIP" } }, "status": { "in": ["OPEN"] } } });
    assert_eq!(found(&page(not).await).len(), 4);
    let none = page(json!({ "filter": { "or": [{ "status": { "eq": "CLOSED" } }, { "unread": { "gt": 0 } }] } })).await;
    assert_eq!(found(&none).len(), 0);
    let many: Vec<_> = (0..200).map(|_| json!({ "unread": { "gt": 0 } })).collect();
    assert_eq!(page(json!({ "filter": { "or": many } })).await.code(), "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_with_relations_costs_a_fixed_number_of_reads() {
    let app = TestApp::start().await;
    let channel = app.channel("123456").await;
    for n in 0..12 {
        let contact = app.contact(&format!("+54911666000{n:02}"), "Persona").await;
        let (_, uuid) = app.conversation(&contact, &channel).await;
        app.receive(uuid, &format!("wamid.{n}"), "hola").await;
    }
    let at = app.run("{ logPosition }", json!({})).await.data()["logPosition"].clone();
    // The views behind the relations may be later than that of the list.
    let seen = "query($at: Position) { messages(first: 1, atLeast: $at) { nodes { id } } \
        contacts(first: 1, atLeast: $at) { nodes { id } } }";
    app.run(seen, json!({ "at": at })).await.data();
    let query = "query($at: Position, $first: Int) { conversations(first: $first, atLeast: $at) { nodes { \
        id messages(first: 2) { nodes { text } pageInfo { hasNextPage } } \
        contact { name lastConversation { id } } channel { name } \
        lastMessage { text conversation { id contact { phone } } } } } }";
    let mut reads = Vec::new();
    for first in [2, 12] {
        app.counting.reads.store(0, Ordering::SeqCst);
        let reply = app.run(query, json!({ "at": at, "first": first })).await;
        let nodes = reply.data()["conversations"]["nodes"].as_array().unwrap().clone();
        assert_eq!(nodes.len(), first);
        assert!(nodes.iter().all(|node| node["lastMessage"]["text"] == "hola"));
        let below = json!({ "nodes": [{ "text": "hola" }], "pageInfo": { "hasNextPage": false } });
        assert!(nodes.iter().all(|node| node["messages"] == below), "{nodes:#?}");
        reads.push(app.counting.reads.load(Ordering::SeqCst));
    }
    assert!(reads[1] <= 8, "{reads:?}");
    assert!(reads[1] <= reads[0] + 2, "grows with the page: {reads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_found_by_global_id_and_only_in_the_own_tenant() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, uuid) = app.conversation(&contact, &channel).await;
    app.receive(uuid, "wamid.1", "hola").await;
    let query =
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Contact { name } } }";
    let tenant = node_id("Tenant", app.tenant.as_uuid());
    let ids = json!([id, contact, channel, tenant, node_id("Message", Uuid::from_u128(9))]);
    let reply = app.run(query, json!({ "ids": ids })).await;
    let nodes = reply.data()["nodes"].as_array().unwrap();
    let types: Vec<_> = nodes.iter().map(|node| node["__typename"].as_str()).collect();
    assert_eq!(
        types,
        [Some("Conversation"), Some("Contact"), Some("ChannelAccount"), Some("Tenant"), None]
    );
    assert_eq!(nodes[1]["name"], "Lucía");

    let other = TenantId::new(SystemClock.fresh_id());
    app.register(other, "segunda").await;
    let stranger = app.token_of(other, Role::Owner, 3600);
    let reply = app.run_as(&stranger, query, json!({ "ids": ids })).await;
    assert_eq!(reply.data()["nodes"], json!([null, null, null, null, null]));
    let reply = app
        .run_as(&stranger, "{ conversations { totalCount } contacts { nodes { id } } }", json!({}))
        .await;
    assert_eq!(reply.data()["conversations"]["totalCount"], 0);
    let input = json!({ "input": { "id": id, "body": "ajena" } });
    let reply = app.run_as(&stranger, NOTE, input).await;
    assert_eq!(reply.data()["addNote"]["errors"][0]["__typename"], "NotFoundError");
    let history = "query($id: ID!) { history(aggregate: \"conversation\", id: $id) { version state events { nodes { eventType } } } }";
    let reply = app.run_as(&stranger, history, json!({ "id": id })).await;
    assert_eq!(
        reply.data()["history"],
        json!({ "version": 0, "state": null, "events": { "nodes": [] } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn history_shows_events_and_the_state_at_any_point() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, uuid) = app.conversation(&contact, &channel).await;
    let label = "mutation($id: ID!, $label: String!) { addLabel(input: { id: $id, label: $label }) { receipt { version } } }";
    for name in ["uno", "dos", "tres"] {
        app.run(label, json!({ "id": id, "label": name })).await.data();
    }
    let query = "query($id: ID!, $at: HistoryPoint) { history(aggregate: \"conversation\", id: $id, at: $at) { \
        version state events(first: 2) { nodes { eventType version payload actor { kind id } commandId causationId \
        correlationId recordedAt } pageInfo { hasNextPage endCursor } } } }";
    let now = app.run(query, json!({ "id": uuid.to_string() })).await;
    let history = &now.data()["history"];
    assert_eq!(history["version"], 4);
    assert_eq!(history["state"]["labels"], json!(["dos", "tres", "uno"]));
    let events = &history["events"];
    assert_eq!(events["nodes"][0]["eventType"], "ConversationStarted");
    assert_eq!(events["nodes"][0]["actor"]["kind"], "user");
    assert_eq!(events["nodes"][0]["causationId"], events["nodes"][0]["commandId"]);
    assert_eq!(events["pageInfo"]["hasNextPage"], true);
    let then = app.run(query, json!({ "id": id, "at": { "version": 2 } })).await;
    assert_eq!(then.data()["history"]["state"]["labels"], json!(["uno"]));
    let time = &events["nodes"][1]["recordedAt"];
    let then = app.run(query, json!({ "id": id, "at": { "time": time } })).await;
    assert_eq!(then.data()["history"]["state"]["labels"], json!(["uno"]));
    let before =
        app.run(query, json!({ "id": id, "at": { "time": "2020-01-01T00:00:00Z" } })).await;
    assert_eq!(
        (&before.data()["history"]["version"], &before.data()["history"]["state"]),
        (&json!(0), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn at_least_waits_and_says_so_when_it_is_in_vain() {
    let mut app = TestApp::with(|limits| {
        limits.graphql.at_least_timeout = std::time::Duration::from_millis(400);
    })
    .await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, _) = app.conversation(&contact, &channel).await;
    app.freeze();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let late = app.run(NOTE, json!({ "input": { "id": id, "body": "tarde" } })).await;
    let payload = &late.data()["addNote"];
    // Done, but not yet to be seen: the entity is null and not old.
    assert_eq!((&payload["conversation"], &payload["errors"]), (&Value::Null, &json!([])));
    let at = payload["receipt"]["position"].clone();
    let query =
        "query($id: ID!, $at: Position) { conversation(id: $id, atLeast: $at) { version } }";
    let reply = app.run(query, json!({ "id": id, "at": at })).await;
    assert_eq!(reply.code(), "AT_LEAST_TIMEOUT");
    assert_eq!(reply.body["errors"][0]["extensions"]["retryable"], true);
    for bad in ["9-0-1", "1-99-1", "1-0-999999999"] {
        let reply = app.run(query, json!({ "id": id, "at": bad })).await;
        assert_eq!(reply.code(), "INVALID_POSITION", "{bad}");
    }
    app.project();
    // As it says, one tries again.
    let mut reply = app.run(query, json!({ "id": id, "at": at })).await;
    for _ in 0..25 {
        if reply.body["data"].is_object() {
            break;
        }
        assert_eq!(reply.code(), "AT_LEAST_TIMEOUT");
        reply = app.run(query, json!({ "id": id, "at": at })).await;
    }
    assert_eq!(reply.data()["conversation"]["version"], payload["receipt"]["version"]);
}

/// An event that no view can read is parked; only its own tenant's operators see it and act.
#[tokio::test(flavor = "multi_thread")]
async fn admin_op_crosses_tenants() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, uuid) = app.conversation(&contact, &channel).await;
    app.freeze();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let note = app.run(NOTE, json!({ "input": { "id": id, "body": "ilegible" } })).await;
    let at = note.data()["addNote"]["receipt"]["position"].clone();
    sqlx::query("update log.events set payload = '{\"NoteAdded\":{}}' where aggregate_id = $1 and event_type = 'NoteAdded'")
        .bind(uuid.to_string())
        .execute(&app.db.pools().admin)
        .await
        .unwrap();
    let mut app = app;
    app.project();
    let read = "query($id: ID!, $at: Position) { conversation(id: $id, atLeast: $at) { version } }";
    let reply = app.run(read, json!({ "id": id, "at": at })).await;
    assert_eq!(reply.code(), "PROJECTION_PARKED");

    let other = TenantId::new(SystemClock.fresh_id());
    app.register(other, "segunda").await;
    let stranger = app.token_of(other, Role::Owner, 3600);
    let list = "{ parkedEvents { projection aggregateId code } projections { name lag parked } }";
    let own = app.run(list, json!({})).await;
    let parked = own.data()["parkedEvents"].as_array().unwrap();
    assert!(
        parked
            .iter()
            .any(|event| event["projection"] == "conversations"
                && event["aggregateId"] == json!(uuid))
    );
    let theirs = app.run_as(&stranger, list, json!({})).await;
    assert_eq!(theirs.data()["parkedEvents"], json!([]));
    assert!(
        theirs.data()["projections"].as_array().unwrap().iter().all(|view| view["parked"] == 0)
    );
    let agent = app.token(Role::Agent);
    assert_eq!(app.run_as(&agent, list, json!({})).await.code(), "FORBIDDEN");

    let input = json!({ "input": { "projection": "conversations", "aggregate": "conversation", "aggregateId": uuid } });
    for name in ["retryParked", "discardParked"] {
        let query = format!(
            "mutation($input: ParkedInput!) {{ {name}(input: $input) {{ errors {{ __typename ... on UserError {{ code }} }} }} }}"
        );
        let reply = app.run_as(&stranger, &query, input.clone()).await;
        assert_eq!(reply.data()[name]["errors"][0]["__typename"], "NotFoundError", "{name}");
    }
    let retry = "mutation($input: ParkedInput!) { retryParked(input: $input) { applied failedCode errors { __typename } } }";
    let reply = app.run(retry, input.clone()).await;
    assert_eq!(
        reply.data()["retryParked"],
        json!({ "applied": 0, "failedCode": "EVENT_UNREADABLE", "errors": [] })
    );
    let discard = "mutation($input: ParkedInput!) { discardParked(input: $input) { discarded errors { __typename } } }";
    let reply = app.run(discard, input).await;
    assert_eq!(reply.data()["discardParked"], json!({ "discarded": 1, "errors": [] }));
    let reply = app.run(read, json!({ "id": id, "at": at })).await;
    assert_eq!(reply.data()["conversation"]["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_tenant_sends_nothing_new_and_keeps_its_first_outcomes() {
    use bitacora_domain::aggregates::tenant::{Tenant, TenantCommand};

    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, uuid) = app.conversation(&contact, &channel).await;
    app.receive(uuid, "wamid.1", "hola, ¿tienen stock?").await;
    let send = "mutation($id: ID!, $key: String!) { sendMessage(input: { id: $id, \
        idempotencyKey: $key, content: { text: { body: \"Sí\" } } }) { receipt { replayed } \
        errors { ... on UserError { __typename code } } } }";
    let first = app.run(send, json!({ "id": id, "key": "k-1" })).await;
    assert_eq!(first.data()["sendMessage"]["receipt"]["replayed"], false, "{:#}", first.body);

    let suspend = TenantCommand::Suspend { reason: "deuda".into() };
    app.execute::<Tenant>(app.tenant, &app.tenant.to_string(), suspend).await;
    // For as long as the tenant's state is believed.
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let refused = app.run(send, json!({ "id": id, "key": "k-2" })).await;
    let error = json!([{ "__typename": "RefusedError", "code": "TENANT_SUSPENDED" }]);
    assert_eq!(refused.data()["sendMessage"]["errors"], error);
    let again = app.run(send, json!({ "id": id, "key": "k-1" })).await;
    assert_eq!(again.data()["sendMessage"]["receipt"]["replayed"], true, "{:#}", again.body);
}
