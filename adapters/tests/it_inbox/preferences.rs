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

/// Does the contact want no marketing, and nothing at all?
async fn opted_out(world: &World) -> (bool, bool) {
    let id = world.events("ContactCreated").await[0]["contact"].as_str().unwrap().to_owned();
    let (contact, _) = world.bus.load::<Contact>(world.tenant, &id).await.unwrap().unwrap();
    (contact.has_opted_out(OptOutCategory::Marketing), contact.has_opted_out(OptOutCategory::All))
}

#[tokio::test]
async fn the_providers_time_decides_between_preferences_and_not_their_arrival() {
    let world = World::new().await;
    let said = [("stop", "1763647400"), ("resume", "1763647500"), ("stop", "1763647600")];
    // in these orders the last one to arrive is not the last one that was said
    for (round, order) in [[2, 0, 1], [0, 2, 1], [1, 2, 0], [2, 1, 0]].into_iter().enumerate() {
        let person = format!("54911666001{round:02}");
        for n in order {
            let (value, at) = said[n];
            let body = json!({"user_preferences": [{"wa_id": person, "timestamp": at,
                "category": "marketing_messages", "value": value}]});
            world.deliver(&with_value(body)).await;
        }
        let ids = world.events("ContactCreated").await;
        let id = ids[round]["contact"].as_str().unwrap();
        let (contact, _) = world.bus.load::<Contact>(world.tenant, id).await.unwrap().unwrap();
        assert!(contact.has_opted_out(OptOutCategory::Marketing), "{order:?}");
    }
    let before = world.number("select count(*) from log.events").await;
    world.deliver(&preference("stop", "1763647400")).await;
    let told = world.number("select count(*) from log.events").await;
    world.deliver(&preference("stop", "1763647400")).await;
    assert!(told > before);
    assert_eq!(world.number("select count(*) from log.events").await, told, "a redelivery");
    assert!(world.kept().await.is_empty() && world.anomalies().await.is_empty());
}

#[tokio::test]
async fn a_marketing_stop_is_the_same_with_an_open_conversation_and_with_one_that_starts_later() {
    let (before, after) = (World::new().await, World::new().await);
    before.deliver(&preference("stop", "1763647500")).await;
    before.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    after.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    after.deliver(&preference("stop", "1763647500")).await;
    for world in [before, after] {
        assert_eq!(opted_out(&world).await, (true, false));
        assert_eq!(world.events("ConversationStarted").await[0].get("opted_out"), None);
        assert_eq!(world.count("OptOutRecorded").await, 0, "answers are no marketing");
        assert_eq!(world.conversations().await.len(), 1);
        assert!(world.kept().await.is_empty());
    }
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
