//! A call as ElevenLabs takes it. Our ids travel as variables of the agent and come back with
//! everything that is told after the call.

use bitacora_commands::ports::{FaultClass, Remedy};
use bitacora_commands::ports::{OutboundCall, SendFault};
use bitacora_domain::aggregates::call_session::CallPurpose;
use serde_json::{Map, Value, json};

use crate::providers::telephony::unsent;

/// The body of the request.
///
/// # Errors
/// A refusal when the number may not be seen.
pub(super) fn place(
    call: &OutboundCall,
    agent: &str,
    phone_number: &str,
) -> Result<Value, SendFault> {
    let hidden = || unsent(FaultClass::Request, Remedy::Fail, "NUMBER_HIDDEN");
    let to = call.to.reveal().ok_or_else(hidden)?;
    let mut client_data = Map::new();
    client_data.insert("dynamic_variables".into(), variables(call));
    if let Some(voice) = &call.voice {
        let tts = json!({ "tts": { "voice_id": voice } });
        client_data.insert("conversation_config_override".into(), tts);
    }
    Ok(json!({
        "agent_id": agent,
        "agent_phone_number_id": phone_number,
        "to_number": to,
        "conversation_initiation_client_data": client_data,
        "call_recording_enabled": true,
        "telephony_call_config": { "ringing_timeout_secs": call.ring_timeout_s },
    }))
}

fn variables(call: &OutboundCall) -> Value {
    let mut variables = json!({
        "call_session_id": call.of.call,
        "tenant_id": call.of.tenant,
        "attempt": call.of.attempt,
        "empresa": call.business,
        "motivo": purpose(call.purpose),
    });
    let name = call.name.as_ref().and_then(|name| name.reveal());
    if let (Some(name), Some(variables)) = (name, variables.as_object_mut()) {
        variables.insert("nombre".into(), name.as_str().into());
    }
    variables
}

const fn purpose(purpose: CallPurpose) -> &'static str {
    match purpose {
        CallPurpose::Sales => "venta",
        CallPurpose::Support => "soporte",
        CallPurpose::Survey => "encuesta",
        CallPurpose::FollowUp => "seguimiento",
        CallPurpose::Educational => "información",
        CallPurpose::Retention => "retención",
    }
}
