//! Recordings of calls, as their providers keep them.

use async_trait::async_trait;
use bitacora_domain::aggregates::call_session::CallProvider;
use chrono::TimeDelta;

use super::Chunks;

/// The providers' stores of recordings. Implementations bound their own time, and believe no
/// address that is not the provider's.
#[async_trait]
pub trait Recordings: Send + Sync + 'static {
    /// Opens a recording. Looking changes nothing, so it may be repeated.
    ///
    /// # Errors
    /// [`RecordingFault`]. Trouble after this comes in the content.
    async fn open(&self, of: &RecordingAt) -> Result<Media, RecordingFault>;

    /// Deletes a recording at the provider; one that is gone is as good as deleted.
    ///
    /// # Errors
    /// [`RecordingFault`]; may be repeated.
    async fn delete(&self, provider: CallProvider, sid: &str) -> Result<(), RecordingFault>;
}

/// Names a recording at its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingAt {
    /// Who has it.
    pub provider: CallProvider,
    /// What the provider calls it.
    pub sid: String,
    /// Where it is, as the provider said.
    pub url: String,
}

/// A recording that is being read.
pub struct Media {
    /// What it is, as the provider says.
    pub content_type: String,
    /// Its bytes.
    pub content: Chunks,
}

/// The provider did not give or delete a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingFault {
    /// Not now; later may work.
    #[error("the recording cannot be had now ({code})")]
    Later {
        /// Stable code.
        code: &'static str,
        /// How long the provider asked to wait.
        after: Option<TimeDelta>,
    },
    /// Never by itself: an address that is not the provider's, no access, no recording.
    #[error("the recording cannot be had ({code})")]
    Never {
        /// Stable code.
        code: &'static str,
    },
}

/// Stands where no provider of calls is connected: has no recording.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRecordings;

#[async_trait]
impl Recordings for NoRecordings {
    async fn open(&self, _: &RecordingAt) -> Result<Media, RecordingFault> {
        Err(RecordingFault::Later { code: "NO_RECORDINGS", after: None })
    }
    async fn delete(&self, _: CallProvider, _: &str) -> Result<(), RecordingFault> {
        Err(RecordingFault::Later { code: "NO_RECORDINGS", after: None })
    }
}
