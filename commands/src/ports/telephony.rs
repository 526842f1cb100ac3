//! How a call leaves the house, and what can be done with it while it lasts. What matters most
//! is what an answer *proves*: a request that certainly did nothing may be followed by another
//! attempt, one that may have made somebody's phone ring may not.

use async_trait::async_trait;
use bitacora_domain::aggregates::call_session::{
    AnsweredBy, CallProvider, CallPurpose, ProviderIds, ReportedStatus,
};
use bitacora_domain::{CallId, Personal, TenantId, UserId};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::SendFault;

/// A provider of telephone calls, or a board of several. Implementations bound their own time
/// and memory.
#[async_trait]
pub trait Telephony: Send + Sync + 'static {
    /// Has the provider dial, once.
    ///
    /// # Errors
    /// [`SendFault`] says whether the provider may have taken it.
    async fn place(&self, call: OutboundCall) -> Result<ProviderIds, SendFault>;

    /// How a call stands that the provider was given; `None` when it knows no such call.
    ///
    /// # Errors
    /// [`SendFault`]; looking changes nothing, so it may be repeated whatever it says.
    async fn look(&self, ids: &ProviderIds) -> Result<Option<Seen>, SendFault>;

    /// Calls from us to a number that the provider began in a span of time: how an attempt is
    /// found whose answer was lost. `None` when the provider cannot tell.
    ///
    /// # Errors
    /// As [`Self::look`].
    async fn find(&self, wanted: &Wanted) -> Result<Option<Vec<ProviderIds>>, SendFault>;

    /// Ends a call. May be repeated.
    ///
    /// # Errors
    /// [`SendFault`].
    async fn hang_up(&self, ids: &ProviderIds) -> Result<Ended, SendFault>;

    /// Puts a person through. How that ended comes as a callback.
    ///
    /// # Errors
    /// [`SendFault`].
    async fn transfer(
        &self,
        of: &CallRef,
        ids: &ProviderIds,
        to: Destination,
    ) -> Result<Ended, SendFault>;

    /// What is left to pay calls with; `None` when the provider is not paid in advance.
    ///
    /// # Errors
    /// As [`Self::look`].
    async fn balance(&self) -> Result<Option<Funds>, SendFault>;
}

/// One attempt of one call. Travels in the address of callbacks and in variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallRef {
    /// Whose call.
    pub tenant: TenantId,
    /// The call.
    pub call: CallId,
    /// Which attempt, from 1.
    pub attempt: i64,
}

/// Over what a call is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallLine {
    /// The script is ours, and a number of the carrier dials.
    Twilio {
        /// Account and number, as a channel account names them: `<AccountSid>/<E.164>`.
        account: String,
    },
    /// An agent of the provider talks.
    ElevenLabs {
        /// The agent.
        agent_id: String,
    },
}

impl CallLine {
    /// Who carries it.
    pub const fn provider(&self) -> CallProvider {
        match self {
            Self::Twilio { .. } => CallProvider::Twilio,
            Self::ElevenLabs { .. } => CallProvider::ElevenLabs,
        }
    }
}

/// A call on its way out.
#[derive(Clone, Debug)]
pub struct OutboundCall {
    /// Which attempt it is.
    pub of: CallRef,
    /// Over what; the installation's usual line when absent.
    pub line: Option<CallLine>,
    /// Whom, E.164.
    pub to: Personal<String>,
    /// Their name, if it is known.
    pub name: Option<Personal<String>>,
    /// Who calls: the business's name.
    pub business: String,
    /// What for.
    pub purpose: CallPurpose,
    /// Whose voice, as the provider calls it; the agent's own when absent.
    pub voice: Option<String>,
    /// How long it rings, seconds.
    pub ring_timeout_s: i64,
}

/// A call to be found.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Over what it was made; the installation's usual line when absent.
    pub line: Option<CallLine>,
    /// To whom, E.164.
    pub to: Personal<String>,
    /// Not begun before.
    pub from: DateTime<Utc>,
    /// Not begun after.
    pub until: DateTime<Utc>,
}

/// To whom a call is transferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A person of the team, at whatever phone they are logged in to.
    Agent(UserId),
    /// A number, E.164.
    Number(Personal<String>),
}

/// What became of a request about a call that may be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The provider does it.
    Taken,
    /// The call is over, or was never there: there is nothing to do.
    Over,
}

/// How a call stands at the provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its status.
    pub status: ReportedStatus,
    /// Its ids, with those that came to be known.
    pub ids: ProviderIds,
    /// The provider's time of the status.
    pub at: DateTime<Utc>,
    /// How long it took, seconds.
    pub duration_s: Option<i64>,
    /// Who answered.
    pub answered_by: Option<AnsweredBy>,
    /// What the provider charged: who, millionths, currency.
    pub cost: Option<(CallProvider, i64, String)>,
    /// What a webhook after the call would have said, in the webhook's own form.
    pub after_call: Option<Value>,
}

/// Money, in millionths of a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funds {
    /// What there is; may be negative.
    pub amount_e6: i64,
    /// ISO 4217.
    pub currency: String,
}

/// Stands where no telephony is connected: certainly dials nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTelephony;

/// The answer of [`NoTelephony`].
const NONE: SendFault = SendFault::Unreachable("NO_TELEPHONY");

#[async_trait]
impl Telephony for NoTelephony {
    async fn place(&self, _: OutboundCall) -> Result<ProviderIds, SendFault> {
        Err(NONE)
    }
    async fn look(&self, _: &ProviderIds) -> Result<Option<Seen>, SendFault> {
        Err(NONE)
    }
    async fn find(&self, _: &Wanted) -> Result<Option<Vec<ProviderIds>>, SendFault> {
        Ok(None)
    }
    async fn hang_up(&self, _: &ProviderIds) -> Result<Ended, SendFault> {
        Err(NONE)
    }
    async fn transfer(
        &self,
        _: &CallRef,
        _: &ProviderIds,
        _: Destination,
    ) -> Result<Ended, SendFault> {
        Err(NONE)
    }
    async fn balance(&self) -> Result<Option<Funds>, SendFault> {
        Ok(None)
    }
}
