//! Commands and events of a channel account.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::kind::ChannelKind;
use crate::{ChannelAccountId, TenantId};

/// Commands of a channel account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelCommand {
    /// Connects a WhatsApp number. A disabled account is connected again by the same command.
    ConnectWhatsApp {
        /// Meta's id of the number, digits; unique across the installation.
        phone_number_id: String,
        /// Meta's id of the business account, digits.
        waba_id: Option<String>,
        /// The number as people write it.
        display_phone_number: String,
        /// Name for the team, 1–100 characters.
        name: String,
    },
    /// Connects an account of another provider. A disabled one is connected again by the same
    /// command.
    Connect {
        /// Which provider's; WhatsApp numbers have a command of their own.
        kind: ChannelKind,
        /// The provider's id of it, in the form of the kind ([`ChannelKind::form`]); unique
        /// across the installation.
        account: String,
        /// What people call it (a number, a page), 1–100 characters.
        display: String,
        /// Name for the team, 1–100 characters.
        name: String,
    },
    /// Stops using it; its number is free for another account.
    Disable {
        /// Why, for the record.
        reason: Option<String>,
    },
    /// The provider reports trouble.
    Degrade {
        /// Stable code of the trouble.
        reason: String,
    },
    /// The trouble is over.
    Restore,
}

/// Events of a channel account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name
pub enum ChannelEvent {
    /// `tenant` and `channel` (its own id) make the owner text of the claim.
    ChannelConnected {
        tenant: TenantId,
        channel: ChannelAccountId,
        phone_number_id: String,
        waba_id: Option<String>,
        display_phone_number: String,
        name: String,
    },
    ChannelAccountConnected {
        tenant: TenantId,
        channel: ChannelAccountId,
        kind: ChannelKind,
        account: String,
        display: String,
        name: String,
    },
    ChannelAccountDisabled {
        kind: ChannelKind,
        account: String,
        reason: Option<String>,
    },
    ChannelDisabled {
        phone_number_id: String,
        reason: Option<String>,
    },
    ChannelDegraded {
        reason: String,
    },
    ChannelRestored,
}

impl DomainEvent for ChannelEvent {
    fn event_type(&self) -> String {
        match self {
            Self::ChannelConnected { .. } => "ChannelConnected",
            Self::ChannelAccountConnected { .. } => "ChannelAccountConnected",
            Self::ChannelAccountDisabled { .. } => "ChannelAccountDisabled",
            Self::ChannelDisabled { .. } => "ChannelDisabled",
            Self::ChannelDegraded { .. } => "ChannelDegraded",
            Self::ChannelRestored => "ChannelRestored",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
