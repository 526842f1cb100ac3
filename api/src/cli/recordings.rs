//! Where recordings of calls are fetched from and deleted: at Twilio under the tokens of its
//! accounts, at ElevenLabs under the key; a provider that is not configured is played.

use std::sync::Arc;

use bitacora_adapters::providers::recordings::{Board, ElevenLabs, Twilio, TwilioAccount};
use bitacora_api::config::{Config, Role, Secret, settings};
use bitacora_commands::ports::Recordings;

use super::{Failure, telephony};

/// The providers' stores of recordings.
pub(super) fn open(config: &Config) -> Result<Arc<dyn Recordings>, Failure> {
    let (calls, accounts) = (&config.calls, accounts(config)?);
    let twilio = (!accounts.is_empty()).then(|| Twilio::new(&calls.twilio_api_url, accounts));
    let twilio = twilio.transpose().map_err(Failure::usage)?;
    let agents = calls.elevenlabs_key.as_ref();
    let agents =
        agents.map(|key| ElevenLabs::new(&calls.elevenlabs_api_url, key.reveal().to_owned()));
    let agents = agents.transpose().map_err(Failure::usage)?;
    if twilio.is_none() && agents.is_none() && config.has(Role::Effects) {
        tracing::warn!("recordings of calls: OFFLINE, a tone instead; set TWILIO_ACCOUNT_SID");
    }
    Ok(Arc::new(Board::new(twilio, agents)))
}

/// The accounts whose tokens are known by name (`AC…:token`), and the one that calls.
fn accounts(config: &Config) -> Result<Vec<TwilioAccount>, Failure> {
    let tokens = config.webhook_secrets.get(settings::TWILIO_AUTH_TOKEN);
    let tokens = tokens.map_or(&[][..], Vec::as_slice).iter().map(Secret::reveal);
    let named = tokens.filter_map(|token| token.split_once(':'));
    let account =
        |(sid, token): (&str, &str)| TwilioAccount { sid: sid.into(), token: token.into() };
    let mut accounts: Vec<_> = named.map(account).collect();
    if let Some(sid) = &config.calls.twilio_account_sid
        && !accounts.iter().any(|known| known.sid == *sid)
    {
        let token = telephony::auth_token(config, sid)?;
        accounts.push(TwilioAccount { sid: sid.clone(), token });
    }
    Ok(accounts)
}
