//! `call_attempts`: every time that a call was dialled, or rang here.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::call_session::{
    CallEvent as Event, CallOutcome, CallSession, CallStatus, Placement, ProviderIds,
};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::{aggregate_id, code};
use crate::value::{Cell, ColumnType as Ty};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = CallSession::TYPE;

/// The view.
#[derive(Debug)]
pub struct CallAttempts;

/// Its table.
pub static TABLE: Table = Table {
    name: "call_attempts",
    schema: 1,
    doc: "One row per attempt of a call: every time that we dialled, or that it rang here.",
    columns: &[
        Column::key("id", Ty::Uuid, "Id of the attempt, made from the next two."),
        Column::of(OWNER, "call_id", Ty::Uuid, "Call."),
        Column::of(OWNER, "number", Ty::Int, "Number within the call, from 1."),
        Column::of(OWNER, "dialled", Ty::Bool, "We dialled; else it rang here, or was imported."),
        Column::of(
            OWNER,
            "begun_at",
            Ty::Time,
            "When it began: before the request to the provider.",
        ),
        Column::of(OWNER, "line", Ty::Int, "Line of the tenant that it took, from 1.").optional(),
        Column::of(
            OWNER,
            "placement",
            Ty::Text,
            "What became of the request: `IN_FLIGHT`, `UNKNOWN`, `PLACED` or `FAILED`.",
        ),
        Column::of(OWNER, "placed_at", Ty::Time, "When the provider was known to have it.")
            .optional(),
        Column::of(
            OWNER,
            "failure_code",
            Ty::Text,
            "The provider's code when it did not take it, or why nobody knows.",
        )
        .optional(),
        Column::of(OWNER, "failure_title", Ty::Text, "The provider's words for it.").optional(),
        Column::of(OWNER, "call_sid", Ty::Text, "The carrier's id (Twilio's `CallSid`).")
            .optional(),
        Column::of(OWNER, "el_conversation_id", Ty::Text, "ElevenLabs' `conversation_id`.")
            .optional(),
        Column::of(OWNER, "ringing_at", Ty::Time, "When it rang.").optional(),
        Column::of(OWNER, "answered_at", Ty::Time, "When it was answered.").optional(),
        Column::of(
            OWNER,
            "answered_by",
            Ty::Text,
            "Who or what answered, in the provider's words.",
        )
        .optional(),
        Column::of(OWNER, "ended_at", Ty::Time, "When it ended; NULL while it lasts.").optional(),
        Column::of(
            OWNER,
            "outcome",
            Ty::Text,
            "How it ended: `COMPLETED`, `VOICEMAIL`, `BUSY`, `NO_ANSWER`, `FAILED` or `CANCELED`.",
        )
        .optional(),
        Column::of(OWNER, "sip", Ty::Int, "SIP response code.").optional(),
        Column::of(OWNER, "duration_s", Ty::Int, "How long it took, seconds.").optional(),
        Column::of(OWNER, "billed_minutes", Ty::Int, "Minutes that the carrier charges.")
            .optional(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_call", columns: &["call_id", "-begun_at", "-id"] },
        Index { name: "by_time", columns: &["-begun_at", "-id"] },
        Index { name: "by_placement", columns: &["placement", "-begun_at", "-id"] },
    ],
};

/// The id of an attempt: of its call and its number there.
pub fn id(call: Uuid, number: i64) -> Uuid {
    Uuid::new_v5(&call, format!("attempt:{number}").as_bytes())
}

impl Projection for CallAttempts {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let call = aggregate_id(event)?;
        let said = event.decode::<CallSession>()?;
        if let Some((number, mut set)) = begun(said) {
            set.extend([("call_id", call.into()), ("number", number.into())]);
            return Ok(vec![Change::Insert { key: id(call, number).into(), set }]);
        }
        let changed = request(said).or_else(|| course(said));
        Ok(changed
            .map(|(number, set)| Change::Patch { key: id(call, number).into(), set })
            .into_iter()
            .collect())
    }
}

fn begun(said: &Event) -> Option<(i64, Set)> {
    if let Event::CallPlacementRequested { attempt, line, at } = said {
        let set = vec![
            ("dialled", true.into()),
            ("begun_at", (*at).into()),
            ("line", (*line).into()),
            ("placement", code(&Placement::InFlight)),
        ];
        return Some((*attempt, set));
    }
    if let Event::InboundCallStarted { ids, started_at, .. } = said {
        let mut set = received(ids, *started_at);
        set.push(("ringing_at", (*started_at).into()));
        return Some((1, set));
    }
    if let Event::CallImported { ids, outcome, started_at, duration_s, at, .. } = said {
        let mut set = received(ids, *started_at);
        set.extend([
            ("ended_at", (*at).into()),
            ("outcome", code(outcome)),
            ("duration_s", (*duration_s).into()),
        ]);
        return Some((1, set));
    }
    None
}

fn received(ids: &ProviderIds, started_at: DateTime<Utc>) -> Set {
    let mut set = named(ids);
    set.extend([("begun_at", started_at.into()), ("placement", code(&Placement::Placed))]);
    set
}

fn named(ids: &ProviderIds) -> Set {
    let cell = |id: &Option<String>| Cell::from(id.clone());
    vec![("call_sid", cell(&ids.call_sid)), ("el_conversation_id", cell(&ids.el_conversation_id))]
}

/// What became of the request to the provider.
fn request(said: &Event) -> Option<(i64, Set)> {
    if let Event::CallPlaced { attempt, ids, at } = said {
        let mut set = named(ids);
        set.extend([("placement", code(&Placement::Placed)), ("placed_at", (*at).into())]);
        return Some((*attempt, set));
    }
    if let Event::CallIdentified { attempt, ids, .. } = said {
        return Some((*attempt, named(ids)));
    }
    if let Event::CallPlacementUnknown { attempt, reason, .. } = said {
        let placement = code(&Placement::Unknown);
        let set = vec![("placement", placement), ("failure_code", reason.as_str().into())];
        return Some((*attempt, set));
    }
    let Event::CallPlacementFailed { attempt, code: no, title, .. } = said else { return None };
    let set = vec![
        ("placement", code(&Placement::Failed)),
        ("failure_code", no.as_str().into()),
        ("failure_title", title.as_str().into()),
    ];
    Some((*attempt, set))
}

/// How it went.
fn course(said: &Event) -> Option<(i64, Set)> {
    if let Event::CallRinging { attempt, at, .. } = said {
        return Some((*attempt, vec![("ringing_at", (*at).into())]));
    }
    if let Event::CallAnswered { attempt, answered_by, at, .. } = said {
        let who = answered_by.map(|who| ("answered_by", code(&who)));
        return Some((*attempt, [("answered_at", (*at).into())].into_iter().chain(who).collect()));
    }
    if let Event::CallStepDated { attempt, step, at } = said {
        let rang = *step == CallStatus::Ringing;
        let column = if rang { "ringing_at" } else { "answered_at" };
        return Some((*attempt, vec![(column, (*at).into())]));
    }
    if let Event::CallCameIn { started_at, .. } = said {
        let at = *started_at;
        return Some((1, vec![("begun_at", at.into()), ("ringing_at", at.into())]));
    }
    if let Event::CallAnsweredByRecorded { attempt, answered_by, .. } = said {
        return Some((*attempt, vec![("answered_by", code(answered_by))]));
    }
    if let Event::CallEnded { attempt, outcome, sip, duration_s, billed_minutes, at, .. } = said {
        let set = vec![
            ("ended_at", (*at).into()),
            ("outcome", code(outcome)),
            ("sip", (*sip).into()),
            ("duration_s", (*duration_s).into()),
            ("billed_minutes", (*billed_minutes).into()),
        ];
        return Some((*attempt, set));
    }
    if let Event::CallEndDetailed { attempt, sip, duration_s, billed_minutes, at, .. } = said {
        let set = vec![
            ("ended_at", (*at).into()),
            ("sip", (*sip).into()),
            ("duration_s", (*duration_s).into()),
            ("billed_minutes", (*billed_minutes).into()),
        ];
        return Some((*attempt, set));
    }
    let Event::CallReclassified { attempt, to, .. } = said else { return None };
    let to: &CallOutcome = to;
    Some((*attempt, vec![("outcome", code(to))]))
}
