//! The blob store: bytes in a directory or a bucket ([`place`]), what they are and who needs them
//! in Postgres (`migrations/0010_blobs.sql`).
//!
//! A content exists when its row does. An upload goes to a place of its own, which was written
//! down as litter before; the transaction that makes the row takes the place off that list. So a
//! crash at any moment leaves litter, which the sweep removes, and never half a content; and
//! deleting a content cannot meet an upload of the same one, because they never share a place.

mod content;
mod deleting;
mod keeping;
mod opening;
pub mod place;
mod rows;
mod uploading;
mod wire;

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{
    Blob, BlobError, BlobKey, Blobs, Chunks, NewBlob, Opened, Released, Swept,
};
use bitacora_domain::TenantId;
use chrono::{DateTime, Utc};
use sqlx::PgPool;

pub use self::place::{Place, PlaceError, S3Settings};
use crate::pools::Pools;

/// Bounds of the blob store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobLimits {
    /// Longest content, bytes.
    pub content_bytes: u64,
    /// What all contents of a tenant may take together, bytes.
    pub tenant_bytes: u64,
    /// How long an upload may take before it counts as one that never ended.
    pub upload: Duration,
}

impl Default for BlobLimits {
    /// 100 MiB, 50 GiB, an hour.
    fn default() -> Self {
        Self { content_bytes: 100 << 20, tenant_bytes: 50 << 30, upload: Duration::from_hours(1) }
    }
}

/// The blob store over Postgres and a place for the bytes.
#[derive(Clone, Debug)]
pub struct PgBlobs {
    writer: PgPool,
    api: PgPool,
    place: Place,
    limits: BlobLimits,
}

impl PgBlobs {
    /// A store whose bytes are at `place`.
    pub fn new(pools: &Pools, place: Place, limits: BlobLimits) -> Self {
        Self { writer: pools.writer.clone(), api: pools.api.clone(), place, limits }
    }
}

#[async_trait]
impl Blobs for PgBlobs {
    async fn put(&self, new: NewBlob, content: Chunks) -> Result<Blob, BlobError> {
        keeping::put(self, new, content).await
    }

    async fn find(&self, tenant: TenantId, key: BlobKey) -> Result<Blob, BlobError> {
        Ok(rows::find(&self.api, tenant, key).await?.blob)
    }

    async fn open(
        &self,
        tenant: TenantId,
        key: BlobKey,
        range: Option<Range<u64>>,
    ) -> Result<Opened, BlobError> {
        let row = rows::find(&self.api, tenant, key).await?;
        opening::open(&self.place, row, range).await
    }

    async fn release(
        &self,
        tenant: TenantId,
        key: BlobKey,
        owner: &str,
    ) -> Result<Released, BlobError> {
        deleting::release(self, tenant, key, owner).await
    }

    async fn sweep(&self, now: DateTime<Utc>, limit: u32) -> Result<Swept, BlobError> {
        deleting::sweep(self, now, limit).await
    }
}

/// Names what failed and no value of anybody.
#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn unavailable(error: sqlx::Error) -> BlobError {
    BlobError::Unavailable(match error.as_database_error() {
        Some(refused) => format!("{} ({})", refused.message(), refused.code().unwrap_or_default()),
        None => error.to_string(),
    })
}

/// Every statement about blobs, for the test that prepares them all.
pub fn statements() -> Vec<&'static str> {
    rows::STATEMENTS.to_vec()
}
