//! Two customers of a shop write, send a picture, react, edit and delete; the shop answers, from
//! here and from its telephone.

use bitacora_commands::ingest::callback;
use bitacora_domain::aggregates::channel_account::ChannelKind;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, MessageContent, Sender,
};
use bitacora_domain::{ConversationId, MessageId, Personal, Subject};
use serde_json::{Value, json};

use crate::orders::scenario::{Cast, Delivery, unix};
use crate::orders::stage::Stage;

const LUCIA: &str = "5491166600011";
const RAUL: &str = "5491166600022";

pub(super) async fn play(stage: &Stage, cast: &Cast) -> Vec<Delivery> {
    stage.connect(cast, ChannelKind::Whatsapp, cast.digits("2109")).await;
    let hello = json!({ "type": "text", "text": { "body": "Hola" } });
    stage
        .begin_with(messages(cast, LUCIA, &[message(cast, LUCIA, "IN0", -60, &hello)]).at(0))
        .await;
    let answer = answer(stage, cast).await;
    let out = cast.id("wamid.OUT");
    let status = |status: &str, second: i64, callback: Option<&str>| {
        let mut raw = json!({ "id": out, "status": status, "timestamp": unix(second),
            "recipient_id": LUCIA });
        if let Some(callback) = callback {
            raw["biz_opaque_callback_data"] = callback.into();
        }
        change(cast, &json!({ "statuses": [raw] }))
    };
    let preference = |who: &str, value: &str, second: i64| {
        change(
            cast,
            &json!({ "user_preferences": [{ "wa_id": who,
            "category": "marketing_messages", "value": value, "timestamp": unix(second) }] }),
        )
    };
    // Raúl is known and has no conversation
    stage.begin_with(preference(RAUL, "resume", -50).at(0)).await;
    let text = |body: &str| json!({ "type": "text", "text": { "body": body } });
    let about = |kind: &str, part: Value| json!({ "type": kind, kind: part });
    let in1 = cast.id("wamid.IN1");
    let edit =
        |body: &str| about("edit", json!({ "original_message_id": in1, "message": text(body) }));
    let react = |emoji: &str| about("reaction", json!({ "message_id": in1, "emoji": emoji }));
    let image =
        json!({ "id": "1479537139650973", "mime_type": "image/jpeg", "caption": "la caja" });
    let deleted = json!({ "original_message_id": cast.id("wamid.IN7") });
    let echo = json!({ "from": "541155501234", "to": LUCIA, "id": cast.id("wamid.ECHO"),
        "timestamp": unix(210), "type": "text", "text": { "body": "Ya te llamo" } });
    let lucia = |id: &str, second: i64, rest: &Value| {
        messages(cast, LUCIA, &[message(cast, LUCIA, id, second, rest)])
    };
    vec![
        status("sent", 10, Some(&answer)),
        status("delivered", 11, None),
        lucia("IN1", 60, &text("¿Dónde está mi pedido 48213?")),
        status("read", 70, None),
        lucia("IN2", 120, &about("image", image)),
        lucia("IN3", 130, &react("👍")),
        lucia("IN4", 140, &edit("¿Dónde está mi pedido 48231?")),
        lucia("IN5", 150, &react("")),
        lucia("IN6", 160, &edit("¿Dónde está mi pedido 48232?")),
        lucia("IN7", 170, &text("esto no")),
        lucia("IN8", 180, &about("revoke", deleted)),
        lucia("IN9", 190, &react("❤")),
        change(cast, &json!({ "message_echoes": [echo] })),
        messages(cast, RAUL, &[message(cast, RAUL, "IN10", 220, &text("Buenas"))]),
        preference(LUCIA, "stop", 230),
        preference(LUCIA, "resume", 240),
        preference(LUCIA, "stop", 250),
        preference(RAUL, "stop", 215),
    ]
}

/// A message of ours is queued; what travels with it.
async fn answer(stage: &Stage, cast: &Cast) -> String {
    let started = stage.events(cast, "ConversationStarted").await;
    let conversation: ConversationId =
        started[0]["conversation"].as_str().unwrap().parse().unwrap();
    let subject = Subject("user:test".into());
    let send = ConversationCommand::SendMessage {
        client_message_id: None,
        content: MessageContent::Text {
            body: Personal::new(subject, "¿En qué te ayudo?".into())
        },
        sender: Sender::Agent,
        reply_to: None,
    };
    stage.execute::<Conversation>(cast, &conversation.to_string(), send).await;
    let queued = stage.events(cast, "MessageQueued").await;
    let message: MessageId = queued[0]["message"].as_str().unwrap().parse().unwrap();
    callback::encode(conversation, message)
}

fn message(cast: &Cast, from: &str, id: &str, second: i64, rest: &Value) -> Value {
    let id = cast.id(&format!("wamid.{id}"));
    let mut message = json!({ "from": from, "id": id, "timestamp": unix(second) });
    for (name, value) in rest.as_object().unwrap() {
        message[name] = value.clone();
    }
    message
}

fn messages(cast: &Cast, from: &str, messages: &[Value]) -> Delivery {
    let contacts = json!([{ "profile": { "name": format!("Persona {from}") }, "wa_id": from }]);
    change(cast, &json!({ "contacts": contacts, "messages": messages }))
}

fn change(cast: &Cast, value: &Value) -> Delivery {
    let mut value = value.clone();
    value["metadata"] = json!({ "phone_number_id": cast.digits("2109") });
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1048",
        "changes": [{ "field": "messages", "value": value }] }] });
    Delivery::json("meta/whatsapp", &body)
}
