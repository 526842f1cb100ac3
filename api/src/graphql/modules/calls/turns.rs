//! What was said in calls.

use async_graphql::Object;
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::call_turns;
use uuid::Uuid;

use super::words::CallSpeaker;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{IntFilter, enum_filter, filter_input};
use crate::graphql::lists::List;
use crate::graphql::paging::connection;

/// The table behind the type.
const TABLE: &Table = &call_turns::TABLE;

enum_filter!(
    /// Conditions on who speaks.
    CallSpeakerFilter of CallSpeaker
);

filter_input! {
    /// Conditions on turns. All that are given must hold.
    CallTurnFilter {
        /// Who speaks.
        speaker: CallSpeakerFilter = "speaker",
        /// Attempt of the call.
        attempt: IntFilter = "attempt",
        /// Seconds since the call was answered.
        at_seconds: IntFilter = "at_s",
    }
}

connection! {
    /// A list of turns.
    CallTurnConnection / CallTurnEdge of CallTurn
}

/// A turn.
#[derive(Clone, Debug)]
pub struct CallTurn(pub TableRow);

/// Something that was said in a call.
#[Object]
impl CallTurn {
    /// Number within its transcript, from 1.
    async fn number(&self) -> i64 {
        self.0.int("number")
    }
    /// UUID of its transcript.
    async fn transcript_uuid(&self) -> Option<Uuid> {
        self.0.uuid("transcript_id")
    }
    /// Attempt of the call.
    async fn attempt(&self) -> i64 {
        self.0.int("attempt")
    }
    /// Who speaks.
    async fn speaker(&self) -> Option<CallSpeaker> {
        enums::of_cell(self.0.cell("speaker"))
    }
    /// The words; null when they may not be seen.
    async fn text(&self) -> Option<String> {
        self.0.text("text")
    }
    /// Seconds since the call was answered.
    async fn at_seconds(&self) -> i64 {
        self.0.int("at_s")
    }
}

/// Turns in the order in which they were said.
pub(super) fn list() -> List {
    List::of(TABLE, "number", Direction::Asc)
}
