//! A sample of every event of a lead, and of every shape that it can have.

use bitacora_domain::aggregates::lead::{
    Component, ContactKind, CoolReason, DisputeReason, DisqualifyReason, DuplicateReason,
    Eligibility, FormField, HandOffReason, Lead, LeadAnswer, LeadEvent as E, LeadField, LeadPerson,
    LeadSource, LeadStatus, LossReason, MappingGap, OptOutMeans, ReactivateReason, ScoreComponents,
    ScoreReason,
};
use bitacora_domain::aggregates::offer::{AdKey, AdKeyKind, TemplateRef};
use bitacora_domain::{Actor, ActorKind, Personal, Veil};

use super::{
    HOLD, LEAD, OFFER, OTHER_LEAD, choice, delivery, meant, other_choice, person, said, targets,
    usd,
};
use crate::support::ids::{AGENT, CONTACT, minute, personal};
use crate::support::samples::{Sample, Sampled, state_without};

pub(crate) fn veiled<T>(value: Personal<T>) -> Personal<T> {
    value.veiled(Veil::lead(LEAD))
}

pub(crate) fn veiled_person() -> LeadPerson {
    let LeadPerson { name, phone, email, fields } = person();
    let field = |field: FormField| FormField { value: veiled(field.value), ..field };
    LeadPerson {
        name: name.map(veiled),
        phone: phone.map(veiled),
        email: email.map(veiled),
        fields: fields.into_iter().map(field).collect(),
    }
}

pub(crate) fn actor() -> Actor {
    Actor::new(ActorKind::User, "agente")
}

pub(crate) fn captured() -> E {
    E::LeadCaptured {
        lead: LEAD,
        source: LeadSource::MetaLeadAd,
        external_id: Some("1234567890".to_owned()),
        ads: vec![AdKey { kind: AdKeyKind::Ad, id: "23851".to_owned() }],
        person: Box::new(LeadPerson::default()),
        at: minute(0),
    }
}

pub(crate) fn mapped() -> E {
    E::LeadMapped {
        contact: CONTACT,
        offer: Box::new(choice()),
        rule: Some("ad:23851".to_owned()),
        first_contact_at: Some(minute(0)),
        window_ends_at: minute(90 * 1_440),
        at: minute(0),
    }
}

/// An answer that does not count, and where the lead stands after it.
pub(crate) fn stands(status: LeadStatus) -> E {
    E::LeadAnswerRecorded {
        field: LeadField::Budget,
        raw: None,
        normalised: meant(LeadAnswer::Budget(usd(None, Some(1)))),
        confidence_bp: 100,
        counts: false,
        from_form: false,
        message: None,
        silent_at: None,
        status,
        at: minute(2),
    }
}

pub(crate) fn components() -> ScoreComponents {
    let part = |points, of, reason| Component { points, of, reason };
    ScoreComponents {
        budget: part(20, 25, ScoreReason::Within20Percent),
        zone: part(12, 20, ScoreReason::Adjacent),
        typology: part(15, 15, ScoreReason::Exact),
        timing: part(12, 15, ScoreReason::SixMonths),
        intent: part(0, 15, ScoreReason::NotAnswered),
        quality: part(5, 10, ScoreReason::Answers),
        bonus: part(5, 10, ScoreReason::Wishes),
    }
}

fn coming_in() -> Vec<Sample<Lead>> {
    let at = minute(0);
    let pending =
        |gap, offer| E::LeadMappingPending { gap, offer, rule: Some("form:77".to_owned()), at };
    let failed = |retry_at| E::LeadFormFetchFailed {
        failures: 1,
        reason: "HTTP 500".to_owned(),
        retry_at,
        at,
    };
    vec![
        (None, captured()),
        (
            Some("manual"),
            E::LeadCaptured {
                lead: LEAD,
                source: LeadSource::Manual,
                external_id: None,
                ads: vec![],
                person: Box::new(veiled_person()),
                at,
            },
        ),
        (None, failed(Some(minute(1)))),
        (Some("last"), failed(None)),
        (None, E::LeadFormFetchRequested { by: actor(), at }),
        (None, E::LeadFormDataFetched { person: Box::new(veiled_person()), at }),
        (None, E::LeadContactIdentified { contact: CONTACT, at }),
        (None, pending(MappingGap::NoOffer, None)),
        (Some("contact"), pending(MappingGap::NoContact, Some(Box::new(choice())))),
        (None, mapped()),
        (None, E::LeadRepeated { lead: OTHER_LEAD, at }),
    ]
}

fn contacting() -> Vec<Sample<Lead>> {
    let at = minute(5);
    let template = TemplateRef { name: "hola".to_owned(), language: "es_AR".to_owned() };
    let (kind, n) = (ContactKind::Attempt, 1);
    let attempted = |next_contact_at, cool_at| E::LeadContactAttempted {
        contact: 1,
        kind,
        n,
        template: "hola".to_owned(),
        message: Some(said(9)),
        next_contact_at,
        cool_at,
        status: LeadStatus::Contacted,
        at,
    };
    let failed = E::LeadContactFailed {
        contact: 2,
        kind: ContactKind::Touch,
        n,
        reason: "131049".to_owned(),
        next_contact_at: None,
        cool_at: Some(minute(60)),
        at,
    };
    let engaged = E::LeadEngaged {
        reply: 1,
        message: said(1),
        from: LeadStatus::Contacted,
        silent_at: Some(minute(2_880)),
        status: LeadStatus::Engaged,
        at,
    };
    let (from, reason) = (LeadStatus::Contacted, CoolReason::NoReply);
    let reactivated = |reason, note, contact_at| E::LeadReactivated {
        touch: 1,
        reason,
        note,
        from: LeadStatus::Cooling,
        contact_at,
        status: LeadStatus::Reactivation,
        by: actor(),
        at,
    };
    let due = reactivated(ReactivateReason::Due, None, Some(at));
    let manual = reactivated(ReactivateReason::Manual, Some("Volvió".to_owned()), None);
    vec![
        (None, E::LeadContactDeferred { contact: 1, until: minute(600), at }),
        (None, E::LeadContactRequested { contact: 1, kind, template, at }),
        (None, attempted(Some(minute(1_445)), None)),
        (Some("last"), attempted(None, Some(minute(1_445)))),
        (None, failed),
        (None, engaged),
        (None, E::LeadReplied { reply: 2, message: said(2), silent_at: None, at }),
        (None, due),
        (Some("manual"), manual),
        (None, E::LeadCooled { cooling: 1, reason, from, reactivate_at: Some(minute(90)), at }),
        (
            Some("exhausted"),
            E::LeadCooled {
                cooling: 2,
                reason: CoolReason::Exhausted,
                from,
                reactivate_at: None,
                at,
            },
        ),
    ]
}

fn judging() -> Vec<Sample<Lead>> {
    let at = minute(6);
    let answered = |answer: LeadAnswer, from_form| E::LeadAnswerRecorded {
        field: answer.field(),
        raw: Some(veiled(personal("eso"))),
        normalised: match &answer {
            LeadAnswer::Name(_) => veiled(meant(answer)),
            _ => meant(answer),
        },
        confidence_bp: 9_000,
        counts: true,
        from_form,
        message: (!from_form).then(|| said(3)),
        silent_at: (!from_form).then(|| minute(3_000)),
        status: LeadStatus::Qualifying,
        at,
    };
    let mut samples: Vec<Sample<Lead>> = super::best()
        .into_iter()
        .zip(["name", "budget", "zone", "typology", "timing", "intent"])
        .map(|(answer, shape)| (Some(shape), answered(answer, true)))
        .collect();
    let wishes = LeadAnswer::Preferences(super::set(&["balcon"]));
    samples.extend([
        (Some("preferences"), answered(wishes, false)),
        (None, stands(LeadStatus::Qualifying)),
        (None, E::LeadCriteriaChanged { offer: Box::new(choice()), at }),
        (
            None,
            E::LeadScored {
                total: 69,
                components: components(),
                missing: [LeadField::Intent].into(),
                model_version: 1,
                offer: OFFER,
                offer_version: 1,
                status: LeadStatus::Qualifying,
                at,
            },
        ),
        (None, E::LeadLowPriorityCleared { by_person: false, at }),
        (None, E::LeadMarkedLowPriority { by_person: true, at }),
        (None, E::LeadReady { total: 85, ready_points: 80, at }),
        (None, E::LeadReadyWithdrawn { total: 60, missing: [LeadField::Name].into(), at }),
    ]);
    samples
}

fn ending() -> Vec<Sample<Lead>> {
    let at = minute(7);
    let note = || Some(personal("Lo dijo por teléfono"));
    let from = LeadStatus::Qualifying;
    let disqualified =
        E::LeadDisqualified { reason: DisqualifyReason::Spam, note: note(), from, by: actor(), at };
    let stopped = |contact| E::LeadStopped { by: OptOutMeans::Keyword, contact, from, at };
    let transferred = E::LeadTransferred {
        from_offer: OFFER,
        offer: Box::new(other_choice()),
        status: from,
        by: actor(),
        at,
    };
    let (of, reason) = (OTHER_LEAD, DuplicateReason::SameContact);
    vec![
        (None, disqualified),
        (
            None,
            E::LeadHandedOff { agent: Some(AGENT), reason: HandOffReason::ContactAsked, from, at },
        ),
        (None, E::LeadReturned { at }),
        (None, transferred),
        (None, stopped(Some(CONTACT))),
        (Some("nobody"), stopped(None)),
        (None, E::LeadDuplicateDetected { of, reason, from, at }),
        (None, E::LeadDuplicateWindowEnded { at }),
    ]
}

fn delivering() -> Vec<Sample<Lead>> {
    let at = minute(8);
    let reservation = Some(HOLD);
    let requested =
        |n| E::LeadDeliveryRequested { delivery: delivery(n), reservation, targets: targets(), at };
    let failed = E::LeadDeliveryFailed {
        delivery: delivery(1),
        reservation,
        reason: "HTTP 500".to_owned(),
        at,
    };
    let delivered = |late, withdrawn| E::LeadDelivered {
        delivery: delivery(1),
        captured: Some(HOLD),
        late,
        withdrawn,
        revealed: Box::new(person()),
        status: LeadStatus::SentToDeveloper,
        at,
    };
    let (reason, note) = (DisputeReason::OutOfZone, Some(personal("No es de la zona")));
    let resolved = |refund, eligibility, status| E::LeadDisputeResolved {
        reason,
        refund,
        eligibility,
        delivery: Some(delivery(1)),
        captured: Some(HOLD),
        note: None,
        status,
        by: actor(),
        at,
    };
    let refused = resolved(false, Eligibility::Chargeable, LeadStatus::SentToDeveloper);
    let refunded = resolved(true, Eligibility::NotChargeableOutOfZone, LeadStatus::Refunded);
    let value = Some(usd(Some(11_000_000), Some(11_000_000)));
    vec![
        (None, requested(1)),
        (None, failed),
        (Some("late"), delivered(true, Some(delivery(2)))),
        (None, delivered(false, None)),
        (None, E::LeadDisputed { reason, note, by: actor(), at }),
        (None, refused),
        (Some("refund"), refunded),
        (None, E::LeadWon { value, at }),
        (Some("unsaid"), E::LeadWon { value: None, at }),
        (None, E::LeadLost { reason: LossReason::Price, note: None, at }),
    ]
}

impl Sampled for Lead {
    fn samples() -> Vec<Sample<Self>> {
        [coming_in(), contacting(), judging(), ending(), delivering()].concat()
    }
    fn full_state() -> Self {
        let mut state: Self = state_without(&["LeadDisputeResolved", "LeadContactRequested"]);
        for (shape, event) in contacting() {
            if matches!(event, E::LeadContactRequested { .. })
                || matches!((shape, &event), (None, E::LeadCooled { .. }))
            {
                cqrs_es::Aggregate::apply(&mut state, event);
            }
        }
        cqrs_es::Aggregate::apply(
            &mut state,
            E::LeadDeliveryRequested {
                delivery: delivery(2),
                reservation: None,
                targets: targets(),
                at: minute(9),
            },
        );
        state
    }
}
