//! What placing calls needs beside the bus.

use std::sync::Arc;

use crate::ports::{CallTraffic, Inbox, NoTelephony, NoTraffic, Telephony};

/// Bounds on calls that are made, for every tenant of the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRules {
    /// Calls of a tenant that may be under way at a time, 1–1,000 (X-CALL).
    pub lines: i64,
    /// Calls to one contact in a day of the tenant.
    pub per_contact_day: i64,
    /// Attempts of a tenant in a day of it.
    pub per_tenant_day: i64,
    /// What must be left at a provider that is paid in advance, in millionths of its currency.
    pub least_balance_e6: i64,
}

impl Default for CallRules {
    /// Ten lines, three calls to a contact and a thousand attempts a day, one unit of money.
    fn default() -> Self {
        Self { lines: 10, per_contact_day: 3, per_tenant_day: 1_000, least_balance_e6: 1_000_000 }
    }
}

/// What placing calls needs.
#[derive(Clone)]
pub struct CallParts {
    /// Where calls leave.
    pub telephony: Arc<dyn Telephony>,
    /// How many were made.
    pub traffic: Arc<dyn CallTraffic>,
    /// Where what a provider tells when it is asked goes in, as if it had told it by itself.
    pub inbox: Option<Arc<dyn Inbox>>,
    /// How many may be made.
    pub rules: CallRules,
}

impl CallParts {
    /// With no telephony connected: nobody is called.
    pub fn none() -> Self {
        Self {
            telephony: Arc::new(NoTelephony),
            traffic: Arc::new(NoTraffic),
            inbox: None,
            rules: CallRules::default(),
        }
    }
}
