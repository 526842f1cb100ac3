//! A search index that records what it was told, and what it acknowledged.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bitacora_domain::{Position, TenantId};
use bitacora_projections::change::{Forget, SearchDocument};
use bitacora_projections::ports::{ReadError, SearchIndex};

#[derive(Default)]
pub(crate) struct FakeSearch {
    /// What was told, in order.
    pub(crate) told: Mutex<Vec<(Position, String)>>,
    /// How much of it was acknowledged.
    pub(crate) flushed: AtomicUsize,
    /// So many of the next acknowledgements fail.
    pub(crate) unavailable: AtomicUsize,
}

impl FakeSearch {
    pub(crate) fn said(&self) -> Vec<String> {
        self.told.lock().unwrap().iter().map(|(_, what)| what.clone()).collect()
    }
}

#[async_trait]
impl SearchIndex for FakeSearch {
    async fn index(
        &self,
        _: TenantId,
        position: Position,
        document: &SearchDocument,
    ) -> Result<(), ReadError> {
        self.told.lock().unwrap().push((position, format!("index {}", document.text)));
        Ok(())
    }

    async fn forget(
        &self,
        _: TenantId,
        position: Position,
        what: &Forget,
    ) -> Result<(), ReadError> {
        self.told.lock().unwrap().push((position, format!("forget {what:?}")));
        Ok(())
    }

    async fn flush(&self) -> Result<(), ReadError> {
        let left = self.unavailable.load(Ordering::SeqCst);
        if left > 0 {
            self.unavailable.store(left - 1, Ordering::SeqCst);
            return Err(ReadError::Unavailable("index".into()));
        }
        self.flushed.store(self.told.lock().unwrap().len(), Ordering::SeqCst);
        Ok(())
    }
}
