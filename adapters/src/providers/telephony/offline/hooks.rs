//! The webhooks of a call, as the real ones send them (wire-formats §4.2, §5.2, §5.3).

use bitacora_commands::calls::{CallPath, CallTopic};
use bitacora_commands::ports::{CallLine, CallRef};
use bitacora_domain::aggregates::call_session::{ProviderIds, ReportedStatus};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::fate::{Ending, Fate};

/// What all webhooks of a call have in common.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) of: CallRef,
    pub(super) ids: ProviderIds,
    pub(super) line: CallLine,
    pub(super) number: String,
    pub(super) began: DateTime<Utc>,
}

/// A webhook.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    said: Said,
    reached: Option<ReportedStatus>,
    told: bool,
    content: Content,
}

/// What it carries.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Twilio's parameters; time and names are added when it is posted.
    Form { topic: CallTopic, parameters: Vec<(String, String)> },
    /// A document of ElevenLabs: its type and data.
    Document { kind: &'static str, data: Value },
}

impl Hook {
    /// The status that the call has with it.
    pub(super) const fn status(&self) -> Option<ReportedStatus> {
        self.reached
    }

    /// Is it posted, or only true?
    pub(super) const fn is_told(&self) -> bool {
        self.told
    }

    /// Does it come after the end, whatever the end was?
    pub(super) fn is_after_the_end(&self) -> bool {
        let recording = matches!(&self.content, Content::Form { topic: CallTopic::Recording, .. });
        self.reached.is_none() && recording
    }

    /// The end in place of this one, because somebody hung up.
    pub(super) fn cut_off(&self, n: usize) -> Self {
        let (status, sequence) = (ReportedStatus::Completed, i64::try_from(n).unwrap_or(99));
        // An agent tells only afterwards; its end is looked up.
        let told = matches!(self.said.line, CallLine::Twilio { .. });
        let mut hook =
            progress(&self.said, "completed", status, sequence, vec![("CallDuration", "1".into())]);
        hook.told = told;
        hook
    }

    /// The address of a form below the source's name, and its parameters.
    pub(super) fn form(&self, now: DateTime<Utc>) -> Option<(String, Vec<(String, String)>)> {
        let Content::Form { topic, parameters } = &self.content else { return None };
        let CallRef { call, attempt, .. } = self.said.of;
        let path = CallPath { call, attempt, topic: topic.clone() }.to_string();
        let (account, from) = self.said.account();
        let common = [
            ("CallSid", self.said.ids.call_sid.clone().unwrap_or_default()),
            ("AccountSid", account.to_owned()),
            ("ApiVersion", "2010-04-01".to_owned()),
            ("Direction", "outbound-api".to_owned()),
            ("From", from.to_owned()),
            ("To", self.said.number.clone()),
            ("Timestamp", now.to_rfc2822()),
        ];
        let common = common.map(|(name, value)| (name.to_owned(), value));
        Some((path, common.into_iter().chain(parameters.iter().cloned()).collect()))
    }

    /// The document of an agent.
    pub(super) fn document(&self, now: DateTime<Utc>) -> Option<Value> {
        let Content::Document { kind, data } = &self.content else { return None };
        Some(json!({ "type": kind, "event_timestamp": now.timestamp(), "data": data }))
    }
}

impl Said {
    fn account(&self) -> (&str, &str) {
        match &self.line {
            CallLine::Twilio { account } => account.split_once('/').unwrap_or((account, "")),
            CallLine::ElevenLabs { .. } => super::USUAL.split_once('/').unwrap_or_default(),
        }
    }
}

/// Everything that comes of an attempt, in the order of the textbook.
pub(super) fn of(fate: &Fate, said: &Said) -> Vec<Hook> {
    match &said.line {
        CallLine::Twilio { .. } => of_carrier(fate, said),
        CallLine::ElevenLabs { agent_id } => of_agent(fate, said, agent_id),
    }
}

fn of_carrier(fate: &Fate, said: &Said) -> Vec<Hook> {
    let at = |status, name: &str, n| progress(said, name, status, n, vec![]);
    let mut hooks = vec![at(ReportedStatus::Initiated, "initiated", 0)];
    if fate.ending == Ending::Fails {
        let sip = vec![("SipResponseCode", "503".to_owned())];
        hooks.push(progress(said, "failed", ReportedStatus::Failed, 1, sip));
        return ended(hooks, fate);
    }
    hooks.push(at(ReportedStatus::Ringing, "ringing", 1));
    match fate.ending {
        Ending::Refused | Ending::Fails => {}
        Ending::Busy => hooks.push(at(ReportedStatus::Busy, "busy", 2)),
        Ending::NoAnswer => hooks.push(at(ReportedStatus::NoAnswer, "no-answer", 2)),
        Ending::Voicemail | Ending::Talks { .. } => {
            hooks.push(at(ReportedStatus::InProgress, "in-progress", 2));
            hooks.push(answered(fate, said));
            hooks.extend(pressed(fate, said));
            hooks.push(completed(fate, said));
        }
    }
    let mut hooks = ended(hooks, fate);
    if matches!(fate.ending, Ending::Talks { .. }) {
        hooks.push(recorded(fate, said));
    }
    hooks
}

/// The end may never be told.
fn ended(mut hooks: Vec<Hook>, fate: &Fate) -> Vec<Hook> {
    if let Some(last) = hooks.last_mut().filter(|_| fate.silent) {
        last.told = false;
    }
    hooks
}

fn form(said: &Said, topic: CallTopic, parameters: Vec<(&str, String)>) -> Hook {
    let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value));
    let content = Content::Form { topic, parameters: parameters.collect() };
    Hook { said: said.clone(), reached: None, told: true, content }
}

fn progress(
    said: &Said,
    name: &str,
    status: ReportedStatus,
    sequence: i64,
    more: Vec<(&str, String)>,
) -> Hook {
    let mut parameters = vec![
        ("CallStatus", name.to_owned()),
        ("SequenceNumber", sequence.to_string()),
        ("CallbackSource", "call-progress-events".to_owned()),
    ];
    parameters.extend(more);
    Hook { reached: Some(status), ..form(said, CallTopic::Status, parameters) }
}

fn answered(fate: &Fate, said: &Said) -> Hook {
    let who = if fate.ending == Ending::Voicemail { "machine_start" } else { "human" };
    let parameters =
        vec![("AnsweredBy", who.to_owned()), ("MachineDetectionDuration", "2400".to_owned())];
    form(said, CallTopic::AnsweredBy, parameters)
}

fn pressed(fate: &Fate, said: &Said) -> Option<Hook> {
    let Ending::Talks { key: Some(key) } = fate.ending else { return None };
    let topic = CallTopic::Gather { step: "menu".into() };
    let parameters = vec![("Digits", key.to_string()), ("CallStatus", "in-progress".to_owned())];
    Some(form(said, topic, parameters))
}

fn completed(fate: &Fate, said: &Said) -> Hook {
    let minutes = (fate.duration_s + 59) / 60;
    let mut more = vec![
        ("CallDuration", fate.duration_s.to_string()),
        ("Duration", minutes.to_string()),
        ("SipResponseCode", "200".to_owned()),
    ];
    if fate.ending == Ending::Voicemail {
        more.push(("AnsweredBy", "machine_start".to_owned()));
    }
    progress(said, "completed", ReportedStatus::Completed, 3, more)
}

fn recorded(fate: &Fate, said: &Said) -> Hook {
    let (sid, (account, _)) = (fate.recording(), said.account());
    let url = format!("https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/{sid}");
    let parameters = vec![
        ("RecordingSid", sid),
        ("RecordingUrl", url),
        ("RecordingStatus", "completed".to_owned()),
        ("RecordingDuration", fate.duration_s.to_string()),
        ("RecordingChannels", "2".to_owned()),
        ("RecordingSource", "OutboundAPI".to_owned()),
        ("RecordingTrack", "both".to_owned()),
    ];
    form(said, CallTopic::Recording, parameters)
}

/// Whoever was called for is through.
pub(super) fn transferred(said: &Said) -> Hook {
    let parameters = vec![
        ("DialCallStatus", "completed".to_owned()),
        ("DialCallDuration", "60".to_owned()),
        ("CallStatus", "in-progress".to_owned()),
    ];
    form(said, CallTopic::Transfer, parameters)
}

/// An agent tells nothing while it talks, and everything afterwards.
fn of_agent(fate: &Fate, said: &Said, agent: &str) -> Vec<Hook> {
    let silent = |status| {
        let told = false;
        Hook { told, ..progress(said, "", status, 0, vec![]) }
    };
    let hook = |status, kind, data| {
        let content = Content::Document { kind, data };
        let reached = Some(status);
        Hook { said: said.clone(), reached, told: !fate.silent, content }
    };
    let failed = |status, reason: &str, sip| {
        hook(status, "call_initiation_failure", not_begun(said, agent, reason, sip))
    };
    let mut hooks = vec![silent(ReportedStatus::Initiated), silent(ReportedStatus::Ringing)];
    hooks.extend(match fate.ending {
        Ending::Refused => vec![],
        Ending::Busy => vec![failed(ReportedStatus::Busy, "busy", 486)],
        Ending::NoAnswer => vec![failed(ReportedStatus::NoAnswer, "no-answer", 487)],
        Ending::Fails => vec![failed(ReportedStatus::Failed, "unknown", 503)],
        Ending::Voicemail | Ending::Talks { .. } => {
            let data = spoken(fate, said, agent);
            let after = hook(ReportedStatus::Completed, "post_call_transcription", data);
            vec![silent(ReportedStatus::InProgress), after]
        }
    });
    hooks
}

fn not_begun(said: &Said, agent: &str, reason: &str, sip: i64) -> Value {
    json!({
        "agent_id": agent,
        "conversation_id": said.ids.el_conversation_id,
        "failure_reason": reason,
        "metadata": { "type": "twilio", "body": {
            "To": said.number, "CallSid": said.ids.call_sid, "CallStatus": reason,
            "SipResponseCode": sip.to_string(), "Direction": "outbound-api",
        } },
    })
}

fn spoken(fate: &Fate, said: &Said, agent: &str) -> Value {
    let turn = |role: &str, message: &str, at: i64| json!({ "role": role, "message": message, "time_in_call_secs": at });
    let machine = fate.ending == Ending::Voicemail;
    let transcript = if machine {
        vec![turn("agent", "Hola, ¿me escucha?", 0)]
    } else {
        vec![
            turn("agent", "Hola, le llamo por su consulta.", 0),
            turn("user", "Sí, cuénteme.", 4),
            turn("agent", "¿Le viene bien que lo veamos mañana?", 7),
            turn("user", "Mañana a las diez, perfecto.", 11),
        ]
    };
    let summary = if machine {
        "Atendió un contestador."
    } else {
        "Interesado; quedó en hablar mañana a las diez."
    };
    json!({
        "agent_id": agent,
        "conversation_id": said.ids.el_conversation_id,
        "status": "done",
        "transcript": transcript,
        "metadata": {
            "start_time_unix_secs": said.began.timestamp(),
            "call_duration_secs": fate.duration_s,
            "cost": fate.duration_s * 5,
            "termination_reason": "client ended call",
            "main_language": "es",
            "phone_call": {
                "type": "twilio", "direction": "outbound", "phone_number_id": "phnum_offline",
                "external_number": said.number, "call_sid": said.ids.call_sid,
            },
        },
        "analysis": {
            "evaluation_criteria_results": {},
            "data_collection_results": {},
            "call_successful": if machine { "failure" } else { "success" },
            "transcript_summary": summary,
        },
        "conversation_initiation_client_data": { "dynamic_variables": {
            "call_session_id": said.of.call,
            "tenant_id": said.of.tenant,
            "attempt": said.of.attempt,
        } },
        "has_audio": false,
    })
}
