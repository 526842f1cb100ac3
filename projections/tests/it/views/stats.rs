//! `tenant_stats`: counters by the day.

use bitacora_domain::UserId;
use bitacora_domain::aggregates::contact::ContactEvent;
use bitacora_domain::aggregates::conversation::{
    ConversationEvent as Event, DeliveryStatus, HandoffFallback, HandoffStatus, Response, Sender,
    SurveyKind,
};
use bitacora_projections::value::Cell;

use super::{Story, ana, body, contact, id, message};
use crate::support::at;

#[tokio::test]
async fn statistics_count_by_the_day_and_count_skipped_states() {
    let story = Story::new();
    story.contact(ContactEvent::ContactCreated { contact: contact(), name: None });
    story.receives(1, body("a"), 1);
    story.receives(2, body("b"), 2);
    story.queues(3, body("c"));
    story.queues(4, body("d"));
    let (provider_message_id, pricing, at) = (None, None, at(3));
    story.says(Event::MessageDelivered {
        message: message(3),
        provider_message_id: None,
        from: DeliveryStatus::Sent,
        at,
        pricing: None,
    });
    let from = DeliveryStatus::Delivered;
    story.says(Event::MessageRead { message: message(3), provider_message_id, from, at, pricing });
    // Delivered was never told of this one.
    story.says(Event::MessagePlayed {
        message: message(4),
        provider_message_id: None,
        from: DeliveryStatus::Sent,
        at,
        pricing: None,
    });
    let columns = [
        "conversations_started",
        "new_contacts",
        "messages_in",
        "messages_out",
        "messages_delivered",
        "messages_read",
        "messages_failed",
    ];
    let day = Cell::Date(at.date_naive());
    assert_eq!(story.row("tenant_stats", day, &columns).await, ["1", "1", "2", "2", "2", "2", "0"]);
}

#[tokio::test]
async fn statistics_tell_people_from_machines_and_how_long_was_waited() {
    let story = Story::new();
    let waited = |waited_ms, first| Some(Response { waited_ms, first });
    story.answers(1, body("a"), Sender::Ai, waited(200, true));
    story.answers(2, body("b"), Sender::Agent, waited(30, false));
    story.answers(3, body("c"), Sender::AutoReply, None);
    story.answers(4, body("d"), Sender::Campaign, None);
    let columns = [
        "messages_out",
        "messages_by_ai",
        "messages_by_agents",
        "messages_by_rules",
        "messages_by_system",
        "first_responses",
        "first_response_ms",
        "responses",
        "response_ms",
    ];
    let day = || Cell::Date(at(1).date_naive());
    let row = story.row("tenant_stats", day(), &columns).await;
    assert_eq!(row, ["4", "1", "1", "1", "1", "1", "200", "2", "230"]);
    let at = at(3);
    let reason = "reset".to_owned();
    story.says(Event::MessageSendUnknown { message: message(1), attempt: 1, reason, at });
    for retryable in [true, false] {
        let (message, attempt, code, title) = (message(2), 1, 1, "no".to_owned());
        story.says(Event::MessageRejected { message, attempt, code, title, retryable, at });
    }
    story.says(Event::MessageRead {
        message: message(1),
        provider_message_id: None,
        from: DeliveryStatus::Unknown,
        at,
        pricing: None,
    });
    let columns = ["sends_unknown", "messages_failed", "messages_delivered", "messages_read"];
    assert_eq!(story.row("tenant_stats", day(), &columns).await, ["1", "1", "1", "1"]);
}

#[tokio::test]
async fn statistics_count_hand_offs_suggestions_and_surveys() {
    let story = Story::new();
    let at = at(3);
    story.says(Event::HandoffAccepted {
        handoff: 1,
        from: HandoffStatus::Requested,
        agent: UserId::new(id(7)),
        lease_until: at,
        lease_s: 60,
        waited_ms: 700,
        at,
    });
    story.says(Event::HandoffTimedOut { handoff: 2, fallback: HandoffFallback::KeepWaiting, at });
    for edited in [true, false] {
        let (suggestion, message, by) = (id(50), message(1), ana());
        story.says(Event::SuggestionApproved { suggestion, message, edited, by, at });
    }
    for (kind, score) in [
        (SurveyKind::Csat, 4),
        (SurveyKind::Csat, 5),
        (SurveyKind::Nps, 10),
        (SurveyKind::Nps, 8),
        (SurveyKind::Nps, 0),
        (SurveyKind::Nps, 6),
    ] {
        story.says(Event::SurveyAnswered { kind, score, comment: None, at });
    }
    let columns = [
        "handoffs_accepted",
        "handoff_wait_ms",
        "handoffs_timed_out",
        "suggestions_approved",
        "suggestions_edited",
        "csat_answers",
        "csat_total",
        "nps_promoters",
        "nps_passives",
        "nps_detractors",
    ];
    let row = story.row("tenant_stats", Cell::Date(at.date_naive()), &columns).await;
    assert_eq!(row, ["1", "700", "1", "2", "1", "2", "9", "1", "1", "2"]);
}
