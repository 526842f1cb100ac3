//! Content on its way: what it may be called, and whether it is what was put.

use bitacora_commands::ports::{BlobError, BlobKey, Chunks};
use bytes::Bytes;
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};

/// What content is called that is nothing better.
const BYTES: &str = "application/octet-stream";
/// Types that no browser runs, beside sound and film.
const HARMLESS: [&str; 6] =
    ["image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "text/plain"];
/// Longest media type that is kept, in bytes.
const TYPE_MAX: usize = 100;

/// A media type that can be handed out: parameters are cut off, and whatever a browser could run
/// (HTML, SVG, XML, scripts) or does not know is plain bytes.
pub(super) fn media_type(named: &str) -> String {
    let essence = named.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = ["audio/", "video/"].into_iter().find_map(|kind| essence.strip_prefix(kind));
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    let media = subtype.is_some_and(|name| !name.is_empty() && name.bytes().all(token));
    let known = essence.len() <= TYPE_MAX && (media || HARMLESS.contains(&essence.as_str()));
    if known { essence } else { BYTES.to_owned() }
}

/// `inner`, whose last piece only comes when all of it together is what `key` says.
pub(super) fn verified(inner: Chunks, key: BlobKey) -> Chunks {
    let reading = Reading { inner, digest: Sha256::new(), held: None, key };
    futures::stream::unfold(Some(reading), |reading| async {
        match reading?.next().await {
            Ok(Some((piece, reading))) => Some((Ok(piece), reading)),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

/// A content that is read from its beginning to its end.
struct Reading {
    inner: Chunks,
    digest: Sha256,
    /// The last piece so far: it goes on when there is another, or when all is well.
    held: Option<Bytes>,
    key: BlobKey,
}

impl Reading {
    /// The next piece, with what is to be read after it; `None` at the end.
    async fn next(mut self) -> Result<Option<(Bytes, Option<Self>)>, BlobError> {
        while let Some(piece) = self.inner.next().await {
            let piece = piece?;
            self.digest.update(&piece);
            if let Some(before) = self.held.replace(piece) {
                return Ok(Some((before, Some(self))));
            }
        }
        if BlobKey::new(self.digest.finalize().into()) != self.key {
            return Err(BlobError::Damaged);
        }
        Ok(self.held.map(|last| (last, None)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use bitacora_commands::ports::chunks_of;

    use super::*;

    #[test]
    fn what_a_browser_could_run_is_plain_bytes() {
        for kept in ["audio/mpeg", "audio/x-wav", "video/mp4", "image/png", "application/pdf"] {
            assert_eq!(media_type(kept), kept);
        }
        assert_eq!(media_type(" Audio/OGG; codecs=opus"), "audio/ogg");
        let long = format!("audio/{}", "a".repeat(200));
        for other in [
            "",
            "audio/",
            "audio/a b",
            "audio/\r\nx",
            "text/html",
            "image/svg+xml",
            "nonsense",
            "application/xhtml+xml",
            "text/javascript",
            long.as_str(),
        ] {
            assert_eq!(media_type(other), BYTES, "{other}");
        }
    }

    async fn read(content: &'static [u8], key: &[u8]) -> (Vec<u8>, Option<BlobError>) {
        let key = BlobKey::new(Sha256::digest(key).into());
        let pieces: Vec<_> = content.chunks(3).map(|piece| Ok(Bytes::from_static(piece))).collect();
        let mut reading = verified(futures::stream::iter(pieces).boxed(), key);
        let mut got = Vec::new();
        while let Some(piece) = reading.next().await {
            match piece {
                Ok(piece) => got.extend_from_slice(&piece),
                Err(error) => return (got, Some(error)),
            }
        }
        (got, None)
    }

    #[tokio::test]
    async fn the_last_piece_comes_when_all_of_it_is_what_was_put() {
        assert_eq!(read(b"12345678", b"12345678").await, (b"12345678".to_vec(), None));
        assert_eq!(read(b"", b"").await, (Vec::new(), None));
        let (got, error) = read(b"12345678", b"12345679").await;
        assert_eq!((got.as_slice(), error), (b"123456".as_slice(), Some(BlobError::Damaged)));
        assert_eq!(read(b"", b"1").await.1, Some(BlobError::Damaged));
    }

    #[tokio::test]
    async fn trouble_on_the_way_comes_through() {
        let broken = || BlobError::Interrupted("cut off".into());
        let inner = chunks_of(Bytes::from_static(b"1"));
        let inner = inner.chain(futures::stream::iter([Err(broken())])).boxed();
        let mut reading = verified(inner, BlobKey::new([0; 32]));
        assert_eq!(reading.next().await, Some(Err(broken())));
        assert_eq!(reading.next().await, None);
    }
}
