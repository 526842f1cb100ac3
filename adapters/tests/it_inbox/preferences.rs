//! What people want to get, and messages of which nobody knew whether they had left.

use bitacora_commands::ingest::callback;
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, OptOutCategory};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, DeliveryStatus, MessageContent, SendOutcome, Sender,
};
use bitacora_domain::{ConversationId, MessageId, Personal, Subject};
use serde_json::{Value, json};

use crate::support::{LUCIA, World, message, messages, status, text, with_value};

fn preference(value: &str, at: &str) -> Value {
    with_value(json!({"user_preferences": [{"wa_id": LUCIA, "category": "marketing_messages",
                       "value": value, "timestamp": at}]}))
}

#[tokio::test]
async fn a_preference_reaches_the_open_conversation_and_the_last_word_counts() {
    let world = World::new().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.deliver(&preference("stop", "1763647500")).await;
    assert_eq!(world.count("OptOutRecorded").await, 1);
    assert_eq!(world.events("OptOutRecorded").await[0]["by"], "preference");
    // said before the stop, delivered after it
    world.deliver(&preference("resume", "1763647400")).await;
    assert_eq!(world.count("OptInRecorded").await, 0);
    world.deliver(&preference("resume", "1763647600")).await;
    assert_eq!(world.count("OptInRecorded").await, 1);
    let before = world.number("select count(*) from log.events").await;
    world.deliver(&preference("stop", "1763647500")).await;
    assert_eq!(world.number("select count(*) from log.events").await, before, "a redelivery");
    assert!(world.kept().await.is_empty() && world.anomalies().await.is_empty());
}

#[tokio::test]
async fn a_preference_without_an_open_conversation_is_the_contacts_alone() {
    let world = World::new().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.close(&world.conversations().await[0]).await;
    world.deliver(&preference("stop", "1763647500")).await;
    // The closed conversation may be told too: an opt-out is taken down everywhere.
    assert_eq!(world.count("ContactOptedOut").await, 1);
    assert_eq!(world.conversations().await.len(), 1, "and starts none");
    assert!(world.kept().await.is_empty());
}

#[tokio::test]
async fn a_conversation_of_whoever_opted_out_of_everything_starts_so() {
    let world = World::new().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.close(&world.conversations().await[0]).await;
    let contact = world.events("ContactCreated").await[0]["contact"].as_str().unwrap().to_owned();
    let everything = ContactCommand::OptOut {
        category: OptOutCategory::All,
        by: "agent".into(),
        at: world.bus.clock().now(),
    };
    world.execute::<Contact>(&contact, everything).await;
    world.deliver(&text(LUCIA, "wamid.B", "¿están?")).await;
    let started = world.events("ConversationStarted").await;
    assert_eq!(started.len(), 2);
    assert_eq!(started[0].get("opted_out"), None);
    assert_eq!(started[1]["opted_out"], true);
}

#[tokio::test]
async fn a_failure_for_unwanted_marketing_is_the_contacts_opt_out() {
    let world = World::new().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    let failed = json!({"statuses": [{"id": "wamid.OUT", "status": "failed",
        "timestamp": "1763647600", "recipient_id": LUCIA, "errors": [{"code": 131_050}]}]});
    world.deliver(&with_value(failed)).await;
    assert_eq!(world.events("ContactOptedOut").await[0]["category"], "marketing");
    assert_eq!(world.count("OptOutRecorded").await, 0, "answers are no marketing");
}

#[tokio::test]
async fn a_status_tells_that_a_message_left_of_which_nobody_knew() {
    let world = World::new().await;
    let today = json!({"type": "text", "text": {"body": "¿hola?"}});
    world.deliver(&messages(LUCIA, vec![message(LUCIA, "wamid.A", &today)])).await;
    let conversation = world.conversations().await[0].clone();
    let body = Personal::new(Subject("contact:test".into()), "¿En qué te ayudo?".into());
    let send = ConversationCommand::SendMessage {
        client_message_id: None,
        content: MessageContent::Text { body },
        sender: Sender::Agent,
        reply_to: None,
    };
    world.execute::<Conversation>(&conversation, send).await;
    let queued = world.events("MessageQueued").await;
    let ours: MessageId = queued[0]["message"].as_str().unwrap().parse().unwrap();
    let begin = ConversationCommand::BeginSend { message: ours, attempt: 1, opted_out: false };
    world.execute::<Conversation>(&conversation, begin).await;
    let outcome = SendOutcome::Unknown { reason: "timeout".into() };
    let unknown = ConversationCommand::RecordSendOutcome { message: ours, attempt: 1, outcome };
    world.execute::<Conversation>(&conversation, unknown).await;
    let state = async || {
        let loaded = world.bus.load::<Conversation>(world.tenant, &conversation).await;
        loaded.unwrap().unwrap().0.outbound(ours).map(|message| message.status)
    };
    assert_eq!(state().await, Some(DeliveryStatus::Unknown));

    let id: ConversationId = conversation.parse().unwrap();
    let sent = status("wamid.OUT", "sent", Some(callback::encode(id, ours)));
    world.deliver(&sent).await;
    assert_eq!(state().await, Some(DeliveryStatus::Sent));
    let sent = world.events("MessageSent").await;
    assert_eq!(
        (&sent[0]["from"], &sent[0]["provider_message_id"]),
        (&json!("UNKNOWN"), &json!("wamid.OUT"))
    );
    // from now on the provider's id alone is enough
    world.deliver(&status("wamid.OUT", "delivered", None)).await;
    assert_eq!(state().await, Some(DeliveryStatus::Delivered));
    assert!(world.kept().await.is_empty());
}
