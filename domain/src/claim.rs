//! Claims on keys that must be unique, and numbers that must be gapless: both are settled by
//! the appender, under the lock of the lane.

use serde::{Deserialize, Serialize};

/// Where a key must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClaimScope {
    /// Within the tenant.
    Tenant,
    /// Across the installation; owned by the system tenant.
    Installation,
}

/// What to do with the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClaimOp {
    /// Take it; the append loses if somebody else has it. Taking what one owns is no change.
    Take,
    /// Give it back; no change if somebody else has it.
    Release,
}

/// A claim that an event makes on a unique key, taken or released in the append transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// Where it must be unique.
    pub scope: ClaimScope,
    /// Kind of key, such as `contact.identity`; part of the key.
    pub kind: &'static str,
    /// The key in clear; the store keeps only its HMAC, since keys may be personal.
    pub key: String,
    /// Who gets it. Whoever loses is told this text, so it says where to go (an id).
    pub owner: String,
    /// Take or release.
    pub op: ClaimOp,
}

impl Claim {
    /// Takes a key that is unique within the tenant.
    #[allow(clippy::needless_pass_by_value)] // an id is as good as a text, by value or not
    pub fn take(kind: &'static str, key: impl Into<String>, owner: impl ToString) -> Self {
        let (key, owner) = (key.into(), owner.to_string());
        Self { scope: ClaimScope::Tenant, kind, key, owner, op: ClaimOp::Take }
    }
    /// Gives a key of the tenant back.
    pub fn release(kind: &'static str, key: impl Into<String>, owner: impl ToString) -> Self {
        Self { op: ClaimOp::Release, ..Self::take(kind, key, owner) }
    }
    /// The same claim across the whole installation.
    #[must_use]
    pub fn installation_wide(self) -> Self {
        Self { scope: ClaimScope::Installation, ..self }
    }
}

/// A gapless number that the appender fills in: the next of `counter` within the tenant goes
/// into the top-level `field` of the event's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PendingNumber {
    /// Name of the counter, such as `ticket.number`.
    pub counter: &'static str,
    /// Field of the event that receives it; the event carries null or 0 there until then.
    pub field: &'static str,
}
