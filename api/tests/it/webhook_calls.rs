//! Twilio over HTTP: what is believed, by the address that was asked for, and what comes of it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use bitacora_commands::calls::{CallPath, CallTopic};
use bitacora_commands::sources::{Secret, twilio};
use bitacora_domain::aggregates::call_session::guards::{Circumstances, Lines};
use bitacora_domain::aggregates::call_session::{
    CallCommand, CallPlan, CallPurpose, CallSession, CallStart, CallStatus,
};
use bitacora_domain::aggregates::channel_account::ChannelKind;
use bitacora_domain::{CallId, ContactId, Personal, Subject, TenantId};

use crate::support::{TWILIO_TOKEN, TestApp, fresh};

const SID: &str = "CAaaaabbbbccccddddeeeeffff00001111";

type Form = Vec<(String, String)>;

fn form(fields: &[(&str, &str)]) -> Form {
    let own = |text: &str| text.to_owned();
    let usual = [("AccountSid", "AC01"), ("CallSid", SID)];
    usual.iter().chain(fields).map(|(name, value)| (own(name), own(value))).collect()
}

fn status(status: &str, sequence: &str, more: &[(&str, &str)]) -> Form {
    let own = [
        ("From", "+541155501234"),
        ("To", "+5491166600033"),
        ("Direction", "outbound-api"),
        ("CallStatus", status),
        ("SequenceNumber", sequence),
    ];
    form(&[&own, more].concat())
}

fn encoded(fields: &Form) -> String {
    let escaped = |text: &String| -> String {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

impl TestApp {
    /// Posts a form as Twilio does, to an address of ours; status, code, and what was answered.
    async fn twilio(&self, rest: &str, fields: &Form, signed_for: &str) -> (u16, String, String) {
        let url = format!("http://{}/webhooks/twilio/{rest}", self.address);
        let signed_for = format!("http://{}/webhooks/twilio/{signed_for}", self.address);
        let token = Secret::new(TWILIO_TOKEN).unwrap();
        let signature = twilio::sign(&token, &signed_for, fields);
        let request = self.client().post(url).header("X-Twilio-Signature", signature);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let reply = self.send(request.body(encoded(fields))).await;
        let code = reply.body["error"]["code"].as_str().unwrap_or_default().to_owned();
        (reply.status, code, reply.body.as_str().unwrap_or_default().to_owned())
    }

    async fn believed(&self, rest: &str, fields: &Form) {
        let (status, code, _) = self.twilio(rest, fields, rest).await;
        assert_eq!((status, code.as_str()), (200, ""), "{rest}");
    }

    /// A call of ours whose request to the provider is under way.
    async fn dialled(&self, tenant: TenantId) -> CallId {
        let (call, contact) = (CallId::new(fresh()), ContactId::new(fresh()));
        let to = Personal::new(Subject::contact(contact), "+5491166600033".to_owned());
        let request = CallCommand::RequestCall {
            contact,
            to,
            plan: CallPlan::usual(CallPurpose::Sales),
            start: CallStart::AtOnce,
            needs_approval: false,
            callback_of: None,
        };
        // a zone where it is noon or so, whenever the test runs
        let hour = chrono::Timelike::hour(&chrono::Utc::now());
        let zone = if (9..20).contains(&hour) { "Etc/UTC" } else { "Etc/GMT+12" };
        let circumstances = Circumstances {
            consent: true,
            do_not_call: false,
            zones: vec![zone.to_owned()],
            lines: Lines { count: 10, free: Some(1) },
            caps: vec![],
            balance: None,
        };
        let place = CallCommand::PlaceCall { attempt: 1, circumstances };
        for command in [request, place] {
            self.execute::<CallSession>(tenant, &call.to_string(), command).await;
        }
        call
    }

    async fn call(&self, call: CallId) -> CallSession {
        let id = call.to_string();
        let loaded = self.app.bus.load::<CallSession>(self.tenant, &id);
        loaded.await.unwrap().unwrap().0
    }
}

fn path(call: CallId, topic: CallTopic) -> String {
    CallPath { call, attempt: 1, topic }.to_string()
}

#[tokio::test]
async fn a_call_of_ours_goes_on_by_what_twilio_tells_in_any_order() {
    let app = TestApp::start().await;
    app.connect_account(ChannelKind::Twilio, "AC01/+541155501234").await;
    let call = app.dialled(app.tenant).await;
    let at = |topic| path(call, topic);
    let gather = at(CallTopic::Gather { step: "menu".into() });
    let end = [("CallDuration", "74"), ("Duration", "2"), ("AnsweredBy", "human")];
    let recording = form(&[
        ("RecordingSid", "RE01"),
        ("RecordingStatus", "completed"),
        ("RecordingUrl", "https://api.twilio.com/2010-04-01/Accounts/AC01/Recordings/RE01"),
        ("RecordingDuration", "73"),
        ("RecordingChannels", "2"),
    ]);
    // the recording and the end come first, everything twice; the answer to the request was lost
    for _ in 0..2 {
        app.believed(&at(CallTopic::Recording), &recording).await;
        app.believed(&at(CallTopic::Status), &status("completed", "3", &end)).await;
        app.believed(&gather, &status("in-progress", "9", &[("Digits", "1")])).await;
        app.believed(&at(CallTopic::Status), &status("ringing", "1", &[])).await;
        app.believed(&at(CallTopic::AnsweredBy), &form(&[("AnsweredBy", "human")])).await;
        let words = [
            ("TranscriptionSid", "TR1"),
            ("TranscriptionStatus", "completed"),
            ("TranscriptionText", "Hola"),
        ];
        app.believed(&at(CallTopic::Transcription), &form(&words)).await;
        app.ingest().await;
    }
    let session = app.call(call).await;
    assert_eq!(session.status(), CallStatus::Completed);
    assert_eq!(session.attempts()[0].ids.call_sid.as_deref(), Some(SID));
    for once in ["CallEnded", "CallRecordingAttached", "CallDigitsGathered", "CallTranscribed"] {
        assert_eq!(app.events(once).await.len(), 1, "{once}");
    }
    assert_eq!(app.texts("select state || ' ' || reason from inbox.facts").await, [""; 0]);
    assert_eq!(app.texts("select kind from inbox.anomalies").await, [""; 0]);
}

#[tokio::test]
async fn twilio_is_believed_for_the_address_that_it_asked_for() {
    let app = TestApp::start().await;
    let call = app.dialled(app.tenant).await;
    let (here, ringing) = (path(call, CallTopic::Status), status("ringing", "1", &[]));
    let there = path(CallId::new(fresh()), CallTopic::Status);
    let (answer, code, _) = app.twilio(&here, &ringing, &there).await;
    assert_eq!((answer, code.as_str()), (401, "SIGNATURE_MISMATCH"), "another call's");
    for (name, value, code) in [
        ("X-Twilio-Signature", "", "SIGNATURE_MISSING"),
        ("X-Twilio-Signature", "abc", "SIGNATURE_MALFORMED"),
        ("X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "SIGNATURE_MISMATCH"),
    ] {
        let (there, shown) = (format!("/webhooks/twilio/{here}"), [(name, value.to_owned())]);
        assert_eq!(app.hook(&there, &shown, b"").await, (401, code.to_owned()));
    }
    let large = form(&[("Padding", "x".repeat(256 * 1024).as_str())]);
    assert_eq!(app.twilio(&here, &large, &here).await.0, 413);
    for nowhere in ["", "other", "0190a1de/1/status"] {
        assert_eq!(app.twilio(nowhere, &ringing, nowhere).await.0, 404, "{nowhere}");
    }
    assert_eq!(app.deliveries().await, 0, "nothing of it is kept");
    app.believed(&here, &ringing).await;
    app.believed(&format!("{here}?x=%2F'"), &status("in-progress", "2", &[])).await;
    app.ingest().await;
    assert_eq!(app.call(call).await.status(), CallStatus::InProgress);
}

#[tokio::test]
async fn somebody_calls_hears_something_and_leaves_a_message() {
    let app = TestApp::start().await;
    let inbound = form(&[
        ("From", "+5491166600044"),
        ("To", "+541155501234"),
        ("Direction", "inbound"),
        ("CallStatus", "ringing"),
    ]);
    let (answer, _, heard) = app.twilio("voice", &inbound, "voice").await;
    assert_eq!(answer, 200);
    assert!(heard.contains("<Say") && heard.contains("recording?number=%2B541155501234"));
    let recording = form(&[
        ("RecordingSid", "RE02"),
        ("RecordingUrl", "https://api.twilio.com/x/RE02"),
        ("RecordingStatus", "completed"),
    ]);
    app.believed("recording?number=%2B541155501234", &recording).await;
    app.ingest().await;
    let kept = app.texts("select state from inbox.facts").await;
    assert_eq!(kept, ["unroutable"; 2], "nobody has the number: no tenant is guessed");
    app.connect_account(ChannelKind::Twilio, "AC01/+541155501234").await;
    let number = "account:TWILIO:AC01/+541155501234";
    assert_eq!(app.app.inbox.release(number).await.unwrap(), 2);
    app.ingest().await;
    app.ingest().await;
    assert_eq!(app.events("InboundCallStarted").await.len(), 1);
    assert_eq!(app.events("CallRecordingAttached").await.len(), 1);
    assert_eq!(app.texts("select state from inbox.facts").await, [""; 0]);
    // the same call once more is the same call
    app.believed("voice", &inbound).await;
    app.ingest().await;
    assert_eq!(app.events("InboundCallStarted").await.len(), 1);
}

#[tokio::test]
async fn a_call_of_one_tenant_on_the_number_of_another_is_for_people() {
    let app = TestApp::start().await;
    let other = TenantId::new(fresh());
    app.register(other, "otro-negocio").await;
    let call = app.dialled(other).await;
    app.connect_account(ChannelKind::Twilio, "AC01/+541155501234").await;
    app.believed(&path(call, CallTopic::Status), &status("ringing", "1", &[])).await;
    app.ingest().await;
    assert_eq!(
        app.texts("select state || ' ' || reason from inbox.facts").await,
        ["failed TENANT_MISMATCH"]
    );
    assert_eq!(app.events("CallRinging").await.len(), 0);
}
