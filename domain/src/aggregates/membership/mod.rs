//! Membership: what a person is for one tenant: role, standing, and what an agent takes on. The
//! last owner cannot leave, and the plan says how many members there may be: both are counted by
//! the appender ([`crate::Meter`]).

mod decide;
mod handle;
mod refusal;
mod vocabulary;

use uuid::Uuid;

use crate::{TenantId, UserId};

pub use handle::Membership;
pub use refusal::MembershipRefusal;
pub use vocabulary::{MemberStatus, MembershipCommand, MembershipEvent};

/// Kind of the claim on a user within a tenant; its owner text is the membership's id.
pub const USER_CLAIM: &str = "member.user";
/// Kind of the claim on an e-mail address within a tenant; its owner text is the membership's id.
pub const EMAIL_CLAIM: &str = "member.email";
/// Kind of the claim on the hash of an invitation; its owner text is
/// `<tenant uuid>/<membership uuid>`.
pub const INVITATION_CLAIM: &str = "member.invitation";
/// Conversations that a member takes at once unless told otherwise (X-CHATI-2).
pub const DEFAULT_CAPACITY: u32 = 10;

/// The membership of a user who is added without an invitation. Whoever was invited has another
/// one: what leads from a user to the membership is the claim [`USER_CLAIM`].
pub fn id_of(tenant: TenantId, user: UserId) -> Uuid {
    tenant.derive(&format!("member:{user}"))
}
