//! How a message leaves the house. What matters most is what an answer *proves*: a request that
//! certainly did nothing may be made again, one that may have done something may not.

use async_trait::async_trait;
use bitacora_domain::Personal;
use bitacora_domain::aggregates::conversation::MessageContent;
use chrono::TimeDelta;

/// A provider's messenger. Implementations bound their own time and memory.
#[async_trait]
pub trait Messenger: Send + Sync + 'static {
    /// Hands `outgoing` to the provider, once.
    ///
    /// # Errors
    /// [`SendFault`] says whether the provider may have taken it.
    async fn send(&self, outgoing: Outgoing) -> Result<Accepted, SendFault>;
}

/// Stands where no messenger is connected: certainly sends nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMessenger;

#[async_trait]
impl Messenger for NoMessenger {
    async fn send(&self, _: Outgoing) -> Result<Accepted, SendFault> {
        Err(SendFault::Unreachable("NO_MESSENGER"))
    }
}

/// A message on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The provider's id of the account that sends (`phone_number_id`).
    pub account: String,
    /// To whom.
    pub to: Address,
    /// What it says.
    pub content: MessageContent,
    /// The provider's id of the message that it answers.
    pub reply_to: Option<String>,
    /// Comes back with every status of the message.
    pub callback: String,
}

/// Where a person can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// By WhatsApp id or telephone number: digits, without a plus sign.
    Digits(Personal<String>),
    /// By a user id that means something to this business only.
    UserId(Personal<String>),
}

/// The provider took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's id of it.
    pub provider_message_id: String,
    /// The person's id as the provider has it; it may differ from the number that was asked
    /// for (Argentina's 9, Mexico's 1).
    pub wa_id: Option<Personal<String>>,
}

/// The provider did not say that it took the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendFault {
    /// The request certainly never reached the provider.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(&'static str),
    /// The provider said no: the message was certainly not sent.
    #[error("the provider refused ({}): {}", .0.code, .0.title)]
    Refused(Refusal),
    /// The request left and no answer that proves anything came back.
    #[error("nobody knows whether the provider took it: {0}")]
    Unknown(&'static str),
}

/// A provider's no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The provider's code; 0 when the message was refused before it left.
    pub code: i64,
    /// What the provider said, without personal data.
    pub title: String,
    /// What kind of trouble it is.
    pub class: FaultClass,
    /// What is to be done about it.
    pub remedy: Remedy,
    /// How long the provider asked to wait.
    pub after: Option<TimeDelta>,
}

/// Kinds of trouble (wire-formats §1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultClass {
    /// Token or permission.
    Auth,
    /// Too much at once, for the account or the business.
    Throttled,
    /// Too much at once to one person.
    PairRate,
    /// Quality or spam rules.
    Spam,
    /// The person stopped marketing messages.
    OptedOut,
    /// The account is locked or restricted.
    Integrity,
    /// Passing trouble at the provider.
    Transient,
    /// The request is not what the provider takes.
    Request,
    /// This person cannot be reached.
    Recipient,
    /// Free-form outside of the service window: only a template may be sent.
    WindowClosed,
    /// Something is to be paid.
    Payment,
    /// The account is not (well) registered.
    Account,
    /// The template cannot be used so, or not at all.
    Template,
    /// Calls.
    Calling,
    /// A code that is in no table of ours.
    Unlisted,
}

impl FaultClass {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Auth => "PROVIDER_AUTH",
            Self::Throttled => "PROVIDER_THROTTLED",
            Self::PairRate => "PAIR_RATE",
            Self::Spam => "PROVIDER_SPAM_RULES",
            Self::OptedOut => "MARKETING_OPTED_OUT",
            Self::Integrity => "ACCOUNT_RESTRICTED",
            Self::Transient => "PROVIDER_TRANSIENT",
            Self::Request => "PROVIDER_BAD_REQUEST",
            Self::Recipient => "RECIPIENT_UNREACHABLE",
            Self::WindowClosed => "TEMPLATE_NEEDED",
            Self::Payment => "PAYMENT_DUE",
            Self::Account => "ACCOUNT_NOT_REGISTERED",
            Self::Template => "TEMPLATE_UNUSABLE",
            Self::Calling => "CALLING_REFUSED",
            Self::Unlisted => "PROVIDER_REFUSED",
        }
    }
}

/// What is to be done about a provider's no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// The same message again, later.
    Retry,
    /// Nothing leaves over this account until it is mended; messages wait.
    StopChannel,
    /// No template leaves over this account until it is mended; answers do.
    StopBusinessInitiated,
    /// This message has failed.
    Fail,
    /// This message has failed, and the person wants no marketing any more.
    FailAndOptOut,
}
