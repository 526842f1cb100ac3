//! `call_artefacts`: what is left of calls: recordings, transcripts, analyses.

use bitacora_domain::RecordedEvent;
use bitacora_domain::aggregates::call_session::{
    Analysis, CallEvent as Event, CallProvider, CallSession, RecordingSource,
};
use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::change::Set;
use crate::reveal::{aggregate_id, code, person, plain, text, unreadable};
use crate::value::{Cell, ColumnType as Ty};
use crate::{Change, Column, Index, Projection, ProjectionError, Table};

const OWNER: &str = CallSession::TYPE;

/// The view.
#[derive(Debug)]
pub struct CallArtefacts;

/// Its table.
pub static TABLE: Table = Table {
    name: "call_artefacts",
    schema: 1,
    doc: "One row per recording, transcript or analysis of a call. They come in any order, also \
          long after the call.",
    columns: &[
        Column::key("id", Ty::Uuid, "Id of the artefact."),
        Column::of(OWNER, "call_id", Ty::Uuid, "Call."),
        Column::of(OWNER, "attempt", Ty::Int, "Attempt of the call."),
        Column::of(OWNER, "kind", Ty::Text, "`RECORDING`, `TRANSCRIPT` or `ANALYSIS`."),
        Column::of(OWNER, "provider", Ty::Text, "Who made it: `TWILIO` or `ELEVENLABS`."),
        Column::of(
            OWNER,
            "provider_id",
            Ty::Text,
            "What the provider calls it; NULL for analyses.",
        )
        .optional(),
        Column::of(OWNER, "attached_at", Ty::Time, "When it came."),
        Column::of(OWNER, "duration_s", Ty::Int, "Recordings: how long, seconds.").optional(),
        Column::of(OWNER, "channels", Ty::Int, "Recordings: how many channels.").optional(),
        Column::of(
            OWNER,
            "stored_at",
            Ty::Time,
            "Recordings: when it came into the blob store; NULL while only the provider has it.",
        )
        .optional(),
        Column::of(
            OWNER,
            "blob",
            Ty::Text,
            "Recordings: key in the blob store; NULL when it is not there.",
        )
        .optional(),
        Column::of(OWNER, "bytes", Ty::Int, "Recordings: size in the blob store.").optional(),
        Column::of(OWNER, "delete_at", Ty::Time, "Recordings: when it goes.").optional(),
        Column::of(
            OWNER,
            "deleted_at",
            Ty::Time,
            "Recordings: when it was deleted; NULL while it is kept.",
        )
        .optional(),
        Column::of(OWNER, "deleted_by", Ty::Text, "Recordings: kind and id of who deleted it.")
            .optional(),
        Column::of(
            OWNER,
            "deletion_reason",
            Ty::Text,
            "Recordings: `RETENTION`, `REDACTION` or `ERASURE`.",
        )
        .optional(),
        Column::of(
            OWNER,
            "language",
            Ty::Text,
            "Transcripts: language code; NULL when nobody told.",
        )
        .optional(),
        Column::of(
            OWNER,
            "turns",
            Ty::Int,
            "Transcripts: number of turns; they stand in `call_turns`.",
        )
        .optional(),
        Column::of(OWNER, "cut", Ty::Bool, "Transcripts: there was more than is kept."),
        Column::of(OWNER, "success", Ty::Text, "Analyses: `SUCCESS`, `FAILURE` or `UNKNOWN`.")
            .optional(),
        Column::of(OWNER, "summary", Ty::Text, "Analyses: what it was about.")
            .optional()
            .personal(),
        Column::of(
            OWNER,
            "criteria",
            Ty::Json,
            "Analyses: what was judged, array of `{id, result, rationale}`.",
        )
        .optional()
        .personal(),
        Column::of(
            OWNER,
            "collected",
            Ty::Json,
            "Analyses: what was found out, array of `{id, value, rationale}`.",
        )
        .optional()
        .personal(),
    ],
    key: &["id"],
    indexes: &[
        Index { name: "by_call", columns: &["call_id", "-attached_at", "-id"] },
        Index { name: "by_kind", columns: &["kind", "-attached_at", "-id"] },
        Index { name: "by_time", columns: &["-attached_at", "-id"] },
        Index { name: "by_deletion", columns: &["delete_at", "id"] },
    ],
};

/// The id of a transcript.
pub fn transcript_id(call: Uuid, attempt: i64, provider: CallProvider, sid: &str) -> Uuid {
    Uuid::new_v5(&call, format!("transcript:{attempt}:{provider:?}:{sid}").as_bytes())
}

impl Projection for CallArtefacts {
    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn interest(&self) -> &'static [&'static str] {
        &[OWNER]
    }

    fn project(&self, event: &RecordedEvent) -> Result<Vec<Change>, ProjectionError> {
        let call = aggregate_id(event)?;
        let said = event.decode::<CallSession>()?;
        if let Some((key, mut set)) = words(said, call).or_else(|| recorded(said)) {
            set.push(("call_id", call.into()));
            return Ok(vec![Change::Insert { key: key.into(), set }]);
        }
        if let Event::CallAnalysed { attempt, provider, analysis, at, .. } = said {
            let mut set = judged(analysis).map_err(|e| unreadable(event, e.to_string()))?;
            set.extend(head("ANALYSIS", *attempt, *provider));
            set.extend([("call_id", call.into()), ("attached_at", (*at).into())]);
            let key = Uuid::new_v5(&call, format!("analysis:{attempt}").as_bytes()).into();
            return Ok(vec![Change::Insert { key, set }]);
        }
        Ok(moved(said).into_iter().collect())
    }
}

fn head(kind: &str, attempt: i64, provider: CallProvider) -> Set {
    vec![("kind", kind.into()), ("attempt", attempt.into()), ("provider", code(&provider))]
}

fn words(said: &Event, call: Uuid) -> Option<(Uuid, Set)> {
    let Event::CallTranscribed { attempt, provider, sid, turns, language, cut, at, .. } = said
    else {
        return None;
    };
    let count = turns.reveal().map(|turns| i64::try_from(turns.len()).unwrap_or(i64::MAX));
    let mut set = head("TRANSCRIPT", *attempt, *provider);
    set.extend([
        ("provider_id", sid.as_str().into()),
        ("attached_at", (*at).into()),
        ("language", language.clone().into()),
        ("turns", count.into()),
        ("cut", (*cut).into()),
    ]);
    Some((transcript_id(call, *attempt, *provider, sid), set))
}

fn recorded(said: &Event) -> Option<(Uuid, Set)> {
    let Event::CallRecordingAttached {
        recording,
        attempt,
        provider,
        sid,
        source,
        duration_s,
        channels,
        delete_at,
        at,
    } = said
    else {
        return None;
    };
    let mut set = head("RECORDING", *attempt, *provider);
    set.extend([
        ("provider_id", sid.as_str().into()),
        ("attached_at", (*at).into()),
        ("duration_s", (*duration_s).into()),
        ("channels", (*channels).into()),
        ("delete_at", (*delete_at).into()),
    ]);
    match source {
        RecordingSource::Stored { blob, bytes } => set.extend([
            ("blob", blob.as_str().into()),
            ("bytes", (*bytes).into()),
            ("stored_at", (*at).into()),
        ]),
        // The address may hold secrets of the provider's; whoever fetches it has it.
        RecordingSource::AtProvider { .. } => {}
    }
    Some((*recording, set))
}

fn judged(analysis: &Analysis) -> Result<Set, serde_json::Error> {
    let collected = match &analysis.collected {
        Some(collected) => Cell::Json(plain(collected)?),
        None => Cell::Null,
    };
    Ok(vec![
        ("success", code(&analysis.success)),
        ("summary", text(analysis.summary.as_ref())),
        ("criteria", Cell::Json(plain(&analysis.criteria)?)),
        ("collected", collected),
    ])
}

/// What becomes of a recording.
fn moved(said: &Event) -> Option<Change> {
    if let Event::CallRecordingStored { recording, blob, bytes, at } = said {
        let set = vec![
            ("blob", blob.as_str().into()),
            ("bytes", (*bytes).into()),
            ("stored_at", (*at).into()),
        ];
        return Some(Change::Patch { key: (*recording).into(), set });
    }
    let Event::CallRecordingDeleted { recording, reason, by, at, .. } = said else { return None };
    let set = vec![
        ("blob", Cell::Null),
        ("deleted_at", (*at).into()),
        ("deleted_by", person(by)),
        ("deletion_reason", code(reason)),
    ];
    Some(Change::Patch { key: (*recording).into(), set })
}
