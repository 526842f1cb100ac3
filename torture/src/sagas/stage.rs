//! A tenant, orders that wait for their money, leads that wait for credits, and the people behind
//! them. All of it is written before the server runs, through a bus of this process.

use std::sync::Arc;

use anyhow::Context as _;
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::leads::PgDeliveryTargets;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::testing::TestDb;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ports::{Clock as _, DeliveryTargets as _, TargetRow};
use bitacora_commands::{CommandBus, Envelope, InstallationKey};
use bitacora_domain::aggregates::billing_order::{BillingOrder, BillingOrderCommand, OrderOrigin};
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, Identity, IdentityKind};
use bitacora_domain::aggregates::delivery::{Delivery, DeliveryCommand, TargetKind};
use bitacora_domain::aggregates::lead::{
    GivenAnswer, Lead, LeadAnswer, LeadCommand, LeadField, LeadIntent, LeadPerson, LeadSource,
};
use bitacora_domain::aggregates::offer::{ChargeModel, Criteria, OfferChoice};
use bitacora_domain::{
    Actor, CommandId, ContactId, DeliveryId, DomainAggregate, LeadId, OfferId, OrderId, Personal,
    Subject, TenantId,
};
use chrono::TimeDelta;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::Options;
use crate::kill::server::Installation;

/// Credits of each order: fewer than leads want at first.
pub(super) const CREDITS: u64 = 2;
/// Price of each order, in cents.
pub(super) const PRICE: u64 = 1_600;
/// The account at Twilio, and our number there.
pub(super) const ACCOUNT: &str = "ACffffffffffffffffffffffffffffffff";
pub(super) const OUR_NUMBER: &str = "+541155501234";
const SLUG: &str = "sagas";

/// What was set.
pub(super) struct Stage {
    pub(super) tenant: TenantId,
    pub(super) orders: Vec<OrderId>,
    pub(super) leads: Vec<LeadId>,
    bus: CommandBus,
    seed: u64,
}

impl Stage {
    /// Sets the stage; the server must not be running.
    pub(super) async fn set(
        options: &Options,
        installation: &Installation,
        db: &TestDb,
        receiver: &str,
    ) -> anyhow::Result<Self> {
        let created = installation.cli(&["tenant", "create", SLUG, "--name", "Sagas"]).await?;
        let tenant = created.get("tenant").and_then(Value::as_str).context("no tenant")?.parse()?;
        let account = format!("{ACCOUNT}/{OUR_NUMBER}");
        let connect = ["tenant", "connect-account", SLUG, "--kind", "twilio", "--name", "Central"];
        installation.cli(&[&connect[..], &["--account", &account]].concat()).await?;
        let row = TargetRow {
            id: Uuid::from_u128(0x7A7),
            kind: TargetKind::Webhook,
            name: "CRM".into(),
            url: receiver.to_owned(),
            secrets: vec![vec![7; 32]],
            enabled: true,
            connected_at: SystemClock.now(),
        };
        let targets = PgDeliveryTargets::new(db.pools().writer.clone());
        targets.connect(tenant, row).await?;
        let key = InstallationKey::new([0x5a; 32]);
        let log = PgLog::start(
            &db.options(),
            db.pools(),
            Arc::new(|_, _| {}),
            key.clone(),
            AppenderOptions::default(),
        )
        .await?;
        let bus = CommandBus::new(log, key, Arc::new(SystemClock), BusOptions::default());
        let (orders, leads) = (Vec::new(), Vec::new());
        let mut stage = Self { tenant, orders, leads, bus, seed: options.seed };
        for n in 0..options.orders {
            stage.order(n).await?;
        }
        for n in 0..options.leads {
            stage.lead(n).await?;
        }
        Ok(stage)
    }

    /// Telephone number of the `n`-th person.
    pub(super) fn number(n: usize) -> String {
        format!("+54911666{n:05}")
    }

    /// The provider's page of an order.
    pub(super) fn session(order: OrderId) -> String {
        format!("cs_test_{}", order.as_uuid().simple())
    }

    fn id(&self, what: &str, n: u64) -> Uuid {
        self.tenant.derive(&format!("{}:{what}:{n}", self.seed))
    }

    async fn order(&mut self, n: u64) -> anyhow::Result<()> {
        let order = OrderId::new(self.id("order", n));
        let create = BillingOrderCommand::CreateOrder {
            buyer: None,
            origin: OrderOrigin::Checkout,
            credits: CREDITS,
            price_minor: PRICE,
            currency: "usd".into(),
            valid_days: None,
        };
        let open = BillingOrderCommand::OpenCheckout {
            session_id: Self::session(order),
            url: "https://example.com/pay".into(),
            expires_at: SystemClock.now() + TimeDelta::hours(20),
        };
        self.give::<BillingOrder>(order, create).await?;
        self.give::<BillingOrder>(order, open).await?;
        self.orders.push(order);
        Ok(())
    }

    async fn lead(&mut self, n: u64) -> anyhow::Result<()> {
        let contact = ContactId::new(self.id("contact", n));
        let subject = Subject::contact(contact);
        let number = Self::number(usize::try_from(n)?);
        let value = Personal::new(subject.clone(), number);
        let identities = vec![Identity { kind: IdentityKind::Phone, value }];
        let register = ContactCommand::Register { identities, name: None };
        self.give::<Contact>(contact, register).await?;
        let answer = GivenAnswer {
            raw: None,
            normalised: Personal::new(subject, LeadAnswer::Intent(LeadIntent::Ready)),
            confidence_bp: 10_000,
            message: None,
        };
        let criteria = Criteria {
            ready_points: 1,
            low_priority_points: 0,
            minimum_fields: [LeadField::Intent].into(),
            ready_from_form: true,
            ..Criteria::default()
        };
        let offer = OfferId::new(Uuid::from_u128(0x0F));
        let charge = ChargeModel::PerLead;
        let capture = LeadCommand::Capture {
            source: LeadSource::Manual,
            external_id: None,
            ads: Vec::new(),
            contact: Some(contact),
            person: Box::new(LeadPerson::default()),
            answers: vec![answer],
            choice: Some(Box::new(OfferChoice { offer, version: 1, charge, criteria })),
            rule: None,
            opted_out: false,
            duplicate_of: None,
        };
        let lead = LeadId::new(self.id("lead", n));
        self.give::<Lead>(lead, capture).await?;
        self.leads.push(lead);
        Ok(())
    }

    /// Deliveries of which the machine tries no more, and nobody has said that they arrived: after
    /// four attempts that failed, or of which nobody knows.
    pub(super) async fn given_up(&self, admin: &PgPool) -> anyhow::Result<Vec<DeliveryId>> {
        let sql = "select aggregate_id from log.events where aggregate_type = 'delivery'
            group by aggregate_id having not bool_or(event_type = 'DeliveryTargetConfirmed')";
        let ids: Vec<String> = sqlx::query_scalar(sql).fetch_all(admin).await?;
        ids.iter().map(|id| Ok(id.parse()?)).collect()
    }

    /// As a person does who has seen that they did not arrive, or takes the risk.
    pub(super) async fn try_again(&self, deliveries: &[DeliveryId]) -> anyhow::Result<()> {
        for delivery in deliveries {
            let reason = "tried again by hand".to_owned();
            let give_up = DeliveryCommand::DeadLetter { reason: reason.clone(), withdrawn: false };
            self.give::<Delivery>(delivery, give_up).await?;
            let again = DeliveryCommand::RetryDeadLetter { reason, may_repeat: true };
            self.give::<Delivery>(delivery, again).await?;
        }
        Ok(())
    }

    async fn give<A: DomainAggregate>(
        &self,
        id: impl ToString,
        body: A::Body,
    ) -> anyhow::Result<()> {
        let envelope = Envelope::new(
            self.tenant,
            Actor::system("torture"),
            CommandId::new(SystemClock.fresh_id()),
            self.bus.key().fingerprint(&body)?,
            SystemClock.now(),
        );
        let given = self.bus.execute::<A>(envelope, &id.to_string(), body).await;
        given.map(drop).map_err(|error| anyhow::anyhow!("refused: {error}"))
    }
}
