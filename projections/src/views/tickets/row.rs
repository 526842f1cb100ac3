//! The row of a ticket: how it is made, and what events do to it.

use bitacora_domain::aggregates::conversation::Priority;
use bitacora_domain::aggregates::ticket::{
    ShownStatus, SlaTarget, TicketEvent as Event, WaitingFor,
};
use bitacora_domain::{ConversationId, RecordedEvent, TicketId, UserId};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::sla::{self, Face};
use crate::change::Set;
use crate::reveal::{code, person, text};
use crate::value::Cell;
use crate::{Change, Key};

/// Columns of what it waits for.
const WAITING: [&str; 4] = ["waiting_for", "waiting_reason", "waiting_until", "waiting_started_at"];

/// What an event does to the row of its ticket.
pub(super) struct Row {
    pub(super) key: Key,
    /// Makes the row.
    pub(super) first: Option<Change>,
    /// Columns that the event sets.
    pub(super) set: Set,
    /// What depends on the row.
    pub(super) then: Vec<Change>,
}

impl Row {
    pub(super) fn into_changes(self, event: &RecordedEvent) -> Vec<Change> {
        let Self { key, first, mut set, then } = self;
        set.push(("updated_at", event.recorded_at.into()));
        set.push(("version", event.version.0.into()));
        first.into_iter().chain([Change::Patch { key, set }]).chain(then).collect()
    }

    pub(super) fn opened(&mut self, said: &Event) {
        let Event::TicketOpened {
            number,
            category,
            priority,
            subject,
            contact,
            conversation,
            origin,
            parent,
            missing_fields,
            by,
            at,
            ..
        } = said
        else {
            return;
        };
        let set = vec![
            ("number", number.value().unwrap_or_default().into()),
            ("subject", text(Some(subject))),
            ("contact_id", contact.as_uuid().into()),
            ("conversation_id", conversation.map(ConversationId::as_uuid).into()),
            ("origin", code(origin)),
            ("parent_id", parent.map(TicketId::as_uuid).into()),
            ("status", code(&ShownStatus::New)),
            ("category", code(category)),
            ("priority", code(priority)),
            ("priority_rank", rank(*priority)),
            ("tags", Cell::Json(json!([]))),
            ("missing_fields", Cell::Json(json!(missing_fields))),
            ("links", Cell::Json(json!([]))),
            ("merged_from", Cell::Json(json!([]))),
            ("opened_by", person(by)),
            ("opened_at", (*at).into()),
            ("awaiting_since", (*at).into()),
            ("first_response_sla", sla::NONE.into()),
            ("next_response_sla", sla::NONE.into()),
            ("resolution_sla", sla::NONE.into()),
        ];
        self.first = Some(Change::Insert { key: self.key.clone(), set });
    }

    pub(super) fn work(&mut self, said: &Event) {
        if let Event::TicketAssigned { agent, team, .. } = said {
            self.set.push(("assignee_id", agent.map(UserId::as_uuid).into()));
            self.set.push(("team", team.clone().into()));
        }
        if let Event::TicketUnassigned { .. } = said {
            self.set.extend([("assignee_id", Cell::Null), ("team", Cell::Null)]);
        }
        if let Event::TicketEscalated { level, reason, at, .. } = said {
            self.set.extend([
                ("escalation_level", i64::from(*level).into()),
                ("escalation_reason", reason.as_str().into()),
                ("escalated_at", (*at).into()),
            ]);
        }
        if let Event::TicketReclassified { to, .. } = said {
            self.set.push(("category", code(to)));
        }
        if let Event::TicketPriorityChanged { to, .. } = said {
            self.set.extend([("priority", code(to)), ("priority_rank", rank(*to))]);
        }
        if let Event::TicketTagged { tags, .. } = said {
            self.set.push(("tags", Cell::Json(json!(tags))));
        }
        if let Event::TicketSummarised { summary, at, .. } = said {
            self.set.extend([("summary", text(Some(summary))), ("summarised_at", (*at).into())]);
        }
        if let Event::TicketDataRequested { missing, .. }
        | Event::TicketDataSupplied { missing, .. } = said
        {
            self.set.push(("missing_fields", Cell::Json(json!(missing))));
        }
        if let Event::TicketCommented { .. } = said {
            self.add("comments", 1);
        }
    }

    pub(super) fn progress(&mut self, said: &Event) {
        if let Event::TicketStarted { at, .. } = said {
            self.stands(ShownStatus::InProgress);
            self.set.push(("started_at", (*at).into()));
        }
        if let Event::TicketWaitingCustomer { question, at, .. } = said {
            self.stands(ShownStatus::InProgress);
            self.waits(WaitingFor::Customer, text(question.as_ref()), None, *at);
        }
        if let Event::TicketWaitingThirdParty { party, at, .. } = said {
            self.stands(ShownStatus::InProgress);
            self.waits(WaitingFor::ThirdParty, party.clone().into(), None, *at);
        }
        if let Event::TicketResumed { .. } = said {
            self.stands(ShownStatus::InProgress);
            self.goes_on();
        }
        if let Event::TicketHeld { reason, until, at, .. } = said {
            self.waits(WaitingFor::Hold, reason.as_str().into(), *until, *at);
        }
        if let Event::TicketHoldEnded { .. } = said {
            self.goes_on();
        }
    }

    pub(super) fn talk(&mut self, said: &Event) {
        if let Event::TicketCustomerReplied { at, .. } = said {
            self.add("replies", 1);
            self.set.push(("replied_at", (*at).into()));
            self.when("awaiting_since", Cell::Null, vec![("awaiting_since", (*at).into())]);
        }
        if let Event::TicketResponded { first, waited_ms, at, .. } = said {
            self.set.push(("awaiting_since", Cell::Null));
            if *first {
                self.set.push(("first_response_at", (*at).into()));
                self.set.push(("first_response_ms", (*waited_ms).into()));
            }
            self.add("responses", 1);
            self.add("response_ms_total", *waited_ms);
        }
    }

    pub(super) fn clocks(&mut self, said: &Event) {
        if let Event::SlaApplied { policy, .. } = said {
            self.set.push(("sla_policy_id", policy.policy.into()));
            self.set.push(("sla_policy_version", policy.version.into()));
        }
        if let Event::SlaBreached { .. } = said {
            self.set.push(("breached", true.into()));
            self.add("breaches", 1);
        }
        for (target, tick) in sla::ticks(said) {
            let (set, then) = face(target).show(&self.key, tick);
            self.set.extend(set);
            self.then.extend(then);
        }
    }

    pub(super) fn ending(&mut self, said: &Event) {
        if let Event::TicketResolved { resolution, root_cause, reopen_until, at, .. } = said {
            self.stands(ShownStatus::Resolved);
            self.goes_on();
            self.set.extend([
                ("resolution", text(resolution.as_ref())),
                ("root_cause", root_cause.clone().into()),
                ("resolved_at", (*at).into()),
                ("reopen_until", (*reopen_until).into()),
            ]);
        }
        if let Event::TicketReopened { .. } = said {
            self.stands(ShownStatus::InProgress);
            self.set.extend([("resolved_at", Cell::Null), ("reopen_until", Cell::Null)]);
            self.add("reopened", 1);
        }
        if let Event::TicketClosed { by, at } = said {
            self.stands(ShownStatus::Closed);
            self.set.extend([("closed_at", (*at).into()), ("closed_by", code(by))]);
            self.set.extend([("reopen_until", Cell::Null), ("awaiting_since", Cell::Null)]);
        }
        if let Event::TicketMerged { survivor, at, .. } = said {
            self.stands(ShownStatus::Closed);
            self.goes_on();
            self.set.extend([("closed_at", (*at).into()), ("awaiting_since", Cell::Null)]);
            self.set.push(("merged_into_id", survivor.as_uuid().into()));
        }
    }

    pub(super) fn related(&mut self, said: &Event) {
        if let Event::TicketMergeRecorded { source, .. } = said {
            self.include("merged_from", json!(source));
        }
        if let Event::TicketFollowUpCreated { follow_up, .. } = said {
            self.set.push(("follow_up_id", follow_up.as_uuid().into()));
        }
        if let Event::TicketLinked { kind, id, .. } = said {
            self.include("links", json!({ "kind": kind, "id": id }));
        }
        if let Event::TicketSurveyRequested { at } = said {
            self.set.push(("survey_requested_at", (*at).into()));
        }
        if let Event::TicketRated { score, comment, at } = said {
            self.set.extend([
                ("survey_score", (*score).into()),
                ("survey_comment", text(comment.as_ref())),
                ("survey_answered_at", (*at).into()),
            ]);
        }
    }

    fn stands(&mut self, status: ShownStatus) {
        self.set.push(("status", code(&status)));
    }

    fn waits(
        &mut self,
        what: WaitingFor,
        reason: Cell,
        until: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    ) {
        let cells = [code(&what), reason, until.into(), at.into()];
        self.set.extend(WAITING.into_iter().zip(cells));
    }

    fn goes_on(&mut self) {
        self.set.extend(WAITING.map(|column| (column, Cell::Null)));
    }

    fn when(&mut self, column: &'static str, value: Cell, set: Set) {
        self.then.push(Change::PatchIf { key: self.key.clone(), column, value, set });
    }

    fn add(&mut self, column: &'static str, by: i64) {
        self.then.push(Change::Add { key: self.key.clone(), column, by });
    }

    fn include(&mut self, column: &'static str, value: serde_json::Value) {
        self.then.push(Change::Include { key: self.key.clone(), column, value });
    }
}

/// Where the clock of a target stands on the board.
const fn face(target: SlaTarget) -> Face {
    let (state, due, limit) = match target {
        SlaTarget::FirstResponse => {
            ("first_response_sla", "first_response_due_at", "first_response_limit_s")
        }
        SlaTarget::NextResponse => {
            ("next_response_sla", "next_response_due_at", "next_response_limit_s")
        }
        SlaTarget::Resolution => ("resolution_sla", "resolution_due_at", "resolution_limit_s"),
    };
    Face { state, due, limit, pending: None }
}

/// A priority as a number to order by.
pub(in crate::views) fn rank(priority: Priority) -> Cell {
    Cell::Int(match priority {
        Priority::Low => 0,
        Priority::Medium => 1,
        Priority::High => 2,
        Priority::Urgent => 3,
    })
}
