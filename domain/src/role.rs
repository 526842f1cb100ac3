//! What a person is for a tenant (CHATI-41).

use serde::{Deserialize, Serialize};

/// What a member of a tenant is. What each role may do is one table, `docs/ACCESS.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Everything, and the last one cannot leave.
    Owner,
    /// Everything but ownership.
    Admin,
    /// Leads agents.
    Supervisor,
    /// Works in conversations.
    Agent,
    /// Sees and pays bills.
    Billing,
    /// Works with figures.
    Analyst,
    /// Looks at what happened and who did it.
    Auditor,
    /// Only looks.
    Viewer,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 8] = [
        Self::Owner,
        Self::Admin,
        Self::Supervisor,
        Self::Agent,
        Self::Billing,
        Self::Analyst,
        Self::Auditor,
        Self::Viewer,
    ];

    /// Stable text, as in tokens and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Admin => "ADMIN",
            Self::Supervisor => "SUPERVISOR",
            Self::Agent => "AGENT",
            Self::Billing => "BILLING",
            Self::Analyst => "ANALYST",
            Self::Auditor => "AUDITOR",
            Self::Viewer => "VIEWER",
        }
    }

    /// The role named by `text`, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Can a conversation be given to a member of this role?
    pub const fn can_be_assigned(self) -> bool {
        match self {
            Self::Owner | Self::Admin | Self::Supervisor | Self::Agent => true,
            Self::Billing | Self::Analyst | Self::Auditor | Self::Viewer => false,
        }
    }
}
