//! From the body of a delivery to its fact: there is one in each.

use bitacora_domain::aggregates::call_session::{CallProvider, ProviderIds};
use serde_json::Value;

use super::{audio, failure, transcript};
use crate::sources::{
    Arrival, CallBirth, CallFact, CallNews, CallTarget, Fact, FactKind, json, repair,
};

/// Header that names the account; it wins over the agent of the body.
pub(super) const ACCOUNT_KEY: &str = "x-account-key";

/// The account that the header names.
pub(super) fn key(arrival: &Arrival<'_>) -> Option<String> {
    let key = arrival.headers.text(ACCOUNT_KEY).map(str::trim).filter(|key| !key.is_empty());
    key.map(str::to_owned)
}

/// The agent that a body names.
pub(super) fn agent(body: &[u8]) -> Option<String> {
    let root = serde_json::from_slice::<Value>(body).ok()?;
    json::id(root.get("data")?, "agent_id")
}

/// What a fact says of its call.
pub(super) struct Said {
    /// Ends the fact's key: `transcript`, `audio`, `failure`.
    pub(super) what: &'static str,
    pub(super) call_sid: Option<String>,
    pub(super) birth: Option<CallBirth>,
    pub(super) news: Vec<CallNews>,
}

/// The fact of a delivery.
pub(super) fn fact(arrival: &Arrival<'_>) -> Fact {
    let repaired = repair(arrival.body);
    let Ok(root) = serde_json::from_slice::<Value>(&repaired.bytes) else {
        let kind = FactKind::Unparsable;
        let key = format!("el:unparsable:{}", json::digest_bytes(arrival.body));
        return Fact {
            key,
            account: None,
            at: None,
            raw: Value::Null,
            repaired: repaired.changed,
            kind,
        };
    };
    let fact = read(arrival, root);
    Fact { repaired: repaired.changed, ..fact }
}

fn read(arrival: &Arrival<'_>, mut root: Value) -> Fact {
    let at = json::time(&root, "event_timestamp");
    let name = json::text(&root, "type").unwrap_or_default().to_owned();
    // The time of sending is no part of what happened: another attempt may have another one.
    let raw = root.get_mut("data").map(Value::take).unwrap_or_default();
    let account = key(arrival).or_else(|| json::id(&raw, "agent_id"));
    let ignored = |reason, raw: Value| {
        let key = format!("el:other:{name}:{}", json::digest(&raw));
        let (account, kind) = (account.clone(), FactKind::Ignored { reason });
        Fact { key, account, at, raw, repaired: false, kind }
    };
    let Some(conversation) = json::id(&raw, "conversation_id") else {
        return ignored("NO_CONVERSATION", raw);
    };
    let said = match name.as_str() {
        "post_call_transcription" => Ok(transcript::said(&raw)),
        "post_call_audio" => audio::said(&raw, &conversation),
        "call_initiation_failure" => Ok(failure::said(&raw)),
        _ => Err("TYPE_NOT_HANDLED"),
    };
    let said = match said {
        Ok(said) if !said.news.is_empty() => said,
        Ok(_) => return ignored("NOTHING_SAID", raw),
        Err(reason) => return ignored(reason, raw),
    };
    let call = CallFact {
        provider: CallProvider::ElevenLabs,
        target: target(&raw),
        ids: ProviderIds {
            call_sid: said.call_sid,
            el_conversation_id: Some(conversation.clone()),
        },
        birth: said.birth,
        news: said.news,
    };
    Fact {
        key: format!("el:{conversation}:{}", said.what),
        account,
        at,
        raw,
        repaired: false,
        kind: FactKind::Call(Box::new(call)),
    }
}

/// Our own names of call and attempt, which travelled along as variables.
fn target(data: &Value) -> Option<CallTarget> {
    let variables = data.get("conversation_initiation_client_data")?.get("dynamic_variables")?;
    let call = json::text(variables, "call_session_id")?.parse().ok()?;
    Some(CallTarget { call, attempt: json::integer(variables, "attempt").filter(|n| *n > 0) })
}
