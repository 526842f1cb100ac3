//! The kind `call.check`: asks the provider how a call stands of which no end was told. Webhooks
//! get lost, and Twilio does not repeat them (wire-formats §5.6). What the provider would have
//! told after the call goes in by the inbox, under the keys of its own webhooks, so that one that
//! comes late is no second one.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::Actor;
use bitacora_domain::aggregates::call_session::{
    AttemptRef, CHECK_EFFECT, CallCommand, CallEffect, CallSession, ProviderIds, ReportedStatus,
};
use chrono::TimeDelta;
use serde::Deserialize as _;
use serde_json::Value;

use super::giving::{self, Giving, dropped, not_given, retry};
use super::place_call::PROVIDER;
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::calls::CallParts;
use crate::ports::{NewDelivery, Seen};
use crate::sources::RequestParts;
use crate::{CommandBus, CommandError};

/// Name of the source by whose door post-call documents come in.
const AFTER_CALL_SOURCE: &str = "elevenlabs";
/// When a call is looked at again that is still under way.
const AGAIN: TimeDelta = TimeDelta::minutes(5);

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    Arc::new(CheckCall { bus: parts.bus.clone(), calls: parts.calls.clone() })
}

struct CheckCall {
    bus: CommandBus,
    calls: CallParts,
}

#[async_trait]
impl EffectHandler for CheckCall {
    fn kind(&self) -> &'static str {
        CHECK_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        Some(PROVIDER)
    }

    /// It is put off when the provider has answered.
    fn is_well_when_put_off(&self) -> bool {
        true
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let Ok(check) = CallEffect::deserialize(&effect.payload) else {
            return giving::unreadable();
        };
        let giving = Giving { bus: &self.bus, effect, actor: Actor::system(PROVIDER) };
        self.check(&giving, &check).await.unwrap_or_else(|verdict| verdict)
    }

    /// Looking changes nothing.
    async fn abandoned(&self, _: &Claimed) -> Verdict {
        retry("ABANDONED", "the worker was lost")
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    /// The call stays as it stands; the dead letter says so.
    async fn given_up(&self, _: &Claimed, _: &str, _: &str, _: bool) -> Result<(), Untold> {
        Ok(())
    }
}

impl CheckCall {
    async fn check(&self, giving: &Giving<'_>, of: &CallEffect) -> Result<Verdict, Verdict> {
        let session = giving.load::<CallSession>(of.call).await?;
        let known = session
            .as_ref()
            .and_then(|session| session.attempts().iter().find(|known| known.number == of.attempt));
        let Some(known) = known.filter(|known| known.outcome.is_none()) else {
            return Ok(Verdict::Done);
        };
        let named = known.ids.call_sid.is_some() || known.ids.el_conversation_id.is_some();
        if !named {
            // The event that tells an id asks for a check of its own.
            return Err(dropped("NO_PROVIDER_ID", "nobody knows what the provider calls it"));
        }
        match self.calls.telephony.look(&known.ids).await {
            Ok(Some(seen)) => self.seen(giving, of, seen).await,
            Ok(None) => {
                let ids = known.ids.clone();
                self.status(giving, of, status(of, ids, ReportedStatus::Failed, None)).await
            }
            Err(fault) => Err(retry("CHECK_FAILED", fault)),
        }
    }

    async fn seen(
        &self,
        giving: &Giving<'_>,
        of: &CallEffect,
        seen: Seen,
    ) -> Result<Verdict, Verdict> {
        if let Some(document) = &seen.after_call {
            self.let_in(giving, document).await?;
        }
        let (over, ids) = (is_over(seen.status), seen.ids.clone());
        let cost = seen.cost.clone();
        let told = self.status(giving, of, status(of, ids, seen.status, Some(&seen))).await?;
        if let Some((provider, amount_e6, currency)) = cost {
            let about = AttemptRef { attempt: Some(of.attempt), ids: seen.ids };
            let body = CallCommand::RecordCost { about, provider, amount_e6, currency };
            self.tell(giving, of, "cost", body).await?;
        }
        if over {
            return Ok(told);
        }
        let until = self.bus.clock().now() + AGAIN;
        Ok(Verdict::Defer { code: "CALL_UNDER_WAY".into(), until })
    }

    async fn status(
        &self,
        giving: &Giving<'_>,
        of: &CallEffect,
        body: impl FnOnce(chrono::DateTime<chrono::Utc>) -> CallCommand,
    ) -> Result<Verdict, Verdict> {
        self.tell(giving, of, "status", body(self.bus.clock().now())).await
    }

    /// A refusal says that the call knows better by now.
    async fn tell(
        &self,
        giving: &Giving<'_>,
        of: &CallEffect,
        what: &str,
        body: CallCommand,
    ) -> Result<Verdict, Verdict> {
        let step = format!("{what}:{}", giving.effect.attempt);
        match giving.give::<CallSession>(&step, of.call, body).await {
            Ok(_) | Err(CommandError::Refused(_)) => Ok(Verdict::Done),
            Err(error) => Err(not_given(&error)),
        }
    }

    /// The document as the webhook that did not come.
    async fn let_in(&self, giving: &Giving<'_>, document: &Value) -> Result<(), Verdict> {
        let Some(inbox) = &self.calls.inbox else { return Ok(()) };
        let delivery = NewDelivery {
            id: self.bus.clock().fresh_id(),
            source: AFTER_CALL_SOURCE,
            body: document.to_string().into_bytes(),
            request: RequestParts {
                content_type: "application/json".into(),
                ..RequestParts::default()
            },
            received_at: self.bus.clock().now(),
            traceparent: giving.effect.traceparent.clone(),
        };
        inbox.receive(delivery).await.map_err(|error| retry("INBOX_UNAVAILABLE", error))
    }
}

/// The command of what was seen; without `seen`, of a call that the provider does not know.
fn status(
    of: &CallEffect,
    ids: ProviderIds,
    status: ReportedStatus,
    seen: Option<&Seen>,
) -> impl FnOnce(chrono::DateTime<chrono::Utc>) -> CallCommand + use<> {
    let about = AttemptRef { attempt: Some(of.attempt), ids };
    let told = seen.map(|seen| (seen.at, seen.duration_s, seen.answered_by));
    move |now| {
        let (at, duration_s, answered_by) = told.unwrap_or((now, None, None));
        CallCommand::RecordProviderStatus {
            about,
            status,
            sequence: None,
            at,
            sip: None,
            duration_s,
            billed_minutes: None,
            answered_by,
        }
    }
}

const fn is_over(status: ReportedStatus) -> bool {
    match status {
        ReportedStatus::Queued
        | ReportedStatus::Initiated
        | ReportedStatus::Ringing
        | ReportedStatus::InProgress => false,
        ReportedStatus::Completed
        | ReportedStatus::Busy
        | ReportedStatus::NoAnswer
        | ReportedStatus::Failed
        | ReportedStatus::Canceled => true,
    }
}
