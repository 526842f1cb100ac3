//! The kind `call.recording.delete`: lets a recording's bytes go, here and at the provider. The
//! event that asks for it is the trace that stays. Safe to repeat.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::call_session::{DELETE_RECORDING_EFFECT, RecordingEffect};

use super::recording::{self, PROVIDER, failed, recording_owner};
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::ports::{BlobKey, Blobs, Recordings};

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    Arc::new(DeleteRecording {
        blobs: Arc::clone(&parts.blobs),
        recordings: Arc::clone(&parts.recordings),
    })
}

struct DeleteRecording {
    blobs: Arc<dyn Blobs>,
    recordings: Arc<dyn Recordings>,
}

#[async_trait]
impl EffectHandler for DeleteRecording {
    fn kind(&self) -> &'static str {
        DELETE_RECORDING_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        Some(PROVIDER)
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        match recording::read(effect) {
            Ok(wanted) => self.delete(effect, &wanted).await.unwrap_or_else(|verdict| verdict),
            Err(verdict) => verdict,
        }
    }

    async fn abandoned(&self, _: &Claimed) -> Verdict {
        recording::abandoned()
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    /// What could not be deleted is a dead letter, for an operator to see to.
    async fn given_up(&self, _: &Claimed, _: &str, _: &str, _: bool) -> Result<(), Untold> {
        Ok(())
    }
}

impl DeleteRecording {
    /// Ours first: a provider that does not answer must not keep our copy alive.
    async fn delete(&self, effect: &Claimed, wanted: &RecordingEffect) -> Result<Verdict, Verdict> {
        if let Some(blob) = &wanted.blob {
            let unreadable = || failed("BLOB_KEY_UNREADABLE", "its name is no SHA-256");
            let key = BlobKey::parse(blob).ok_or_else(unreadable)?;
            let owner = recording_owner(wanted.call, wanted.provider, &wanted.sid);
            let released = self.blobs.release(effect.tenant, key, &owner).await;
            released.map_err(|error| recording::of_store(&error))?;
        }
        let deleted = self.recordings.delete(wanted.provider, &wanted.sid).await;
        deleted.map_err(|fault| recording::of_provider(&fault))?;
        Ok(Verdict::Done)
    }
}
