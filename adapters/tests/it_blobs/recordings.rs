//! Recordings of calls: fetched into the store, deleted here and at the provider, by effects.

use std::path::PathBuf;
use std::sync::Arc;

use bitacora_adapters::blobs::{BlobLimits, PgBlobs, Place};
use bitacora_adapters::providers::recordings::Board;
use bitacora_commands::effects::{
    EffectParts, EffectWorker, command, delete_recording, fetch_recording, recording_owner,
};
use bitacora_commands::ports::{BlobError, BlobKey, Blobs, Clock as _, NewBlob, chunks_of};
use bitacora_commands::{CommandBus, Envelope};
use bitacora_domain::aggregates::call_session::{
    AttemptRef, CallCommand, CallDirection, CallOutcome, CallProvider, CallSession, DeletionReason,
    ProviderIds, RecordingSource,
};
use bitacora_domain::{Actor, CallId, CommandId, TenantId};
use bytes::Bytes;
use chrono::TimeDelta;
use futures::TryStreamExt as _;
use uuid::Uuid;

use crate::effects::{KEY, World, quick};
use crate::support::{bytes, key_of};
use crate::twilio::{FakeTwilio, Instead, address};

struct Stage {
    world: World,
    bus: CommandBus,
    blobs: Arc<PgBlobs>,
    directory: PathBuf,
    twilio: FakeTwilio,
    worker: EffectWorker,
    tenant: TenantId,
    call: CallId,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Stage {
    async fn set() -> Self {
        let world = World::new().await;
        let directory = std::env::temp_dir().join(format!("bitacora-calls-{}", world.db.name()));
        let place = Place::directory(&directory).unwrap();
        let blobs = Arc::new(PgBlobs::new(world.db.pools(), place, BlobLimits::default()));
        let (twilio, bus) = (FakeTwilio::start().await, world.bus());
        let parts = EffectParts {
            blobs: blobs.clone(),
            recordings: Arc::new(Board::new(Some(twilio.client()), None)),
            ..EffectParts::over(bus.clone())
        };
        let handlers = vec![
            command::handler(&parts),
            fetch_recording::handler(&parts),
            delete_recording::handler(&parts),
        ];
        let queue = world.queue.clone();
        let worker = EffectWorker::new("t", queue, world.clock.clone(), handlers, quick());
        let (tenant, call) = (world.tenants[0], CallId::new(world.clock.fresh_id()));
        let stage = Self { world, bus, blobs, directory, twilio, worker, tenant, call };
        stage.import().await;
        stage
    }

    async fn import(&self) {
        self.give(CallCommand::ImportCall {
            contact: None,
            direction: CallDirection::Inbound,
            number: None,
            channel: None,
            ids: ProviderIds { call_sid: Some("CA1".into()), el_conversation_id: None },
            outcome: CallOutcome::Completed,
            started_at: self.world.clock.now(),
            duration_s: Some(74),
        })
        .await;
    }

    async fn give(&self, body: CallCommand) {
        let command = CommandId::new(self.world.clock.fresh_id());
        let fingerprint = KEY.fingerprint(&body).unwrap();
        let (actor, now) = (Actor::system("test"), self.world.clock.now());
        let envelope = Envelope::new(self.tenant, actor, command, fingerprint, now);
        self.bus.execute::<CallSession>(envelope, &self.call.to_string(), body).await.unwrap();
    }

    async fn attach(&self, provider: CallProvider, sid: &str, source: RecordingSource) {
        self.give(CallCommand::AttachRecording {
            about: AttemptRef::default(),
            provider,
            sid: sid.into(),
            source,
            duration_s: Some(73),
            channels: Some(2),
            retention_days: 30,
        })
        .await;
    }

    /// Twilio has a recording and says so.
    async fn recorded(&self, sid: &str, sound: &Bytes) {
        self.twilio.has(sid, sound);
        let url = address(sid);
        self.attach(CallProvider::Twilio, sid, RecordingSource::AtProvider { url }).await;
    }

    /// Id of the recording that was attached last.
    async fn recording(&self) -> Uuid {
        let sql = "select payload #>> '{CallRecordingAttached,recording}' from log.events
            where event_type = 'CallRecordingAttached' order by position desc limit 1";
        let id: String =
            sqlx::query_scalar(sql).fetch_one(&self.world.db.pools().admin).await.unwrap();
        id.parse().unwrap()
    }

    /// Where the call says that the recording is.
    async fn stored(&self, recording: Uuid) -> Option<BlobKey> {
        let loaded = self.bus.load::<CallSession>(self.tenant, &self.call.to_string()).await;
        let (call, _) = loaded.unwrap().unwrap();
        call.stored_recording(recording).map(|text| BlobKey::parse(text).unwrap())
    }

    async fn content(&self, key: BlobKey) -> Result<Vec<u8>, BlobError> {
        let opened = self.blobs.open(self.tenant, key, None).await?;
        Ok(opened.content.try_collect::<Vec<Bytes>>().await?.concat())
    }

    async fn drain(&self) {
        self.worker.drain().await.unwrap();
    }

    /// State and last code of the last effect of `kind`.
    async fn effect(&self, kind: &str) -> String {
        let sql = "select state || coalesce(' ' || last_code, '') from effects.queue
            where kind = $1 order by created_at desc, ordinal desc limit 1";
        sqlx::query_scalar(sql).bind(kind).fetch_one(&self.world.db.pools().admin).await.unwrap()
    }

    async fn events(&self, name: &str) -> i64 {
        self.world
            .number(&format!("select count(*) from log.events where event_type = '{name}'"))
            .await
    }
}

#[tokio::test]
async fn a_recording_is_fetched_as_mp3_and_the_log_holds_its_key_alone() {
    let stage = Stage::set().await;
    let sound = bytes(12 << 20);
    stage.recorded("RE1", &sound).await;
    stage.drain().await;
    assert_eq!(stage.effect("call.recording.fetch").await, "done");
    let key = stage.stored(stage.recording().await).await.unwrap();
    assert_eq!((key, stage.content(key).await.unwrap()), (key_of(&sound), sound.to_vec()));
    assert_eq!(stage.blobs.find(stage.tenant, key).await.unwrap().content_type, "audio/mpeg");
    assert!(stage.twilio.seen()[0].ends_with("/Recordings/RE1.mp3"), "{:?}", stage.twilio.seen());
    let longest = "select max(length(payload::text))::bigint from log.events";
    assert!(stage.world.number(longest).await < 2_000, "bytes are not in the log");
}

#[tokio::test]
async fn a_provider_that_fails_is_asked_again_and_the_recording_comes_once() {
    let stage = Stage::set().await;
    let sound = bytes(1_000);
    // Announced before it can be had; then the provider is down; then it is too much at once.
    for status in [404, 503, 429] {
        stage.twilio.next(Instead::Status(status));
    }
    stage.recorded("RE1", &sound).await;
    for code in ["RECORDING_NOT_FOUND", "RECORDING_PROVIDER_DOWN", "RECORDING_THROTTLED"] {
        stage.drain().await;
        assert_eq!(stage.effect("call.recording.fetch").await, format!("pending {code}"));
        assert!(stage.world.next().await);
    }
    stage.drain().await;
    assert_eq!(stage.effect("call.recording.fetch").await, "done RECORDING_THROTTLED");
    assert_eq!(stage.events("CallRecordingStored").await, 1);
}

#[tokio::test]
async fn a_recording_is_only_taken_from_the_provider_and_only_as_sound() {
    let elsewhere = "http://127.0.0.1:1/x".to_owned();
    for (instead, code) in [
        (Instead::Status(401), "RECORDING_ACCESS_DENIED"),
        (Instead::Status(410), "RECORDING_REFUSED"),
        (Instead::Page, "RECORDING_IS_NO_SOUND"),
        (Instead::Redirect(elsewhere), "RECORDING_ADDRESS_FOREIGN"),
        (Instead::Redirect("https://evil.example/x".into()), "RECORDING_ADDRESS_FOREIGN"),
    ] {
        let stage = Stage::set().await;
        stage.twilio.next(instead);
        stage.recorded("RE1", &bytes(10)).await;
        stage.drain().await;
        assert_eq!(stage.effect("call.recording.fetch").await, format!("dead {code}"));
        assert_eq!(stage.stored(stage.recording().await).await, None);
    }
    for (url, code) in [
        (
            "https://evil.example/2010-04-01/Accounts/AC1/Recordings/RE1",
            "RECORDING_ADDRESS_FOREIGN",
        ),
        ("https://api.twilio.com/2010-04-01/Accounts/AC9/Recordings/RE1", "TWILIO_ACCOUNT_UNKNOWN"),
    ] {
        let stage = Stage::set().await;
        let source = RecordingSource::AtProvider { url: url.into() };
        stage.attach(CallProvider::Twilio, "RE1", source).await;
        stage.drain().await;
        assert_eq!(stage.effect("call.recording.fetch").await, format!("dead {code}"));
        assert_eq!(stage.twilio.seen(), [] as [String; 0], "nobody was asked");
    }
}

#[tokio::test]
async fn a_recording_goes_here_and_at_the_provider_when_its_time_is_over() {
    let stage = Stage::set().await;
    let sound = bytes(1_000);
    stage.recorded("RE1", &sound).await;
    stage.drain().await;
    let (recording, key) = (stage.recording().await, key_of(&sound));
    stage.world.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    stage.drain().await;
    assert_eq!(stage.stored(recording).await, Some(key), "a second before");
    stage.world.clock.advance(TimeDelta::seconds(1));
    stage.drain().await;
    assert_eq!(stage.stored(recording).await, None);
    assert_eq!(stage.effect("call.recording.delete").await, "done");
    assert_eq!(stage.content(key).await, Err(BlobError::NotFound));
    assert!(stage.twilio.inside.lock().unwrap().recordings.is_empty());
    assert_eq!(stage.events("CallRecordingDeleted").await, 1, "the trace stays");
    let leftovers = "select count(*) from blobs.owners";
    assert_eq!(stage.world.number(leftovers).await, 0);
}

#[tokio::test]
async fn a_recording_that_is_deleted_while_it_waits_is_not_fetched() {
    let stage = Stage::set().await;
    stage.recorded("RE1", &bytes(1_000)).await;
    let recording = stage.recording().await;
    let reason = DeletionReason::Redaction;
    stage.give(CallCommand::DeleteRecording { recording, reason }).await;
    stage.drain().await;
    assert_eq!(stage.effect("call.recording.fetch").await, "dropped RECORDING_NOT_WANTED");
    assert_eq!(stage.effect("call.recording.delete").await, "done");
    assert!(stage.twilio.seen().iter().all(|seen| seen.starts_with("DELETE ")));
    assert_eq!(stage.world.number("select count(*) from blobs.contents").await, 0);
}

#[tokio::test]
async fn what_two_recordings_share_stays_until_both_are_deleted() {
    let stage = Stage::set().await;
    let sound = bytes(1_000);
    stage.recorded("RE1", &sound).await;
    let first = stage.recording().await;
    stage.recorded("RE2", &sound).await;
    let second = stage.recording().await;
    stage.drain().await;
    let (key, reason) = (key_of(&sound), DeletionReason::Erasure);
    assert_eq!(stage.stored(first).await, stage.stored(second).await);
    stage.give(CallCommand::DeleteRecording { recording: first, reason }).await;
    stage.drain().await;
    assert_eq!(stage.content(key).await.unwrap().len(), 1_000);
    stage.give(CallCommand::DeleteRecording { recording: second, reason }).await;
    stage.drain().await;
    assert_eq!(stage.content(key).await, Err(BlobError::NotFound));
}

#[tokio::test]
async fn one_that_came_in_a_webhook_is_let_go_under_the_same_owner() {
    let stage = Stage::set().await;
    let sound = bytes(1_000);
    let new = NewBlob {
        tenant: stage.tenant,
        owner: recording_owner(stage.call, CallProvider::ElevenLabs, "conv_1"),
        content_type: "audio/mpeg".into(),
        keep_until: None,
        max_bytes: 10_000,
    };
    let blob = stage.blobs.put(new, chunks_of(sound)).await.unwrap();
    let source = RecordingSource::Stored { blob: blob.key.to_string(), bytes: 1_000 };
    stage.attach(CallProvider::ElevenLabs, "conv_1", source).await;
    let (recording, reason) = (stage.recording().await, DeletionReason::Erasure);
    stage.give(CallCommand::DeleteRecording { recording, reason }).await;
    stage.drain().await;
    assert_eq!(stage.content(blob.key).await, Err(BlobError::NotFound));
    assert_eq!(stage.effect("call.recording.delete").await, "done");
}

#[tokio::test]
async fn a_provider_that_cannot_delete_now_does_not_keep_our_copy_alive() {
    let stage = Stage::set().await;
    let sound = bytes(1_000);
    stage.recorded("RE1", &sound).await;
    stage.drain().await;
    stage.twilio.next(Instead::Status(503));
    let (recording, reason) = (stage.recording().await, DeletionReason::Erasure);
    stage.give(CallCommand::DeleteRecording { recording, reason }).await;
    stage.drain().await;
    assert_eq!(stage.content(key_of(&sound)).await, Err(BlobError::NotFound));
    let state = stage.effect("call.recording.delete").await;
    assert_eq!(state, "pending RECORDING_PROVIDER_DOWN");
    assert!(stage.world.next().await);
    stage.drain().await;
    assert_eq!(stage.effect("call.recording.delete").await, "done RECORDING_PROVIDER_DOWN");
    assert!(stage.twilio.inside.lock().unwrap().recordings.is_empty());
}
