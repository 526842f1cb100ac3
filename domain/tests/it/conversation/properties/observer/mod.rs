//! Somebody who sees the commands and the events only, never the state, and knows every promise.

mod people;
mod sending;

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::MessageId;
use bitacora_domain::aggregates::conversation::{
    ConversationCommand as C, ConversationEvent as E, ConversationStatus, DeliveryStatus,
    HandoffStatus, MessageContent, Sender,
};
use bitacora_domain::aggregates::tenant::AiMode;
use chrono::{DateTime, Utc};
use uuid::Uuid;

pub(super) use self::people::{Handoff, Proposal};
pub(super) use self::sending::Ours;

/// What an observer of the events knows.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub(super) struct Observer {
    pub(super) now: DateTime<Utc>,
    pub(super) provider_ids: BTreeSet<String>,
    /// What there was, oldest first: of the contact, of ours, both, suggestions, actions,
    /// scheduled messages.
    pub(super) heard: Vec<MessageId>,
    pub(super) said: Vec<MessageId>,
    pub(super) all: Vec<MessageId>,
    pub(super) proposed: Vec<Uuid>,
    pub(super) actions: Vec<Uuid>,
    pub(super) planned: Vec<Uuid>,
    /// What each message says.
    texts: BTreeMap<MessageId, String>,
    pub(super) ours: BTreeMap<MessageId, Ours>,
    bound: BTreeMap<MessageId, String>,
    anomalies: BTreeSet<MessageId>,
    /// Steps that were told, in time or late.
    told: BTreeSet<(MessageId, DeliveryStatus)>,
    /// Suggestions that were approved, and the pending one.
    pub(super) approved: BTreeSet<Uuid>,
    pub(super) pending: Option<Proposal>,
    /// Why each pending action was proposed, and its arguments.
    open_actions: BTreeMap<Uuid, (MessageId, String)>,
    pub(super) redacted: BTreeSet<MessageId>,
    /// What must not be found any more.
    forbidden: BTreeSet<String>,
    pub(super) triaged: BTreeSet<MessageId>,
    auto_replied: BTreeSet<MessageId>,
    merged: BTreeSet<uuid::Uuid>,
    /// When each scheduled message that waits is due, and what it says.
    pub(super) scheduled: BTreeMap<Uuid, (DateTime<Utc>, MessageContent)>,
    /// What the next queued message must be.
    announced: Option<(MessageId, Option<MessageContent>)>,
    /// The command of the moment lets the AI answer.
    eligible: bool,
    survey: bool,
    pub(super) window_until: Option<DateTime<Utc>>,
    pub(super) handoff: Handoff,
    pub(super) paused: bool,
    pub(super) opted_out: bool,
    pub(super) unread: i64,
    pub(super) status: ConversationStatus,
    pub(super) snoozes: i64,
    pub(super) snoozed_until: Option<DateTime<Utc>>,
}

impl Observer {
    pub(super) fn window_is_open(&self) -> bool {
        self.window_until.is_some_and(|until| self.now < until)
    }

    /// Everything that keeps a machine silent now.
    pub(super) fn obstacles(&self, free: bool) -> Vec<&'static str> {
        let mut obstacles = Vec::new();
        let mut add = |is: bool, name| {
            if is {
                obstacles.push(name);
            }
        };
        add(self.status.is_over(), "over");
        add(self.handoff.status != HandoffStatus::None, "hand-off");
        add(self.paused, "paused");
        add(self.opted_out, "opted out");
        add(free && !self.window_is_open(), "outside the window");
        obstacles
    }

    pub(super) fn attempt(&self, message: MessageId) -> i64 {
        self.ours.get(&message).map_or(0, |ours| ours.attempt)
    }

    /// Sees a command before it is decided.
    pub(super) fn hear(&mut self, command: &C, now: DateTime<Utc>) {
        self.now = now;
        self.eligible = is_eligible(command);
    }

    /// Sees all events of one command.
    pub(super) fn see_all(&mut self, events: &[E]) {
        for event in events {
            self.see(event);
        }
        assert_eq!(self.announced, None, "announced and not queued");
        if events.iter().any(|event| matches!(event, E::MessageReceived { .. })) {
            assert!(self.pending.is_none(), "a suggestion outlived a newer message");
        }
    }

    fn see(&mut self, event: &E) {
        match event {
            E::MessageReceived { message, provider_message_id: id, unread, content, .. } => {
                self.once(id);
                self.heard.push(*message);
                self.note(*message, content);
                self.unread += 1;
                assert_eq!(*unread, self.unread);
                assert!(!self.status.is_over(), "heard in a conversation that is over");
            }
            E::AgentEchoRecorded { provider_message_id: id, sent_at, .. } => {
                self.once(id);
                let at = (*sent_at).min(self.handoff.check_at);
                self.handoff.word(at);
            }
            E::ReactionChanged { provider_message_id: id, .. }
            | E::MessageEdited { provider_message_id: id, .. }
            | E::MessageRevoked { provider_message_id: id, .. } => self.once(id),
            E::ServiceWindowOpened { until } => {
                assert!(self.window_until.is_none_or(|before| *until > before), "it shrank");
                self.window_until = Some(*until);
            }
            E::MessageQueued { message, content, sender, .. } => {
                self.see_queued(*message, content, *sender);
            }
            E::ConversationReadByAgent { unread, .. } => {
                assert_eq!(*unread, self.unread);
                self.unread = 0;
            }
            E::LabelAdded { labels, .. } | E::LabelRemoved { labels, .. } => {
                let lower: BTreeSet<_> = labels.iter().map(|label| label.to_lowercase()).collect();
                assert_eq!(lower.len(), labels.len(), "two labels alike");
            }
            E::MessageTriaged { message, .. } => {
                assert!(self.triaged.insert(*message), "judged twice");
                assert!(!self.redacted.contains(message), "judged after its redaction");
            }
            E::AutoReplyMatched { message, .. } => assert!(self.auto_replied.insert(*message)),
            E::SurveyRequested { .. } => self.survey = true,
            E::SurveyAnswered { .. } => assert!(std::mem::take(&mut self.survey), "answered twice"),
            E::AiPaused { .. } => self.paused = true,
            E::AiResumed { .. } => self.paused = false,
            E::OptOutRecorded { .. } => self.opted_out = true,
            E::OptInRecorded { .. } => self.opted_out = false,
            E::MergeRecorded { source, .. } => assert!(self.merged.insert(source.as_uuid())),
            E::MessageRedacted { message, .. } => self.see_redaction(*message),
            other => {
                self.see_sending(other);
                self.see_scheduled(other);
                self.see_suggestion(other);
                self.see_handoff(other);
                self.see_lifecycle(other);
            }
        }
    }

    fn once(&mut self, provider_id: &str) {
        assert!(self.provider_ids.insert(provider_id.to_owned()), "{provider_id} came twice");
    }

    fn note(&mut self, message: MessageId, content: &MessageContent) {
        self.all.push(message);
        let words = content.text().and_then(|text| text.reveal());
        if let Some(words) = words.filter(|words| words.starts_with("dicho-")) {
            self.texts.insert(message, words.clone());
        }
    }

    fn see_queued(&mut self, message: MessageId, content: &MessageContent, sender: Sender) {
        let free = !matches!(content, MessageContent::Template { .. });
        let automatic = matches!(sender, Sender::Ai | Sender::AutoReply | Sender::Campaign);
        assert!(!free || self.window_is_open(), "free-form outside the window");
        if automatic {
            assert_eq!(self.obstacles(free), [""; 0], "{sender:?} spoke where it may not");
        }
        assert!(!self.status.is_over(), "said in a conversation that is over");
        assert!(sender != Sender::Ai || self.eligible, "the AI spoke against the rules");
        if let Some((announced, words)) = self.announced.take() {
            assert_eq!(announced, message);
            assert!(words.is_none_or(|words| words == *content), "other words than announced");
        }
        assert!(self.ours.insert(message, Ours::new(automatic, free)).is_none(), "queued twice");
        self.said.push(message);
        self.note(message, content);
        if sender == Sender::Agent {
            self.handoff.word(self.now);
        }
    }

    /// What a redacted message said, and what the AI made of it, is nowhere any more.
    fn see_redaction(&mut self, message: MessageId) {
        assert!(self.redacted.insert(message), "redacted twice");
        self.forbidden.extend(self.texts.get(&message).cloned());
        let made = self.pending.as_ref().is_some_and(|known| known.answers == Some(message));
        assert!(!made, "a suggestion outlived what it answers");
        assert!(self.open_actions.values().all(|(because_of, _)| *because_of != message));
        assert!(self.ours.get(&message).is_none_or(|ours| !ours.waits()), "it still leaves");
    }

    /// Looks for what must not be found in the state's JSON.
    pub(super) fn look_for_traces(&self, state: &serde_json::Value) {
        let state = if self.forbidden.is_empty() { String::new() } else { state.to_string() };
        for words in &self.forbidden {
            assert!(!state.contains(words.as_str()), "{words} was redacted and is still there");
        }
    }
}

/// Do the tenant's rules let the AI answer by itself?
pub(super) fn is_eligible(command: &C) -> bool {
    let C::RecordTriage { triage, policy, reply, .. } = command else { return false };
    policy.mode == AiMode::Autopilot
        && policy.autopilot.contains(&triage.category)
        && !triage.category.is_high_risk()
        && triage.confidence_bp >= policy.threshold_bp
        && triage.missing_fields.is_empty()
        && reply.is_some()
}
