//! `graphql-transport-ws` as a client sees it: close codes, operations, resuming without loss.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use bitacora_api::auth::Role;
use bitacora_api::http;
use bitacora_api::telemetry::Metrics;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::support::{TestApp, text};

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What a server says next.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Json(Value),
    Closed(u16),
}

impl Client {
    pub(crate) async fn open(app: &TestApp, protocol: Option<&str>) -> Self {
        let mut request = format!("ws://{}/graphql", app.address).into_client_request().unwrap();
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        Self(tokio_tungstenite::connect_async(request).await.unwrap().0)
    }

    /// A socket whose token was taken.
    pub(crate) async fn ready(app: &TestApp, token: &str) -> Self {
        let mut client = Self::open(app, Some("graphql-transport-ws")).await;
        client.say(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })).await;
        assert_eq!(client.next().await, Said::Json(json!({ "type": "connection_ack" })));
        client
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.raw(Message::Text(message.to_string().into())).await;
    }

    async fn raw(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    pub(crate) async fn next(&mut self) -> Said {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap();
            match message {
                Some(Ok(Message::Text(text))) => {
                    return Said::Json(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(frame))) => {
                    return Said::Closed(frame.map_or(1005, |f| f.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Said::Closed(1006),
            }
        }
    }

    /// The next message that is not a ping.
    pub(crate) async fn json(&mut self) -> Value {
        loop {
            match self.next().await {
                Said::Json(message) if message["type"] == "ping" => {}
                Said::Json(message) => return message,
                closed @ Said::Closed(_) => panic!("{closed:?}"),
            }
        }
    }
}

fn init(token: &str) -> Value {
    json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })
}

#[tokio::test(flavor = "multi_thread")]
async fn misuse_is_closed_with_the_codes_of_the_protocol() {
    let app = TestApp::with(|limits| {
        limits.graphql.socket_init_timeout = Duration::from_millis(400);
    })
    .await;
    let good = app.token(Role::Owner);
    let mut other = Client::open(&app, None).await;
    assert_eq!(other.next().await, Said::Closed(4406));
    let op = json!({ "id": "1", "type": "subscribe", "payload": { "query": "{ __typename }" } });
    let cases = [
        (vec![], 4408),
        (vec![op.clone()], 4401),
        (vec![init("x.y.z")], 4401),
        (vec![json!({ "type": "connection_init" })], 4401),
        (vec![init(&app.token_of(app.tenant, Role::Owner, -3600))], 4403),
        (vec![init(&good), init(&good)], 4429),
        (vec![init(&good), json!({ "type": "start" })], 4400),
        (vec![init(&good), json!({ "type": "subscribe", "id": "", "payload": {} })], 4400),
    ];
    for (messages, code) in cases {
        let mut client = Client::open(&app, Some("graphql-transport-ws")).await;
        for message in &messages {
            client.say(message.clone()).await;
        }
        let closed = loop {
            if let Said::Closed(code) = client.next().await {
                break code;
            }
        };
        assert_eq!(closed, code, "{messages:?}");
    }
    let mut client = Client::ready(&app, &good).await;
    client.raw(Message::Binary(vec![1].into())).await;
    assert_eq!(client.next().await, Said::Closed(4400));
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_run_end_and_are_refused() {
    let app = TestApp::with(|limits| limits.graphql.operations_per_socket = 2).await;
    let mut client = Client::ready(&app, &app.token(Role::Owner)).await;
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(client.json().await, json!({ "type": "pong" }));
    client.subscribe("q", "{ tenant { name } }", json!({})).await;
    assert_eq!(client.json().await["payload"]["data"]["tenant"]["name"], "Ferretería Sur");
    assert_eq!(client.json().await, json!({ "id": "q", "type": "complete" }));
    // The id is free again at once.
    client.subscribe("q", "{ nothing }", json!({})).await;
    let error = client.json().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("q")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    client.subscribe("p", "{", json!({})).await;
    assert_eq!(client.json().await["payload"][0]["extensions"]["code"], "GRAPHQL_PARSE_FAILED");

    let live = "subscription { messageAdded { cursor } }";
    client.subscribe("a", live, json!({})).await;
    client.subscribe("b", live, json!({})).await;
    client.subscribe("c", live, json!({})).await;
    let refused = client.json().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("c")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    client.say(json!({ "id": "a", "type": "complete" })).await;
    client.subscribe("c", "{ __typename }", json!({})).await;
    assert_eq!(client.json().await["type"], "next");
    assert_eq!(client.json().await["type"], "complete");
    client.subscribe("b", live, json!({})).await;
    assert_eq!(client.next().await, Said::Closed(4409));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_its_token_and_with_the_server() {
    let app = TestApp::with(|limits| {
        limits.graphql.socket_ping_interval = Duration::from_millis(200);
    })
    .await;
    let mut short = Client::ready(&app, &app.token_of(app.tenant, Role::Owner, 1)).await;
    let mut silent = Client::ready(&app, &app.token(Role::Owner)).await;
    let ended = async |client: &mut Client| loop {
        match client.next().await {
            Said::Json(message) if message["type"] == "ping" => {
                client.say(json!({ "type": "pong" })).await;
            }
            Said::Json(message) => panic!("{message}"),
            Said::Closed(code) => return code,
        }
    };
    assert_eq!(ended(&mut short).await, 4403);
    let closed = loop {
        if let Said::Closed(code) = silent.next().await {
            break code;
        }
    };
    assert_eq!(closed, 1001, "the server pings, and drops who does not answer");
    let mut long = Client::ready(&app, &app.token(Role::Owner)).await;
    let (code, ()) = tokio::join!(ended(&mut long), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        app.app.shutdown.cancel();
    });
    assert_eq!(code, 1012);
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_subscriptions_show_what_the_read_side_has_seen() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, uuid) = app.conversation(&contact, &channel).await;
    let token = app.token(Role::Agent);
    let mut client = Client::ready(&app, &token).await;
    let added = "subscription($id: ID, $after: Cursor) { messageAdded(conversationId: $id, \
        after: $after) { cursor message { text direction \
        conversation { unread contact { name } lastMessage { text } } } } }";
    let from = json!({ "id": id, "after": app.position(&token).await });
    client.subscribe("m", added, from).await;
    app.receive(uuid, "wamid.1", "hola").await;
    let added = client.json().await["payload"]["data"]["messageAdded"].clone();
    assert_eq!(added["message"]["text"], "hola", "{added}");
    assert_eq!(added["message"]["direction"], "INBOUND");
    assert_eq!(added["message"]["conversation"]["contact"]["name"], "Lucía");
    let cursor = added["cursor"].clone();
    app.receive(uuid, "wamid.2", "¿están?").await;
    assert_eq!(
        client.json().await["payload"]["data"]["messageAdded"]["message"]["text"],
        "¿están?"
    );
    client.say(json!({ "id": "m", "type": "complete" })).await;

    let changed = "subscription($after: Cursor) { conversationChanged(after: $after) { cursor eventType version \
        conversation { id unread version } } }";
    client.subscribe("c", changed, json!({ "after": cursor })).await;
    let first = client.json().await["payload"]["data"]["conversationChanged"].clone();
    assert_eq!(first["eventType"], "ServiceWindowOpened", "{first}");
    let read =
        "mutation($id: ID!) { markConversationRead(input: { id: $id }) { receipt { version } } }";
    app.run(read, json!({ "id": id })).await.data();
    loop {
        let change = client.json().await["payload"]["data"]["conversationChanged"].clone();
        let conversation = &change["conversation"];
        // What is shown is never older than what was announced.
        assert!(conversation["version"].as_i64() >= change["version"].as_i64(), "{change}");
        if change["eventType"] == "ConversationReadByAgent" {
            assert_eq!(conversation["unread"], 0);
            break;
        }
    }
    client.subscribe("x", changed, json!({ "after": "1-2" })).await;
    let refused = client.json().await;
    assert_eq!(
        refused["payload"]["errors"][0]["extensions"]["code"], "INVALID_CURSOR",
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_without_a_cursor_hears_what_comes_from_then_on() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (_, uuid) = app.conversation(&contact, &channel).await;
    app.receive(uuid, "wamid.antes", "antes").await;
    let mut client = Client::ready(&app, &app.token(Role::Agent)).await;
    client.subscribe("m", "subscription { messageAdded { message { text } } }", json!({})).await;
    // Nothing says when the server has it: somebody speaks until it is heard.
    let mut said = 0;
    let heard = loop {
        assert!(said < 100, "nothing is heard");
        app.receive(uuid, &format!("wamid.{said}"), &said.to_string()).await;
        said += 1;
        let message = tokio::time::timeout(Duration::from_millis(300), client.json()).await;
        if let Ok(message) = message {
            break text(&message["payload"]["data"]["messageAdded"]["message"]["text"]);
        }
    };
    assert!(heard.parse::<i32>().unwrap() < said, "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_that_resumes_has_neither_hole_nor_double() {
    let app = TestApp::start().await;
    let (contact, channel) =
        (app.contact("+5491166600011", "Lucía").await, app.channel("123456").await);
    let (id, uuid) = app.conversation(&contact, &channel).await;
    let query = "subscription($after: Cursor, $filter: EventFilter) { events(after: $after, filter: $filter) { \
        cursor node { position eventType aggregateId version payload actor { kind } } } }";
    let filter = json!({ "aggregates": ["conversation"], "eventTypes": ["MessageReceived"] });
    let tip = app.run("{ logPosition }", json!({})).await.data()["logPosition"].clone();
    let writing = async {
        for n in 0..60 {
            app.receive(uuid, &format!("wamid.{n}"), &format!("mensaje {n}")).await;
        }
    };
    let reading = async {
        let (mut seen, mut cursor, mut take) = (Vec::new(), tip, 1);
        while seen.len() < 60 {
            let mut client = Client::ready(&app, &app.token(Role::Owner)).await;
            client.subscribe("e", query, json!({ "after": cursor, "filter": filter })).await;
            for _ in 0..take {
                let edge = client.json().await["payload"]["data"]["events"].clone();
                assert_eq!(edge["cursor"], edge["node"]["position"]);
                let body =
                    &edge["node"]["payload"]["MessageReceived"]["content"]["body"]["$p"]["v"];
                seen.push(text(body));
                cursor = edge["cursor"].clone();
                if seen.len() == 60 {
                    break;
                }
            }
            // Cut without a word, in the middle of the stream.
            drop(client);
            take = take % 7 + 1;
        }
        seen
    };
    let ((), seen) = tokio::join!(writing, reading);
    let expected: Vec<_> = (0..60).map(|n| format!("mensaje {n}")).collect();
    assert_eq!(seen, expected);
    assert!(!id.is_empty());
}

/// A process may end as soon as `serve` returns, and its sockets' tasks with it: here the runtime
/// is gone by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_tells_every_open_socket_before_it_is_gone() {
    let mut app = TestApp::start().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    app.address = listener.local_addr().unwrap();
    let router = http::router(&app.app, Metrics::install().unwrap());
    let (limits, stop) = (app.app.limits, app.app.shutdown.clone());
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            http::listen::serve(listener, router, limits, stop).await
        })
    });
    let mut clients = Vec::new();
    for _ in 0..8 {
        let mut client = Client::ready(&app, &app.token(Role::Owner)).await;
        client.subscribe("e", "subscription { events { cursor } }", json!({})).await;
        // Words that the server may not have read when it hangs up.
        for _ in 0..20 {
            client.say(json!({ "type": "ping" })).await;
        }
        clients.push(client);
    }
    app.app.shutdown.cancel();
    for client in &mut clients {
        let code = loop {
            if let Said::Closed(code) = client.next().await {
                break code;
            }
        };
        assert_eq!(code, 1012);
    }
    drop(clients);
    assert!(server.join().unwrap(), "nothing was cut off");
}
