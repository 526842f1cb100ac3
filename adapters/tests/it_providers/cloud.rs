//! The client against a Cloud API under faults: what each of them proves.

use std::time::{Duration, Instant};

use bitacora_adapters::providers::whatsapp::{Cloud, CloudSettings, SetupFault};
use bitacora_commands::ports::{
    Accepted, FaultClass, Messenger as _, Outgoing, Refusal, Remedy, SendFault,
};
use bitacora_domain::aggregates::conversation::MessageContent;
use chrono::TimeDelta;

use crate::fake::{Fake, Fault, no};
use crate::request::{outgoing, p};

/// Long enough for a busy machine, short enough to wait for.
const PATIENCE: Duration = Duration::from_millis(1_500);

fn settings(url: &str) -> CloudSettings {
    CloudSettings {
        connect_within: Duration::from_secs(1),
        answer_within: PATIENCE,
        ..CloudSettings::new(url, "v24.0")
    }
}

fn hello() -> Outgoing {
    outgoing(MessageContent::Text { body: p("hola".to_owned()) })
}

async fn send(script: Vec<Fault>) -> (Result<Accepted, SendFault>, usize) {
    let fake = Fake::start(script).await;
    let cloud = Cloud::new(&settings(&fake.url), "t0ken").unwrap();
    let answer = cloud.send(hello()).await;
    (answer, fake.seen().len())
}

async fn refusal(fault: Fault) -> Refusal {
    match send(vec![fault]).await {
        (Err(SendFault::Refused(refusal)), 1) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_is_posted_once_with_the_token_to_the_number_and_its_id_comes_back() {
    let fake = Fake::start([]).await;
    let cloud = Cloud::new(&settings(&format!("{}/prefix", fake.url)), "t0ken").unwrap();
    let accepted = cloud.send(hello()).await.unwrap();
    assert_eq!(accepted.provider_message_id, "wamid.b1:c:m");
    assert_eq!(accepted.wa_id.unwrap().reveal().unwrap(), "541166600011", "another than asked for");
    let [seen] = fake.seen().try_into().unwrap();
    let head = seen.head.to_lowercase();
    assert!(
        seen.head.starts_with("POST /prefix/v24.0/210987654321098/messages HTTP/1.1"),
        "{head}"
    );
    assert!(head.contains("authorization: bearer t0ken"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert_eq!(seen.body["text"]["body"], "hola");
    assert!(!format!("{cloud:?}").contains("t0ken"));
}

#[tokio::test]
async fn nobody_there_proves_that_nothing_was_sent() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let cloud = Cloud::new(&settings(&format!("http://{free}")), "t0ken").unwrap();
    assert_eq!(cloud.send(hello()).await, Err(SendFault::Unreachable("NO_CONNECTION")));
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_was_sent_nothing() {
    let fake = Fake::start([Fault::ResetUnread]).await;
    let url = fake.url.replace("http://", "https://");
    let cloud = Cloud::new(&settings(&url), "t0ken").unwrap();
    assert_eq!(cloud.send(hello()).await, Err(SendFault::Unreachable("NO_CONNECTION")));
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn after_the_request_has_left_silence_and_resets_prove_nothing_and_nothing_is_repeated() {
    let lost = Err(SendFault::Unknown("CONNECTION_LOST"));
    assert_eq!(send(vec![Fault::ResetRead]).await, (lost.clone(), 1));
    // The sender cannot know how much the other side has read.
    assert_eq!(send(vec![Fault::ResetUnread]).await, (lost, 0));
    let timeout = Err(SendFault::Unknown("TIMEOUT"));
    let begin = Instant::now();
    assert_eq!(send(vec![Fault::Silence]).await, (timeout.clone(), 1));
    assert_eq!(send(vec![Fault::SlowBody]).await, (timeout, 1));
    assert!(begin.elapsed() < PATIENCE * 10, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn answers_that_cannot_be_read_prove_nothing() {
    let unreadable = Err(SendFault::Unknown("UNREADABLE_ANSWER"));
    for body in ["", "OK", "{\"messages\":[{}]}", "<html></html>"] {
        let answer = Fault::Answer(200, "", body.to_owned());
        assert_eq!(send(vec![answer]).await, (unreadable.clone(), 1), "{body:?}");
    }
    let endless = Fault::Answer(200, "", format!("{{\"x\":\"{}\"}}", "y".repeat(200_000)));
    assert_eq!(send(vec![endless]).await, (unreadable, 1), "an answer without end");
    let cut = Fault::Answer(200, "content-length: 99\r\n", String::new());
    assert!(matches!(send(vec![cut]).await, (Err(SendFault::Unknown(_)), 1)));
}

#[tokio::test]
async fn a_5xx_proves_something_only_with_the_apis_own_words() {
    let gateway = Fault::Answer(502, "", "<html>bad gateway</html>".into());
    assert_eq!(send(vec![gateway]).await, (Err(SendFault::Unknown("SERVER_ERROR")), 1));
    let own = refusal(Fault::Answer(503, "", no(131_016))).await;
    assert_eq!((own.code, own.class, own.remedy), (131_016, FaultClass::Transient, Remedy::Retry));
    let unlisted = refusal(Fault::Answer(500, "", no(999_999))).await;
    assert_eq!(unlisted.remedy, Remedy::Retry);
}

#[tokio::test]
async fn a_no_is_what_the_table_says() {
    let expired = refusal(Fault::Answer(401, "", no(190))).await;
    assert_eq!((expired.class, expired.remedy), (FaultClass::Auth, Remedy::StopChannel));
    let window = refusal(Fault::Answer(400, "", no(131_047))).await;
    assert_eq!((window.class, window.remedy), (FaultClass::WindowClosed, Remedy::Fail));
    assert_eq!(window.title, "(#131047) No");
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let named = refusal(Fault::Answer(429, "retry-after: 17\r\n", no(130_429))).await;
    assert_eq!((named.class, named.after), (FaultClass::Throttled, Some(TimeDelta::seconds(17))));
    let bare = refusal(Fault::Answer(429, "Retry-After: 3\r\n", "slow down".into())).await;
    assert_eq!((bare.remedy, bare.after), (Remedy::Retry, Some(TimeDelta::seconds(3))));
    let silent = refusal(Fault::Answer(429, "", no(4))).await;
    assert_eq!(silent.after, None);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Fake::start([]).await;
    let header: &'static str =
        Box::leak(format!("location: {}\r\n", elsewhere.url).into_boxed_str());
    let moved = Fault::Answer(307, header, String::new());
    assert_eq!(send(vec![moved]).await, (Err(SendFault::Unknown("UNEXPECTED_ANSWER")), 1));
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn nothing_strange_becomes_a_path_and_no_strange_setting_is_taken() {
    let fake = Fake::start([]).await;
    let cloud = Cloud::new(&settings(&fake.url), "t0ken").unwrap();
    for account in ["", "1/../2", "me?x=", "12 3"] {
        let strange = Outgoing { account: account.into(), ..hello() };
        assert!(matches!(cloud.send(strange).await, Err(SendFault::Refused(_))), "{account}");
    }
    assert!(fake.seen().is_empty());
    assert!(matches!(Cloud::new(&settings("nonsense"), "t"), Err(SetupFault::Url)));
    assert!(matches!(Cloud::new(&settings(&fake.url), "a\nb"), Err(SetupFault::Token)));
}
