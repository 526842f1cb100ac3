//! The kind `call.follow_up`: the message after a call that a person let go (CS-20), sent in the
//! contact's conversation. Without one it is a dead letter, which whoever let it go can see.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand, MessageContent, Sender,
};
use bitacora_domain::{Actor, CallId, ConversationId, Personal};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::giving::{Giving, failed, retry, unreadable};
use super::lead_credits::{held_back, passing_or_failed};
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::CommandBus;

/// Name of the kind.
pub const FOLLOW_UP_EFFECT: &str = "call.follow_up";

/// What it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpEffect {
    /// The call.
    pub call: CallId,
    /// The follow-up.
    pub follow_up: Uuid,
    /// The contact's conversation, if there is one.
    pub conversation: Option<ConversationId>,
    /// What it says.
    pub text: Personal<String>,
    /// Who let it go.
    pub by: Actor,
}

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    Arc::new(SendFollowUp { bus: parts.bus.clone() })
}

struct SendFollowUp {
    bus: CommandBus,
}

#[async_trait]
impl EffectHandler for SendFollowUp {
    fn kind(&self) -> &'static str {
        FOLLOW_UP_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        None
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let Ok(wanted) = FollowUpEffect::deserialize(&effect.payload) else {
            return unreadable();
        };
        let Some(conversation) = wanted.conversation else {
            let detail = "the contact has no open conversation: write to them and discard this";
            return failed("NO_CONVERSATION", detail);
        };
        let steps = Giving { bus: &self.bus, effect, actor: Actor::system("inbound_routing") };
        if let Err(error) = self.bus.require_outbound(effect.tenant, steps.command("send")).await {
            return held_back(&error);
        }
        let body = ConversationCommand::SendMessage {
            client_message_id: Some(format!("follow-up:{}", wanted.follow_up)),
            content: MessageContent::Text { body: wanted.text },
            sender: Sender::System,
            reply_to: None,
        };
        match steps.give::<Conversation>("send", conversation, body).await {
            Ok(_) => Verdict::Done,
            Err(error) => passing_or_failed(&error),
        }
    }

    /// The command's id follows from the effect's, so giving it again changes nothing.
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
