//! What the Chatwoot source reads, and whom it believes.

use bitacora_commands::sources::{self, Fact, FactKind, Forged, Secret, WebhookSource};
use bitacora_domain::Subject;
use bitacora_domain::aggregates::contact::IdentityKind;
use bitacora_domain::aggregates::conversation::{MessageContent, MessageKind};

use crate::sources::{Request, at, body, facts, ids, reason};

/// Body, and signatures of it made with Node's `crypto` and the secret `cw-secreto`: with the
/// time 1763648400, and of the body alone.
const BODY: &str = r#"{"event":"message_created","id":88123,"content":"¿sigue?"}"#;
const TIMED: &str = "sha256=31cacf0a708432861832a56449f4ff00c32d89e250a49b97bf69cd48b8dc15de";
const UNTIMED: &str = "sha256=025d68d33273d78628385cc8d230d2237c8017b1e0c460f0d5d378ab9b78a73b";
const AT: i64 = 1_763_648_400;

fn source() -> &'static dyn WebhookSource {
    sources::find("chatwoot").unwrap()
}

fn all(name: &str) -> Vec<Fact> {
    let body = body("chatwoot", name);
    facts("chatwoot", &Request::new(&body, &[]))
}

fn only(name: &str) -> Fact {
    let [fact] = <[Fact; 1]>::try_from(all(name)).unwrap();
    fact
}

fn content(fact: &Fact) -> MessageContent {
    source().content(&fact.raw, &Subject("contact:test".into()))
}

#[test]
fn a_public_message_of_a_contact_is_taken_in() {
    let fact = only("incoming");
    assert_eq!((fact.key.as_str(), fact.account.as_deref()), ("cw:1:88123", Some("1/3")));
    assert_eq!(fact.at, Some(at(1_763_648_400)));
    let FactKind::Message { from, id, .. } = &fact.kind else { panic!("{fact:?}") };
    assert_eq!((id.as_str(), from.name.as_deref()), ("cw:1:88123", Some("Lucía Ferreyra")));
    assert_eq!(ids(from), [(IdentityKind::Phone, "+5491166600011")]);
    let email = only("email_contact");
    let FactKind::Message { from, .. } = &email.kind else { panic!() };
    assert_eq!(ids(from), [(IdentityKind::Email, "lucia@example.test")]);
    assert_eq!((email.account.as_deref(), email.at), (Some("1/3"), Some(at(1_763_648_400))));
    let FactKind::Message { reply_to, .. } = only("answer").kind else { panic!() };
    assert_eq!(reply_to.as_deref(), Some("cw:1:88120"));
}

#[test]
fn everything_else_is_kept_and_does_nothing() {
    for (name, expected) in [
        ("private", "PRIVATE"),
        ("outgoing", "NOT_INCOMING"),
        ("activity", "NOT_INCOMING"),
        ("bot", "NOT_FROM_A_CONTACT"),
        ("sender_without_type", "NOT_FROM_A_CONTACT"),
        ("updated", "EVENT_NOT_HANDLED"),
        ("nobody", "NO_SENDER"),
        ("no_id", "MESSAGE_WITHOUT_ID"),
    ] {
        assert_eq!(reason(&only(name)), Some(expected), "{name}");
    }
}

#[test]
fn files_are_addresses_and_places_are_places() {
    let MessageContent::Image { media, caption, .. } = content(&only("image")) else { panic!() };
    assert!(media.provider_media_id.ends_with("/caja.jpg"));
    assert_eq!(caption.unwrap().reveal().unwrap(), "mirá");
    let facts = all("audio_with_words");
    let keys: Vec<&str> = facts.iter().map(|fact| fact.key.as_str()).collect();
    assert_eq!(keys, ["cw:1:88132", "cw:1:88132:1", "cw:1:88132:2"]);
    let kinds: Vec<MessageKind> = facts.iter().map(|fact| content(fact).kind()).collect();
    assert_eq!(kinds, [MessageKind::Text, MessageKind::Audio, MessageKind::Location]);
}

fn verify(
    secrets: &[Secret],
    body: &str,
    headers: &[(&str, &str)],
    now: i64,
) -> Result<(), Forged> {
    source().verify(secrets, &Request::new(body.as_bytes(), headers).arrival(), at(now))
}

fn secret() -> [Secret; 2] {
    ["otro", "cw-secreto"].map(|secret| Secret::new(secret).unwrap())
}

#[test]
fn signatures_with_and_without_a_time_are_good() {
    let timed = [("x-chatwoot-signature", TIMED), ("x-chatwoot-timestamp", "1763648400")];
    assert_eq!(verify(&secret(), BODY, &timed, AT), Ok(()));
    assert_eq!(verify(&secret(), BODY, &[("x-chatwoot-signature", UNTIMED)], 0), Ok(()));
    for (now, expected) in [
        (AT + 300, Ok(())),
        (AT + 301, Err(Forged::TooOld)),
        (AT - 300, Ok(())),
        (AT - 301, Err(Forged::TooEarly)),
    ] {
        assert_eq!(verify(&secret(), BODY, &timed, now), expected);
    }
}

#[test]
fn anything_else_is_forged() {
    let time = ("x-chatwoot-timestamp", "1763648400");
    let other_time = ("x-chatwoot-timestamp", "1763648401");
    let signature = |value| ("x-chatwoot-signature", value);
    for (headers, expected) in [
        (vec![signature(TIMED)], Forged::Mismatch), // the time was taken away
        (vec![signature(UNTIMED), time], Forged::Mismatch), // or added
        (vec![signature(TIMED), other_time], Forged::Mismatch),
        (vec![signature("")], Forged::Missing),
        (vec![], Forged::Missing),
        (vec![time], Forged::Missing),
        (vec![signature("sha256=")], Forged::Malformed),
        (vec![signature(&TIMED[..TIMED.len() - 1]), time], Forged::Malformed),
        (vec![signature(&TIMED[7..]), time], Forged::Malformed),
        (vec![signature(TIMED), ("x-chatwoot-timestamp", "")], Forged::Malformed),
        (vec![signature(TIMED), ("x-chatwoot-timestamp", "2025-11-20")], Forged::Malformed),
        (vec![signature(TIMED), ("x-chatwoot-timestamp", "-1")], Forged::Malformed),
    ] {
        assert_eq!(verify(&secret(), BODY, &headers, AT), Err(expected), "{headers:?}");
    }
    let changed = BODY.replace("sigue", "Sigue");
    assert_eq!(verify(&secret(), &changed, &[signature(TIMED), time], AT), Err(Forged::Mismatch));
    assert_eq!(verify(&[], BODY, &[signature(TIMED), time], AT), Err(Forged::NoSecret));
    let wrong = [Secret::new("cw-secret").unwrap()];
    assert_eq!(verify(&wrong, BODY, &[signature(TIMED), time], AT), Err(Forged::Mismatch));
}

#[test]
fn old_releases_sign_nothing_and_show_the_secret_in_the_path() {
    let verify = |rest: &str, headers: &[(&str, &str)], secrets: &[Secret]| {
        let mut request = Request::new(BODY.as_bytes(), headers);
        request.rest = rest;
        source().verify(secrets, &request.arrival(), at(AT))
    };
    assert_eq!(verify("cw-secreto", &[], &secret()), Ok(()));
    assert_eq!(verify("cw-secret", &[], &secret()), Err(Forged::Mismatch));
    assert_eq!(verify("cw-secreto", &[], &[]), Err(Forged::NoSecret));
    // a signature that is there must be good, whatever the path says
    let bad = [("x-chatwoot-signature", TIMED)];
    assert_eq!(verify("cw-secreto", &bad, &secret()), Err(Forged::Mismatch));
    assert!(source().takes("") && source().takes("x") && !source().takes("x/y"));
    assert_eq!(source().kept_rest(&Request::new(b"", &[]).arrival()), "");
}

#[test]
fn a_secret_of_one_inbox_speaks_for_no_other() {
    let body = String::from_utf8(body("chatwoot", "incoming")).unwrap();
    let own = [Secret::new("s").unwrap().of_account("1/3")];
    let other = [Secret::new("s").unwrap().of_account("1/4")];
    let verify = |secrets: &[Secret]| {
        let mut request = Request::new(body.as_bytes(), &[]);
        request.rest = "s";
        source().verify(secrets, &request.arrival(), at(AT))
    };
    assert_eq!(verify(&own), Ok(()));
    assert_eq!(verify(&other), Err(Forged::Mismatch));
}
