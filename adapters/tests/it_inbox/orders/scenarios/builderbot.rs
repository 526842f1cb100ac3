//! A customer writes to a bot, which answers. Nothing has an id or a time: what the inbox noted is
//! the time of the message, so each delivery keeps its own.

use bitacora_domain::aggregates::channel_account::ChannelKind;
use serde_json::{Value, json};

use crate::orders::scenario::{Cast, Delivery};
use crate::orders::stage::Stage;

pub(super) async fn play(stage: &Stage, cast: &Cast) -> Vec<Delivery> {
    let account = cast.id("bot_");
    stage.connect(cast, ChannelKind::Builderbot, account.clone()).await;
    let event = |second: i64, name: &str, data: Value| {
        let mut data = data;
        data["from"] = "5491166600011".into();
        let body = json!({ "eventName": name, "data": data });
        Delivery::json("builderbot", &body).with_header("x-account-key", &account).at(second)
    };
    let said = |second: i64, body: &str, files: Value| {
        let data = json!({ "body": body, "name": "Lucía", "attachment": files });
        event(second, "message.incoming", data)
    };
    // That somebody wrote, and somebody of the team, is known before: when the contact was made
    // and the AI fell silent is told by nothing but the time of arrival.
    stage.begin_with(said(30, "¡Buen día!", json!([]))).await;
    stage.begin_with(event(35, "message.outgoing", json!({ "answer": "¡Buen día!" }))).await;
    let file = |url: &str, mime: &str| json!({ "url": url, "mimetype": mime });
    vec![
        said(60, "Hola", json!([])),
        event(65, "message.outgoing", json!({ "answer": "¡Hola! ¿En qué te ayudo?" })),
        said(80, "Hola", json!([])),
        said(
            95,
            "las fotos",
            json!([
                file("https://files.test/1.jpg", "image/jpeg"),
                file("https://files.test/2.jpg", "image/jpeg")
            ]),
        ),
        said(
            110,
            "_event_voice_note__6f1c",
            json!([file("https://files.test/a.ogg", "audio/ogg")]),
        ),
        said(125, "_event_location__11fe", json!([])),
        event(140, "message.outgoing", json!({ "answer": "Ya registré tu reclamo" })),
        event(155, "status.online", json!({})),
        said(170, "gracias", json!([])),
    ]
}
