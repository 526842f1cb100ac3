//! The kind `call.recording.fetch`: brings a recording from its provider into the blob store,
//! piece by piece, and tells the call where it is. May be done again at any point: the same bytes
//! are the same blob of the same owner, and the call notes one place only.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::call_session::{
    CallCommand, CallSession, FETCH_RECORDING_EFFECT, RecordingEffect,
};
use bitacora_domain::{Actor, CommandId};

use super::recording::{
    self, PROVIDER, RECORDING_MAX, dropped, failed, recording_kept_until, recording_owner, retry,
};
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::ports::{Blob, Blobs, NewBlob, RecordingAt, Recordings};
use crate::{CommandBus, Envelope};

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    Arc::new(FetchRecording {
        bus: parts.bus.clone(),
        blobs: Arc::clone(&parts.blobs),
        recordings: Arc::clone(&parts.recordings),
    })
}

struct FetchRecording {
    bus: CommandBus,
    blobs: Arc<dyn Blobs>,
    recordings: Arc<dyn Recordings>,
}

#[async_trait]
impl EffectHandler for FetchRecording {
    fn kind(&self) -> &'static str {
        FETCH_RECORDING_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        Some(PROVIDER)
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        match recording::read(effect) {
            Ok(wanted) => self.fetch(effect, &wanted).await.unwrap_or_else(|verdict| verdict),
            Err(verdict) => verdict,
        }
    }

    async fn abandoned(&self, _: &Claimed) -> Verdict {
        recording::abandoned()
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    /// The recording stays at its provider, and the dead letter says so.
    async fn given_up(&self, _: &Claimed, _: &str, _: &str, _: bool) -> Result<(), Untold> {
        Ok(())
    }
}

impl FetchRecording {
    /// `Err` is the verdict on an attempt that ended before the call was told.
    async fn fetch(&self, effect: &Claimed, wanted: &RecordingEffect) -> Result<Verdict, Verdict> {
        let call = self.call(effect, wanted).await?;
        if !call.awaits_recording(wanted.recording) {
            return Err(dropped("RECORDING_NOT_WANTED", "it is there already, or was deleted"));
        }
        let blob = self.keep(effect, wanted).await?;
        let told = self.tell(effect, wanted, &blob).await;
        // Deleted meanwhile, it is not kept after all: what the call says now decides.
        let call = self.call(effect, wanted).await?;
        if call.stored_recording(wanted.recording) == Some(blob.key.to_string().as_str()) {
            return Ok(Verdict::Done);
        }
        if told.is_ok() || !call.awaits_recording(wanted.recording) {
            let owner = recording_owner(wanted.call, wanted.provider, &wanted.sid);
            let released = self.blobs.release(effect.tenant, blob.key, &owner).await;
            released.map_err(|error| recording::of_store(&error))?;
        }
        told.map(|()| dropped("RECORDING_NOT_WANTED", "it was deleted while it was fetched"))
    }

    async fn call(
        &self,
        effect: &Claimed,
        wanted: &RecordingEffect,
    ) -> Result<CallSession, Verdict> {
        let loaded = self.bus.load::<CallSession>(effect.tenant, &wanted.call.to_string()).await;
        match loaded {
            Ok(Some((call, _))) => Ok(call),
            Ok(None) => Err(failed("CALL_NOT_FOUND", "there is no such call")),
            Err(error) => Err(retry("LOG_UNAVAILABLE", &error.to_string())),
        }
    }

    /// From the provider into the store.
    async fn keep(&self, effect: &Claimed, wanted: &RecordingEffect) -> Result<Blob, Verdict> {
        let Some(url) = wanted.url.clone() else {
            return Err(failed("RECORDING_WITHOUT_URL", "nobody said where it is"));
        };
        let at = RecordingAt { provider: wanted.provider, sid: wanted.sid.clone(), url };
        let media = self.recordings.open(&at).await;
        let media = media.map_err(|fault| recording::of_provider(&fault))?;
        let new = NewBlob {
            tenant: effect.tenant,
            owner: recording_owner(wanted.call, wanted.provider, &wanted.sid),
            content_type: media.content_type,
            keep_until: Some(recording_kept_until(effect.created_at)),
            max_bytes: RECORDING_MAX,
        };
        let kept = self.blobs.put(new, media.content).await;
        kept.map_err(|error| recording::of_store(&error))
    }

    async fn tell(
        &self,
        effect: &Claimed,
        wanted: &RecordingEffect,
        blob: &Blob,
    ) -> Result<(), Verdict> {
        let body = CallCommand::RecordRecordingStored {
            recording: wanted.recording,
            blob: blob.key.to_string(),
            bytes: i64::try_from(blob.bytes).unwrap_or(i64::MAX),
        };
        let fingerprint = self.bus.key().fingerprint(&body);
        let fingerprint =
            fingerprint.map_err(|error| failed("EFFECT_UNREADABLE", &error.to_string()))?;
        let command = CommandId::new(effect.id).step("stored");
        let now = self.bus.clock().now();
        let actor = Actor::system("recordings");
        let envelope = Envelope {
            correlation_id: effect.correlation_id,
            causation_id: effect.event_id.as_uuid(),
            traceparent: effect.traceparent.clone(),
            ..Envelope::new(effect.tenant, actor, command, fingerprint, now)
        };
        let told = self.bus.execute::<CallSession>(envelope, &wanted.call.to_string(), body).await;
        told.map(drop).map_err(|error| {
            let (code, detail) = (error.code().to_owned(), error.to_string());
            if error.retryable() { retry(&code, &detail) } else { failed(&code, &detail) }
        })
    }
}
