//! The blob store as configured, and the worker that sweeps it.

use std::sync::Arc;
use std::time::Duration;

use bitacora_adapters::blobs::place::Hidden;
use bitacora_adapters::blobs::{BlobLimits, PgBlobs, Place, PlaceError, S3Settings};
use bitacora_adapters::pools::Pools;
use bitacora_api::config::{BlobPlace, Config};
use bitacora_commands::ports::{Blobs, Clock};
use tokio_util::sync::CancellationToken;

use super::Failure;

/// How often what nobody needs is looked for, and how much is removed in one go.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
const SWEEP_AT_ONCE: u32 = 100;

/// Where the bytes are.
pub(super) fn place(config: &Config) -> Result<Place, PlaceError> {
    match &config.blobs.place {
        BlobPlace::Directory(path) => Place::directory(path),
        BlobPlace::Bucket(bucket) => Place::bucket(&S3Settings {
            bucket: bucket.bucket.clone(),
            prefix: bucket.prefix.clone(),
            endpoint: bucket.endpoint.clone(),
            region: bucket.region.clone(),
            access_key: bucket.access_key.reveal().to_owned(),
            secret_key: Hidden(bucket.secret_key.reveal().to_owned()),
        }),
    }
}

/// Where the bytes are, for people.
pub(super) fn described(config: &Config) -> String {
    match &config.blobs.place {
        BlobPlace::Directory(path) => format!("the directory {}", path.display()),
        BlobPlace::Bucket(bucket) => {
            let at = bucket.endpoint.as_deref().unwrap_or("AWS");
            format!("the bucket {}/{} at {at}", bucket.bucket, bucket.prefix)
        }
    }
}

/// The store of this process.
pub(super) fn open(config: &Config, pools: &Pools) -> Result<Arc<dyn Blobs>, Failure> {
    let limits = BlobLimits {
        content_bytes: config.blobs.content_bytes,
        tenant_bytes: config.blobs.tenant_bytes,
        ..BlobLimits::default()
    };
    let place = place(config).map_err(Failure::usage)?;
    Ok(Arc::new(PgBlobs::new(pools, place, limits)))
}

/// Sweeps until `stop`. Trouble is told and tried again.
pub(super) async fn sweep(blobs: Arc<dyn Blobs>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match blobs.sweep(clock.now(), SWEEP_AT_ONCE).await {
            Ok(swept) if swept.expired + swept.deleted > 0 => {
                let (expired, deleted) = (swept.expired, swept.deleted);
                tracing::info!(expired, deleted, "blobs that nobody needs are gone");
                metrics::counter!("bitacora_blobs_deleted_total").increment(deleted);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(code = error.code(), %error, "blobs cannot be swept"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
    }
}
