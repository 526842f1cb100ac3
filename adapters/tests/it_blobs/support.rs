//! A database, a directory and a store per test.

use std::path::{Path, PathBuf};

use bitacora_adapters::blobs::{BlobLimits, PgBlobs, Place};
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::testing::TestDb;
use bitacora_commands::ports::{
    Blob, BlobError, BlobKey, Blobs as _, Clock as _, NewBlob, Opened, chunks_of,
};
use bitacora_domain::TenantId;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use sha2::{Digest as _, Sha256};

pub(crate) struct World {
    pub(crate) db: TestDb,
    pub(crate) directory: PathBuf,
    pub(crate) blobs: PgBlobs,
    pub(crate) tenants: [TenantId; 2],
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

pub(crate) fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

pub(crate) fn key_of(content: &[u8]) -> BlobKey {
    BlobKey::new(Sha256::digest(content).into())
}

/// `count` bytes that are not all the same.
pub(crate) fn bytes(count: usize) -> Bytes {
    (0..count).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect::<Vec<_>>().into()
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(BlobLimits::default()).await
    }

    pub(crate) async fn with(limits: BlobLimits) -> Self {
        let db = TestDb::new().await;
        let directory = std::env::temp_dir().join(format!("bitacora-blobs-{}", db.name()));
        let place = Place::directory(&directory).unwrap();
        let blobs = PgBlobs::new(db.pools(), place, limits);
        let tenants = [0; 2].map(|_| TenantId::new(SystemClock.fresh_id()));
        Self { db, directory, blobs, tenants }
    }

    /// The same database and directory under other limits.
    pub(crate) fn store(&self, limits: BlobLimits) -> PgBlobs {
        PgBlobs::new(self.db.pools(), Place::directory(&self.directory).unwrap(), limits)
    }

    pub(crate) fn new_blob(&self, owner: &str) -> NewBlob {
        NewBlob {
            tenant: self.tenants[0],
            owner: owner.into(),
            content_type: "audio/mpeg".into(),
            keep_until: None,
            max_bytes: u64::MAX,
        }
    }

    pub(crate) async fn put(&self, owner: &str, content: &Bytes) -> Blob {
        self.blobs.put(self.new_blob(owner), chunks_of(content.clone())).await.unwrap()
    }

    /// All of what the first tenant has under `key`.
    pub(crate) async fn read(&self, key: BlobKey) -> Result<Vec<u8>, BlobError> {
        read(self.blobs.open(self.tenants[0], key, None).await?).await
    }

    /// Files of the store, whatever they are called.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(&self.directory, &mut found);
        found
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let sql = format!("select count(*) from blobs.{table}");
        sqlx::query_scalar(&sql).fetch_one(&self.db.pools().admin).await.unwrap()
    }

    pub(crate) async fn room(&self) -> (i64, i64) {
        let sql = "select bytes, contents from blobs.room where tenant_id = $1";
        let room = sqlx::query_as(sql).bind(self.tenants[0].as_uuid());
        room.fetch_optional(&self.db.pools().admin).await.unwrap().unwrap_or_default()
    }

    /// Makes all litter due, as if its time had come.
    pub(crate) async fn hurry(&self) {
        let sql = "update blobs.litter set due_at = now() - interval '1 second'";
        sqlx::query(sql).execute(&self.db.pools().admin).await.unwrap();
    }
}

pub(crate) async fn read(opened: Opened) -> Result<Vec<u8>, BlobError> {
    let pieces: Vec<Bytes> = opened.content.try_collect().await?;
    Ok(pieces.concat())
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}
