//! Where credits are paid for: a page of a payment provider. Opening one is idempotent by the
//! order's id, so a request whose answer was lost is simply made again.

use async_trait::async_trait;
use bitacora_domain::{OrderId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};

/// A provider of checkout pages. Implementations bound their own time and memory.
#[async_trait]
pub trait Checkout: Send + Sync + 'static {
    /// Opens a page for the order; for the same order the same page.
    ///
    /// # Errors
    /// [`CheckoutFault`] says whether the same request may succeed later.
    async fn open(&self, wanted: &CheckoutRequest) -> Result<CheckoutPage, CheckoutFault>;
}

/// Stands where no provider is connected: nobody can pay.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCheckout;

#[async_trait]
impl Checkout for NoCheckout {
    async fn open(&self, _: &CheckoutRequest) -> Result<CheckoutPage, CheckoutFault> {
        Err(CheckoutFault::Refused {
            code: "CHECKOUT_NOT_CONFIGURED".to_owned(),
            message: "no payment provider is configured: set STRIPE_SECRET_KEY".to_owned(),
        })
    }
}

/// What is to be paid. The same order always asks for the same, whenever it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutRequest {
    /// Tenant that buys.
    pub tenant: TenantId,
    /// The order.
    pub order: OrderId,
    /// Credits.
    pub credits: u64,
    /// Price in the currency's smallest unit.
    pub price_minor: u64,
    /// ISO 4217 code, lower case.
    pub currency: String,
    /// The page ends then; whole seconds.
    pub expires_at: DateTime<Utc>,
}

/// A page where an order can be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutPage {
    /// The provider's id of the session.
    pub session_id: String,
    /// Address of the page.
    pub url: String,
    /// The page ends then, as the provider says.
    pub expires_at: DateTime<Utc>,
}

/// There is no page. Codes are stable; messages hold no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckoutFault {
    /// The provider cannot be reached, does not answer in time, or fails on its side.
    #[error("the payment provider does not answer: {0}")]
    Unavailable(&'static str),
    /// Too much at once, or the same request is under way elsewhere.
    #[error("the payment provider is busy ({code})")]
    Busy {
        /// Stable code.
        code: &'static str,
        /// How long the provider asked to wait.
        after: Option<TimeDelta>,
    },
    /// The installation's key is not good: an operator mends it, and the request is made again.
    #[error("the payment provider does not accept the key ({code}): {message}")]
    Unauthorized {
        /// The provider's code.
        code: String,
        /// What it said.
        message: String,
    },
    /// The provider will never open this page.
    #[error("the payment provider refused ({code}): {message}")]
    Refused {
        /// The provider's code.
        code: String,
        /// What it said.
        message: String,
    },
}

impl CheckoutFault {
    /// Stable code.
    pub fn code(&self) -> String {
        match self {
            Self::Unavailable(code) | Self::Busy { code, .. } => (*code).to_owned(),
            Self::Unauthorized { .. } => "CHECKOUT_UNAUTHORIZED".to_owned(),
            Self::Refused { code, .. } => code.clone(),
        }
    }
}

/// A page of a provider that is only played, so that somebody without an account there can pay.
pub trait Till: Send + Sync + 'static {
    /// What the page at this address is about; `None` when the address was not made here.
    fn bill(&self, session: &str, query: &str) -> Option<Bill>;

    /// Whoever is in front of the page presses a button. What follows comes as webhooks.
    fn press(&self, bill: &Bill, button: Button);
}

/// What a played page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The session.
    pub session_id: String,
    /// What is to be paid.
    pub wanted: CheckoutRequest,
}

/// What can be done at a played page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// Pays.
    Pay,
    /// Pays by a slow method: first the session is complete and unpaid, then the money comes.
    PayLater,
    /// The card is declined; another try is possible.
    Decline,
    /// The seller gives all the money back.
    Refund,
    /// The payer disputes the payment, and the money is withdrawn.
    Dispute,
}

impl Button {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Pay, Self::PayLater, Self::Decline, Self::Refund, Self::Dispute];

    /// Stable text, as in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::PayLater => "pay_later",
            Self::Decline => "decline",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
        }
    }

    /// The button named by `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|button| button.as_str() == text)
    }
}
