//! The speculative tips of streams, bounded in number.

use std::any::Any;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use bitacora_domain::{DomainAggregate, StreamId, TenantId};
use lru::LruCache;
use tokio::sync::MutexGuard;

use super::rehydrate::Loaded;

/// The chain of one stream: who holds its lock decides and submits next.
pub(super) struct Chain(tokio::sync::Mutex<Tip>);

/// State that the next command is handled on.
#[derive(Default)]
pub(super) struct Tip {
    state: Option<Box<dyn Any + Send>>,
    /// Raised whenever the tip is dropped, so that a late loser does not drop a newer tip.
    generation: u64,
}

impl Chain {
    pub(super) async fn lock(&self) -> MutexGuard<'_, Tip> {
        self.0.lock().await
    }
}

impl Tip {
    pub(super) fn get<A: DomainAggregate>(&self) -> Option<Loaded<A>> {
        self.state.as_ref()?.downcast_ref::<Loaded<A>>().cloned()
    }

    pub(super) fn put<A: DomainAggregate>(&mut self, loaded: Loaded<A>) {
        self.state = Some(Box::new(loaded.into_base()));
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn forget(&mut self) {
        self.state = None;
        self.generation += 1;
    }

    pub(super) fn forget_if(&mut self, generation: u64) {
        if self.generation == generation {
            self.forget();
        }
    }
}

/// All chains of the process; the least recently used are dropped, which costs a reload.
pub(super) struct Chains(Mutex<LruCache<(TenantId, StreamId), Arc<Chain>>>);

impl Chains {
    pub(super) fn new(capacity: usize) -> Self {
        let capacity = NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN);
        Self(Mutex::new(LruCache::new(capacity)))
    }

    pub(super) fn of(&self, tenant: TenantId, stream: &StreamId) -> Arc<Chain> {
        let mut chains = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant, stream.clone());
        let new = || Arc::new(Chain(tokio::sync::Mutex::new(Tip::default())));
        Arc::clone(chains.get_or_insert(key, new))
    }
}
