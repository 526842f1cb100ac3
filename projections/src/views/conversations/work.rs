//! What hand-offs, the AI, the team's work and its ends do to the row of a conversation.

use bitacora_domain::UserId;
use bitacora_domain::aggregates::conversation::{
    ConversationEvent as Event, ConversationStatus as Status, HandoffStatus as Handoff, Priority,
};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::row::Row;
use crate::reveal::{code, text};
use crate::value::Cell;

impl Row {
    pub(super) fn handoff(&mut self, said: &Event) {
        if let Event::HandoffRequested { handoff, reason, note, expires_at, at, .. } = said {
            self.handed(Handoff::Requested, Some(*expires_at));
            self.set.extend([
                ("handoff_count", (*handoff).into()),
                ("handoff_reason", code(reason)),
                ("handoff_note", text(note.as_ref())),
                ("handoff_requested_at", (*at).into()),
            ]);
        }
        if let Event::HandoffAccepted { agent, lease_until, at, .. } = said {
            self.handed(Handoff::Accepted, Some(*lease_until));
            self.set.push(("handoff_agent_id", agent.as_uuid().into()));
            self.set.push(("handoff_accepted_at", (*at).into()));
        }
        if let Event::HandoffExtended { lease_until, .. } = said {
            self.set.push(("handoff_expires_at", (*lease_until).into()));
        }
        if let Event::HandoffTimedOut { .. } = said {
            self.handed(Handoff::TimedOut, None);
        }
        if let Event::HandoffEnded { .. } = said {
            self.handed(Handoff::None, None);
            let of_the_running_one = [
                "handoff_reason",
                "handoff_note",
                "handoff_requested_at",
                "handoff_accepted_at",
                "handoff_agent_id",
            ];
            self.set.extend(of_the_running_one.map(|column| (column, Cell::Null)));
        }
    }

    /// The hand-off stands so; the phase follows while the conversation is open.
    pub(super) fn handed(&mut self, handoff: Handoff, expires_at: Option<DateTime<Utc>>) {
        self.set.push(("handoff", code(&handoff)));
        self.set.push(("handoff_expires_at", expires_at.into()));
        self.when("status", code(&Status::Open), vec![("phase", phase(handoff))]);
    }

    pub(super) fn ai(&mut self, said: &Event) {
        if let Event::AiPaused { .. } | Event::AiResumed { .. } = said {
            let paused = matches!(said, Event::AiPaused { .. });
            self.set.push(("ai_paused", paused.into()));
        }
        if let Event::OptOutRecorded { .. } | Event::OptInRecorded { .. } = said {
            let out = matches!(said, Event::OptOutRecorded { .. });
            self.set.push(("opted_out", out.into()));
        }
        if let Event::MessageTriaged { triage, .. } = said {
            self.set.push(("category", code(&triage.category)));
        }
        if let Event::ReplySuggested { suggestion, expires_at, .. } = said {
            self.set.push(("pending_suggestion_id", (*suggestion).into()));
            self.set.push(("pending_suggestion_expires_at", (*expires_at).into()));
        }
        if let Event::SuggestionApproved { suggestion, .. }
        | Event::SuggestionRejected { suggestion, .. }
        | Event::SuggestionSuperseded { suggestion, .. }
        | Event::SuggestionExpired { suggestion, .. } = said
        {
            let none = ["pending_suggestion_id", "pending_suggestion_expires_at"];
            let set = none.map(|column| (column, Cell::Null)).to_vec();
            self.when("pending_suggestion_id", (*suggestion).into(), set);
        }
    }

    pub(super) fn work(&mut self, said: &Event) {
        if let Event::LabelAdded { labels, .. } | Event::LabelRemoved { labels, .. } = said {
            self.set.push(("labels", Cell::Json(labels.clone().into())));
        }
        if let Event::ConversationAssigned { agent, team, .. } = said {
            self.set.push(("assignee_id", agent.map(UserId::as_uuid).into()));
            self.set.push(("team", team.clone().into()));
        }
        if let Event::ConversationUnassigned { .. } = said {
            self.set.extend([("assignee_id", Cell::Null), ("team", Cell::Null)]);
        }
        if let Event::PriorityChanged { to, .. } = said {
            self.set.extend([("priority", code(to)), ("priority_rank", rank(*to))]);
        }
        if let Event::EntityLinked { kind, id, .. } = said {
            self.include("links", json!({ "kind": kind, "id": id }));
        }
        if let Event::MergeRecorded { source, .. } = said {
            self.include("merged_from", json!(source));
        }
        if let Event::MessageScheduled { .. } = said {
            self.add("scheduled", 1);
        }
        if let Event::ScheduledMessageCancelled { .. }
        | Event::ScheduledMessageReleased { .. }
        | Event::ScheduledMessageSkipped { .. } = said
        {
            self.add("scheduled", -1);
        }
        self.survey(said);
    }

    pub(super) fn survey(&mut self, said: &Event) {
        if let Event::SurveyRequested { kind, at, .. } = said {
            self.set.extend([
                ("survey_kind", code(kind)),
                ("survey_requested_at", (*at).into()),
                ("survey_score", Cell::Null),
                ("survey_comment", Cell::Null),
                ("survey_answered_at", Cell::Null),
            ]);
        }
        if let Event::SurveyAnswered { kind, score, comment, at } = said {
            self.set.extend([
                ("survey_kind", code(kind)),
                ("survey_score", (*score).into()),
                ("survey_comment", text(comment.as_ref())),
                ("survey_answered_at", (*at).into()),
            ]);
        }
    }

    pub(super) fn lifecycle(&mut self, said: &Event) {
        if let Event::ConversationSnoozed { until, at, .. } = said {
            let snoozed = code(&Status::Snoozed);
            self.set.extend([
                ("status", snoozed.clone()),
                ("phase", snoozed),
                ("snoozed_at", (*at).into()),
                ("snoozed_until", (*until).into()),
            ]);
        }
        if let Event::ConversationUnsnoozed { .. } = said {
            self.open();
            self.set.push(("last_activity_at", self.now.into()));
        }
        if let Event::ConversationReopened { .. } = said {
            self.open();
            self.set.extend([("resolved_at", Cell::Null), ("last_activity_at", self.now.into())]);
        }
        if let Event::ConversationResolved { at, .. } = said {
            self.stands(Status::Resolved);
            self.set.extend([("resolved_at", (*at).into()), ("waiting_since", Cell::Null)]);
        }
        if let Event::ConversationClosed { at, .. } = said {
            self.stands(Status::Closed);
            self.set.extend([("closed_at", (*at).into()), ("waiting_since", Cell::Null)]);
        }
        if let Event::ConversationArchived { at } = said {
            self.stands(Status::Archived);
            self.set.push(("archived_at", (*at).into()));
        }
        if let Event::ConversationMerged { target, .. } = said {
            self.stands(Status::Merged);
            self.set.push(("merged_into_id", target.as_uuid().into()));
            self.set.push(("waiting_since", Cell::Null));
        }
    }

    /// Neither open nor put aside: the status is the phase, too.
    pub(super) fn stands(&mut self, status: Status) {
        self.set.extend([("status", code(&status)), ("phase", code(&status))]);
        self.set.extend([("snoozed_at", Cell::Null), ("snoozed_until", Cell::Null)]);
    }

    /// Open (again): the phase is what the hand-off says.
    pub(super) fn open(&mut self) {
        self.set.push(("status", code(&Status::Open)));
        self.set.extend([("snoozed_at", Cell::Null), ("snoozed_until", Cell::Null)]);
        for handoff in Handoff::ALL {
            self.when("handoff", code(&handoff), vec![("phase", phase(handoff))]);
        }
    }
}

/// The phase of an open conversation.
pub(super) fn phase(handoff: Handoff) -> Cell {
    Cell::from(match handoff {
        Handoff::None => "PENDING_BOT",
        Handoff::Requested | Handoff::TimedOut => "AWAITING_AGENT",
        Handoff::Accepted => "HUMAN_ACTIVE",
    })
}

pub(super) fn rank(priority: Priority) -> Cell {
    Cell::Int(match priority {
        Priority::Low => 0,
        Priority::Medium => 1,
        Priority::High => 2,
        Priority::Urgent => 3,
    })
}
