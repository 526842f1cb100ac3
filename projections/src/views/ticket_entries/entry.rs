//! Which events of a ticket are worth a line, and what it says.

use bitacora_domain::aggregates::ticket::TicketEvent as Event;
use bitacora_domain::{MessageId, TicketId, UserId};
use chrono::{DateTime, Utc};

use crate::change::Set;
use crate::reveal::{code, text};
use crate::value::Cell;

/// What a row says beyond what every event says.
pub(super) struct Entry {
    pub(super) kind: &'static str,
    pub(super) at: DateTime<Utc>,
    pub(super) more: Set,
}

#[allow(clippy::unnecessary_wraps)] // every arm below says `entry(…)` or `None`
fn entry(kind: &'static str, at: DateTime<Utc>, more: Set) -> Option<Entry> {
    Some(Entry { kind, at, more })
}

/// The line of an event, if it is worth one.
pub(super) fn entry_of(said: &Event) -> Option<Entry> {
    match said {
        Event::TicketOpened { .. }
        | Event::TicketTriaged { .. }
        | Event::TicketReclassified { .. }
        | Event::TicketPriorityChanged { .. }
        | Event::TicketTagged { .. }
        | Event::TicketMacroApplied { .. } => classified(said),
        Event::TicketAssigned { .. }
        | Event::TicketUnassigned { .. }
        | Event::TicketEscalated { .. } => handed(said),
        Event::TicketStarted { .. }
        | Event::TicketWaitingCustomer { .. }
        | Event::TicketWaitingThirdParty { .. }
        | Event::TicketResumed { .. }
        | Event::TicketHeld { .. }
        | Event::TicketHoldEnded { .. } => progress(said),
        Event::TicketCustomerReplied { .. }
        | Event::TicketCommented { .. }
        | Event::TicketSummarised { .. }
        | Event::TicketResponded { .. }
        | Event::TicketDataRequested { .. }
        | Event::TicketDataSupplied { .. } => words(said),
        Event::SlaApplied { .. }
        | Event::SlaBreached { .. }
        | Event::SlaFirstResponseMet { .. }
        | Event::SlaMet { .. } => sla(said),
        Event::TicketResolved { .. }
        | Event::TicketReopened { .. }
        | Event::TicketClosed { .. }
        | Event::TicketSurveyRequested { .. }
        | Event::TicketRated { .. } => ending(said),
        Event::TicketMerged { .. }
        | Event::TicketMergeRecorded { .. }
        | Event::TicketSplit { .. }
        | Event::TicketFollowUpCreated { .. }
        | Event::TicketLinked { .. } => related(said),
        Event::SlaClockStarted { .. } | Event::SlaPaused { .. } | Event::SlaResumed { .. } => None,
    }
}

fn classified(said: &Event) -> Option<Entry> {
    if let Event::TicketOpened { subject, origin, at, .. } = said {
        let more = vec![("title", code(origin)), ("text", text(Some(subject)))];
        return entry("OPENED", *at, more);
    }
    if let Event::TicketTriaged { category, at, .. } = said {
        return entry("TRIAGED", *at, vec![("title", code(category))]);
    }
    if let Event::TicketReclassified { to, at, .. } = said {
        return entry("RECLASSIFIED", *at, vec![("title", code(to))]);
    }
    if let Event::TicketPriorityChanged { to, at, .. } = said {
        return entry("PRIORITY_CHANGED", *at, vec![("title", code(to))]);
    }
    if let Event::TicketTagged { tags, at } = said {
        let tags: Vec<_> = tags.iter().map(String::as_str).collect();
        return entry("TAGGED", *at, vec![("title", tags.join(", ").into())]);
    }
    if let Event::TicketMacroApplied { macro_id, at, .. } = said {
        return entry("MACRO_APPLIED", *at, vec![("about_id", (*macro_id).into())]);
    }
    None
}

fn handed(said: &Event) -> Option<Entry> {
    if let Event::TicketAssigned { agent, team, at, .. } = said {
        let agent = agent.map(UserId::as_uuid);
        let more = vec![("about_id", agent.into()), ("title", team.clone().into())];
        return entry("ASSIGNED", *at, more);
    }
    if let Event::TicketUnassigned { at, .. } = said {
        return entry("UNASSIGNED", *at, Set::new());
    }
    if let Event::TicketEscalated { level, reason, at, .. } = said {
        let more = vec![("title", level.to_string().into()), ("text", reason.as_str().into())];
        return entry("ESCALATED", *at, more);
    }
    None
}

fn progress(said: &Event) -> Option<Entry> {
    if let Event::TicketStarted { at, .. } = said {
        return entry("STARTED", *at, Set::new());
    }
    if let Event::TicketWaitingCustomer { question, at, .. } = said {
        return entry("WAITING_CUSTOMER", *at, vec![("text", text(question.as_ref()))]);
    }
    if let Event::TicketWaitingThirdParty { party, at, .. } = said {
        return entry("WAITING_THIRD_PARTY", *at, vec![("title", party.clone().into())]);
    }
    if let Event::TicketResumed { at, .. } = said {
        return entry("RESUMED", *at, Set::new());
    }
    if let Event::TicketHeld { reason, at, .. } = said {
        return entry("HELD", *at, vec![("text", reason.as_str().into())]);
    }
    if let Event::TicketHoldEnded { end, at, .. } = said {
        return entry("HOLD_ENDED", *at, vec![("title", code(end))]);
    }
    None
}

fn words(said: &Event) -> Option<Entry> {
    if let Event::TicketCustomerReplied { message, at, .. } = said {
        let message = message.map(MessageId::as_uuid);
        return entry("CUSTOMER_REPLIED", *at, vec![("about_id", message.into())]);
    }
    if let Event::TicketCommented { comment, public, body, at, .. } = said {
        let more = vec![
            ("about_id", (*comment).into()),
            ("public", (*public).into()),
            ("text", text(Some(body))),
        ];
        return entry("COMMENT", *at, more);
    }
    if let Event::TicketSummarised { summary, model, at, .. } = said {
        let more = vec![("title", model.as_str().into()), ("text", text(Some(summary)))];
        return entry("SUMMARISED", *at, more);
    }
    if let Event::TicketResponded { at, .. } = said {
        return entry("RESPONDED", *at, Set::new());
    }
    if let Event::TicketDataRequested { fields, at, .. } = said {
        let fields: Vec<_> = fields.iter().map(String::as_str).collect();
        return entry("DATA_REQUESTED", *at, vec![("title", fields.join(", ").into())]);
    }
    if let Event::TicketDataSupplied { field, value, at, .. } = said {
        let more = vec![("title", field.as_str().into()), ("text", text(Some(value)))];
        return entry("DATA_SUPPLIED", *at, more);
    }
    None
}

fn sla(said: &Event) -> Option<Entry> {
    if let Event::SlaApplied { policy, at, .. } = said {
        return entry("SLA_APPLIED", *at, vec![("about_id", policy.policy.into())]);
    }
    if let Event::SlaBreached { target, at, .. } = said {
        return entry("SLA_BREACHED", *at, vec![("title", code(target))]);
    }
    if let Event::SlaFirstResponseMet { at, .. } = said {
        return entry("SLA_MET", *at, vec![("title", "FIRST_RESPONSE".into())]);
    }
    if let Event::SlaMet { target, at, .. } = said {
        return entry("SLA_MET", *at, vec![("title", code(target))]);
    }
    None
}

fn ending(said: &Event) -> Option<Entry> {
    if let Event::TicketResolved { resolution, root_cause, at, .. } = said {
        let more = vec![("title", root_cause.clone().into()), ("text", text(resolution.as_ref()))];
        return entry("RESOLVED", *at, more);
    }
    if let Event::TicketReopened { reason, at, .. } = said {
        return entry("REOPENED", *at, vec![("text", reason.clone().into())]);
    }
    if let Event::TicketClosed { by, at } = said {
        return entry("CLOSED", *at, vec![("title", code(by))]);
    }
    if let Event::TicketSurveyRequested { at } = said {
        return entry("SURVEY_REQUESTED", *at, Set::new());
    }
    if let Event::TicketRated { score, comment, at } = said {
        let more = vec![("title", score.to_string().into()), ("text", text(comment.as_ref()))];
        return entry("RATED", *at, more);
    }
    None
}

fn related(said: &Event) -> Option<Entry> {
    let other =
        |ticket: &TicketId| -> (&'static str, Cell) { ("about_id", ticket.as_uuid().into()) };
    if let Event::TicketMerged { survivor, at, .. } = said {
        return entry("MERGED", *at, vec![other(survivor)]);
    }
    if let Event::TicketMergeRecorded { source, at } = said {
        return entry("MERGED_FROM", *at, vec![other(source)]);
    }
    if let Event::TicketSplit { into, subject, at, .. } = said {
        return entry("SPLIT", *at, vec![other(into), ("text", text(Some(subject)))]);
    }
    if let Event::TicketFollowUpCreated { follow_up, subject, at, .. } = said {
        let more = vec![other(follow_up), ("text", text(Some(subject)))];
        return entry("FOLLOW_UP_CREATED", *at, more);
    }
    if let Event::TicketLinked { kind, id, at } = said {
        return entry("LINKED", *at, vec![("title", code(kind)), ("about_id", (*id).into())]);
    }
    None
}
