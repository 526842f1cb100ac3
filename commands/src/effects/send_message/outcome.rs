//! What the provider's answer means: for the message, for its channel, for its contact, and for
//! the effect.

use std::time::Duration;

use bitacora_domain::Personal;
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelCommand};
use bitacora_domain::aggregates::contact::{
    Contact, ContactCommand, Identity, IdentityKind, OptOutCategory,
};
use bitacora_domain::aggregates::conversation::{Conversation, ConversationCommand, SendOutcome};
use chrono::TimeDelta;

use super::job::{ConversationError, Job};
use super::prepare::Ready;
use super::{SendMessage, unknown};
use crate::effects::Verdict;
use crate::ports::{Accepted, FaultClass, Refusal, Remedy, SendFault};

/// How often an outcome is tried to be recorded, and the pause in between.
const RECORD_TRIES: u32 = 4;
const RECORD_PAUSE: Duration = Duration::from_millis(250);
/// Longest wait between attempts on a pair, seconds.
const PAIR_WAIT_MAX_S: i64 = 3_600;
/// First and longest wait when the provider says "too much" and names no time, seconds.
const THROTTLE_WAIT_S: i64 = 5;
const THROTTLE_WAIT_MAX_S: i64 = 600;

impl From<Refusal> for SendFault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl SendMessage {
    /// Records how the attempt ended and says what becomes of the effect.
    pub(super) async fn conclude(
        &self,
        job: &Job<'_>,
        ready: &Ready,
        answer: Result<Accepted, SendFault>,
    ) -> Verdict {
        match answer {
            Ok(accepted) => self.accepted(job, ready, accepted).await,
            Err(SendFault::Unreachable(reason)) => {
                let outcome = rejected(0, reason, true);
                self.recorded(job, outcome, super::job::retry("UNREACHABLE", reason.into())).await
            }
            Err(SendFault::Unknown(reason)) => {
                let outcome = SendOutcome::Unknown { reason: reason.into() };
                self.recorded(job, outcome, unknown(reason)).await
            }
            Err(SendFault::Refused(refusal)) => self.refused(job, refusal).await,
        }
    }

    async fn accepted(&self, job: &Job<'_>, ready: &Ready, accepted: Accepted) -> Verdict {
        let Accepted { provider_message_id, wa_id } = accepted;
        let outcome = SendOutcome::Accepted { provider_message_id };
        let verdict = self.recorded(job, outcome, Verdict::Done).await;
        if ready.probes {
            self.channel_command(job, "restore", ChannelCommand::Restore).await;
        }
        if let Some(wa_id) = wa_id {
            self.learn(job, &ready.contact, wa_id).await;
        }
        verdict
    }

    async fn refused(&self, job: &Job<'_>, refusal: Refusal) -> Verdict {
        let Refusal { code, title, class, remedy, after } = refusal;
        let detail = format!("{code}: {title}");
        let own = class.code().to_owned();
        match remedy {
            Remedy::Retry => {
                let after = after.or_else(|| wait(class, job.effect.failures));
                let verdict = Verdict::Retry { code: own, detail, after };
                self.recorded(job, rejected(code, &title, true), verdict).await
            }
            Remedy::StopChannel | Remedy::StopBusinessInitiated => {
                tracing::warn!(channel = %job.send.channel, code, reason = own,
                    "the provider stops this channel; its messages wait");
                let reason = own.clone();
                self.channel_command(job, "degrade", ChannelCommand::Degrade { reason }).await;
                let until = self.probes.stopped(job.send.channel, self.bus.clock().now());
                let verdict = Verdict::Defer { code: own, until };
                self.recorded(job, rejected(code, &title, true), verdict).await
            }
            Remedy::Fail | Remedy::FailAndOptOut => {
                if remedy == Remedy::FailAndOptOut {
                    self.opt_out(job).await;
                }
                let verdict = Verdict::Dropped { code: own, detail };
                self.recorded(job, rejected(code, &advice(class, title), false), verdict).await
            }
        }
    }

    /// `verdict`, once the conversation has the outcome. Without that nobody may act on it: the
    /// effect is unknown, and asked about until the conversation says so, too.
    async fn recorded(&self, job: &Job<'_>, outcome: SendOutcome, verdict: Verdict) -> Verdict {
        let attempt = job.attempt();
        match self.record(job, &format!("outcome:{attempt}"), attempt, outcome).await {
            Ok(()) => verdict,
            // Something else is known by now: a status came first, or another worker gave this
            // one up. What the provider has, it has.
            Err(ConversationError::Refused(_) | ConversationError::Reserved { .. })
                if verdict == Verdict::Done =>
            {
                verdict
            }
            Err(error) => {
                tracing::error!(effect = %job.effect.id, attempt, code = error.code(),
                    "the outcome of a request could not be recorded: unknown from now on");
                unknown("OUTCOME_NOT_RECORDED")
            }
        }
    }

    /// Records an outcome; again a few times while the log cannot be reached.
    pub(super) async fn record(
        &self,
        job: &Job<'_>,
        step: &str,
        attempt: i64,
        outcome: SendOutcome,
    ) -> Result<(), ConversationError> {
        let message = job.send.message;
        let body = ConversationCommand::RecordSendOutcome { message, attempt, outcome };
        let mut tries = 1;
        loop {
            let id = job.conversation();
            let done = job.execute::<Conversation>(&self.bus, step, &id, body.clone()).await;
            match done {
                Err(error) if error.retryable() && tries < RECORD_TRIES => {
                    tokio::time::sleep(RECORD_PAUSE * tries).await;
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    /// Tells the channel; its own refusal (disabled meanwhile) or an outage changes nothing for
    /// the message, and the next one tells it again.
    async fn channel_command(&self, job: &Job<'_>, what: &str, command: ChannelCommand) {
        let (step, id) = (format!("{what}:{}", job.attempt()), job.send.channel.to_string());
        let told = job.execute::<ChannelAccount>(&self.bus, &step, &id, command).await;
        if let Err(error) = told {
            tracing::warn!(channel = id, what, code = error.code(), "the channel was not told");
        }
    }

    /// The contact wants no marketing.
    async fn opt_out(&self, job: &Job<'_>) {
        let body = ContactCommand::OptOut {
            category: OptOutCategory::Marketing,
            by: "provider_error".into(),
            at: self.bus.clock().now(),
        };
        self.contact_command(job, "opt_out", body).await;
    }

    /// WhatsApp may know the person under another id than the number that was asked for; both
    /// are the contact's, or answers would come from a stranger.
    async fn learn(&self, job: &Job<'_>, contact: &Contact, wa_id: Personal<String>) {
        let known = contact.identities().iter().any(|identity| {
            identity.kind == IdentityKind::WaId && identity.value.reveal() == wa_id.reveal()
        });
        if !known {
            let identity = Identity { kind: IdentityKind::WaId, value: wa_id };
            self.contact_command(job, "wa_id", ContactCommand::AddIdentity { identity }).await;
        }
    }

    /// Tells the contact; the message does not depend on it.
    async fn contact_command(&self, job: &Job<'_>, what: &str, command: ContactCommand) {
        let (step, id) = (format!("{what}:{}", job.attempt()), job.send.contact.to_string());
        if let Err(error) = job.execute::<Contact>(&self.bus, &step, &id, command).await {
            tracing::warn!(contact = id, what, code = error.code(), "the contact was not told");
        }
    }
}

fn rejected(code: i64, title: &str, retryable: bool) -> SendOutcome {
    SendOutcome::Rejected { code, title: title.to_owned(), retryable }
}

/// How long to wait when the provider named no time. `None`: later and later, and the breaker
/// counts it.
fn wait(class: FaultClass, failures: i32) -> Option<TimeDelta> {
    let n = u32::try_from(failures).unwrap_or(0);
    let grown = |first: i64, factor: i64, most: i64| {
        let grown = factor.checked_pow(n).and_then(|power| first.checked_mul(power));
        TimeDelta::seconds(grown.unwrap_or(most).min(most))
    };
    match class {
        // the provider's own rule: 4^n seconds
        FaultClass::PairRate => Some(grown(4, 4, PAIR_WAIT_MAX_S)),
        FaultClass::Throttled => Some(grown(THROTTLE_WAIT_S, 2, THROTTLE_WAIT_MAX_S)),
        FaultClass::Auth
        | FaultClass::Spam
        | FaultClass::OptedOut
        | FaultClass::Integrity
        | FaultClass::Transient
        | FaultClass::Request
        | FaultClass::Recipient
        | FaultClass::WindowClosed
        | FaultClass::Payment
        | FaultClass::Account
        | FaultClass::Template
        | FaultClass::Calling
        | FaultClass::Unlisted => None,
    }
}

/// The provider's title, with what the team can do where that is not in it.
fn advice(class: FaultClass, title: String) -> String {
    if class == FaultClass::WindowClosed {
        format!("{title} (more than 24 hours since the contact wrote: send a template)")
    } else {
        title
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_have_an_end() {
        let pair: Vec<_> =
            (0..8).map(|n| wait(FaultClass::PairRate, n).unwrap().num_seconds()).collect();
        assert_eq!(pair, [4, 16, 64, 256, 1_024, 3_600, 3_600, 3_600]);
        let throttled: Vec<_> =
            (0..9).map(|n| wait(FaultClass::Throttled, n).unwrap().num_seconds()).collect();
        assert_eq!(throttled, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(wait(FaultClass::PairRate, i32::MAX), Some(TimeDelta::hours(1)));
        assert_eq!(wait(FaultClass::Transient, 3), None);
    }
}
