//! `messages`: what was said, and what became of it.

use bitacora_domain::aggregates::conversation::{
    ApprovalReason, ConversationEvent as Event, DeliveryStatus, MessageContent, Place, Pricing,
    ProviderFault, Triage,
};
use bitacora_domain::aggregates::tenant::TriageCategory;
use bitacora_projections::views;
use serde_json::json;

use super::{Story, ana, body, id, message, words};
use crate::support::at;

#[tokio::test]
async fn a_revoked_message_is_forgotten_everywhere() {
    let story = Story::new();
    story.receives(1, body("secreto"), 1);
    story.says(Event::MessageRevoked {
        provider_message_id: "r".into(),
        target: "wamid.1".into(),
        message: Some(message(1)),
        at: at(9),
    });
    assert_eq!(story.message(1, &["text", "content", "revoked_at"]).await, ["-", "-", "9"]);
    assert_eq!(story.conversation(&["last_message_preview"]).await, ["-"]);
    let said = story.0.search.said();
    assert!(said[1].starts_with("forget Document"), "{said:?}");
    story.row("timeline", id(0), &[]).await;
    let timeline = story.0.store.rows(views::find("timeline").unwrap().table());
    assert!(!format!("{timeline:?}").contains("secreto"));
}

#[tokio::test]
async fn a_message_of_ours_goes_through_its_states() {
    let story = Story::new();
    story.queues(5, body("Buenas"));
    let columns =
        ["direction", "sender", "author", "status", "client_message_id", "reply_to", "at"];
    let reply_to = message(1).to_string();
    let row = story.message(5, &columns).await;
    assert_eq!(row, ["OUTBOUND", "agent", "user:ana", "PENDING", "client-1", &reply_to, "2000"]);
    story.says(Event::MessageSent {
        message: message(5),
        provider_message_id: Some("wamid.5".into()),
        from: DeliveryStatus::Pending,
        at: at(11),
        pricing: Some(Pricing { billable: true, model: None, category: Some("utility".into()) }),
    });
    story.says(Event::MessageRead {
        message: message(5),
        provider_message_id: None,
        from: DeliveryStatus::Sent,
        at: at(12),
        pricing: None,
    });
    let columns =
        ["status", "provider_message_id", "pricing_category", "billable", "sent_at", "read_at"];
    let row = story.message(5, &columns).await;
    assert_eq!(row, ["READ", "wamid.5", "utility", "true", "11", "12"]);
    story.queues(6, body("Otra"));
    story.says(Event::MessageFailed {
        message: message(6),
        provider_message_id: None,
        from: DeliveryStatus::Pending,
        at: at(13),
        fault: Some(ProviderFault { code: 131_047, title: "Re-engagement message".into() }),
    });
    let row = story.message(6, &["status", "failure_code", "failure_title", "failed_at"]).await;
    assert_eq!(row, ["FAILED", "131047", "Re-engagement message", "13"]);
}

#[tokio::test]
async fn a_message_shows_its_content_without_tags_and_its_reaction() {
    let story = Story::new();
    story.receives(
        1,
        MessageContent::Location {
            place: words("x").map(|_| Place {
                latitude_e6: -34_603_722,
                longitude_e6: -58_381_592,
                name: Some("Obelisco".into()),
                address: None,
                url: None,
            }),
        },
        1,
    );
    let react = |emoji: Option<&str>| Event::ReactionChanged {
        provider_message_id: "r".into(),
        target: "wamid.1".into(),
        message: Some(message(1)),
        emoji: emoji.map(words),
        at: at(5),
    };
    story.says(react(Some("👍")));
    let row = story.message(1, &["kind", "text", "content", "reaction"]).await;
    let content: serde_json::Value = serde_json::from_str(&row[2]).unwrap();
    assert_eq!((row[0].as_str(), row[1].as_str(), row[3].as_str()), ("LOCATION", "-", "👍"));
    assert_eq!(content["place"]["name"], json!("Obelisco"));
    story.says(react(None));
    assert_eq!(story.message(1, &["reaction"]).await, ["-"]);
    assert!(story.0.search.said().is_empty(), "there are no words to find");
}

#[tokio::test]
async fn an_echo_from_the_phone_is_ours_and_ends_the_waiting() {
    let story = Story::new();
    story.receives(1, body("¿Hola?"), 1);
    story.says(Event::AgentEchoRecorded {
        message: message(2),
        provider_message_id: "wamid.echo".into(),
        content: body("Te escribo del celular"),
        sent_at: at(1_200),
        waiting_since: None,
    });
    let row = story.message(2, &["direction", "sender", "status", "conversation_id"]).await;
    assert_eq!(row, ["OUTBOUND", "phone", "SENT", "2"]);
    assert_eq!(story.conversation(&["waiting_since"]).await, ["-"]);
}

#[tokio::test]
async fn what_may_not_be_seen_is_null_and_not_found() {
    let story = Story::new();
    let masked = json!({ "$p": { "s": "contact:1", "v": null } });
    let content: MessageContent =
        serde_json::from_value(json!({ "kind": "text", "body": masked })).unwrap();
    story.receives(1, content, 1);
    let row = story.message(1, &["kind", "text", "content"]).await;
    assert_eq!((row[0].as_str(), row[1].as_str()), ("TEXT", "-"));
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&row[2]).unwrap(),
        json!({ "kind": "text", "body": null })
    );
    assert_eq!(story.conversation(&["last_message_preview"]).await, ["-"]);
    assert!(story.0.search.said().is_empty());
}

#[tokio::test]
async fn a_send_that_nobody_answered_is_unknown_until_a_status_tells() {
    let story = Story::new();
    story.queues(5, body("Buenas"));
    let (message, attempt) = (message(5), 1);
    story.says(Event::MessageSendAttempted { message, attempt, at: at(10) });
    let columns = ["status", "attempts", "accepted_at", "send_error_code", "send_error_title"];
    assert_eq!(story.message(5, &columns).await, ["PENDING", "1", "-", "-", "-"]);
    let reason = "timeout".to_owned();
    story.says(Event::MessageSendUnknown { message, attempt, reason, at: at(11) });
    assert_eq!(story.message(5, &columns).await, ["UNKNOWN", "1", "-", "-", "timeout"]);
    story.says(Event::MessageSent {
        message,
        provider_message_id: Some("wamid.5".into()),
        from: DeliveryStatus::Unknown,
        at: at(12),
        pricing: None,
    });
    assert_eq!(story.message(5, &["status", "provider_message_id"]).await, ["SENT", "wamid.5"]);
}

#[tokio::test]
async fn a_refused_send_is_tried_again_and_an_accepted_one_forgets_it() {
    let story = Story::new();
    story.queues(5, body("Buenas"));
    let message = message(5);
    let rejected = |attempt, code, retryable| Event::MessageRejected {
        message,
        attempt,
        code,
        title: "Rate limit hit".into(),
        retryable,
        at: at(20),
    };
    story.says(Event::MessageSendAttempted { message, attempt: 1, at: at(10) });
    story.says(rejected(1, 130_429, true));
    let columns = ["status", "attempts", "send_error_code", "send_error_title", "failed_at"];
    let row = story.message(5, &columns).await;
    assert_eq!(row, ["PENDING", "1", "130429", "Rate limit hit", "-"]);
    story.says(Event::MessageSendAttempted { message, attempt: 2, at: at(30) });
    let provider_message_id = "wamid.5".to_owned();
    story.says(Event::MessageAccepted { message, attempt: 2, provider_message_id, at: at(31) });
    assert_eq!(story.message(5, &columns).await, ["PENDING", "2", "-", "-", "-"]);
    let row = story.message(5, &["accepted_at", "provider_message_id"]).await;
    assert_eq!(row, ["31", "wamid.5"]);
    story.queues(6, body("Otra"));
    let message = super::message(6);
    story.says(Event::MessageRejected {
        message,
        attempt: 0,
        code: 0,
        title: "AI_PAUSED".into(),
        retryable: false,
        at: at(40),
    });
    let row = story.message(6, &["status", "failure_code", "failure_title", "failed_at"]).await;
    assert_eq!(row, ["FAILED", "-", "AI_PAUSED", "40"]);
}

#[tokio::test]
async fn what_was_redacted_is_nowhere_and_stays_away() {
    let story = Story::new();
    story.receives(1, body("mi tarjeta es 4111"), 1);
    story.says(Event::AudioTranscribed {
        message: message(1),
        text: words("dije 4111"),
        language: "es".into(),
        model: "whisper".into(),
        at: at(3),
    });
    let (by, reason) = (ana(), "tarjeta".to_owned());
    story.says(Event::MessageRedacted { message: message(1), reason, by, at: at(4) });
    story.says(Event::MessageEdited {
        provider_message_id: "e".into(),
        target: "wamid.1".into(),
        message: Some(message(1)),
        content: body("mi tarjeta es 4111, perdón"),
        at: at(5),
    });
    let columns = ["text", "content", "transcript", "redacted_at", "redaction_reason"];
    assert_eq!(story.message(1, &columns).await, ["-", "-", "-", "4", "tarjeta"]);
    for view in views::all() {
        story.row(view.table().name, id(0), &[]).await;
        if view.table().name != "conversations" {
            let rows = format!("{:?}", story.0.store.rows(view.table()));
            assert!(!rows.contains("4111"), "{}", view.table().name);
        }
    }
}

#[tokio::test]
async fn a_voice_message_has_words_once_it_was_put_into_them() {
    let story = Story::new();
    let media = json!({ "provider_media_id": "m", "mime_type": "audio/ogg", "sha256": null });
    let audio = json!({ "kind": "audio", "media": media, "voice": true });
    let audio: MessageContent = serde_json::from_value(audio).unwrap();
    story.receives(1, audio, 1);
    let message = message(1);
    let reason = "NO_SPEECH".to_owned();
    story.says(Event::AudioTranscriptionFailed { message, reason, at: at(2) });
    assert_eq!(story.message(1, &["transcript", "transcript_error"]).await, ["-", "NO_SPEECH"]);
    assert_eq!(story.conversation(&["last_message_preview"]).await, ["-"]);
    story.says(Event::AudioTranscribed {
        message,
        text: words("¿tienen lentes de sol?"),
        language: "es".into(),
        model: "whisper".into(),
        at: at(3),
    });
    let columns = ["transcript", "transcript_language", "transcript_error"];
    assert_eq!(story.message(1, &columns).await, ["¿tienen lentes de sol?", "es", "-"]);
    let preview = story.conversation(&["last_message_preview"]).await;
    assert_eq!(preview, ["¿tienen lentes de sol?"]);
    assert_eq!(story.0.search.said(), ["index ¿tienen lentes de sol?"]);
}

#[tokio::test]
async fn triage_and_what_followed_stand_beside_the_message() {
    let story = Story::new();
    story.receives(1, body("me robaron la tarjeta"), 1);
    let triage = Triage {
        category: TriageCategory::Reclamo,
        intent: Some("report_theft".into()),
        confidence_bp: 8_700,
        missing_fields: vec![],
        sentiment: Some("negative".into()),
        model: "llama".into(),
        prompt_version: "3".into(),
        tokens: 210,
    };
    let category = serde_json::to_value(triage.category).unwrap();
    let message = message(1);
    story.says(Event::MessageTriaged { message, triage, at: at(2) });
    story.says(Event::ApprovalRequired { message, reason: ApprovalReason::HighRisk });
    let columns = ["category", "intent", "confidence_bp", "triage_outcome", "approval_reason"];
    let row = story.message(1, &columns).await;
    let category = category.as_str().unwrap();
    assert_eq!(row, [category, "report_theft", "8700", "APPROVAL", "HIGH_RISK"]);
    assert_eq!(story.conversation(&["category"]).await, [category]);
    story.says(Event::AutopilotApproved { message });
    assert_eq!(story.message(1, &["triage_outcome"]).await, ["AUTOPILOT"]);
    story.says(Event::DataRequested { message, fields: vec!["dni".into()] });
    assert_eq!(story.message(1, &["triage_outcome"]).await, ["DATA"]);
}
