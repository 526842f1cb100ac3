//! Customers write to two inboxes of a help desk, whose team and bots write as well.

use bitacora_domain::aggregates::channel_account::ChannelKind;
use serde_json::{Value, json};

use crate::orders::scenario::{Cast, Delivery, second_of_day};
use crate::orders::stage::Stage;

pub(super) async fn play(stage: &Stage, cast: &Cast) -> Vec<Delivery> {
    let account = cast.digits("1");
    stage.connect(cast, ChannelKind::Chatwoot, format!("{account}/3")).await;
    let message = |id: i64, second: i64, rest: Value| {
        let mut body = json!({ "event": "message_created", "id": id, "content": null,
            "message_type": "incoming", "private": false, "created_at": second_of_day(second),
            "sender": { "id": 5501, "name": "Lucía Ferreyra", "type": "contact",
                "phone_number": "+5491166600011", "email": "lucia@example.test" },
            "account": { "id": account.parse::<i64>().unwrap() }, "inbox": { "id": 3 } });
        for (name, value) in rest.as_object().unwrap() {
            body[name] = value.clone();
        }
        Delivery::json("chatwoot", &body)
    };
    let raul = json!({ "id": 5502, "name": "Raúl Ibarra", "type": "contact",
        "email": "raul@example.test" });
    vec![
        message(101, 60, json!({ "content": "Hola" })),
        message(
            102,
            70,
            json!({ "content": "¿Siguen?", "message_type": "outgoing",
            "sender": { "id": 9, "type": "user" } }),
        ),
        message(
            103,
            80,
            json!({ "content": "Sigo esperando",
            "content_attributes": { "in_reply_to": 101 } }),
        ),
        message(104, 90, json!({ "content": "nota", "private": true })),
        message(
            105,
            100,
            json!({ "content": "la caja", "attachments": [
            { "file_type": "image", "data_url": "https://chat.test/caja.jpg" }] }),
        ),
        message(106, 110, json!({ "content": "Buenas", "sender": raul })),
        message(
            107,
            120,
            json!({ "content": "escuchá", "attachments": [
            { "file_type": "audio", "data_url": "https://chat.test/a.ogg" }] }),
        ),
        message(108, 130, json!({ "content": "chau", "sender": raul })),
        message(101, 140, json!({ "event": "message_updated" })),
    ]
}
