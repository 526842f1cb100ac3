//! `call_turns`: what was said in calls.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::call_session::{CallEvent as Event, CallSession};
use cqrs_es::Aggregate;
use uuid::Uuid;

use super::call_artefacts::transcript_id;
use crate::reveal::{aggregate_id, code};
use crate::value::ColumnType as Ty;
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = CallSession::TYPE;

/// The view.
#[derive(Debug)]
pub struct CallTurns;

/// Its table.
pub static TABLE: Table = Table {
    name: "call_turns",
    schema: 1,
    doc: "One row per turn of a transcript. Transcripts that may not be seen have none.",
    columns: &[
        Column::key("id", Ty::Uuid, "Id of the turn, made from its transcript and its number."),
        Column::of(OWNER, "call_id", Ty::Uuid, "Call."),
        Column::of(OWNER, "transcript_id", Ty::Uuid, "Transcript: a row of `call_artefacts`."),
        Column::of(OWNER, "attempt", Ty::Int, "Attempt of the call."),
        Column::of(OWNER, "number", Ty::Int, "Number within the transcript, from 1."),
        Column::of(OWNER, "speaker", Ty::Text, "`AGENT` (our side), `CALLEE` or `UNKNOWN`."),
        Column::of(OWNER, "text", Ty::Text, "The words.").personal(),
        Column::of(OWNER, "at_s", Ty::Int, "Seconds since the call was answered."),
        Column::of(OWNER, "transcribed_at", Ty::Time, "When the transcript came."),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_transcript", columns: &["transcript_id", "number", "id"] },
        Index { name: "by_call", columns: &["call_id", "number", "id"] },
        Index { name: "by_time", columns: &["-transcribed_at", "-id"] },
    ],
};

impl Projection for CallTurns {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let call = aggregate_id(event)?;
        let Event::CallTranscribed { attempt, provider, sid, turns, at, .. } =
            event.decode::<CallSession>()?
        else {
            return Ok(vec![]);
        };
        let transcript = transcript_id(call, *attempt, *provider, sid);
        let turns = turns.reveal().into_iter().flatten().zip(1_i64..);
        Ok(turns
            .map(|(turn, number)| Change::Insert {
                key: Uuid::new_v5(&transcript, format!("turn:{number}").as_bytes()).into(),
                set: vec![
                    ("call_id", call.into()),
                    ("transcript_id", transcript.into()),
                    ("attempt", (*attempt).into()),
                    ("number", number.into()),
                    ("speaker", code(&turn.speaker)),
                    ("text", turn.text.as_str().into()),
                    ("at_s", turn.at_s.into()),
                    ("transcribed_at", (*at).into()),
                ],
            })
            .collect())
    }
}
