//! What can be allowed: to a role, by the table of the API, or to an API key, as its scopes.

use serde::{Deserialize, Serialize};

/// Something that not everybody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Capability {
    /// Read conversations, messages and contacts.
    Read,
    /// See figures.
    Figures,
    /// See the tenant's settings, its channels and its members.
    Settings,
    /// Work in conversations and with contacts.
    Work,
    /// Lead others: their capacity and skills, what is shared by the team.
    Supervise,
    /// Change the tenant and its channels.
    Configure,
    /// Change the plan and pay for it.
    Billing,
    /// Invite, change and remove members.
    Members,
    /// Issue and revoke API keys.
    ApiKeys,
    /// Record providers' facts by hand.
    Integrate,
    /// See raw events and the history of aggregates.
    Audit,
    /// See and repair projections, effects and the inbox.
    Operate,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Read,
        Self::Figures,
        Self::Settings,
        Self::Work,
        Self::Supervise,
        Self::Configure,
        Self::Billing,
        Self::Members,
        Self::ApiKeys,
        Self::Integrate,
        Self::Audit,
        Self::Operate,
    ];

    /// Stable text, as in JSON and in scopes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Figures => "FIGURES",
            Self::Settings => "SETTINGS",
            Self::Work => "WORK",
            Self::Supervise => "SUPERVISE",
            Self::Configure => "CONFIGURE",
            Self::Billing => "BILLING",
            Self::Members => "MEMBERS",
            Self::ApiKeys => "API_KEYS",
            Self::Integrate => "INTEGRATE",
            Self::Audit => "AUDIT",
            Self::Operate => "OPERATE",
        }
    }

    /// May an API key have it? A key that makes keys or members would outlive its revocation.
    pub const fn is_scope(self) -> bool {
        !matches!(self, Self::Members | Self::ApiKeys)
    }
}
