//! A tenant, contacts who may be called, and a telephone that does as it is told.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bitacora_adapters::clock::SystemClock;
use bitacora_commands::calls::{CallParts, CallRules};
use bitacora_commands::effects::{
    EffectOptions, EffectParts, EffectWorker, check_call, command, hang_up_call, place_call,
    transfer_call,
};
use bitacora_commands::ports::{
    CallRef, CallTraffic, Clock as _, Destination, Ended, Funds, OutboundCall, Seen, SendFault,
    Telephony, TrafficError, Wanted,
};
use bitacora_commands::{CommandBus, Envelope};
use bitacora_domain::aggregates::call_session::{
    AttemptRef, CallCommand as C, CallPlan, CallPurpose, CallSession, CallStart, ProviderIds,
    ReportedStatus,
};
use bitacora_domain::aggregates::contact::{
    ConsentScope, Contact, ContactCommand, Identity, IdentityKind,
};
use bitacora_domain::aggregates::tenant::{Plan, Tenant, TenantCommand};
use bitacora_domain::{
    Actor, ActorKind, CallId, CommandId, ContactId, DomainAggregate, Personal, Subject, TenantId,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::support::{KEY, World, quick};

/// Somebody in Spain: at nine in the morning of UTC it is ten in Madrid.
pub(crate) const SPAIN: &str = "+34912345678";
/// Somebody in Argentina, where it is six.
pub(crate) const ARGENTINA: &str = "+5491166600011";

/// What the telephone answers when it is to dial.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Yes,
    Fault(SendFault),
    /// Never.
    Hangs,
}

/// A telephone that does as it is told, and says yes when it was told nothing.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) script: Mutex<VecDeque<Told>>,
    /// Attempts that were dialled, in order.
    pub(crate) dialled: Mutex<Vec<CallRef>>,
    pub(crate) seen: Mutex<Option<Seen>>,
    pub(crate) found: Mutex<Option<Vec<ProviderIds>>>,
    pub(crate) hung_up: Mutex<Vec<ProviderIds>>,
    pub(crate) transfers: Mutex<Vec<Result<Ended, SendFault>>>,
    pub(crate) transferred: Mutex<Vec<Destination>>,
    pub(crate) funds: Mutex<Option<Funds>>,
}

/// What the telephone calls an attempt.
pub(crate) fn sid(of: &CallRef) -> String {
    format!("CA{}{}", of.call.as_uuid().simple(), of.attempt)
}

#[async_trait]
impl Telephony for Scripted {
    async fn place(&self, call: OutboundCall) -> Result<ProviderIds, SendFault> {
        self.dialled.lock().unwrap().push(call.of);
        let told = self.script.lock().unwrap().pop_front().unwrap_or(Told::Yes);
        match told {
            Told::Yes => {
                Ok(ProviderIds { call_sid: Some(sid(&call.of)), el_conversation_id: None })
            }
            Told::Fault(fault) => Err(fault),
            Told::Hangs => std::future::pending().await,
        }
    }
    async fn look(&self, _: &ProviderIds) -> Result<Option<Seen>, SendFault> {
        Ok(self.seen.lock().unwrap().clone())
    }
    async fn find(&self, _: &Wanted) -> Result<Option<Vec<ProviderIds>>, SendFault> {
        Ok(self.found.lock().unwrap().clone())
    }
    async fn hang_up(&self, ids: &ProviderIds) -> Result<Ended, SendFault> {
        self.hung_up.lock().unwrap().push(ids.clone());
        Ok(Ended::Taken)
    }
    async fn transfer(
        &self,
        _: &CallRef,
        _: &ProviderIds,
        to: Destination,
    ) -> Result<Ended, SendFault> {
        self.transferred.lock().unwrap().push(to);
        self.transfers.lock().unwrap().pop().unwrap_or(Ok(Ended::Taken))
    }
    async fn balance(&self) -> Result<Option<Funds>, SendFault> {
        Ok(self.funds.lock().unwrap().clone())
    }
}

/// Counts as many calls as it is told, and says so when there are others without a name.
#[derive(Default)]
pub(crate) struct Counted(pub(crate) Mutex<i64>, pub(crate) AtomicBool);

#[async_trait]
impl CallTraffic for Counted {
    async fn to_contact(
        &self,
        _: TenantId,
        _: ContactId,
        _: CallId,
        _: DateTime<Utc>,
        most: i64,
    ) -> Result<i64, TrafficError> {
        Ok((*self.0.lock().unwrap()).min(most))
    }
    async fn has_nameless(
        &self,
        _: TenantId,
        _: ContactId,
        _: CallId,
        _: DateTime<Utc>,
    ) -> Result<bool, TrafficError> {
        Ok(self.1.load(Ordering::SeqCst))
    }
    async fn of_tenant(&self, _: TenantId, _: DateTime<Utc>, _: i64) -> Result<i64, TrafficError> {
        Ok(0)
    }
}

/// Everything that a call needs to leave.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) bus: CommandBus,
    pub(crate) telephone: Arc<Scripted>,
    pub(crate) traffic: Arc<Counted>,
    pub(crate) worker: EffectWorker,
    pub(crate) tenant: TenantId,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::set_with(quick(), CallRules::default()).await
    }

    pub(crate) async fn set_with(options: EffectOptions, rules: CallRules) -> Self {
        let world = World::new().await;
        let (telephone, traffic) = (Arc::new(Scripted::default()), Arc::new(Counted::default()));
        let bus = world.bus();
        let calls = CallParts {
            telephony: telephone.clone(),
            traffic: traffic.clone(),
            inbox: None,
            rules,
        };
        let parts = EffectParts { calls, ..EffectParts::over(bus.clone()) };
        let handlers = vec![
            place_call::handler(&parts),
            check_call::handler(&parts),
            hang_up_call::handler(&parts),
            transfer_call::handler(&parts),
            command::handler(&parts),
        ];
        let (queue, clock) = (world.queue.clone(), world.clock.clone());
        let worker = EffectWorker::new("t", queue, clock, handlers, options);
        let tenant = world.tenants[0];
        let stage = Self { world, bus, telephone, traffic, worker, tenant };
        let register = TenantCommand::Register {
            name: "Óptica Luz".into(),
            slug: "optica".into(),
            plan: Plan::Enterprise,
            time_zone: "America/Argentina/Buenos_Aires".into(),
        };
        stage.give::<Tenant>(&tenant.to_string(), register).await;
        stage
    }

    /// Somebody with a number, who agreed to be called.
    pub(crate) async fn contact(&self, number: &str) -> ContactId {
        let contact = self.stranger(number).await;
        let at = self.world.clock.now();
        let consent =
            ContactCommand::RecordConsent { scope: ConsentScope::Calls, by: "form".into(), at };
        self.give::<Contact>(&contact.to_string(), consent).await;
        contact
    }

    /// Somebody with a number.
    pub(crate) async fn stranger(&self, number: &str) -> ContactId {
        let contact = ContactId::new(SystemClock.fresh_id());
        let value = Personal::new(Subject::contact(contact), number.to_owned());
        let identities = vec![Identity { kind: IdentityKind::Phone, value }];
        let register = ContactCommand::Register { identities, name: None };
        self.give::<Contact>(&contact.to_string(), register).await;
        contact
    }

    /// Has them called at once; the call.
    pub(crate) async fn request(&self, contact: ContactId, number: &str) -> CallId {
        let call = CallId::new(SystemClock.fresh_id());
        let request = C::RequestCall {
            contact,
            to: Personal::new(Subject::contact(contact), number.to_owned()),
            plan: CallPlan::usual(CallPurpose::Sales),
            start: CallStart::AtOnce,
            needs_approval: false,
            callback_of: None,
        };
        self.tell(call, request).await;
        call
    }

    /// A call to somebody in Spain who agreed to it.
    pub(crate) async fn call(&self) -> CallId {
        let contact = self.contact(&Self::number()).await;
        self.request(contact, SPAIN).await
    }

    /// A number of Spain that nobody has yet.
    fn number() -> String {
        let n = SystemClock.fresh_id().as_u128() % 1_000_000;
        format!("+34912{n:06}")
    }

    pub(crate) async fn tell(&self, call: CallId, body: C) {
        self.give::<CallSession>(&call.to_string(), body).await;
    }

    /// The provider tells a status of the last attempt.
    pub(crate) async fn status(&self, call: CallId, status: ReportedStatus, sequence: i64) {
        self.tell(
            call,
            C::RecordProviderStatus {
                about: AttemptRef::default(),
                status,
                sequence: Some(sequence),
                at: self.world.clock.now(),
                sip: None,
                duration_s: None,
                billed_minutes: None,
                answered_by: None,
            },
        )
        .await;
    }

    pub(crate) async fn give<A: DomainAggregate>(&self, id: &str, body: A::Body) {
        let command = CommandId::new(SystemClock.fresh_id());
        let fingerprint = KEY.fingerprint(&command.to_string()).unwrap();
        let actor = Actor::new(ActorKind::User, Uuid::from_u128(7).to_string());
        let now = self.world.clock.now();
        let envelope = Envelope::new(self.tenant, actor, command, fingerprint, now);
        let said = format!("{body:?}");
        if let Err(error) = self.bus.execute::<A>(envelope, id, body).await {
            panic!("{said}: {error}");
        }
    }

    pub(crate) async fn session(&self, call: CallId) -> CallSession {
        let loaded = self.bus.load::<CallSession>(self.tenant, &call.to_string()).await;
        loaded.unwrap().unwrap().0
    }

    /// Works until nothing is due, a few seconds at a time: lines dial once a second.
    pub(crate) async fn work(&self, seconds: i64) {
        for _ in 0..seconds {
            self.worker.drain().await.unwrap();
            self.world.clock.advance(chrono::TimeDelta::seconds(1));
        }
        self.worker.drain().await.unwrap();
    }

    /// Names of the events of a call.
    pub(crate) async fn history(&self, call: CallId) -> Vec<String> {
        let sql = "select event_type from log.events where aggregate_id = $1 order by position";
        let pool = &self.world.db.pools().admin;
        sqlx::query_scalar(sql).bind(call.to_string()).fetch_all(pool).await.unwrap()
    }

    /// States of the effects of a kind, the oldest first.
    pub(crate) async fn effects(&self, kind: &str) -> Vec<String> {
        let sql = "select state || coalesce(' ' || last_code, '') from effects.queue
            where kind = $1 order by position, ordinal";
        let pool = &self.world.db.pools().admin;
        sqlx::query_scalar(sql).bind(kind).fetch_all(pool).await.unwrap()
    }

    /// How often anybody was dialled.
    pub(crate) fn dialled(&self) -> usize {
        self.telephone.dialled.lock().unwrap().len()
    }
}
