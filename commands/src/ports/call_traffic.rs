//! How many calls were made lately: what caps are held against.

use async_trait::async_trait;
use bitacora_domain::{CallId, ContactId, TenantId};
use chrono::{DateTime, Utc};

/// The figures cannot be had now; asking again may work.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the figures of calls cannot be read: {0}")]
pub struct TrafficError(pub String);

/// Counts of calls. They include everything that was recorded before they were asked for.
#[async_trait]
pub trait CallTraffic: Send + Sync + 'static {
    /// Calls to `contact`, other than `but`, that we dialled at or after `since`; counted no
    /// further than `most`.
    async fn to_contact(
        &self,
        tenant: TenantId,
        contact: ContactId,
        but: CallId,
        since: DateTime<Utc>,
        most: i64,
    ) -> Result<i64, TrafficError>;

    /// Is there a call to `contact`, other than `but`, whose last attempt began at or after
    /// `since` and of which nobody knows yet what the provider calls it?
    async fn has_nameless(
        &self,
        tenant: TenantId,
        contact: ContactId,
        but: CallId,
        since: DateTime<Utc>,
    ) -> Result<bool, TrafficError>;

    /// Attempts of the tenant that we dialled at or after `since`; counted no further than
    /// `most`.
    async fn of_tenant(
        &self,
        tenant: TenantId,
        since: DateTime<Utc>,
        most: i64,
    ) -> Result<i64, TrafficError>;
}

/// Stands where nothing is counted: nobody was called yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTraffic;

#[async_trait]
impl CallTraffic for NoTraffic {
    async fn to_contact(
        &self,
        _: TenantId,
        _: ContactId,
        _: CallId,
        _: DateTime<Utc>,
        _: i64,
    ) -> Result<i64, TrafficError> {
        Ok(0)
    }
    async fn has_nameless(
        &self,
        _: TenantId,
        _: ContactId,
        _: CallId,
        _: DateTime<Utc>,
    ) -> Result<bool, TrafficError> {
        Ok(false)
    }
    async fn of_tenant(&self, _: TenantId, _: DateTime<Utc>, _: i64) -> Result<i64, TrafficError> {
        Ok(0)
    }
}
