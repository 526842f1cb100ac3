//! A call as Twilio takes it: a form. Our ids travel in the addresses of its callbacks.

use bitacora_commands::calls::{CallPath, CallTopic};
use bitacora_commands::ports::{CallLine, CallRef, FaultClass, OutboundCall, Remedy, SendFault};
use reqwest::Url;

use super::twiml;
use crate::providers::telephony::unsent;

/// Longest script that can be sent along, in bytes.
const TWIML_MAX: usize = 4_000;
/// The step of the script at which keys are pressed.
const MENU: &str = "menu";

/// Addresses at which Twilio calls back.
#[derive(Clone, Debug)]
pub(super) struct Callbacks(pub(super) Url);

impl Callbacks {
    pub(super) fn of(&self, call: &CallRef, topic: CallTopic) -> String {
        let path = CallPath { call: call.call, attempt: call.attempt, topic };
        format!("{}webhooks/twilio/{path}", self.0)
    }
}

/// The number that a call over `line` comes from.
///
/// # Errors
/// A refusal when there is none, or when the line is of another account than ours.
pub(super) fn from<'a>(
    line: Option<&'a CallLine>,
    account_sid: &str,
    usual: Option<&'a str>,
) -> Result<&'a str, SendFault> {
    let none = || unsent(FaultClass::Account, Remedy::StopChannel, "NO_NUMBER_TO_CALL_FROM");
    match line {
        None => usual.ok_or_else(none),
        Some(CallLine::Twilio { account }) => match account.split_once('/') {
            Some((sid, number)) if sid == account_sid => Ok(number),
            Some(_) | None => {
                Err(unsent(FaultClass::Account, Remedy::StopChannel, "ACCOUNT_NOT_OURS"))
            }
        },
        Some(CallLine::ElevenLabs { .. }) => Err(none()),
    }
}

/// The form that has Twilio dial.
///
/// # Errors
/// A refusal for what Twilio could not take.
pub(super) fn place(
    call: &OutboundCall,
    from: &str,
    callbacks: &Callbacks,
) -> Result<Vec<(&'static str, String)>, SendFault> {
    let refused = |title| unsent(FaultClass::Request, Remedy::Fail, title);
    let to = call.to.reveal().ok_or_else(|| refused("NUMBER_HIDDEN"))?.clone();
    let of = |topic| callbacks.of(&call.of, topic);
    let script = twiml::script(call, &of(CallTopic::Gather { step: MENU.into() }));
    if script.len() > TWIML_MAX {
        return Err(refused("SCRIPT_TOO_LONG"));
    }
    let status = "StatusCallbackEvent";
    Ok(vec![
        ("To", to),
        ("From", from.to_owned()),
        ("Twiml", script),
        ("Timeout", call.ring_timeout_s.to_string()),
        ("StatusCallback", of(CallTopic::Status)),
        ("StatusCallbackMethod", "POST".into()),
        (status, "initiated".into()),
        (status, "ringing".into()),
        (status, "answered".into()),
        (status, "completed".into()),
        ("MachineDetection", "Enable".into()),
        ("AsyncAmd", "true".into()),
        ("AsyncAmdStatusCallback", of(CallTopic::AnsweredBy)),
        ("AsyncAmdStatusCallbackMethod", "POST".into()),
        ("Record", "true".into()),
        ("RecordingChannels", "dual".into()),
        ("RecordingStatusCallback", of(CallTopic::Recording)),
        ("RecordingStatusCallbackEvent", "completed".into()),
    ])
}
