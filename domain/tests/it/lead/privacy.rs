//! Nobody sees who a lead is before it is delivered: not in any event, state or effect that is
//! read, whatever the reader may see otherwise.

use bitacora_domain::aggregates::lead::{LeadAnswer, LeadCommand as C, LeadEvent as E};
use bitacora_domain::codec::{self, Visibility};
use serde_json::Value;

use super::{answer, by_hand, confirm, given_answer, person, ready, request};
use crate::support::given;
use crate::support::ids::personal;

const SECRETS: [&str; 4] = ["Ferreyra", "+5491166600011", "por la tarde", "Lucía F."];

fn read(value: impl serde::Serialize) -> Value {
    codec::open(serde_json::to_value(value).unwrap(), Visibility::Clear)
}

fn shows(value: &Value) -> bool {
    let text = value.to_string();
    SECRETS.iter().any(|secret| text.contains(secret))
}

#[test]
fn before_the_delivery_nothing_that_is_read_shows_who_it_is() {
    let mut case = given::<bitacora_domain::aggregates::lead::Lead>([]);
    let name = || LeadAnswer::Name("Lucía F.".to_owned());
    let mut capture = by_hand();
    if let C::Capture { answers, .. } = &mut capture {
        let mut given = given_answer(name());
        given.raw = Some(personal("Soy Lucía F."));
        answers.push(given);
    }
    let form = C::RecordFormData {
        contact: None,
        person: Box::new(person()),
        answers: vec![given_answer(name())],
        opted_out: false,
        duplicate_of: None,
    };
    let mut commands = vec![capture, form, super::reply(1, "Soy Lucía F."), answer(name())];
    commands.extend(super::best().into_iter().skip(1).map(answer));
    commands.push(request(1));
    for command in commands {
        let outcome = case.when(command);
        for event in outcome.result.as_ref().unwrap() {
            let stored = serde_json::to_value(event).unwrap();
            assert!(!shows(&read(event)), "{stored}");
            // Typed, from the log as it is stored: the same.
            let typed: E = serde_json::from_value(stored).unwrap();
            assert!(!format!("{typed:?}").contains("Lucía"));
            check_typed(&typed);
        }
        assert!(!shows(&read(&outcome.case.state)));
        case = outcome.case;
    }
    let outcome = case.when(confirm(1));
    let events = outcome.result.as_ref().unwrap();
    let [E::LeadDelivered { revealed, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(revealed.name.as_ref().unwrap().reveal().unwrap(), "Lucía F.");
    assert_eq!(revealed.phone, person().phone);
    assert_eq!(revealed.fields, person().fields);
    assert!(shows(&read(&events[0])));
    let masked = codec::open(serde_json::to_value(&events[0]).unwrap(), Visibility::Masked);
    assert!(!shows(&masked));
}

/// What a view gets hold of.
fn check_typed(event: &E) {
    let (E::LeadCaptured { person, .. } | E::LeadFormDataFetched { person, .. }) = event else {
        return;
    };
    let texts = [&person.name, &person.phone, &person.email];
    assert!(texts.into_iter().flatten().all(|text| text.reveal().is_none()));
    assert!(person.fields.iter().all(|field| field.value.clone().into_value().is_none()));
}

/// The budget is no secret: a tenant sees how good a lead is before paying for it.
#[test]
fn what_does_not_identify_anybody_is_shown() {
    let outcome = ready().when(answer(super::best().remove(1)));
    let events = outcome.result.unwrap();
    assert!(read(&events[0]).to_string().contains("11000000"));
}

#[test]
fn what_a_stranger_filled_in_is_cut_and_never_loses_the_lead() {
    let mut capture = by_hand();
    if let C::Capture { person, .. } = &mut capture {
        person.name = Some(personal(&"ñ".repeat(10_000)));
        person.email = Some(personal("  "));
        let field = person.fields.remove(0);
        person.fields = vec![field; 100];
    }
    let lead = given::<bitacora_domain::aggregates::lead::Lead>([]).after(capture);
    let size = serde_json::to_string(&lead.state).unwrap().len();
    assert!(size < 20_000, "{size}");
}
