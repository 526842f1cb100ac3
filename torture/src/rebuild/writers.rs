//! The write load under which views are rebuilt.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bitacora_commands::bus::CommandBus;
use bitacora_commands::{CommandError, Envelope};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationRefusal, MessageContent, Sender,
};
use bitacora_domain::{Actor, Personal, Subject, TenantId};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::log::world::{TENANTS, World};

/// Tasks that write.
const TASKS: u64 = 6;
/// Steps in the life of one conversation.
const STEPS: u64 = 8;

/// Tasks that write until they are told to stop.
pub(super) struct Writers {
    count: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<anyhow::Result<Vec<String>>>>,
}

/// What they did.
pub(super) struct Written {
    pub(super) commands: u64,
    pub(super) failures: Vec<String>,
}

impl Writers {
    pub(super) fn start(bus: &CommandBus, world: World, stop: &CancellationToken) -> Self {
        let count = Arc::new(AtomicU64::new(0));
        let tasks = (0..TASKS)
            .map(|task| {
                let (bus, stop, count) = (bus.clone(), stop.clone(), Arc::clone(&count));
                tokio::spawn(async move { write(bus, world, task, stop, count).await })
            })
            .collect();
        Self { count, tasks }
    }

    /// Waits until so many commands are written.
    pub(super) async fn wait_for(&self, commands: u64, patience: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + patience;
        while self.count.load(Ordering::Relaxed) < commands {
            anyhow::ensure!(Instant::now() < deadline, "the writers are too slow");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    pub(super) async fn finish(self) -> anyhow::Result<Written> {
        let mut failures = Vec::new();
        for task in self.tasks {
            failures.extend(task.await.context("a writer broke")??);
        }
        Ok(Written { commands: self.count.load(Ordering::Relaxed), failures })
    }
}

async fn write(
    bus: CommandBus,
    world: World,
    task: u64,
    stop: CancellationToken,
    count: Arc<AtomicU64>,
) -> anyhow::Result<Vec<String>> {
    let mut failures = Vec::new();
    for serial in 0_u64.. {
        if stop.is_cancelled() {
            break;
        }
        let n = serial / STEPS;
        let tenant = (task + n) % TENANTS;
        let contact = world.contact(tenant, &format!("rebuild:{task}:{n}"));
        let words = |text: &str| Personal::new(Subject::contact(contact), text.to_owned());
        let now = bus.clock().now();
        let text = |text: &str| MessageContent::Text { body: words(text) };
        let body = match serial % STEPS {
            0 => C::Start {
                contact,
                channel: world.channel(tenant),
                external_thread: None,
                opted_out: false,
            },
            1 | 4 => C::ReceiveMessage {
                provider_message_id: format!("wamid.{task}.{serial}"),
                content: text("¿llega hoy?"),
                reply_to: None,
                referral: None,
                forwarded: false,
                sent_at: now,
            },
            2 => C::SendMessage {
                client_message_id: None,
                content: text("sí, esta tarde"),
                sender: Sender::Agent,
                reply_to: None,
            },
            3 => C::AddNote { body: words("cliente de siempre") },
            5 => C::AddLabel { label: format!("etiqueta {}", n % 7) },
            6 => C::MarkRead,
            _ => C::Resolve { resolution: None },
        };
        let conversation = world.id(&format!("rebuild:{task}:{n}")).to_string();
        let command = world.command(&format!("rebuild:{task}:{serial}"));
        if let Err(error) = execute(&bus, world.tenant(tenant), &conversation, command, body).await
        {
            failures.push(error.to_string());
        }
        count.fetch_add(1, Ordering::Relaxed);
    }
    Ok(failures)
}

async fn execute(
    bus: &CommandBus,
    tenant: TenantId,
    conversation: &str,
    command: bitacora_domain::CommandId,
    body: C,
) -> Result<(), CommandError<ConversationRefusal>> {
    let fingerprint = bus.key().fingerprint(&command).map_err(|error| {
        CommandError::Log(bitacora_commands::ports::LogError::Rejected(error.to_string()))
    })?;
    let envelope =
        Envelope::new(tenant, Actor::system("torture"), command, fingerprint, bus.clock().now());
    bus.execute::<Conversation>(envelope, conversation, body).await.map(|_| ())
}
