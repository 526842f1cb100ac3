//! A tenant with a number, an offer with an ad, and everything that leads need outside.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::leads::PgDeliveryTargets;
use bitacora_adapters::providers::lead_webhook::{LeadWebhook, Reach};
use bitacora_adapters::providers::meta_leads::GraphForms;
use bitacora_adapters::providers::whatsapp::CloudSettings;
use bitacora_commands::effects::{
    EffectHandler, EffectParts, EffectWorker, command, contact_lead, deliver_lead, fetch_form,
};
use bitacora_commands::leads::{Leads, Told, id_of};
use bitacora_commands::ports::{DeliveryTargets as _, LeadPorts, LookupError, Outreach, TargetRow};
use bitacora_commands::{CommandBus, CommandError, Envelope};
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelCommand};
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, Identity, IdentityKind};
use bitacora_domain::aggregates::delivery::{Delivery, TargetKind};
use bitacora_domain::aggregates::lead::{
    GivenAnswer, Lead, LeadAnswer, LeadCommand, LeadField, LeadPerson, LeadSource,
};
use bitacora_domain::aggregates::offer::{
    AdKey, AdKeyKind, ChargeModel, ContactHours, ContactPolicy, Criteria, Offer, OfferCommand,
    OfferKind,
};
use bitacora_domain::aggregates::tenant::{Plan, Tenant, TenantCommand};
use bitacora_domain::{
    Actor, ActorKind, ChannelAccountId, CommandId, ContactId, DeliveryId, DomainAggregate, LeadId,
    OfferId, Personal, Subject, TenantId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::server::{Answer, Server};
use crate::support::{KEY, World, quick};

pub(crate) const AD: &str = "23850001112220";
/// Long enough for a busy machine, short enough to wait for.
pub(crate) const PATIENCE: Duration = Duration::from_millis(1_500);

struct OneNumber(ChannelAccountId);

#[async_trait]
impl Outreach for OneNumber {
    async fn channel_for(
        &self,
        _: TenantId,
        _: ContactId,
    ) -> Result<Option<ChannelAccountId>, LookupError> {
        Ok(Some(self.0))
    }
}

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) bus: CommandBus,
    pub(crate) worker: EffectWorker,
    pub(crate) handlers: Vec<Arc<dyn EffectHandler>>,
    pub(crate) graph: Server,
    pub(crate) crm: Server,
    pub(crate) targets: PgDeliveryTargets,
    pub(crate) tenant: TenantId,
    pub(crate) offer: OfferId,
}

/// Leads may be written to at any time.
pub(crate) fn always() -> ContactHours {
    let (weekdays, time_zone) = ((1..=7).collect(), "UTC".to_owned());
    ContactHours { time_zone, weekdays, from_minute: 0, until_minute: 24 * 60 }
}

/// Ready as soon as the typology is known, also by the form alone.
fn criteria(hours: ContactHours) -> Criteria {
    Criteria {
        minimum_fields: BTreeSet::from([LeadField::Typology]),
        ready_points: 1,
        low_priority_points: 0,
        ready_from_form: true,
        contact: ContactPolicy { hours, ..ContactPolicy::default() },
        ..Criteria::default()
    }
}

pub(crate) fn filled(phone: &str) -> String {
    json!({
        "id": "455123400111222", "created_time": "2025-11-20T14:06:38+0000", "ad_id": AD,
        "form_id": "889977665544", "is_organic": false, "platform": "ig",
        "field_data": [
            { "name": "full_name", "values": ["Mariano Quiroga"] },
            { "name": "phone_number", "values": [phone] },
            { "name": "email", "values": ["mquiroga@example.test"] },
            { "name": "presupuesto", "values": ["80.000 - 120.000 USD"] },
        ],
    })
    .to_string()
}

pub(crate) fn error(code: i64, subcode: Option<i64>) -> String {
    json!({ "error": { "message": "no", "code": code, "error_subcode": subcode } }).to_string()
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::with_hours(always()).await
    }

    pub(crate) async fn with_hours(hours: ContactHours) -> Self {
        Box::pin(Self::in_hours(hours)).await
    }

    async fn in_hours(hours: ContactHours) -> Self {
        let world = World::new().await;
        let (bus, tenant) = (world.bus(), world.tenants[0]);
        let graph = Server::start([Answer::Says(200, filled("+54 9 11 6660 0033"))]).await;
        let crm = Server::start([Answer::Says(200, r#"{"id":"crm-7"}"#.to_owned())]).await;
        let targets = PgDeliveryTargets::new(world.db.pools().writer.clone());
        let channel = ChannelAccountId::new(SystemClock.fresh());
        let settings =
            CloudSettings { answer_within: PATIENCE, ..CloudSettings::new(&graph.url, "v24.0") };
        let leads = LeadPorts {
            forms: Arc::new(GraphForms::new(&settings, "t0ken").unwrap()),
            targets: Arc::new(targets.clone()),
            receiver: Arc::new(LeadWebhook::within(Reach::Anywhere, PATIENCE).unwrap()),
            outreach: Arc::new(OneNumber(channel)),
        };
        let parts = EffectParts { leads, ..EffectParts::over(bus.clone()) };
        let handlers = vec![
            command::handler(&parts),
            contact_lead::handler(&parts),
            deliver_lead::handler(&parts),
            fetch_form::handler(&parts),
        ];
        let (queue, clock) = (world.queue.clone(), world.clock.clone());
        let worker = EffectWorker::new("t", queue, clock, handlers.clone(), quick());
        let offer = OfferId::new(SystemClock.fresh());
        let stage = Self { world, bus, worker, handlers, graph, crm, targets, tenant, offer };
        stage.furnish(channel, hours).await;
        stage
    }

    async fn furnish(&self, channel: ChannelAccountId, hours: ContactHours) {
        let register = TenantCommand::Register {
            name: "Desarrollos del Sur".into(),
            slug: "del-sur".into(),
            plan: Plan::Enterprise,
            time_zone: "America/Argentina/Buenos_Aires".into(),
        };
        self.give::<Tenant>(self.tenant, register).await;
        let connect = ChannelCommand::ConnectWhatsApp {
            phone_number_id: "210987654321098".into(),
            waba_id: None,
            display_phone_number: "+54 9 11 5550-1234".into(),
            name: "Ventas".into(),
        };
        self.give::<ChannelAccount>(channel, connect).await;
        let create = OfferCommand::Create {
            name: "Torre Palermo".into(),
            kind: OfferKind::Property,
            charge: ChargeModel::Subscription,
            criteria: criteria(hours),
        };
        self.give::<Offer>(self.offer, create).await;
        self.give::<Offer>(self.offer, OfferCommand::Publish).await;
        self.give::<Offer>(self.offer, OfferCommand::MapAd { ad: ad() }).await;
    }

    pub(crate) fn envelope(&self, command: CommandId) -> Envelope {
        let actor = Actor::new(ActorKind::User, Uuid::from_u128(7).to_string());
        let fingerprint = KEY.fingerprint(&command.to_string()).unwrap();
        Envelope::new(self.tenant, actor, command, fingerprint, self.world.now())
    }

    pub(crate) async fn try_give<A: DomainAggregate>(
        &self,
        id: impl ToString,
        body: A::Body,
    ) -> Result<(), CommandError<A::Refusal>> {
        let envelope = self.envelope(CommandId::new(SystemClock.fresh()));
        self.bus.execute::<A>(envelope, &id.to_string(), body).await.map(drop)
    }

    pub(crate) async fn give<A: DomainAggregate>(&self, id: impl ToString, body: A::Body) {
        let said = format!("{body:?}");
        if let Err(error) = self.try_give::<A>(id, body).await {
            panic!("{said}: {error}");
        }
    }

    /// The webhook of an ad came.
    pub(crate) async fn ad_lead(&self, external_id: &str, ads: Vec<AdKey>) -> LeadId {
        let lead = id_of(self.tenant, LeadSource::MetaLeadAd, external_id);
        let told = Told {
            source: LeadSource::MetaLeadAd,
            external_id: Some(external_id.to_owned()),
            ads,
            offer: None,
            contact: None,
            person: LeadPerson::default(),
            answers: Vec::new(),
        };
        let envelope = self.envelope(CommandId::from_fact(&format!("leadgen:{external_id}")));
        Leads::new(self.bus.clone()).capture(&envelope, lead, told).await.unwrap();
        lead
    }

    /// Somebody whom the business knows.
    pub(crate) async fn customer(&self, phone: &str) -> ContactId {
        let contact = ContactId::new(SystemClock.fresh());
        let value = Personal::new(Subject::contact(contact), phone.to_owned());
        let identities = vec![Identity { kind: IdentityKind::Phone, value }];
        self.give::<Contact>(contact, ContactCommand::Register { identities, name: None }).await;
        contact
    }

    /// A lead of a customer that is ready to be delivered.
    pub(crate) async fn ready_lead(&self) -> LeadId {
        let lead = self.ad_lead("1", vec![ad()]).await;
        self.worker.drain().await.unwrap();
        let answer = LeadAnswer::Typology("2_ambientes".into());
        let subject = Subject::lead(lead);
        let answer = GivenAnswer {
            raw: None,
            normalised: Personal::new(subject, answer),
            confidence_bp: 9_000,
            message: None,
        };
        self.give::<Lead>(lead, LeadCommand::AnswerQuestion { answer: Box::new(answer) }).await;
        lead
    }

    /// A webhook that takes leads at `url`.
    pub(crate) async fn target(&self, url: &str, kind: TargetKind) -> TargetRow {
        let row = TargetRow {
            id: SystemClock.fresh(),
            kind,
            name: "CRM".into(),
            url: url.to_owned(),
            secrets: vec![vec![7; 32], vec![8; 32]],
            enabled: true,
            connected_at: self.world.now(),
        };
        self.targets.connect(self.tenant, row.clone()).await.unwrap();
        row
    }

    /// Has the lead delivered to these.
    pub(crate) async fn deliver(&self, lead: LeadId, rows: &[&TargetRow]) -> DeliveryId {
        let delivery = DeliveryId::new(SystemClock.fresh());
        let targets = rows.iter().map(|row| row.target()).collect();
        let body = LeadCommand::RequestDelivery { delivery, reservation: None, targets };
        self.give::<Lead>(lead, body).await;
        self.worker.drain().await.unwrap();
        delivery
    }

    pub(crate) async fn state<A: DomainAggregate>(&self, id: impl ToString) -> A {
        self.bus.load::<A>(self.tenant, &id.to_string()).await.unwrap().unwrap().0
    }

    pub(crate) async fn lead(&self, id: LeadId) -> Lead {
        self.state(id).await
    }

    pub(crate) async fn delivery(&self, id: DeliveryId) -> Delivery {
        self.state(id).await
    }

    /// Payloads of the events of a stream, by the event's name, in order; as stored.
    pub(crate) async fn events(&self, id: impl ToString) -> Vec<(String, Value)> {
        let sql = "select event_type, payload -> event_type from log.events \
                   where aggregate_id = $1 order by position";
        let rows = sqlx::query_as(sql).bind(id.to_string());
        rows.fetch_all(&self.world.db.pools().admin).await.unwrap()
    }

    pub(crate) async fn count(&self, event_type: &str) -> i64 {
        let sql = "select count(*) from log.events where event_type = $1";
        let count = sqlx::query_scalar(sql).bind(event_type);
        count.fetch_one(&self.world.db.pools().admin).await.unwrap()
    }

    /// Does what is due, as often as something becomes due within `hours`.
    pub(crate) async fn pass(&self, hours: i64) {
        let end = self.world.now() + chrono::TimeDelta::hours(hours);
        loop {
            self.worker.drain().await.unwrap();
            let before = self.world.now();
            if !self.world.next().await || self.world.now() > end || self.world.now() == before {
                return;
            }
        }
    }
}

pub(crate) fn ad() -> AdKey {
    AdKey { kind: AdKeyKind::Ad, id: AD.to_owned() }
}

trait Fresh {
    fn fresh(&self) -> Uuid;
}

impl Fresh for SystemClock {
    fn fresh(&self) -> Uuid {
        bitacora_commands::ports::Clock::fresh_id(self)
    }
}

impl World {
    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        bitacora_commands::ports::Clock::now(self.clock.as_ref())
    }
}
