//! Putting a content: upload it, then say in one transaction what it is and who needs it.

use bitacora_commands::ports::{Blob, BlobError, Chunks, Clock as _, NewBlob};
use bitacora_domain::TenantId;
use sqlx::{Postgres, Transaction};

use crate::clock::SystemClock;

use super::rows::{self, ContentRow, Name};
use super::{PgBlobs, content, deleting, unavailable, uploading};

/// Longest name of an owner, in characters.
const OWNER_MAX: usize = 200;

pub(super) async fn put(blobs: &PgBlobs, new: NewBlob, content: Chunks) -> Result<Blob, BlobError> {
    if new.owner.is_empty() || new.owner.chars().count() > OWNER_MAX {
        return Err(BlobError::InvalidOwner);
    }
    let room = blobs.limits.tenant_bytes;
    if rows::room_taken(&blobs.writer, new.tenant).await? >= room {
        return Err(BlobError::NoRoom { limit: room });
    }
    let place = fresh_place(new.tenant);
    let seconds = blobs.limits.upload.as_secs_f64();
    rows::expect_litter(&blobs.writer, new.tenant, &place, seconds).await?;
    let limit = new.max_bytes.min(blobs.limits.content_bytes);
    let kept = match uploading::upload(&blobs.place, &place, content, limit).await {
        Ok((key, bytes)) => {
            keep(blobs, &new, Name { tenant: new.tenant, key }, bytes, &place).await
        }
        Err(error) => Err(error),
    };
    let unused = kept.as_ref().map_or(true, |row| row.place != place);
    if unused {
        deleting::tidy(blobs, &place).await;
    }
    kept.map(|row| row.blob)
}

/// A place that nothing else has ever used, below its tenant's.
fn fresh_place(tenant: TenantId) -> String {
    let id = SystemClock.fresh_id().simple().to_string();
    // Its end is random, its beginning the time: so many folders.
    format!("{tenant}/{}/{id}", id.get(30..).unwrap_or_default())
}

/// Makes what was uploaded a content of the tenant, unless it has the same one already.
async fn keep(
    blobs: &PgBlobs,
    new: &NewBlob,
    name: Name,
    bytes: u64,
    place: &str,
) -> Result<ContentRow, BlobError> {
    let mut transaction = blobs.writer.begin().await.map_err(unavailable)?;
    let taken = rows::lock_room(&mut transaction, name.tenant).await?;
    let row = match rows::content(&mut transaction, name).await? {
        Some(known) => known,
        None => {
            let limit = blobs.limits.tenant_bytes;
            if taken.saturating_add(bytes) > limit {
                return Err(BlobError::NoRoom { limit });
            }
            add(&mut transaction, new, name, bytes, place).await?
        }
    };
    rows::add_owner(&mut transaction, name, &new.owner, new.keep_until).await?;
    transaction.commit().await.map_err(unavailable)?;
    Ok(row)
}

async fn add(
    transaction: &mut Transaction<'_, Postgres>,
    new: &NewBlob,
    name: Name,
    bytes: u64,
    place: &str,
) -> Result<ContentRow, BlobError> {
    if !rows::is_no_litter(transaction, place).await? {
        return Err(BlobError::Unavailable("the upload took too long".into()));
    }
    let content_type = content::media_type(&new.content_type);
    let stored_at =
        rows::add_content(transaction, name, (place, bytes, content_type.as_str())).await?;
    rows::take_room(transaction, name.tenant, (rows::signed(bytes), 1)).await?;
    let blob = Blob { key: name.key, bytes, content_type, stored_at };
    Ok(ContentRow { blob, place: place.to_owned() })
}
