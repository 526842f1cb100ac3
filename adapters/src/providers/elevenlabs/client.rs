//! The client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitacora_commands::ports::{
    CallLine, CallRef, Clock, Destination, Ended, FaultClass, Funds, OutboundCall, Refusal, Remedy,
    Seen, SendFault, Telephony, Wanted,
};
use bitacora_domain::aggregates::call_session::ProviderIds;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use serde_json::Value;

use super::{answer, request, seen};
use crate::providers::telephony::http::clean;
use crate::providers::telephony::{SetupFault, http, unsent};

/// Header that carries the key.
const KEY: HeaderName = HeaderName::from_static("xi-api-key");

/// Where ElevenLabs is, and who we are there.
#[derive(Clone)]
pub struct ElevenLabsSettings {
    /// `https://api.elevenlabs.io`, or what stands in for it.
    pub url: String,
    /// The API key.
    pub key: String,
    /// The agent that talks where nobody says another one.
    pub agent_id: Option<String>,
    /// The provider's id of the number that dials.
    pub phone_number_id: Option<String>,
    /// Time for a request; the usual one when absent.
    pub answer_within: Option<Duration>,
}

impl fmt::Debug for ElevenLabsSettings {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ElevenLabsSettings({})", self.url)
    }
}

/// ElevenLabs under one key.
pub struct ElevenLabs {
    http: Client,
    base: Url,
    agent_id: Option<String>,
    phone_number_id: Option<String>,
    key: HeaderMap,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for ElevenLabs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ElevenLabs({})", self.base)
    }
}

impl ElevenLabs {
    /// A client.
    ///
    /// # Errors
    /// [`SetupFault`].
    pub fn new(settings: &ElevenLabsSettings, clock: Arc<dyn Clock>) -> Result<Self, SetupFault> {
        let mut key = HeaderValue::from_str(&settings.key).map_err(|_| SetupFault::Key)?;
        key.set_sensitive(true);
        Ok(Self {
            http: http::client(settings.answer_within)?,
            base: http::base(&settings.url).ok_or(SetupFault::Url)?,
            agent_id: settings.agent_id.clone(),
            phone_number_id: settings.phone_number_id.clone(),
            key: HeaderMap::from_iter([(KEY, key)]),
            clock,
        })
    }

    fn url(&self, path: &str) -> Result<Url, SendFault> {
        let joined = self.base.join(path);
        joined.map_err(|_| unsent(FaultClass::Request, Remedy::Fail, "INVALID_PATH"))
    }
}

fn without(title: &str) -> SendFault {
    unsent(FaultClass::Account, Remedy::StopChannel, title)
}

/// Nothing but the carrier can do this.
fn carrier_only() -> SendFault {
    unsent(FaultClass::Calling, Remedy::Fail, "ONLY_THE_CARRIER_CAN")
}

#[async_trait]
impl Telephony for ElevenLabs {
    async fn place(&self, call: OutboundCall) -> Result<ProviderIds, SendFault> {
        let agent = match &call.line {
            None => self.agent_id.as_deref().ok_or_else(|| without("NO_AGENT"))?,
            Some(CallLine::ElevenLabs { agent_id }) => agent_id,
            Some(CallLine::Twilio { .. }) => return Err(without("NO_AGENT")),
        };
        let number = self.phone_number_id.as_deref();
        let number = number.ok_or_else(|| without("NO_NUMBER_TO_CALL_FROM"))?;
        let body = request::place(&call, agent, number)?;
        let url = self.url("v1/convai/twilio/outbound-call")?;
        let request = self.http.post(url).headers(self.key.clone()).json(&body);
        let made = answer::read(&http::send(request).await?)?;
        let text = |name: &str| made.get(name)?.as_str().map(str::to_owned);
        let ids = ProviderIds {
            call_sid: text("callSid").or_else(|| text("call_sid")),
            el_conversation_id: text("conversation_id"),
        };
        if made.get("success").and_then(Value::as_bool) == Some(false) {
            let title = clean(&text("message").unwrap_or_default());
            let (class, remedy) = (FaultClass::Calling, Remedy::Fail);
            return Err(SendFault::Refused(Refusal { code: 0, title, class, remedy, after: None }));
        }
        let named = ids.call_sid.is_some() || ids.el_conversation_id.is_some();
        if named { Ok(ids) } else { Err(SendFault::Unknown("UNREADABLE_ANSWER")) }
    }

    async fn look(&self, ids: &ProviderIds) -> Result<Option<Seen>, SendFault> {
        let id = ids.el_conversation_id.as_deref().filter(|id| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            !id.is_empty() && id.bytes().all(plain)
        });
        let id = id.ok_or_else(|| without("NO_CONVERSATION_ID"))?;
        let url = self.url(&format!("v1/convai/conversations/{id}"))?;
        let answer = http::send(self.http.get(url).headers(self.key.clone())).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        let seen = seen::read(&answer::read(&answer)?, ids, self.clock.now());
        seen.map(Some).ok_or(SendFault::Unknown("UNREADABLE_ANSWER"))
    }

    /// Its list of conversations does not say for whom they were.
    async fn find(&self, _: &Wanted) -> Result<Option<Vec<ProviderIds>>, SendFault> {
        Ok(None)
    }

    async fn hang_up(&self, _: &ProviderIds) -> Result<Ended, SendFault> {
        Err(carrier_only())
    }

    async fn transfer(
        &self,
        _: &CallRef,
        _: &ProviderIds,
        _: Destination,
    ) -> Result<Ended, SendFault> {
        Err(carrier_only())
    }

    async fn balance(&self) -> Result<Option<Funds>, SendFault> {
        Ok(None)
    }
}
