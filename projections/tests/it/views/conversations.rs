//! `conversations`: the inbox.

use bitacora_domain::aggregates::conversation::{
    AssignedBy, ConversationEvent as Event, ConversationStatus as Status, HandoffEnd,
    HandoffFallback, HandoffReason, HandoffStatus, LinkedKind, Priority, Response, Sender,
    SnoozeEnd, SurveyKind,
};
use bitacora_domain::{ConversationId, UserId};

use super::{Story, ana, body, contact, id, message, words};
use crate::support::at;

#[tokio::test]
async fn the_inbox_follows_the_conversation() {
    let story = Story::new();
    let inbox =
        ["status", "unread", "waiting_since", "last_message_preview", "last_message_direction"];
    assert_eq!(story.conversation(&inbox).await, ["OPEN", "0", "-", "-", "-"]);
    story.receives(1, body("Hola,\n¿está?"), 1);
    story.says(Event::ServiceWindowOpened { until: at(87_400) });
    assert_eq!(story.conversation(&inbox).await, ["OPEN", "1", "1000", "Hola, ¿está?", "INBOUND"]);
    story.says(Event::ConversationReadByAgent { reader: ana(), unread: 1, at: at(1_500) });
    story.queues(2, body("Sí"));
    assert_eq!(story.conversation(&inbox).await, ["OPEN", "0", "-", "Sí", "OUTBOUND"]);
    let more =
        ["last_activity_at", "last_message_at", "window_until", "started_at", "version", "labels"];
    assert_eq!(story.conversation(&more).await, ["5", "2000", "87400", "1", "5", "[]"]);
}

#[tokio::test]
async fn work_on_a_conversation_shows() {
    let story = Story::new();
    let agent = UserId::new(id(7));
    let labels = vec!["a".to_owned(), "b".to_owned()];
    story.says(Event::LabelAdded { label: "b".into(), labels });
    story.says(Event::ConversationAssigned {
        agent: Some(agent),
        team: None,
        previous_agent: None,
        previous_team: None,
        by: AssignedBy::User,
    });
    let work = ["status", "assignee_id", "team", "labels", "resolved_at", "closed_at"];
    assert_eq!(story.conversation(&work).await, ["OPEN", "7", "-", r#"["a","b"]"#, "-", "-"]);
    let from = Status::Open;
    story.says(Event::ConversationResolved { from, resolution: Some("ok".into()), at: at(50) });
    story.says(Event::ConversationUnassigned { previous_agent: Some(agent), previous_team: None });
    assert_eq!(story.conversation(&work[..3]).await, ["RESOLVED", "-", "-"]);
    let from = Status::Resolved;
    story.says(Event::ConversationReopened { from, inbound: true, at: at(60) });
    assert_eq!(story.conversation(&["status", "resolved_at"]).await, ["OPEN", "-"]);
    story.says(Event::ConversationClosed { from: Status::Open, at: at(70) });
    assert_eq!(story.conversation(&["status", "closed_at"]).await, ["CLOSED", "70"]);
}

#[tokio::test]
async fn only_the_last_messages_edit_changes_the_preview() {
    let story = Story::new();
    story.receives(1, body("uno"), 1);
    story.receives(2, body("dos"), 2);
    let edit = |n: u128, text: &str| Event::MessageEdited {
        provider_message_id: "e".into(),
        target: format!("wamid.{n}"),
        message: Some(message(n)),
        content: body(text),
        at: at(3_000),
    };
    story.says(edit(1, "uno!"));
    assert_eq!(story.conversation(&["last_message_preview"]).await, ["dos"]);
    story.says(edit(2, "dos!"));
    assert_eq!(story.conversation(&["last_message_preview"]).await, ["dos!"]);
    assert_eq!(story.message(1, &["text", "edited_at"]).await, ["uno!", "3000"]);
    let said = story.0.search.said();
    assert_eq!(said, ["index uno", "index dos", "index uno!", "index dos!"]);
}

fn requested(handoff: i64) -> Event {
    Event::HandoffRequested {
        handoff,
        from: HandoffStatus::None,
        reason: HandoffReason::CustomerAsked,
        note: Some(words("quiere cambiar la armazón")),
        by: ana(),
        expires_at: at(900),
        fallback: HandoffFallback::KeepWaiting,
        at: at(300),
    }
}

fn accepted(handoff: i64) -> Event {
    Event::HandoffAccepted {
        handoff,
        from: HandoffStatus::Requested,
        agent: UserId::new(id(7)),
        lease_until: at(4_000),
        lease_s: 3_600,
        waited_ms: 100_000,
        at: at(400),
    }
}

#[tokio::test]
async fn a_hand_off_moves_the_phase_and_leaves_nothing_behind() {
    let story = Story::new();
    let columns = ["phase", "handoff", "handoff_count", "handoff_reason", "handoff_expires_at"];
    assert_eq!(story.conversation(&columns).await, ["PENDING_BOT", "NONE", "0", "-", "-"]);
    story.says(requested(1));
    let row = story.conversation(&columns).await;
    assert_eq!(row, ["AWAITING_AGENT", "REQUESTED", "1", "CUSTOMER_ASKED", "900"]);
    story.says(accepted(1));
    let row = story.conversation(&columns).await;
    assert_eq!(row, ["HUMAN_ACTIVE", "ACCEPTED", "1", "CUSTOMER_ASKED", "4000"]);
    let lease_until = at(5_000);
    story.says(Event::HandoffExtended { handoff: 1, lease_until });
    let agent = ["handoff_agent_id", "handoff_accepted_at", "handoff_expires_at", "handoff_note"];
    let row = story.conversation(&agent).await;
    assert_eq!(row, ["7", "400", "5000", "quiere cambiar la armazón"]);
    let end = HandoffEnd::Returned;
    let from = HandoffStatus::Accepted;
    story.says(Event::HandoffEnded { handoff: 1, from, end, at: at(500) });
    assert_eq!(story.conversation(&columns).await, ["PENDING_BOT", "NONE", "1", "-", "-"]);
    assert_eq!(story.conversation(&agent).await, ["-", "-", "-", "-"]);
    story.says(requested(2));
    let fallback = HandoffFallback::KeepWaiting;
    story.says(Event::HandoffTimedOut { handoff: 2, fallback, at: at(900) });
    let row = story.conversation(&columns).await;
    assert_eq!(row, ["AWAITING_AGENT", "TIMED_OUT", "2", "CUSTOMER_ASKED", "-"]);
}

#[tokio::test]
async fn the_phase_of_what_was_put_aside_comes_back_from_the_hand_off() {
    let story = Story::new();
    let columns = ["status", "phase", "snoozed_at", "snoozed_until"];
    story.says(requested(1));
    let until = Some(at(7_000));
    story.says(Event::ConversationSnoozed { snooze: 1, until, at: at(310) });
    let row = story.conversation(&columns).await;
    assert_eq!(row, ["SNOOZED", "SNOOZED", "310", "7000"]);
    // What happens to the hand-off meanwhile is not seen before it is open again.
    story.says(accepted(1));
    assert_eq!(story.conversation(&columns[..2]).await, ["SNOOZED", "SNOOZED"]);
    let end = SnoozeEnd::Reply;
    story.says(Event::ConversationUnsnoozed { snooze: 1, end, at: at(320) });
    assert_eq!(story.conversation(&columns).await, ["OPEN", "HUMAN_ACTIVE", "-", "-"]);
    let from = Status::Open;
    story.says(Event::ConversationResolved { from, resolution: None, at: at(330) });
    assert_eq!(story.conversation(&columns[..2]).await, ["RESOLVED", "RESOLVED"]);
    let (from, end) = (HandoffStatus::Accepted, HandoffEnd::ConversationOver);
    story.says(Event::HandoffEnded { handoff: 1, from, end, at: at(330) });
    assert_eq!(story.conversation(&columns[..2]).await, ["RESOLVED", "RESOLVED"]);
    let from = Status::Resolved;
    story.says(Event::ConversationReopened { from, inbound: false, at: at(340) });
    assert_eq!(story.conversation(&columns[..2]).await, ["OPEN", "PENDING_BOT"]);
}

#[tokio::test]
async fn the_end_of_a_conversation_shows() {
    let story = Story::new();
    story.says(Event::ConversationClosed { from: Status::Open, at: at(70) });
    story.says(Event::ConversationArchived { at: at(80) });
    let row = story.conversation(&["status", "phase", "closed_at", "archived_at"]).await;
    assert_eq!(row, ["ARCHIVED", "ARCHIVED", "70", "80"]);
    let story = Story::new();
    story.receives(1, body("¿Sigue?"), 1);
    let target = ConversationId::new(id(20));
    story.says(Event::ConversationMerged { from: Status::Open, target, at: at(90) });
    let row = story.conversation(&["status", "phase", "merged_into_id", "waiting_since"]).await;
    assert_eq!(row, ["MERGED", "MERGED", "20", "-"]);
}

#[tokio::test]
async fn answers_are_measured_once_each() {
    let story = Story::new();
    let columns = ["first_inbound_at", "first_response_at", "first_response_ms", "responses"];
    assert_eq!(story.conversation(&columns).await, ["-", "-", "-", "0"]);
    story.receives(1, body("Hola"), 1);
    story.says(Event::MessageReceived {
        message: message(2),
        contact: contact(),
        provider_message_id: "wamid.2".into(),
        content: body("¿Están?"),
        reply_to: None,
        referral: None,
        forwarded: false,
        sent_at: at(1_100),
        unread: 2,
        waiting_since: Some(at(1_000)),
    });
    let waited = |waited_ms, first| Some(Response { waited_ms, first });
    story.answers(3, body("Sí"), Sender::Ai, waited(1_000_000, true));
    let row = story.conversation(&columns).await;
    assert_eq!(row, ["1000", "2000", "1000000", "1"]);
    story.receives(4, body("¿Precio?"), 1);
    story.answers(5, body("10"), Sender::Agent, waited(50, false));
    story.answers(6, body("pesos"), Sender::Agent, None);
    assert_eq!(story.conversation(&columns).await, ["1000", "2000", "1000000", "2"]);
    let row = story.conversation(&["response_ms_total", "last_message_sender"]).await;
    assert_eq!(row, ["1000050", "agent"]);
    assert_eq!(story.message(5, &["response_ms", "first_response"]).await, ["50", "false"]);
    assert_eq!(story.message(3, &["response_ms", "first_response"]).await, ["1000000", "true"]);
}

#[tokio::test]
async fn the_ai_s_mode_priority_links_and_survey_show() {
    let story = Story::new();
    let columns = ["ai_paused", "opted_out", "priority", "priority_rank", "links", "merged_from"];
    let row = story.conversation(&columns).await;
    assert_eq!(row, ["false", "false", "MEDIUM", "1", "[]", "[]"]);
    story.says(Event::AiPaused { reason: None, by: ana(), at: at(1) });
    let by = "keyword".to_owned();
    story.says(Event::OptOutRecorded { contact: contact(), by, at: at(2) });
    let (from, to) = (Priority::Medium, Priority::Urgent);
    story.says(Event::PriorityChanged { from, to });
    for _ in 0..2 {
        let kind = LinkedKind::Ticket;
        story.says(Event::EntityLinked { kind, id: id(30), by: ana(), at: at(3) });
    }
    let source = ConversationId::new(id(20));
    story.says(Event::MergeRecorded { source, at: at(4) });
    let row = story.conversation(&columns).await;
    let link = format!(r#"[{{"id":"{}","kind":"TICKET"}}]"#, id(30));
    let merged = format!(r#"["{}"]"#, id(20));
    assert_eq!(row, ["true", "true", "URGENT", "3", &link, &merged]);
    story.says(Event::AiResumed { by: ana(), at: at(5) });
    let by = "agent".to_owned();
    story.says(Event::OptInRecorded { contact: contact(), by, at: at(6) });
    assert_eq!(story.conversation(&columns[..2]).await, ["false", "false"]);
    let kind = SurveyKind::Csat;
    story.says(Event::SurveyRequested { kind, message: message(1), at: at(7) });
    let comment = Some(words("muy bien"));
    story.says(Event::SurveyAnswered { kind, score: 5, comment, at: at(8) });
    let columns = ["survey_kind", "survey_requested_at", "survey_score", "survey_comment"];
    assert_eq!(story.conversation(&columns).await, ["CSAT", "7", "5", "muy bien"]);
    let kind = SurveyKind::Nps;
    story.says(Event::SurveyRequested { kind, message: message(2), at: at(9) });
    assert_eq!(story.conversation(&columns).await, ["NPS", "9", "-", "-"]);
}
