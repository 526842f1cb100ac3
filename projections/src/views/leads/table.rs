//! The columns of `leads`.

use super::OWNER;
use crate::value::ColumnType::{self, Bool, Date, Int, Json, Text, Time};
use crate::{Column, Index, Table};

const fn of(name: &'static str, ty: ColumnType, doc: &'static str) -> Column {
    Column::of(OWNER, name, ty, doc)
}

const fn maybe(name: &'static str, ty: ColumnType, doc: &'static str) -> Column {
    Column::of(OWNER, name, ty, doc).optional()
}

/// Of the person: filled when the lead is delivered, and not before.
const fn person(name: &'static str, ty: ColumnType, doc: &'static str) -> Column {
    Column::of(OWNER, name, ty, doc).optional().personal()
}

/// The table.
pub static TABLE: Table = Table {
    name: "leads",
    schema: 1,
    doc: "One row per lead: a contact's interest in one offer, from the ad to the sale. Who it is \
          stands here only after it was delivered.",
    columns: &[
        Column::key("id", ColumnType::Uuid, "Id of the lead."),
        of(
            "status",
            Text,
            "`PENDING_MAPPING`, `TO_BE_CONTACTED`, `CONTACTED`, `ENGAGED`, `QUALIFYING`, `SCORED`, \
             `LEAD_READY`, `SENT_TO_DEVELOPER`, `COOLING`, `REACTIVATION`, `HUMAN_HANDOFF`, \
             `DISQUALIFIED`, `STOPPED`, `WON`, `LOST`, `DUPLICATE`, `DISPUTED` or `REFUNDED`.",
        ),
        of(
            "step",
            Text,
            "Step of the funnel: `RECEIVED`, `IN_CHAT`, `QUALIFIED`, `DELIVERED` or \
             `NOT_QUALIFIED`.",
        ),
        of("source", Text, "`META_LEAD_AD`, `WHATSAPP_REFERRAL`, `MANUAL`, `IMPORT` or `API`."),
        maybe("external_id", Text, "The source's id (`leadgen_id`)."),
        of("ads", Json, "Ad, form, campaign and page that led here: array of `{kind, id}`."),
        maybe("offer_id", ColumnType::Uuid, "Offer; NULL while none is known."),
        maybe("offer_version", Int, "Version of the offer's criteria that it is judged by."),
        maybe("rule", Text, "How the offer was found, such as `ad:123`."),
        maybe("gap", Text, "What is missing before it is mapped: `NO_OFFER` or `NO_CONTACT`."),
        maybe("contact_id", ColumnType::Uuid, "Contact; NULL while nobody knows who it is."),
        person("name", Text, "Full name."),
        person("phone", Text, "Telephone number, as it was told."),
        person("email", Text, "E-mail address."),
        person("fields", Json, "What else the form told: array of `{name, value}`."),
        maybe("total", Int, "Points of 100; NULL while it was not scored."),
        maybe(
            "components",
            Json,
            "What the points are made of: `{budget, zone, typology, timing, intent, quality, \
             bonus}`, each `{points, of, reason}`.",
        ),
        maybe("missing", Json, "Questions of the minimum without an answer: array of texts."),
        maybe("model_version", Int, "Version of the way of counting."),
        maybe("scored_at", Time, "When it was last scored."),
        of("low_priority", Bool, "It matters little."),
        maybe("form_fetched_at", Time, "When its form was fetched."),
        of("form_failures", Int, "Times that the form could not be fetched."),
        maybe("form_failure", Text, "Why the form could not be fetched last."),
        maybe("form_retry_at", Time, "When the form is fetched again."),
        of("contacts", Int, "Times that it was written to before it answered."),
        maybe("next_contact_at", Time, "When it is written to next, if nobody answers."),
        of("replies", Int, "Messages of the contact."),
        maybe("last_reply_at", Time, "When the contact last wrote."),
        maybe("cool_reason", Text, "Why it cools: `NO_REPLY`, `SILENCE`, `EXHAUSTED`, `MANUAL`."),
        maybe("reactivate_at", Time, "When it is asked again; NULL when it waits for the contact."),
        maybe("agent_id", ColumnType::Uuid, "User who has it, while a person has it."),
        maybe("handoff_reason", Text, "Why a person has it."),
        maybe("disqualify_reason", Text, "Why it is none."),
        maybe("stopped_by", Text, "How the contact opted out: `KEYWORD`, `PREFERENCE`, `AGENT`."),
        maybe("duplicate_of_id", ColumnType::Uuid, "Lead that goes on with it."),
        of("repeats", Int, "Leads that came to nothing but this one."),
        maybe("delivery_id", ColumnType::Uuid, "Delivery under way, or the one that arrived."),
        maybe("reservation_id", ColumnType::Uuid, "Hold of credits of that delivery."),
        maybe("delivery_failure", Text, "Why the last delivery came to nothing."),
        of(
            "eligibility",
            Text,
            "May it be charged for: `PENDING`, `CHARGEABLE`, `NOT_CHARGEABLE_DUPLICATE`, `…_SPAM`, \
             `…_INCOMPLETE`, `…_OUT_OF_ZONE`.",
        ),
        maybe("won_value", Json, "For how much it was sold: `{min_minor, max_minor, currency}`."),
        maybe("lost_reason", Text, "Why it was not sold."),
        maybe("note", Text, "What was noted when it ended.").personal(),
        of("captured_at", Time, "When it came in."),
        of("captured_on", Date, "The day of that, UTC."),
        maybe("mapped_at", Time, "When contact and offer were both known."),
        maybe("window_ends_at", Time, "Contact and offer have no second lead before."),
        maybe("engaged_at", Time, "When the contact last went on with it."),
        maybe("ready_at", Time, "When it was ready; NULL while it is not."),
        maybe("delivered_at", Time, "When the first system had it."),
        maybe(
            "ended_at",
            Time,
            "When it was disqualified, stopped, won, lost, merged or refunded.",
        ),
        of("updated_at", Time, "When its last event was recorded."),
        of("version", Int, "Number of its events so far."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_capture", columns: &["-captured_at", "-id"] },
        Index { name: "by_status", columns: &["status", "-captured_at", "-id"] },
        Index { name: "by_step", columns: &["step", "-captured_at", "-id"] },
        Index { name: "by_offer", columns: &["offer_id", "-captured_at", "-id"] },
        Index { name: "by_contact", columns: &["contact_id", "-captured_at", "-id"] },
        Index { name: "by_total", columns: &["-total", "-id"] },
        Index { name: "by_agent", columns: &["agent_id", "-captured_at", "-id"] },
        Index { name: "by_external_id", columns: &["external_id"] },
        Index { name: "funnel", columns: &["captured_on", "offer_id", "step"] },
    ],
};
