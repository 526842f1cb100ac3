//! Writing to leads that have not answered.

use bitacora_commands::effects::{Claimed, EffectHandler, Verdict};
use bitacora_domain::EventId;
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, OptOutCategory};
use bitacora_domain::aggregates::lead::{CONTACT_EFFECT, LeadStatus};
use bitacora_domain::aggregates::offer::ContactHours;
use chrono::{TimeDelta, Timelike as _};
use serde_json::Value;
use uuid::Uuid;

use crate::stage::{Stage, ad};

async fn effect(stage: &Stage) -> Claimed {
    let sql = "select id, payload, event_id, correlation_id from effects.queue where kind = $1";
    let row: (Uuid, Value, Uuid, Uuid) = sqlx::query_as(sql)
        .bind(CONTACT_EFFECT)
        .fetch_one(&stage.world.db.pools().admin)
        .await
        .unwrap();
    Claimed {
        id: row.0,
        tenant: stage.tenant,
        kind: CONTACT_EFFECT.into(),
        serial: None,
        payload: row.1,
        attempt: 1,
        failures: 0,
        by_operator: false,
        due_at: stage.world.now(),
        created_at: stage.world.now(),
        event_id: EventId::new(row.2),
        correlation_id: row.3,
        traceparent: None,
    }
}

fn handler(stage: &Stage) -> &dyn EffectHandler {
    stage.handlers.iter().find(|handler| handler.kind() == CONTACT_EFFECT).unwrap().as_ref()
}

#[tokio::test]
async fn a_lead_is_written_to_in_a_conversation_that_is_linked_to_it() {
    let stage = Stage::set().await;
    let lead = stage.ad_lead("1", vec![ad()]).await;
    stage.pass(1).await;
    let state = stage.lead(lead).await;
    assert_eq!((state.status(), state.contacts()), (LeadStatus::Contacted, 1));
    let (_, attempted) = stage
        .events(lead)
        .await
        .into_iter()
        .find(|(name, _)| name == "LeadContactAttempted")
        .unwrap();
    let sql = "select payload -> 'MessageQueued' ->> 'message', payload::text from log.events \
               where event_type = 'MessageQueued'";
    let (message, text): (String, String) =
        sqlx::query_as(sql).fetch_one(&stage.world.db.pools().admin).await.unwrap();
    assert_eq!(attempted["message"], message.as_str());
    assert!(text.contains("lead_bienvenida_spa") && text.contains("es_AR"), "{text}");
    assert_eq!(stage.count("EntityLinked").await, 1);
}

#[tokio::test]
async fn every_step_that_is_done_again_after_a_crash_writes_one_message() {
    let stage = Stage::set().await;
    stage.ad_lead("1", vec![ad()]).await;
    stage.pass(1).await;
    let effect = effect(&stage).await;
    for _ in 0..3 {
        assert_eq!(handler(&stage).run(&effect).await, Verdict::Done);
        assert!(matches!(handler(&stage).abandoned(&effect).await, Verdict::Retry { .. }));
    }
    assert_eq!(stage.count("MessageQueued").await, 1);
    assert_eq!(stage.count("ConversationStarted").await, 1);
    assert_eq!(stage.count("LeadContactAttempted").await, 1);
}

#[tokio::test]
async fn nobody_is_written_to_outside_of_the_hours() {
    let hours = ContactHours {
        time_zone: "America/Argentina/Buenos_Aires".into(),
        weekdays: (1..=6).collect(),
        from_minute: 9 * 60,
        until_minute: 20 * 60,
    };
    // Monday, 6 o'clock in Buenos Aires.
    let stage = Stage::with_hours(hours).await;
    let lead = stage.ad_lead("1", vec![ad()]).await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.count("MessageQueued").await, 0);
    stage.pass(4).await;
    assert_eq!(stage.lead(lead).await.contacts(), 1);
    let sql = "select min((metadata ->> 'occurred_at')::timestamptz) from log.events \
        where event_type = 'MessageQueued'";
    let at: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar(sql).fetch_one(&stage.world.db.pools().admin).await.unwrap();
    assert!(at.hour() >= 12, "{at}");
}

#[tokio::test]
async fn who_opted_out_meanwhile_is_not_written_to() {
    let stage = Stage::set().await;
    let lead = stage.ad_lead("1", vec![ad()]).await;
    // The form is fetched, and the lead mapped and requested; its contact says no before that.
    let handler = stage.handlers.iter().find(|handler| handler.kind() == "lead.fetch_form");
    let sql = "select id, payload from effects.queue where kind = 'lead.fetch_form'";
    let row: (Uuid, Value) =
        sqlx::query_as(sql).fetch_one(&stage.world.db.pools().admin).await.unwrap();
    let claimed = Claimed {
        id: row.0,
        tenant: stage.tenant,
        kind: "lead.fetch_form".into(),
        serial: None,
        payload: row.1,
        attempt: 1,
        failures: 0,
        by_operator: false,
        due_at: stage.world.now(),
        created_at: stage.world.now(),
        event_id: EventId::new(Uuid::from_u128(1)),
        correlation_id: Uuid::from_u128(1),
        traceparent: None,
    };
    assert_eq!(handler.unwrap().run(&claimed).await, Verdict::Done);
    let contact = stage.lead(lead).await.contact().unwrap();
    let at = stage.world.now() + TimeDelta::seconds(1);
    let body = ContactCommand::OptOut { category: OptOutCategory::All, by: "agent".into(), at };
    stage.give::<Contact>(contact, body).await;
    stage.pass(1).await;
    assert_eq!(stage.count("MessageQueued").await, 0);
    assert_eq!(stage.count("LeadContactFailed").await, 1);
}
