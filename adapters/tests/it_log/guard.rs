//! What a suspended or banned tenant may not do.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bitacora_adapters::clock::SystemClock;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ports::{Clock, EventLog};
use bitacora_commands::{CommandBus, OutboundError};
use bitacora_domain::aggregates::tenant::{Plan, Tenant, TenantCommand};
use bitacora_domain::{CommandId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Conversation, KEY, World, envelope, envelope_as, fresh, note};

#[derive(Default)]
struct Shifted(AtomicI64);

impl Clock for Shifted {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::seconds(self.0.load(Ordering::SeqCst))
    }
    fn fresh_id(&self) -> Uuid {
        SystemClock.fresh_id()
    }
}

async fn tell(world: &World, tenant: TenantId, command: TenantCommand) {
    let envelope = envelope(tenant, &json!("tenant"));
    world.bus.execute::<Tenant>(envelope, &tenant.to_string(), command).await.unwrap();
}

#[tokio::test]
async fn a_tenant_that_is_suspended_or_banned_sends_nothing_within_seconds() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let clock = Arc::new(Shifted::default());
    let log: Arc<dyn EventLog> = world.log.clone();
    let bus = CommandBus::new(log, KEY, clock.clone(), BusOptions::default());
    let ask = || bus.require_outbound(tenant, CommandId::new(fresh()));
    assert!(matches!(ask().await, Err(OutboundError::NotFound)), "never \"active\" by default");

    let register = TenantCommand::Register {
        name: "Panadería Sol".into(),
        slug: "panaderia-sol".into(),
        plan: Plan::Pro,
        time_zone: "America/Argentina/Buenos_Aires".into(),
    };
    tell(&world, tenant, register).await;
    ask().await.unwrap();
    // suspended by another process
    tell(&world, tenant, TenantCommand::Suspend { reason: "deuda".into() }).await;
    clock.0.fetch_add(2, Ordering::SeqCst);
    assert!(matches!(ask().await, Err(OutboundError::Suspended)), "not believed any longer");
    // a refusal is never decided on what is remembered
    tell(&world, tenant, TenantCommand::Activate).await;
    ask().await.unwrap();
    tell(&world, tenant, TenantCommand::Ban { reason: "fraude".into() }).await;
    clock.0.fetch_add(2, Ordering::SeqCst);
    let banned = ask().await.unwrap_err();
    assert_eq!((banned.code(), banned.is_refusal()), ("TENANT_BANNED", true));
    let other = bus.require_outbound(world.tenants[1], CommandId::new(fresh())).await;
    assert_eq!(other.unwrap_err().code(), "TENANT_NOT_FOUND", "each for itself");
}

#[tokio::test]
async fn what_was_done_before_the_suspension_keeps_its_outcome() {
    let world = World::new().await;
    let tenant = world.tenants[0];
    let id = world.conversation(tenant).await.to_string();
    let command = CommandId::new(fresh());
    let send = envelope_as(tenant, command, &json!("send"));
    world.bus.execute::<Conversation>(send, &id, note("hola")).await.unwrap();
    let register = TenantCommand::Register {
        name: "Panadería Sol".into(),
        slug: "panaderia-sol".into(),
        plan: Plan::Pro,
        time_zone: "America/Argentina/Buenos_Aires".into(),
    };
    tell(&world, tenant, register).await;
    tell(&world, tenant, TenantCommand::Suspend { reason: "deuda".into() }).await;
    world.bus.require_outbound(tenant, command).await.unwrap();
    let other = world.bus.require_outbound(tenant, CommandId::new(fresh())).await;
    assert!(matches!(other, Err(OutboundError::Suspended)));
}
