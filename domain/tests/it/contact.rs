//! Contact: canonical identities, each of one contact; names; opting out.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::contact::{
    ConsentScope, Contact, ContactCommand as C, ContactEvent as E, Identity, IdentityKind,
    OptOutCategory, Revealing,
};
use bitacora_domain::{Claim, ContactId, DomainError, Personal, Subject};
use chrono::{DateTime, Utc};

use crate::support::ids::{CONTACT, STREAM, hidden, minute, personal};
use crate::support::{Case, given};

fn identity(kind: IdentityKind, text: &str) -> Identity {
    Identity { kind, value: personal(text) }
}

fn phone() -> Identity {
    identity(IdentityKind::Phone, "+5491166600011")
}

fn wa_id() -> Identity {
    identity(IdentityKind::WaId, "5491166600011")
}

fn register(identities: &[Identity], name: Option<&str>) -> C {
    C::Register { identities: identities.to_vec(), name: name.map(personal) }
}

fn created(name: Option<&str>) -> E {
    E::ContactCreated { contact: ContactId::new(STREAM), name: name.map(personal) }
}

fn added(identity: Identity) -> E {
    E::ContactIdentityAdded { identity }
}

fn lucia() -> Case<Contact> {
    given::<Contact>([created(Some("Lucía")), added(phone())])
}

fn opt(out: bool, category: OptOutCategory, at: DateTime<Utc>) -> C {
    let by = "keyword".to_owned();
    if out { C::OptOut { category, by, at } } else { C::OptIn { category, by, at } }
}

#[test]
fn a_contact_is_made_with_its_identities_in_canonical_form() {
    let written = [
        identity(IdentityKind::Phone, " 54 9 11 6660-0011"),
        wa_id(),
        identity(IdentityKind::Email, " Lucia@Example.TEST "),
        identity(IdentityKind::Phone, "+5491166600011"),
    ];
    given::<Contact>([]).when(register(&written, Some(" Lucía "))).then([
        created(Some("Lucía")),
        added(phone()),
        added(wa_id()),
        added(identity(IdentityKind::Email, "lucia@example.test")),
    ]);
}

#[test]
fn registering_again_adds_what_is_new_and_names_only_the_nameless() {
    lucia().when(register(&[phone()], Some("Otra"))).then_nothing();
    lucia().when(register(&[phone(), wa_id()], None)).then([added(wa_id())]);
    lucia().when(register(&[], None)).then_nothing();
    let nameless = given::<Contact>([created(None), added(phone())]);
    nameless
        .when(register(&[phone()], Some("Lucía")))
        .then([E::ContactRenamed { name: personal("Lucía") }]);
}

#[test]
fn a_contact_needs_a_uuid_and_an_identity() {
    given::<Contact>([]).when(register(&[], Some("Lucía"))).then_refused("IDENTITY_REQUIRED");
    let nobody = given::<Contact>([]).of("x");
    nobody.when(register(&[phone()], None)).then_refused("INVALID_CONTACT_ID");
}

#[test]
fn a_name_from_a_webhook_is_cut_and_never_a_reason_to_refuse() {
    let long = "ñ".repeat(300);
    let case = given::<Contact>([]).after(register(&[phone()], Some(&long)));
    assert_eq!(case.state.name(), Some(&personal(&"ñ".repeat(200))));
    for nothing in [Some(personal("  ")), Some(hidden()), None] {
        let command = C::Register { identities: vec![phone()], name: nothing };
        assert_eq!(given::<Contact>([]).after(command).state.name(), None);
    }
}

#[test]
fn nothing_but_registering_makes_a_contact() {
    let at = minute(0);
    for command in [
        C::AddIdentity { identity: phone() },
        C::Rename { name: personal("Lucía") },
        opt(true, OptOutCategory::All, at),
        opt(false, OptOutCategory::All, at),
        consent(true, at),
        dnc(true, at),
    ] {
        given::<Contact>([]).when(command).then_refused("CONTACT_NOT_FOUND");
    }
}

#[test]
fn an_identity_belongs_to_one_contact_of_the_tenant() {
    let outcome = given::<Contact>([]).when(register(&[phone(), wa_id()], None));
    let owner = ContactId::new(STREAM);
    assert_eq!(
        outcome.claims(),
        [
            Claim::take("contact.identity", "phone:+5491166600011", owner),
            Claim::take("contact.identity", "wa_id:5491166600011", owner),
        ]
    );
}

#[test]
fn a_further_identity_is_added_once_and_there_are_50_at_most() {
    let add = |n: u32| C::AddIdentity {
        identity: identity(IdentityKind::WaId, &format!("{}", 10_000 + n)),
    };
    let mut case = lucia();
    for n in 1..50 {
        case = case.after(add(n));
    }
    assert_eq!(case.state.identities().len(), 50);
    case.when(add(50)).then_refused("TOO_MANY_IDENTITIES").when(add(49)).then_nothing();
}

#[test]
fn identities_have_one_canonical_form() {
    use IdentityKind::{Bsuid, Email, Phone, WaId};
    let parse = |kind, text: &str| {
        Identity::parse(kind, text, Subject::contact(CONTACT))
            .map(|identity| identity.value.into_value().unwrap())
            .map_err(|refusal| refusal.code())
    };
    for (kind, text, expected) in [
        (Phone, "+54 9 11 6660-0011", Ok("+5491166600011")),
        (Phone, "5215512345678", Ok("+525512345678")),
        (Phone, "hola", Err("INVALID_PHONE")),
        (WaId, "5215512345678", Ok("5215512345678")), // as WhatsApp says
        (WaId, "+5215512345678", Err("INVALID_WA_ID")),
        (WaId, "1234", Err("INVALID_WA_ID")),
        (WaId, "123456789012345678901", Err("INVALID_WA_ID")),
        (Bsuid, " US.13491208655302741918 ", Ok("US.13491208655302741918")),
        (Bsuid, "", Err("INVALID_BSUID")),
        (Bsuid, "US 13", Err("INVALID_BSUID")),
        (Email, "Lucia@Example.test", Ok("lucia@example.test")),
        (Email, "lucia@example", Err("INVALID_EMAIL")),
        (Email, "@example.test", Err("INVALID_EMAIL")),
        (Email, "a@b@example.test", Err("INVALID_EMAIL")),
        (Email, "a b@example.test", Err("INVALID_EMAIL")),
        (Email, "a@example..test", Err("INVALID_EMAIL")),
    ] {
        assert_eq!(parse(kind, text), expected.map(str::to_owned), "{kind:?} {text:?}");
    }
    assert_eq!(parse(Bsuid, &"x".repeat(129)), Err("INVALID_BSUID"));
    assert_eq!(parse(Email, &format!("{}@example.test", "x".repeat(250))), Err("INVALID_EMAIL"));
}

#[test]
fn a_hidden_identity_cannot_be_added() {
    let identity = Identity { kind: IdentityKind::Phone, value: hidden() };
    lucia().when(C::AddIdentity { identity }).then_refused("HIDDEN_IDENTITY");
}

#[test]
fn a_new_name_has_1_to_200_characters() {
    let rename = |name: Personal<String>| C::Rename { name };
    lucia()
        .when(rename(personal(" Lucía F. ")))
        .then([E::ContactRenamed { name: personal("Lucía F.") }])
        .when(rename(personal("Lucía F.")))
        .then_nothing();
    for bad in [personal(" "), personal(&"ñ".repeat(201)), hidden()] {
        lucia().when(rename(bad)).then_refused("INVALID_NAME");
    }
}

fn said(out: bool, category: OptOutCategory, at: DateTime<Utc>, late: bool) -> E {
    let by = "keyword".to_owned();
    if out {
        E::ContactOptedOut { category, by, at, late }
    } else {
        E::ContactOptedIn { category, by, at, late }
    }
}

#[test]
fn every_word_about_opting_out_is_kept_once_and_the_last_one_counts() {
    use OptOutCategory::{All, Marketing};
    let case = lucia()
        .when(opt(false, Marketing, minute(0)))
        .then([said(false, Marketing, minute(0), false)])
        .when(opt(true, Marketing, minute(1)))
        .then([said(true, Marketing, minute(1), false)])
        .when(opt(true, Marketing, minute(1)))
        .then_nothing()
        .when(opt(true, Marketing, minute(2)))
        .then([said(true, Marketing, minute(2), false)]);
    assert!(case.state.has_opted_out(Marketing) && !case.state.has_opted_out(All));
    let case = case.after(opt(false, Marketing, minute(3)));
    assert!(!case.state.has_opted_out(Marketing));
}

#[test]
fn what_was_said_before_the_last_word_is_kept_and_changes_nothing() {
    let category = OptOutCategory::Marketing;
    let case = lucia().after(opt(true, category, minute(5)));
    let case =
        case.when(opt(false, category, minute(4))).then([said(false, category, minute(4), true)]);
    assert!(case.state.has_opted_out(category));
}

/// Out, out again, and in between them in: every order of the three, and of two at one moment.
#[test]
fn words_in_any_order_come_to_what_was_said_last() {
    let category = OptOutCategory::Marketing;
    let words = [(true, 1), (false, 2), (true, 3), (false, 3)];
    let mut orders = 0;
    for order in (0..256_usize).map(|code| [0, 2, 4, 6].map(|shift| code >> shift & 3)) {
        if BTreeSet::from(order).len() < words.len() {
            continue;
        }
        let case = order.into_iter().fold(lucia(), |case, n| {
            let (out, at) = words[n];
            case.after(opt(out, category, minute(at)))
        });
        assert!(case.state.has_opted_out(category), "at one moment the careful word counts");
        orders += 1;
    }
    assert_eq!(orders, 24);
}

#[test]
fn how_an_opt_out_was_said_is_named() {
    for by in [" ".to_owned(), "x".repeat(41)] {
        let command = C::OptOut { category: OptOutCategory::All, by, at: minute(0) };
        lucia().when(command).then_refused("INVALID_MEANS");
    }
}

fn consent(given: bool, at: DateTime<Utc>) -> C {
    let (scope, by) = (ConsentScope::Calls, "form".to_owned());
    if given { C::RecordConsent { scope, by, at } } else { C::WithdrawConsent { scope, by, at } }
}

fn dnc(on: bool, at: DateTime<Utc>) -> C {
    let by = "agent".to_owned();
    if on { C::AddToDnc { by, at } } else { C::RemoveFromDnc { by, at } }
}

#[test]
fn nobody_has_agreed_before_they_said_so_and_the_last_word_counts() {
    let scope = ConsentScope::Calls;
    let by = || "form".to_owned();
    assert!(!lucia().state.consents_to(scope));
    let case = lucia()
        .when(consent(true, minute(2)))
        .then([E::ContactConsentRecorded { scope, by: by(), at: minute(2), late: false }])
        .when(consent(true, minute(2)))
        .then_nothing()
        .when(consent(false, minute(1)))
        .then([E::ContactConsentWithdrawn { scope, by: by(), at: minute(1), late: true }]);
    assert!(case.state.consents_to(scope), "what was said before changes nothing");
    let case = case.when(consent(false, minute(4))).then([E::ContactConsentWithdrawn {
        scope,
        by: by(),
        at: minute(4),
        late: false,
    }]);
    assert!(!case.state.consents_to(scope));
}

#[test]
fn the_do_not_call_list_is_no_opt_out_and_no_consent() {
    let by = || "agent".to_owned();
    let case = lucia()
        .when(dnc(true, minute(1)))
        .then([E::ContactAddedToDnc { by: by(), at: minute(1), late: false }])
        .when(dnc(true, minute(1)))
        .then_nothing();
    assert!(case.state.is_on_dnc() && !case.state.has_opted_out(OptOutCategory::All));
    let case = case.after(consent(true, minute(3)));
    assert!(case.state.is_on_dnc(), "agreeing takes nobody off the list");
    let case = case.when(dnc(false, minute(4))).then([E::ContactRemovedFromDnc {
        by: by(),
        at: minute(4),
        late: false,
    }]);
    assert!(!case.state.is_on_dnc() && case.state.consents_to(ConsentScope::Calls));
}

#[test]
fn consent_and_the_list_are_of_a_contact_that_exists_and_name_how_they_are_known() {
    for command in [consent(true, minute(0)), consent(false, minute(0)), dnc(true, minute(0))] {
        given::<Contact>([]).when(command).then_refused("CONTACT_NOT_FOUND");
    }
    for by in [" ".to_owned(), "x".repeat(41)] {
        lucia().when(C::AddToDnc { by, at: minute(0) }).then_refused("INVALID_MEANS");
    }
}

/// A contact that the business knows by a lead alone.
fn by_lead() -> Case<Contact> {
    let contact = ContactId::of_lead(STREAM);
    given::<Contact>([E::ContactCreated { contact, name: Some(personal("Lucía")) }, added(phone())])
}

fn revealed(because: Revealing, name: &str, identities: &[Identity]) -> E {
    let (name, identities) = (Some(personal(name)), identities.to_vec());
    E::ContactRevealed { because, name, identities }
}

#[test]
fn a_contact_that_came_by_a_lead_is_revealed_once_with_everything_that_it_is() {
    let delivered = C::Reveal { because: Revealing::Delivered };
    let shown = revealed(Revealing::Delivered, "Lucía", &[phone()]);
    by_lead().when(delivered.clone()).then([shown.clone()]);
    let contact = ContactId::of_lead(STREAM);
    let again = given::<Contact>([
        E::ContactCreated { contact, name: Some(personal("Lucía")) },
        added(phone()),
        shown,
    ]);
    again.when(delivered).then_nothing();
}

#[test]
fn what_changes_after_that_is_said_in_the_open_as_well() {
    let contact = ContactId::of_lead(STREAM);
    let known = || {
        given::<Contact>([
            E::ContactCreated { contact, name: Some(personal("Lucía")) },
            added(phone()),
            revealed(Revealing::Wrote, "Lucía", &[phone()]),
        ])
    };
    known().when(C::Rename { name: personal("Lu") }).then([
        E::ContactRenamed { name: personal("Lu") },
        revealed(Revealing::Wrote, "Lu", &[phone()]),
    ]);
    known()
        .when(C::AddIdentity { identity: wa_id() })
        .then([added(wa_id()), revealed(Revealing::Wrote, "Lucía", &[phone(), wa_id()])]);
    by_lead().when(C::AddIdentity { identity: wa_id() }).then([added(wa_id())]);
}

#[test]
fn a_contact_that_is_known_otherwise_has_nothing_to_reveal() {
    lucia().when(C::Reveal { because: Revealing::Delivered }).then_nothing();
    given::<Contact>([])
        .when(C::Reveal { because: Revealing::Wrote })
        .then_refused("CONTACT_NOT_FOUND");
}
