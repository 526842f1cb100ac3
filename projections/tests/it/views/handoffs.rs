//! `handoffs`: every time that a person was asked for.

use bitacora_domain::UserId;
use bitacora_domain::aggregates::conversation::{
    ConversationEvent as Event, HandoffEnd, HandoffFallback, HandoffReason, HandoffStatus,
};
use bitacora_projections::views::handoffs;

use super::{Story, ana, id, words};
use crate::support::at;

fn requested(story: &Story, handoff: i64) {
    story.says(Event::HandoffRequested {
        handoff,
        from: HandoffStatus::None,
        reason: HandoffReason::LowConfidence,
        note: Some(words("no entiende")),
        by: ana(),
        expires_at: at(900),
        fallback: HandoffFallback::KeepWaiting,
        at: at(300),
    });
}

#[tokio::test]
async fn a_hand_off_is_asked_for_taken_and_given_back() {
    let story = Story::new();
    requested(&story, 1);
    let key = handoffs::id(id(2), 1);
    let columns = ["status", "reason", "note", "requested_by", "requested_at", "expires_at"];
    let row = story.row("handoffs", key, &columns).await;
    assert_eq!(row, ["REQUESTED", "LOW_CONFIDENCE", "no entiende", "user:ana", "300", "900"]);
    story.says(Event::HandoffAccepted {
        handoff: 1,
        from: HandoffStatus::Requested,
        agent: UserId::new(id(7)),
        lease_until: at(4_000),
        lease_s: 3_600,
        waited_ms: 100_000,
        at: at(400),
    });
    story.says(Event::HandoffExtended { handoff: 1, lease_until: at(5_000) });
    let columns = ["status", "agent_id", "accepted_at", "waited_ms", "expires_at"];
    let row = story.row("handoffs", key, &columns).await;
    assert_eq!(row, ["ACCEPTED", "7", "400", "100000", "5000"]);
    let (from, end) = (HandoffStatus::Accepted, HandoffEnd::Lapsed);
    story.says(Event::HandoffEnded { handoff: 1, from, end, at: at(5_000) });
    let columns = ["status", "ending", "ended_at", "expires_at", "agent_id"];
    let row = story.row("handoffs", key, &columns).await;
    assert_eq!(row, ["ENDED", "LAPSED", "5000", "-", "7"]);
}

#[tokio::test]
async fn each_hand_off_of_a_conversation_has_a_row() {
    let story = Story::new();
    for handoff in [1, 2] {
        requested(&story, handoff);
        let fallback = HandoffFallback::ReturnToBot;
        story.says(Event::HandoffTimedOut { handoff, fallback, at: at(900) });
        let (from, end) = (HandoffStatus::TimedOut, HandoffEnd::FellBack);
        if handoff == 1 {
            story.says(Event::HandoffEnded { handoff, from, end, at: at(900) });
        }
    }
    let columns = ["number", "status", "timed_out_at", "waited_ms", "ending"];
    assert_eq!(
        story.list("handoffs", "number", &columns).await,
        [["1", "ENDED", "900", "-", "FELL_BACK"], ["2", "TIMED_OUT", "900", "-", "-"]]
    );
}
