//! The lead delivery saga: a delivered lead is charged exactly once, whatever fails, comes late or
//! is killed in between; one that is not delivered costs nothing.

use std::collections::BTreeMap;

use bitacora_domain::aggregates::credit_ledger::{
    self, CreditLedger, CreditLedgerCommand, GrantKind, GrantSource,
};
use bitacora_domain::aggregates::delivery::{Delivery, DeliveryCommand, DeliveryStatus};
use bitacora_domain::aggregates::lead::{
    DisputeReason, GivenAnswer, Lead, LeadAnswer, LeadCommand, LeadField, LeadIntent, LeadPerson,
    LeadSource, LeadStatus,
};
use bitacora_domain::aggregates::offer::{ChargeModel, Criteria, OfferChoice};
use bitacora_domain::{ContactId, DeliveryId, GrantId, LeadId, OfferId, Personal, Subject};
use chrono::TimeDelta;
use futures::{StreamExt as _, stream};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use uuid::Uuid;

use crate::stage::{Answer, Stage};

fn choice(charge: ChargeModel) -> OfferChoice {
    let criteria = Criteria {
        ready_points: 1,
        low_priority_points: 0,
        minimum_fields: [LeadField::Intent].into(),
        ready_from_form: true,
        ..Criteria::default()
    };
    OfferChoice { offer: OfferId::new(Uuid::from_u128(0x0F)), version: 1, charge, criteria }
}

/// A lead that is ready as soon as it comes.
pub(crate) async fn lead_of(stage: &Stage, contact: ContactId, charge: ChargeModel) -> LeadId {
    let lead: LeadId = stage.id();
    let subject = Subject::contact(contact);
    let intent = LeadAnswer::Intent(LeadIntent::Ready);
    let answer = GivenAnswer {
        raw: None,
        normalised: Personal::new(subject.clone(), intent),
        confidence_bp: 10_000,
        message: None,
    };
    let name = Some(Personal::new(subject, "Lucía Ferreyra".to_owned()));
    let body = LeadCommand::Capture {
        source: LeadSource::Manual,
        external_id: None,
        ads: Vec::new(),
        contact: Some(contact),
        person: Box::new(LeadPerson { name, ..LeadPerson::default() }),
        answers: vec![answer],
        choice: Some(Box::new(choice(charge))),
        rule: None,
        opted_out: false,
        duplicate_of: None,
    };
    stage.give::<Lead>(lead, body).await;
    lead
}

async fn lead(stage: &Stage) -> LeadId {
    lead_of(stage, stage.id(), ChargeModel::PerLead).await
}

pub(crate) async fn grant(stage: &Stage, credits: u64) {
    let ledger = credit_ledger::id_of(stage.tenant);
    stage.give::<CreditLedger>(ledger, CreditLedgerCommand::OpenLedger).await;
    let body = CreditLedgerCommand::GrantCredits {
        grant: stage.id::<GrantId>(),
        kind: GrantKind::Goodwill,
        credits,
        priority: 10,
        effective_at: stage.clock_now(),
        expires_at: None,
        source: GrantSource::Admin,
    };
    stage.give::<CreditLedger>(ledger, body).await;
}

async fn status(stage: &Stage, lead: LeadId) -> LeadStatus {
    stage.load::<Lead>(lead).await.status()
}

/// Deliveries of a lead, the oldest first.
async fn deliveries(stage: &Stage, lead: LeadId) -> Vec<DeliveryId> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select (payload #>> '{LeadDeliveryRequested,delivery}')::uuid from log.events \
         where aggregate_id = $1 and event_type = 'LeadDeliveryRequested' order by position",
    )
    .bind(lead.to_string())
    .fetch_all(&stage.db.pools().admin)
    .await
    .unwrap();
    ids.into_iter().map(DeliveryId::new).collect()
}

/// The target says after all that it has the lead.
async fn confirmed_late(stage: &Stage, delivery: DeliveryId, attempt: i64) {
    let target = Uuid::from_u128(0x7A7);
    let body = DeliveryCommand::ConfirmTarget { target, attempt, reference: None };
    stage.give::<Delivery>(delivery, body).await;
}

/// Credits that each lead has cost, less what was given back.
async fn charges(stage: &Stage) -> BTreeMap<String, i64> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select p #>> '{purpose,id}', \
                sum(case when event_type = 'HoldCaptured' then (p ->> 'credits')::bigint \
                         else -(p ->> 'credits')::bigint end)::bigint \
         from (select event_type, payload -> event_type as p from log.events \
               where event_type in ('HoldCaptured', 'ConsumptionRefunded')) e group by 1",
    )
    .fetch_all(&stage.db.pools().admin)
    .await
    .unwrap();
    rows.into_iter().collect()
}

/// Each delivered lead cost one credit, every other one nothing, and nothing is left set aside.
async fn assert_charged_once(stage: &Stage, granted: u64, leads: &[LeadId]) {
    let charges = charges(stage).await;
    let mut delivered = 0;
    for id in leads {
        let lead = stage.load::<Lead>(id).await;
        let expected = i64::from(lead.delivered().is_some());
        let charged = charges.get(&id.to_string()).copied().unwrap_or(0);
        assert_eq!(charged, expected, "{id}: {:?}", stage.story(id).await);
        let told = stage.story(id).await;
        let times = told.iter().filter(|event| *event == "LeadDelivered").count();
        assert_eq!(i64::try_from(times).unwrap(), expected, "{told:?}");
        delivered += u64::from(lead.delivered().is_some());
    }
    let balance = stage.balance().await;
    assert_eq!((balance.held, balance.debt), (0, 0), "{balance:?}");
    assert_eq!(balance.available, granted - delivered, "{balance:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_lead_is_delivered_for_one_credit() {
    let stage = Stage::new().await;
    stage.systems.connect(2);
    grant(&stage, 5).await;
    let lead = lead(&stage).await;
    stage.settle().await;
    assert_eq!(status(&stage, lead).await, LeadStatus::SentToDeveloper);
    assert_charged_once(&stage, 5, &[lead]).await;
    assert_eq!(stage.systems.told(), 2, "both systems have it, and one credit pays");
    assert!(stage.open_effects().await.is_empty(), "{:?}", stage.open_effects().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paid_otherwise_needs_no_credits() {
    let stage = Stage::new().await;
    let contact = stage.id();
    let lead = lead_of(&stage, contact, ChargeModel::Subscription).await;
    stage.settle().await;
    assert_eq!(status(&stage, lead).await, LeadStatus::SentToDeveloper);
    assert_eq!(stage.count("CreditsReserved").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_wait_for_credits_and_go_when_they_arrive() {
    let stage = Stage::new().await;
    let mut leads = Vec::new();
    for _ in 0..6 {
        leads.push(lead(&stage).await);
    }
    stage.live(TimeDelta::days(1)).await;
    assert_eq!(stage.systems.told(), 0);
    let waiting = stage.open_effects().await;
    assert_eq!(waiting, vec!["lead.hand_over pending WAITING_FOR_CREDITS"; 6]);
    grant(&stage, 4).await;
    // At once, without the clock being moved.
    stage.settle().await;
    assert_eq!(stage.systems.told(), 4);
    assert_eq!(stage.open_effects().await.len(), 2);
    let mut waiting = Vec::new();
    for lead in &leads {
        if status(&stage, *lead).await == LeadStatus::LeadReady {
            waiting.push(*lead);
        }
    }
    assert_eq!(waiting.len(), 2);
    // One that is no longer ready gives its turn up; a frozen ledger keeps all waiting.
    let ledger = credit_ledger::id_of(stage.tenant);
    let freeze = CreditLedgerCommand::FreezeLedger { reason: "revisión".into() };
    stage.give::<CreditLedger>(ledger, freeze).await;
    let opted_out =
        LeadCommand::OptOut { by: bitacora_domain::aggregates::lead::OptOutMeans::Agent };
    stage.give::<Lead>(waiting[0], opted_out).await;
    grant(&stage, 4).await;
    stage.settle().await;
    assert_eq!(stage.systems.told(), 4);
    let thaw = CreditLedgerCommand::UnfreezeLedger { reason: "listo".into() };
    stage.give::<CreditLedger>(ledger, thaw).await;
    stage.settle().await;
    assert_eq!(stage.systems.told(), 5);
    assert_charged_once(&stage, 8, &leads).await;
    assert!(stage.open_effects().await.is_empty(), "{:?}", stage.open_effects().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_waits_for_a_system_that_takes_it() {
    let stage = Stage::new().await;
    stage.systems.connect(0);
    grant(&stage, 1).await;
    let lead = lead(&stage).await;
    stage.settle().await;
    assert_eq!(stage.open_effects().await, ["lead.hand_over pending NO_DELIVERY_TARGETS"]);
    assert_eq!(stage.balance().await.held, 0);
    stage.systems.connect(1);
    stage.live(TimeDelta::minutes(20)).await;
    assert_charged_once(&stage, 1, &[lead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_fails_costs_nothing_and_a_late_success_costs_once() {
    let stage = Stage::new().await;
    grant(&stage, 1).await;
    stage.systems.answer([Answer::Fails]);
    let lead = lead(&stage).await;
    stage.live(TimeDelta::hours(6)).await;
    let delivery = deliveries(&stage, lead).await[0];
    assert_eq!(stage.load::<Delivery>(delivery).await.status(), DeliveryStatus::DeadLetter);
    assert_eq!(status(&stage, lead).await, LeadStatus::LeadReady);
    assert_charged_once(&stage, 1, &[lead]).await;
    // It had it all the time. Meanwhile the credit is gone: the lead waits for another one.
    let ledger = credit_ledger::id_of(stage.tenant);
    let gone = CreditLedgerCommand::AdjustCredits {
        adjustment: stage.id(),
        credits: -1,
        reason: "uso".into(),
        approver: stage.id(),
    };
    stage.give::<CreditLedger>(ledger, gone).await;
    confirmed_late(&stage, delivery, 2).await;
    confirmed_late(&stage, delivery, 2).await;
    stage.settle().await;
    assert_eq!(stage.open_effects().await, ["lead.settle pending WAITING_FOR_CREDITS"]);
    assert_eq!(stage.load::<Lead>(lead).await.delivered(), None, "not revealed before it is paid");
    grant(&stage, 3).await;
    stage.settle().await;
    assert_eq!(stage.load::<Lead>(lead).await.delivered(), Some(delivery));
    assert_charged_once(&stage, 3, &[lead]).await;
    assert!(stage.open_effects().await.is_empty(), "{:?}", stage.open_effects().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_that_a_person_retries_is_charged_once() {
    let stage = Stage::new().await;
    grant(&stage, 2).await;
    stage.systems.answer([Answer::Fails]);
    let lead = lead(&stage).await;
    stage.live(TimeDelta::hours(6)).await;
    stage.systems.answer([Answer::Takes]);
    let delivery = deliveries(&stage, lead).await[0];
    let again = DeliveryCommand::RetryDeadLetter { reason: "reparado".into(), may_repeat: false };
    stage.give::<Delivery>(delivery, again).await;
    stage.live(TimeDelta::hours(1)).await;
    assert_eq!(status(&stage, lead).await, LeadStatus::SentToDeveloper);
    assert_charged_once(&stage, 2, &[lead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_expires_ends_the_delivery_and_a_late_success_still_counts() {
    let stage = Stage::new().await;
    grant(&stage, 1).await;
    stage.systems.answer([Answer::Silent]);
    let lead = lead(&stage).await;
    stage.live(TimeDelta::hours(6)).await;
    assert_eq!(stage.balance().await.held, 1, "somebody may have it");
    stage.live(TimeDelta::days(8)).await;
    let delivery = deliveries(&stage, lead).await[0];
    assert_eq!(stage.load::<Delivery>(delivery).await.status(), DeliveryStatus::DeadLetter);
    assert_eq!(stage.count("LeadDeliveryFailed").await, 1);
    assert_charged_once(&stage, 1, &[lead]).await;
    confirmed_late(&stage, delivery, 4).await;
    stage.settle().await;
    assert_eq!(stage.load::<Lead>(lead).await.delivered(), Some(delivery));
    assert_charged_once(&stage, 1, &[lead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_deliveries_of_a_lead_one_is_charged() {
    let stage = Stage::new().await;
    grant(&stage, 5).await;
    stage.systems.answer([Answer::Fails]);
    let lead = lead(&stage).await;
    stage.live(TimeDelta::hours(6)).await;
    // A person takes it and gives it back: it is ready again, and handed over again.
    let hand_off = LeadCommand::HandOff {
        agent: None,
        reason: bitacora_domain::aggregates::lead::HandOffReason::Agent,
    };
    stage.give::<Lead>(lead, hand_off).await;
    stage.systems.answer([Answer::Silent]);
    stage.give::<Lead>(lead, LeadCommand::Return).await;
    let reply = LeadCommand::RecordReply { message: stage.id(), text: None };
    stage.give::<Lead>(lead, reply).await;
    stage.settle().await;
    let both = deliveries(&stage, lead).await;
    assert_eq!(both.len(), 2, "{:?}", stage.story(lead).await);
    // Both have arrived after all, at the same moment.
    confirmed_late(&stage, both[0], 4).await;
    confirmed_late(&stage, both[1], 1).await;
    stage.live(TimeDelta::days(9)).await;
    assert_charged_once(&stage, 5, &[lead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_that_is_right_gives_the_credit_back() {
    let stage = Stage::new().await;
    grant(&stage, 1).await;
    let lead = lead(&stage).await;
    stage.settle().await;
    assert_eq!(stage.balance().await.available, 0);
    let dispute = LeadCommand::Dispute { reason: DisputeReason::Spam, note: None };
    stage.give::<Lead>(lead, dispute).await;
    stage.give::<Lead>(lead, LeadCommand::ResolveDispute { refund: true, note: None }).await;
    stage.settle().await;
    assert_eq!(stage.balance().await.available, 1);
    assert_eq!(status(&stage, lead).await, LeadStatus::Refunded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_charges_once() {
    let stage = Stage::new().await;
    grant(&stage, 1_000).await;
    let (mut leads, mut kills) = (Vec::new(), 0);
    for after in [false, true] {
        for step in 1.. {
            leads.push(lead(&stage).await);
            let killed = stage.killed_at(step, after).await;
            stage.live(TimeDelta::hours(6)).await;
            kills += i32::from(killed);
            if !killed {
                break;
            }
        }
    }
    for lead in &leads {
        assert_eq!(status(&stage, *lead).await, LeadStatus::SentToDeveloper);
    }
    assert!(kills > 40, "the saga has more steps than that: {kills}");
    assert_charged_once(&stage, 1_000, &leads).await;
}

/// The ledger remembers a capture for half a year, and a dead letter may lie longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_that_goes_on_after_the_ledger_has_forgotten_charges_once() {
    let stage = Stage::new().await;
    grant(&stage, 1_000).await;
    let (mut leads, mut granted, mut cut) = (Vec::new(), 1_000, 0);
    for step in 1.. {
        let lead = lead(&stage).await;
        leads.push(lead);
        if !stage.killed_at(step, true).await {
            break;
        }
        let is_captured = charges(&stage).await.contains_key(&lead.to_string());
        if is_captured && stage.load::<Lead>(lead).await.delivered().is_none() {
            cut += 1;
            stage.clock.set(stage.clock_now() + TimeDelta::days(181));
            grant(&stage, 1).await;
            granted += 1;
        }
        stage.live(TimeDelta::hours(6)).await;
    }
    assert!(cut > 0, "none was cut off between the capture and the confirmation");
    stage.live(TimeDelta::days(9)).await;
    assert_charged_once(&stage, granted, &leads).await;
}

/// One life of ten leads under dice: systems that fail, stay silent or answer late, kills at any
/// step, credits that come in portions.
async fn live_with(seed: u64) {
    let mut dice = StdRng::seed_from_u64(seed);
    let stage = Stage::new().await;
    stage.systems.connect(1 + dice.random_range(0..2));
    let mut granted = 0;
    let mut leads = Vec::new();
    for _ in 0..8 {
        match dice.random_range(0..10) {
            0..=3 => leads.push(lead(&stage).await),
            4..=5 => {
                let credits = dice.random_range(1..3);
                grant(&stage, credits).await;
                granted += credits;
            }
            6 => {
                let answers = [Answer::Takes, Answer::Fails, Answer::Silent];
                stage.systems.answer((0..6).map(|_| answers[dice.random_range(0..3)]));
            }
            7 if !leads.is_empty() => {
                let lead = leads[dice.random_range(0..leads.len())];
                for delivery in deliveries(&stage, lead).await {
                    let target = Uuid::from_u128(0x7A7);
                    let body =
                        DeliveryCommand::ConfirmTarget { target, attempt: 1, reference: None };
                    // A system that was never told cannot answer.
                    let _ = stage
                        .try_give::<Delivery>(stage.tenant, delivery, crate::stage::person(), body)
                        .await;
                }
            }
            _ => {}
        }
        match dice.random_range(0..3) {
            0 => stage.live(TimeDelta::minutes(dice.random_range(1..600))).await,
            _ => {
                stage.killed_at(dice.random_range(1..40), dice.random_bool(0.5)).await;
            }
        }
    }
    stage.systems.answer([Answer::Takes]);
    grant(&stage, 20).await;
    granted += 20;
    // Longer than any hold.
    stage.live(TimeDelta::days(9)).await;
    assert_charged_once(&stage, granted, &leads).await;
    let open = stage.open_effects().await;
    assert!(open.iter().all(|effect| effect.starts_with("lead.deliver ")), "seed {seed}: {open:?}");
}

/// As many as a slow machine plays in two minutes.
const LIVES: u64 = 24;

#[tokio::test(flavor = "multi_thread")]
async fn lives_under_dice_charge_each_delivered_lead_once() {
    // A few side by side: most of a life is waiting for the database.
    stream::iter(0..LIVES).map(live_with).buffer_unordered(3).collect::<()>().await;
}
