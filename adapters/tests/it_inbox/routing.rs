//! From deliveries to conversations and contacts.

use bitacora_domain::aggregates::contact::{Contact, OptOutCategory};
use bitacora_domain::aggregates::tenant::{Tenant, TenantCommand};
use serde_json::{Value, json};

use crate::support::{LUCIA, RAUL, World, message, messages, text, with_value};

#[tokio::test]
async fn a_message_becomes_a_contact_and_a_conversation_whose_chain_can_be_told() {
    let world = World::new().await;
    let delivery = world.deliver(&text(LUCIA, "wamid.A", "Hola, ¿dónde está mi pedido?")).await;
    let received = world.events("MessageReceived").await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["provider_message_id"], "wamid.A");
    assert_eq!(received[0]["content"]["body"]["$p"]["v"], "Hola, ¿dónde está mi pedido?");
    assert_eq!(received[0]["sent_at"], "2025-11-20T14:00:01Z");
    let contact = received[0]["contact"].as_str().unwrap();
    assert_eq!(received[0]["content"]["body"]["$p"]["s"], format!("contact:{contact}"));
    let identities = world.events("ContactIdentityAdded").await;
    assert_eq!(identities.len(), 2, "WhatsApp id and telephone number");
    let chain: Vec<Value> = sqlx::query_scalar("select metadata || jsonb_build_object('type', event_type) from log.events where event_type in ('ContactCreated', 'ConversationStarted', 'MessageReceived')")
        .fetch_all(&world.db.pools().admin)
        .await
        .unwrap();
    assert_eq!(chain.len(), 3);
    for metadata in chain {
        assert_eq!(metadata["correlation_id"], delivery.to_string());
        assert_eq!(metadata["causation_id"], delivery.to_string());
        assert_eq!(metadata["actor_kind"], "contact");
        assert_eq!(metadata["actor_id"], contact);
        // what we make is made when we hear of it
        let of_the_fact = metadata["type"] == "MessageReceived";
        assert_eq!(metadata["occurred_at"] == "2025-11-20T14:00:01.000000Z", of_the_fact);
        assert!(metadata["traceparent"].as_str().unwrap().starts_with("00-0af7"));
    }
    assert_eq!(world.open().await, 0);
    assert!(world.kept().await.is_empty() && world.anomalies().await.is_empty());
}

#[tokio::test]
async fn two_equal_texts_are_two_messages_and_a_redelivery_is_none() {
    let world = World::new().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.deliver(&text(LUCIA, "wamid.B", "hola")).await;
    assert_eq!(world.count("MessageReceived").await, 2);
    let before = world.number("select count(*) from log.events").await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.deliver(&text(LUCIA, "wamid.B", "hola")).await;
    assert_eq!(world.number("select count(*) from log.events").await, before);
    assert_eq!(world.conversations().await.len(), 1);
    assert_eq!(world.count("ContactCreated").await, 1);
    assert!(world.anomalies().await.is_empty());
}

#[tokio::test]
async fn the_same_id_with_other_content_is_an_anomaly_and_the_first_stands() {
    let world = World::new().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.deliver(&text(LUCIA, "wamid.A", "chau")).await;
    let received = world.events("MessageReceived").await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["content"]["body"]["$p"]["v"], "hola");
    assert_eq!(world.anomalies().await, ["mismatch"]);
    world.deliver(&text(LUCIA, "wamid.A", "chau")).await;
    assert_eq!(world.anomalies().await, ["mismatch", "mismatch"], "one for each delivery");
    assert_eq!(world.open().await, 0);
}

#[tokio::test]
async fn after_a_close_a_redelivery_starts_nothing_and_a_new_message_does() {
    let world = World::new().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    world.close(&world.conversations().await[0]).await;
    let before = world.number("select count(*) from log.events").await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    // also by a process that remembers nothing
    world.receive(&text(LUCIA, "wamid.A", "hola")).await;
    let (_, other) = world.second_process().await;
    assert_eq!(other.work().await.unwrap(), 1);
    assert_eq!(world.number("select count(*) from log.events").await, before);
    world.deliver(&text(LUCIA, "wamid.A", "chau")).await;
    assert_eq!(world.anomalies().await, ["mismatch"]);
    world.deliver(&text(LUCIA, "wamid.B", "sigo acá")).await;
    assert_eq!(world.conversations().await.len(), 2);
    assert_eq!(world.count("ContactCreated").await, 1);
}

#[tokio::test]
async fn one_bad_fact_of_a_batch_is_kept_and_the_others_go_on() {
    let world = World::new().await;
    let mut without_id = message(LUCIA, "x", &json!({"type": "text", "text": {"body": "?"}}));
    without_id.as_object_mut().unwrap().remove("id");
    let long_id = "w".repeat(600);
    world
        .deliver(&messages(
            LUCIA,
            vec![
                message(LUCIA, "wamid.A", &json!({"type": "text", "text": {"body": "uno"}})),
                without_id,
                message(LUCIA, &long_id, &json!({"type": "text", "text": {"body": "?"}})),
                message(RAUL, "wamid.B", &json!({"type": "text", "text": {"body": "dos"}})),
                message(LUCIA, "wamid.A", &json!({"type": "text", "text": {"body": "otro"}})),
                message(LUCIA, "wamid.C", &json!({"type": "hologram"})),
            ],
        ))
        .await;
    assert_eq!(world.count("MessageReceived").await, 3);
    assert_eq!(world.conversations().await.len(), 2);
    assert_eq!(world.kept().await, ["ignored MESSAGE_WITHOUT_ID", "ignored MESSAGE_WITHOUT_ID"]);
    assert_eq!(world.anomalies().await, ["mismatch"]);
    assert_eq!(world.number("select facts::bigint from inbox.deliveries").await, 6);
}

#[tokio::test]
async fn what_cannot_be_read_is_an_anomaly_and_what_was_replaced_is_flagged() {
    let world = World::new().await;
    world.receive_bytes(b"{\"entry\": [".to_vec()).await;
    let broken = text(LUCIA, "wamid.A", "ROTA").to_string().replace("ROTA", "rota \\ud83d");
    world.receive_bytes(broken.into_bytes()).await;
    world.work().await;
    assert_eq!(world.open().await, 0);
    let mut anomalies = world.anomalies().await;
    anomalies.sort();
    assert_eq!(anomalies, ["replaced_characters", "unparsable"]);
    let received = world.events("MessageReceived").await;
    assert_eq!(received[0]["content"]["body"]["$p"]["v"], "rota \u{fffd}");
}

#[tokio::test]
async fn a_changed_number_is_the_same_contact() {
    let world = World::new().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    let system = json!({"type": "system",
                        "system": {"type": "user_changed_number", "wa_id": "5491166600099"}});
    world.deliver(&messages(LUCIA, vec![message(LUCIA, "wamid.S", &system)])).await;
    world.deliver(&text("5491166600099", "wamid.B", "soy yo")).await;
    assert_eq!(world.count("ContactCreated").await, 1);
    assert_eq!(world.count("ContactIdentityAdded").await, 4);
    assert_eq!(world.conversations().await.len(), 1);
    assert_eq!(world.count("MessageReceived").await, 2);
}

#[tokio::test]
async fn a_user_id_alone_is_a_contact_and_meets_its_number_later() {
    let world = World::new().await;
    let with_contact = |contact: Value, message: Value| {
        with_value(json!({"contacts": [contact], "messages": [message]}))
    };
    let hidden = json!({"from_user_id": "AR.77", "id": "wamid.A", "timestamp": "1763647201",
                        "type": "text", "text": {"body": "hola"}});
    world.deliver(&with_contact(json!({"user_id": "AR.77"}), hidden)).await;
    let shown = message(LUCIA, "wamid.B", &json!({"type": "text", "text": {"body": "mi número"}}));
    let contact = json!({"user_id": "AR.77", "wa_id": LUCIA, "profile": {"name": "Sol"}});
    world.deliver(&with_contact(contact, shown)).await;
    world.deliver(&text(LUCIA, "wamid.C", "sigo")).await;
    assert_eq!(world.count("ContactCreated").await, 1);
    assert_eq!(world.conversations().await.len(), 1);
    assert_eq!(world.count("MessageReceived").await, 3);
}

#[tokio::test]
async fn preferences_opt_contacts_out_and_in() {
    let world = World::new().await;
    let preference = |value: &str, at: &str| {
        with_value(json!({"user_preferences": [{"wa_id": LUCIA, "category": "marketing_messages",
                           "value": value, "timestamp": at}]}))
    };
    let opted_out = async || {
        let ids = world
            .texts("select aggregate_id from log.events where event_type = 'ContactCreated'")
            .await;
        let (contact, _) = world.bus.load::<Contact>(world.tenant, &ids[0]).await.unwrap().unwrap();
        contact.has_opted_out(OptOutCategory::Marketing)
    };
    world.deliver(&preference("stop", "1763647400")).await;
    assert!(opted_out().await);
    world.deliver(&preference("resume", "1763647500")).await;
    assert!(!opted_out().await);
    world.deliver(&preference("stop", "1763647400")).await;
    assert!(!opted_out().await, "a redelivery is no news");
    let failed = json!({"statuses": [{"id": "wamid.OUT", "status": "failed",
        "timestamp": "1763647600", "recipient_id": LUCIA, "errors": [{"code": 131_050}]}]});
    world.deliver(&with_value(failed)).await;
    assert!(opted_out().await, "a provider's error says it too");
    assert_eq!(world.kept().await, ["waiting TARGET_UNKNOWN"], "the status itself waits");
}

#[tokio::test]
async fn a_suspended_tenant_still_receives_and_a_banned_one_does_not() {
    let world = World::new().await;
    let tenant = world.tenant.to_string();
    let suspend = TenantCommand::Suspend { reason: "falta de pago".into() };
    world.execute::<Tenant>(&tenant, suspend).await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    assert_eq!(world.count("MessageReceived").await, 1);
    world.execute::<Tenant>(&tenant, TenantCommand::Ban { reason: "abuso".into() }).await;
    world.clock.shift(10); // longer than the state is remembered
    world.deliver(&text(LUCIA, "wamid.B", "hola")).await;
    assert_eq!(world.count("MessageReceived").await, 1);
    assert_eq!(world.kept().await, ["ignored TENANT_BANNED"]);
}

#[tokio::test]
async fn an_echo_of_the_phone_app_is_recorded_as_the_teams() {
    let world = World::new().await;
    world.deliver(&text(LUCIA, "wamid.A", "hola")).await;
    let echo = json!({"contacts": [{"wa_id": LUCIA}], "message_echoes": [{"from": "5491155501234",
        "to": LUCIA, "id": "wamid.E", "timestamp": "1763647300", "type": "text",
        "text": {"body": "Te llamo"}}]});
    world.deliver(&with_value(echo)).await;
    assert_eq!(world.count("AgentEchoRecorded").await, 1);
    assert_eq!(world.conversations().await.len(), 1);
    let actor = world
        .texts(
            "select metadata->>'actor_id' from log.events where event_type = 'AgentEchoRecorded'",
        )
        .await;
    assert_eq!(actor, ["whatsapp"]);
}

#[tokio::test]
async fn one_persons_messages_stay_in_order() {
    let world = World::new().await;
    for n in 0..150 {
        let from = if n % 3 == 0 { RAUL } else { LUCIA };
        world.receive(&text(from, &format!("wamid.{n:03}"), "hola")).await;
    }
    world.work().await;
    let ids: Vec<String> = world
        .texts(
            "select payload->'MessageReceived'->>'provider_message_id' from log.events \
             where event_type = 'MessageReceived' order by aggregate_id, position",
        )
        .await;
    assert_eq!(ids.len(), 150);
    let (raul, lucia): (Vec<String>, Vec<String>) =
        ids.into_iter().partition(|id| id[6..].parse::<u32>().unwrap() % 3 == 0);
    assert!(raul.is_sorted() && lucia.is_sorted());
}
