//! Decisions and claims of an offer.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::AD_CLAIM;
use super::criteria::Criteria;
use super::matrix::{self, Ask};
use super::refusal::OfferRefusal;
use super::state::{Created, Offer};
use super::vocabulary::{AdKey, OfferCommand as C, OfferEvent as E};
use crate::law::Verdict;
use crate::text::trimmed;
use crate::{Claim, Directed, DomainAggregate};

/// Longest name, in characters.
const NAME_MAX: usize = 120;
/// Most ads, forms, campaigns and pages of an offer.
const ADS_MAX: usize = 500;
/// Longest id of the provider, in bytes.
const AD_ID_MAX: usize = 64;

type Decision = Result<Vec<E>, OfferRefusal>;

impl Aggregate for Offer {
    const TYPE: &'static str = "offer";
    type Command = Directed<C>;
    type Event = E;
    type Error = OfferRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        self.follow(event);
    }
}

fn created(of: &Directed<()>, body: C) -> Result<(Created, Criteria), OfferRefusal> {
    let C::Create { name, kind, charge, criteria } = body else {
        return Err(OfferRefusal::NotFound);
    };
    let offer = of.aggregate_id.parse().map_err(|_| OfferRefusal::InvalidId)?;
    let name = named(&name)?;
    let criteria = criteria.checked().ok_or(OfferRefusal::InvalidCriteria)?;
    Ok((Created { offer, name, kind, charge }, criteria))
}

fn named(name: &str) -> Result<String, OfferRefusal> {
    trimmed(name, NAME_MAX).ok_or(OfferRefusal::InvalidName)
}

fn checked(ad: AdKey) -> Result<AdKey, OfferRefusal> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let sound = (1..=AD_ID_MAX).contains(&ad.id.len()) && ad.id.bytes().all(plain);
    if sound { Ok(ad) } else { Err(OfferRefusal::InvalidAdKey) }
}

impl Offer {
    /// A command that the table lets through. What is so already is no event.
    fn go(&self, body: C) -> Decision {
        Ok(match body {
            C::Create { .. } => vec![],
            C::Rename { name } => {
                let name = named(&name)?;
                if name == self.name { vec![] } else { vec![E::OfferRenamed { name }] }
            }
            C::SetCriteria { criteria } => {
                let criteria = criteria.checked().ok_or(OfferRefusal::InvalidCriteria)?;
                if criteria == self.criteria {
                    return Ok(vec![]);
                }
                vec![E::OfferCriteriaSet { version: self.version + 1, criteria }]
            }
            C::Publish => vec![E::OfferPublished { from: self.status }],
            C::Pause => vec![E::OfferPaused],
            C::Archive => {
                let ads = self.ads.iter().cloned().collect();
                vec![E::OfferArchived { from: self.status, ads }]
            }
            C::MapAd { ad } => {
                let ad = checked(ad)?;
                if self.ads.contains(&ad) {
                    return Ok(vec![]);
                }
                if self.ads.len() >= ADS_MAX {
                    return Err(OfferRefusal::TooManyAds);
                }
                vec![E::AdMapped { ad }]
            }
            C::UnmapAd { ad } => {
                if self.ads.contains(&ad) {
                    vec![E::AdUnmapped { ad }]
                } else {
                    vec![]
                }
            }
        })
    }

    /// A second creation is none, if it is the same one.
    fn check_again(&self, known: &Created, again: &(Created, Criteria)) -> Decision {
        let same = *known == again.0 && self.first_criteria == again.1;
        if same { Ok(vec![]) } else { Err(OfferRefusal::AlreadyCreated) }
    }
}

impl DomainAggregate for Offer {
    type Body = C;
    type Refusal = OfferRefusal;
    const EVENT_TYPES: &'static [&'static str] = &[
        "OfferCreated",
        "OfferRenamed",
        "OfferCriteriaSet",
        "OfferPublished",
        "OfferPaused",
        "OfferArchived",
        "AdMapped",
        "AdUnmapped",
    ];
    const STATE_SCHEMA: u32 = 1;

    fn decide(&self, of: &Directed<()>, body: C) -> Decision {
        let Some(known) = &self.created else {
            let (Created { offer, name, kind, charge }, criteria) = created(of, body)?;
            return Ok(vec![
                E::OfferCreated { offer, name, kind, charge },
                E::OfferCriteriaSet { version: 1, criteria },
            ]);
        };
        if matches!(body, C::Create { .. }) {
            return self.check_again(known, &created(of, body)?);
        }
        match matrix::judge(Ask::of(&body), self.status) {
            Verdict::Go => self.go(body),
            Verdict::Nothing => Ok(vec![]),
            Verdict::Refuse(refusal) => Err(refusal),
        }
    }

    /// An ad leads to one offer. Whoever loses is told which.
    fn claims(&self, event: &E) -> Vec<Claim> {
        let Some(known) = &self.created else { return Vec::new() };
        match event {
            E::AdMapped { ad } => vec![Claim::take(AD_CLAIM, ad.key(), known.offer)],
            E::AdUnmapped { ad } => vec![Claim::release(AD_CLAIM, ad.key(), known.offer)],
            E::OfferArchived { ads, .. } => {
                ads.iter().map(|ad| Claim::release(AD_CLAIM, ad.key(), known.offer)).collect()
            }
            E::OfferCreated { .. }
            | E::OfferRenamed { .. }
            | E::OfferCriteriaSet { .. }
            | E::OfferPublished { .. }
            | E::OfferPaused => Vec::new(),
        }
    }
}
