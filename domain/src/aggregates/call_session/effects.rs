//! What is to be done outside because of a call: kinds of effects and what their workers get.
//! Personal values stay tagged.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::plan::CallPlan;
use super::providers::{CallProvider, ProviderIds};
use super::vocabulary::DeletionReason;
use crate::{CallId, ContactId, Personal, UserId};

/// Dials: [`PlaceEffect`]. The worker gives `PlaceCall` before the request and `RecordPlaced`
/// after it; between the two the request leaves at most once.
pub const PLACE_EFFECT: &str = "call.place";
/// Asks the provider how a call stands that should be over: [`CallEffect`]. Webhooks get lost.
pub const CHECK_EFFECT: &str = "call.check";
/// Ends a call: [`CallEffect`].
pub const HANG_UP_EFFECT: &str = "call.hang_up";
/// Puts a person through: [`TransferEffect`]. The worker gives `RecordTransfer`.
pub const TRANSFER_EFFECT: &str = "call.transfer";
/// Brings a recording into the blob store: [`RecordingEffect`]. The worker gives
/// `RecordRecordingStored`.
pub const FETCH_RECORDING_EFFECT: &str = "call.recording.fetch";
/// Deletes a recording, in the blob store and at the provider: [`RecordingEffect`].
pub const DELETE_RECORDING_EFFECT: &str = "call.recording.delete";

/// What the worker that dials needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceEffect {
    /// The call.
    pub call: CallId,
    /// Which attempt.
    pub attempt: i64,
    /// Whom.
    pub contact: ContactId,
    /// Their number, in E.164.
    pub to: Personal<String>,
    /// How.
    pub plan: CallPlan,
}

/// A call that is, or was, under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEffect {
    /// The call.
    pub call: CallId,
    /// Which attempt.
    pub attempt: i64,
    /// What the providers call it, as far as that is known.
    pub ids: ProviderIds,
}

/// A call that goes to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferEffect {
    /// The call as it is under way.
    pub of: CallEffect,
    /// Who of the team.
    pub agent: Option<UserId>,
    /// Or which number.
    pub number: Option<Personal<String>>,
}

/// A recording to fetch or to delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingEffect {
    /// The call.
    pub call: CallId,
    /// Which recording.
    pub recording: Uuid,
    /// Who made it.
    pub provider: CallProvider,
    /// What the provider calls it.
    pub sid: String,
    /// Where the provider has it; only to fetch it.
    pub url: Option<String>,
    /// Its key in the blob store; only to delete it, and when it is there.
    pub blob: Option<String>,
    /// Why it is deleted; only then.
    pub reason: Option<DeletionReason>,
}
