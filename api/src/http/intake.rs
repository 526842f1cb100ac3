//! Bodies that carry files: followed while they arrive, the file on its way into the blob store,
//! never more than a few pieces in memory.
//!
//! Whether the body is believed is known only at its end. Until then the store has half a file,
//! which it throws away when the end does not come: an error, a forged signature, a client that
//! goes away and a deadline are all the same to it.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use bitacora_commands::effects::RECORDING_MAX;
use bitacora_commands::ports::{Blob, BlobError, Blobs, Chunks, NewBlob};
use bitacora_commands::sources::streaming::{
    FileIn, FileRef, Intake, IntakeFault, WAITS_AT_MOST, waiting_owner, waiting_room,
};
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Pieces of a file between the connection and the store.
const PIECES: usize = 4;

/// Why a body was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTaken {
    /// It is not believed, or what is left without its file is too large.
    #[error(transparent)]
    Refused(#[from] IntakeFault),
    /// It is larger than the source may send, or it did not come to its end.
    #[error("the body is larger than this source may send")]
    TooLarge,
    /// Its file cannot be kept.
    #[error("the file could not be stored; send it again")]
    NotKept(#[from] BlobError),
}

/// What a body came to.
pub(super) struct Taken {
    /// What goes into the inbox.
    pub(super) body: Vec<u8>,
    /// The file that waits in the blob store.
    pub(super) file: Option<Blob>,
}

/// A delivery, before its body.
pub(super) struct Head {
    pub(super) id: Uuid,
    pub(super) received_at: DateTime<Utc>,
    /// The largest body, file included.
    pub(super) limit: usize,
}

/// Follows `body` to its end.
///
/// # Errors
/// [`NotTaken`]; then nothing of it is kept.
pub(super) async fn follow(
    blobs: &Arc<dyn Blobs>,
    head: &Head,
    mut intake: Box<dyn Intake>,
    body: Body,
) -> Result<Taken, NotTaken> {
    let mut keep = Keeping::new(blobs, head, intake.content_type());
    let (mut pieces, mut read, mut file) = (body.into_data_stream(), 0, Vec::new());
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| NotTaken::TooLarge)?;
        read += piece.len();
        if read > head.limit {
            return Err(NotTaken::TooLarge);
        }
        intake.take(&piece, &mut file)?;
        keep.put(std::mem::take(&mut file)).await?;
    }
    let rest = intake.finish(&mut file)?;
    keep.put(file).await?;
    let kept = match rest.file() {
        FileIn::Whole => keep.end().await?,
        // what was begun ends with its sender
        FileIn::No | FileIn::Malformed => None,
    };
    let reference =
        kept.as_ref().map(|blob| FileRef { blob: blob.key.to_string(), bytes: blob.bytes });
    Ok(Taken { body: rest.into_body(reference.as_ref()), file: kept })
}

/// Where pieces go, and what comes of them.
type UnderWay = (mpsc::Sender<Piece>, JoinHandle<Result<Blob, BlobError>>);

/// A file on its way into the store; begun with its first bytes.
struct Keeping {
    blobs: Arc<dyn Blobs>,
    new: NewBlob,
    under_way: Option<UnderWay>,
}

/// A piece of a file, or its end.
enum Piece {
    Bytes(Bytes),
    End,
}

impl Keeping {
    fn new(blobs: &Arc<dyn Blobs>, head: &Head, content_type: &str) -> Self {
        let new = NewBlob {
            tenant: waiting_room(),
            owner: waiting_owner(head.id),
            content_type: content_type.to_owned(),
            keep_until: Some(head.received_at + WAITS_AT_MOST),
            max_bytes: RECORDING_MAX,
        };
        Self { blobs: Arc::clone(blobs), new, under_way: None }
    }

    async fn put(&mut self, bytes: Vec<u8>) -> Result<(), BlobError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let (sender, _) = self.under_way.get_or_insert_with(|| {
            let (sender, receiver) = mpsc::channel(PIECES);
            let (blobs, new) = (Arc::clone(&self.blobs), self.new.clone());
            let task = async move { blobs.put(new, chunks(receiver)).await };
            (sender, tokio::spawn(task))
        });
        if sender.send(Piece::Bytes(bytes.into())).await.is_ok() {
            return Ok(());
        }
        // it ended before the file did: it says why
        self.finish().await.and_then(|_| Err(interrupted()))
    }

    /// The file is whole: keeps it. `None` when it was empty.
    async fn end(mut self) -> Result<Option<Blob>, BlobError> {
        let Some((sender, _)) = &self.under_way else { return Ok(None) };
        let told = sender.send(Piece::End).await;
        let kept = self.finish().await?;
        told.map_err(|_| interrupted())?;
        Ok(kept)
    }

    async fn finish(&mut self) -> Result<Option<Blob>, BlobError> {
        let Some((sender, task)) = self.under_way.take() else { return Ok(None) };
        drop(sender);
        let ended = task.await.map_err(|error| BlobError::Unavailable(error.to_string()))?;
        ended.map(Some)
    }
}

/// What a store reads. Without [`Piece::End`] it was cut off, whatever the reason.
fn chunks(receiver: mpsc::Receiver<Piece>) -> Chunks {
    futures::stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Piece::End) => None,
            None => Some((Err(interrupted()), None)),
        }
    })
    .boxed()
}

fn interrupted() -> BlobError {
    BlobError::Interrupted("the delivery was cut off or is not believed".to_owned())
}
