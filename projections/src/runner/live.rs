//! Which generation a worker writes into.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::Table;
use crate::ports::{ReadError, ReadStore};

/// How long the answer to "which generation is live" is believed. After a swap the old generation
/// cannot be claimed, so that long the workers of this process may find nothing to do.
const BELIEVED: Duration = Duration::from_millis(100);

/// The generation that a worker writes into.
#[derive(Clone, Debug)]
pub enum Target {
    /// Whichever readers see, also after a swap.
    Live(Arc<Live>),
    /// This one (a rebuild).
    Fixed(i32),
}

/// The live generation of one view, asked once for all its workers.
#[derive(Debug, Default)]
pub struct Live {
    known: Mutex<Option<(Instant, i32)>>,
}

impl Target {
    pub(crate) async fn generation(
        &self,
        store: &dyn ReadStore,
        table: &'static Table,
    ) -> Result<i32, ReadError> {
        match self {
            Self::Fixed(generation) => Ok(*generation),
            Self::Live(live) => live.get(store, table).await,
        }
    }
}

impl Live {
    async fn get(&self, store: &dyn ReadStore, table: &'static Table) -> Result<i32, ReadError> {
        let mut known = self.known.lock().await;
        if let Some((asked, generation)) = *known
            && asked.elapsed() < BELIEVED
        {
            return Ok(generation);
        }
        let generation = match store.live_generation(table).await? {
            Some(generation) => generation,
            None => store.ensure(table).await?,
        };
        *known = Some((Instant::now(), generation));
        Ok(generation)
    }
}
