//! The work of the append benches: real commands on real conversations, each of which is one
//! event. Half of them begin a new conversation, half write a note on a recent one.

use std::collections::VecDeque;

use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;
use bitacora_commands::{CommandBus, Envelope, Fingerprint};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationCommand};
use bitacora_domain::{
    Actor, ActorKind, ChannelAccountId, CommandId, ContactId, Personal, Subject, TenantId,
};
use uuid::Uuid;

use crate::backend::TENANTS;

/// Namespace of all ids of a bench. Ids are UUIDv5, as those that follow from a provider's facts:
/// they fall anywhere into an index.
const NAMESPACE: Uuid = Uuid::from_u128(0x0b5c_2d9e_6c5d_4c53_9f3b_2f6f_5a6b_0be7);
/// Conversations that a writer keeps writing on.
const RECENT: usize = 16;
/// What a note says: as long as what people write.
const TEXT: &str = "La clienta pasa el jueves a retirar los lentes; pidió que le avisemos por \
                    acá cuando lleguen los cristales. Pagó la mitad con débito.";

/// A command, ready to be executed by whoever can.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) tenant: TenantId,
    pub(crate) actor: Actor,
    pub(crate) conversation: String,
    pub(crate) command_id: CommandId,
    pub(crate) body: ConversationCommand,
}

/// Makes one task's commands. Two writers of different names share nothing.
#[derive(Debug)]
pub(crate) struct Writer {
    name: String,
    tenant: TenantId,
    serial: u64,
    recent: VecDeque<(String, ContactId)>,
}

impl Writer {
    /// The `n`-th writer of a bench; the tenants take turns.
    pub(crate) fn new(bench: &str, n: usize) -> Self {
        let (tenant, _) = if n.is_multiple_of(2) { TENANTS[0] } else { TENANTS[1] };
        Self { name: format!("{bench}:{n}"), tenant, serial: 0, recent: VecDeque::new() }
    }

    pub(crate) fn next(&mut self) -> Job {
        self.serial += 1;
        let begins = self.serial % 2 == 1;
        let (conversation, body) = if begins { self.begin() } else { self.note() };
        Job {
            tenant: self.tenant,
            actor: Actor::new(ActorKind::User, "0b5c2d9e-6c5d-4c53-9f3b-2f6f5a6b0be7"),
            conversation,
            command_id: CommandId::new(self.id("command")),
            body,
        }
    }

    fn begin(&mut self) -> (String, ConversationCommand) {
        let conversation = self.id("conversation").to_string();
        let contact = ContactId::new(self.id("contact"));
        self.recent.push_front((conversation.clone(), contact));
        self.recent.truncate(RECENT);
        let channel = ChannelAccountId::new(Uuid::new_v5(&NAMESPACE, b"channel"));
        (conversation, start(contact, channel))
    }

    fn note(&self) -> (String, ConversationCommand) {
        // A different one each time, so that two notes never wait for each other.
        let place = usize::try_from(self.serial / 2).unwrap_or_default() % self.recent.len().max(1);
        let recent = self.recent.get(place);
        let (conversation, contact) =
            recent.map_or((String::new(), Uuid::nil().into()), Clone::clone);
        let body = Personal::new(Subject::contact(contact), TEXT.to_owned());
        (conversation, ConversationCommand::AddNote { body })
    }

    fn id(&self, what: &str) -> Uuid {
        Uuid::new_v5(&NAMESPACE, format!("{}:{what}:{}", self.name, self.serial).as_bytes())
    }
}

/// Begins a conversation.
pub(crate) fn start(contact: ContactId, channel: ChannelAccountId) -> ConversationCommand {
    ConversationCommand::Start { contact, channel, external_thread: None, opted_out: false }
}

/// Gives the command to the bus as GraphQL does, its fingerprint included; how long the log took
/// is what is measured.
pub(crate) async fn execute(bus: &CommandBus, job: &Job) -> anyhow::Result<()> {
    let fingerprint: Fingerprint = bus.key().fingerprint(&job.body)?;
    let now = SystemClock.now();
    let envelope = Envelope::new(job.tenant, job.actor.clone(), job.command_id, fingerprint, now);
    let done = bus.execute::<Conversation>(envelope, &job.conversation, job.body.clone()).await;
    let receipt = done.map_err(|error| anyhow::anyhow!("a command failed: {error}"))?;
    anyhow::ensure!(!receipt.replayed, "a command was done twice");
    Ok(())
}
