//! Queries asked all the while, as the API asks them: under row security, page by page.

use std::sync::Arc;

use anyhow::Context as _;
use bitacora_adapters::read::PgReadModels;
use bitacora_projections::ports::ReadModels as _;
use bitacora_projections::query::{Filter, Page};
use bitacora_projections::views;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::log::world::{TENANTS, World};

/// Tasks that ask.
const TASKS: u64 = 3;
/// Failures that each keeps.
const KEPT: usize = 20;

/// Tasks that ask until they are told to stop.
pub(super) struct Askers(Vec<JoinHandle<Asked>>);

/// What they heard.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) queries: u64,
    pub(super) failures: Vec<String>,
}

impl Askers {
    pub(super) fn start(
        models: &Arc<PgReadModels>,
        world: World,
        seed: u64,
        stop: &CancellationToken,
    ) -> Self {
        let ask = |task| {
            let (models, stop) = (Arc::clone(models), stop.clone());
            tokio::spawn(async move { ask(&models, world, seed + task, stop).await })
        };
        Self((0..TASKS).map(ask).collect())
    }

    pub(super) async fn finish(self) -> anyhow::Result<Asked> {
        let mut all = Asked::default();
        for task in self.0 {
            let asked = task.await.context("an asker broke")?;
            all.queries += asked.queries;
            all.failures.extend(asked.failures);
        }
        Ok(all)
    }
}

async fn ask(models: &PgReadModels, world: World, seed: u64, stop: CancellationToken) -> Asked {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut asked = Asked::default();
    let views = views::all();
    // Rows only ever come to be in this load, so a table that shows fewer of them than before
    // was swapped for one that had not caught up.
    let mut most = std::collections::HashMap::new();
    while !stop.is_cancelled() && asked.failures.len() < KEPT {
        let Some(view) = views.get(dice.random_range(0..views.len())) else { continue };
        let (table, tenant) = (view.table(), world.tenant(dice.random_range(0..TENANTS)));
        let all = Filter::And(Vec::new());
        let page = Page {
            table,
            filter: all.clone(),
            order: Vec::new(),
            after: None,
            limit: dice.random_range(1..60),
            backwards: dice.random_bool(0.5),
        };
        if let Err(error) = models.page(tenant, &page).await {
            asked.failures.push(format!("a page of {}: {error}", table.name));
        }
        match models.count(tenant, table, &all, 1_000_000).await {
            Ok(rows) => {
                let before = most.entry((table.name, tenant)).or_insert(0);
                if rows < *before {
                    asked
                        .failures
                        .push(format!("{} went from {before} rows to {rows}", table.name));
                }
                *before = rows;
            }
            Err(error) => asked.failures.push(format!("a count of {}: {error}", table.name)),
        }
        asked.queries += 2;
    }
    asked
}
