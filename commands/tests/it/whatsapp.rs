//! What the WhatsApp source reads out of bodies: every type, status and field of the wire
//! format, from fixtures written by hand.

use bitacora_commands::sources::{
    self, Arrival, Fact, FactKind, Person, RequestParts, WebhookSource,
};
use bitacora_domain::Subject;
use bitacora_domain::aggregates::contact::IdentityKind;
use bitacora_domain::aggregates::conversation::{
    DeliveryStatus, MessageContent, MessageKind, ReplyKind,
};
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};

const ACCOUNT: &str = "210987654321098";

fn source() -> &'static dyn WebhookSource {
    sources::find("meta/whatsapp").unwrap()
}

fn body(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/whatsapp");
    std::fs::read(format!("{folder}/{name}.json")).unwrap()
}

fn read(body: &[u8]) -> Vec<Fact> {
    source().facts(&Arrival::again(&RequestParts::default(), body, DateTime::UNIX_EPOCH))
}

fn facts(name: &str) -> Vec<Fact> {
    read(&body(name))
}

fn only(name: &str) -> Fact {
    let [fact] = <[Fact; 1]>::try_from(facts(name)).unwrap();
    fact
}

fn content(fact: &Fact) -> MessageContent {
    source().content(&fact.raw, &Subject("contact:test".into()))
}

fn ids(person: &Person) -> Vec<(IdentityKind, &str)> {
    person.identities.iter().map(|(kind, value)| (*kind, value.as_str())).collect()
}

#[test]
fn every_message_type_of_the_wire_format_is_read() {
    for (name, kind) in [
        ("text", MessageKind::Text),
        ("image", MessageKind::Image),
        ("sticker", MessageKind::Image),
        ("audio", MessageKind::Audio),
        ("video", MessageKind::Video),
        ("document", MessageKind::Document),
        ("location", MessageKind::Location),
        ("contacts", MessageKind::Contact),
        ("button_reply", MessageKind::Interactive),
        ("list_reply", MessageKind::Interactive),
        ("nfm_reply", MessageKind::Interactive),
        ("button", MessageKind::Interactive),
        ("order", MessageKind::Order),
        ("system_other", MessageKind::System),
        ("unsupported", MessageKind::Unsupported),
        ("unknown_type", MessageKind::Unsupported),
    ] {
        let fact = only(&format!("message_{name}"));
        assert_eq!(fact.account.as_deref(), Some(ACCOUNT), "{name}");
        assert!(fact.at.is_some() && !fact.repaired, "{name}");
        let FactKind::Message { from, id, .. } = &fact.kind else { panic!("{name}: {fact:?}") };
        assert_eq!(fact.key, format!("wa:msg:{id}"));
        assert_eq!(from.name.as_deref(), Some("Lucía Ferreyra"));
        assert_eq!(
            ids(from),
            [(IdentityKind::WaId, "5491166600011"), (IdentityKind::Phone, "+5491166600011")]
        );
        assert_eq!(content(&fact).kind(), kind, "{name}");
    }
}

#[test]
fn contents_carry_what_was_sent() {
    let read = |name: &str| content(&only(&format!("message_{name}")));
    assert_eq!(
        read("text").text().unwrap().reveal().unwrap(),
        "Hola, ¿dónde está mi pedido 48213?"
    );
    let MessageContent::Document { media, filename, .. } = read("document") else { panic!() };
    assert_eq!(media.provider_media_id, "3001274589631", "an id may be a number");
    assert_eq!(filename.unwrap().reveal().unwrap(), "factura-0091.pdf");
    let MessageContent::Audio { voice: true, .. } = read("audio") else { panic!() };
    let MessageContent::Image { sticker: true, caption: None, .. } = read("sticker") else {
        panic!()
    };
    let MessageContent::Location { place } = read("location") else { panic!() };
    let place = place.into_value().unwrap();
    assert_eq!((place.latitude_e6, place.longitude_e6), (-34_603_700, -58_381_600));
    let MessageContent::Contact { cards } = read("contacts") else { panic!() };
    let cards = cards.into_value().unwrap();
    assert_eq!(cards[0].formatted_name, "Raúl Ibarra");
    assert_eq!(cards[0].phones, ["+54 9 11 6660-0022"]);
    assert_eq!(cards[0].company.as_deref(), Some("Ibarra Propiedades"));
    let MessageContent::Order { lines, text, .. } = read("order") else { panic!() };
    assert_eq!((lines[0].quantity, lines[0].price_e6), (2, 15_500_000));
    assert_eq!(text, None, "an empty text is none");
    let MessageContent::Unsupported { provider_type, code } = read("unsupported") else { panic!() };
    assert_eq!((provider_type.as_str(), code), ("unsupported", Some(131_051)));
    let MessageContent::Unsupported { provider_type, .. } = read("unknown_type") else { panic!() };
    assert_eq!(provider_type, "hologram");
}

#[test]
fn answers_tell_what_they_answer() {
    for (name, reply, option, title) in [
        ("button_reply", ReplyKind::Button, "csat:5", "Excelente"),
        ("list_reply", ReplyKind::List, "slot:2025-11-24T14:00-03:00", "Lun 24, 14:00"),
        ("nfm_reply", ReplyKind::Flow, "flow", "Sent"),
        ("button", ReplyKind::TemplateButton, "quiero_info", "Quiero más info"),
    ] {
        let fact = only(&format!("message_{name}"));
        let MessageContent::Interactive { reply: r, option_id, title: t, detail } = content(&fact)
        else {
            panic!("{name}")
        };
        assert_eq!((r, option_id.as_str(), t.reveal().unwrap().as_str()), (reply, option, title));
        assert_eq!(detail.is_some(), matches!(reply, ReplyKind::List | ReplyKind::Flow), "{name}");
    }
    let FactKind::Message { reply_to, .. } = only("message_button").kind else { panic!() };
    assert_eq!(reply_to.as_deref(), Some("wamid.TPL"));
}

#[test]
fn a_click_on_an_ad_carries_its_attribution() {
    let FactKind::Message { referral, forwarded, .. } = only("message_forwarded_referral").kind
    else {
        panic!()
    };
    let referral = referral.unwrap();
    assert!(forwarded);
    assert_eq!(
        (referral.source_type.as_str(), referral.ctwa_clid.as_deref()),
        ("ad", Some("ARAk-1"))
    );
}

#[test]
fn what_is_about_another_message_is_no_message() {
    let FactKind::Reaction { target, emoji, .. } = only("message_reaction").kind else { panic!() };
    assert_eq!((target.as_str(), emoji.as_deref()), ("wamid.OUT3", Some("👍")));
    let FactKind::Reaction { emoji: None, .. } = only("message_reaction_removed").kind else {
        panic!()
    };
    let edit = only("message_edit");
    let FactKind::Edit { target, .. } = &edit.kind else { panic!() };
    assert_eq!(target, "wamid.IN1");
    assert_eq!(
        content(&edit).text().unwrap().reveal().unwrap(),
        "Hola, ¿dónde está mi pedido 48231?"
    );
    let FactKind::Revoke { target, .. } = only("message_revoke").kind else { panic!() };
    assert_eq!(target, "wamid.IN1");
}

#[test]
fn a_person_is_more_than_a_number() {
    let FactKind::IdentityChanged { person, identities } = only("message_changed_number").kind
    else {
        panic!()
    };
    assert_eq!(person.identities[0], (IdentityKind::WaId, "5491166600011".into()));
    assert_eq!(
        identities,
        [
            (IdentityKind::WaId, "5491166600099".into()),
            (IdentityKind::Phone, "+5491166600099".into())
        ]
    );
    let FactKind::IdentityChanged { person, identities } = only("message_changed_user_id").kind
    else {
        panic!()
    };
    assert_eq!(ids(&person), [(IdentityKind::Bsuid, "CO.1234567890")]);
    assert_eq!(identities, [(IdentityKind::Bsuid, "MX.0987654321".into())]);
    let FactKind::Message { from, .. } = only("message_username_only").kind else { panic!() };
    assert_eq!(ids(&from), [(IdentityKind::Bsuid, "AR.13491208655302741918")]);
    assert_eq!(from.name.as_deref(), Some("Sol"));
}

#[test]
fn what_the_business_types_in_its_phone_is_an_echo() {
    let fact = only("echo");
    assert_eq!(fact.key, "wa:echo:wamid.ECHO1");
    let FactKind::Echo { to, .. } = &fact.kind else { panic!() };
    assert_eq!(ids(to)[0], (IdentityKind::WaId, "5491166600011"));
    assert_eq!(content(&fact).kind(), MessageKind::Text);
    assert_eq!(only("echo_revoke").kind, FactKind::Ignored { reason: "ECHO_ABOUT_A_MESSAGE" });
}

#[test]
fn every_status_is_read() {
    for (name, expected) in [
        ("sent", DeliveryStatus::Sent),
        ("delivered", DeliveryStatus::Delivered),
        ("read", DeliveryStatus::Read),
        ("played", DeliveryStatus::Played),
    ] {
        let fact = only(&format!("status_{name}"));
        assert_eq!(fact.key, format!("wa:st:wamid.OUT1:{name}"));
        let FactKind::Status { status, .. } = fact.kind else { panic!("{name}") };
        assert_eq!(status, expected);
    }
    let FactKind::Status { callback, pricing, .. } = only("status_sent").kind else { panic!() };
    assert_eq!(callback.as_deref(), Some("msg_01JD"));
    let pricing = pricing.unwrap();
    assert!(pricing.billable);
    assert_eq!(pricing.model.as_deref(), Some("PMP"));
    let FactKind::Status { fault, opted_out: false, .. } = only("status_failed").kind else {
        panic!()
    };
    assert_eq!(fault.unwrap().code, 131_047);
    let FactKind::Status { opted_out: true, .. } = only("status_failed_opted_out").kind else {
        panic!()
    };
    assert_eq!(only("status_unknown").kind, FactKind::Ignored { reason: "UNKNOWN_STATUS" });
}

#[test]
fn preferences_are_opt_outs_and_opt_ins() {
    for (name, expected, key) in [
        ("preference_stop", false, "wa:pref:5491166600011:1763647400"),
        ("preference_resume", true, "wa:pref:5491166600011:1763647500"),
    ] {
        let fact = only(name);
        let FactKind::Preference { welcome, .. } = fact.kind else { panic!("{name}") };
        assert_eq!((welcome, fact.key.as_str()), (expected, key));
    }
    assert_eq!(only("preference_unknown").kind, FactKind::Ignored { reason: "UNKNOWN_PREFERENCE" });
}

#[test]
fn fields_that_nobody_acts_upon_are_kept_with_their_keys() {
    for (name, key, reason) in [
        ("template_status", "wa:tpl:594425479261596:es_AR:APPROVED:1763647600", "TEMPLATE_UPDATE"),
        ("template_quality", "wa:tpl:594425479261596:es_AR:YELLOW:1763647601", "TEMPLATE_UPDATE"),
        (
            "template_category",
            "wa:tpl:594425479261596:es_AR:MARKETING:1763647602",
            "TEMPLATE_UPDATE",
        ),
        ("account_update", "wa:acct:104857600000001:DISABLED_UPDATE:1763647603", "ACCOUNT_UPDATE"),
        ("calls", "wa:call:wacid.1:connect", "CALL"),
        ("errors", "wa:error:", "ACCOUNT_ERROR"),
        ("unknown_field", "wa:other:", "FIELD_NOT_HANDLED"),
        ("empty_change", "wa:empty:", "EMPTY_CHANGE"),
    ] {
        let fact = only(name);
        assert!(fact.key.starts_with(key), "{name}: {}", fact.key);
        assert_eq!(fact.kind, FactKind::Ignored { reason }, "{name}");
    }
}

#[test]
fn one_bad_fact_does_not_cost_the_others_of_its_batch() {
    let all = facts("batch");
    let keys: Vec<&str> = all.iter().map(|fact| fact.key.split(":wamid").next().unwrap()).collect();
    assert_eq!(keys.len(), 6);
    let names: Vec<&str> = all.iter().map(|fact| fact.kind.name()).collect();
    assert_eq!(names, ["message", "ignored", "message", "status", "ignored", "message"]);
    let FactKind::Message { from, .. } = &all[5].kind else { panic!() };
    assert_eq!(ids(from)[0], (IdentityKind::WaId, "5491166600033"), "from may be a number");
    assert!(all[5].at.is_some(), "a timestamp may be a number");
    assert_eq!(read(&body("batch")), all, "reading twice is reading once");
}

#[test]
fn characters_that_cannot_be_stored_are_replaced_and_flagged() {
    let fact = only("message_lone_surrogate");
    assert!(fact.repaired);
    let said = content(&fact);
    assert_eq!(said.text().unwrap().reveal().unwrap(), "rota \u{fffd} fin \u{fffd}.");
}

#[test]
fn what_is_not_json_is_one_unparsable_fact() {
    let whole = body("message_text");
    for bad in [&whole[..whole.len() - 3], b"", b"hola", &"[".repeat(100_000).into_bytes()] {
        let [fact] = <[Fact; 1]>::try_from(read(bad)).unwrap();
        assert_eq!(fact.kind, FactKind::Unparsable);
    }
    for empty in [&b"null"[..], b"{}", b"[]", b"{\"entry\":{}}", b"{\"entry\":[{\"changes\":3}]}"] {
        let [fact] = <[Fact; 1]>::try_from(read(empty)).unwrap();
        assert_eq!(fact.kind, FactKind::Ignored { reason: "NO_FACTS" });
    }
}

/// JSON of any shape, with the names that the parser looks for in unlikely places.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "entry",
        "changes",
        "value",
        "field",
        "messages",
        "statuses",
        "message_echoes",
        "contacts",
        "user_preferences",
        "errors",
        "calls",
        "metadata",
        "phone_number_id",
        "id",
        "from",
        "type",
        "text",
        "body",
        "timestamp",
        "image",
        "reaction",
        "edit",
        "message",
        "system",
        "interactive",
        "order",
        "product_items",
        "item_price",
        "location",
        "latitude",
        "status",
        "wa_id",
        "code",
    ]);
    let words = prop::sample::select(vec![
        "text",
        "image",
        "location",
        "contacts",
        "interactive",
        "order",
        "edit",
        "revoke",
        "system",
        "reaction",
        "button",
        "sent",
        "failed",
        "user_changed_number",
        "1763647201",
        "5491166600011",
        "-1",
        "1e999",
        "",
        "ñ\u{0}",
        "stop",
        "marketing_messages",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        words.prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(7, 96, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
            }),
        ]
    })
}

fn read_everything(body: &[u8]) {
    let facts = read(body);
    assert!(!facts.is_empty(), "a delivery never vanishes");
    for fact in facts {
        assert!(!fact.key.is_empty());
        let _ = content(&fact);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_everything(&bytes);
    }

    #[test]
    fn no_json_makes_the_parser_panic(value in any_json()) {
        read_everything(value.to_string().as_bytes());
        let value = json!({"entry": [{"changes": [{"field": "messages", "value": value}]}]});
        read_everything(value.to_string().as_bytes());
    }

    #[test]
    fn no_message_makes_the_parser_panic(value in any_json(), list in 0_usize..4) {
        let list = ["messages", "statuses", "message_echoes", "user_preferences"][list];
        let value = json!({"entry": [{"changes": [{"value": {list: [value]}}]}]});
        read_everything(value.to_string().as_bytes());
    }

    #[test]
    fn damaged_fixtures_never_make_the_parser_panic(at in 0_usize..3_000, byte in any::<u8>(), cut in any::<bool>()) {
        for name in ["batch", "message_order", "message_edit", "status_sent"] {
            let mut damaged = body(name);
            let at = at % damaged.len();
            if cut { damaged.truncate(at) } else { damaged[at] = byte }
            read_everything(&damaged);
        }
    }
}
