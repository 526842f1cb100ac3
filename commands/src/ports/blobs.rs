//! Where bytes are kept that are too big for the log: recordings and other media. The log holds
//! their keys, which follow from the content.

use std::ops::Range;

use async_trait::async_trait;
use bitacora_domain::TenantId;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use futures::stream::BoxStream;

/// Content on its way in or out, piece by piece. Nobody holds all of it at once.
pub type Chunks = BoxStream<'static, Result<Bytes, BlobError>>;

/// Content that is in memory already, cut into pieces of 64 KiB.
pub fn chunks_of(content: Bytes) -> Chunks {
    const PIECE: usize = 64 * 1024;
    futures::stream::unfold(content, |mut rest| async move {
        let piece = rest.split_to(rest.len().min(PIECE));
        (!piece.is_empty()).then_some((Ok(piece), rest))
    })
    .boxed()
}

/// Name of a content within its tenant: its SHA-256. As text: 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobKey([u8; 32]);

impl BlobKey {
    /// The key of a content with this SHA-256.
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// The SHA-256.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key that is written `text`: 64 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = [0; 32];
        let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        (lower && hex::decode_to_slice(text, &mut key).is_ok()).then_some(Self(key))
    }
}

impl std::fmt::Display for BlobKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What goes in, beside the content itself.
#[derive(Clone, Debug)]
pub struct NewBlob {
    /// Whose it is. The same content of two tenants is two blobs.
    pub tenant: TenantId,
    /// What in the tenant needs it (`call:<id>:…`), 1–200 characters. A content stays while
    /// anybody needs it; to put the same for the same owner again changes nothing.
    pub owner: String,
    /// Its media type as the provider named it. One that a browser could run is kept as
    /// `application/octet-stream`.
    pub content_type: String,
    /// When the owner lets it go by itself, whatever else happens; `None` for never.
    pub keep_until: Option<DateTime<Utc>>,
    /// Longest content, bytes; the store's own limit holds as well.
    pub max_bytes: u64,
}

/// What the store has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Name of the content.
    pub key: BlobKey,
    /// Size of the content.
    pub bytes: u64,
    /// Media type.
    pub content_type: String,
    /// When it was first put.
    pub stored_at: DateTime<Utc>,
}

/// What the store has, with (a part of) its content.
pub struct Opened {
    /// The blob.
    pub blob: Blob,
    /// The bytes that follow, by their place in the content.
    pub range: Range<u64>,
    /// The bytes.
    pub content: Chunks,
}

/// What became of an owner that let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// Nobody needs the content any more: it is gone, at the latest with the next sweep.
    Deleted,
    /// Somebody else in the tenant needs it.
    StillNeeded,
    /// This owner did not have it (any more).
    NotHeld,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Owners whose time was over.
    pub expired: u64,
    /// Contents that were deleted for good, unfinished ones included.
    pub deleted: u64,
}

/// Why the store could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// The tenant has no such blob (any more).
    #[error("there is no such blob")]
    NotFound,
    /// The content is longer than allowed; nothing was kept.
    #[error("the content is longer than {limit} bytes")]
    TooLarge {
        /// Bytes that are allowed.
        limit: u64,
    },
    /// The tenant has no room left; nothing was kept. Deleting something makes room.
    #[error("the tenant's blobs would take more than {limit} bytes")]
    NoRoom {
        /// Bytes that all blobs of the tenant may take.
        limit: u64,
    },
    /// Where the content came from failed before its end; nothing was kept.
    #[error("the content did not come to its end: {0}")]
    Interrupted(String),
    /// An owner's name that cannot be kept.
    #[error("an owner has a name of 1 to 200 characters")]
    InvalidOwner,
    /// What is stored is not what was put: an operator has to look at the disk or the bucket.
    #[error("the stored content is damaged or missing")]
    Damaged,
    /// Disk, bucket or database do not answer; trying again may work.
    #[error("the blob store cannot be reached: {0}")]
    Unavailable(String),
}

impl BlobError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "BLOB_NOT_FOUND",
            Self::TooLarge { .. } => "BLOB_TOO_LARGE",
            Self::NoRoom { .. } => "BLOB_NO_ROOM",
            Self::Interrupted(_) => "BLOB_INTERRUPTED",
            Self::InvalidOwner => "INVALID_BLOB_OWNER",
            Self::Damaged => "BLOB_DAMAGED",
            Self::Unavailable(_) => "BLOB_STORE_UNAVAILABLE",
        }
    }

    /// May the same succeed later, without anybody doing anything?
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Interrupted(_) | Self::Unavailable(_) => true,
            Self::NotFound
            | Self::TooLarge { .. }
            | Self::NoRoom { .. }
            | Self::InvalidOwner
            | Self::Damaged => false,
        }
    }
}

/// The blob store. A tenant sees its own blobs only: a hash that belongs to another tenant is
/// [`BlobError::NotFound`], and putting a content never says whether another tenant has it.
#[async_trait]
pub trait Blobs: Send + Sync + 'static {
    /// Keeps `content` for an owner. It is there as a whole, and durable, when this returns, or
    /// not at all. Safe to repeat.
    ///
    /// # Errors
    /// [`BlobError`]; an error of `content` comes back as it is.
    async fn put(&self, new: NewBlob, content: Chunks) -> Result<Blob, BlobError>;

    /// What the tenant has under `key`.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], [`BlobError::Unavailable`].
    async fn find(&self, tenant: TenantId, key: BlobKey) -> Result<Blob, BlobError>;

    /// Opens a content, or the part `range` of it, which is cut to what there is. Read from its
    /// beginning to its end, it is compared with its key, and the last piece only comes when they
    /// agree; else the stream ends with [`BlobError::Damaged`].
    ///
    /// # Errors
    /// [`BlobError::NotFound`], [`BlobError::Damaged`], [`BlobError::Unavailable`].
    async fn open(
        &self,
        tenant: TenantId,
        key: BlobKey,
        range: Option<Range<u64>>,
    ) -> Result<Opened, BlobError>;

    /// An owner needs the content no longer. With its last owner it is deleted. Safe to repeat.
    ///
    /// # Errors
    /// [`BlobError::Unavailable`].
    async fn release(
        &self,
        tenant: TenantId,
        key: BlobKey,
        owner: &str,
    ) -> Result<Released, BlobError>;

    /// Lets owners go whose time is over at `now`, and deletes what nobody needs and what was
    /// never finished; at most `limit` of each.
    ///
    /// # Errors
    /// [`BlobError::Unavailable`].
    async fn sweep(&self, now: DateTime<Utc>, limit: u32) -> Result<Swept, BlobError>;
}

/// Stands where no store is connected: keeps nothing, and says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBlobs;

impl NoBlobs {
    fn none<T>() -> Result<T, BlobError> {
        Err(BlobError::Unavailable("NO_BLOB_STORE".into()))
    }
}

#[async_trait]
impl Blobs for NoBlobs {
    async fn put(&self, _: NewBlob, _: Chunks) -> Result<Blob, BlobError> {
        Self::none()
    }
    async fn find(&self, _: TenantId, _: BlobKey) -> Result<Blob, BlobError> {
        Self::none()
    }
    async fn open(
        &self,
        _: TenantId,
        _: BlobKey,
        _: Option<Range<u64>>,
    ) -> Result<Opened, BlobError> {
        Self::none()
    }
    async fn release(&self, _: TenantId, _: BlobKey, _: &str) -> Result<Released, BlobError> {
        Self::none()
    }
    async fn sweep(&self, _: DateTime<Utc>, _: u32) -> Result<Swept, BlobError> {
        Self::none()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_64_lower_case_hex_digits_and_nothing_else() {
        let key = BlobKey::new([0xab; 32]);
        assert_eq!(BlobKey::parse(&key.to_string()), Some(key));
        let text = key.to_string();
        for wrong in ["", "ab", &text.to_uppercase(), &text[1..], &format!("{text}00"), "../../etc"]
        {
            assert_eq!(BlobKey::parse(wrong), None, "{wrong}");
        }
    }

    #[tokio::test]
    async fn content_in_memory_comes_in_pieces() {
        let content = Bytes::from(vec![7_u8; 200_000]);
        let pieces: Vec<_> = chunks_of(content.clone()).map(Result::unwrap).collect().await;
        assert!(pieces.len() == 4 && pieces.iter().all(|piece| piece.len() <= 64 * 1024));
        assert_eq!(pieces.concat(), content);
        assert_eq!(chunks_of(Bytes::new()).count().await, 0);
    }
}
