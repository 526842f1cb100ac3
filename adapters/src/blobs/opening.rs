//! Reading a content, or a part of it.

use std::ops::Range;

use bitacora_commands::ports::{BlobError, Chunks, Opened};
use futures::StreamExt as _;
use object_store::{GetOptions, GetRange, ObjectStore as _};

use super::content;
use super::place::{Place, faulty};
use super::rows::ContentRow;

pub(super) async fn open(
    place: &Place,
    row: ContentRow,
    range: Option<Range<u64>>,
) -> Result<Opened, BlobError> {
    let ContentRow { blob, place: path } = row;
    let all = 0..blob.bytes;
    let range = range.map_or(all.clone(), |part| part.start.min(all.end)..part.end.min(all.end));
    if range.is_empty() && range != all {
        return Ok(Opened { blob, range, content: futures::stream::empty().boxed() });
    }
    let part = (range != all).then(|| GetRange::Bounded(range.clone()));
    let options = GetOptions { range: part, ..GetOptions::default() };
    let found = place.store().get_opts(&place.path(&path), options).await;
    let found = match found {
        Ok(found) if found.meta.size == blob.bytes => found,
        Ok(_) | Err(object_store::Error::NotFound { .. }) => return Err(BlobError::Damaged),
        Err(error) => return Err(faulty(error)),
    };
    let bytes: Chunks = found.into_stream().map(|piece| piece.map_err(faulty)).boxed();
    let content = if range == all { content::verified(bytes, blob.key) } else { bytes };
    Ok(Opened { blob, range, content })
}
