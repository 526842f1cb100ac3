//! Tenant: a business that uses Bitácora. Its plan, state and AI mode guard every command. The
//! stream's id is the tenant's id. A slug is unique across the installation.

mod handle;
mod refusal;
mod vocabulary;

pub use handle::{SLUG_CLAIM, Tenant};
pub use refusal::TenantRefusal;
pub use vocabulary::{AiMode, Plan, TenantCommand, TenantEvent, TenantStatus, TriageCategory};
