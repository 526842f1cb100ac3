//! What leads need outside: forms, systems that take leads, and the number that writes to them;
//! or their offline twins.

use std::sync::Arc;

use bitacora_adapters::leads::{PgDeliveryTargets, ReadOutreach};
use bitacora_adapters::providers::lead_webhook::{LeadWebhook, OrOffline, Reach};
use bitacora_adapters::providers::meta_leads::{GraphForms, OfflineForms};
use bitacora_adapters::providers::whatsapp::CloudSettings;
use bitacora_api::config::{Config, Role};
use bitacora_commands::ports::{LeadForms, LeadPorts, LeadReceiver};

use super::Failure;
use super::compose::Backend;

/// Decides what happens offline: the same in every installation.
pub(super) const OFFLINE_SEED: u64 = 1;

/// The ports of this process. Offline they are `kind` to a demo.
pub(super) fn open(config: &Config, backend: &Backend, kind: bool) -> Result<LeadPorts, Failure> {
    Ok(LeadPorts {
        forms: forms(config, backend, kind)?,
        targets: Arc::new(PgDeliveryTargets::new(backend.pools.writer.clone())),
        receiver: receiver(config, kind)?,
        outreach: Arc::new(ReadOutreach::new(backend.models.clone())),
    })
}

fn forms(config: &Config, backend: &Backend, kind: bool) -> Result<Arc<dyn LeadForms>, Failure> {
    let Some(token) = &config.meta_leads_access_token else {
        if config.has(Role::Effects) {
            tracing::warn!("Lead Ads: OFFLINE, forms are invented; set META_LEADS_ACCESS_TOKEN");
        }
        return Ok(Arc::new(OfflineForms::new(OFFLINE_SEED, kind, backend.clock.clone())));
    };
    let settings = CloudSettings::new(&config.whatsapp_graph_url, &config.whatsapp_graph_version);
    Ok(Arc::new(GraphForms::new(&settings, token.reveal()).map_err(Failure::usage)?))
}

/// Where leads may be posted anywhere, they may also be posted to nobody: `offline:<name>`.
fn receiver(config: &Config, kind: bool) -> Result<Arc<dyn LeadReceiver>, Failure> {
    if !config.lead_targets_anywhere {
        return Ok(Arc::new(LeadWebhook::new(Reach::Public).map_err(Failure::internal)?));
    }
    let real = LeadWebhook::new(Reach::Anywhere).map_err(Failure::internal)?;
    Ok(Arc::new(OrOffline::new(real, OFFLINE_SEED, kind)))
}
