//! What the clients say, and what they conclude from what they hear.

use std::sync::Arc;
use std::time::Duration;

use bitacora_adapters::clock::SystemClock;
use bitacora_adapters::providers::elevenlabs::{ElevenLabs, ElevenLabsSettings};
use bitacora_adapters::providers::twilio::{Twilio, TwilioSettings};
use bitacora_commands::calls::{CallPath, CallTopic};
use bitacora_commands::ports::{
    CallLine, CallRef, Destination, Ended, FaultClass, Funds, OutboundCall, Refusal, Remedy,
    SendFault, Telephony, Wanted,
};
use bitacora_domain::aggregates::call_session::{
    AnsweredBy, CallProvider, CallPurpose, ProviderIds, ReportedStatus,
};
use bitacora_domain::{CallId, Personal, Subject, TenantId, UserId};
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fake::{Fake, Fault, answer};

const MADE: &str = r#"{"sid":"CAaaaabbbbccccddddeeeeffff00001111","status":"queued"}"#;

fn twilio(fake: &Fake) -> Twilio {
    let settings = TwilioSettings {
        url: fake.url.clone(),
        account_sid: "ACffff".into(),
        auth_token: "12345".into(),
        number: Some("+541155501234".into()),
        callbacks: "https://our.example/in".into(),
        answer_within: Some(Duration::from_millis(700)),
    };
    Twilio::new(settings, Arc::new(SystemClock)).unwrap()
}

fn agents(fake: &Fake) -> ElevenLabs {
    let settings = ElevenLabsSettings {
        url: fake.url.clone(),
        key: "sk_x".into(),
        agent_id: Some("agent_01".into()),
        phone_number_id: Some("phnum_01".into()),
        answer_within: Some(Duration::from_millis(700)),
    };
    ElevenLabs::new(&settings, Arc::new(SystemClock)).unwrap()
}

fn personal(text: &str) -> Personal<String> {
    Personal::new(Subject("contact:x".into()), text.to_owned())
}

fn of() -> CallRef {
    let (tenant, call) = (TenantId::new(Uuid::from_u128(1)), CallId::new(Uuid::from_u128(2)));
    CallRef { tenant, call, attempt: 3 }
}

fn call(line: Option<CallLine>) -> OutboundCall {
    OutboundCall {
        of: of(),
        line,
        to: personal("+5491166600033"),
        name: Some(personal("Mariano <\"Tito\"> & Cía")),
        business: "Óptica Luz".into(),
        purpose: CallPurpose::Sales,
        voice: None,
        ring_timeout_s: 25,
    }
}

fn ids(sid: &str) -> ProviderIds {
    ProviderIds { call_sid: Some(sid.into()), el_conversation_id: None }
}

/// The parameters of a form, in order.
fn form(body: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("form:/?{body}")).unwrap();
    url.query_pairs().into_owned().collect()
}

fn value<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    &form.iter().find(|(key, _)| key == name).unwrap().1
}

#[tokio::test]
async fn twilio_is_told_whom_to_call_and_where_to_call_back() {
    let fake = Fake::start([answer(201, MADE)]).await;
    let placed = twilio(&fake).place(call(None)).await.unwrap();
    assert_eq!(placed, ids("CAaaaabbbbccccddddeeeeffff00001111"));
    let (head, body) = fake.seen().remove(0);
    assert!(head.starts_with("POST /2010-04-01/Accounts/ACffff/Calls.json HTTP/1.1"), "{head}");
    assert!(head.contains("Basic QUNmZmZmOjEyMzQ1"), "the account and its token: {head}");
    let form = form(&body);
    assert_eq!(value(&form, "To"), "+5491166600033");
    assert_eq!(value(&form, "From"), "+541155501234");
    assert_eq!(value(&form, "Timeout"), "25");
    let events: Vec<_> =
        form.iter().filter(|(name, _)| name == "StatusCallbackEvent").map(|(_, v)| v).collect();
    assert_eq!(events, ["initiated", "ringing", "answered", "completed"]);
    for (name, topic) in [
        ("StatusCallback", CallTopic::Status),
        ("AsyncAmdStatusCallback", CallTopic::AnsweredBy),
        ("RecordingStatusCallback", CallTopic::Recording),
    ] {
        let rest = value(&form, name).strip_prefix("https://our.example/in/webhooks/twilio/");
        let path = CallPath { call: of().call, attempt: 3, topic };
        assert_eq!(CallPath::parse(rest.unwrap()), Some(path), "{name}");
    }
    let script = value(&form, "Twiml");
    assert!(script.contains("/3/gather/menu\"") && script.len() < 4_000, "{script}");
    assert!(script.contains("Hola, Mariano &lt;&quot;Tito&quot;&gt; &amp; Cía."), "{script}");
    assert!(script.contains("Marque 1 si le interesa, 2 para que lo llamemos más tarde"));
}

#[tokio::test]
async fn only_what_certainly_did_nothing_may_be_followed_by_another_attempt() {
    let invalid = r#"{"code":21211,"message":"Invalid 'To' Phone Number","status":400}"#;
    let fake = Fake::start([
        Fault::CloseRead,
        Fault::Silence,
        answer(500, r#"{"code":20500,"message":"x","status":500}"#),
        answer(201, "oops"),
        Fault::Answer(429, "retry-after: 7\r\n", r#"{"code":20429,"message":"slow"}"#.into()),
        answer(400, invalid),
        answer(401, r#"{"code":20003,"message":"Authenticate","status":401}"#),
        Fault::CloseUnread,
    ])
    .await;
    let twilio = twilio(&fake);
    let mut told = Vec::new();
    for _ in 0..8 {
        told.push(twilio.place(call(None)).await.unwrap_err());
    }
    let unknown = |reason| SendFault::Unknown(reason);
    assert_eq!(
        told[..4],
        [
            unknown("CONNECTION_LOST"),
            unknown("TIMEOUT"),
            unknown("SERVER_ERROR"),
            unknown("UNREADABLE_ANSWER")
        ]
    );
    let refusal = |fault: &SendFault| {
        let SendFault::Refused(Refusal { code, class, remedy, after, .. }) = fault else {
            panic!("{fault:?} is a refusal")
        };
        (*code, *class, *remedy, *after)
    };
    let seven = Some(TimeDelta::seconds(7));
    assert_eq!(refusal(&told[4]), (20_429, FaultClass::Throttled, Remedy::Retry, seven));
    assert_eq!(refusal(&told[5]), (21_211, FaultClass::Recipient, Remedy::Fail, None));
    assert_eq!(refusal(&told[6]), (20_003, FaultClass::Auth, Remedy::StopChannel, None));
    assert_eq!(told[7], unknown("CONNECTION_LOST"), "it may have been read");
    let nobody = TwilioSettings {
        url: "http://127.0.0.1:1".into(),
        account_sid: "AC1".into(),
        auth_token: "x".into(),
        number: Some("+541155501234".into()),
        callbacks: "https://our.example".into(),
        answer_within: None,
    };
    let nobody = Twilio::new(nobody, Arc::new(SystemClock)).unwrap();
    let fault = nobody.place(call(None)).await.unwrap_err();
    assert_eq!(fault, SendFault::Unreachable("NO_CONNECTION"));
}

#[tokio::test]
async fn a_line_of_another_account_is_not_dialled_over() {
    let fake = Fake::start([answer(201, MADE)]).await;
    let line = |account: &str| Some(CallLine::Twilio { account: account.into() });
    let twilio = twilio(&fake);
    let other = twilio.place(call(line("AC0000/+541155509999"))).await;
    assert!(matches!(other, Err(SendFault::Refused(_))), "{other:?}");
    twilio.place(call(line("ACffff/+541155509999"))).await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(value(&form(&seen[0].1), "From"), "+541155509999");
}

#[tokio::test]
async fn twilio_says_how_a_call_stands_and_which_calls_there_were() {
    let done = json!({
        "sid": "CA1", "status": "completed", "duration": "74", "answered_by": "human",
        "price": "-0.02250", "price_unit": "usd", "end_time": "Thu, 20 Nov 2025 14:13:14 +0000",
    });
    let listed = |sid: &str, at: &str| json!({ "sid": sid, "date_created": at });
    let page = json!({ "calls": [
        listed("CAlate", "Thu, 20 Nov 2025 14:20:00 +0000"),
        listed("CAin", "Thu, 20 Nov 2025 14:12:00 +0000"),
        listed("CAearly", "Thu, 20 Nov 2025 13:00:00 +0000"),
    ] });
    let gone = answer(404, r#"{"code":20404,"message":"not found","status":404}"#);
    let fake =
        Fake::start([answer(200, &done.to_string()), gone, answer(200, &page.to_string())]).await;
    let twilio = twilio(&fake);
    let seen = twilio.look(&ids("CA1")).await.unwrap().unwrap();
    assert_eq!((seen.status, seen.duration_s), (ReportedStatus::Completed, Some(74)));
    assert_eq!(seen.answered_by, Some(AnsweredBy::Human));
    assert_eq!(seen.cost, Some((CallProvider::Twilio, 22_500, "USD".into())));
    assert_eq!(twilio.look(&ids("CA2")).await.unwrap(), None);
    let wanted = Wanted {
        line: None,
        to: personal("+5491166600033"),
        from: "2025-11-20T14:11:00Z".parse().unwrap(),
        until: "2025-11-20T14:15:00Z".parse().unwrap(),
    };
    assert_eq!(twilio.find(&wanted).await.unwrap(), Some(vec![ids("CAin")]));
    assert!(fake.seen()[2].0.contains("To=%2B5491166600033&From=%2B541155501234"));
    assert!(twilio.look(&ids("../Balance")).await.is_err(), "an id does not become a path");
}

#[tokio::test]
async fn twilio_hangs_up_puts_through_and_tells_what_is_left() {
    let over = r#"{"code":21220,"message":"Call is not in-progress","status":400}"#;
    let fake = Fake::start([
        answer(200, MADE),
        answer(400, over),
        answer(200, MADE),
        answer(200, r#"{"balance":"12.5","currency":"USD"}"#),
    ])
    .await;
    let twilio = twilio(&fake);
    assert_eq!(twilio.hang_up(&ids("CA1")).await, Ok(Ended::Taken));
    assert_eq!(twilio.hang_up(&ids("CA1")).await, Ok(Ended::Over));
    let agent = UserId::new(Uuid::from_u128(9));
    let to = Destination::Agent(agent);
    assert_eq!(twilio.transfer(&of(), &ids("CA1"), to).await, Ok(Ended::Taken));
    let funds = Some(Funds { amount_e6: 12_500_000, currency: "USD".into() });
    assert_eq!(twilio.balance().await, Ok(funds.clone()));
    assert_eq!(twilio.balance().await, Ok(funds), "believed for a while");
    let seen = fake.seen();
    assert_eq!(value(&form(&seen[0].1), "Status"), "completed");
    let twiml = form(&seen[2].1);
    let twiml = value(&twiml, "Twiml");
    assert!(twiml.contains(&format!("<Client>{agent}</Client>")) && twiml.contains("/3/transfer"));
}

#[tokio::test]
async fn an_agent_is_told_whom_to_call_and_our_names_travel_along() {
    let made = r#"{"success":true,"message":"ok","conversation_id":"conv_1","callSid":"CA9"}"#;
    let fake = Fake::start([
        answer(200, made),
        answer(200, r#"{"success":false,"message":"number is not verified"}"#),
        Fault::Silence,
        answer(422, r#"{"detail":{"status":"invalid","message":"no"}}"#),
    ])
    .await;
    let agents = agents(&fake);
    let placed = agents.place(call(None)).await.unwrap();
    let both =
        ProviderIds { call_sid: Some("CA9".into()), el_conversation_id: Some("conv_1".into()) };
    assert_eq!(placed, both);
    let (head, body) = fake.seen().remove(0);
    assert!(head.starts_with("POST /v1/convai/twilio/outbound-call "), "{head}");
    assert!(head.contains("xi-api-key: sk_x"));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["agent_id"], &body["agent_phone_number_id"], &body["to_number"]),
        (&json!("agent_01"), &json!("phnum_01"), &json!("+5491166600033"))
    );
    let variables = &body["conversation_initiation_client_data"]["dynamic_variables"];
    assert_eq!(variables["call_session_id"], of().call.to_string());
    assert_eq!((&variables["attempt"], &variables["empresa"]), (&json!(3), &json!("Óptica Luz")));
    assert!(matches!(agents.place(call(None)).await, Err(SendFault::Refused(_))));
    assert_eq!(agents.place(call(None)).await, Err(SendFault::Unknown("TIMEOUT")));
    assert!(matches!(agents.place(call(None)).await, Err(SendFault::Refused(_))));
}

#[tokio::test]
async fn a_conversation_that_is_done_comes_as_its_webhook_would_have() {
    let done = json!({
        "agent_id": "agent_01", "conversation_id": "conv_1", "status": "done", "transcript": [],
        "metadata": { "start_time_unix_secs": 1_763_647_920, "call_duration_secs": 74 },
    });
    let mut talking = done.clone();
    talking["status"] = "in-progress".into();
    let fake = Fake::start([
        answer(200, &talking.to_string()),
        answer(200, &done.to_string()),
        answer(404, r#"{"detail":{"status":"not_found"}}"#),
    ])
    .await;
    let agents = agents(&fake);
    let known = ProviderIds { call_sid: None, el_conversation_id: Some("conv_1".into()) };
    let seen = agents.look(&known).await.unwrap().unwrap();
    assert_eq!((seen.status, seen.after_call), (ReportedStatus::InProgress, None));
    let seen = agents.look(&known).await.unwrap().unwrap();
    assert_eq!((seen.status, seen.duration_s), (ReportedStatus::Completed, Some(74)));
    assert_eq!(seen.at.timestamp(), 1_763_647_994);
    let webhook = seen.after_call.unwrap();
    assert_eq!((&webhook["type"], &webhook["data"]), (&json!("post_call_transcription"), &done));
    assert_eq!(agents.look(&known).await.unwrap(), None);
}
