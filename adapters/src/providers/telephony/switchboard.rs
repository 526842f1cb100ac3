//! Which provider takes which call.

use std::sync::Arc;

use async_trait::async_trait;
use bitacora_commands::ports::{
    CallLine, CallRef, Destination, Ended, FaultClass, Funds, OutboundCall, Remedy, Seen,
    SendFault, Telephony, Wanted,
};
use bitacora_domain::aggregates::call_session::{CallProvider, ProviderIds};

use super::unsent;

/// The providers of this installation. A call goes over the one of its line; without a line over
/// the agent where there is one, else over the carrier.
pub struct Switchboard {
    twilio: Option<Arc<dyn Telephony>>,
    elevenlabs: Option<Arc<dyn Telephony>>,
}

impl Switchboard {
    /// A board with these providers.
    pub fn new(twilio: Option<Arc<dyn Telephony>>, elevenlabs: Option<Arc<dyn Telephony>>) -> Self {
        Self { twilio, elevenlabs }
    }

    fn over(&self, line: Option<&CallLine>) -> Result<&dyn Telephony, SendFault> {
        let wanted = match line.map(CallLine::provider) {
            Some(CallProvider::Twilio) => self.twilio.as_ref(),
            Some(CallProvider::ElevenLabs) => self.elevenlabs.as_ref(),
            None => self.elevenlabs.as_ref().or(self.twilio.as_ref()),
        };
        wanted.map(AsRef::as_ref).ok_or_else(not_connected)
    }

    /// Who can do something with a call that is under way: the carrier, whoever talks in it.
    fn carrier(&self, ids: &ProviderIds) -> Result<&dyn Telephony, SendFault> {
        let carrier = self.twilio.as_deref().filter(|_| ids.call_sid.is_some());
        carrier.or(self.elevenlabs.as_deref()).ok_or_else(not_connected)
    }
}

fn not_connected() -> SendFault {
    unsent(FaultClass::Account, Remedy::StopChannel, "PROVIDER_NOT_CONNECTED")
}

#[async_trait]
impl Telephony for Switchboard {
    async fn place(&self, call: OutboundCall) -> Result<ProviderIds, SendFault> {
        self.over(call.line.as_ref())?.place(call).await
    }

    /// The agent knows more of its own calls than the carrier.
    async fn look(&self, ids: &ProviderIds) -> Result<Option<Seen>, SendFault> {
        let agent = self.elevenlabs.as_deref().filter(|_| ids.el_conversation_id.is_some());
        match agent {
            Some(agent) => agent.look(ids).await,
            None => self.carrier(ids)?.look(ids).await,
        }
    }

    /// Only the carrier can be asked by number.
    async fn find(&self, wanted: &Wanted) -> Result<Option<Vec<ProviderIds>>, SendFault> {
        match (&self.twilio, wanted.line.as_ref().map(CallLine::provider)) {
            (Some(twilio), Some(CallProvider::Twilio)) => twilio.find(wanted).await,
            (Some(twilio), None) if self.elevenlabs.is_none() => twilio.find(wanted).await,
            (Some(_) | None, _) => Ok(None),
        }
    }

    async fn hang_up(&self, ids: &ProviderIds) -> Result<Ended, SendFault> {
        self.carrier(ids)?.hang_up(ids).await
    }

    async fn transfer(
        &self,
        of: &CallRef,
        ids: &ProviderIds,
        to: Destination,
    ) -> Result<Ended, SendFault> {
        self.carrier(ids)?.transfer(of, ids, to).await
    }

    async fn balance(&self) -> Result<Option<Funds>, SendFault> {
        match &self.twilio {
            Some(twilio) => twilio.balance().await,
            None => Ok(None),
        }
    }
}
