//! A tenant with a number, a contact who wrote, and a messenger that answers as it is told.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bitacora_adapters::clock::SystemClock;
use bitacora_commands::append::{AppendOutcome, Landed};
use bitacora_commands::bus::BusOptions;
use bitacora_commands::effects::{EffectOptions, EffectParts, EffectWorker, send_message};
use bitacora_commands::ports::{
    Accepted, Clock as _, EventLog, FaultClass, LogError, Messenger, Outgoing, Owner, Pending,
    Refusal, Remedy, SendFault, Snapshot, Stored,
};
use bitacora_commands::{Append, CommandBus, Envelope};
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelCommand};
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, Identity, IdentityKind};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, DeliveryStatus, MessageContent, OutboundMessage, Sender,
};
use bitacora_domain::aggregates::tenant::{Plan, Tenant, TenantCommand};
use bitacora_domain::{
    Actor, ChannelAccountId, CommandId, ContactId, Cursor, DomainAggregate, Lane, MessageId,
    Personal, StreamId, Subject, TenantId,
};
use uuid::Uuid;

use crate::support::{KEY, World, quick};

/// What the messenger answers.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Yes,
    /// Yes, under another WhatsApp id.
    YesAs(&'static str),
    Fault(SendFault),
    /// Never.
    Hangs,
    /// Yes, and from then on the log is away.
    YesAndLogGone,
}

pub(crate) fn refused(code: i64, class: FaultClass, remedy: Remedy) -> Told {
    let refusal = Refusal { code, title: "No".into(), class, remedy, after: None };
    Told::Fault(SendFault::Refused(refusal))
}

/// A messenger that does as it is told, and says yes when it was told nothing.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) script: Mutex<VecDeque<Told>>,
    pub(crate) sent: Mutex<Vec<Outgoing>>,
    log_gone: Arc<AtomicBool>,
}

impl Scripted {
    pub(crate) fn tell(&self, told: impl IntoIterator<Item = Told>) {
        self.script.lock().unwrap().extend(told);
    }
    /// Texts that were handed over, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |outgoing: &Outgoing| outgoing.content.text().unwrap().reveal().unwrap().clone();
        self.sent.lock().unwrap().iter().map(text).collect()
    }
}

#[async_trait]
impl Messenger for Scripted {
    async fn send(&self, outgoing: Outgoing) -> Result<Accepted, SendFault> {
        let provider_message_id = format!("wamid.{}", outgoing.callback);
        self.sent.lock().unwrap().push(outgoing);
        let told = self.script.lock().unwrap().pop_front().unwrap_or(Told::Yes);
        let yes = |wa_id: Option<&str>| {
            let subject = Subject("contact:x".into());
            let wa_id = wa_id.map(|id| Personal::new(subject, id.to_owned()));
            Ok(Accepted { provider_message_id, wa_id })
        };
        match told {
            Told::Yes => yes(None),
            Told::YesAs(id) => yes(Some(id)),
            Told::Fault(fault) => Err(fault),
            Told::Hangs => std::future::pending().await,
            Told::YesAndLogGone => {
                self.log_gone.store(true, Ordering::SeqCst);
                yes(None)
            }
        }
    }
}

/// A log that can be away for writers.
struct Flaky {
    log: Arc<dyn EventLog>,
    gone: Arc<AtomicBool>,
}

#[async_trait]
impl EventLog for Flaky {
    async fn submit(&self, append: Append) -> Result<Pending, LogError> {
        if self.gone.load(Ordering::SeqCst) {
            return Err(LogError::Unavailable("by the test".into()));
        }
        self.log.submit(append).await
    }
    async fn append(&self, append: Append) -> Result<AppendOutcome, LogError> {
        self.submit(append).await?.await
    }
    async fn load(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        state_schema: u32,
        use_snapshot: bool,
    ) -> Result<Option<Stored>, LogError> {
        self.log.load(tenant, stream, state_schema, use_snapshot).await
    }
    async fn save_snapshot(
        &self,
        tenant: TenantId,
        stream: &StreamId,
        snapshot: Snapshot,
    ) -> Result<(), LogError> {
        self.log.save_snapshot(tenant, stream, snapshot).await
    }
    async fn outcome(
        &self,
        tenant: TenantId,
        command_id: CommandId,
    ) -> Result<Option<Landed>, LogError> {
        self.log.outcome(tenant, command_id).await
    }
    async fn owner(
        &self,
        tenant: TenantId,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        self.log.owner(tenant, kind, key).await
    }
    async fn installation_owner(
        &self,
        kind: &'static str,
        key: &str,
    ) -> Result<Option<Owner>, LogError> {
        self.log.installation_owner(kind, key).await
    }
    async fn tenant_of(&self, stream: &StreamId) -> Result<Option<TenantId>, LogError> {
        self.log.tenant_of(stream).await
    }
    async fn assign_lane(&self, tenant: TenantId) -> Result<Lane, LogError> {
        self.log.assign_lane(tenant).await
    }
    async fn tip(&self, tenant: TenantId) -> Result<Cursor, LogError> {
        self.log.tip(tenant).await
    }
}

/// Everything that a message needs to leave.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) bus: CommandBus,
    pub(crate) messenger: Arc<Scripted>,
    pub(crate) worker: EffectWorker,
    pub(crate) tenant: TenantId,
    pub(crate) channel: ChannelAccountId,
    pub(crate) contact: ContactId,
    pub(crate) conversation: Uuid,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::set_with(quick()).await
    }

    pub(crate) async fn set_with(options: EffectOptions) -> Self {
        let world = World::new().await;
        let messenger = Arc::new(Scripted::default());
        let log: Arc<dyn EventLog> =
            Arc::new(Flaky { log: world.log.clone(), gone: messenger.log_gone.clone() });
        let bus = CommandBus::new(log, KEY, world.clock.clone(), BusOptions::default());
        let parts = EffectParts { messenger: messenger.clone(), ..EffectParts::over(bus.clone()) };
        let handlers = vec![send_message::handler(&parts)];
        let worker =
            EffectWorker::new("t", world.queue.clone(), world.clock.clone(), handlers, options);
        let stage = Self {
            tenant: world.tenants[0],
            channel: SystemClock.fresh_id().into(),
            contact: SystemClock.fresh_id().into(),
            conversation: SystemClock.fresh_id(),
            world,
            bus,
            messenger,
            worker,
        };
        stage.furnish().await;
        stage
    }

    async fn furnish(&self) {
        let register = TenantCommand::Register {
            name: "Óptica Luz".into(),
            slug: "optica".into(),
            plan: Plan::Enterprise,
            time_zone: "America/Argentina/Buenos_Aires".into(),
        };
        self.tenant(register).await;
        let connect = ChannelCommand::ConnectWhatsApp {
            phone_number_id: "210987654321098".into(),
            waba_id: None,
            display_phone_number: "+54 9 11 5550-1234".into(),
            name: "Ventas".into(),
        };
        self.give::<ChannelAccount>(&self.channel.to_string(), connect).await;
        let value = Personal::new(Subject::contact(self.contact), "5491166600011".to_owned());
        let identities = vec![Identity { kind: IdentityKind::WaId, value }];
        let register = ContactCommand::Register { identities, name: None };
        self.give::<Contact>(&self.contact.to_string(), register).await;
        let (contact, channel) = (self.contact, self.channel);
        self.talk(C::Start { contact, channel, external_thread: None, opted_out: false }).await;
        self.talk(C::ReceiveMessage {
            provider_message_id: "wamid.IN1".into(),
            content: self.text("hola"),
            reply_to: None,
            referral: None,
            forwarded: false,
            sent_at: self.world.clock.now(),
        })
        .await;
    }

    pub(crate) fn text(&self, text: &str) -> MessageContent {
        let body = Personal::new(Subject::contact(self.contact), text.to_owned());
        MessageContent::Text { body }
    }

    pub(crate) async fn give<A: DomainAggregate>(&self, id: &str, body: A::Body) -> CommandId {
        let command = CommandId::new(SystemClock.fresh_id());
        let fingerprint = KEY.fingerprint(&command.to_string()).unwrap();
        let now = self.world.clock.now();
        let actor = Actor::new(bitacora_domain::ActorKind::User, Uuid::from_u128(7).to_string());
        let envelope = Envelope::new(self.tenant, actor, command, fingerprint, now);
        let said = format!("{body:?}");
        if let Err(error) = self.bus.execute::<A>(envelope, id, body).await {
            panic!("{said}: {error}");
        }
        command
    }

    pub(crate) async fn tenant(&self, body: TenantCommand) {
        self.give::<Tenant>(&self.tenant.to_string(), body).await;
    }

    pub(crate) async fn talk(&self, body: C) -> CommandId {
        self.give::<Conversation>(&self.conversation.to_string(), body).await
    }

    /// Queues a text; its message and its effect.
    pub(crate) async fn say(&self, text: &str) -> (MessageId, Uuid) {
        self.say_this(self.text(text)).await
    }

    pub(crate) async fn say_this(&self, content: MessageContent) -> (MessageId, Uuid) {
        self.say_as(Sender::Agent, content).await
    }

    pub(crate) async fn say_as(
        &self,
        sender: Sender,
        content: MessageContent,
    ) -> (MessageId, Uuid) {
        self.talk(C::SendMessage { client_message_id: None, content, sender, reply_to: None })
            .await;
        let sql = "select e.payload -> 'MessageQueued' ->> 'message', q.id
            from log.events e
            join effects.queue q on q.event_id = (e.metadata ->> 'event_id')::uuid
            where event_type = 'MessageQueued' order by e.position desc limit 1";
        let row: (String, Uuid) =
            sqlx::query_as(sql).fetch_one(&self.world.db.pools().admin).await.unwrap();
        (row.0.parse().unwrap(), row.1)
    }

    /// What the conversation remembers of a message.
    pub(crate) async fn message(&self, id: MessageId) -> Option<OutboundMessage> {
        let loaded =
            self.bus.load::<Conversation>(self.tenant, &self.conversation.to_string()).await;
        loaded.unwrap().unwrap().0.outbound(id).cloned()
    }

    pub(crate) async fn channel(&self) -> ChannelAccount {
        let loaded = self.bus.load::<ChannelAccount>(self.tenant, &self.channel.to_string()).await;
        loaded.unwrap().unwrap().0
    }

    pub(crate) async fn contact(&self) -> Contact {
        let loaded = self.bus.load::<Contact>(self.tenant, &self.contact.to_string()).await;
        loaded.unwrap().unwrap().0
    }

    /// The provider tells a status.
    pub(crate) async fn status(&self, message: MessageId, status: DeliveryStatus) {
        self.talk(C::RecordDeliveryStatus {
            message,
            provider_message_id: Some("wamid.TOLD".into()),
            status,
            at: self.world.clock.now(),
            pricing: None,
            fault: None,
        })
        .await;
    }

    /// Names of the events of the conversation about messages of ours, without the queueing.
    pub(crate) async fn history(&self) -> Vec<String> {
        let sql = "select event_type from log.events where aggregate_id = $1 and event_type in
            ('MessageSendAttempted', 'MessageAccepted', 'MessageSendUnknown', 'MessageRejected',
             'MessageSent', 'MessageDelivered', 'MessageFailed') order by position";
        let id = self.conversation.to_string();
        sqlx::query_scalar(sql).bind(id).fetch_all(&self.world.db.pools().admin).await.unwrap()
    }

    pub(crate) fn log_comes_back(&self) {
        self.messenger.log_gone.store(false, Ordering::SeqCst);
    }
}
