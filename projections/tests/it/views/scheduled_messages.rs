//! `scheduled_messages`: what is to be sent later.

use bitacora_domain::aggregates::conversation::ConversationEvent as Event;

use super::{Story, ana, body, id, message};
use crate::support::at;

fn scheduled(story: &Story, n: u128) {
    story.says(Event::MessageScheduled {
        scheduled: id(n),
        client_message_id: Some("c".into()),
        content: body("Su pedido\nestá listo"),
        send_at: at(7_200),
        author: ana(),
        at: at(100),
    });
}

#[tokio::test]
async fn a_scheduled_message_waits_and_becomes_a_message() {
    let story = Story::new();
    scheduled(&story, 60);
    let columns = ["status", "send_at", "kind", "preview", "author", "scheduled_at"];
    let row = story.row("scheduled_messages", id(60), &columns).await;
    assert_eq!(row, ["PENDING", "7200", "TEXT", "Su pedido está listo", "user:ana", "100"]);
    assert_eq!(story.conversation(&["scheduled"]).await, ["1"]);
    let (scheduled, message) = (id(60), message(1));
    story.says(Event::ScheduledMessageReleased { scheduled, message, at: at(7_200) });
    assert_eq!(story.conversation(&["scheduled"]).await, ["0"]);
    let columns = ["status", "ended_at", "message_id", "preview"];
    let row = story.row("scheduled_messages", scheduled, &columns).await;
    assert_eq!(row, ["RELEASED", "7200", "101", "Su pedido está listo"]);
    let reason = "datos".to_owned();
    story.says(Event::MessageRedacted { message, reason, by: ana(), at: at(7_300) });
    let row = story.row("scheduled_messages", scheduled, &["preview", "content", "status"]).await;
    assert_eq!(row, ["-", "-", "RELEASED"]);
}

#[tokio::test]
async fn the_other_ends_of_a_scheduled_message() {
    let story = Story::new();
    for n in [60, 61, 62] {
        scheduled(&story, n);
    }
    let at = at(200);
    story.says(Event::ScheduledMessageCancelled { scheduled: id(60), by: ana(), at });
    let code = "CONVERSATION_CLOSED".to_owned();
    story.says(Event::ScheduledMessageSkipped { scheduled: id(61), code, at });
    assert_eq!(story.conversation(&["scheduled"]).await, ["1"]);
    assert_eq!(
        story
            .list("scheduled_messages", "id", &["status", "ended_at", "cancelled_by", "skip_code"])
            .await,
        [
            ["CANCELLED", "200", "user:ana", "-"],
            ["SKIPPED", "200", "-", "CONVERSATION_CLOSED"],
            ["PENDING", "-", "-", "-"],
        ]
    );
}
