//! From a request to its fact: one each, by the address that it was made to.

use bitacora_domain::aggregates::call_session::{
    CallProvider, ProviderIds, RecordingSource, Speaker, Turn,
};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::form::Form;
use super::{Address, CallPath, CallTopic, Own, json as digests, read};
use crate::sources::{
    Arrival, BirthHow, CallBirth, CallFact, CallNews, CallTarget, Fact, FactKind,
};

/// Longest id of Twilio that is believed to be one.
const SID_MAX: usize = 64;

/// What is read of a request before its address is looked at.
struct Told<'a> {
    form: &'a Form,
    /// `CallSid`.
    call: &'a str,
}

/// A fact's key and what is new, or why it is kept.
struct Read {
    key: String,
    news: Result<CallNews, &'static str>,
}

/// The request's fact.
pub(super) fn fact(arrival: &Arrival<'_>) -> Fact {
    let form = Form::of(arrival);
    let raw = json!({"path": arrival.rest, "form": form.json()});
    let unparsable = |kind| {
        let key = format!("tw:odd:{}", digests::digest_bytes(arrival.body));
        Fact { key, account: None, at: None, raw: raw.clone(), repaired: false, kind }
    };
    let Some(address) = Address::of(arrival.rest) else {
        return unparsable(FactKind::Ignored { reason: "UNKNOWN_ADDRESS" });
    };
    let Some(call) = sid(&form, "CallSid") else { return unparsable(FactKind::Unparsable) };
    let told = Told { form: &form, call };
    let Read { key, news } = match &address {
        Address::Ours(path) => told.of_ours(path),
        Address::Own(Own::Voice) => told.voice(),
        Address::Own(Own::Status) => told.status(),
        Address::Own(Own::Recording) => told.recording(),
        Address::Own(Own::Transcription) => told.transcription(),
    };
    let kind = match news {
        Ok(news) => FactKind::Call(Box::new(told.call_fact(&address, news))),
        Err(reason) => FactKind::Ignored { reason },
    };
    let account = account(&form, arrival);
    Fact { key, account, at: read::time(&form, "Timestamp"), raw, repaired: false, kind }
}

/// `<AccountSid>/<our number>`. Callbacks of recordings do not tell the number: there it stands
/// in the query that we gave along.
fn account(form: &Form, arrival: &Arrival<'_>) -> Option<String> {
    let query = Form::of_query(arrival.query);
    let number = query.first("number").map(str::to_owned).or_else(|| read::our_number(form))?;
    Some(format!("{}/{number}", sid(form, "AccountSid")?))
}

fn sid<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.first(name)
        .filter(|sid| sid.len() <= SID_MAX && sid.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

impl Told<'_> {
    fn of_ours(&self, path: &CallPath) -> Read {
        match &path.topic {
            CallTopic::Status => self.status(),
            CallTopic::Recording => self.recording(),
            CallTopic::Transcription => self.transcription(),
            CallTopic::AnsweredBy => {
                let answered_by = self.form.first("AnsweredBy").and_then(read::answered_by);
                let news = answered_by.map(CallNews::AnsweredBy).ok_or("ANSWERED_BY_UNKNOWN");
                self.read("amd", news)
            }
            CallTopic::Gather { step } => {
                let digits = self.form.first("Digits").ok_or("NO_DIGITS");
                let news = digits.map(|digits| {
                    let (step, digits) = (step.clone(), digits.to_owned());
                    CallNews::Digits { step, digits }
                });
                self.read(&format!("gather:{step}"), news)
            }
            CallTopic::Transfer => self.read("transfer", self.transfer()),
        }
    }

    fn call_fact(&self, address: &Address, news: CallNews) -> CallFact {
        let target = match address {
            Address::Ours(path) => {
                Some(CallTarget { call: path.call, attempt: Some(path.attempt) })
            }
            Address::Own(_) => None,
        };
        let begins = target.is_none() && read::is_inbound(self.form);
        let ids = ProviderIds { call_sid: Some(self.call.to_owned()), el_conversation_id: None };
        let birth = begins.then(|| self.birth());
        CallFact { provider: CallProvider::Twilio, target, ids, birth, news: vec![news] }
    }

    fn birth(&self) -> CallBirth {
        let (other_side, number) = read::caller(self.form);
        CallBirth { other_side, number, started_at: self.began(), how: BirthHow::Inbound }
    }

    /// When the call began, from a status that tells its length along.
    fn began(&self) -> Option<DateTime<Utc>> {
        let length = chrono::TimeDelta::try_seconds(self.form.number("CallDuration")?)?;
        read::time(self.form, "Timestamp")?.checked_sub_signed(length)
    }

    fn read(&self, what: &str, news: Result<CallNews, &'static str>) -> Read {
        Read { key: format!("tw:{}:{what}", self.call), news }
    }

    /// Statuses have a number; those without are told apart by what they say.
    fn status(&self) -> Read {
        let text = self.form.first("CallStatus").unwrap_or_default();
        let sequence = self.form.number("SequenceNumber");
        let name = sequence.map_or_else(|| text.to_owned(), |number| number.to_string());
        self.read(&name, self.status_news(text, sequence))
    }

    fn voice(&self) -> Read {
        let text = self.form.first("CallStatus").unwrap_or("ringing");
        self.read("voice", self.status_news(text, None))
    }

    fn status_news(&self, text: &str, sequence: Option<i64>) -> Result<CallNews, &'static str> {
        let form = self.form;
        Ok(CallNews::Status {
            status: read::status(text).ok_or("CALL_STATUS_UNKNOWN")?,
            sequence,
            sip: form.number("SipResponseCode"),
            duration_s: form.number("CallDuration"),
            billed_minutes: form.number("Duration"),
            answered_by: form.first("AnsweredBy").and_then(read::answered_by),
        })
    }

    /// How the leg to a person ended.
    fn transfer(&self) -> Result<CallNews, &'static str> {
        let ended = self.form.first("DialCallStatus").ok_or("NO_DIAL_STATUS")?;
        let connected = matches!(ended, "completed" | "answered");
        let reason = (!connected).then(|| ended.chars().take(100).collect());
        Ok(CallNews::Transfer { connected, reason })
    }

    fn recording(&self) -> Read {
        let status = self.form.first("RecordingStatus").unwrap_or("completed");
        let Some(sid) = sid(self.form, "RecordingSid") else {
            return self.read("recording", Err("NO_RECORDING_SID"));
        };
        let key = format!("tw:{sid}:{status}");
        let url = self.form.first("RecordingUrl").filter(|url| url.starts_with("https://"));
        let news = match (status, url) {
            ("completed", Some(url)) => Ok(CallNews::Recording {
                sid: sid.to_owned(),
                source: RecordingSource::AtProvider { url: url.to_owned() },
                duration_s: self.form.number("RecordingDuration"),
                channels: self.form.number("RecordingChannels"),
            }),
            ("completed", None) => Err("NO_RECORDING_URL"),
            ("in-progress", _) => Err("RECORDING_IN_PROGRESS"),
            ("absent", _) => Err("RECORDING_ABSENT"),
            ("failed", _) => Err("RECORDING_FAILED"),
            _ => Err("RECORDING_STATUS_UNKNOWN"),
        };
        Read { key, news }
    }

    fn transcription(&self) -> Read {
        let Some(sid) = sid(self.form, "TranscriptionSid") else {
            return self.read("transcription", Err("NO_TRANSCRIPTION_SID"));
        };
        let status = self.form.first("TranscriptionStatus").unwrap_or_default();
        let (key, news) = match (status, self.form.first("TranscriptionText")) {
            ("completed", Some(text)) => {
                let turn = Turn { speaker: Speaker::Unknown, text: text.to_owned(), at_s: 0 };
                let (sid, turns) = (sid.to_owned(), vec![turn]);
                let key = format!("tw:{sid}");
                (key, Ok(CallNews::Transcript { sid, turns, language: None }))
            }
            ("completed", None) => (format!("tw:{sid}"), Err("TRANSCRIPTION_EMPTY")),
            ("in-progress", _) => (format!("tw:{sid}:{status}"), Err("TRANSCRIPTION_IN_PROGRESS")),
            ("failed", _) => (format!("tw:{sid}:{status}"), Err("TRANSCRIPTION_FAILED")),
            _ => (format!("tw:{sid}:other"), Err("TRANSCRIPTION_STATUS_UNKNOWN")),
        };
        Read { key, news }
    }
}
