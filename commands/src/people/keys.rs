//! API keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use bitacora_domain::aggregates::api_key::{ApiKey, KEY_CLAIM};
use bitacora_domain::{Capability, TenantId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::tokens::{self, Minted};
use super::{People, PeopleError};

/// A key that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// For whom it works.
    pub tenant: TenantId,
    /// Its id.
    pub key: Uuid,
    /// What it may do.
    pub scopes: Arc<BTreeSet<Capability>>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

impl People {
    /// A fresh key, to be issued.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn mint_key(&self) -> Result<Minted, PeopleError> {
        Ok(tokens::api_key(self.bus().key(), self.0.random.secret()?))
    }

    /// A fresh secret, for something that is signed with it.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn mint_secret(&self) -> Result<[u8; 32], PeopleError> {
        Ok(self.0.random.secret()?)
    }

    /// The key that `text` is, when it is good; believed for two seconds.
    ///
    /// # Errors
    /// When the log does not answer.
    pub async fn key_of(&self, text: &str) -> Result<Option<FoundKey>, PeopleError> {
        let Some(hash) = tokens::api_key_hash(self.bus().key(), text) else { return Ok(None) };
        let now = self.bus().clock().now();
        let found = match self.0.keys.get(&hash, now) {
            Some(found) => found,
            None => {
                let found = self.look_up(&hash).await?;
                self.0.keys.put(hash, found.clone(), now);
                found
            }
        };
        Ok(found.filter(|found| now < found.expires_at))
    }

    /// What a key may do now; `None` when it has ended.
    ///
    /// # Errors
    /// When the log does not answer.
    pub async fn key(
        &self,
        tenant: TenantId,
        key: Uuid,
    ) -> Result<Option<Arc<BTreeSet<Capability>>>, PeopleError> {
        let loaded = self.bus().load::<ApiKey>(tenant, &key.to_string()).await?;
        let now = self.bus().clock().now();
        Ok(loaded.and_then(|(state, _)| state.scopes(now).cloned()).map(Arc::new))
    }

    async fn look_up(&self, hash: &str) -> Result<Option<FoundKey>, PeopleError> {
        let owner = self.bus().log().installation_owner(KEY_CLAIM, hash).await?;
        let Some((tenant, key)) = owner.and_then(|owner| super::members::pair(&owner.owner)) else {
            return Ok(None);
        };
        let Some((state, _)) = self.bus().load::<ApiKey>(tenant, &key.to_string()).await? else {
            return Ok(None);
        };
        let expires_at = state.expires_at().unwrap_or(DateTime::<Utc>::MAX_UTC);
        let scopes = state.scopes(self.bus().clock().now()).cloned();
        Ok(scopes.map(|scopes| FoundKey { tenant, key, scopes: Arc::new(scopes), expires_at }))
    }
}
