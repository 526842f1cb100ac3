//! Where messages leave: the Cloud API, or its offline twin when no token is configured.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bitacora_adapters::providers::whatsapp::{Cloud, CloudSettings, Offline, OfflineSettings};
use bitacora_api::config::{Config, Role, Secret};
use bitacora_commands::ports::Messenger;
use bitacora_commands::sources;

use super::Failure;
use super::compose::Backend;

/// Decides the fates of messages in the offline twin: the same ones in every installation.
const OFFLINE_SEED: u64 = 1;

/// The messenger of this process, which listens at `listener`. Offline it is `kind` to a demo.
pub(super) fn open(
    config: &Config,
    backend: &Backend,
    listener: SocketAddr,
    kind: bool,
) -> Result<Arc<dyn Messenger>, Failure> {
    let Some(token) = &config.whatsapp_access_token else {
        return offline(config, backend, listener, kind);
    };
    let settings = CloudSettings::new(&config.whatsapp_graph_url, &config.whatsapp_graph_version);
    let cloud = Cloud::new(&settings, token.reveal()).map_err(Failure::usage)?;
    tracing::info!(url = settings.url, version = settings.version, "WhatsApp: the Cloud API");
    Ok(Arc::new(cloud))
}

fn offline(
    config: &Config,
    backend: &Backend,
    listener: SocketAddr,
    kind: bool,
) -> Result<Arc<dyn Messenger>, Failure> {
    let app_secret = backend.keys.whatsapp_app.first().map(Secret::reveal);
    let app_secret =
        sources::Secret::new(app_secret.unwrap_or_default()).map_err(Failure::usage)?;
    let settings = OfflineSettings {
        app_secret,
        seed: OFFLINE_SEED,
        haste: 1,
        kind,
        listener: config.has(Role::Api).then(|| own_url(listener)),
    };
    if config.has(Role::Effects) {
        tracing::warn!(
            webhooks_here = settings.listener.is_some(),
            "WhatsApp: OFFLINE, no message leaves the house; set WHATSAPP_ACCESS_TOKEN"
        );
    }
    Ok(Arc::new(Offline::new(settings, backend.clock.clone()).map_err(Failure::internal)?))
}

/// How this process reaches itself; an address that means "all of them" means the loopback here.
pub(super) fn own_url(mut listener: SocketAddr) -> String {
    if listener.ip().is_unspecified() {
        listener.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("http://{listener}")
}
