//! `suggestions`: what the AI would say.

use bitacora_domain::aggregates::conversation::{Citation, ConversationEvent as Event};

use super::{Story, ana, body, id, message, words};
use crate::support::at;

fn suggested(story: &Story, n: u128) {
    story.says(Event::ReplySuggested {
        suggestion: id(n),
        text: words("Abrimos a las 9"),
        citations: vec![Citation { document: id(90), title: "Horarios".into(), chunk: Some(2) }],
        answers: Some(message(1)),
        expires_at: at(900),
        at: at(300),
    });
}

#[tokio::test]
async fn a_suggestion_waits_in_the_inbox_until_it_is_approved() {
    let story = Story::new();
    story.receives(1, body("¿A qué hora abren?"), 1);
    suggested(&story, 50);
    let pending = ["pending_suggestion_id", "pending_suggestion_expires_at"];
    assert_eq!(story.conversation(&pending).await, ["50", "900"]);
    let columns = ["status", "text", "answers_id", "suggested_at", "expires_at", "message_id"];
    let row = story.row("suggestions", id(50), &columns).await;
    assert_eq!(row, ["PROPOSED", "Abrimos a las 9", "101", "300", "900", "-"]);
    let cited = story.row("suggestions", id(50), &["citations"]).await;
    let document = id(90);
    assert_eq!(cited, [format!(r#"[{{"chunk":2,"document":"{document}","title":"Horarios"}}]"#)]);
    let (suggestion, message) = (id(50), message(2));
    story.says(Event::SuggestionApproved {
        suggestion,
        message,
        edited: true,
        by: ana(),
        at: at(400),
    });
    assert_eq!(story.conversation(&pending).await, ["-", "-"]);
    let columns = ["status", "edited", "decided_by", "decided_at", "message_id"];
    let row = story.row("suggestions", id(50), &columns).await;
    assert_eq!(row, ["APPROVED", "true", "user:ana", "400", "102"]);
    let reason = "datos".to_owned();
    story.says(Event::MessageRedacted { message, reason, by: ana(), at: at(500) });
    assert_eq!(story.row("suggestions", id(50), &["status", "text"]).await, ["APPROVED", "-"]);
}

#[tokio::test]
async fn what_a_redacted_message_said_is_not_left_in_the_answer_to_it() {
    let story = Story::new();
    story.receives(1, body("Mi tarjeta es la 4242"), 1);
    suggested(&story, 50);
    let (reason, message) = ("datos".to_owned(), message(1));
    story.says(Event::MessageRedacted { message, reason, by: ana(), at: at(500) });
    assert_eq!(story.row("suggestions", id(50), &["text", "answers_id"]).await, ["-", "101"]);
}

#[tokio::test]
async fn the_other_ends_of_a_suggestion() {
    let story = Story::new();
    let at = at(400);
    for n in [50, 51, 52, 53] {
        suggested(&story, n);
    }
    // It ended after a newer one took its place: that one stays.
    story.says(Event::SuggestionSuperseded { suggestion: id(50), at });
    story.says(Event::SuggestionExpired { suggestion: id(51), at });
    let (reason, by) = (Some("tono".to_owned()), ana());
    story.says(Event::SuggestionRejected { suggestion: id(52), reason, by, at });
    assert_eq!(story.conversation(&["pending_suggestion_id"]).await, ["53"]);
    assert_eq!(
        story.list("suggestions", "id", &["status", "decided_by", "decided_at", "reason"]).await,
        [
            ["SUPERSEDED", "-", "400", "-"],
            ["EXPIRED", "-", "400", "-"],
            ["REJECTED", "user:ana", "400", "tono"],
            ["PROPOSED", "-", "-", "-"],
        ]
    );
}
