//! What is put is there, whole, for its tenant alone, or not at all.

use std::time::Duration;

use bitacora_adapters::blobs::BlobLimits;
use bitacora_commands::ports::{BlobError, Blobs as _, NewBlob, Released, chunks_of};
use bytes::Bytes;
use futures::StreamExt as _;

use crate::support::{World, bytes, key_of, read, start};

#[tokio::test]
async fn every_statement_prepares() {
    use sqlx::Executor as _;
    let world = World::new().await;
    for statement in bitacora_adapters::blobs::statements() {
        if let Err(error) = world.db.pools().writer.prepare(statement).await {
            panic!("{error}\n{statement}");
        }
    }
}

#[tokio::test]
async fn what_is_put_is_read_whole_or_in_part() {
    let world = World::new().await;
    // Small, empty, and longer than what is gathered before a part is written.
    for size in [0, 1, 100_000, 20 << 20] {
        let content = bytes(size);
        let blob = world.put(&format!("test:{size}"), &content).await;
        assert_eq!((blob.key, blob.bytes), (key_of(&content), size as u64));
        assert_eq!(blob.content_type, "audio/mpeg");
        assert_eq!(world.blobs.find(world.tenants[0], blob.key).await.unwrap(), blob);
        assert_eq!(world.read(blob.key).await.unwrap(), content, "{size} bytes");
    }
    let content = bytes(100_000);
    for (part, expected) in [
        (0..10, 0..10),
        (99_990..100_000, 99_990..100_000),
        (50_000..u64::MAX, 50_000..100_000),
        (100_000..100_001, 100_000..100_000),
    ] {
        let opened = world.blobs.open(world.tenants[0], key_of(&content), Some(part));
        let opened = opened.await.unwrap();
        assert_eq!(opened.range, expected);
        let wanted =
            usize::try_from(expected.start).unwrap()..usize::try_from(expected.end).unwrap();
        assert_eq!(read(opened).await.unwrap(), content[wanted]);
    }
    assert_eq!(world.count("litter").await, 0);
    assert_eq!(world.files().len(), 4);
}

#[tokio::test]
async fn a_tenant_does_not_reach_what_is_anothers_by_knowing_its_hash() {
    let world = World::new().await;
    let [own, other] = world.tenants;
    let content = bytes(5_000);
    let blob = world.put("call:1", &content).await;
    assert_eq!(world.blobs.find(other, blob.key).await.unwrap_err(), BlobError::NotFound);
    assert!(world.blobs.open(other, blob.key, None).await.is_err());
    let released = world.blobs.release(other, blob.key, "call:1").await.unwrap();
    assert_eq!(released, Released::NotHeld);
    // The same content of another tenant is another blob, and costs as much.
    let new = NewBlob { tenant: other, ..world.new_blob("call:1") };
    world.blobs.put(new, chunks_of(content.clone())).await.unwrap();
    assert_eq!((world.count("contents").await, world.files().len()), (2, 2));
    assert_eq!(world.blobs.release(own, blob.key, "call:1").await.unwrap(), Released::Deleted);
    let theirs = world.blobs.open(other, blob.key, None).await.unwrap();
    assert_eq!(read(theirs).await.unwrap(), content);
}

#[tokio::test]
async fn the_same_content_is_kept_once_for_all_its_owners_in_a_tenant() {
    let world = World::new().await;
    let content = bytes(5_000);
    let first = world.put("call:1", &content).await;
    let again = world.put("call:1", &content).await;
    let other = world.put("call:2", &content).await;
    assert_eq!((&first, &first), (&again, &other));
    assert_eq!((world.files().len(), world.count("owners").await), (1, 2));
    assert_eq!(world.room().await, (5_000, 1));
    assert_eq!(world.count("litter").await, 0, "unused uploads are gone");
}

#[tokio::test]
async fn many_at_once_put_the_same_and_one_copy_stays() {
    let world = World::new().await;
    let content = bytes(300_000);
    let puts = (0..8).map(|n| {
        let new = world.new_blob(&format!("call:{n}"));
        world.blobs.put(new, chunks_of(content.clone()))
    });
    for put in futures::future::join_all(puts).await {
        assert_eq!(put.unwrap().key, key_of(&content));
    }
    assert_eq!((world.files().len(), world.count("owners").await), (1, 8));
    assert_eq!(world.room().await, (300_000, 1));
}

#[tokio::test]
async fn nothing_is_kept_of_what_is_too_long_or_does_not_come_to_its_end() {
    let world = World::new().await;
    let small = NewBlob { max_bytes: 999, ..world.new_blob("call:1") };
    let put = world.blobs.put(small, chunks_of(bytes(1_000))).await;
    assert_eq!(put.unwrap_err(), BlobError::TooLarge { limit: 999 });
    let store = world.store(BlobLimits { content_bytes: 9 << 20, ..BlobLimits::default() });
    let put = store.put(world.new_blob("call:1"), chunks_of(bytes(20 << 20))).await;
    assert_eq!(put.unwrap_err(), BlobError::TooLarge { limit: 9 << 20 });

    let broken = BlobError::Interrupted("the line broke".into());
    let (error, begun) = (broken.clone(), chunks_of(bytes(12 << 20)));
    let content = begun.chain(futures::stream::iter([Err(error)])).boxed();
    let put = world.blobs.put(world.new_blob("call:1"), content).await;
    assert_eq!(put.unwrap_err(), broken);
    assert_eq!((world.count("contents").await, world.count("litter").await), (0, 0));
    assert_eq!(world.files(), [] as [std::path::PathBuf; 0]);
}

#[tokio::test]
async fn a_tenant_has_so_much_room_and_deleting_makes_some() {
    let world = World::with(BlobLimits { tenant_bytes: 10_000, ..BlobLimits::default() }).await;
    let first = world.put("call:1", &bytes(6_000)).await;
    let full = world.blobs.put(world.new_blob("call:2"), chunks_of(bytes(4_001))).await;
    assert_eq!(full.unwrap_err(), BlobError::NoRoom { limit: 10_000 });
    world.put("call:2", &bytes(4_000)).await;
    let full = world.blobs.put(world.new_blob("call:3"), chunks_of(bytes(1))).await;
    assert_eq!(full.unwrap_err(), BlobError::NoRoom { limit: 10_000 });
    // The other tenant has room of its own.
    let new = NewBlob { tenant: world.tenants[1], ..world.new_blob("call:3") };
    world.blobs.put(new, chunks_of(bytes(9_999))).await.unwrap();
    world.blobs.release(world.tenants[0], first.key, "call:1").await.unwrap();
    world.put("call:3", &bytes(6_000)).await;
    assert_eq!(world.room().await, (10_000, 2));
}

#[tokio::test]
async fn an_upload_that_took_too_long_is_not_kept() {
    let limits = BlobLimits { upload: Duration::ZERO, ..BlobLimits::default() };
    let world = World::with(limits).await;
    let blobs = world.blobs.clone();
    // The sweep comes while the content is still on its way.
    let late = futures::stream::once(async move {
        blobs.sweep(start(), 100).await.unwrap();
        Ok(Bytes::from_static(b"late"))
    });
    let put = world.blobs.put(world.new_blob("call:1"), late.boxed()).await;
    assert!(matches!(put, Err(BlobError::Unavailable(_))), "{put:?}");
    assert_eq!(world.count("contents").await, 0);
}

#[tokio::test]
async fn an_owner_without_a_name_owns_nothing() {
    let world = World::new().await;
    for owner in [String::new(), "x".repeat(201)] {
        let put = world.blobs.put(world.new_blob(&owner), chunks_of(bytes(1))).await;
        assert_eq!(put.unwrap_err(), BlobError::InvalidOwner);
    }
}

#[tokio::test]
async fn a_content_that_was_tampered_with_does_not_come_out_whole() {
    let world = World::new().await;
    let blob = world.put("call:1", &bytes(100_000)).await;
    let [file] = world.files().try_into().unwrap();
    let mut content = std::fs::read(&file).unwrap();
    content[99_999] ^= 1;
    std::fs::write(&file, &content).unwrap();
    assert_eq!(world.read(blob.key).await.unwrap_err(), BlobError::Damaged);
    std::fs::write(&file, b"short").unwrap();
    assert_eq!(world.read(blob.key).await.unwrap_err(), BlobError::Damaged);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(world.read(blob.key).await.unwrap_err(), BlobError::Damaged);
}
