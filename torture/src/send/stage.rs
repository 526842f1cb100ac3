//! Tenants, contacts and conversations, and the messages that are queued in them. Contacts write
//! first, by webhook, so that the service window is open; answers are queued through the bus of
//! this process, as any other process of an installation would do it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::log::{AppenderOptions, PgLog};
use bitacora_adapters::testing::TestDb;
use bitacora_commands::bus::BusOptions;
use bitacora_commands::ports::Clock as _;
use bitacora_commands::{CommandBus, Envelope, InstallationKey};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, MessageContent, Sender,
};
use bitacora_domain::{Actor, CommandId, ContactId, Personal, Subject, TenantId};
use serde_json::json;
use sqlx::{PgPool, Row as _};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::Options;
use super::book::Book;
use crate::kill::server::Installation;
use crate::kill::webhook::signature;

/// Businesses, each with a number: the breakers are theirs.
const TENANTS: u64 = 6;
/// How long setting the stage may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// One conversation.
#[derive(Clone, Copy, Debug)]
struct Place {
    tenant: TenantId,
    conversation: Uuid,
    contact: ContactId,
}

/// Everything that is needed to queue.
pub(super) struct Stage {
    bus: CommandBus,
    places: Vec<Place>,
    messages: u64,
    seed: u64,
}

impl Stage {
    /// Sets the stage; the server must be running.
    pub(super) async fn set(
        options: &Options,
        installation: &Installation,
        book: &Book,
        admin: &PgPool,
        db: &TestDb,
    ) -> anyhow::Result<Self> {
        for tenant in 0..TENANTS {
            let (slug, account) = (format!("tortura{tenant}"), account(tenant));
            installation.cli(&["tenant", "create", &slug, "--name", "Tortura"]).await?;
            let number = "+54 9 11 5550-1234";
            let connect = ["tenant", "connect", &slug, "--phone-number-id", &account];
            installation.cli(&[&connect[..], &["--display-phone", number]].concat()).await?;
        }
        let client = bitacora_adapters::web::builder()?.timeout(Duration::from_secs(30)).build()?;
        for n in 0..options.conversations {
            let body = hello(n);
            let answer = client
                .post(book.webhooks())
                .header("content-type", "application/json")
                .header("x-hub-signature-256", signature(&body)?)
                .body(body)
                .send()
                .await?;
            anyhow::ensure!(answer.status().is_success(), "a webhook was answered {answer:?}");
        }
        let places = places(admin, usize::try_from(options.conversations)?).await?;
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
        Ok(Self { bus, places, messages: options.messages, seed: options.seed })
    }

    /// Queues all messages, one round of all conversations after the other.
    pub(super) async fn queue_all(self) -> anyhow::Result<()> {
        for n in 0..self.messages {
            for place in &self.places {
                self.queue(place, n).await?;
                sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(())
    }

    async fn queue(&self, place: &Place, n: u64) -> anyhow::Result<()> {
        let body = ConversationCommand::SendMessage {
            client_message_id: Some(format!("m{n}")),
            content: MessageContent::Text {
                body: Personal::new(Subject::contact(place.contact), format!("mensaje {n}")),
            },
            sender: Sender::Agent,
            reply_to: None,
        };
        let name = format!("{}:{}:{n}", self.seed, place.conversation);
        let envelope = Envelope::new(
            place.tenant,
            Actor::system("torture"),
            CommandId::from_fact(&name),
            self.bus.key().fingerprint(&body)?,
            SystemClock.now(),
        );
        let id = place.conversation.to_string();
        self.bus
            .execute::<Conversation>(envelope, &id, body)
            .await
            .context("a message is refused")?;
        Ok(())
    }
}

/// Meta's id of a tenant's number.
fn account(tenant: u64) -> String {
    format!("21098765432109{tenant}")
}

/// A first message of contact `n`, now.
fn hello(n: u64) -> String {
    let contact = format!("54911666{n:05}");
    let now = SystemClock.now().timestamp().to_string();
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "1", "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "1", "phone_number_id": account(n % TENANTS) },
            "contacts": [{ "profile": { "name": "Contacto" }, "wa_id": contact }],
            "messages": [{
                "from": contact, "id": format!("wamid.IN{n}"), "timestamp": now,
                "type": "text", "text": { "body": "hola" },
            }],
        } }] }],
    })
    .to_string()
}

/// The conversations, once all of them are there.
async fn places(admin: &PgPool, count: usize) -> anyhow::Result<Vec<Place>> {
    let begin = Instant::now();
    loop {
        let rows = sqlx::query(
            "select tenant_id, aggregate_id, payload -> 'MessageReceived' ->> 'contact' as contact
             from log.events where event_type = 'MessageReceived' order by aggregate_id",
        )
        .fetch_all(admin)
        .await?;
        if rows.len() >= count {
            return rows
                .iter()
                .map(|row| {
                    Ok(Place {
                        tenant: TenantId::new(row.try_get("tenant_id")?),
                        conversation: row.try_get::<String, _>("aggregate_id")?.parse()?,
                        contact: row.try_get::<String, _>("contact")?.parse()?,
                    })
                })
                .collect();
        }
        anyhow::ensure!(begin.elapsed() < PATIENCE, "{} of {count} conversations", rows.len());
        sleep(Duration::from_millis(100)).await;
    }
}
