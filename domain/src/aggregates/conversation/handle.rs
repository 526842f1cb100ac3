//! Which decision answers which command, and what the log needs to know about the events.
//! Decisions are pure: they look at the state and give events or a refusal, and only then is
//! anything written.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::commands::ConversationCommand;
use super::events::ConversationEvent;
use super::refusal::ConversationRefusal;
use super::state::{Conversation, ConversationStatus, Start};
use crate::text::trimmed;
use crate::{Claim, Directed, DomainAggregate, MessageId};

/// Kind of the claim that keeps one open conversation per contact and channel account.
const OPEN_CLAIM: &str = "conversation.open";
/// Kind of the claim on a provider's message id; its owner text is
/// `<conversation uuid>/<message uuid>`.
const PROVIDER_MESSAGE_CLAIM: &str = "message.provider";
/// Longest id of a provider's thread, in characters.
const THREAD_MAX: usize = 256;

/// What a decision gives.
pub(super) type Decision = Result<Vec<ConversationEvent>, ConversationRefusal>;

impl Aggregate for Conversation {
    const TYPE: &'static str = "conversation";
    type Command = Directed<ConversationCommand>;
    type Event = ConversationEvent;
    type Error = ConversationRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let (of, body) = command.split();
        for event in self.decide(&of, body)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.follow(event);
    }
}

impl Conversation {
    fn begin(of: &Directed<()>, body: ConversationCommand) -> Decision {
        let ConversationCommand::Start { contact, channel, external_thread } = body else {
            return Err(ConversationRefusal::NotFound);
        };
        let conversation = of.aggregate_id.parse().map_err(|_| ConversationRefusal::InvalidId)?;
        let external_thread = thread(external_thread.as_deref())?;
        Ok(vec![ConversationEvent::ConversationStarted {
            conversation,
            contact,
            channel,
            external_thread,
        }])
    }

    #[allow(clippy::too_many_lines)] // one arm per command, each only hands on
    fn decide(&self, of: &Directed<()>, body: ConversationCommand) -> Decision {
        use ConversationCommand as C;
        let Some(start) = &self.start else {
            return Self::begin(of, body);
        };
        match body {
            C::Start { contact, channel, external_thread } => {
                let conversation = start.conversation;
                let external_thread = thread(external_thread.as_deref())?;
                if *start == (Start { conversation, contact, channel, external_thread }) {
                    Ok(vec![])
                } else {
                    Err(ConversationRefusal::AlreadyStarted)
                }
            }
            C::ReceiveMessage {
                provider_message_id,
                content,
                reply_to,
                referral,
                forwarded,
                sent_at,
            } => self.receive(
                of,
                super::inbound::Inbound {
                    contact: start.contact,
                    provider_message_id,
                    content,
                    reply_to,
                    referral,
                    forwarded,
                    sent_at,
                },
            ),
            C::RecordAgentEcho { provider_message_id, content, sent_at } => {
                self.echo(of, provider_message_id, content, sent_at)
            }
            C::RecordReaction { provider_message_id, target, emoji, at } => {
                self.about(provider_message_id, |provider_message_id| {
                    let message = self.message_called(&target);
                    ConversationEvent::ReactionChanged {
                        provider_message_id,
                        target,
                        message,
                        emoji,
                        at,
                    }
                })
            }
            C::RecordMessageEdit { provider_message_id, target, content, at } => {
                self.about(provider_message_id, |provider_message_id| {
                    let message = self.message_called(&target);
                    ConversationEvent::MessageEdited {
                        provider_message_id,
                        target,
                        message,
                        content,
                        at,
                    }
                })
            }
            C::RecordMessageRevoke { provider_message_id, target, at } => {
                self.about(provider_message_id, |provider_message_id| {
                    let message = self.message_called(&target);
                    ConversationEvent::MessageRevoked { provider_message_id, target, message, at }
                })
            }
            C::QueueMessage { client_message_id, content, sender, reply_to } => self.queue_message(
                of,
                start.contact,
                super::outbound::Outbound { client_message_id, content, sender, reply_to },
            ),
            C::RecordDeliveryStatus {
                message,
                provider_message_id,
                status,
                at,
                pricing,
                fault,
            } => self.delivery_status(
                message,
                super::outbound::Report { provider_message_id, status, at, pricing, fault },
            ),
            C::AddNote { body } => Self::add_note(of, body),
            C::AddLabel { label } => self.add_label(&label),
            C::RemoveLabel { label } => self.remove_label(&label),
            C::Assign { agent, team } => self.assign(agent, team.as_deref()),
            C::Unassign => self.unassign(),
            C::Resolve { resolution } => self.resolve(of, resolution.as_deref()),
            C::Reopen => self.reopen(of),
            C::Close => self.close(of),
            C::MarkRead => self.mark_read(of),
        }
    }

    /// Refuses on a conversation that has ended.
    pub(super) fn not_closed(&self) -> Result<(), ConversationRefusal> {
        match self.status {
            ConversationStatus::Open | ConversationStatus::Resolved => Ok(()),
            ConversationStatus::Closed => Err(ConversationRefusal::Closed),
        }
    }
}

fn thread(text: Option<&str>) -> Result<Option<String>, ConversationRefusal> {
    let Some(text) = text else { return Ok(None) };
    trimmed(text, THREAD_MAX).map(Some).ok_or(ConversationRefusal::InvalidExternalThread)
}

impl DomainAggregate for Conversation {
    type Body = ConversationCommand;
    type Refusal = ConversationRefusal;
    const EVENT_TYPES: &'static [&'static str] = &[
        "ConversationStarted",
        "MessageReceived",
        "ServiceWindowOpened",
        "AgentEchoRecorded",
        "ReactionChanged",
        "MessageEdited",
        "MessageRevoked",
        "MessageQueued",
        "MessageSent",
        "MessageDelivered",
        "MessageRead",
        "MessagePlayed",
        "MessageFailed",
        "MessageStatusAnomalyRecorded",
        "NoteAdded",
        "LabelAdded",
        "LabelRemoved",
        "ConversationAssigned",
        "ConversationUnassigned",
        "ConversationResolved",
        "ConversationReopened",
        "ConversationClosed",
        "ConversationReadByAgent",
    ];
    const STATE_SCHEMA: u32 = 1;

    /// A contact and account have one open conversation; a provider's id has one message. A
    /// status claims its provider's id again each time: taking what one owns is no change, and
    /// whichever status told the id first has taken it.
    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        use ConversationEvent as E;
        let Some(start) = &self.start else { return Vec::new() };
        let owner = start.conversation;
        let open = || format!("{}|{}", start.contact, start.channel);
        let provider = |id: &str, message: &MessageId| {
            vec![Claim::take(PROVIDER_MESSAGE_CLAIM, id, format!("{owner}/{message}"))]
        };
        match event {
            E::ConversationStarted { .. } => vec![Claim::take(OPEN_CLAIM, open(), owner)],
            E::ConversationClosed { .. } => vec![Claim::release(OPEN_CLAIM, open(), owner)],
            E::MessageReceived { message, provider_message_id: id, .. }
            | E::AgentEchoRecorded { message, provider_message_id: id, .. } => {
                provider(id, message)
            }
            E::MessageSent { message, provider_message_id, .. }
            | E::MessageDelivered { message, provider_message_id, .. }
            | E::MessageRead { message, provider_message_id, .. }
            | E::MessagePlayed { message, provider_message_id, .. }
            | E::MessageFailed { message, provider_message_id, .. } => {
                provider_message_id.as_deref().map_or_else(Vec::new, |id| provider(id, message))
            }
            E::ServiceWindowOpened { .. }
            | E::ReactionChanged { .. }
            | E::MessageEdited { .. }
            | E::MessageRevoked { .. }
            | E::MessageQueued { .. }
            | E::MessageStatusAnomalyRecorded { .. }
            | E::NoteAdded { .. }
            | E::LabelAdded { .. }
            | E::LabelRemoved { .. }
            | E::ConversationAssigned { .. }
            | E::ConversationUnassigned { .. }
            | E::ConversationResolved { .. }
            | E::ConversationReopened { .. }
            | E::ConversationReadByAgent { .. } => Vec::new(),
        }
    }
}
