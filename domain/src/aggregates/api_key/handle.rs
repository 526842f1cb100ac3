//! State, decisions and claims of an API key.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::KEY_CLAIM;
use super::refusal::ApiKeyRefusal;
use super::vocabulary::{ApiKeyCommand, ApiKeyEvent};
use crate::text::trimmed;
use crate::{Capability, Claim, Directed, DomainAggregate, TenantId};

/// Longest name, in characters.
const NAME_MAX: usize = 100;
/// Longest prefix, in characters.
const PREFIX_MAX: usize = 20;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// What was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Issued {
    tenant: TenantId,
    key: Uuid,
    scopes: BTreeSet<Capability>,
    key_hash: String,
    expires_at: Option<DateTime<Utc>>,
}

/// A key with which a program works for a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// `None` before it is issued.
    issued: Option<Issued>,
    revoked: bool,
}

type Decision = Result<Vec<ApiKeyEvent>, ApiKeyRefusal>;

impl Aggregate for ApiKey {
    const TYPE: &'static str = "api_key";
    type Command = Directed<ApiKeyCommand>;
    type Event = ApiKeyEvent;
    type Error = ApiKeyRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        match event {
            ApiKeyEvent::ApiKeyIssued { tenant, key, scopes, key_hash, expires_at, .. } => {
                self.issued = Some(Issued { tenant, key, scopes, key_hash, expires_at });
            }
            ApiKeyEvent::ApiKeyRevoked { .. } => self.revoked = true,
        }
    }
}

impl ApiKey {
    /// What it may do at `now`; `None` when it is revoked, has expired or was never issued.
    pub fn scopes(&self, now: DateTime<Utc>) -> Option<&BTreeSet<Capability>> {
        let issued = self.issued.as_ref().filter(|_| !self.revoked)?;
        issued.expires_at.is_none_or(|end| now < end).then_some(&issued.scopes)
    }

    /// When it ends by itself.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.issued.as_ref()?.expires_at
    }

    fn answer(&self, of: &Directed<()>, body: ApiKeyCommand) -> Decision {
        match (body, &self.issued) {
            (ApiKeyCommand::Issue { .. }, Some(_)) => Err(ApiKeyRefusal::AlreadyIssued),
            (issue @ ApiKeyCommand::Issue { .. }, None) => issue_key(of, issue),
            (ApiKeyCommand::Revoke { .. }, None) => Err(ApiKeyRefusal::NotFound),
            (ApiKeyCommand::Revoke { .. }, Some(_)) if self.revoked => Ok(vec![]),
            (ApiKeyCommand::Revoke { reason }, Some(_)) => {
                let reason = reason.map(|text| trimmed(&text, REASON_MAX));
                let reason = reason.map(|text| text.ok_or(ApiKeyRefusal::InvalidReason));
                Ok(vec![ApiKeyEvent::ApiKeyRevoked { reason: reason.transpose()? }])
            }
        }
    }
}

fn issue_key(of: &Directed<()>, body: ApiKeyCommand) -> Decision {
    let ApiKeyCommand::Issue { name, scopes, key_hash, prefix, expires_at } = body else {
        return Err(ApiKeyRefusal::NotFound);
    };
    if scopes.is_empty() || !scopes.iter().all(|scope| scope.is_scope()) {
        return Err(ApiKeyRefusal::InvalidScopes);
    }
    if expires_at.is_some_and(|end| end <= of.now) {
        return Err(ApiKeyRefusal::InvalidExpiry);
    }
    let hashed = key_hash.len() == 64 && key_hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let prefix = trimmed(&prefix, PREFIX_MAX).filter(|_| hashed);
    Ok(vec![ApiKeyEvent::ApiKeyIssued {
        tenant: of.tenant,
        key: of.aggregate_id.parse().map_err(|_| ApiKeyRefusal::InvalidId)?,
        name: trimmed(&name, NAME_MAX).ok_or(ApiKeyRefusal::InvalidName)?,
        scopes,
        key_hash,
        prefix: prefix.ok_or(ApiKeyRefusal::InvalidHash)?,
        expires_at,
    }])
}

impl DomainAggregate for ApiKey {
    type Body = ApiKeyCommand;
    type Refusal = ApiKeyRefusal;
    const EVENT_TYPES: &'static [&'static str] = &["ApiKeyIssued", "ApiKeyRevoked"];
    const STATE_SCHEMA: u32 = 1;

    fn decide(&self, of: &Directed<()>, body: Self::Body) -> Decision {
        self.answer(of, body)
    }

    fn claims(&self, event: &Self::Event) -> Vec<Claim> {
        let Some(Issued { tenant, key, key_hash, .. }) = &self.issued else { return Vec::new() };
        let owner = format!("{tenant}/{key}");
        let claim = match event {
            ApiKeyEvent::ApiKeyIssued { .. } => Claim::take(KEY_CLAIM, key_hash, owner),
            ApiKeyEvent::ApiKeyRevoked { .. } => Claim::release(KEY_CLAIM, key_hash, owner),
        };
        vec![claim.installation_wide()]
    }
}
