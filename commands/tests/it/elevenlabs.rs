//! What the ElevenLabs source reads, and what it makes of a body while it arrives.

use base64::Engine as _;
use bitacora_commands::sources::streaming::{FileIn, FileRef, IntakeFault};
use bitacora_commands::sources::{
    self, BirthHow, CallFact, CallNews, Fact, FactKind, Forged, Headers, Secret, WebhookSource,
};
use bitacora_domain::aggregates::call_session::{
    AnalysisResult, AnsweredBy, CallDirection, CallOutcome, CallProvider, InitiationFailure,
    ReportedStatus, Speaker,
};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::sources::{Request, at, body, facts, ids, reason};

const AT: i64 = 1_763_648_400;

fn source() -> &'static dyn WebhookSource {
    sources::find("elevenlabs").unwrap()
}

fn only(name: &str) -> Fact {
    let body = body("elevenlabs", name);
    let [fact] = <[Fact; 1]>::try_from(facts("elevenlabs", &Request::new(&body, &[]))).unwrap();
    fact
}

fn call(fact: &Fact) -> &CallFact {
    let FactKind::Call(call) = &fact.kind else { panic!("{fact:?}") };
    call
}

fn names(call: &CallFact) -> Vec<&'static str> {
    call.news.iter().map(CallNews::name).collect()
}

fn imported(call: &CallFact) -> (CallDirection, CallOutcome, Option<i64>) {
    let how = call.birth.as_ref().unwrap().how;
    let BirthHow::Imported { direction, outcome, duration_s } = how else { panic!("{how:?}") };
    (direction, outcome, duration_s)
}

#[test]
fn a_transcription_says_everything_at_once() {
    let fact = only("transcription");
    assert_eq!(fact.key, "el:conv_01kbq7m2n8:transcript");
    assert_eq!(fact.account.as_deref(), Some("agent_01hxyzventas"));
    assert_eq!(fact.at, Some(at(1_763_648_010)));
    let call = call(&fact);
    assert_eq!(call.provider, CallProvider::ElevenLabs);
    let target = call.target.unwrap();
    assert_eq!(target.call.to_string(), "018f2f6e-0000-7000-8000-0000000000c1");
    assert_eq!(target.attempt, Some(1));
    assert_eq!(call.ids.el_conversation_id.as_deref(), Some("conv_01kbq7m2n8"));
    assert_eq!(call.ids.call_sid.as_deref(), Some("CAaaaabbbbccccddddeeeeffff00001111"));
    assert_eq!(names(call), ["transcript", "analysis", "cost", "status"]);
    let birth = call.birth.as_ref().unwrap();
    assert_eq!(ids(&birth.other_side)[0].1, "+5491166600033");
    assert_eq!(birth.started_at, Some(at(1_763_647_920)));
    assert_eq!(imported(call), (CallDirection::Outbound, CallOutcome::Completed, Some(74)));
    let [
        CallNews::Transcript { sid, turns, language },
        CallNews::Analysis { success, summary, criteria, collected },
        CallNews::Cost { amount_e6, currency },
        CallNews::Status { status, duration_s, answered_by: None, .. },
    ] = &call.news[..]
    else {
        panic!()
    };
    assert_eq!((sid.as_str(), language.as_deref()), ("conv_01kbq7m2n8", Some("es")));
    let said: Vec<_> = turns.iter().map(|turn| (turn.speaker, turn.at_s)).collect();
    assert_eq!(said, [(Speaker::Agent, 0), (Speaker::Callee, 5)], "a tool says nothing");
    assert_eq!(*success, AnalysisResult::Success);
    assert!(summary.as_ref().unwrap().starts_with("Interesado"));
    assert_eq!(criteria[0].0, "cita_agendada");
    let collected: Vec<_> = collected.iter().map(|(id, value, _)| (&id[..], &value[..])).collect();
    assert_eq!(collected, [("presupuesto", "120000")], "what was not found is no value");
    assert_eq!((*amount_e6, currency.as_str()), (410_000_000, "CREDITS"));
    assert_eq!((*status, *duration_s), (ReportedStatus::Completed, Some(74)));
}

#[test]
fn what_is_missing_or_unknown_costs_nothing_else() {
    let web = only("transcription_web_without_analysis");
    assert_eq!(names(call(&web)), ["transcript", "cost", "status"]);
    assert_eq!(call(&web).target, None);
    assert_eq!(imported(call(&web)).0, CallDirection::Inbound);
    assert!(call(&web).birth.as_ref().unwrap().other_side.identities.is_empty());
    let pigeon = only("transcription_unknown_carrier");
    assert_eq!(call(&pigeon).ids.call_sid, None, "another carrier's ids are not Twilio's");
    assert_eq!(names(call(&pigeon)).len(), 4);
    let birth = call(&pigeon).birth.as_ref().unwrap();
    assert_eq!(birth.number.as_deref(), Some("anonymous"));
    assert!(birth.other_side.identities.is_empty());
    let sip = only("transcription_sip_failed");
    assert_eq!(call(&sip).ids.call_sid.as_deref(), Some("SCL_x9"));
    assert_eq!(names(call(&sip)), ["analysis", "cost", "status"], "nobody said a word");
    assert_eq!(imported(call(&sip)), (CallDirection::Inbound, CallOutcome::Failed, Some(74)));
    let machine = only("transcription_voicemail");
    assert_eq!(imported(call(&machine)).1, CallOutcome::Voicemail);
    let Some(CallNews::Status { answered_by, .. }) = call(&machine).news.last() else { panic!() };
    assert_eq!(*answered_by, Some(AnsweredBy::MachineEndOther));
    assert_eq!(reason(&only("unknown_type")), Some("TYPE_NOT_HANDLED"));
    assert_eq!(reason(&only("no_conversation")), Some("NO_CONVERSATION"));
    assert_eq!(reason(&only("audio")), Some("MALFORMED_AUDIO"), "the door takes it out before");
}

#[allow(clippy::wildcard_enum_match_arm, reason = "one of many is asked about")]
#[test]
fn a_call_that_goes_on_is_no_birth() {
    let mut value: Value = serde_json::from_slice(&body("elevenlabs", "transcription")).unwrap();
    for (status, birth, reported) in [
        ("initiated", false, Some(ReportedStatus::Initiated)),
        ("in-progress", false, Some(ReportedStatus::InProgress)),
        ("processing", true, Some(ReportedStatus::Completed)),
        ("meditating", false, None),
    ] {
        value["data"]["status"] = status.into();
        let body = value.to_string();
        let facts = facts("elevenlabs", &Request::new(body.as_bytes(), &[]));
        let call = call(&facts[0]);
        assert_eq!(call.birth.is_some(), birth, "{status}");
        let said = call.news.iter().find_map(|news| match news {
            CallNews::Status { status, .. } => Some(*status),
            _ => None,
        });
        assert_eq!(said, reported);
    }
}

#[test]
fn calls_that_reach_nobody_say_why() {
    for (name, expected, sip, sid, to) in [
        (
            "failure_twilio",
            InitiationFailure::NoAnswer,
            Some(487),
            Some("CAaaaabbbbccccddddeeeeffff00002222"),
            Some("+5491166600033"),
        ),
        ("failure_sip", InitiationFailure::Busy, Some(486), Some("SCL_x1"), Some("+5491166600034")),
        ("failure_unknown", InitiationFailure::Unknown, None, None, None),
    ] {
        let fact = only(name);
        assert!(fact.key.ends_with(":failure"));
        let call = call(&fact);
        let [CallNews::InitiationFailed { reason, sip: code }] = &call.news[..] else { panic!() };
        assert_eq!((*reason, *code), (expected, sip));
        assert_eq!(call.ids.call_sid.as_deref(), sid);
        assert_eq!(call.birth.as_ref().and_then(|birth| birth.number.as_deref()), to);
    }
}

#[test]
fn a_header_names_the_account_and_the_time_of_sending_is_no_content() {
    let text = body("elevenlabs", "transcription");
    let keyed =
        facts("elevenlabs", &Request::new(&text, &[("x-account-key", "elevenlabs_calls_main")]));
    assert_eq!(keyed[0].account.as_deref(), Some("elevenlabs_calls_main"));
    assert_eq!(source().kept_headers(), ["x-account-key"]);
    let again = String::from_utf8(text).unwrap().replace("1763648010", "1763648999");
    let again = facts("elevenlabs", &Request::new(again.as_bytes(), &[]));
    assert_eq!((&again[0].raw, &again[0].key), (&keyed[0].raw, &keyed[0].key));
}

fn sign(secret: &str, time: i64, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let mac = mac.chain_update(format!("{time}.")).chain_update(body).finalize();
    format!("t={time},v0={}", hex::encode(mac.into_bytes()))
}

/// What the door makes of a body that comes in pieces of `size` bytes.
fn stream(
    secrets: &[Secret],
    headers: &[(&str, &str)],
    body: &[u8],
    size: usize,
) -> Result<(Vec<u8>, FileIn, Vec<u8>), IntakeFault> {
    let request = Request::new(b"", headers);
    let mut intake = source().intake(secrets, &request.arrival(), at(AT)).unwrap()?;
    let mut file = Vec::new();
    for piece in body.chunks(size) {
        intake.take(piece, &mut file)?;
    }
    let rest = intake.finish(&mut file)?;
    let found = rest.file();
    let reference = FileRef { blob: "ab".repeat(32), bytes: file.len() as u64 };
    Ok((file, found, rest.into_body((found == FileIn::Whole).then_some(&reference))))
}

#[test]
fn audio_is_taken_out_while_it_arrives() {
    let secrets = [Secret::new("otro").unwrap(), Secret::new("wsec").unwrap()];
    let audio: Vec<u8> =
        (0..100_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let text = base64::engine::general_purpose::STANDARD.encode(&audio);
    let body = json!({"type": "post_call_audio", "event_timestamp": AT, "data": {
        "agent_id": "agent_1", "conversation_id": "conv_1", "full_audio": text}});
    let body = body.to_string().into_bytes();
    let header = sign("wsec", AT, &body);
    let headers = [("elevenlabs-signature", header.as_str())];
    for size in [1, 3, 4_096, body.len()] {
        let (file, found, rest) = stream(&secrets, &headers, &body, size).unwrap();
        assert!(file == audio && found == FileIn::Whole, "in pieces of {size}");
        assert!(rest.len() < 300);
        let facts = facts("elevenlabs", &Request::new(&rest, &[]));
        assert_eq!(facts[0].key, "el:conv_1:audio");
        let [CallNews::Audio { sid, file }] = &call(&facts[0]).news[..] else { panic!() };
        assert_eq!((sid.as_str(), file.bytes), ("conv_1", 100_000));
    }
    let mut changed = body.clone();
    let last = changed.len() - 10;
    changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
    let forged = stream(&secrets, &headers, &changed, 4_096);
    assert_eq!(forged.err(), Some(IntakeFault::Forged(Forged::Mismatch)));
    let short = stream(&secrets, &headers, &body[..body.len() / 2], 4_096);
    assert_eq!(short.err(), Some(IntakeFault::Forged(Forged::Mismatch)), "cut off on its way");
    let missing = stream(&secrets, &[], &body, 4_096);
    assert_eq!(missing.err(), Some(IntakeFault::Forged(Forged::Missing)));
}

#[test]
fn what_is_no_audio_is_told_and_what_has_none_stays_as_it_is() {
    let secrets = [Secret::new("wsec").unwrap()];
    let go = |body: &[u8]| {
        let header = sign("wsec", AT, body);
        stream(&secrets, &[("elevenlabs-signature", &header)], body, 11).unwrap()
    };
    let text = body("elevenlabs", "transcription");
    let (file, found, rest) = go(&text);
    assert!(file.is_empty() && found == FileIn::No && rest == text);
    let (_, found, rest) = go(
        br#"{"type":"post_call_audio","data":{"conversation_id":"c","full_audio":"not base64!"}}"#,
    );
    assert_eq!(found, FileIn::Malformed);
    let facts = facts("elevenlabs", &Request::new(&rest, &[]));
    assert_eq!(reason(&facts[0]), Some("MALFORMED_AUDIO"));
    let header = sign("wsec", AT, b"");
    let mut intake = {
        let request = Request::new(b"", &[("elevenlabs-signature", &header)]);
        source().intake(&secrets, &request.arrival(), at(AT)).unwrap().unwrap()
    };
    let large = vec![b' '; 5 * 1024 * 1024];
    assert_eq!(intake.take(&large, &mut Vec::new()), Err(IntakeFault::TooLarge));
}

#[test]
fn the_same_signature_is_believed_whole_and_in_pieces() {
    let body = body("elevenlabs", "transcription");
    let header = sign("wsec", AT, &body);
    let headers: Headers = [("elevenlabs-signature", &header)].into_iter().collect();
    let mut request = Request::new(&body, &[]);
    request.headers = headers;
    let verify = |secret: Secret, now: i64| source().verify(&[secret], &request.arrival(), at(now));
    let secret = || Secret::new("wsec").unwrap();
    assert_eq!(verify(secret(), AT), Ok(()));
    assert_eq!(verify(secret(), AT + 1_801), Err(Forged::TooOld));
    assert_eq!(verify(secret().of_account("agent_01hxyzventas"), AT), Ok(()));
    assert_eq!(verify(secret().of_account("agent_otro"), AT), Err(Forged::Mismatch));
    let streamed =
        |secret: Secret| stream(&[secret], &[("elevenlabs-signature", &header)], &body, 100);
    assert!(streamed(secret().of_account("agent_01hxyzventas")).is_ok());
    assert!(streamed(secret().of_account("agent_otro")).is_err());
}
