//! `timeline`: what happened.

use bitacora_domain::aggregates::contact::ContactEvent;
use bitacora_domain::aggregates::conversation::{
    ApprovalReason, ConversationEvent as Event, HandoffEnd, HandoffFallback, HandoffReason,
    HandoffStatus, Priority, SnoozeEnd, SurveyKind,
};

use super::{Story, ana, body, contact, id, message, words};
use crate::support::at;

#[tokio::test]
async fn the_timeline_has_one_row_per_noteworthy_event() {
    let story = Story::new();
    story.contact(ContactEvent::ContactCreated { contact: contact(), name: Some(words("Lucía")) });
    story.receives(1, body("Hola"), 1);
    story.says(Event::NoteAdded {
        note: id(9),
        body: words("llamar el lunes"),
        author: ana(),
        at: at(40),
    });
    story.says(Event::ServiceWindowOpened { until: at(87_400) });
    let columns = ["kind", "contact_id", "conversation_id", "title", "text", "at"];
    let shown = story.list("timeline", "position", &columns).await;
    assert_eq!(
        shown,
        [
            ["CONVERSATION_STARTED", "1", "2", "-", "-", "1"],
            ["CONTACT_CREATED", "1", "-", "-", "Lucía", "2"],
            ["MESSAGE_RECEIVED", "1", "2", "TEXT", "-", "1000"],
            ["NOTE", "-", "2", "-", "llamar el lunes", "40"],
        ]
    );
}

#[tokio::test]
async fn hand_offs_and_the_work_of_the_ai_are_told() {
    let story = Story::new();
    let (by, at) = (ana(), at(5));
    let message = message(1);
    story.says(Event::ApprovalRequired { message, reason: ApprovalReason::Assisted });
    story.says(Event::HandoffRequested {
        handoff: 1,
        from: HandoffStatus::None,
        reason: HandoffReason::HighRisk,
        note: Some(words("ojo")),
        by: by.clone(),
        expires_at: at,
        fallback: HandoffFallback::ReturnToBot,
        at,
    });
    story.says(Event::HandoffTimedOut { handoff: 1, fallback: HandoffFallback::ReturnToBot, at });
    let (from, end) = (HandoffStatus::TimedOut, HandoffEnd::FellBack);
    story.says(Event::HandoffEnded { handoff: 1, from, end, at });
    story.says(Event::PriorityChanged { from: Priority::Low, to: Priority::High });
    let end = SnoozeEnd::Due;
    story.says(Event::ConversationUnsnoozed { snooze: 1, end, at });
    let suggestion = id(50);
    story.says(Event::SuggestionSuperseded { suggestion, at });
    story.says(Event::SuggestionApproved { suggestion, message, edited: true, by, at });
    let code = "SERVICE_WINDOW_CLOSED".to_owned();
    story.says(Event::ScheduledMessageSkipped { scheduled: id(60), code, at });
    let (kind, comment) = (SurveyKind::Nps, Some(words("ok")));
    story.says(Event::SurveyAnswered { kind, score: 9, comment, at });
    let shown = story.list("timeline", "position", &["kind", "title", "text"]).await;
    assert_eq!(
        shown[1..],
        [
            ["APPROVAL_REQUIRED", "ASSISTED", "-"],
            ["HANDOFF_REQUESTED", "HIGH_RISK", "ojo"],
            ["HANDOFF_TIMED_OUT", "RETURN_TO_BOT", "-"],
            ["HANDOFF_ENDED", "FELL_BACK", "-"],
            ["PRIORITY_CHANGED", "HIGH", "-"],
            ["UNSNOOZED", "DUE", "-"],
            ["SUGGESTION_APPROVED", "EDITED", "-"],
            ["SCHEDULE_SKIPPED", "SERVICE_WINDOW_CLOSED", "-"],
            ["SURVEY_ANSWERED", "9", "ok"],
        ]
    );
}
