//! The faults of the reference system (spec/features §2, F-CONV) that leads must not have, each by
//! its name.

use bitacora_commands::CommandError;
use bitacora_domain::aggregates::delivery::{DeliveryStatus, TargetKind};
use bitacora_domain::aggregates::lead::{Lead, LeadCommand, LeadRefusal, LeadStatus, OptOutMeans};
use bitacora_domain::opt_out::is_keyword;
use bitacora_domain::{DeliveryId, MessageId, Personal, Subject};
use uuid::Uuid;

use crate::server::Answer;
use crate::stage::{Stage, ad, error, filled};

fn reply(n: u128, text: &str) -> LeadCommand {
    LeadCommand::RecordReply {
        message: MessageId::new(Uuid::from_u128(n)),
        text: Some(Personal::new(Subject("contact:x".into()), text.to_owned())),
    }
}

#[tokio::test]
async fn f_conv_a_graph_failure_never_loses_the_lead() {
    let stage = Stage::set().await;
    stage.graph.tell([Answer::Says(401, error(190, None))]);
    let lead = stage.ad_lead("1", vec![ad()]).await;
    stage.pass(24 * 12).await;
    assert_eq!(stage.count("LeadFormFetchFailed").await, 40, "nine days of trying");
    assert_eq!(stage.lead(lead).await.status(), LeadStatus::PendingMapping, "it is still there");
    stage.graph.tell([Answer::Says(200, filled("+5491166600033"))]);
    stage.give::<Lead>(lead, LeadCommand::RetryFormFetch).await;
    stage.worker.drain().await.unwrap();
    assert!(stage.lead(lead).await.has_form());
}

#[tokio::test]
async fn f_conv_replies_are_heard_while_scored_cooling_reactivated_or_handed_off() {
    let stage = Stage::set().await;
    let lead = stage.ad_lead("1", vec![ad()]).await;
    stage.pass(1).await;
    stage.give::<Lead>(lead, LeadCommand::CoolDown).await;
    stage.give::<Lead>(lead, reply(1, "perdón, estaba de viaje")).await;
    // It answered the form before, so it goes on answering.
    assert_eq!(stage.lead(lead).await.status(), LeadStatus::Qualifying, "cooling");
    stage.give::<Lead>(lead, LeadCommand::CoolDown).await;
    stage.give::<Lead>(lead, LeadCommand::Reactivate { reason: None }).await;
    stage.give::<Lead>(lead, reply(2, "sí, sigo interesado")).await;
    assert_eq!(stage.lead(lead).await.status(), LeadStatus::Qualifying, "reactivation");
    let reason = bitacora_domain::aggregates::lead::HandOffReason::Agent;
    stage.give::<Lead>(lead, LeadCommand::HandOff { agent: None, reason }).await;
    stage.give::<Lead>(lead, reply(3, "¿hay alguien?")).await;
    assert_eq!(stage.count("LeadReplied").await, 1, "with a person: recorded");
    assert_eq!(stage.count("LeadEngaged").await, 2);
}

#[tokio::test]
async fn f_conv_a_telephone_number_is_unique_within_the_tenant_and_not_across() {
    let stage = Stage::set().await;
    let key = "phone:+5491166600033";
    stage.ad_lead("1", vec![ad()]).await;
    stage.worker.drain().await.unwrap();
    let log = stage.bus.log();
    assert!(log.owner(stage.tenant, "contact.identity", key).await.unwrap().is_some());
    let other = stage.world.tenants[1];
    assert!(log.owner(other, "contact.identity", key).await.unwrap().is_none());
}

#[tokio::test]
async fn f_conv_the_next_attempt_is_scheduled_and_then_it_cools() {
    let stage = Stage::set().await;
    let lead = stage.ad_lead("1", vec![ad()]).await;
    stage.pass(30).await;
    assert_eq!(stage.lead(lead).await.contacts(), 2, "a day later, by itself");
    stage.pass(24).await;
    assert_eq!(stage.lead(lead).await.status(), LeadStatus::Cooling);
    stage.pass(24 * 10).await;
    assert_eq!(stage.lead(lead).await.contacts(), 5, "three touches in seven days");
}

#[tokio::test]
async fn f_conv_no_is_an_answer_and_never_an_opt_out() {
    let stage = Stage::set().await;
    let lead = stage.ad_lead("1", vec![ad()]).await;
    stage.pass(1).await;
    for (n, text) in ["no", "NO", "No.", "no gracias"].into_iter().enumerate() {
        stage.give::<Lead>(lead, reply(n as u128 + 1, text)).await;
        assert_ne!(stage.lead(lead).await.status(), LeadStatus::Stopped, "{text}");
    }
    stage.give::<Lead>(lead, reply(9, "Baja!")).await;
    assert_eq!(stage.lead(lead).await.status(), LeadStatus::Stopped);
    let stopped = stage.events(lead).await.pop().unwrap();
    assert_eq!(stopped.1["by"], serde_json::to_value(OptOutMeans::Keyword).unwrap());
}

#[test]
fn f_conv_a_keyword_inside_a_word_or_sentence_means_nothing() {
    for text in ["ya", "playa", "trabajar", "rebaja", "no me llamen a la mañana, stop and go"] {
        assert!(!is_keyword(text), "{text}");
    }
}

#[tokio::test]
async fn f_conv_nothing_is_delivered_with_zero_integrations() {
    let stage = Stage::set().await;
    let lead = stage.ready_lead().await;
    let delivery = DeliveryId::new(Uuid::from_u128(5));
    let body = LeadCommand::RequestDelivery { delivery, reservation: None, targets: vec![] };
    match stage.try_give::<Lead>(lead, body).await {
        Err(CommandError::Refused(LeadRefusal::InvalidTargets)) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.count("LeadDeliveryRequested").await, 0);
}

#[tokio::test]
async fn f_conv_a_dead_letter_can_be_tried_again() {
    use bitacora_domain::aggregates::delivery::{Delivery, DeliveryCommand};
    let stage = Stage::set().await;
    let row = stage.target(&stage.crm.url, TargetKind::Webhook).await;
    stage.crm.tell([Answer::Says(410, String::new())]);
    let lead = stage.ready_lead().await;
    let delivery = stage.deliver(lead, &[&row]).await;
    assert_eq!(stage.delivery(delivery).await.status(), DeliveryStatus::DeadLetter);
    stage.crm.tell([Answer::Says(200, String::new())]);
    let retry =
        DeliveryCommand::RetryDeadLetter { reason: "reconectado".into(), may_repeat: false };
    stage.give::<Delivery>(delivery, retry).await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.delivery(delivery).await.status(), DeliveryStatus::Delivered);
}
