//! A content goes with its last owner, and litter with the sweep.

use bitacora_commands::ports::{BlobError, Blobs as _, NewBlob, Released, Swept, chunks_of};
use bytes::Bytes;
use chrono::TimeDelta;
use futures::StreamExt as _;

use crate::support::{World, bytes, start};

#[tokio::test]
async fn a_content_goes_with_its_last_owner() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let key = world.put("call:1", &bytes(1_000)).await.key;
    world.put("call:2", &bytes(1_000)).await;
    let release = async |owner| world.blobs.release(tenant, key, owner).await.unwrap();
    assert_eq!(release("call:3").await, Released::NotHeld);
    assert_eq!(release("call:1").await, Released::StillNeeded);
    assert_eq!(release("call:1").await, Released::NotHeld);
    assert_eq!(world.read(key).await.unwrap().len(), 1_000);
    assert_eq!(release("call:2").await, Released::Deleted);
    assert_eq!(world.read(key).await.unwrap_err(), BlobError::NotFound);
    assert_eq!((world.files().len(), world.room().await), (0, (0, 0)));
    assert_eq!(world.count("litter").await, 0);
    // And may come again.
    world.put("call:1", &bytes(1_000)).await;
    assert_eq!(world.read(key).await.unwrap().len(), 1_000);
}

#[tokio::test]
async fn owners_let_go_when_their_time_is_over() {
    let world = World::new().await;
    let until = |days| Some(start() + TimeDelta::days(days));
    for (owner, days, size) in [("call:1", 1, 100), ("call:2", 2, 100), ("call:3", 3, 200)] {
        let new = NewBlob { keep_until: until(days), ..world.new_blob(owner) };
        world.blobs.put(new, chunks_of(bytes(size))).await.unwrap();
    }
    world.put("for ever", &bytes(300)).await;
    let sweep = async |days| world.blobs.sweep(start() + TimeDelta::days(days), 100).await.unwrap();
    assert_eq!(sweep(0).await, Swept::default());
    assert_eq!(sweep(1).await, Swept { expired: 1, deleted: 0 });
    assert_eq!(sweep(2).await, Swept { expired: 1, deleted: 1 });
    assert_eq!(sweep(400).await, Swept { expired: 1, deleted: 1 });
    assert_eq!((world.files().len(), world.room().await), (1, (300, 1)));
}

#[tokio::test]
async fn what_a_killed_process_leaves_behind_is_swept() {
    let world = World::new().await;
    // The process ends while the content comes: the future is dropped at its second part.
    let begun = chunks_of(bytes(20 << 20)).chain(futures::stream::pending());
    let put = world.blobs.put(world.new_blob("call:1"), begun.boxed());
    let cut = tokio::time::timeout(std::time::Duration::from_secs(2), put).await;
    assert!(cut.is_err(), "the content never ends");
    // A killed one would not even remove its draft.
    let [place]: [String; 1] = sqlx::query_scalar("select place from blobs.litter")
        .fetch_all(&world.db.pools().admin)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    let draft = world.directory.join(format!("{place}#1"));
    std::fs::write(&draft, b"half of it").unwrap();
    assert_eq!(world.blobs.sweep(start(), 100).await.unwrap(), Swept::default(), "not due yet");
    world.hurry().await;
    assert_eq!(world.blobs.sweep(start(), 100).await.unwrap(), Swept { expired: 0, deleted: 1 });
    assert!(!draft.exists());
    assert_eq!((world.count("litter").await, world.files().len()), (0, 0));
}

#[tokio::test]
async fn two_sweeps_at_once_do_everything_once() {
    let world = World::new().await;
    for n in 0..20_u8 {
        let new = NewBlob { keep_until: Some(start()), ..world.new_blob(&format!("call:{n}")) };
        world.blobs.put(new, chunks_of(Bytes::from(vec![n; 10]))).await.unwrap();
    }
    let sweeps = (0..4).map(|_| world.blobs.sweep(start(), 100));
    let swept = futures::future::join_all(sweeps).await;
    let (mut expired, mut deleted) = (0, 0);
    for one in swept {
        let one = one.unwrap();
        expired += one.expired;
        deleted += one.deleted;
    }
    assert_eq!((expired, deleted), (20, 20));
    assert_eq!((world.count("contents").await, world.files().len()), (0, 0));
    assert_eq!(world.room().await, (0, 0));
}
