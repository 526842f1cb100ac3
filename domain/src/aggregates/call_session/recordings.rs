//! Decisions on recordings: attached once, kept for a time, deleted with a trace.

use chrono::TimeDelta;
use uuid::Uuid;

use super::artefacts::RecordingSource;
use super::events::CallEvent as E;
use super::handle::Decision;
use super::names::provider_id;
use super::providers::{AttemptRef, CallProvider};
use super::refusal::CallRefusal;
use super::state::{CallSession, Recording};
use super::status::seconds;
use super::vocabulary::DeletionReason;
use crate::Directed;

/// Most recordings of a call.
const RECORDINGS_MAX: usize = 20;
/// For how many days a recording is kept.
const RETENTION_DAYS: std::ops::RangeInclusive<i64> = 1..=3_650;
/// Most channels of a recording.
const CHANNELS_MAX: i64 = 64;

/// A recording, taken out of its command.
pub(super) struct NewRecording {
    pub(super) about: AttemptRef,
    pub(super) provider: CallProvider,
    pub(super) sid: String,
    pub(super) source: RecordingSource,
    pub(super) duration_s: Option<i64>,
    pub(super) channels: Option<i64>,
    pub(super) retention_days: i64,
}

impl CallSession {
    pub(super) fn attach_recording(&self, of: &Directed<()>, new: NewRecording) -> Decision {
        let NewRecording { about, provider, sid, source, duration_s, channels, retention_days } =
            new;
        let known = self.about(&about)?;
        let mut events = self.learnt(of, known, &about.ids, None);
        provider_id(&sid)?;
        source.check()?;
        let same = |other: &Recording| other.provider == provider && other.sid == sid;
        if self.recordings.iter().any(same) {
            return Ok(events);
        }
        if !RETENTION_DAYS.contains(&retention_days) {
            return Err(CallRefusal::InvalidRetention);
        }
        let sound = channels.is_none_or(|n| (1..=CHANNELS_MAX).contains(&n))
            && duration_s == seconds(duration_s);
        if !sound {
            return Err(CallRefusal::InvalidRecording);
        }
        if self.recordings.len() >= RECORDINGS_MAX {
            return Err(CallRefusal::TooManyRecordings);
        }
        events.push(E::CallRecordingAttached {
            recording: of.new_id(0),
            attempt: known.number,
            provider,
            sid,
            source,
            duration_s,
            channels,
            delete_at: of.now + TimeDelta::days(retention_days),
            at: of.now,
        });
        Ok(events)
    }

    /// One that was deleted meanwhile is not kept again; whoever fetched it lets it go.
    pub(super) fn store_recording(
        &self,
        of: &Directed<()>,
        recording: Uuid,
        (blob, bytes): (String, i64),
    ) -> Decision {
        let known = self.recording(recording)?;
        RecordingSource::Stored { blob: blob.clone(), bytes }.check()?;
        if known.deleted || known.blob.is_some() {
            return Ok(vec![]);
        }
        Ok(vec![E::CallRecordingStored { recording, blob, bytes, at: of.now }])
    }

    pub(super) fn delete_recording(
        &self,
        of: &Directed<()>,
        recording: Uuid,
        reason: DeletionReason,
    ) -> Decision {
        let Recording { provider, sid, blob, deleted, .. } = self.recording(recording)?.clone();
        if deleted {
            return Ok(vec![]);
        }
        let (by, at) = (of.actor.clone(), of.now);
        Ok(vec![E::CallRecordingDeleted { recording, provider, sid, blob, reason, by, at }])
    }

    fn recording(&self, id: Uuid) -> Result<&Recording, CallRefusal> {
        let found = self.recordings.iter().find(|known| known.id == id);
        found.ok_or(CallRefusal::RecordingUnknown)
    }
}
