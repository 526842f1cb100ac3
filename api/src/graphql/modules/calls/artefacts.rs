//! What is left of calls: recordings, transcripts, analyses.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::call_artefacts;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::Call;
use super::filter::CallSuccessFilter;
use super::turns::{self, CallTurnConnection, CallTurnFilter};
use super::words::{CallProvider, CallSuccess, RecordingDeletionReason};
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{DateTimeFilter, enum_filter, filter_input};
use crate::graphql::ids::NodeType;
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &call_artefacts::TABLE;
/// Fields that read a table beside the artefact's own.
const READS: Beside = &[("call", super::TABLE)];

/// What an artefact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CallArtefactKind {
    /// Sound.
    Recording,
    /// Words.
    Transcript,
    /// A judgement.
    Analysis,
}

enum_filter!(
    /// Conditions on what an artefact is.
    CallArtefactKindFilter of CallArtefactKind
);

filter_input! {
    /// Conditions on artefacts. All that are given must hold.
    CallArtefactFilter {
        /// What it is.
        kind: CallArtefactKindFilter = "kind",
        /// Judgement, of analyses.
        success: CallSuccessFilter = "success",
        /// When it came.
        attached_at: DateTimeFilter = "attached_at",
        /// When a recording goes.
        delete_at: DateTimeFilter = "delete_at",
        /// When a recording was deleted.
        deleted_at: DateTimeFilter = "deleted_at",
    }
}

connection! {
    /// A list of artefacts of calls.
    CallArtefactConnection / CallArtefactEdge of CallArtefact
}

/// Something that the analysis judged.
#[derive(Clone, Debug, SimpleObject)]
pub struct CallCriterion {
    /// Its name.
    pub name: String,
    /// Was it met?
    pub result: Option<CallSuccess>,
    /// Why; null when it was not said or may not be seen.
    pub rationale: Option<String>,
}

/// Something that the analysis found out.
#[derive(Clone, Debug, SimpleObject)]
pub struct CallFinding {
    /// Its name.
    pub name: String,
    /// The value as text.
    pub value: String,
    /// Why.
    pub rationale: Option<String>,
}

/// An artefact.
#[derive(Clone, Debug)]
pub struct CallArtefact(pub TableRow);

/// A recording, a transcript or an analysis of a call. They come in any order, also long after it.
#[Object]
impl CallArtefact {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeType::CallArtefact.id(self.uuid())
    }
    /// The id in raw events; `deleteCallRecording` asks for that of a recording.
    #[graphql(name = "uuid")]
    async fn raw_id(&self) -> Uuid {
        self.uuid()
    }
    /// What it is.
    async fn kind(&self) -> Option<CallArtefactKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// The call; null while the read side has not seen it yet.
    async fn call(&self, ctx: &Context<'_>) -> Result<Option<Call>> {
        Call::find(Caller::of(ctx)?, self.0.uuid("call_id")).await
    }
    /// Attempt of the call.
    async fn attempt(&self) -> i64 {
        self.0.int("attempt")
    }
    /// Who made it.
    async fn provider(&self) -> Option<CallProvider> {
        enums::of_cell(self.0.cell("provider"))
    }
    /// What the provider calls it.
    async fn provider_id(&self) -> Option<String> {
        self.0.text("provider_id")
    }
    /// When it came.
    async fn attached_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("attached_at")
    }
    /// Recordings: how long, seconds.
    async fn duration_seconds(&self) -> Option<i64> {
        self.0.cell("duration_s").as_int()
    }
    /// Recordings: how many channels.
    async fn channels(&self) -> Option<i64> {
        self.0.cell("channels").as_int()
    }
    /// Recordings: when it came into the blob store; null while only the provider has it.
    async fn stored_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("stored_at")
    }
    /// Recordings: key in the blob store; null when it is not there.
    async fn blob(&self) -> Option<String> {
        self.0.text("blob")
    }
    /// Recordings: size in the blob store, bytes.
    async fn bytes(&self) -> Option<i64> {
        self.0.cell("bytes").as_int()
    }
    /// Recordings: when it goes.
    async fn delete_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("delete_at")
    }
    /// Recordings: when it was deleted; null while it is kept.
    async fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.0.time("deleted_at")
    }
    /// Recordings: kind and id of who deleted it.
    async fn deleted_by(&self) -> Option<String> {
        self.0.text("deleted_by")
    }
    /// Recordings: why it was deleted.
    async fn deletion_reason(&self) -> Option<RecordingDeletionReason> {
        enums::of_cell(self.0.cell("deletion_reason"))
    }
    /// Transcripts: language code; null when nobody told.
    async fn language(&self) -> Option<String> {
        self.0.text("language")
    }
    /// Transcripts: number of turns.
    async fn turn_count(&self) -> Option<i64> {
        self.0.cell("turns").as_int()
    }
    /// Transcripts: there was more than is kept.
    async fn cut(&self) -> bool {
        self.0.truth("cut")
    }
    /// Analyses: the judgement.
    async fn success(&self) -> Option<CallSuccess> {
        enums::of_cell(self.0.cell("success"))
    }
    /// Analyses: what it was about.
    async fn summary(&self) -> Option<String> {
        self.0.text("summary")
    }
    /// Analyses: what was judged.
    async fn criteria(&self) -> Vec<CallCriterion> {
        items(self.0.json("criteria").as_ref(), |item| {
            let result = item.get("result").and_then(Value::as_str).and_then(enums::of_text);
            Some(CallCriterion {
                name: text(item, "id")?,
                result,
                rationale: text(item, "rationale"),
            })
        })
    }
    /// Analyses: what was found out.
    async fn collected(&self) -> Vec<CallFinding> {
        items(self.0.json("collected").as_ref(), |item| {
            let (name, value) = (text(item, "id")?, text(item, "value")?);
            Some(CallFinding { name, value, rationale: text(item, "rationale") })
        })
    }
    #[graphql(flatten)]
    #[allow(clippy::unused_async, reason = "the engine awaits every resolver")]
    async fn lists(&self) -> CallArtefactLists {
        CallArtefactLists(self.uuid())
    }
}

/// What belongs to an artefact.
pub(super) struct CallArtefactLists(Uuid);

list_fields! {
    /// What belongs to an artefact.
    CallArtefactLists {
        /// Transcripts: the turns, in the order in which they were said.
        turns: CallTurnConnection [CallTurnFilter] =
            |of| turns::list().below("transcript_id", of.0);
    }
}

impl CallArtefact {
    fn uuid(&self) -> Uuid {
        self.0.uuid("id").unwrap_or_default()
    }
}

fn items<T>(list: Option<&Value>, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(read).collect()
}

fn text(item: &Value, name: &str) -> Option<String> {
    item.get(name)?.as_str().map(str::to_owned)
}

/// Artefacts, newest first.
pub(super) fn list() -> List {
    List::of(TABLE, "attached_at", Direction::Desc).beside(READS)
}
