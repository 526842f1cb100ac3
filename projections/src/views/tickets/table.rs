//! The declaration of `tickets`.

use bitacora_domain::aggregates::ticket::Ticket;
use cqrs_es::Aggregate as _;

use crate::value::ColumnType::{self, Bool, Int, Json, Text, Time, Uuid};
use crate::{Column, Index, Table};

const fn own(name: &'static str, ty: ColumnType, doc: &'static str) -> Column {
    Column::of(Ticket::TYPE, name, ty, doc)
}

/// States of a target, as in `sla_clocks.state`.
const STATES: &str = "Where this target of the SLA stands: `NONE` (no limit, or nothing to count \
                      yet), `RUNNING`, `PAUSED`, `OVERDUE` (missed, still to be done), `MET`, \
                      `MISSED` (missed, and done or over since) or `CANCELLED` (the ticket ended \
                      first).";
const DUE: &str = "When this target is, or was, to be met; NULL while its clock stands still or it \
                   has no limit.";
const LIMIT: &str = "Open time that this target has, seconds; NULL when it has no limit.";

/// Its table.
pub static TABLE: Table = Table {
    name: "tickets",
    schema: 1,
    doc: "One row per ticket: a matter of one contact that the business works on until it is \
          settled. The board's order is `number` descending.",
    columns: &[
        Column::key("id", Uuid, "Id of the ticket."),
        own("number", Int, "Its number, 1, 2, 3 … without gaps within the tenant."),
        own("subject", Text, "What it is about; NULL when that may not be seen.")
            .optional()
            .personal(),
        own("contact_id", Uuid, "Contact whose matter it is."),
        own("conversation_id", Uuid, "Conversation that it came up in.").optional(),
        own(
            "origin",
            Text,
            "How it came to be: `MANUAL`, `TRIAGE`, `LOW_CONFIDENCE`, `CALL`, `FOLLOW_UP` or \
             `SPLIT`.",
        ),
        own("parent_id", Uuid, "Ticket that it follows or was split off.").optional(),
        own(
            "status",
            Text,
            "`NEW`, `IN_PROGRESS` (also while it waits), `RESOLVED` (can be reopened) or `CLOSED` \
             (also when merged).",
        ),
        own(
            "waiting_for",
            Text,
            "What it waits for: `CUSTOMER`, `THIRD_PARTY` or `HOLD` (put aside); NULL when it does \
             not.",
        )
        .optional(),
        own("waiting_reason", Text, "The question, who is waited for, or why it was put aside.")
            .optional()
            .personal(),
        own("waiting_until", Time, "When a hold ends by itself.").optional(),
        own("waiting_started_at", Time, "Since when it waits.").optional(),
        own(
            "category",
            Text,
            "`RECLAMO`, `INFO`, `FACTURACION`, `TRACKING`, `COTIZACION` or `OTRO`.",
        ),
        own("priority", Text, "`LOW`, `MEDIUM`, `HIGH` or `URGENT`."),
        own("priority_rank", Int, "The priority as a number to order by: 0 to 3."),
        own("tags", Json, "Tags: array of texts in lower case, sorted."),
        own("missing_fields", Json, "Data that were asked for and not supplied: array of names."),
        own("assignee_id", Uuid, "User that it is assigned to.").optional(),
        own("team", Text, "Team that it is assigned to.").optional(),
        own("escalation_level", Int, "Level of the last escalation, 1–9; 0 before the first."),
        own("escalation_reason", Text, "Why it was last escalated.").optional(),
        own("escalated_at", Time, "When it was last escalated.").optional(),
        own("opened_by", Text, "Kind and id of who opened it, such as `user:<uuid>`."),
        own("opened_at", Time, "When it was opened."),
        own("started_at", Time, "When somebody first began to work on it.").optional(),
        own(
            "awaiting_since",
            Time,
            "Since when the contact waits for an answer of a person; NULL when it does not.",
        )
        .optional(),
        own("replies", Int, "Times that the contact said something."),
        own("replied_at", Time, "When the contact last said something.").optional(),
        own("responses", Int, "Answers of a person to the waiting contact."),
        own(
            "response_ms_total",
            Int,
            "How long the contact waited for them all together, milliseconds on the clock of the \
             wall.",
        ),
        own("first_response_at", Time, "When a person first answered.").optional(),
        own("first_response_ms", Int, "How long the contact had waited then, milliseconds.")
            .optional(),
        own("comments", Int, "Comments on it."),
        own("sla_policy_id", Uuid, "SLA that it is under.").optional(),
        own("sla_policy_version", Int, "Version of that SLA.").optional(),
        own("breached", Bool, "A target of its SLA was missed at some time."),
        own("breaches", Int, "Targets that were missed; every later response counts for itself."),
        own("first_response_sla", Text, STATES),
        own("first_response_due_at", Time, DUE).optional(),
        own("first_response_limit_s", Int, LIMIT).optional(),
        own("next_response_sla", Text, STATES),
        own("next_response_due_at", Time, DUE).optional(),
        own("next_response_limit_s", Int, LIMIT).optional(),
        own("resolution_sla", Text, STATES),
        own("resolution_due_at", Time, DUE).optional(),
        own("resolution_limit_s", Int, LIMIT).optional(),
        own("resolution", Text, "How it was last settled.").optional().personal(),
        own("root_cause", Text, "What caused it.").optional(),
        own("resolved_at", Time, "When it was settled; NULL while it is not.").optional(),
        own("reopen_until", Time, "Until then it can be reopened; then it closes by itself.")
            .optional(),
        own("reopened", Int, "Times that it was reopened."),
        own("closed_at", Time, "When it ended.").optional(),
        own("closed_by", Text, "`USER`, or `AUTO` (the window was over); NULL when merged.")
            .optional(),
        own("merged_into_id", Uuid, "Ticket that it goes on in.").optional(),
        own("merged_from", Json, "Tickets that go on here: array of ids."),
        own("follow_up_id", Uuid, "Ticket that follows it after it was closed.").optional(),
        own(
            "links",
            Json,
            "What it is linked to: array of `{kind, id}`, oldest first; `kind` is `SHIPMENT`, \
             `CALL`, `INVOICE`, `QUOTE`, `CONVERSATION`, `LEAD` or `TICKET`.",
        ),
        own("summary", Text, "What it is about in a few words, by a model.").optional().personal(),
        own("summarised_at", Time, "When the summary was made.").optional(),
        own("survey_requested_at", Time, "When the contact was asked for an opinion.").optional(),
        own("survey_score", Int, "The contact's satisfaction, 1–5.").optional(),
        own("survey_comment", Text, "What the contact said about it.").optional().personal(),
        own("survey_answered_at", Time, "When the contact gave its opinion.").optional(),
        own("version", Int, "Number of events so far."),
        own("updated_at", Time, "When its last event was recorded."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_number", columns: &["-number", "-id"] },
        Index { name: "by_status", columns: &["status", "-number", "-id"] },
        Index { name: "by_assignee", columns: &["assignee_id", "-number", "-id"] },
        Index { name: "by_work", columns: &["assignee_id", "status", "-number", "-id"] },
        Index { name: "by_team", columns: &["team", "-number", "-id"] },
        Index { name: "by_category", columns: &["category", "-number", "-id"] },
        Index { name: "by_contact", columns: &["contact_id", "-number", "-id"] },
        Index { name: "by_conversation", columns: &["conversation_id", "-number", "-id"] },
        Index { name: "by_parent", columns: &["parent_id", "-number", "-id"] },
        Index { name: "by_urgency", columns: &["status", "-priority_rank", "-number", "-id"] },
        Index { name: "by_priority", columns: &["-priority_rank", "-number", "-id"] },
        Index { name: "by_waiting", columns: &["awaiting_since", "id"] },
    ],
};
