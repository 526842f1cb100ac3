//! Where orders are paid: Stripe, its offline twin, or nowhere.

use std::net::SocketAddr;
use std::sync::Arc;

use bitacora_adapters::providers::stripe::{
    OfflineCheckout, OfflineSettings, Stripe, StripeSettings,
};
use bitacora_api::config::{Config, Role, Secret};
use bitacora_commands::ports::{Checkout, NoCheckout, Till};
use bitacora_commands::sources;

use super::Failure;
use super::compose::Backend;
use super::messenger::own_url;

/// Decides what the offline twin does: the same in every installation.
const OFFLINE_SEED: u64 = 1;

/// Name of the source whose webhooks the twin plays.
const WEBHOOK_SOURCE: &str = "stripe";

/// What a process has to do with payments.
pub(super) struct Payments {
    /// Opens pages.
    pub(super) checkout: Arc<dyn Checkout>,
    /// The played pages, if there are any.
    pub(super) till: Option<Arc<dyn Till>>,
}

/// The payments of this process, which listens at `listener`.
pub(super) fn open(
    config: &Config,
    backend: &Backend,
    listener: SocketAddr,
) -> Result<Payments, Failure> {
    if let Some(key) = &config.stripe.secret_key {
        let return_url = config.stripe.return_url.clone().unwrap_or_default();
        let settings = StripeSettings::new(&config.stripe.api_url, return_url);
        let stripe = Stripe::new(&settings, key.reveal()).map_err(Failure::usage)?;
        tracing::info!(url = settings.url, "payments: Stripe");
        return Ok(Payments { checkout: Arc::new(stripe), till: None });
    }
    if !config.plays_payments() {
        if config.has(Role::Effects) {
            tracing::warn!("payments: NONE, orders of credits fail; set STRIPE_SECRET_KEY");
        }
        return Ok(Payments { checkout: Arc::new(NoCheckout), till: None });
    }
    played(config, backend, listener)
}

fn played(config: &Config, backend: &Backend, listener: SocketAddr) -> Result<Payments, Failure> {
    let secrets = backend.keys.webhooks.get(WEBHOOK_SOURCE).map_or(&[][..], Vec::as_slice);
    let Some(secret) = secrets.first().map(Secret::reveal) else {
        tracing::warn!(
            "payments: NONE, orders fail; set STRIPE_SECRET_KEY or STRIPE_WEBHOOK_SECRET"
        );
        return Ok(Payments { checkout: Arc::new(NoCheckout), till: None });
    };
    let settings = OfflineSettings {
        webhook_secret: sources::Secret::new(secret).map_err(Failure::usage)?,
        seed: OFFLINE_SEED,
        haste: 1,
        listener: config.has(Role::Api).then(|| own_url(listener)),
    };
    tracing::warn!(
        pages_here = settings.listener.is_some(),
        "payments: OFFLINE, no money moves and whoever reaches a page pays for nothing; set \
         STRIPE_SECRET_KEY"
    );
    let twin = OfflineCheckout::new(settings, backend.clock.clone()).map_err(Failure::internal)?;
    Ok(Payments { checkout: Arc::new(twin.clone()), till: Some(Arc::new(twin)) })
}
