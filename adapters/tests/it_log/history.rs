//! The same command, decided by two processes on two histories.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_adapters::clock::SystemClock;
use bitacora_commands::append::Landed;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ports::{EventLog, LogError, Owner, Pending, Snapshot, Stored};
use bitacora_commands::{Append, CommandBus};
use bitacora_domain::{CommandId, Cursor, Lane, StreamId, TenantId};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::{Conversation, KEY, World, envelope, envelope_as, fresh, label};

/// A log that is slow about one command: it is submitted when `enter` has a permit, and its
/// outcome told when `leave` has one.
struct SlowAbout {
    log: Arc<dyn EventLog>,
    command: CommandId,
    enter: Semaphore,
    leave: Arc<Semaphore>,
}

#[async_trait]
impl EventLog for SlowAbout {
    async fn submit(&self, append: Append) -> Result<Pending, LogError> {
        if append.command_id != self.command {
            return self.log.submit(append).await;
        }
        self.enter.acquire().await.unwrap().forget();
        let outcome = self.log.submit(append).await?;
        let (tell, pending) = Pending::new();
        let leave = Arc::clone(&self.leave);
        tokio::spawn(async move {
            leave.acquire().await.unwrap().forget();
            tell.send(outcome.await).unwrap();
        });
        Ok(pending)
    }
    async fn load(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        state_schema: u32,
        use_snapshot: bool,
    ) -> Result<Option<Stored>, LogError> {
        self.log.load(tenant, stream, state_schema, use_snapshot).await
    }
    async fn save_snapshot(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        snapshot: Snapshot,
    ) -> Result<(), LogError> {
        self.log.save_snapshot(tenant, stream, snapshot).await
    }
    async fn outcome(
        &self,
        tenant: TenantId,
        command_id: CommandId,
    ) -> Result<Option<Landed>, LogError> {
        self.log.outcome(tenant, command_id).await
    }
    async fn owner(
        &self,
        tenant: TenantId,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        self.log.owner(tenant, kind, key).await
    }
    async fn installation_owner(
        &self,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        self.log.installation_owner(kind, key).await
    }
    async fn tenant_of(&self, stream: &StreamId) -> Result<Option<TenantId>, LogError> {
        self.log.tenant_of(stream).await
    }
    async fn assign_lane(&self, tenant: TenantId) -> Result<Lane, LogError> {
        self.log.assign_lane(tenant).await
    }
    async fn tip(&self, tenant: TenantId) -> Result<Cursor, LogError> {
        self.log.tip(tenant).await
    }
}

#[tokio::test]
async fn a_chain_does_not_continue_on_what_another_process_made_of_the_same_command() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    let command = CommandId::new(fresh());
    let slow = Arc::new(SlowAbout {
        log: world.log.clone(),
        command,
        enter: Semaphore::new(0),
        leave: Arc::new(Semaphore::new(0)),
    });
    let log: Arc<dyn EventLog> = slow.clone();
    let bus = CommandBus::new(log, KEY, Arc::new(SystemClock), BusOptions::default());
    let same = || envelope_as(tenant, command, &json!("same"));

    // This process decides that the command adds "aquí", and is slow to submit it …
    let here = tokio::spawn({
        let (bus, id, envelope) = (bus.clone(), id.clone(), same());
        async move { bus.execute::<Conversation>(envelope, &id, label("aquí")).await }
    });
    // … while another one does the same command, which there adds "allá".
    world.bus.execute::<Conversation>(same(), &id, label("allá")).await.unwrap();
    slow.enter.add_permits(1);
    // The next command here is decided on "aquí", which is not in the log and never will be.
    let next = bus.execute::<Conversation>(envelope(tenant, &json!("n")), &id, label("aquí"));
    let receipt = next.await.unwrap();
    slow.leave.add_permits(1);
    assert!(here.await.unwrap().unwrap().replayed);
    assert_eq!(receipt.version.0, 3, "no no-op on a state that never was");
    let (state, _) = bus.load::<Conversation>(tenant, &id).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(&state).unwrap()["labels"], json!(["allá", "aquí"]));
    world.assert_log_is_sound().await;
}
