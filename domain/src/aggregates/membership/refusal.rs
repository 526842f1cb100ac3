//! Why a membership refuses.

use crate::DomainError;

/// An expected failure of a membership's command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MembershipRefusal {
    /// Nobody was ever invited or added.
    #[error("there is no such member")]
    NotFound,
    /// Is a member already, or was invited with other data.
    #[error("there is such a member already: change the one there")]
    AlreadyMember,
    /// Must be active for this.
    #[error("the member is not active")]
    NotActive,
    /// Must have been suspended for this.
    #[error("the member is not suspended")]
    NotSuspended,
    /// Gone.
    #[error("the member was removed: invite them again")]
    Removed,
    /// The invitation ended, was taken back, or is another person's.
    #[error("the invitation is not valid: ask for a new one")]
    InvitationInvalid,
    /// Only an owner makes or unmakes an owner.
    #[error("only an owner makes or unmakes an owner")]
    OwnerRequired,
    /// The stream's id is not a UUID.
    #[error("the member's id is not a UUID")]
    InvalidId,
    /// Not an e-mail address.
    #[error("this is not an e-mail address")]
    InvalidEmail,
    /// The name is blank or too long.
    #[error("a name has 1 to 120 characters")]
    InvalidName,
    /// The hash or the end of an invitation is not of the agreed form: a fault of the caller's
    /// code.
    #[error("an invitation has a hash of 64 hex digits, and ends in the future")]
    InvalidInvitation,
    /// The reason is blank or too long.
    #[error("a reason has 1 to 500 characters")]
    InvalidReason,
    /// More than anybody can take on.
    #[error("a capacity is 0 to 200 conversations")]
    InvalidCapacity,
    /// Too many skills, or one that is blank or too long.
    #[error("there are at most 20 skills, each of 1 to 40 characters")]
    InvalidSkills,
}

impl DomainError for MembershipRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "MEMBER_NOT_FOUND",
            Self::AlreadyMember => "ALREADY_MEMBER",
            Self::NotActive => "MEMBER_NOT_ACTIVE",
            Self::NotSuspended => "MEMBER_NOT_SUSPENDED",
            Self::Removed => "MEMBER_REMOVED",
            Self::InvitationInvalid => "INVITATION_INVALID",
            Self::OwnerRequired => "OWNER_REQUIRED",
            Self::InvalidId => "INVALID_MEMBER_ID",
            Self::InvalidEmail => "INVALID_EMAIL",
            Self::InvalidName => "INVALID_NAME",
            Self::InvalidInvitation => "INVALID_INVITATION",
            Self::InvalidReason => "INVALID_REASON",
            Self::InvalidCapacity => "INVALID_CAPACITY",
            Self::InvalidSkills => "INVALID_SKILLS",
        }
    }
}
