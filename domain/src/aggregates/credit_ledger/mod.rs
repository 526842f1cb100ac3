//! Credit ledger: the prepaid credits of a tenant (spec/aggregates §2.4). Grants bring credits in,
//! holds set them aside, captures use them up; what comes back goes to the grants that it came
//! from. Integers only, in one order of burning, and every credit is somewhere at every version.
#![allow(clippy::unnecessary_wraps)] // one shape for all decisions

mod already;
mod burn;
mod changes;
mod commands;
mod consequences;
mod debt;
mod decide;
mod draft;
mod due;
mod event_type;
mod events;
mod fold;
mod follow;
mod grant;
mod grants;
mod handle;
mod holds;
pub mod matrix;
mod movements;
mod refunds;
mod refusal;
mod revoke;
mod settings;
mod state;
mod vocabulary;

pub use commands::CreditLedgerCommand;
pub use consequences::{ADJUSTMENT_CLAIM, GRANT_CLAIM, HOLD_CLAIM, ORDER_CLAIM};
pub use events::CreditLedgerEvent;
pub use matrix::{GrantStanding, HoldStanding};
pub use movements::{Account, Entry, Movement, TransactionType};
pub use refusal::CreditLedgerRefusal;
pub use state::CreditLedger;
pub use vocabulary::{
    Allocation, AutoTopUp, BALANCE_MAX, Balance, CREDITS_MAX, DebtCause, GrantKind, GrantSource,
    Purpose, PurposeKind, Regrant, ReinstatementReason, ReleaseCause, RevocationReason, Settlement,
};

use crate::{LedgerId, OrderId, TenantId};

/// The ledger of a tenant: it has one, and its id follows from the tenant's.
pub fn id_of(tenant: TenantId) -> LedgerId {
    LedgerId::new(tenant.derive("credit-ledger"))
}

/// The order that the `number`-th automatic top-up (from 1) of a ledger makes.
pub fn top_up_order(ledger: LedgerId, number: u64) -> OrderId {
    OrderId::new(ledger.derive(&format!("top-up:{number}")))
}
