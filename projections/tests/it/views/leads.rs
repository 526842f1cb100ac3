//! `leads`, `lead_contacts`, `reveals`, and the contacts that came by a lead.

use bitacora_domain::aggregates::contact::{
    Contact, ContactEvent, Identity, IdentityKind, Revealing,
};
use bitacora_domain::aggregates::lead::{
    ContactKind, Lead, LeadEvent as E, LeadPerson, LeadSource, LeadStatus,
};
use bitacora_domain::aggregates::offer::{AdKey, AdKeyKind, ChargeModel, Criteria, OfferChoice};
use bitacora_domain::{ContactId, DeliveryId, LeadId, OfferId, Personal, Subject, Veil};
use bitacora_projections::views::lead_contacts;
use cqrs_es::Aggregate;

use super::{Story, contact, id, message, words};
use crate::support::at;

fn lead() -> LeadId {
    LeadId::new(id(50))
}

fn person() -> LeadPerson {
    LeadPerson {
        name: Some(words("Mariano Quiroga")),
        phone: Some(words("+5491166600033")),
        email: None,
        fields: vec![],
    }
}

fn veiled(person: LeadPerson) -> LeadPerson {
    let veil = |value: Personal<String>| value.veiled(Veil::lead(lead()));
    LeadPerson { name: person.name.map(veil), phone: person.phone.map(veil), ..person }
}

fn tells(story: &Story, event: &E) {
    story.append((Lead::TYPE, lead().as_uuid()), event);
}

fn mapped(story: &Story) {
    tells(
        story,
        &E::LeadCaptured {
            lead: lead(),
            source: LeadSource::MetaLeadAd,
            external_id: Some("455".into()),
            ads: vec![AdKey { kind: AdKeyKind::Ad, id: "238".into() }],
            person: Box::new(veiled(person())),
            at: at(100),
        },
    );
    let (offer, criteria) = (OfferId::new(id(60)), Criteria::default());
    let choice = OfferChoice { offer, version: 3, charge: ChargeModel::PerLead, criteria };
    tells(
        story,
        &E::LeadMapped {
            contact: contact(),
            offer: Box::new(choice),
            rule: Some("ad:238".into()),
            first_contact_at: Some(at(200)),
            window_ends_at: at(9_000),
            at: at(150),
        },
    );
}

#[tokio::test]
async fn a_lead_stands_in_its_row_from_the_ad_on() {
    let story = Story::new();
    mapped(&story);
    let columns =
        ["status", "step", "source", "offer_id", "offer_version", "next_contact_at", "mapped_at"];
    let row = story.row("leads", id(50), &columns).await;
    assert_eq!(row, ["TO_BE_CONTACTED", "RECEIVED", "META_LEAD_AD", "60", "3", "200", "150"]);
    tells(
        &story,
        &E::LeadContactAttempted {
            contact: 1,
            kind: ContactKind::Attempt,
            n: 1,
            template: "lead_bienvenida_spa".into(),
            message: Some(message(9)),
            next_contact_at: Some(at(500)),
            cool_at: None,
            status: LeadStatus::Contacted,
            at: at(210),
        },
    );
    let row = story.row("leads", id(50), &["status", "contacts", "next_contact_at"]).await;
    assert_eq!(row, ["CONTACTED", "1", "500"]);
    let key = lead_contacts::id(id(50), 1);
    let row = story.row("lead_contacts", key, &["status", "kind", "template", "at"]).await;
    assert_eq!(row, ["WRITTEN", "ATTEMPT", "lead_bienvenida_spa", "210"]);
    tells(&story, &E::LeadRepeated { lead: LeadId::new(id(51)), at: at(300) });
    assert_eq!(story.row("leads", id(50), &["repeats"]).await, ["1"]);
}

#[tokio::test]
async fn who_a_lead_is_stands_in_its_row_only_after_it_was_delivered() {
    let story = Story::new();
    mapped(&story);
    let columns = ["name", "phone", "email", "eligibility", "delivered_at"];
    assert_eq!(story.row("leads", id(50), &columns).await, ["-", "-", "-", "PENDING", "-"]);
    // Whatever an event would say in the open: the delivery alone fills the row.
    tells(&story, &E::LeadFormDataFetched { person: Box::new(person()), at: at(160) });
    assert_eq!(story.row("leads", id(50), &columns).await, ["-", "-", "-", "PENDING", "-"]);
    tells(
        &story,
        &E::LeadDelivered {
            delivery: DeliveryId::new(id(70)),
            captured: None,
            late: false,
            withdrawn: None,
            revealed: Box::new(person()),
            status: LeadStatus::SentToDeveloper,
            at: at(800),
        },
    );
    let row = story.row("leads", id(50), &columns).await;
    assert_eq!(row, ["Mariano Quiroga", "+5491166600033", "-", "CHARGEABLE", "800"]);
}

#[tokio::test]
async fn a_contact_that_came_by_a_lead_is_nobody_until_it_is_revealed() {
    let story = Story::new();
    let hidden = ContactId::of_lead(id(80));
    let own = |text: &str| Personal::new(Subject::contact(hidden), text.to_owned());
    let phone = Identity { kind: IdentityKind::Phone, value: own("+5491166600033") };
    let tell = |event: &ContactEvent| story.append((Contact::TYPE, hidden.as_uuid()), event);
    let columns = ["name", "phone", "phones", "identities"];
    tell(&ContactEvent::ContactCreated { contact: hidden, name: Some(own("Mariano")) });
    tell(&ContactEvent::ContactIdentityAdded { identity: phone.clone() });
    tell(&ContactEvent::ContactRenamed { name: own("Mariano Q.") });
    assert_eq!(story.row("contacts", hidden.as_uuid(), &columns).await, ["-", "-", "-", "-"]);
    assert!(story.row("reveals", hidden.as_uuid(), &["because"]).await.is_empty());
    let (because, name) = (Revealing::Delivered, Some(own("Mariano Q.")));
    tell(&ContactEvent::ContactRevealed { because, name, identities: vec![phone] });
    let row = story.row("contacts", hidden.as_uuid(), &columns).await;
    let identities = r#"[{"kind":"phone","value":"+5491166600033"}]"#;
    assert_eq!(row, ["Mariano Q.", "+5491166600033", r#"["+5491166600033"]"#, identities]);
    assert_eq!(story.row("reveals", hidden.as_uuid(), &["because"]).await, ["delivered"]);
}
