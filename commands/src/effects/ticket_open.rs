//! The kind `ticket.open`: triage asks for a ticket of a conversation (CS-7, CS-37). Where one of
//! that category is open already, the matter goes on there.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::conversation::Conversation;
use bitacora_domain::aggregates::tenant::TriageCategory;
use bitacora_domain::aggregates::ticket::{Ticket, TicketCommand, TicketOrigin};
use bitacora_domain::{Actor, ConversationId, MessageId, Personal, Subject, TicketId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::giving::{Giving, failed, retry, unreadable};
use super::lead_credits::passing_or_failed;
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::{CommandBus, CommandError};

/// Name of the kind.
pub const OPEN_TICKET_EFFECT: &str = "ticket.open";

/// What it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTicketEffect {
    /// The conversation.
    pub conversation: ConversationId,
    /// The message that was judged.
    pub message: MessageId,
    /// Category of the ticket.
    pub category: TriageCategory,
    /// Data that the contact has to give.
    pub missing_fields: BTreeSet<String>,
}

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    Arc::new(OpenTicket { bus: parts.bus.clone() })
}

struct OpenTicket {
    bus: CommandBus,
}

#[async_trait]
impl EffectHandler for OpenTicket {
    fn kind(&self) -> &'static str {
        OPEN_TICKET_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        None
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let Ok(wanted) = OpenTicketEffect::deserialize(&effect.payload) else {
            return unreadable();
        };
        let steps = Giving { bus: &self.bus, effect, actor: Actor::system("inbound_routing") };
        open(&steps, &wanted).await.map_or_else(|verdict| verdict, |()| Verdict::Done)
    }

    /// Every step can be taken again.
    async fn abandoned(&self, _: &Claimed) -> Verdict {
        retry("ABANDONED", "the worker was lost")
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    async fn given_up(&self, _: &Claimed, _: &str, _: &str, _: bool) -> Result<(), Untold> {
        Ok(())
    }
}

async fn open(steps: &Giving<'_>, wanted: &OpenTicketEffect) -> Result<(), Verdict> {
    let conversation = steps.load::<Conversation>(wanted.conversation).await?;
    let contact = conversation.and_then(|known| known.contact()).ok_or_else(|| {
        failed("CONVERSATION_NOT_FOUND", "a conversation that asks for a ticket is not there")
    })?;
    let subject = Personal::new(Subject::contact(contact), subject(wanted.category).to_owned());
    let ticket = TicketId::new(Uuid::new_v5(&steps.effect.id, b"ticket"));
    let body = TicketCommand::Open {
        category: wanted.category,
        priority: None,
        confidence_bp: None,
        subject,
        contact,
        conversation: Some(wanted.conversation),
        origin: TicketOrigin::LowConfidence,
        parent: None,
        missing_fields: wanted.missing_fields.clone(),
        sla: None,
    };
    match steps.give::<Ticket>("open", ticket, body).await {
        Ok(_) => Ok(()),
        Err(CommandError::Reserved { owner, .. }) => go_on(steps, wanted, &owner).await,
        Err(error) => Err(passing_or_failed(&error)),
    }
}

/// What the open ticket misses is asked for there. That the contact wrote it has heard already.
async fn go_on(steps: &Giving<'_>, wanted: &OpenTicketEffect, ticket: &str) -> Result<(), Verdict> {
    if wanted.missing_fields.is_empty() {
        return Ok(());
    }
    let body = TicketCommand::RequestData { fields: wanted.missing_fields.clone() };
    match steps.give::<Ticket>("data", ticket, body).await {
        Ok(_) | Err(CommandError::Refused(_)) => Ok(()),
        Err(error) => Err(passing_or_failed(&error)),
    }
}

/// What people read until somebody finds a better one.
const fn subject(category: TriageCategory) -> &'static str {
    match category {
        TriageCategory::Reclamo => "Reclamo",
        TriageCategory::Info => "Pedido de información",
        TriageCategory::Facturacion => "Consulta de facturación",
        TriageCategory::Tracking => "Seguimiento de un envío",
        TriageCategory::Cotizacion => "Pedido de cotización",
        TriageCategory::Otro => "Consulta",
    }
}
