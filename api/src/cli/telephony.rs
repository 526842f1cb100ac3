//! Where calls leave: Twilio and ElevenLabs, or their offline twin where no key is configured.

use std::net::SocketAddr;
use std::sync::Arc;

use bitacora_adapters::calls::ReadTraffic;
use bitacora_adapters::providers::elevenlabs::{ElevenLabs, ElevenLabsSettings};
use bitacora_adapters::providers::telephony::{Offline, OfflineSettings, Switchboard};
use bitacora_adapters::providers::twilio::{Twilio, TwilioSettings};
use bitacora_api::config::{Config, Role, Secret, settings};
use bitacora_commands::calls::{CallParts, CallRules};
use bitacora_commands::ports::Telephony;
use bitacora_commands::sources;
use bitacora_projections::wait::ReadGate;

use super::Failure;
use super::compose::Backend;
use super::messenger::own_url;

/// Decides the fates of calls in the offline twin: the same ones in every installation.
const OFFLINE_SEED: u64 = 1;

/// What calls need in this process, which listens at `listener`. Offline they are `kind` to a
/// demo.
pub(super) fn open(
    config: &Config,
    backend: &Backend,
    listener: SocketAddr,
    kind: bool,
) -> Result<CallParts, Failure> {
    let calls = &config.calls;
    let gate = ReadGate::new(backend.store.clone(), backend.models.clone(), backend.reader.clone());
    let traffic = ReadTraffic::new(backend.log.clone(), backend.models.clone(), gate);
    let rules = CallRules {
        lines: calls.lines,
        per_contact_day: calls.per_contact_day,
        per_tenant_day: calls.per_tenant_day,
        least_balance_e6: calls.least_balance * 1_000_000,
    };
    let telephony = telephony(config, backend, listener, kind)?;
    let inbox = Some(backend.inbox.clone());
    Ok(CallParts { telephony, traffic: Arc::new(traffic), inbox, rules })
}

fn telephony(
    config: &Config,
    backend: &Backend,
    listener: SocketAddr,
    kind: bool,
) -> Result<Arc<dyn Telephony>, Failure> {
    let (twilio, agents) = (twilio(config, backend)?, agents(config, backend)?);
    if twilio.is_none() && agents.is_none() {
        return offline(config, backend, listener, kind);
    }
    tracing::info!(twilio = twilio.is_some(), elevenlabs = agents.is_some(), "telephony");
    Ok(Arc::new(Switchboard::new(twilio, agents)))
}

fn twilio(config: &Config, backend: &Backend) -> Result<Option<Arc<dyn Telephony>>, Failure> {
    let Some(account_sid) = &config.calls.twilio_account_sid else { return Ok(None) };
    let settings = TwilioSettings {
        url: config.calls.twilio_api_url.clone(),
        account_sid: account_sid.clone(),
        auth_token: auth_token(config, account_sid)?,
        number: config.calls.twilio_number.clone(),
        callbacks: config.public_url.clone().unwrap_or_default(),
        answer_within: None,
    };
    let client = Twilio::new(settings, backend.clock.clone()).map_err(Failure::usage)?;
    Ok(Some(Arc::new(client)))
}

/// The account's own token, else the first that belongs to no account.
pub(super) fn auth_token(config: &Config, account_sid: &str) -> Result<String, Failure> {
    let tokens = config.webhook_secrets.get(settings::TWILIO_AUTH_TOKEN);
    let tokens = tokens.map_or(&[][..], Vec::as_slice);
    let named = tokens.iter().map(Secret::reveal).filter_map(|token| token.split_once(':'));
    let own = named.clone().find(|(sid, _)| *sid == account_sid).map(|(_, token)| token);
    let any = tokens.iter().map(Secret::reveal).find(|token| !token.contains(':'));
    own.or(any).map(str::to_owned).ok_or_else(|| {
        Failure::usage("TWILIO_AUTH_TOKEN has no token for TWILIO_ACCOUNT_SID: add `AC…:token`")
    })
}

fn agents(config: &Config, backend: &Backend) -> Result<Option<Arc<dyn Telephony>>, Failure> {
    let calls = &config.calls;
    let Some(key) = &calls.elevenlabs_key else { return Ok(None) };
    let settings = ElevenLabsSettings {
        url: calls.elevenlabs_api_url.clone(),
        key: key.reveal().to_owned(),
        agent_id: calls.elevenlabs_agent.clone(),
        phone_number_id: calls.elevenlabs_number.clone(),
        answer_within: None,
    };
    let client = ElevenLabs::new(&settings, backend.clock.clone()).map_err(Failure::usage)?;
    Ok(Some(Arc::new(client)))
}

fn offline(
    config: &Config,
    backend: &Backend,
    listener: SocketAddr,
    kind: bool,
) -> Result<Arc<dyn Telephony>, Failure> {
    let secret = |source: &str| {
        let secrets = backend.keys.webhooks.get(source).map_or(&[][..], Vec::as_slice);
        secrets.first().map(Secret::reveal).map(|secret| {
            let (_, own) = secret.split_once(':').unwrap_or(("", secret));
            sources::Secret::new(own).map_err(Failure::usage)
        })
    };
    let Some(twilio_token) = secret("twilio").transpose()? else {
        if config.has(Role::Effects) {
            tracing::warn!("telephony: NONE, nobody is called; set TWILIO_ACCOUNT_SID");
        }
        return Ok(Arc::new(Switchboard::new(None, None)));
    };
    let settings = OfflineSettings {
        twilio_token,
        elevenlabs_secret: secret("elevenlabs").transpose()?,
        seed: OFFLINE_SEED,
        haste: 1,
        kind,
        listener: config.has(Role::Api).then(|| own_url(listener)),
        public: config.public_url.clone(),
    };
    if config.has(Role::Effects) {
        tracing::warn!(
            webhooks_here = settings.listener.is_some(),
            "telephony: OFFLINE, nobody's phone rings; set TWILIO_ACCOUNT_SID or ELEVENLABS_API_KEY"
        );
    }
    Ok(Arc::new(Offline::new(settings, backend.clock.clone()).map_err(Failure::internal)?))
}
