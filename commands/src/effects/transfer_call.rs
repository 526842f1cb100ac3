//! The kind `call.transfer`: has the provider put a person through. Asking twice would tear the
//! callee away from whoever has just answered, so a request whose answer was lost is unknown, and
//! the provider's callback tells how it ended.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::Actor;
use bitacora_domain::aggregates::call_session::matrix::TransferStanding;
use bitacora_domain::aggregates::call_session::{
    CallCommand, CallSession, TRANSFER_EFFECT, TransferEffect,
};
use serde::Deserialize as _;

use super::giving::{self, Giving, dropped, retry};
use super::place_call::PROVIDER;
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::ports::{CallRef, Destination, Ended, SendFault, Telephony};
use crate::{CommandBus, CommandError};

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    let (bus, telephony) = (parts.bus.clone(), Arc::clone(&parts.calls.telephony));
    Arc::new(TransferCall { bus, telephony })
}

struct TransferCall {
    bus: CommandBus,
    telephony: Arc<dyn Telephony>,
}

#[async_trait]
impl EffectHandler for TransferCall {
    fn kind(&self) -> &'static str {
        TRANSFER_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        Some(PROVIDER)
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        match read(effect) {
            Ok(transfer) => self.attempt(effect, &transfer).await.unwrap_or_else(|no| no),
            Err(verdict) => verdict,
        }
    }

    async fn abandoned(&self, effect: &Claimed) -> Verdict {
        self.reconcile(effect).await
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        let transfer = match read(effect) {
            Ok(transfer) => transfer,
            Err(verdict) => return verdict,
        };
        match self.is_wanted(&self.giving(effect), &transfer).await {
            Ok(false) => Verdict::Done,
            Ok(true) | Err(_) => unknown("NO_CALLBACK_YET"),
        }
    }

    /// Nobody is put through: the call goes on as it was.
    async fn given_up(&self, effect: &Claimed, code: &str, _: &str, _: bool) -> Result<(), Untold> {
        let Ok(transfer) = read(effect) else { return Ok(()) };
        let step = format!("given_up:{}", effect.attempt);
        match self.failed(&self.giving(effect), &transfer, &step, code).await {
            Ok(()) | Err(CommandError::Refused(_)) => Ok(()),
            Err(error) => Err(Untold(error.to_string())),
        }
    }
}

impl TransferCall {
    fn giving<'a>(&'a self, effect: &'a Claimed) -> Giving<'a> {
        Giving { bus: &self.bus, effect, actor: Actor::system(PROVIDER) }
    }

    async fn attempt(
        &self,
        effect: &Claimed,
        transfer: &TransferEffect,
    ) -> Result<Verdict, Verdict> {
        let giving = self.giving(effect);
        if !self.is_wanted(&giving, transfer).await? {
            return Err(dropped("TRANSFER_NOT_WANTED", "the call is over, or it was settled"));
        }
        let to = match (transfer.agent, &transfer.number) {
            (Some(agent), _) => Destination::Agent(agent),
            (None, Some(number)) => Destination::Number(number.clone()),
            (None, None) => return Err(giving::unreadable()),
        };
        let of = &transfer.of;
        let name = CallRef { tenant: effect.tenant, call: of.call, attempt: of.attempt };
        let reason = match self.telephony.transfer(&name, &of.ids, to).await {
            Ok(Ended::Taken) => return Ok(Verdict::Done),
            Ok(Ended::Over) => "CALL_OVER".to_owned(),
            Err(SendFault::Unreachable(reason)) => {
                return Err(retry("UNREACHABLE", reason));
            }
            Err(SendFault::Unknown(reason)) => return Err(unknown(reason)),
            Err(SendFault::Refused(refusal)) => format!("{}: {}", refusal.code, refusal.title),
        };
        let step = format!("failed:{}", effect.attempt);
        match self.failed(&giving, transfer, &step, &reason).await {
            Ok(()) | Err(CommandError::Refused(_)) => Ok(dropped("TRANSFER_FAILED", reason)),
            Err(error) => Err(retry(error.code(), error)),
        }
    }

    /// Does the call still wait for a person?
    async fn is_wanted(
        &self,
        giving: &Giving<'_>,
        transfer: &TransferEffect,
    ) -> Result<bool, Verdict> {
        let session = giving.load::<CallSession>(transfer.of.call).await?;
        let wants = |session: &CallSession| {
            let standing = session.standing();
            let asked = standing.is_some_and(|known| known.transfer == TransferStanding::Requested);
            let mut attempts = session.attempts().iter();
            asked
                && attempts
                    .any(|known| known.number == transfer.of.attempt && known.outcome.is_none())
        };
        Ok(session.as_ref().is_some_and(wants))
    }

    async fn failed(
        &self,
        giving: &Giving<'_>,
        transfer: &TransferEffect,
        step: &str,
        reason: &str,
    ) -> Result<(), super::place_call::CallError> {
        let body = CallCommand::RecordTransfer {
            connected: false,
            reason: Some(reason.to_owned()),
            at: self.bus.clock().now(),
        };
        giving.give::<CallSession>(step, transfer.of.call, body).await.map(drop)
    }
}

fn read(effect: &Claimed) -> Result<TransferEffect, Verdict> {
    TransferEffect::deserialize(&effect.payload).map_err(|_| giving::unreadable())
}

fn unknown(code: &str) -> Verdict {
    let detail = "the provider may be putting somebody through; a callback tells".into();
    Verdict::Unknown { code: code.into(), detail }
}
