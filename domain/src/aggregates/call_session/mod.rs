//! CallSession: one call, made or received, with all attempts that it took, and everything that
//! came of it (spec/aggregates §2.5).
#![allow(clippy::unnecessary_wraps)] // one shape for all decisions

mod already;
mod artefacts;
mod attach;
mod begin;
mod commands;
mod consequences;
mod dispatch;
mod effects;
mod events;
mod follow;
mod follow_up;
pub mod guards;
mod handle;
pub mod matrix;
mod names;
mod outward;
mod placing;
mod plan;
mod providers;
mod recordings;
mod refusal;
mod retry;
mod state;
mod status;
mod talk;
mod vocabulary;

pub use artefacts::{
    Analysis, AnalysisResult, Collected, Criterion, RecordingSource, Speaker, Turn,
};
pub use commands::CallCommand;
pub use effects::{
    CHECK_EFFECT, CallEffect, DELETE_RECORDING_EFFECT, FETCH_RECORDING_EFFECT, HANG_UP_EFFECT,
    PLACE_EFFECT, PlaceEffect, RecordingEffect, TRANSFER_EFFECT, TransferEffect,
};
pub use events::CallEvent;
pub use plan::{CallPlan, CallStart, ScriptVersion};
pub use providers::{
    AnsweredBy, AttemptRef, CallProvider, InitiationFailure, PlacementOutcome, ProviderIds,
    ReportedStatus,
};
pub use refusal::CallRefusal;
pub use state::{Attempt, CallSession, Placement};
pub use vocabulary::{
    BlockReason, CallDirection, CallLink, CallOrigin, CallOutcome, CallPurpose, CallStatus,
    DeletionReason, DigitMeaning, ExhaustedBy, FollowUpChannel, caller,
};
