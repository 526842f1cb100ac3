//! Facts that wait for something.

use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ingest::{callback, waits_for_account};
use bitacora_commands::ports::{Clock as _, EventLog as _, FactFate, Inbox as _, PendingState};
use bitacora_domain::aggregates::channel_account::ChannelKind;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, MessageContent, Sender,
};
use bitacora_domain::{ConversationId, MessageId, Personal, Subject, TenantId};
use serde_json::json;

use crate::support::{ACCOUNT, LUCIA, RAUL, World, message, messages, status, text};

/// A conversation in which a message of ours is queued; the text that travels with it.
async fn queued(world: &World) -> (ConversationId, String) {
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    let conversation: ConversationId = world.conversations().await[0].parse().unwrap();
    let content = MessageContent::Text {
        body: Personal::new(Subject("user:test".into()), "¿En qué te ayudo?".into()),
    };
    // the window is open for 24 h after the contact's message, which the fixture dates back
    let today = json!({"type": "text", "text": {"body": "¿hola?"}});
    world.deliver(&messages(LUCIA, vec![message(LUCIA, "wamid.NOW", &today)])).await;
    let queue = ConversationCommand::SendMessage {
        client_message_id: None,
        content,
        sender: Sender::Agent,
        reply_to: None,
    };
    world.execute::<Conversation>(&conversation.to_string(), queue).await;
    let queued = world.events("MessageQueued").await;
    let message: MessageId = queued[0]["message"].as_str().unwrap().parse().unwrap();
    (conversation, callback::encode(conversation, message))
}

#[tokio::test]
async fn a_status_before_its_message_is_known_waits_and_then_resolves() {
    let world = World::new().await;
    world.deliver(&status("wamid.OUT", "delivered", None)).await;
    assert_eq!(world.kept().await, ["waiting TARGET_UNKNOWN"]);
    let (_, callback) = queued(&world).await;
    world.clock.shift(5);
    assert_eq!(world.ingest.retry().await.unwrap(), 1, "it was due");
    assert_eq!(world.kept().await, ["waiting TARGET_UNKNOWN"], "and is not possible yet");
    world.deliver(&status("wamid.OUT", "sent", Some(callback))).await;
    assert_eq!(world.count("MessageSent").await, 1);
    // released by the status that told the id: not waiting for its time
    assert_eq!(world.ingest.retry().await.unwrap(), 1);
    assert_eq!(world.count("MessageDelivered").await, 1);
    assert!(world.kept().await.is_empty());
}

#[tokio::test]
async fn statuses_find_their_message_by_callback_and_by_id_in_any_order() {
    let world = World::new().await;
    let (_, callback) = queued(&world).await;
    world.deliver(&status("wamid.OUT", "read", Some(callback.clone()))).await;
    world.deliver(&status("wamid.OUT", "delivered", Some(callback))).await;
    world.deliver(&status("wamid.OUT", "sent", None)).await;
    world.deliver(&status("wamid.OUT", "sent", None)).await;
    assert_eq!(world.count("MessageRead").await, 1);
    assert_eq!(world.count("MessageDelivered").await + world.count("MessageSent").await, 0);
    assert!(world.kept().await.is_empty() && world.anomalies().await.is_empty());
}

#[tokio::test]
async fn a_callback_that_names_another_tenants_conversation_leads_nowhere() {
    let world = World::new().await;
    queued(&world).await;
    // a conversation of another tenant, with a message that waits for its status
    let other = TenantId::new(SystemClock.fresh_id());
    world.log.assign_lane(other).await.unwrap();
    let theirs = ConversationId::new(SystemClock.fresh_id());
    let start = ConversationCommand::Start {
        contact: SystemClock.fresh_id().into(),
        channel: SystemClock.fresh_id().into(),
        external_thread: None,
        opted_out: false,
    };
    world.execute_as::<Conversation>(other, &theirs.to_string(), start).await;
    let template = MessageContent::Template {
        name: "saludo".into(),
        language: "es_AR".into(),
        parameters: vec![],
    };
    let queue = ConversationCommand::SendMessage {
        client_message_id: None,
        content: template,
        sender: Sender::Agent,
        reply_to: None,
    };
    world.execute_as::<Conversation>(other, &theirs.to_string(), queue).await;
    let query = format!(
        "select payload->'MessageQueued'->>'message' from log.events \
         where event_type = 'MessageQueued' and tenant_id = '{other}'"
    );
    let message: MessageId = world.texts(&query).await[0].parse().unwrap();
    let foreign = callback::encode(theirs, message);
    let nowhere = callback::encode(ConversationId::new(SystemClock.fresh_id()), message);
    for (id, callback) in
        [("wamid.X", foreign), ("wamid.Y", nowhere), ("wamid.Z", "msg_01JD".to_owned())]
    {
        world.deliver(&status(id, "sent", Some(callback))).await;
    }
    assert_eq!(world.count("MessageSent").await, 0);
    assert_eq!(world.kept().await, ["waiting TARGET_UNKNOWN"; 3]);
}

#[tokio::test]
async fn what_waits_too_long_has_failed() {
    let world = World::new().await;
    world.deliver(&status("wamid.NEVER", "read", None)).await;
    world.clock.shift(3);
    assert_eq!(world.ingest.retry().await.unwrap(), 1);
    assert_eq!(world.ingest.retry().await.unwrap(), 0, "it is not due again at once");
    world.clock.shift(7 * 24 * 3600 + 600);
    assert_eq!(world.ingest.retry().await.unwrap(), 1);
    assert_eq!(world.kept().await, ["failed DEADLINE"]);
    world.clock.shift(24 * 3600);
    assert_eq!(world.ingest.retry().await.unwrap(), 0, "never again by itself");
}

#[tokio::test]
async fn facts_of_an_account_that_nobody_connected_are_kept_until_somebody_does() {
    let world = World::without_channel().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.deliver(&text(LUCIA, "wamid.B", "¿hay alguien?")).await;
    assert_eq!(world.kept().await, ["unroutable ACCOUNT_NOT_CONNECTED"; 2]);
    assert_eq!(world.count("MessageReceived").await, 0);
    assert_eq!(world.open().await, 0, "the deliveries themselves are done");
    assert_eq!(world.ingest.retry().await.unwrap(), 0, "not due yet");
    world.connect(ACCOUNT).await;
    world.ingest.release(waits_for_account(ChannelKind::Whatsapp, ACCOUNT));
    assert_eq!(world.ingest.retry().await.unwrap(), 2);
    assert_eq!(world.count("MessageReceived").await, 2);
    assert_eq!(world.conversations().await.len(), 1);
    assert!(world.kept().await.is_empty());
}

#[tokio::test]
async fn releasing_reaches_every_process_and_survives_a_crash() {
    let world = World::without_channel().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.deliver(&text(LUCIA, "wamid.B", "¿hay alguien?")).await;
    world.deliver(&status("wamid.OTHER", "sent", None)).await;
    world.connect(ACCOUNT).await;
    // released by a process that does no ingestion and ends at once
    let (elsewhere, _) = world.second_process().await;
    assert_eq!(elsewhere.release(&waits_for_account(ChannelKind::Whatsapp, "0")).await.unwrap(), 0);
    assert_eq!(
        elsewhere.release(&waits_for_account(ChannelKind::Whatsapp, ACCOUNT)).await.unwrap(),
        3
    );
    drop(elsewhere);
    let (_, worker) = world.second_process().await;
    assert_eq!(worker.retry().await.unwrap(), 3, "not waiting for their time");
    assert_eq!(world.count("MessageReceived").await, 2);
    assert_eq!(world.kept().await, ["waiting TARGET_UNKNOWN"], "now it waits for its message");
}

#[tokio::test]
async fn a_release_while_a_fact_is_being_tried_is_not_lost() {
    let world = World::without_channel().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.clock.shift(2);
    let lease = chrono::TimeDelta::minutes(1);
    let tried = world.inbox.due(world.clock.now(), &[], 10, lease).await.unwrap().remove(0);
    // it was looked up before somebody connected the account …
    world.inbox.release(&waits_for_account(ChannelKind::Whatsapp, ACCOUNT)).await.unwrap();
    assert!(world.inbox.due(world.clock.now(), &[], 10, lease).await.unwrap().is_empty());
    // … and is kept on after
    let mut next = tried.clone();
    next.next_attempt_at = Some(world.clock.now() + chrono::TimeDelta::hours(1));
    world.inbox.resolve(&tried, FactFate::Kept(next)).await.unwrap();
    assert_eq!(world.inbox.due(world.clock.now(), &[], 10, lease).await.unwrap().len(), 1);
}

#[tokio::test]
async fn kept_messages_of_a_person_are_done_in_order_of_arrival() {
    let world = World::without_channel().await;
    for n in 0..40 {
        let from = if n % 2 == 0 { LUCIA } else { RAUL };
        world.deliver(&text(from, &format!("wamid.{n:02}"), "hola")).await;
    }
    world.connect(ACCOUNT).await;
    world.inbox.release(&waits_for_account(ChannelKind::Whatsapp, ACCOUNT)).await.unwrap();
    assert_eq!(world.ingest.retry().await.unwrap(), 40);
    let received = world.events("MessageReceived").await;
    for parity in [0, 1] {
        let ids: Vec<String> = received
            .iter()
            .map(|e| e["provider_message_id"].as_str().unwrap().to_owned())
            .filter(|id| id[6..].parse::<usize>().unwrap() % 2 == parity)
            .collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        assert_eq!((ids.len(), &ids), (20, &sorted));
    }
}

#[tokio::test]
async fn an_operator_lists_counts_and_retries() {
    let world = World::new().await;
    world.deliver(&status("wamid.NEVER", "read", None)).await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.deliver(&text(LUCIA, "wamid.A", "chau")).await;
    world.clock.shift(8 * 24 * 3600);
    world.ingest.retry().await.unwrap();
    let counts = world.inbox.counts().await.unwrap();
    assert_eq!(counts.backlog, 0);
    assert_eq!(counts.kept, [(PendingState::Failed, 1)]);
    assert_eq!(counts.anomalies, [("mismatch".to_owned(), 1)]);
    let anomalies = world.inbox.anomalies(10).await.unwrap();
    assert_eq!((anomalies.len(), anomalies[0].tenant), (1, Some(world.tenant)));
    assert!(world.inbox.kept(Some(PendingState::Waiting), 10).await.unwrap().is_empty());
    let failed = world.inbox.kept(Some(PendingState::Failed), 10).await.unwrap();
    assert_eq!((failed.len(), failed[0].reason.as_str()), (1, "DEADLINE"));
    assert!(failed[0].body.is_empty(), "bodies are not listed");
    assert_eq!(world.ingest.retry().await.unwrap(), 0, "never by itself");
    assert!(world.inbox.retry(failed[0].delivery, 0).await.unwrap());
    assert!(!world.inbox.retry(failed[0].delivery, 1).await.unwrap(), "there is no such fact");
    assert_eq!(world.ingest.retry().await.unwrap(), 1);
    assert_eq!(world.kept().await, ["failed DEADLINE"], "and not by itself after it");
    assert_eq!(world.ingest.retry().await.unwrap(), 0);
}

#[tokio::test]
async fn an_account_connected_elsewhere_is_found_when_its_facts_are_due() {
    let world = World::without_channel().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.connect(ACCOUNT).await;
    world.clock.shift(2);
    assert_eq!(world.ingest.retry().await.unwrap(), 1);
    assert_eq!(world.count("MessageReceived").await, 1);
}

#[tokio::test]
async fn reactions_edits_and_revocations_go_to_their_message_or_wait_for_it() {
    let world = World::new().await;
    let about = |id: &str, kind: &str, part: serde_json::Value| {
        messages(LUCIA, vec![message(LUCIA, id, &json!({"type": kind, kind: part}))])
    };
    world
        .deliver(&about("wamid.R0", "reaction", json!({"message_id": "wamid.A", "emoji": "👍"})))
        .await;
    assert_eq!(world.kept().await, ["waiting TARGET_UNKNOWN"]);
    assert_eq!(world.count("ContactCreated").await, 0, "waiting registers nobody");
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    assert_eq!(world.ingest.retry().await.unwrap(), 1, "the message released it");
    assert_eq!(world.count("ReactionChanged").await, 1);
    world.close(&world.conversations().await[0]).await;
    let text = json!({"type": "text", "text": {"body": "holis"}});
    let edit = json!({"original_message_id": "wamid.A", "message": text});
    world.deliver(&about("wamid.R1", "edit", edit)).await;
    let revoke = json!({"original_message_id": "wamid.A"});
    world.deliver(&about("wamid.R2", "revoke", revoke)).await;
    let edited = world.events("MessageEdited").await;
    assert_eq!(edited[0]["content"]["body"]["$p"]["v"], "holis");
    assert_eq!(edited[0]["target"], "wamid.A");
    assert_eq!(world.count("MessageRevoked").await, 1, "also on a conversation that has ended");
    assert_eq!(world.conversations().await.len(), 1, "none of them starts one");
    assert!(world.kept().await.is_empty());
}
