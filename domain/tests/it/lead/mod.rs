//! Lead: what is common to its tests.

mod coming;
mod contacting;
mod delivering;
mod matrix;
mod privacy;
mod properties;
pub(crate) mod samples;
pub(crate) use matrix::drift as matrix_drift;
mod score;
mod talking;

use std::collections::BTreeSet;

use bitacora_domain::aggregates::delivery::{DeliveryTarget, TargetKind};
use bitacora_domain::aggregates::lead::{
    FormField, GivenAnswer, Lead, LeadAnswer, LeadCommand as C, LeadEvent as E, LeadIntent,
    LeadPerson, LeadSource, LeadStatus, LeadTiming,
};
use bitacora_domain::aggregates::offer::{
    ChargeModel, Criteria, MoneyRange, OfferChoice, ZoneCriteria,
};
use bitacora_domain::{DeliveryId, LeadId, MessageId, OfferId, Personal, Subject};
use cqrs_es::DomainEvent;
use uuid::Uuid;

use crate::support::ids::{CONTACT, STREAM, personal};
use crate::support::{Case, Outcome, given};

pub(crate) const LEAD: LeadId = LeadId::new(STREAM);
pub(crate) const OTHER_LEAD: LeadId = LeadId::new(Uuid::from_u128(0x1E));
pub(crate) const OFFER: OfferId = OfferId::new(Uuid::from_u128(0x0F));
pub(crate) const OTHER_OFFER: OfferId = OfferId::new(Uuid::from_u128(0x10F));
pub(crate) const HOLD: Uuid = Uuid::from_u128(0x401D);

pub(crate) fn delivery(n: u128) -> DeliveryId {
    DeliveryId::new(Uuid::from_u128(0xDE << 64 | n))
}

pub(crate) fn said(n: u128) -> MessageId {
    MessageId::new(Uuid::from_u128(0x5A1D << 64 | n))
}

pub(crate) fn usd(min: Option<i64>, max: Option<i64>) -> MoneyRange {
    MoneyRange { min_minor: min, max_minor: max, currency: "USD".to_owned() }
}

pub(crate) fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub(crate) fn criteria() -> Criteria {
    Criteria {
        prices: vec![usd(Some(10_000_000), Some(12_000_000))],
        zones: ZoneCriteria {
            exact: set(&["palermo"]),
            adjacent: set(&["belgrano"]),
            cities: set(&["caba"]),
        },
        typologies: set(&["2_ambientes"]),
        features: set(&["balcon", "cochera"]),
        ..Criteria::default()
    }
}

pub(crate) fn choice() -> OfferChoice {
    OfferChoice { offer: OFFER, version: 1, charge: ChargeModel::PerLead, criteria: criteria() }
}

pub(crate) fn other_choice() -> OfferChoice {
    OfferChoice { offer: OTHER_OFFER, ..choice() }
}

pub(crate) fn person() -> LeadPerson {
    LeadPerson {
        name: Some(personal("Lucía Ferreyra")),
        phone: Some(personal("+5491166600011")),
        email: None,
        fields: vec![FormField { name: "horario".to_owned(), value: personal("por la tarde") }],
    }
}

pub(crate) fn meant(answer: LeadAnswer) -> Personal<LeadAnswer> {
    Personal::new(Subject::contact(CONTACT), answer)
}

pub(crate) fn given_answer(answer: LeadAnswer) -> GivenAnswer {
    GivenAnswer {
        raw: Some(personal("eso")),
        normalised: meant(answer),
        confidence_bp: 9_000,
        message: None,
    }
}

pub(crate) fn answer(answer: LeadAnswer) -> C {
    C::AnswerQuestion { answer: Box::new(given_answer(answer)) }
}

/// The best answers that there are: 100 points.
pub(crate) fn best() -> Vec<LeadAnswer> {
    vec![
        LeadAnswer::Name("Lucía Ferreyra".to_owned()),
        LeadAnswer::Budget(usd(None, Some(11_000_000))),
        LeadAnswer::Zone { zone: "palermo".to_owned(), city: Some("caba".to_owned()) },
        LeadAnswer::Typology("2_ambientes".to_owned()),
        LeadAnswer::Timing(LeadTiming::Now),
        LeadAnswer::Intent(LeadIntent::Ready),
    ]
}

/// As an ad of which the form is to be fetched.
pub(crate) fn from_ad() -> C {
    C::Capture {
        source: LeadSource::MetaLeadAd,
        external_id: Some("1234567890".to_owned()),
        ads: vec![],
        contact: None,
        person: Box::default(),
        answers: vec![],
        choice: None,
        rule: None,
        opted_out: false,
        duplicate_of: None,
    }
}

/// As a person writes it down, with everything that is needed.
pub(crate) fn by_hand() -> C {
    C::Capture {
        source: LeadSource::Manual,
        external_id: None,
        ads: vec![],
        contact: Some(CONTACT),
        person: Box::new(person()),
        answers: vec![],
        choice: Some(Box::new(choice())),
        rule: None,
        opted_out: false,
        duplicate_of: None,
    }
}

pub(crate) fn reply(n: u128, text: &str) -> C {
    C::RecordReply { message: said(n), text: Some(personal(text)) }
}

pub(crate) fn targets() -> Vec<DeliveryTarget> {
    let id = Uuid::from_u128(0x7A);
    vec![DeliveryTarget { id, kind: TargetKind::Webhook, name: "CRM".to_owned() }]
}

pub(crate) fn request(n: u128) -> C {
    C::RequestDelivery { delivery: delivery(n), reservation: Some(HOLD), targets: targets() }
}

pub(crate) fn confirm(n: u128) -> C {
    C::ConfirmDelivery { delivery: delivery(n), captured: Some(HOLD) }
}

pub(crate) fn fail(n: u128) -> C {
    C::FailDelivery { delivery: delivery(n), reason: "HTTP 500".to_owned() }
}

/// Mapped, and to be written to.
pub(crate) fn fresh() -> Case<Lead> {
    given::<Lead>([]).after(by_hand())
}

/// Written to once.
pub(crate) fn contacted() -> Case<Lead> {
    fresh().after(C::RequestContact).after(attempt(1))
}

pub(crate) fn attempt(contact: i64) -> C {
    C::RecordContactAttempt { contact, template: "hola".to_owned(), message: None }
}

/// Answered everything in the best way.
pub(crate) fn ready() -> Case<Lead> {
    let case = contacted().after(reply(1, "Hola"));
    let case = best().into_iter().fold(case, |case, given| case.after(answer(given)));
    assert_eq!(case.state.status(), LeadStatus::LeadReady);
    case
}

pub(crate) fn sent() -> Case<Lead> {
    ready().after(request(1)).after(confirm(1))
}

/// The kinds and due minutes of the effects of an outcome: `command ContactDue@60`.
pub(crate) fn effects(outcome: &Outcome<Lead>) -> Vec<String> {
    use bitacora_domain::DomainAggregate;
    let events = outcome.result.as_ref().unwrap();
    let zero = crate::support::ids::minute(0);
    let effects = events.iter().flat_map(|event| outcome.case.state.effects(event));
    effects
        .map(|effect| {
            let body = &effect.payload["body"];
            let name = body
                .as_str()
                .map(str::to_owned)
                .or_else(|| body.as_object().and_then(|body| body.keys().next().cloned()));
            let due = effect.due.map(|due| format!("@{}", (due - zero).num_minutes()));
            format!("{} {}{}", effect.kind, name.unwrap_or_default(), due.unwrap_or_default())
        })
        .collect()
}

pub(crate) fn names(events: &[E]) -> Vec<String> {
    events.iter().map(DomainEvent::event_type).collect()
}
