//! Letting go, and removing what nobody needs. The row goes first, in a transaction, and leaves
//! the place as litter; the bytes go afterwards, now or with the next sweep.

use bitacora_commands::ports::{BlobError, BlobKey, Released, Swept};
use bitacora_domain::TenantId;
use chrono::{DateTime, Utc};

use super::rows::{self, Name};
use super::{PgBlobs, unavailable};

pub(super) async fn release(
    blobs: &PgBlobs,
    tenant: TenantId,
    key: BlobKey,
    owner: &str,
) -> Result<Released, BlobError> {
    let (released, litter) = let_go(blobs, Name { tenant, key }, owner).await?;
    if let Some(place) = litter {
        tidy(blobs, &place).await;
    }
    Ok(released)
}

/// Takes the owner away, and with the last one the content's row; returns the place that is
/// litter then.
async fn let_go(
    blobs: &PgBlobs,
    name: Name,
    owner: &str,
) -> Result<(Released, Option<String>), BlobError> {
    let mut transaction = blobs.writer.begin().await.map_err(unavailable)?;
    rows::lock_room(&mut transaction, name.tenant).await?;
    if !rows::remove_owner(&mut transaction, name, owner).await? {
        return Ok((Released::NotHeld, None));
    }
    if rows::is_owned(&mut transaction, name).await? {
        transaction.commit().await.map_err(unavailable)?;
        return Ok((Released::StillNeeded, None));
    }
    let removed = rows::remove_content(&mut transaction, name).await?;
    if let Some((place, bytes)) = &removed {
        rows::take_room(&mut transaction, name.tenant, (-bytes, -1)).await?;
        rows::add_litter(&mut transaction, name.tenant, place).await?;
    }
    transaction.commit().await.map_err(unavailable)?;
    Ok((Released::Deleted, removed.map(|(place, _)| place)))
}

/// Removes what is at `place` if it is litter: a commit whose answer was lost may have made a
/// content of it. What cannot be removed now stays on the list.
pub(super) async fn tidy(blobs: &PgBlobs, place: &str) {
    let tidied = async {
        if !rows::take_one(&blobs.writer, place).await? {
            return Ok(());
        }
        blobs.place.delete(place).await?;
        rows::forget_litter(&blobs.writer, &[place.to_owned()]).await
    };
    if let Err(error) = tidied.await {
        tracing::warn!(code = error.code(), %error, "a blob's bytes are left to the sweep");
    }
}

pub(super) async fn sweep(
    blobs: &PgBlobs,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Swept, BlobError> {
    let mut swept = Swept::default();
    for (name, owner) in rows::expired(&blobs.writer, now, limit).await? {
        let (released, _) = let_go(blobs, name, &owner).await?;
        swept.expired += u64::from(released != Released::NotHeld);
    }
    let mut gone = Vec::new();
    for place in rows::take_litter(&blobs.writer, limit).await? {
        match blobs.place.delete(&place).await {
            Ok(()) => gone.push(place),
            // One that cannot be deleted does not keep the others waiting.
            Err(error) => tracing::warn!(code = error.code(), %error, "a blob's bytes stay"),
        }
    }
    swept.deleted += gone.len() as u64;
    rows::forget_litter(&blobs.writer, &gone).await?;
    Ok(swept)
}
