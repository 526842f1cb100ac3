//! Offer: an ad leads to one offer, and criteria are versioned.

use bitacora_domain::aggregates::offer::matrix::{Ask, judge, markdown};
use bitacora_domain::aggregates::offer::{
    AD_CLAIM, AdKey, AdKeyKind, BonusPoints, ChargeModel, ContactHours, ContactPolicy, Criteria,
    Offer, OfferCommand as C, OfferEvent as E, OfferKind, OfferStatus, TemplateRef, Weights,
};
use bitacora_domain::law::Verdict;
use bitacora_domain::{Claim, OfferId};
use chrono::{DateTime, Utc};
use proptest::prelude::*;

use crate::lead::matrix_drift as drift;
use crate::lead::{criteria, usd};
use crate::support::ids::STREAM;
use crate::support::samples::{Sample, Sampled, state_without};
use crate::support::{Case, given};

fn create() -> C {
    C::Create {
        name: "Torre Ibarra".to_owned(),
        kind: OfferKind::Property,
        charge: ChargeModel::PerLead,
        criteria: criteria(),
    }
}

fn ad(id: &str) -> AdKey {
    AdKey { kind: AdKeyKind::Ad, id: id.to_owned() }
}

fn draft() -> Case<Offer> {
    given::<Offer>([]).after(create())
}

fn standing(status: OfferStatus) -> Case<Offer> {
    let mapped = draft().after(C::MapAd { ad: ad("1") });
    match status {
        OfferStatus::Draft => mapped,
        OfferStatus::Active => mapped.after(C::Publish),
        OfferStatus::Paused => mapped.after(C::Publish).after(C::Pause),
        OfferStatus::Archived => mapped.after(C::Archive),
    }
}

fn sample(ask: Ask) -> C {
    match ask {
        Ask::Create => create(),
        Ask::Rename => C::Rename { name: "Torre Norte".to_owned() },
        Ask::SetCriteria => {
            C::SetCriteria { criteria: Criteria { ready_points: 70, ..criteria() } }
        }
        Ask::Publish => C::Publish,
        Ask::Pause => C::Pause,
        Ask::Archive => C::Archive,
        Ask::MapAd => C::MapAd { ad: ad("2") },
        Ask::UnmapAd => C::UnmapAd { ad: ad("1") },
    }
}

#[test]
fn every_state_meets_every_command_as_the_table_says() {
    let mut cells = 0;
    for status in OfferStatus::ALL {
        for &ask in Ask::ALL {
            let case = standing(status);
            assert_eq!((case.state.status(), Ask::of(&sample(ask))), (status, ask));
            let result = case.when(sample(ask)).result;
            match (&result, judge(ask, status)) {
                (Ok(events), Verdict::Go) => assert!(!events.is_empty(), "{ask:?} at {status:?}"),
                (Ok(events), Verdict::Nothing) => assert_eq!(events, &[], "{ask:?} at {status:?}"),
                (Err(found), Verdict::Refuse(expected)) => assert_eq!(*found, expected),
                (result, said) => panic!("{result:?}, but {said:?}: {ask:?} at {status:?}"),
            }
            cells += 1;
        }
    }
    assert_eq!(cells, 4 * 8);
    for &ask in Ask::ALL {
        let expected =
            if ask == Ask::Create { "OfferCreated+OfferCriteriaSet" } else { "!OFFER_NOT_FOUND" };
        assert_eq!(given::<Offer>([]).when(sample(ask)).summary(), expected);
    }
}

#[test]
fn the_rendered_table_is_in_the_documentation() {
    drift("OFFER.md", &markdown());
}

#[test]
fn criteria_are_versions_that_never_change() {
    let first = draft().after(C::Publish);
    assert_eq!(first.state.choice().unwrap().version, 1);
    first.clone().when(C::SetCriteria { criteria: criteria() }).then_nothing();
    let other = Criteria { ready_points: 70, ..criteria() };
    let second = first
        .when(C::SetCriteria { criteria: other.clone() })
        .then([E::OfferCriteriaSet { version: 2, criteria: other.clone() }]);
    let choice = second.state.choice().unwrap();
    assert_eq!((choice.version, choice.criteria), (2, other));
    second.clone().when(create()).then_nothing();
    let C::Create { name, kind, criteria, .. } = create() else { unreachable!() };
    let charge = ChargeModel::PerSale;
    second.when(C::Create { name, kind, charge, criteria }).then_refused("OFFER_ALREADY_CREATED");
}

#[test]
fn leads_are_mapped_only_to_an_offer_that_is_active() {
    for status in OfferStatus::ALL {
        let offer = standing(status).state;
        assert_eq!(offer.choice().is_some(), status == OfferStatus::Active, "{status:?}");
        assert!(offer.criteria_now().is_some());
    }
}

#[test]
fn an_ad_leads_to_one_offer_until_it_is_free_again() {
    let offer = OfferId::new(STREAM);
    let mapped = draft().when(C::MapAd { ad: ad("1") });
    assert_eq!(mapped.claims(), [Claim::take(AD_CLAIM, "ad:1", offer)]);
    mapped.case.clone().when(C::MapAd { ad: ad("1") }).then_nothing();
    let unmapped = mapped.case.clone().when(C::UnmapAd { ad: ad("1") });
    assert_eq!(unmapped.claims(), [Claim::release(AD_CLAIM, "ad:1", offer)]);
    unmapped.case.when(C::UnmapAd { ad: ad("1") }).then_nothing();
    let archived = mapped.case.after(C::MapAd { ad: ad("2") }).when(C::Archive);
    let freed = ["ad:1", "ad:2"].map(|key| Claim::release(AD_CLAIM, key, offer));
    assert_eq!(archived.claims(), freed);
    for bad in ["", "a b", "é", &"1".repeat(65)] {
        draft().when(C::MapAd { ad: ad(bad) }).then_refused("INVALID_AD_KEY");
    }
    let full = (0..500).fold(draft(), |case, n| case.after(C::MapAd { ad: ad(&n.to_string()) }));
    full.when(C::MapAd { ad: ad("x") }).then_refused("TOO_MANY_ADS");
}

#[test]
fn criteria_are_checked() {
    let bad = |change: &dyn Fn(&mut Criteria)| {
        let mut criteria = criteria();
        change(&mut criteria);
        draft().when(C::SetCriteria { criteria }).then_refused("INVALID_CRITERIA");
    };
    bad(&|c| c.weights.budget.perfect = 26);
    bad(&|c| c.weights.zone.adjacent = 21);
    bad(&|c| c.weights.timing.long = -1);
    bad(&|c| c.weights.bonus = BonusPoints { each: 11, most: 10 });
    bad(&|c| c.weights = Weights { typology: i64::MAX, ..c.weights });
    bad(&|c| c.ready_points = 0);
    bad(&|c| c.ready_points = 101);
    bad(&|c| c.low_priority_points = c.ready_points + 1);
    bad(&|c| c.prices.push(usd(Some(1), None)));
    bad(&|c| c.prices = vec![usd(None, None)]);
    bad(&|c| c.prices = vec![usd(Some(2), Some(1))]);
    bad(&|c| c.prices = vec![usd(Some(-1), None)]);
    bad(&|c| c.typologies = [" ".to_owned()].into());
    bad(&|c| c.features = (0..201).map(|n| n.to_string()).collect());
    bad(&|c| c.contact.hours.time_zone = "Buenos Aires".to_owned());
    bad(&|c| c.contact.hours.weekdays = [8].into());
    bad(&|c| c.contact.hours.until_minute = c.contact.hours.from_minute);
    bad(&|c| c.contact.attempts_max = 0);
    bad(&|c| c.contact.touch_gap_minutes = 59);
    bad(&|c| c.contact.attempt_template.name = "Con espacio".to_owned());
    given::<Offer>([]).of("x").when(create()).then_refused("INVALID_OFFER_ID");
    draft().when(C::Rename { name: " ".to_owned() }).then_refused("INVALID_OFFER_NAME");
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn hours_of_contact_are_those_of_their_zone() {
    let hours = ContactPolicy::default().hours;
    // Monday, 2 March 2026; Buenos Aires is three hours behind.
    assert!(!hours.are_open(utc("2026-03-02T11:59:00Z")));
    assert!(hours.are_open(utc("2026-03-02T12:00:00Z")));
    assert!(!hours.are_open(utc("2026-03-02T23:00:00Z")));
    assert_eq!(hours.next_open(utc("2026-03-02T09:00:00Z")), utc("2026-03-02T12:00:00Z"));
    assert_eq!(hours.next_open(utc("2026-03-02T15:30:00Z")), utc("2026-03-02T15:30:00Z"));
    // From Saturday evening over Sunday.
    assert_eq!(hours.next_open(utc("2026-03-07T23:30:00Z")), utc("2026-03-09T12:00:00Z"));
    // The clock leaps over the first half hour: 02:30 is 03:00.
    let night = ContactHours {
        time_zone: "Europe/Madrid".to_owned(),
        weekdays: [7].into(),
        from_minute: 150,
        until_minute: 240,
    };
    assert_eq!(night.next_open(utc("2026-03-29T00:00:00Z")), utc("2026-03-29T01:00:00Z"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_next_open_moment_is_open_and_not_before(
        zone in prop::sample::select(vec!["America/Santiago", "Europe/Madrid", "Asia/Kolkata", "UTC"]),
        weekdays in prop::collection::btree_set(1..=7u8, 1..7),
        from in 0..1_400u16,
        length in 1..1_440u16,
        minutes in 0..2_000_000i64,
    ) {
        let hours = ContactHours {
            time_zone: zone.to_owned(),
            weekdays,
            from_minute: from,
            until_minute: (from + length).min(1_440),
        };
        let at = utc("2026-01-01T00:00:00Z") + chrono::TimeDelta::minutes(minutes);
        let open = hours.next_open(at);
        prop_assert!(open >= at);
        // A span of some minutes may lie wholly in an hour that a clock change leaves out; then
        // the next week has it.
        prop_assert!(hours.are_open(open), "{at} → {open}");
    }
}

impl Sampled for Offer {
    fn samples() -> Vec<Sample<Self>> {
        let offer = OfferId::new(STREAM);
        let full = Criteria {
            contact: ContactPolicy {
                touch_template: TemplateRef { name: "vuelve".into(), language: "es".into() },
                ..ContactPolicy::default()
            },
            ..criteria()
        };
        let (name, kind) = ("Torre Ibarra".to_owned(), OfferKind::Property);
        let charge = ChargeModel::PerLead;
        vec![
            (None, E::OfferCreated { offer, name, kind, charge }),
            (None, E::OfferCriteriaSet { version: 1, criteria: full }),
            (Some("plain"), E::OfferCriteriaSet { version: 2, criteria: Criteria::default() }),
            (None, E::OfferRenamed { name: "Torre Norte".to_owned() }),
            (None, E::OfferPublished { from: OfferStatus::Draft }),
            (None, E::AdMapped { ad: ad("23851") }),
            (None, E::AdUnmapped { ad: ad("1") }),
            (None, E::OfferPaused),
            (None, E::OfferArchived { from: OfferStatus::Paused, ads: vec![ad("23851")] }),
        ]
    }
    fn full_state() -> Self {
        state_without(&["OfferArchived"])
    }
}
