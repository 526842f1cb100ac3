//! Who may do what: the one table of roles and capabilities of the API.

use super::fault::{Code, Fault};
use crate::auth::{Principal, Role};

/// Something that not every role may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Work in conversations and with contacts.
    Work,
    /// Change the tenant and its channels.
    Configure,
    /// Record providers' facts by hand.
    Integrate,
    /// See raw events and the history of aggregates.
    Audit,
    /// See and repair projections.
    Operate,
}

impl Capability {
    /// Roles that have it. Reading screens needs none.
    const fn roles(self) -> &'static [Role] {
        match self {
            Self::Work => &[Role::Owner, Role::Admin, Role::Supervisor, Role::Agent],
            Self::Configure | Self::Integrate | Self::Operate => &[Role::Owner, Role::Admin],
            Self::Audit => &[Role::Owner, Role::Admin, Role::Supervisor, Role::Agent, Role::Viewer],
        }
    }
}

/// Lets those through whose role has the capability.
///
/// # Errors
/// A `FORBIDDEN` fault for the others.
pub fn require(principal: &Principal, capability: Capability) -> Result<(), Fault> {
    if capability.roles().contains(&principal.role) {
        return Ok(());
    }
    let message = format!("the role {} does not allow this", principal.role.as_str());
    Err(Fault::new(Code::Forbidden, message))
}
