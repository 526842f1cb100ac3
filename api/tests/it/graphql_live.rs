//! Signals of the inbox as clients hear them: requests for a person, which can be resumed, and
//! signs of typing, which cannot.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use bitacora_api::auth::Role;
use bitacora_domain::TenantId;
use bitacora_domain::aggregates::conversation::{
    AssignedBy, ConversationCommand as Command, HandoffFallback, HandoffReason,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::graphql_inbox::{Inbox, words};
use crate::graphql_socket::Client;
use crate::support::{TestApp, fresh, text};

const HANDOFFS: &str = "subscription($team: String, $after: Cursor) { \
    handoffRequested(team: $team, after: $after) { cursor handoff { note status number } \
    conversation { id team handoff { status } } } }";
const TYPING: &str = "subscription($id: ID!) { \
    typing(conversationId: $id) { conversationId user { uuid } typing } }";

fn handoff(note: &str) -> Command {
    Command::RequestHandoff {
        reason: HandoffReason::HighRisk,
        note: Some(words(note)),
        timeout_s: 600,
        fallback: HandoffFallback::KeepWaiting,
        notice: None,
    }
}

async fn told(client: &mut Client, field: &str) -> Value {
    let message = client.json().await;
    message["payload"]["data"][field].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_a_person_are_told_by_team_and_resumed_without_loss() {
    let mut inbox = Inbox::with(4).await;
    let start = inbox.app.position(&inbox.app.token(Role::Owner)).await;
    for n in [0, 2] {
        let (agent, team, by) = (None, Some("ventas".to_owned()), AssignedBy::User);
        inbox.gives(n, Command::Assign { agent, team, by }).await;
    }
    for n in 0..4 {
        inbox.gives(n, handoff(&format!("n{n}"))).await;
    }
    let token = inbox.app.token(Role::Agent);
    let mut client = Client::ready(&inbox.app, &token).await;
    client.subscribe("all", HANDOFFS, json!({ "after": start })).await;
    let (mut notes, mut cursors) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let said = told(&mut client, "handoffRequested").await;
        notes.push(text(&said["handoff"]["note"]));
        assert_eq!(said["conversation"]["handoff"]["status"], "REQUESTED", "{said}");
        cursors.push(said["cursor"].clone());
    }
    // Cut without a word; another socket goes on.
    drop(client);
    let mut client = Client::ready(&inbox.app, &token).await;
    client.subscribe("rest", HANDOFFS, json!({ "after": cursors[1] })).await;
    for _ in 0..2 {
        notes.push(text(&told(&mut client, "handoffRequested").await["handoff"]["note"]));
    }
    assert_eq!(notes, ["n0", "n1", "n2", "n3"]);
    let team = json!({ "after": start, "team": "ventas" });
    let mut client = Client::ready(&inbox.app, &token).await;
    client.subscribe("team", HANDOFFS, team).await;
    for note in ["n0", "n2"] {
        let said = told(&mut client, "handoffRequested").await;
        let got = (text(&said["handoff"]["note"]), text(&said["conversation"]["team"]));
        assert_eq!(got, (note.to_owned(), "ventas".to_owned()));
    }
    // Live, after what there was: what a person gave back is asked for again.
    let me = bitacora_domain::UserId::new(Uuid::from_u128(42));
    inbox.gives(2, Command::AcceptHandoff { agent: me, lease_s: 600 }).await;
    inbox.gives(2, Command::ReturnToBot).await;
    inbox.gives(2, Command::Unassign).await;
    let (agent, team, by) = (None, Some("ventas".to_owned()), AssignedBy::User);
    inbox.gives(2, Command::Assign { agent, team, by }).await;
    inbox.gives(2, handoff("otra vez")).await;
    let said = told(&mut client, "handoffRequested").await;
    assert_eq!(said["handoff"], json!({ "note": "otra vez", "status": "REQUESTED", "number": 2 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_hears_of_no_request_for_a_person() {
    let mut inbox = Inbox::with(1).await;
    let other = TenantId::new(fresh());
    inbox.app.register(other, "segunda").await;
    let stranger = inbox.app.token_of(other, Role::Owner, 3600);
    let mut foreign = Client::ready(&inbox.app, &stranger).await;
    let from = json!({ "after": inbox.app.position(&stranger).await });
    foreign.subscribe("h", HANDOFFS, from).await;
    let token = inbox.app.token(Role::Owner);
    let mut own = Client::ready(&inbox.app, &token).await;
    let from = json!({ "after": inbox.app.position(&token).await });
    own.subscribe("h", HANDOFFS, from).await;
    inbox.gives(0, handoff("secreto")).await;
    assert_eq!(told(&mut own, "handoffRequested").await["handoff"]["note"], "secreto");
    assert!(silent(&mut foreign).await);
}

/// Nothing but pings for a while.
async fn silent(client: &mut Client) -> bool {
    tokio::time::timeout(Duration::from_millis(700), client.json()).await.is_err()
}

async fn types(app: &TestApp, token: &str, conversation: &str, on: bool) -> Value {
    let mutation = "mutation($id: ID!, $on: Boolean!) { \
        setTyping(input: { conversationId: $id, on: $on }) { passedOn } }";
    let reply = app.run_as(token, mutation, json!({ "id": conversation, "on": on })).await;
    reply.data()["setTyping"]["passedOn"].clone()
}

/// So many follow who types. A socket starts its operations beside each other: the answer to one
/// says nothing of another.
pub(crate) async fn listened_to(app: &TestApp, listeners: usize) {
    let until = Instant::now() + Duration::from_secs(30);
    while app.app.presence.listeners() < listeners {
        assert!(Instant::now() < until, "{} listen", app.app.presence.listeners());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn listening(app: &TestApp, token: &str, conversation: &str) -> Client {
    let mut client = Client::ready(app, token).await;
    let before = app.app.presence.listeners();
    client.subscribe("t", TYPING, json!({ "id": conversation })).await;
    listened_to(app, before + 1).await;
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_heard_by_others_of_the_tenant_in_this_and_in_another_process() {
    let inbox = Inbox::with(2).await;
    let (here, there) = (&inbox.app, inbox.app.sibling().await);
    let (id, elsewhere) = (&inbox.ids[0].0, &inbox.ids[1].0);
    let token = here.token(Role::Agent);
    let other = TenantId::new(fresh());
    here.register(other, "segunda").await;
    let mut near = listening(here, &token, id).await;
    let mut far = listening(&there, &there.token(Role::Viewer), id).await;
    let mut deaf = [
        listening(here, &token, elsewhere).await,
        listening(here, &here.token_of(other, Role::Owner, 3600), id).await,
        listening(&there, &there.token_of(other, Role::Owner, 3600), id).await,
    ];
    connected(here, 2).await;
    for on in [true, false] {
        assert_eq!(types(here, &token, id, on).await, true);
        for client in [&mut near, &mut far] {
            let said = told(client, "typing").await;
            let user = Uuid::from_u128(42);
            let expected = json!({ "conversationId": id, "user": { "uuid": user }, "typing": on });
            assert_eq!(said, expected);
        }
    }
    for client in &mut deaf {
        assert!(silent(client).await);
    }
    assert!(silent(&mut near).await, "each change once, though the signal came round");
}

/// The connections that carry signals are there.
async fn connected(app: &TestApp, count: i64) {
    let pool = &app.db.pools().admin;
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let listening: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where application_name = 'bitacora-signals' \
             and datname = current_database() and state = 'idle'",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        if listening >= count {
            return;
        }
        assert!(Instant::now() < until, "the signals' connections do not come: {listening}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_needs_the_right_to_work_and_is_limited() {
    let inbox = Inbox::with(1).await;
    let (app, id) = (&inbox.app, &inbox.ids[0].0);
    let mutation =
        "mutation($id: ID!) { setTyping(input: { conversationId: $id, on: true }) { passedOn } }";
    let refused = app.run_as(&app.token(Role::Viewer), mutation, json!({ "id": id })).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let contact = "Q29udGFjdDox";
    let wrong = app.run(mutation, json!({ "id": contact })).await;
    assert_eq!(wrong.code(), "BAD_USER_INPUT");
    // All at once: between one and the next of a slow machine, another is allowed.
    let agent = app.token(Role::Agent);
    let typed = (0..40).map(|_| types(app, &agent, id, true));
    let typed = futures::future::join_all(typed).await;
    let passed = typed.iter().filter(|typed| **typed == true).count();
    assert!((10..40).contains(&passed), "{passed}");
    assert_eq!(app.app.presence.listeners(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_without_a_word_stops_typing_by_itself() {
    let inbox = Inbox::with(1).await;
    let (app, id) = (&inbox.app, &inbox.ids[0].0);
    let token = app.token(Role::Agent);
    let mut client = listening(app, &token, id).await;
    types(app, &token, id, true).await;
    let began = Instant::now();
    assert_eq!(told(&mut client, "typing").await["typing"], true);
    assert_eq!(told(&mut client, "typing").await["typing"], false);
    let lasted = began.elapsed();
    assert!(lasted > Duration::from_secs(9) && lasted < Duration::from_secs(30), "{lasted:?}");
}
