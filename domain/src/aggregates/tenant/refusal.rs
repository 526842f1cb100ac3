//! Why a tenant refuses.

use crate::DomainError;

/// An expected failure of a tenant's command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TenantRefusal {
    /// It was never registered.
    #[error("there is no such tenant")]
    NotFound,
    /// It was registered with other data.
    #[error("the tenant was already registered with other data")]
    AlreadyRegistered,
    /// It is banned, which is final.
    #[error("the tenant is banned")]
    Banned,
    /// The stream's id is not a UUID.
    #[error("the tenant's id is not a UUID")]
    InvalidId,
    /// The name is blank or too long.
    #[error("a name has 1 to 120 characters")]
    InvalidName,
    /// Not a slug.
    #[error("a slug has 3 to 40 of a-z, 0-9 and -, and neither begins nor ends with -")]
    InvalidSlug,
    /// Not a time zone of the IANA list.
    #[error("not an IANA time zone: write it such as America/Argentina/Buenos_Aires")]
    InvalidTimeZone,
    /// The AI never answers by itself in a category of high risk.
    #[error("the AI may not answer by itself in a category of high risk")]
    HighRiskCategory,
    /// Not a share in basis points.
    #[error("a threshold has 0 to 10,000 basis points")]
    InvalidThreshold,
    /// Plans do not limit this meter.
    #[error("plans do not limit this meter: name MESSAGES, DOCUMENTS, CONTACTS or USERS")]
    MeterNotLimited,
    /// Not a number that can be agreed on.
    #[error("a limit is 0 to 1,000,000,000")]
    InvalidLimit,
    /// Not hours of a week.
    #[error(
        "business hours are at most 28 spans of weekdays 1 to 7 and minutes 0 to 1440 that do \
         not overlap, and at most 366 holidays"
    )]
    InvalidBusinessHours,
    /// The reason is blank or too long.
    #[error("a reason has 1 to 500 characters")]
    InvalidReason,
}

impl DomainError for TenantRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "TENANT_NOT_FOUND",
            Self::AlreadyRegistered => "TENANT_ALREADY_REGISTERED",
            Self::Banned => "TENANT_BANNED",
            Self::InvalidId => "INVALID_TENANT_ID",
            Self::InvalidName => "INVALID_NAME",
            Self::InvalidSlug => "INVALID_SLUG",
            Self::InvalidTimeZone => "INVALID_TIME_ZONE",
            Self::HighRiskCategory => "HIGH_RISK_CATEGORY",
            Self::InvalidThreshold => "INVALID_THRESHOLD",
            Self::MeterNotLimited => "METER_NOT_LIMITED",
            Self::InvalidLimit => "INVALID_LIMIT",
            Self::InvalidBusinessHours => "INVALID_BUSINESS_HOURS",
            Self::InvalidReason => "INVALID_REASON",
        }
    }
}
