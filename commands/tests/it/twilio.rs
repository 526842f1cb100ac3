//! What the Twilio source reads out of callbacks, and what it answers.

use bitacora_commands::sources::{
    self, Arrival, BirthHow, CallFact, CallNews, Fact, FactKind, Forged, Headers, RequestParts,
    Secret, WebhookSource, twilio,
};
use bitacora_domain::aggregates::call_session::{
    AnsweredBy, CallProvider, RecordingSource, ReportedStatus, Speaker,
};
use bitacora_domain::aggregates::channel_account::ChannelKind;

use crate::sources::{at, ids, reason};

const CALL: &str = "0190a1de-0000-7000-8000-0000000000c1";
const SID: &str = "CAaaaabbbbccccddddeeeeffff00001111";
const NOON: i64 = 1_763_647_920; // 20 November 2025, 14:12 UTC

fn source() -> &'static dyn WebhookSource {
    sources::find("twilio").unwrap()
}

fn form(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/twilio");
    std::fs::read(format!("{folder}/{name}.form")).unwrap()
}

fn arrival<'a>(
    rest: &'a str,
    body: &'a [u8],
    headers: &'a Headers,
    urls: &'a [String],
) -> Arrival<'a> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let content_type = "application/x-www-form-urlencoded; charset=UTF-8";
    Arrival { rest, query, urls, headers, content_type, body, received_at: at(NOON) }
}

fn read(rest: &str, body: &[u8]) -> Fact {
    let facts = source().facts(&arrival(rest, body, &Headers::default(), &[]));
    let [fact] = <[Fact; 1]>::try_from(facts).unwrap();
    fact
}

/// The fact of a callback about attempt 2 of our call.
fn ours(topic: &str, name: &str) -> (Fact, CallFact) {
    call(read(&format!("{CALL}/2/{topic}"), &form(name)))
}

fn call(fact: Fact) -> (Fact, CallFact) {
    let FactKind::Call(call) = fact.kind.clone() else { panic!("{fact:?}: {}", fact.kind.name()) };
    (fact, *call)
}

#[test]
fn a_status_leads_to_our_attempt() {
    let (fact, call) = ours("status", "status_completed");
    assert_eq!(fact.key, format!("tw:{SID}:3"));
    assert_eq!(
        fact.account.as_deref(),
        Some("ACffff/+541155501234"),
        "the number that we called from"
    );
    assert_eq!(fact.at, Some(at(NOON + 84)));
    assert_eq!(call.provider, CallProvider::Twilio);
    let target = call.target.unwrap();
    assert_eq!((target.call.to_string().as_str(), target.attempt), (CALL, Some(2)));
    assert_eq!(call.ids.call_sid.as_deref(), Some(SID));
    assert_eq!(call.birth, None, "a call of ours is never born");
    assert_eq!(
        call.news,
        [CallNews::Status {
            status: ReportedStatus::Completed,
            sequence: Some(3),
            sip: Some(200),
            duration_s: Some(74),
            billed_minutes: Some(2),
            answered_by: Some(AnsweredBy::Human),
        }]
    );
    assert_eq!(source().accounts(), Some(ChannelKind::Twilio));
    assert!(ChannelKind::Twilio.canonical(&fact.account.unwrap()).is_some());
}

#[test]
fn every_status_is_known_by_its_name() {
    for (name, expected, key) in [
        ("status_initiated", ReportedStatus::Initiated, "0"),
        ("status_ringing", ReportedStatus::Ringing, "1"),
        ("status_answered", ReportedStatus::InProgress, "2"),
        ("status_busy", ReportedStatus::Busy, "2"),
        ("status_no_answer", ReportedStatus::NoAnswer, "2"),
        ("status_failed", ReportedStatus::Failed, "1"),
        ("status_canceled", ReportedStatus::Canceled, "2"),
        ("status_without_number", ReportedStatus::Ringing, "ringing"),
    ] {
        let (fact, call) = ours("status", name);
        let [CallNews::Status { status, .. }] = call.news.as_slice() else { panic!("{name}") };
        assert_eq!((*status, fact.key), (expected, format!("tw:{SID}:{key}")), "{name}");
    }
    let unknown = read(&format!("{CALL}/2/status"), &form("status_unknown"));
    assert_eq!(reason(&unknown), Some("CALL_STATUS_UNKNOWN"));
}

#[test]
fn artefacts_have_keys_of_their_own() {
    let (fact, call) = ours("recording", "recording");
    assert_eq!(fact.key, "tw:REaaaabbbbccccddddeeeeffff00009999:completed");
    assert_eq!(fact.account, None, "callbacks of recordings do not tell the number");
    let [CallNews::Recording { sid, source, duration_s, channels }] = call.news.as_slice() else {
        panic!()
    };
    assert_eq!(
        (sid.as_str(), *duration_s, *channels),
        ("REaaaabbbbccccddddeeeeffff00009999", Some(73), Some(2))
    );
    assert!(matches!(source, RecordingSource::AtProvider { url } if url.ends_with("9999")));

    let (fact, call) = ours("transcription", "transcription");
    assert_eq!(fact.key, "tw:TR01");
    let [CallNews::Transcript { turns, language: None, .. }] = call.news.as_slice() else {
        panic!()
    };
    assert_eq!((turns[0].speaker, turns[0].text.as_str()), (Speaker::Unknown, "Hola, me interesa"));

    let (fact, call) = ours("amd", "amd");
    assert_eq!(fact.key, format!("tw:{SID}:amd"));
    assert_eq!(call.news, [CallNews::AnsweredBy(AnsweredBy::MachineEndBeep)]);

    let (fact, call) = ours("gather/menu", "gather");
    assert_eq!(fact.key, format!("tw:{SID}:gather:menu"));
    assert_eq!(call.news, [CallNews::Digits { step: "menu".into(), digits: "1".into() }]);

    let (fact, call) = ours("transfer", "transfer");
    assert_eq!(fact.key, format!("tw:{SID}:transfer"));
    let reason = Some("no-answer".to_owned());
    assert_eq!(call.news, [CallNews::Transfer { connected: false, reason }]);
}

#[test]
fn what_says_nothing_new_is_kept() {
    for (topic, name, expected) in [
        ("recording", "recording_absent", "RECORDING_ABSENT"),
        ("recording", "amd", "NO_RECORDING_SID"),
        ("transcription", "transcription_failed", "TRANSCRIPTION_FAILED"),
        ("gather/menu", "gather_nothing", "NO_DIGITS"),
        ("amd", "gather", "ANSWERED_BY_UNKNOWN"),
        ("transfer", "gather", "NO_DIAL_STATUS"),
    ] {
        let fact = read(&format!("{CALL}/2/{topic}"), &form(name));
        assert_eq!(reason(&fact), Some(expected), "{topic} {name}");
    }
}

#[test]
fn somebody_calls_and_a_session_is_born() {
    let (fact, told) = call(read("voice", &form("inbound")));
    assert_eq!(fact.key, "tw:CAinbound01:voice");
    assert_eq!(fact.account.as_deref(), Some("ACffff/+541155501234"), "the number that was called");
    let birth = told.birth.unwrap();
    assert_eq!((birth.how, birth.number.as_deref()), (BirthHow::Inbound, Some("+5491166600044")));
    assert_eq!(ids(&birth.other_side)[0].1, "+5491166600044");
    let (_, told) = call(read("voice", &form("inbound_hidden")));
    assert!(told.birth.unwrap().other_side.identities.is_empty());
    // the end tells when it began
    let (fact, told) = call(read("status", &form("inbound_completed")));
    assert_eq!(fact.key, "tw:CAinbound01:0");
    let birth = told.birth.unwrap();
    assert_eq!(birth.started_at.unwrap(), fact.at.unwrap() - chrono::TimeDelta::seconds(41));
    // what is left of it carries the number that was called in its address
    let (fact, told) = call(read("recording?number=%2B541155501234", &form("recording")));
    assert_eq!(fact.account.as_deref(), Some("ACffff/+541155501234"));
    assert_eq!((told.birth, told.target), (None, None));
}

#[test]
fn what_the_inbox_keeps_says_the_same_again() {
    let headers: Headers = [("x-twilio-signature", "abc")].into_iter().collect();
    for (rest, name) in [
        ("recording?number=%2B541155501234".to_owned(), "recording"),
        (format!("{CALL}/2/gather/menu"), "gather"),
        ("voice".to_owned(), "inbound"),
    ] {
        let body = form(name);
        let arrival = arrival(&rest, &body, &headers, &[]);
        let kept = serde_json::to_value(RequestParts::of(source(), &arrival)).unwrap();
        assert!(!kept.to_string().contains("signature"), "{kept}");
        let kept: RequestParts = serde_json::from_value(kept).unwrap();
        let again = source().facts(&Arrival::again(&kept, &body, at(NOON)));
        assert_eq!(again, source().facts(&arrival), "{rest}");
        assert!(matches!(again[0].kind, FactKind::Call(_)));
    }
}

#[test]
fn only_our_own_addresses_are_taken() {
    for good in ["voice", "status", "recording", "transcription"] {
        assert!(sources::at(&format!("twilio/{good}")).is_some(), "{good}");
    }
    let call = format!("twilio/{CALL}/1/status");
    assert_eq!(sources::at(&call).unwrap().1, format!("{CALL}/1/status"));
    for bad in ["", "/", "/voice/", "/x", "/status/1", "/0190a1de/1/status"] {
        assert!(sources::at(&format!("twilio{bad}")).is_none(), "{bad}");
    }
}

#[test]
fn whoever_is_on_the_line_hears_something() {
    let reply = |rest: &str, name: &str| {
        let body = form(name);
        source().reply(&arrival(rest, &body, &Headers::default(), &[]))
    };
    let voice = reply("voice", "inbound");
    assert!(voice.content_type.starts_with("text/xml"));
    assert!(voice.body.contains(r#"recordingStatusCallback="recording?number=%2B541155501234""#));
    let keys = reply(&format!("{CALL}/1/gather/menu"), "gather");
    assert!(keys.body.contains("<Say") && keys.body.contains("<Hangup/>"));
    assert!(reply(&format!("{CALL}/1/status"), "status_ringing").body.ends_with("<Response/>"));
}

#[test]
fn cut_off_or_odd_bodies_are_facts() {
    let whole = form("status_completed");
    for end in 0..whole.len() {
        let facts = source().facts(&arrival("status", &whole[..end], &Headers::default(), &[]));
        assert_eq!(facts.len(), 1);
    }
    for odd in
        [&b""[..], b"&&&", b"=", b"CallSid=", b"CallSid=%00%ff", b"{}", b"CallSid=a b&CallStatus"]
    {
        let fact = read("status", odd);
        assert!(reason(&fact).is_some(), "{odd:?}");
    }
    let twice = b"CallSid=CA1&CallSid=CA2&CallStatus=ringing&AccountSid=AC1";
    assert_eq!(read("status", twice).key, "tw:CA1:ringing");
}

#[test]
fn the_address_that_was_asked_for_is_signed() {
    let token = Secret::new("auth-token").unwrap();
    let body = form("status_ringing");
    let parameters: Vec<(String, String)> = serde_form(&body);
    let rest = format!("{CALL}/2/status");
    let url = format!("https://our.example/webhooks/twilio/{rest}");
    let signature = twilio::sign(&token, &url, &parameters);
    let headers: Headers = [("x-twilio-signature", signature.as_str())].into_iter().collect();
    let check = |urls: &[String], body: &[u8]| {
        source().verify(
            std::slice::from_ref(&token),
            &arrival(&rest, body, &headers, urls),
            at(NOON),
        )
    };
    assert_eq!(check(std::slice::from_ref(&url), &body), Ok(()));
    assert_eq!(check(&["https://other.example/x".into(), url.clone()], &body), Ok(()));
    assert_eq!(
        check(&[url.replace("/2/", "/3/")], &body),
        Err(Forged::Mismatch),
        "another attempt"
    );
    assert_eq!(check(&[], &body), Err(Forged::Mismatch), "nobody knows our address");
    assert_eq!(check(&[url], &form("status_busy")), Err(Forged::Mismatch), "another body");
}

/// Names and values of a form without percent signs in what it decodes to.
fn serde_form(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8(body.to_vec()).unwrap().replace('+', " ");
    let decoded = |text: &str| text.replace("%2B", "+").replace("%2C", ",").replace("%3A", ":");
    text.split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}
