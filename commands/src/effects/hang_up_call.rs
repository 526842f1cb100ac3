//! The kind `call.hang_up`: has the provider end a call. Ending a call twice is ending it once,
//! so whatever may have got lost is simply done again; that it ended, the provider tells.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_domain::Actor;
use bitacora_domain::aggregates::call_session::{CallEffect, CallSession, HANG_UP_EFFECT};
use serde::Deserialize as _;

use super::giving::{self, Giving, dropped, failed, retry};
use super::place_call::PROVIDER;
use super::{Claimed, EffectHandler, EffectParts, Untold, Verdict};
use crate::CommandBus;
use crate::ports::{Remedy, SendFault, Telephony};

/// The handler.
pub fn handler(parts: &EffectParts) -> Arc<dyn EffectHandler> {
    let (bus, telephony) = (parts.bus.clone(), Arc::clone(&parts.calls.telephony));
    Arc::new(HangUpCall { bus, telephony })
}

struct HangUpCall {
    bus: CommandBus,
    telephony: Arc<dyn Telephony>,
}

#[async_trait]
impl EffectHandler for HangUpCall {
    fn kind(&self) -> &'static str {
        HANG_UP_EFFECT
    }

    fn provider(&self) -> Option<&'static str> {
        Some(PROVIDER)
    }

    async fn run(&self, effect: &Claimed) -> Verdict {
        let Ok(call) = CallEffect::deserialize(&effect.payload) else {
            return giving::unreadable();
        };
        let giving = Giving { bus: &self.bus, effect, actor: Actor::system(PROVIDER) };
        match self.is_live(&giving, &call).await {
            Ok(true) => {}
            Ok(false) => return dropped("CALL_OVER", "it had ended already"),
            Err(verdict) => return verdict,
        }
        match self.telephony.hang_up(&call.ids).await {
            Ok(_) => Verdict::Done,
            Err(SendFault::Refused(refusal)) if refusal.remedy == Remedy::Fail => {
                failed(refusal.class.code(), format!("{}: {}", refusal.code, refusal.title))
            }
            Err(
                fault @ (SendFault::Refused(_) | SendFault::Unreachable(_) | SendFault::Unknown(_)),
            ) => retry("NOT_HUNG_UP", fault),
        }
    }

    async fn abandoned(&self, _: &Claimed) -> Verdict {
        retry("ABANDONED", "the worker was lost")
    }

    async fn reconcile(&self, effect: &Claimed) -> Verdict {
        self.run(effect).await
    }

    /// The call goes on, and the dead letter says so.
    async fn given_up(&self, _: &Claimed, _: &str, _: &str, _: bool) -> Result<(), Untold> {
        Ok(())
    }
}

impl HangUpCall {
    async fn is_live(&self, giving: &Giving<'_>, call: &CallEffect) -> Result<bool, Verdict> {
        let session = giving.load::<CallSession>(call.call).await?;
        Ok(session.is_some_and(|session| {
            let mut attempts = session.attempts().iter();
            attempts.any(|known| known.number == call.attempt && known.outcome.is_none())
        }))
    }
}
