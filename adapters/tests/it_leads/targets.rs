//! The tenant's systems, as they are kept.

use bitacora_commands::ports::{DeliveryTargets as _, TargetOutcome, TargetRow};
use bitacora_domain::aggregates::delivery::TargetKind;
use uuid::Uuid;

use crate::stage::Stage;

#[tokio::test]
async fn a_tenant_has_at_most_ten_and_sees_its_own() {
    let stage = Stage::set().await;
    let row = |n: u128| TargetRow {
        id: Uuid::from_u128(n),
        kind: TargetKind::Webhook,
        name: format!("{n}"),
        url: "https://crm.example.test".into(),
        secrets: vec![vec![1; 32]],
        enabled: true,
        connected_at: stage.world.now(),
    };
    for n in 1..=10 {
        let done = stage.targets.connect(stage.tenant, row(n)).await.unwrap();
        assert_eq!(done, TargetOutcome::Done);
    }
    let again = stage.targets.connect(stage.tenant, row(3)).await.unwrap();
    assert_eq!(again, TargetOutcome::Done, "it is there already");
    let eleventh = stage.targets.connect(stage.tenant, row(11)).await.unwrap();
    assert_eq!(eleventh, TargetOutcome::TooMany);
    assert_eq!(stage.targets.list(stage.tenant).await.unwrap().len(), 10);
    let other = stage.world.tenants[1];
    assert!(stage.targets.list(other).await.unwrap().is_empty());
    assert_eq!(stage.targets.find(other, Uuid::from_u128(3)).await.unwrap(), None);
    let foreign = stage.targets.enable(other, Uuid::from_u128(3), false).await.unwrap();
    assert_eq!(foreign, TargetOutcome::NotFound);
}

#[tokio::test]
async fn a_rotation_keeps_the_last_secret_beside_the_new_one() {
    let stage = Stage::set().await;
    let row = stage.target("https://crm.example.test", TargetKind::Webhook).await;
    for _ in 0..2 {
        // A repetition of the same rotation changes nothing.
        stage.targets.rotate(stage.tenant, row.id, vec![9; 32]).await.unwrap();
        let now = stage.targets.find(stage.tenant, row.id).await.unwrap().unwrap();
        assert_eq!(now.secrets, [vec![9; 32], vec![7; 32]]);
    }
}

#[tokio::test]
async fn every_statement_prepares() {
    use sqlx::Executor as _;
    let stage = Stage::set().await;
    for statement in bitacora_adapters::leads::statements() {
        stage.world.db.pools().writer.prepare(statement).await.unwrap();
    }
}
