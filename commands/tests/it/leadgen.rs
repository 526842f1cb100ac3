//! What the Lead Ads source reads, and whom it believes.

use bitacora_commands::sources::{self, Fact, FactKind, Forged, LeadFact, Secret, WebhookSource};
use bitacora_domain::aggregates::channel_account::ChannelKind;
use bitacora_domain::aggregates::lead::LeadSource;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::sources::{Request, at, body, facts, reason};

fn source() -> &'static dyn WebhookSource {
    sources::find("meta/leadgen").unwrap()
}

fn all(name: &str) -> Vec<Fact> {
    let body = body("leadgen", name);
    facts("meta/leadgen", &Request::new(&body, &[]))
}

fn only(name: &str) -> (Fact, LeadFact) {
    let [fact] = <[Fact; 1]>::try_from(all(name)).unwrap();
    let FactKind::Lead(lead) = fact.kind.clone() else { panic!("{fact:?}") };
    (fact, lead)
}

fn ads(lead: &LeadFact) -> Vec<String> {
    lead.ads.iter().map(bitacora_domain::aggregates::offer::AdKey::key).collect()
}

#[test]
fn a_lead_has_its_page_its_form_and_its_ad() {
    let (fact, lead) = only("lead");
    assert_eq!(fact.key, "leadgen:455123400111222");
    assert_eq!(fact.account.as_deref(), Some("153125381133"));
    assert_eq!(fact.at, Some(at(1_763_647_598)));
    assert_eq!(
        (lead.source, lead.external_id.as_str()),
        (LeadSource::MetaLeadAd, "455123400111222")
    );
    assert_eq!(ads(&lead), ["ad:23850001112220", "form:889977665544", "page:153125381133"]);
    assert_eq!(source().accounts(), Some(ChannelKind::MetaPage));
}

#[test]
fn ids_are_texts_or_numbers_of_any_size() {
    let (fact, lead) = only("numbers");
    assert_eq!(lead.external_id, "9455123400111222333", "beyond what a double holds");
    assert_eq!(fact.account.as_deref(), Some("153125381133"));
    assert_eq!(ads(&lead), ["ad:23850001112220", "form:889977665544", "page:153125381133"]);
}

#[test]
fn organic_leads_and_those_of_the_testing_tool_have_no_ad() {
    assert_eq!(ads(&only("organic").1), ["form:889977665544", "page:153125381133"]);
    let (fact, lead) = only("testing_tool");
    assert_eq!(ads(&lead), ["form:889977665544", "page:153125381133"], "the page of the entry");
    assert_eq!(fact.account.as_deref(), Some("153125381133"));
}

#[test]
fn one_bad_change_does_not_cost_the_others() {
    let facts = all("batch");
    let told: Vec<_> =
        facts.iter().map(|fact| (fact.account.as_deref().unwrap(), reason(fact))).collect();
    assert_eq!(
        told,
        [
            ("153125381133", None),
            ("153125381133", Some("FIELD_NOT_HANDLED")),
            ("153125381133", Some("MALFORMED_LEAD")),
            ("153125381134", None),
        ]
    );
    assert_eq!(reason(&all("empty")[0]), Some("NO_FACTS"));
}

#[test]
fn the_app_secret_signs_it_as_everything_of_the_app() {
    let body = body("leadgen", "lead");
    let secret = |text: &str| Secret::new(text).unwrap();
    let mac = Hmac::<Sha256>::new_from_slice(b"app-secret").unwrap().chain_update(&body);
    let header = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let check = |secrets: &[Secret], body: &[u8], headers: &[(&str, &str)]| {
        source().verify(secrets, &Request::new(body, headers).arrival(), at(0))
    };
    let signed = [("X-Hub-Signature-256", header.as_str())];
    assert_eq!(check(&[secret("old"), secret("app-secret")], &body, &signed), Ok(()));
    assert_eq!(check(&[secret("other")], &body, &signed), Err(Forged::Mismatch));
    assert_eq!(check(&[secret("app-secret")], &body[1..], &signed), Err(Forged::Mismatch));
    assert_eq!(check(&[secret("app-secret")], &body, &[]), Err(Forged::Missing));
}
