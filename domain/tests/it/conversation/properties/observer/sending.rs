//! Messages of ours: how they leave, how far they get, and those that wait for their time.

use bitacora_domain::MessageId;
use bitacora_domain::aggregates::conversation::{ConversationEvent as E, DeliveryStatus};

use super::Observer;

/// A message of ours, as the observer knows it.
#[derive(Clone, Debug)]
pub(in super::super) struct Ours {
    pub(in super::super) automatic: bool,
    pub(in super::super) free: bool,
    pub(in super::super) status: DeliveryStatus,
    /// The last attempt, and whether another may begin.
    pub(in super::super) attempt: i64,
    pub(in super::super) repeatable: bool,
}

impl Ours {
    pub(super) const fn new(automatic: bool, free: bool) -> Self {
        let status = DeliveryStatus::Pending;
        Self { automatic, free, status, attempt: 0, repeatable: true }
    }

    /// Would it leave if nobody held it back?
    pub(super) fn waits(&self) -> bool {
        self.repeatable && self.status == DeliveryStatus::Pending
    }
}

impl Observer {
    pub(super) fn see_sending(&mut self, event: &E) {
        use DeliveryStatus::{Delivered, Failed, Pending, Played, Read, Sent, Unknown};
        match event {
            E::MessageSendAttempted { message, attempt, .. } => {
                self.see_attempt(*message, *attempt);
            }
            E::MessageAccepted { message, provider_message_id: id, .. } => {
                self.ours.get_mut(message).expect("never queued").repeatable = false;
                self.bind(*message, Some(id));
            }
            E::MessageSendUnknown { message, .. } => self.advance(*message, Pending, Unknown, None),
            E::MessageRejected { message, retryable: true, .. } => {
                assert!(!self.redacted.contains(message), "it would leave after its redaction");
                let ours = self.ours.get_mut(message).expect("never queued");
                assert!(!std::mem::replace(&mut ours.repeatable, true));
            }
            E::MessageRejected { message, .. } => self.advance(*message, Pending, Failed, None),
            E::MessageSent { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, Sent, id.as_ref());
            }
            E::MessageDelivered { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, Delivered, id.as_ref());
            }
            E::MessageRead { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, Read, id.as_ref());
            }
            E::MessagePlayed { message, from, provider_message_id: id, .. } => {
                self.advance(*message, *from, Played, id.as_ref());
            }
            E::MessageFailed { message, from, provider_message_id: id, .. } => {
                assert!(*from < Delivered, "failed after delivery");
                self.advance(*message, *from, Failed, id.as_ref());
            }
            E::MessageStepDated { message, step, .. } => {
                assert!(*step < self.ours[message].status, "an advance, and not told as one");
                assert!(self.told.insert((*message, *step)), "a step is dated once");
            }
            E::MessageStatusAnomalyRecorded { message, .. } => {
                assert!(self.anomalies.insert(*message), "an anomaly is recorded once");
            }
            _ => {}
        }
    }

    fn see_attempt(&mut self, message: MessageId, attempt: i64) {
        let ours = &self.ours[&message];
        assert!(!ours.free || self.window_is_open(), "free-form left outside the window");
        if ours.automatic {
            let obstacles = self.obstacles(ours.free);
            assert_eq!(obstacles, [""; 0], "a machine's message left where it may not");
        }
        assert!(ours.repeatable, "handed over a second time");
        assert!(!self.redacted.contains(&message), "left after its redaction");
        assert!(attempt > ours.attempt);
        assert_eq!(ours.status, DeliveryStatus::Pending);
        let ours = self.ours.get_mut(&message).expect("never queued");
        (ours.attempt, ours.repeatable) = (attempt, false);
    }

    fn advance(
        &mut self,
        id: MessageId,
        from: DeliveryStatus,
        to: DeliveryStatus,
        provider_id: Option<&String>,
    ) {
        assert!(to > from, "{from:?} → {to:?}");
        let ours = self.ours.get_mut(&id).expect("never queued");
        assert_eq!(std::mem::replace(&mut ours.status, to), from);
        assert!(self.told.insert((id, to)), "a step is told once");
        self.bind(id, provider_id);
    }

    fn bind(&mut self, id: MessageId, provider_id: Option<&String>) {
        if let Some(provider_id) = provider_id {
            assert_eq!(self.bound.entry(id).or_insert_with(|| provider_id.clone()), provider_id);
        }
    }

    pub(super) fn see_scheduled(&mut self, event: &E) {
        match event {
            E::MessageScheduled { scheduled, content, send_at, .. } => {
                assert!(*send_at > self.now);
                let known = self.scheduled.insert(*scheduled, (*send_at, content.clone()));
                assert_eq!(known, None);
                self.planned.push(*scheduled);
                assert!(self.scheduled.len() <= 20, "too many wait");
            }
            E::ScheduledMessageCancelled { scheduled, .. } => {
                self.scheduled.remove(scheduled).expect("it had its end before");
            }
            E::ScheduledMessageReleased { scheduled, message, .. } => {
                let (due, content) = self.scheduled.remove(scheduled).expect("it had its end");
                assert!(self.now >= due, "before its time");
                self.announced = Some((*message, Some(content)));
            }
            E::ScheduledMessageSkipped { scheduled, code, .. } => {
                let (due, _) = self.scheduled.remove(scheduled).expect("it had its end before");
                assert!(self.now >= due, "before its time");
                let why = if self.status.is_over() {
                    "CONVERSATION_CLOSED"
                } else {
                    "SERVICE_WINDOW_CLOSED"
                };
                assert_eq!(code, why);
            }
            _ => {}
        }
    }
}
