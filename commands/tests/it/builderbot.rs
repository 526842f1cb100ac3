//! What the Builderbot source reads, and whom it believes.

use bitacora_commands::sources::{self, FactKind, Forged, Secret, WebhookSource};
use bitacora_domain::Subject;
use bitacora_domain::aggregates::contact::IdentityKind;
use bitacora_domain::aggregates::conversation::{MessageContent, MessageKind};

use crate::sources::{Request, at, body, facts, ids, reason};

const KEY: (&str, &str) = ("x-account-key", "builderbot_whatsapp_main");

fn source() -> &'static dyn WebhookSource {
    sources::find("builderbot").unwrap()
}

fn only(name: &str) -> bitacora_commands::sources::Fact {
    let body = body("builderbot", name);
    let [fact] = <[_; 1]>::try_from(facts("builderbot", &Request::new(&body, &[KEY]))).unwrap();
    fact
}

fn content(fact: &bitacora_commands::sources::Fact) -> MessageContent {
    source().content(&fact.raw, &Subject("contact:test".into()))
}

#[test]
fn every_shape_of_a_message_is_read() {
    for (name, kind) in [
        ("incoming_text", MessageKind::Text),
        ("incoming_voice", MessageKind::Audio),
        ("incoming_image", MessageKind::Image),
        ("incoming_media_temp_only", MessageKind::Image),
        ("incoming_document", MessageKind::Document),
        ("incoming_location", MessageKind::Unsupported),
        ("incoming_bad_file", MessageKind::Unsupported),
        ("incoming_with_id", MessageKind::Text),
        ("older_incoming", MessageKind::Text),
    ] {
        let fact = only(name);
        assert_eq!(fact.account.as_deref(), Some(KEY.1), "{name}");
        let FactKind::Message { from, id, .. } = &fact.kind else { panic!("{name}: {fact:?}") };
        assert_eq!(&fact.key, id);
        assert_eq!(
            ids(from),
            [(IdentityKind::WaId, "5491166600011"), (IdentityKind::Phone, "+5491166600011")]
        );
        assert_eq!(content(&fact).kind(), kind, "{name}");
    }
    let MessageContent::Image { media, caption, .. } = content(&only("incoming_image")) else {
        panic!()
    };
    assert_eq!(media.provider_media_id, "https://files.example.test/caja.jpg");
    assert_eq!(caption.unwrap().reveal().unwrap(), "así llegó la caja");
    let MessageContent::Audio { voice: true, .. } = content(&only("incoming_voice")) else {
        panic!()
    };
    let older = content(&only("older_incoming"));
    assert_eq!(older.text().unwrap().reveal().unwrap(), "hola desde un bot viejo");
}

#[test]
fn each_file_is_a_message_and_words_that_fit_nowhere_are_one_too() {
    let parts = |name: &str| {
        let body = body("builderbot", name);
        let facts = facts("builderbot", &Request::new(&body, &[KEY]));
        let first = facts[0].key.clone();
        assert_eq!(facts[1].key, format!("{first}:1"));
        facts.iter().map(content).collect::<Vec<_>>()
    };
    let [first, second] = <[_; 2]>::try_from(parts("incoming_two_files")).unwrap();
    assert_eq!(first.text().unwrap().reveal().unwrap(), "las dos fotos");
    assert_eq!((second.kind(), second.text()), (MessageKind::Image, None));
    let [words, sound] = <[_; 2]>::try_from(parts("incoming_sound_with_words")).unwrap();
    assert_eq!(words.text().unwrap().reveal().unwrap(), "escuchá esto");
    assert_eq!(sound.kind(), MessageKind::Audio);
}

#[test]
fn what_the_bot_sends_is_an_echo_and_other_events_are_kept() {
    let echo = only("outgoing");
    let FactKind::Echo { to, may_be_ours: true, .. } = &echo.kind else { panic!("{echo:?}") };
    assert_eq!((ids(to)[0].1, to.name.as_deref()), ("5491166600011", None));
    assert_eq!(content(&echo).text().unwrap().reveal().unwrap(), "Ya registré tu reclamo");
    assert_eq!(reason(&only("unknown_event")), Some("EVENT_NOT_HANDLED"));
    assert_eq!(reason(&only("no_sender")), Some("NO_SENDER"));
}

#[test]
fn the_same_words_within_seconds_are_one_message_and_later_another() {
    let text = body("builderbot", "incoming_text");
    let key = |body: &[u8], account: &str, second: i64| {
        let mut request = Request::new(body, &[("x-account-key", account)]);
        request.received_at = at(second);
        facts("builderbot", &request)[0].key.clone()
    };
    let first = key(&text, "una", 1_763_648_400);
    assert!(first.starts_with("bb:in:"));
    assert_eq!(key(&text, "una", 1_763_648_404), first);
    assert_ne!(key(&text, "una", 1_763_648_405), first);
    assert_ne!(key(&text, "otra", 1_763_648_400), first);
    let other = String::from_utf8(text.clone()).unwrap().replace("5491166600011", "5491166600022");
    assert_ne!(key(other.as_bytes(), "una", 1_763_648_400), first);
    let named = String::from_utf8(text).unwrap().replace("Lucía", "Lucía F.");
    assert_eq!(key(named.as_bytes(), "una", 1_763_648_400), first, "a name is no message");
    // the bot repeats the customer's words: two messages
    let said = br#"{"eventName":"message.incoming","data":{"body":"hola","from":"5491166600011"}}"#;
    let echo =
        br#"{"eventName":"message.outgoing","data":{"answer":"hola","from":"5491166600011"}}"#;
    assert_ne!(key(said, "una", 0), key(echo, "una", 0));
    // an id of the bot decides, whenever it comes
    let with_id = body("builderbot", "incoming_with_id");
    assert_eq!(key(&with_id, "una", 0), key(&with_id, "una", 1_000_000));
    assert_ne!(key(&with_id, "una", 0), key(&with_id, "otra", 0));
}

#[test]
fn only_who_knows_the_secret_of_the_account_is_believed() {
    let secrets = [
        Secret::new("un-secreto-largo").unwrap(),
        Secret::new("el-anterior").unwrap(),
        Secret::new("el-de-la-optica").unwrap().of_account("optica"),
    ];
    let verify = |secrets: &[Secret], rest: &str, account: Option<&str>| {
        let headers: Vec<_> =
            account.map(|account| ("x-account-key", account)).into_iter().collect();
        let mut request = Request::new(b"{}", &headers);
        request.rest = rest;
        source().verify(secrets, &request.arrival(), at(0))
    };
    assert_eq!(verify(&secrets, "un-secreto-largo", Some("cualquiera")), Ok(()));
    assert_eq!(verify(&secrets, "el-anterior", None), Ok(()), "while rotating");
    assert_eq!(verify(&secrets, "el-de-la-optica", Some("optica")), Ok(()));
    assert_eq!(verify(&secrets, "el-de-la-optica/optica", None), Ok(()), "without headers");
    assert_eq!(verify(&secrets, "whatsapp/el-de-la-optica", Some("optica")), Ok(()));
    assert_eq!(verify(&secrets, "whatsapp/el-de-la-optica/optica", None), Ok(()));
    for (rest, account) in [
        ("el-de-la-optica", Some("ferreteria")),
        ("el-de-la-optica/ferreteria", None),
        ("el-de-la-optica/optica", Some("ferreteria")),
        ("el-de-la-optica", None),
        ("un-secreto-larg", None),
        ("un-secreto-largo2", None),
        ("UN-SECRETO-LARGO", None),
        ("optica/el-de-la-optica", None),
    ] {
        assert_eq!(verify(&secrets, rest, account), Err(Forged::Mismatch), "{rest} {account:?}");
    }
    assert_eq!(verify(&secrets, "", None), Err(Forged::Missing));
    assert_eq!(verify(&[], "un-secreto-largo", None), Err(Forged::NoSecret));
    assert!(source().takes("x") && source().takes("x/y") && !source().takes(""));
    assert!(!source().takes("x/y/z"));
}

#[test]
fn the_secret_is_not_kept_and_the_account_is() {
    let mut request = Request::new(b"{}", &[]);
    for (rest, kept) in [("secreto", ""), ("secreto/optica", "-/optica")] {
        request.rest = rest;
        assert_eq!(source().kept_rest(&request.arrival()), kept);
    }
    let text = body("builderbot", "incoming_text");
    let mut request = Request::new(&text, &[]);
    request.rest = "-/optica";
    assert_eq!(facts("builderbot", &request)[0].account.as_deref(), Some("optica"));
}
