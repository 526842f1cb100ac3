//! The unified inbox over GraphQL: filters, orders, pages, counts, and what belongs to a
//! conversation; and that none of it is another tenant's.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::Ordering;

use bitacora_api::auth::Role;
use bitacora_domain::aggregates::conversation::{
    AssignedBy, Conversation, ConversationCommand as Command, HandoffFallback, HandoffReason,
    LinkedKind, MessageContent, Priority, Sender,
};
use bitacora_domain::{Personal, Subject, TenantId, UserId};
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, fresh, text};

/// The user of the tests' tokens.
const ME: Uuid = Uuid::from_u128(42);

/// A server with conversations, oldest first.
pub(crate) struct Inbox {
    pub(crate) app: TestApp,
    pub(crate) ids: Vec<(String, Uuid)>,
    last: Value,
}

pub(crate) fn words(text: &str) -> Personal<String> {
    Personal::new(Subject("contact:test".into()), text.to_owned())
}

impl Inbox {
    pub(crate) async fn with(conversations: usize) -> Self {
        let app = TestApp::start().await;
        let channel = app.channel("123456").await;
        let mut ids = Vec::new();
        for n in 0..conversations {
            let contact = app.contact(&format!("+54911666000{n:02}"), &format!("Ana {n}")).await;
            ids.push(app.conversation(&contact, &channel).await);
        }
        Self { app, ids, last: Value::Null }
    }

    /// Gives a command to the conversation number `n`.
    pub(crate) async fn gives(&mut self, n: usize, command: Command) {
        let id = self.ids[n].1.to_string();
        let receipt = self.app.execute::<Conversation>(self.app.tenant, &id, command).await;
        self.last = json!(receipt.cursor.to_string());
    }

    pub(crate) async fn receives(&mut self, n: usize, said: &str) {
        let wamid = format!("wamid.{n}.{said}");
        let receipt = self.app.receive(self.ids[n].1, &wamid, said).await;
        self.last = json!(receipt.cursor.to_string());
    }

    /// Which conversations a filter finds, by number, in the order of the list.
    async fn finds(&self, filter: Value, order: Value) -> Vec<usize> {
        let query = "query($filter: ConversationFilter, $order: [ConversationOrder!], \
            $atLeast: Position) { conversations(filter: $filter, orderBy: $order, \
            atLeast: $atLeast) { nodes { id } } }";
        let variables = json!({ "filter": filter, "order": order, "atLeast": self.last });
        let reply = self.app.run(query, variables).await;
        self.numbers(&reply.data()["conversations"]["nodes"])
    }

    fn numbers(&self, nodes: &Value) -> Vec<usize> {
        let number = |node: &Value| {
            let id = text(&node["id"]);
            self.ids.iter().position(|(other, _)| *other == id).unwrap()
        };
        nodes.as_array().unwrap().iter().map(number).collect()
    }

    async fn query(&self, query: &str) -> Value {
        let query = query.replace("$last", &self.last.to_string());
        self.app.run(&query, json!({ "id": self.ids[0].0 })).await.data().clone()
    }
}

fn handoff(note: &str) -> Command {
    Command::RequestHandoff {
        reason: HandoffReason::CustomerAsked,
        note: Some(words(note)),
        timeout_s: 600,
        fallback: HandoffFallback::KeepWaiting,
        notice: None,
    }
}

fn suggest(reply: &str) -> Command {
    Command::SuggestReply { text: words(reply), citations: vec![], ttl_s: 600 }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_of_the_inbox_finds_its_conversations() {
    let mut inbox = Inbox::with(6).await;
    for n in 0..6 {
        inbox.receives(n, &format!("hola {n}")).await;
    }
    let me = UserId::new(ME);
    let (agent, team, by) = (Some(me), None, AssignedBy::User);
    inbox.gives(0, Command::Assign { agent, team, by }).await;
    let (agent, team) = (None, Some("ventas".to_owned()));
    inbox.gives(1, Command::Assign { agent, team, by }).await;
    inbox.gives(1, handoff("está apurado")).await;
    inbox.gives(2, handoff("llamar")).await;
    inbox.gives(2, Command::AcceptHandoff { agent: me, lease_s: 3_600 }).await;
    let until = Some(inbox.app.app.clock.now() + TimeDelta::hours(1));
    inbox.gives(3, Command::Snooze { until }).await;
    inbox.gives(4, suggest("Abrimos a las 9")).await;
    inbox.gives(4, Command::AddLabel { label: "vip".into() }).await;
    inbox.gives(5, Command::ChangePriority { priority: Priority::Urgent }).await;
    inbox.gives(5, Command::MarkRead).await;
    inbox.gives(5, Command::Resolve { resolution: None }).await;

    let agent_id =
        text(&inbox.app.run("{ me { user { id } } }", json!({})).await.data()["me"]["user"]["id"]);
    let cases = [
        (json!({ "status": { "eq": "OPEN" } }), vec![0, 1, 2, 4]),
        (json!({ "status": { "eq": "SNOOZED" } }), vec![3]),
        (json!({ "phase": { "eq": "AWAITING_AGENT" } }), vec![1]),
        (json!({ "phase": { "eq": "HUMAN_ACTIVE" } }), vec![2]),
        (json!({ "phase": { "in": ["SNOOZED", "RESOLVED"] } }), vec![3, 5]),
        (json!({ "handoff": { "ne": "NONE" } }), vec![1, 2]),
        (json!({ "team": { "eq": "ventas" } }), vec![1]),
        (json!({ "labels": { "has": "vip" } }), vec![4]),
        (json!({ "priority": { "in": ["HIGH", "URGENT"] } }), vec![5]),
        (json!({ "unread": { "gt": 0 } }), vec![0, 1, 2, 3, 4]),
        (json!({ "hasPendingSuggestion": true }), vec![4]),
        (json!({ "hasPendingSuggestion": false, "status": { "eq": "OPEN" } }), vec![0, 1, 2]),
        (json!({ "snoozedUntil": { "isNull": false } }), vec![3]),
        (json!({ "preview": { "contains": "HOLA 2" } }), vec![2]),
        (json!({ "waitingSince": { "lt": "2001-01-01T00:00:00Z" } }), vec![]),
        (json!({ "assignee": { "eq": agent_id }, "handoff": { "eq": "NONE" } }), vec![0]),
        (json!({ "assignee": { "me": true }, "handoff": { "eq": "NONE" } }), vec![0]),
        (
            json!({ "or": [{ "team": { "eq": "ventas" } }, { "labels": { "has": "vip" } }] }),
            vec![1, 4],
        ),
    ];
    for (filter, expected) in cases {
        let mut found = inbox.finds(filter.clone(), json!(null)).await;
        found.sort_unstable();
        assert_eq!(found, expected, "{filter}");
    }
    let unassigned = inbox.finds(json!({ "assignee": { "isNull": true } }), json!(null)).await;
    assert!(unassigned.contains(&4) && !unassigned.contains(&0), "{unassigned:?}");
    let not_mine = inbox.finds(json!({ "assignee": { "me": false } }), json!(null)).await;
    assert!(not_mine.contains(&4) && !not_mine.contains(&0), "{not_mine:?}");

    let order = |field: &str, way: &str| json!([{ "field": field, "direction": way }]);
    let urgent = inbox.finds(json!(null), order("PRIORITY", "DESC")).await;
    assert_eq!(urgent[0], 5);
    let snoozed = inbox.finds(json!(null), order("SNOOZED_UNTIL", "ASC")).await;
    assert_eq!(snoozed[0], 3, "those that are not put aside come last");
    let waiting = inbox
        .finds(json!({ "waitingSince": { "isNull": false } }), order("WAITING_SINCE", "ASC"))
        .await;
    assert!(waiting.is_sorted() && !waiting.contains(&5), "{waiting:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_through_every_order_without_hole_or_double() {
    let mut inbox = Inbox::with(7).await;
    for n in 0..7 {
        inbox.receives(n, "hola").await;
    }
    let priority = Priority::High;
    inbox.gives(2, Command::ChangePriority { priority }).await;
    inbox.gives(5, Command::ChangePriority { priority }).await;
    let until = Some(inbox.app.app.clock.now() + TimeDelta::hours(1));
    inbox.gives(6, Command::Snooze { until }).await;
    let query = "query($order: [ConversationOrder!], $after: Cursor, $atLeast: Position) { \
        conversations(first: 2, after: $after, orderBy: $order, atLeast: $atLeast) { nodes { id } \
        totalCount pageInfo { hasNextPage endCursor } } }";
    for field in ["LAST_ACTIVITY_AT", "WAITING_SINCE", "UNREAD", "PRIORITY", "SNOOZED_UNTIL"] {
        for way in ["ASC", "DESC"] {
            let order = json!([{ "field": field, "direction": way }]);
            let (mut seen, mut after) = (Vec::new(), Value::Null);
            loop {
                let variables = json!({ "order": order, "after": after, "atLeast": inbox.last });
                let reply = inbox.app.run(query, variables).await;
                let page = &reply.data()["conversations"];
                assert_eq!(page["totalCount"], 7);
                seen.extend(inbox.numbers(&page["nodes"]));
                if page["pageInfo"]["hasNextPage"] == false {
                    break;
                }
                after = page["pageInfo"]["endCursor"].clone();
            }
            let whole = inbox.finds(json!(null), order.clone()).await;
            assert_eq!(seen, whole, "{order}");
            let mut all = seen.clone();
            all.sort_unstable();
            assert_eq!(all, [0, 1, 2, 3, 4, 5, 6], "{order}");
        }
    }
    let order = json!([{ "field": "PRIORITY", "direction": "DESC" }]);
    let urgent = inbox.finds(json!(null), order).await;
    assert_eq!(urgent[..2], [5, 2], "the same priority: last active first");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tabs_of_the_inbox_are_counted() {
    let mut inbox = Inbox::with(4).await;
    for n in 0..3 {
        inbox.receives(n, "hola").await;
    }
    let (agent, team, by) = (Some(UserId::new(ME)), Some("ventas".to_owned()), AssignedBy::User);
    inbox.gives(0, Command::Assign { agent, team, by }).await;
    inbox.gives(1, handoff("ya")).await;
    inbox.gives(2, suggest("sí")).await;
    inbox.gives(3, Command::Snooze { until: None }).await;
    let counts = inbox
        .query(
            "query { inboxCounts(atLeast: $last) { pendingBot { count more } awaitingAgent { count } \
             humanActive { count } snoozed { count } unassigned { count } mine { count } \
             unread { count } waiting { count } pendingSuggestions { count } } }",
        )
        .await;
    assert_eq!(
        counts["inboxCounts"],
        json!({
            "pendingBot": { "count": 2, "more": false }, "awaitingAgent": { "count": 1 },
            "humanActive": { "count": 0 }, "snoozed": { "count": 1 }, "unassigned": { "count": 2 },
            "mine": { "count": 1 }, "unread": { "count": 3 }, "waiting": { "count": 3 },
            "pendingSuggestions": { "count": 1 },
        })
    );
    let team = "query { inboxCounts(team: \"ventas\") { pendingBot { count } unread { count } } }";
    let counts = inbox.query(team).await;
    let expected = json!({ "pendingBot": { "count": 1 }, "unread": { "count": 1 } });
    assert_eq!(counts["inboxCounts"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_shows_what_belongs_to_it() {
    let mut inbox = Inbox::with(1).await;
    inbox.receives(0, "¿A qué hora abren?").await;
    inbox.gives(0, suggest("Abrimos a las 9")).await;
    let send_at = inbox.app.app.clock.now() + TimeDelta::hours(2);
    let content = MessageContent::Text { body: words("Le aviso mañana") };
    inbox.gives(0, Command::ScheduleMessage { client_message_id: None, content, send_at }).await;
    let ticket = Uuid::from_u128(77);
    inbox.gives(0, Command::LinkEntity { kind: LinkedKind::Ticket, id: ticket }).await;
    inbox.gives(0, Command::PauseAi { reason: None }).await;
    let shown = inbox
        .query(
            "query($id: ID!) { conversation(id: $id, atLeast: $last) { phase priority lastSender \
             scheduledCount ai { paused optedOut } snooze { since } links { kind uuid } \
             handoff { status count last { id } } firstResponse { at } responses { count averageMs } \
             survey { score } mergedInto { id } mergedFrom \
             pendingSuggestion { id uuid text status answers { text } conversation { preview } } \
             suggestions { nodes { status } } handoffs { totalCount } \
             scheduledMessages { nodes { id status preview kind } } } }",
        )
        .await;
    let shown = &shown["conversation"];
    let pending = &shown["pendingSuggestion"];
    assert_eq!(
        (&pending["text"], &pending["status"]),
        (&json!("Abrimos a las 9"), &json!("PROPOSED"))
    );
    assert_eq!(pending["answers"]["text"], "¿A qué hora abren?");
    assert_eq!(pending["conversation"]["preview"], "¿A qué hora abren?");
    assert_eq!((&shown["phase"], &shown["priority"]), (&json!("PENDING_BOT"), &json!("MEDIUM")));
    assert_eq!(shown["ai"], json!({ "paused": true, "optedOut": false }));
    assert_eq!(shown["links"], json!([{ "kind": "TICKET", "uuid": ticket }]));
    assert_eq!((&shown["scheduledCount"], &shown["lastSender"]), (&json!(1), &json!("CONTACT")));
    assert_eq!(shown["responses"], json!({ "count": 0, "averageMs": null }));
    assert_eq!(shown["handoff"], json!({ "status": "NONE", "count": 0, "last": null }));
    for absent in ["snooze", "firstResponse", "survey", "mergedInto"] {
        assert_eq!(shown[absent], Value::Null, "{absent}");
    }
    let scheduled = &shown["scheduledMessages"]["nodes"][0];
    assert_eq!(
        (&scheduled["status"], &scheduled["preview"]),
        (&json!("PENDING"), &json!("Le aviso mañana"))
    );

    let suggestion: Uuid = text(&pending["uuid"]).parse().unwrap();
    let edited_text = Some(words("Abrimos a las 10"));
    inbox.gives(0, Command::ResumeAi).await;
    inbox.gives(0, Command::ApproveSuggestion { suggestion, edited_text }).await;
    inbox.gives(0, handoff("quiere hablar")).await;
    let shown = inbox
        .query(
            "query { suggestions(filter: { status: { eq: APPROVED } }, atLeast: $last) { nodes { \
             edited decidedBy message { text sender firstResponse } } } \
             handoffs(filter: { status: { eq: REQUESTED } }, atLeast: $last) { nodes { id number \
             reason note requestedAt expiresAt conversation { firstResponse { waitedMs } \
             responses { count } handoff { note last { number } } } } } \
             scheduledMessages(filter: { sendAt: { gt: \"2001-01-01T00:00:00Z\" } }) { totalCount } \
             dailyStats(atLeast: $last) { nodes { responses { firstCount } handoffs { requested averageWaitMs } \
             ai { suggestionsEdited } } } }",
        )
        .await;
    let suggestion = &shown["suggestions"]["nodes"][0];
    assert_eq!(
        (&suggestion["edited"], &suggestion["message"]["text"]),
        (&json!(true), &json!("Abrimos a las 10"))
    );
    assert_eq!(suggestion["message"]["firstResponse"], true);
    let handoff = &shown["handoffs"]["nodes"][0];
    assert_eq!((&handoff["number"], &handoff["note"]), (&json!(1), &json!("quiere hablar")));
    assert_eq!(
        handoff["conversation"]["handoff"],
        json!({ "note": "quiere hablar", "last": { "number": 1 } })
    );
    assert_eq!(handoff["conversation"]["responses"]["count"], 1);
    assert_eq!(shown["scheduledMessages"]["totalCount"], 1);
    let today = &shown["dailyStats"]["nodes"][0];
    assert_eq!(today["responses"]["firstCount"], 1);
    assert_eq!(today["handoffs"], json!({ "requested": 1, "averageWaitMs": null }));
    assert_eq!(today["ai"]["suggestionsEdited"], 1);

    // Each of them is a node.
    let ids = json!([handoff["id"], pending["id"], scheduled["id"]]);
    let nodes = inbox
        .app
        .run("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", json!({ "ids": ids }))
        .await;
    let names: Vec<_> =
        nodes.data()["nodes"].as_array().unwrap().iter().map(|n| text(&n["__typename"])).collect();
    assert_eq!(names, ["Handoff", "Suggestion", "ScheduledMessage"]);
}

/// However long the page is, what belongs to its conversations is read with one statement per
/// relation.
#[tokio::test] // on one thread: a level of a query is asked for as a whole
async fn what_belongs_to_a_page_of_the_inbox_is_read_together() {
    let mut inbox = Inbox::with(10).await;
    let send_at = inbox.app.app.clock.now() + TimeDelta::hours(2);
    for n in 0..10 {
        inbox.receives(n, "hola").await;
        inbox.gives(n, suggest("sí")).await;
        let content = MessageContent::Text { body: words("luego") };
        inbox
            .gives(n, Command::ScheduleMessage { client_message_id: None, content, send_at })
            .await;
        inbox.gives(n, handoff("ya")).await;
        let agent = UserId::new(Uuid::from_u128(100 + u128::try_from(n).unwrap()));
        inbox.gives(n, Command::AcceptHandoff { agent, lease_s: 3_600 }).await;
    }
    let nodes = "contact { name } channel { name } assignee { name } lastMessage { text } \
        handoff { agent { name } last { number agent { name } } } \
        handoffs(first: 1) { nodes { note } } suggestions(first: 1) { nodes { text } } \
        scheduledMessages(first: 1) { nodes { preview } } timeline(first: 1) { nodes { kind } }";
    let query = format!(
        "query($first: Int, $at: Position) {{ conversations(first: $first, atLeast: $at) {{ \
         nodes {{ {nodes} }} }} }}"
    );
    // All views have seen everything, so that no page waits and asks again.
    let lists =
        ["handoffs", "suggestions", "scheduledMessages", "timeline", "messages", "contacts"];
    for list in lists {
        inbox
            .query(&format!("query {{ {list}(first: 1, atLeast: $last) {{ totalCount }} }}"))
            .await;
    }
    let mut reads = Vec::new();
    for first in [2, 10] {
        inbox.app.counting.reads.store(0, Ordering::SeqCst);
        let reply = inbox.app.run(&query, json!({ "first": first, "at": inbox.last })).await;
        let nodes = reply.data()["conversations"]["nodes"].as_array().unwrap().clone();
        assert_eq!(nodes.len(), first);
        for node in &nodes {
            assert_eq!(node["handoffs"]["nodes"], json!([{ "note": "ya" }]));
            assert_eq!(node["suggestions"]["nodes"], json!([{ "text": "sí" }]));
            assert_eq!(node["scheduledMessages"]["nodes"], json!([{ "preview": "luego" }]));
            assert_eq!(node["handoff"]["last"]["number"], 1);
        }
        reads.push(inbox.app.counting.reads.load(Ordering::SeqCst));
    }
    assert!(reads[1] <= 16 && reads[1] <= reads[0] + 2, "grows with the page: {reads:?}");
    // What cannot be read together has its price.
    let page = |what: &str| {
        format!(
            "query {{ conversations(first: 100) {{ nodes {{ messages(first: 100) {{ nodes {{ \
             conversation {{ messages(first: 1) {{ {what} }} }} }} }} }} }} }}"
        )
    };
    inbox.app.run(&page("nodes { text }"), json!({})).await.data();
    let counted = inbox.app.run(&page("totalCount"), json!({})).await;
    assert_eq!(counted.code(), "GRAPHQL_VALIDATION_FAILED", "{:#}", counted.body);
    assert!(counted.body["errors"][0]["message"].as_str().unwrap().contains("complex"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_inbox_is_another_tenant_s() {
    let mut inbox = Inbox::with(1).await;
    inbox.receives(0, "hola").await;
    inbox.gives(0, suggest("sí")).await;
    let send_at = inbox.app.app.clock.now() + TimeDelta::hours(2);
    let content = MessageContent::Text { body: words("luego") };
    inbox.gives(0, Command::ScheduleMessage { client_message_id: None, content, send_at }).await;
    inbox.gives(0, handoff("ya")).await;
    let lists = "query { conversations { nodes { id } } suggestions { nodes { id } } \
        handoffs { nodes { id } } scheduledMessages { nodes { id } } \
        inboxCounts { pendingBot { count } awaitingAgent { count } unread { count } } }";
    let waited = format!(
        "query {{ handoffs(atLeast: {}) {{ totalCount }} suggestions(atLeast: {}) {{ totalCount }} \
        scheduledMessages(atLeast: {}) {{ totalCount }} conversations(atLeast: {}) {{ totalCount }} }}",
        inbox.last, inbox.last, inbox.last, inbox.last
    );
    inbox.app.run(&waited, json!({})).await.data();
    let own = inbox.app.run(lists, json!({})).await.data().clone();
    let ids: Vec<_> = ["conversations", "suggestions", "handoffs", "scheduledMessages"]
        .iter()
        .map(|list| own[list]["nodes"][0]["id"].clone())
        .collect();
    assert!(ids.iter().all(Value::is_string), "{own}");
    let other = TenantId::new(fresh());
    inbox.app.register(other, "segunda").await;
    let foreign = inbox.app.token_of(other, Role::Owner, 3600);
    let seen = inbox.app.run_as(&foreign, lists, json!({})).await.data().clone();
    let none = json!({ "nodes": [] });
    for list in ["conversations", "suggestions", "handoffs", "scheduledMessages"] {
        assert_eq!(seen[list], none, "{list}");
    }
    let zero = json!({ "count": 0 });
    assert_eq!(
        seen["inboxCounts"],
        json!({ "pendingBot": zero, "awaitingAgent": zero, "unread": zero })
    );
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let own = inbox.app.run(nodes, json!({ "ids": ids })).await;
    assert_eq!(own.data()["nodes"].as_array().unwrap().iter().filter(|n| n.is_object()).count(), 4);
    let seen = inbox.app.run_as(&foreign, nodes, json!({ "ids": ids })).await;
    assert_eq!(seen.data()["nodes"], json!([null, null, null, null]));
    // Asking for what is found by another's ids finds nothing, too.
    let filtered = "query($id: ID!) { suggestions(filter: { conversation: { eq: $id } }) { nodes { id } } \
        handoffs(filter: { conversation: { eq: $id } }) { nodes { id } } }";
    let seen = inbox.app.run_as(&foreign, filtered, json!({ "id": ids[0] })).await;
    assert_eq!(seen.data(), &json!({ "suggestions": none, "handoffs": none }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sent_message_shows_its_measure_and_its_sender() {
    let mut inbox = Inbox::with(1).await;
    inbox.receives(0, "hola").await;
    let content = MessageContent::Text { body: words("Buenas") };
    let sender = Sender::Agent;
    inbox
        .gives(0, Command::SendMessage { client_message_id: None, content, sender, reply_to: None })
        .await;
    let shown = inbox
        .query(
            "query($id: ID!) { conversation(id: $id, atLeast: $last) { firstInboundAt waitingSince \
             firstResponse { waitedMs } messages(first: 1, atLeast: $last) { nodes { status attempts \
             sendError { title } transcript { text } triage { category } redactedAt acceptedAt \
             responseMs firstResponse } } } }",
        )
        .await;
    let conversation = &shown["conversation"];
    let message = &conversation["messages"]["nodes"][0];
    assert_eq!(message["responseMs"], conversation["firstResponse"]["waitedMs"]);
    assert!(message["responseMs"].as_i64().unwrap() >= 0);
    assert_eq!((&message["status"], &message["attempts"]), (&json!("PENDING"), &json!(0)));
    for absent in ["sendError", "transcript", "triage", "redactedAt", "acceptedAt"] {
        assert_eq!(message[absent], Value::Null, "{absent}");
    }
    assert!(conversation["firstInboundAt"].is_string() && conversation["waitingSince"].is_null());
}
