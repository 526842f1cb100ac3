//! Commands and events of an API key.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Capability, TenantId};

/// Commands of an API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiKeyCommand {
    /// Issues it.
    Issue {
        /// What it is for, 1–100 characters.
        name: String,
        /// What it may do; at least one, and neither MEMBERS nor API_KEYS.
        scopes: BTreeSet<Capability>,
        /// SHA-256 of the key's text, 64 hex digits.
        key_hash: String,
        /// The first characters of the key, by which people know it again; at most 20.
        prefix: String,
        /// When it ends by itself.
        expires_at: Option<DateTime<Utc>>,
    },
    /// Ends it for good.
    Revoke {
        /// Why, for the record; 1–500 characters.
        reason: Option<String>,
    },
}

/// Events of an API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are documented on the command of the same name
pub enum ApiKeyEvent {
    /// `tenant` and `key` (its own id) make the owner text of the claim.
    ApiKeyIssued {
        tenant: TenantId,
        key: Uuid,
        name: String,
        scopes: BTreeSet<Capability>,
        key_hash: String,
        prefix: String,
        expires_at: Option<DateTime<Utc>>,
    },
    ApiKeyRevoked {
        reason: Option<String>,
    },
}

impl DomainEvent for ApiKeyEvent {
    fn event_type(&self) -> String {
        match self {
            Self::ApiKeyIssued { .. } => "ApiKeyIssued",
            Self::ApiKeyRevoked { .. } => "ApiKeyRevoked",
        }
        .to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
