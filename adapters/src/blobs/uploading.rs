//! Bytes on their way to their place: hashed and counted as they pass.

use std::sync::Arc;

use bitacora_commands::ports::{BlobError, BlobKey, Chunks};
use futures::StreamExt as _;
use object_store::buffered::BufWriter;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::place::{Place, faulty};

/// What is gathered before it is written: the least that every S3 takes as a part of an upload is
/// 5 MiB. Two of these are the most that an upload holds in memory.
const PART: usize = 8 << 20;

/// Writes `content` to `path`; returns its key and size. It is whole and durable there, or there
/// may be something that the sweep removes.
pub(super) async fn upload(
    place: &Place,
    path: &str,
    mut content: Chunks,
    limit: u64,
) -> Result<(BlobKey, u64), BlobError> {
    let mut writer = BufWriter::with_capacity(Arc::clone(place.store()), place.path(path), PART)
        .with_max_concurrency(1);
    match pour(&mut content, &mut writer, limit).await {
        Ok(poured) => {
            writer.shutdown().await.map_err(|error| BlobError::Unavailable(error.to_string()))?;
            Ok(poured)
        }
        Err(error) => {
            // The first trouble says more than one of tidying up, which the sweep does as well.
            let _ = writer.abort().await;
            Err(error)
        }
    }
}

async fn pour(
    content: &mut Chunks,
    writer: &mut BufWriter,
    limit: u64,
) -> Result<(BlobKey, u64), BlobError> {
    let (mut digest, mut bytes) = (Sha256::new(), 0_u64);
    while let Some(piece) = content.next().await {
        let piece = piece?;
        bytes = bytes.saturating_add(piece.len() as u64);
        if bytes > limit {
            return Err(BlobError::TooLarge { limit });
        }
        digest.update(&piece);
        writer.put(piece).await.map_err(faulty)?;
    }
    Ok((BlobKey::new(digest.finalize().into()), bytes))
}
