//! Forms behind ads, over the Graph API under faults.

use bitacora_commands::leads::id_of;
use bitacora_domain::aggregates::contact::Contact;
use bitacora_domain::aggregates::lead::{Lead, LeadCommand, LeadSource, LeadStatus};
use bitacora_domain::aggregates::offer::{AdKey, AdKeyKind};

use crate::server::Answer;
use crate::stage::{Stage, ad, error, filled};

const PHONE: &str = "+5491166600033";

#[tokio::test]
async fn a_form_is_fetched_once_with_the_token_and_maps_the_lead() {
    let stage = Stage::set().await;
    let lead = stage.ad_lead("455123400111222", vec![ad()]).await;
    assert_eq!(stage.lead(lead).await.status(), LeadStatus::PendingMapping);
    stage.worker.drain().await.unwrap();
    let [seen] = stage.graph.seen().try_into().unwrap();
    assert!(seen.uri.starts_with("/v24.0/455123400111222?fields="), "{}", seen.uri);
    assert!(!seen.uri.contains("t0ken"), "the token is in no address");
    assert_eq!(seen.header("authorization"), "Bearer t0ken");
    let state = stage.lead(lead).await;
    assert!(state.has_form());
    assert_eq!(state.offer().unwrap().offer, stage.offer);
    let contact = state.contact().unwrap();
    assert!(contact.came_by_lead());
    assert!(stage.state::<Contact>(contact).await.is_hidden());
    assert_eq!(stage.count("LeadAnswerRecorded").await, 2, "the name and the budget");
}

#[tokio::test]
async fn what_the_form_said_of_the_person_is_veiled_in_the_log() {
    let stage = Stage::set().await;
    let lead = stage.ad_lead("1", vec![ad()]).await;
    stage.worker.drain().await.unwrap();
    let told = stage.events(lead).await;
    let (_, form) = told.iter().find(|(name, _)| name == "LeadFormDataFetched").unwrap();
    let name = &form["person"]["name"]["$p"];
    assert_eq!(name["u"], format!("lead:{lead}"));
    assert_eq!(name["v"], "Mariano Quiroga", "stored for the delivery");
    let seen =
        bitacora_domain::codec::open(form.clone(), bitacora_domain::codec::Visibility::Clear);
    assert!(!seen.to_string().contains("Mariano") && !seen.to_string().contains("6660"));
}

#[tokio::test]
async fn every_fault_that_passes_is_tried_again_until_the_form_is_there() {
    let stage = Stage::set().await;
    stage.graph.tell([
        Answer::Says(500, "<html>".into()),
        Answer::Silent,
        Answer::Says(401, error(190, None)),
        Answer::Says(400, error(4, None)),
        Answer::Says(200, "not json".into()),
        Answer::Says(200, filled(PHONE)),
    ]);
    let lead = stage.ad_lead("1", vec![ad()]).await;
    stage.pass(24).await;
    let failures: Vec<_> = stage
        .events(lead)
        .await
        .into_iter()
        .filter(|(name, _)| name == "LeadFormFetchFailed")
        .map(|(_, payload)| payload["reason"].as_str().unwrap().to_owned())
        .collect();
    let expected = ["SERVER_ERROR", "TIMEOUT", "TOKEN_EXPIRED", "THROTTLED", "UNREADABLE_ANSWER"];
    assert_eq!(failures, expected);
    assert!(stage.lead(lead).await.has_form());
}

#[tokio::test]
async fn a_deleted_form_is_not_asked_for_again_and_the_lead_stays() {
    let stage = Stage::set().await;
    stage.graph.tell([Answer::Says(400, error(100, Some(33)))]);
    let lead = stage.ad_lead("1", vec![ad()]).await;
    stage.pass(48).await;
    assert_eq!(stage.graph.seen().len(), 1);
    assert_eq!(stage.lead(lead).await.status(), LeadStatus::PendingMapping);
    stage.graph.tell([Answer::Says(200, filled(PHONE))]);
    stage.give::<Lead>(lead, LeadCommand::RetryFormFetch).await;
    stage.worker.drain().await.unwrap();
    assert!(stage.lead(lead).await.has_form(), "a person had it fetched again");
}

#[tokio::test]
async fn what_the_webhook_did_not_say_the_form_says() {
    let stage = Stage::set().await;
    let lead = stage.ad_lead("1", vec![]).await;
    stage.worker.drain().await.unwrap();
    let state = stage.lead(lead).await;
    assert_eq!(state.offer().map(|offer| offer.offer), Some(stage.offer), "by the ad in the form");
    let other = AdKey { kind: AdKeyKind::Ad, id: "999".into() };
    stage
        .graph
        .tell([Answer::Says(200, filled("+5491166600044").replace(crate::stage::AD, "999"))]);
    let unknown = stage.ad_lead("2", vec![other]).await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.lead(unknown).await.status(), LeadStatus::PendingMapping);
}

#[tokio::test]
async fn two_forms_of_one_person_are_one_lead_and_its_duplicate() {
    let stage = Stage::set().await;
    let first = stage.ad_lead("1", vec![ad()]).await;
    let second = stage.ad_lead("2", vec![ad()]).await;
    stage.worker.drain().await.unwrap();
    let (one, other) = (stage.lead(first).await, stage.lead(second).await);
    let (winner, loser) = if one.duplicate_of().is_none() { (first, other) } else { (second, one) };
    assert_eq!(loser.status(), LeadStatus::Duplicate);
    assert_eq!(loser.duplicate_of(), Some(winner));
    assert_eq!(stage.count("LeadRepeated").await, 1, "the winner hears of it");
    assert_eq!(stage.count("ContactCreated").await, 1);
}

#[tokio::test]
async fn nothing_of_the_form_is_added_to_a_contact_that_the_business_knows() {
    let stage = Stage::set().await;
    let customer = stage.customer(PHONE).await;
    let lead = stage.ad_lead("1", vec![ad()]).await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.lead(lead).await.contact(), Some(customer));
    let known: Contact = stage.state(customer).await;
    assert_eq!((known.identities().len(), known.name(), known.is_hidden()), (1, None, false));
}

#[tokio::test]
async fn the_same_fact_again_is_the_same_lead_and_its_form_is_fetched_once() {
    let stage = Stage::set().await;
    let lead = stage.ad_lead("1", vec![ad()]).await;
    assert_eq!(stage.ad_lead("1", vec![ad()]).await, lead);
    assert_eq!(id_of(stage.tenant, LeadSource::MetaLeadAd, "1"), lead);
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.graph.seen().len(), 1);
    assert_eq!(stage.count("LeadCaptured").await, 1);
}
