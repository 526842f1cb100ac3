//! `bitacora migrate`: brings the database up to date.

use bitacora_adapters::migrate;
use bitacora_adapters::pools::admin_pool;
use serde_json::json;

use super::compose::Place;
use super::{Context, Exit, Failure};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only lists what would be applied; exits with 1 when there is something.
    #[arg(long)]
    check: bool,
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let config = context.config()?;
        let place = Place::open(&config).await?;
        let outcome = self.migrate(&context, &place).await;
        place.close().await?;
        outcome
    }

    async fn migrate(&self, context: &Context, place: &Place) -> Result<Exit, Failure> {
        let admin = admin_pool(place.connection(), 2).await.map_err(Failure::unavailable)?;
        let labels = if self.check {
            migrate::pending(&admin).await?
        } else {
            migrate::migrate(&admin).await?
        };
        admin.close().await;
        let field = if self.check { "pending" } else { "applied" };
        context.out.emit(&json!({ field: labels }), || {
            if labels.is_empty() {
                "the database is up to date".to_owned()
            } else {
                format!("{field}: {}", labels.join(", "))
            }
        });
        Ok(if self.check && !labels.is_empty() { Exit::Found } else { Exit::Done })
    }
}
