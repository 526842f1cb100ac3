//! Tenant: a business that uses Bitácora. Its plan, state and AI mode guard every command. The
//! stream's id is the tenant's id. A slug is unique across the installation.

mod handle;
mod plan;
mod refusal;
mod state;
mod vocabulary;

pub use crate::calendar::{BusinessHours, OpenSpan, day};
pub use handle::SLUG_CLAIM;
pub use plan::{LimitRule, Plan};
pub use refusal::TenantRefusal;
pub use state::Tenant;
pub use vocabulary::{AiMode, TenantCommand, TenantEvent, TenantStatus, TriageCategory};
