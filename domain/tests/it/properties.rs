//! What holds whatever comes, in whatever order. Every step goes through `Case::when`, which
//! checks that the state is the replay of the events and that refusals change nothing.

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::MessageId;
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, Identity, IdentityKind};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E, ConversationStatus,
    DeliveryStatus, MessageContent,
};
use chrono::TimeDelta;
use proptest::prelude::*;

use crate::conversation::samples::{queue, receive, report, template, text};
use crate::support::given;
use crate::support::ids::{AGENT, CHANNEL, CONTACT, message, minute, personal};

const STEPS: usize = 60;

fn status() -> impl Strategy<Value = DeliveryStatus> {
    use DeliveryStatus::{Delivered, Failed, Pending, Played, Read, Sent};
    prop::sample::select(vec![Pending, Sent, Delivered, Read, Played, Failed])
}

fn wamid() -> impl Strategy<Value = String> {
    (0..12u8).prop_map(|n| format!("wamid.{n}"))
}

/// Commands over few ids, so that they meet; times within two days.
fn command() -> impl Strategy<Value = C> {
    let time = || (0..2_880i64).prop_map(minute);
    let label = || prop::sample::select(vec!["vip", "VIP", "urgente", "", "ñ"]);
    prop_oneof![
        4 => (wamid(), time()).prop_map(|(id, at)| receive(&id, at)),
        4 => any::<bool>().prop_map(|free| queue(if free { text("Hola") } else { template() })),
        8 => (1..=STEPS as u128, prop::option::of(wamid()), status(), time())
            .prop_map(|(n, id, status, at)| report(message(n), id.as_deref(), status, at)),
        1 => (wamid(), time()).prop_map(|(provider_message_id, sent_at)| {
            C::RecordAgentEcho { provider_message_id, content: text("Ya voy"), sent_at }
        }),
        1 => (wamid(), wamid(), time()).prop_map(|(provider_message_id, target, at)| {
            C::RecordReaction { provider_message_id, target, emoji: None, at }
        }),
        1 => label().prop_map(|label| C::AddLabel { label: label.to_owned() }),
        1 => label().prop_map(|label| C::RemoveLabel { label: label.to_owned() }),
        1 => Just(C::AddNote { body: personal("Llamar") }),
        1 => any::<bool>().prop_map(|some| C::Assign { agent: some.then_some(AGENT), team: None }),
        1 => Just(C::Unassign),
        1 => Just(C::Resolve { resolution: None }),
        1 => Just(C::Reopen),
        1 => Just(C::MarkRead),
        1 => prop::bool::weighted(0.2).prop_map(|close| if close { C::Close } else { C::Reopen }),
        1 => Just(C::Start { contact: CONTACT, channel: CHANNEL, external_thread: None }),
    ]
}

/// What an observer of the events knows, without looking at the state.
#[derive(Default)]
struct Observer {
    provider_ids: BTreeSet<String>,
    statuses: BTreeMap<MessageId, DeliveryStatus>,
    bound: BTreeMap<MessageId, String>,
    anomalies: BTreeSet<MessageId>,
    unread: i64,
    status: ConversationStatus,
}

impl Observer {
    fn see(&mut self, event: &E, window_open: bool) {
        match event {
            E::MessageReceived { provider_message_id: id, unread, .. } => {
                assert!(self.provider_ids.insert(id.clone()), "{id} came twice");
                self.unread += 1;
                assert_eq!(*unread, self.unread);
                assert_ne!(self.status, ConversationStatus::Closed);
            }
            E::AgentEchoRecorded { provider_message_id: id, .. }
            | E::ReactionChanged { provider_message_id: id, .. }
            | E::MessageEdited { provider_message_id: id, .. }
            | E::MessageRevoked { provider_message_id: id, .. } => {
                assert!(self.provider_ids.insert(id.clone()), "{id} came twice");
            }
            E::MessageQueued { message, content, .. } => {
                let is_template = matches!(content, MessageContent::Template { .. });
                assert!(is_template || window_open, "free-form outside the window");
                assert_eq!(self.statuses.insert(*message, DeliveryStatus::Pending), None);
            }
            E::MessageSent { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, DeliveryStatus::Sent, id.as_ref());
            }
            E::MessageDelivered { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, DeliveryStatus::Delivered, id.as_ref());
            }
            E::MessageRead { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, DeliveryStatus::Read, id.as_ref());
            }
            E::MessagePlayed { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, DeliveryStatus::Played, id.as_ref());
            }
            E::MessageFailed { message, from, provider_message_id: id, .. } => {
                assert!(*from < DeliveryStatus::Delivered, "failed after delivery");
                self.advance(*message, *from, DeliveryStatus::Failed, id.as_ref());
            }
            E::MessageStatusAnomalyRecorded { message, .. } => {
                assert!(self.anomalies.insert(*message), "an anomaly is recorded once");
            }
            E::ConversationReadByAgent { unread, .. } => {
                assert_eq!(*unread, self.unread);
                self.unread = 0;
            }
            E::ConversationResolved { from, .. } => self.turn(*from, ConversationStatus::Resolved),
            E::ConversationReopened { from, .. } => self.turn(*from, ConversationStatus::Open),
            E::ConversationClosed { from, .. } => self.turn(*from, ConversationStatus::Closed),
            E::LabelAdded { labels, .. } | E::LabelRemoved { labels, .. } => {
                let lower: BTreeSet<_> = labels.iter().map(|label| label.to_lowercase()).collect();
                assert_eq!(lower.len(), labels.len(), "two labels alike");
            }
            E::ConversationStarted { .. }
            | E::ServiceWindowOpened { .. }
            | E::NoteAdded { .. }
            | E::ConversationAssigned { .. }
            | E::ConversationUnassigned { .. } => {}
        }
    }

    fn advance(
        &mut self,
        id: MessageId,
        from: DeliveryStatus,
        to: DeliveryStatus,
        provider_id: Option<&String>,
    ) {
        assert!(to > from, "{from:?} → {to:?}");
        assert_eq!(self.statuses.insert(id, to), Some(from));
        if let Some(provider_id) = provider_id {
            assert_eq!(self.bound.entry(id).or_insert_with(|| provider_id.clone()), provider_id);
        }
    }

    fn turn(&mut self, from: ConversationStatus, to: ConversationStatus) {
        assert_eq!(self.status, from);
        assert_ne!(from, ConversationStatus::Closed, "closed is final");
        self.status = to;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_conversation_keeps_its_promises_whatever_comes(
        steps in prop::collection::vec((command(), 0..90i64), 1..STEPS),
    ) {
        let start = C::Start { contact: CONTACT, channel: CHANNEL, external_thread: None };
        let mut case = given::<Conversation>([]).after(start);
        let mut observer = Observer::default();
        let mut now = 0;
        let mut last_inbound = None;
        for (command, pause) in steps {
            now += pause;
            let outcome = case.at(now).when(command);
            let day = TimeDelta::hours(24);
            let open = last_inbound.is_some_and(|at| minute(now) < at + day);
            for event in outcome.result.iter().flatten() {
                observer.see(event, open);
                if let E::MessageReceived { sent_at, .. } = event {
                    let latest = minute(now) + TimeDelta::minutes(5);
                    let believed = if *sent_at > latest { minute(now) } else { *sent_at };
                    last_inbound = last_inbound.max(Some(believed));
                }
            }
            case = outcome.case;
        }
        prop_assert_eq!(case.state.status(), observer.status);
        prop_assert_eq!(case.state.unread(), observer.unread);
    }

    #[test]
    fn a_contact_has_no_identity_twice_and_each_in_canonical_form(
        steps in prop::collection::vec(
            (prop::collection::vec((0..4usize, "[0-9+@.a-zA-Z -]{0,18}"), 1..4), any::<bool>()),
            1..12,
        ),
    ) {
        use IdentityKind::{Bsuid, Email, Phone, WaId};
        let mut case = given::<Contact>([]);
        for (identities, register) in steps {
            let mut identities: Vec<_> = identities
                .into_iter()
                .map(|(kind, text)| Identity {
                    kind: [Phone, WaId, Bsuid, Email][kind],
                    value: personal(&text),
                })
                .collect();
            case = if register {
                case.when(ContactCommand::Register { identities, name: None }).case
            } else {
                case.when(ContactCommand::AddIdentity { identity: identities.remove(0) }).case
            };
        }
        let mut keys = BTreeSet::new();
        for identity in case.state.identities() {
            prop_assert!(keys.insert(identity.key().unwrap()));
            let text = identity.value.reveal().unwrap();
            let again = Identity::parse(identity.kind, text, identity.value.subject().clone());
            prop_assert_eq!(again.as_ref(), Ok(identity));
        }
    }

    #[test]
    fn e164_is_a_fixed_point(text in "\\+?[1-9][0-9 -]{6,16}") {
        if let Ok(number) = bitacora_domain::phone::e164(&text, None) {
            let again = bitacora_domain::phone::e164(&number, None);
            prop_assert_eq!(again.as_ref(), Ok(&number));
            let digits = number.trim_start_matches('+');
            prop_assert_eq!(bitacora_domain::phone::e164(digits, None), Ok(number.clone()));
        }
    }
}
