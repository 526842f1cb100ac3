//! What follows from what was delivered: reactors and effects, with an outside that always says
//! yes, and a clock that stands still, so that no timer comes due.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_adapters::effects::PgEffects;
use bitacora_adapters::log::PgLog;
use bitacora_adapters::reactors::PgReactors;
use bitacora_adapters::read::PgLogReader;
use bitacora_adapters::testing::TestDb;
use bitacora_commands::CommandBus;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::effects::{self, EffectOptions, EffectParts, EffectWorker};
use bitacora_commands::ports::{
    Accepted, Clock, DeliveryTargets, EventLog, FilledForm, FormFault, LeadForms, LeadPorts,
    LeadReceiver, LookupError, Messenger, Notice, NoticeFault, Outgoing, Outreach, SendFault,
    Taken, TargetOutcome, TargetRow,
};
use bitacora_commands::reactors::{self, ReactorOptions, ReactorRunner};
use bitacora_domain::aggregates::delivery::TargetKind;
use bitacora_domain::{ChannelAccountId, ContactId, TenantId};
use uuid::Uuid;

use super::scenario::received_at;
use crate::support::KEY;

/// Reactors, and whoever does the effects.
pub(crate) struct Works {
    runner: ReactorRunner,
    worker: EffectWorker,
}

impl Works {
    pub(crate) fn new(
        db: &TestDb,
        log: &Arc<PgLog>,
        reader: &Arc<PgLogReader>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let port: Arc<dyn EventLog> = log.clone();
        let bus = CommandBus::new(port, KEY, clock.clone(), BusOptions::default());
        let outside = Arc::new(Outside);
        let leads = LeadPorts {
            forms: outside.clone(),
            targets: outside.clone(),
            receiver: outside.clone(),
            outreach: outside.clone(),
        };
        let parts = EffectParts { messenger: outside, leads, ..EffectParts::over(bus) };
        let queue = Arc::new(PgEffects::new(db.pools(), log.effects_stored()));
        let handlers = effects::all(&parts);
        let worker = EffectWorker::new("test", queue, clock, handlers, EffectOptions::default());
        let store = PgReactors::new(db.pools(), reader.clone(), log.effects_stored());
        let options = ReactorOptions::default();
        let runner = ReactorRunner::new(Arc::new(store), reactors::all(), options);
        Self { runner, worker }
    }

    /// Reacts and does what is due, until there is nothing more.
    pub(crate) async fn settle(&self) {
        self.runner.drain().await.unwrap();
        while self.worker.drain().await.unwrap() > 0 {
            self.runner.drain().await.unwrap();
        }
    }
}

/// The number that writes to the leads of a tenant.
pub(crate) fn number_of(tenant: TenantId) -> ChannelAccountId {
    ChannelAccountId::new(tenant.derive("outreach"))
}

/// Says yes.
struct Outside;

#[async_trait]
impl Messenger for Outside {
    async fn send(&self, outgoing: Outgoing) -> Result<Accepted, SendFault> {
        let provider_message_id = format!("wamid.{}", outgoing.callback);
        Ok(Accepted { provider_message_id, wa_id: None })
    }
}

#[async_trait]
impl LeadForms for Outside {
    /// Everybody is somebody else; who has an even number says what they want.
    async fn fetch(&self, external_id: &str) -> Result<FilledForm, FormFault> {
        let number = external_id.get(..4).unwrap();
        let mut said = vec![
            ("full_name", format!("Persona {number}")),
            ("phone_number", format!("+54 9 11 6660 {number}")),
            ("email", format!("persona{number}@example.test")),
        ];
        if number.parse::<u32>().unwrap() % 2 == 0 {
            said.push(("tipologia", "2 ambientes".to_owned()));
        }
        let field = |(question, answer): (&str, String)| (question.to_owned(), vec![answer]);
        Ok(FilledForm { ads: Vec::new(), fields: said.into_iter().map(field).collect() })
    }
}

#[async_trait]
impl DeliveryTargets for Outside {
    async fn list(&self, _: TenantId) -> Result<Vec<TargetRow>, LookupError> {
        Ok(vec![TargetRow {
            id: Uuid::from_u128(0x7A7),
            kind: TargetKind::Webhook,
            name: "CRM".into(),
            url: "https://example.test/leads".into(),
            secrets: vec![vec![1; 32]],
            enabled: true,
            connected_at: received_at(),
        }])
    }
    async fn find(&self, tenant: TenantId, id: Uuid) -> Result<Option<TargetRow>, LookupError> {
        Ok(self.list(tenant).await?.into_iter().find(|row| row.id == id))
    }
    async fn connect(&self, _: TenantId, _: TargetRow) -> Result<TargetOutcome, LookupError> {
        Ok(TargetOutcome::Done)
    }
    async fn enable(&self, _: TenantId, _: Uuid, _: bool) -> Result<TargetOutcome, LookupError> {
        Ok(TargetOutcome::Done)
    }
    async fn rotate(&self, _: TenantId, _: Uuid, _: Vec<u8>) -> Result<TargetOutcome, LookupError> {
        Ok(TargetOutcome::Done)
    }
}

#[async_trait]
impl LeadReceiver for Outside {
    fn check(&self, _: &str) -> Result<(), NoticeFault> {
        Ok(())
    }
    async fn tell(&self, _: &TargetRow, _: Notice) -> Result<Taken, NoticeFault> {
        Ok(Taken::default())
    }
}

#[async_trait]
impl Outreach for Outside {
    async fn channel_for(
        &self,
        tenant: TenantId,
        _: ContactId,
    ) -> Result<Option<ChannelAccountId>, LookupError> {
        Ok(Some(number_of(tenant)))
    }
}
