//! Stock cqrs-es reads what we wrote, and a replay that is cut short is never taken for whole.

use bitacora_commands::bus::LoadError;
use bitacora_commands::ports::LogError;
use cqrs_es::EventStore;
use cqrs_es::persist::PersistedEventStore;
use postgres_es::PostgresEventRepository;
use serde_json::json;

use crate::support::{Conversation, World, envelope, label, note};

async fn busy_conversation(world: &World) -> String {
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    for n in 0..12 {
        let command = if n % 2 == 0 { note("nota") } else { label(&format!("l{n}")) };
        world.bus.execute::<Conversation>(envelope(tenant, &json!(n)), &id, command).await.unwrap();
    }
    id
}

#[tokio::test]
async fn stock_cqrs_es_replays_what_we_wrote() {
    let world = World::new().await;
    let id = busy_conversation(&world).await;
    let repository = PostgresEventRepository::new(world.db.pools().writer.clone())
        .with_tables("log.events", "log.snapshots");
    let stock = PersistedEventStore::<_, Conversation>::new_event_store(repository);
    let context = stock.load_aggregate(&id).await.unwrap();
    let (ours, version) =
        world.bus.load::<Conversation>(world.tenants[0], &id).await.unwrap().unwrap();
    assert_eq!(context.aggregate, ours);
    assert_eq!(i64::try_from(context.current_sequence).unwrap(), version.0);
    let events = stock.load_events(&id).await.unwrap();
    assert_eq!(i64::try_from(events.len()).unwrap(), version.0);
    assert!(events.iter().all(|event| event.metadata.contains_key("event_id")));
}

#[tokio::test]
async fn replay_ends_ok_but_truncated_when_the_database_drops() {
    let world = World::new().await;
    let id = busy_conversation(&world).await;
    let cut = |sql: &'static str| {
        let pool = world.db.pools().admin.clone();
        async move { sqlx::query(sql).execute(&pool).await.unwrap() }
    };
    // What a reader sees whose stream of rows ended early: the tail, or a row in the middle.
    cut("delete from log.events where aggregate_type = 'conversation' and sequence = 13").await;
    let outcome = world.bus.load::<Conversation>(world.tenants[0], &id).await;
    assert!(matches!(outcome, Err(LoadError::Log(LogError::Corrupt(_)))), "{outcome:?}");
    cut("delete from log.events where aggregate_type = 'conversation' and sequence = 5").await;
    let outcome = world.bus.load::<Conversation>(world.tenants[0], &id).await;
    assert!(matches!(outcome, Err(LoadError::Log(LogError::Corrupt(_)))), "{outcome:?}");
}
