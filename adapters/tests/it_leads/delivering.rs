//! Telling a tenant's systems of leads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bitacora_commands::effects::EffectWorker;
use bitacora_commands::ports::DeliveryTargets as _;
use bitacora_domain::aggregates::delivery::{
    DELIVER_EFFECT, Delivery, DeliveryCommand, DeliveryStatus, TargetKind, TargetStatus,
};
use bitacora_domain::aggregates::lead::{Lead, LeadCommand};
use bitacora_domain::{CommandId, DeliveryId};
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use uuid::Uuid;

use crate::server::{Answer, Seen};
use crate::stage::Stage;
use crate::support::quick;

fn says(status: u16) -> Answer {
    Answer::Says(status, String::new())
}

/// As Standard Webhooks says, computed here once more.
fn is_signed_by(seen: &Seen, secret: &[u8]) -> bool {
    let (id, at) = (seen.header("webhook-id"), seen.header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(&seen.body);
    let signed = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    seen.header("webhook-signature").split(' ').any(|signature| signature == signed)
}

#[tokio::test]
async fn a_target_is_told_once_signed_by_both_secrets_and_its_reference_is_kept() {
    let stage = Stage::set().await;
    let row = stage.target(&format!("{}/leads", stage.crm.url), TargetKind::Webhook).await;
    let lead = stage.ready_lead().await;
    let delivery = stage.deliver(lead, &[&row]).await;
    let [seen] = stage.crm.seen().try_into().unwrap();
    assert_eq!(seen.uri, "/leads");
    assert!(is_signed_by(&seen, &[7; 32]) && is_signed_by(&seen, &[8; 32]));
    assert!(!is_signed_by(&seen, &[9; 32]));
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(body["type"], "lead.delivered");
    assert_eq!(body["data"]["name"], "Mariano Quiroga");
    assert_eq!(body["data"]["phone"], "+54 9 11 6660 0033");
    assert_eq!(body["data"]["answers"]["typology"], "2_ambientes");
    assert_eq!(body["data"]["lead_id"], lead.to_string());
    let state = stage.delivery(delivery).await;
    assert_eq!((state.status(), state.confirmed()), (DeliveryStatus::Delivered, 1));
    let events = stage.events(delivery).await;
    let (_, confirmed) = events.iter().find(|(name, _)| name == "DeliveryTargetConfirmed").unwrap();
    assert_eq!(confirmed["reference"], "crm-7");
    let requested = events[0].1.to_string();
    assert!(requested.contains("\"u\":\"lead:"), "the package is veiled in the log");
}

#[tokio::test]
async fn a_failure_is_tried_again_under_the_same_id_until_it_is_taken() {
    let stage = Stage::set().await;
    let row = stage.target(&stage.crm.url, TargetKind::Webhook).await;
    stage.crm.tell([says(500), says(302), says(429), says(204)]);
    let lead = stage.ready_lead().await;
    let delivery = stage.deliver(lead, &[&row]).await;
    stage.pass(3).await;
    let seen = stage.crm.seen();
    assert_eq!(seen.len(), 4);
    let ids: Vec<_> = seen.iter().map(|seen| seen.header("webhook-id")).collect();
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
    assert!(seen.windows(2).all(|pair| pair[0].body == pair[1].body), "byte for byte");
    assert!(seen[0].header("webhook-timestamp") < seen[3].header("webhook-timestamp"));
    assert_eq!(stage.delivery(delivery).await.status(), DeliveryStatus::Delivered);
}

#[tokio::test]
async fn after_four_failures_it_is_a_dead_letter_that_a_person_tries_again() {
    let stage = Stage::set().await;
    let row = stage.target(&stage.crm.url, TargetKind::Webhook).await;
    stage.crm.tell([says(503)]);
    let lead = stage.ready_lead().await;
    let delivery = stage.deliver(lead, &[&row]).await;
    stage.pass(3).await;
    assert_eq!(stage.crm.seen().len(), 4);
    assert_eq!(stage.delivery(delivery).await.status(), DeliveryStatus::DeadLetter);
    stage.crm.tell([says(200)]);
    let retry = DeliveryCommand::RetryDeadLetter { reason: "ya anda".into(), may_repeat: false };
    stage.give::<Delivery>(delivery, retry).await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.delivery(delivery).await.status(), DeliveryStatus::Delivered);
}

#[tokio::test]
async fn what_may_have_arrived_ends_as_unknown_and_never_as_not_delivered() {
    let stage = Stage::set().await;
    let row = stage.target(&stage.crm.url, TargetKind::Webhook).await;
    stage.crm.tell([Answer::Silent]);
    let lead = stage.ready_lead().await;
    let delivery = stage.deliver(lead, &[&row]).await;
    stage.pass(3).await;
    assert_eq!(stage.crm.seen().len(), 4);
    let state = stage.delivery(delivery).await;
    assert_eq!(state.target(row.id), Some(TargetStatus::Unknown));
    assert_eq!(state.status(), DeliveryStatus::InFlight, "the credits stay set aside");
    assert_eq!(stage.count("DeliveryDeadLettered").await, 0);
}

/// The log took "it begins", and its answer was lost: the next try is refused, because an attempt
/// is under way, and has to find out that it is its own.
#[tokio::test]
async fn an_attempt_whose_beginning_the_log_could_not_confirm_is_not_under_way_for_ever() {
    let stage = Stage::set().await;
    let row = stage.target(&stage.crm.url, TargetKind::Webhook).await;
    let lead = stage.ready_lead().await;
    let delivery = DeliveryId::new(Uuid::from_u128(5));
    let targets = vec![row.target()];
    let request = LeadCommand::RequestDelivery { delivery, reservation: None, targets };
    stage.give::<Lead>(lead, request).await;
    let (queue, clock) = (stage.world.queue.clone(), stage.world.clock.clone());
    let all = stage.handlers.iter().filter(|handler| handler.kind() != DELIVER_EFFECT);
    let others = EffectWorker::new("o", queue, clock, all.cloned().collect(), quick());
    others.drain().await.unwrap();
    let sql = "update effects.queue set attempts = 1, failures = 1 where kind = $1 returning id";
    let pool = &stage.world.db.pools().admin;
    let effect: Uuid = sqlx::query_scalar(sql).bind(DELIVER_EFFECT).fetch_one(pool).await.unwrap();
    let envelope = stage.envelope(CommandId::new(effect).step("begin:1"));
    let begin = DeliveryCommand::AttemptTarget { target: row.id, attempt: 1 };
    stage.bus.execute::<Delivery>(envelope, &delivery.to_string(), begin).await.unwrap();
    stage.pass(3).await;
    let state = stage.delivery(delivery).await;
    assert_eq!((state.status(), state.attempts_at(row.id)), (DeliveryStatus::Delivered, Some(2)));
    assert_eq!(stage.crm.seen().len(), 1, "the first try told nobody");
}

#[tokio::test]
async fn who_takes_no_more_and_what_cannot_be_told_yet_is_not_tried_again() {
    let stage = Stage::set().await;
    let gone = stage.target(&stage.crm.url, TargetKind::Webhook).await;
    let sheet = stage.target("https://sheets.example.test/x", TargetKind::GoogleSheets).await;
    let off = stage.target(&stage.crm.url, TargetKind::Webhook).await;
    stage.targets.enable(stage.tenant, off.id, false).await.unwrap();
    stage.crm.tell([says(410)]);
    let lead = stage.ready_lead().await;
    let delivery = stage.deliver(lead, &[&gone, &sheet, &off]).await;
    assert_eq!(stage.crm.seen().len(), 1);
    assert_eq!(stage.delivery(delivery).await.status(), DeliveryStatus::DeadLetter);
    let mut reasons: Vec<_> = stage
        .events(delivery)
        .await
        .into_iter()
        .filter(|(name, _)| name == "DeliveryTargetFailed")
        .map(|(_, payload)| payload["reason"].as_str().unwrap().to_owned())
        .collect();
    reasons.sort();
    assert_eq!(reasons, ["HTTP_410", "TARGET_DISABLED", "TARGET_KIND_NOT_SUPPORTED"]);
}

#[tokio::test]
async fn one_that_has_it_is_enough_and_the_others_are_tried_on_their_own() {
    let stage = Stage::set().await;
    let good = stage.target(&stage.crm.url, TargetKind::Webhook).await;
    let nowhere = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let bad = stage.target(&nowhere, TargetKind::Webhook).await;
    let lead = stage.ready_lead().await;
    let delivery = stage.deliver(lead, &[&good, &bad]).await;
    stage.pass(3).await;
    assert_eq!(stage.crm.seen().len(), 1, "what took it is not told again");
    let state = stage.delivery(delivery).await;
    assert_eq!((state.status(), state.confirmed()), (DeliveryStatus::DeadLetter, 1));
}
