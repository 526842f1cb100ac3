//! What the team does.

use bitacora_domain::UserId;
use bitacora_domain::aggregates::conversation::{
    AssignedBy, ConversationCommand as C, ConversationEvent as E,
};
use uuid::Uuid;

use super::samples::{actor, receive};
use super::{open, waiting};
use crate::support::ids::{AGENT, hidden, message, minute, personal};

fn label(text: &str) -> C {
    C::AddLabel { label: text.to_owned() }
}

fn assign(agent: Option<UserId>, team: Option<&str>) -> C {
    C::Assign { agent, team: team.map(str::to_owned), by: AssignedBy::User }
}

#[test]
fn a_note_has_1_to_10000_characters_and_an_author() {
    let body = personal(&"ñ".repeat(10_000));
    open().at(4).when(C::AddNote { body: body.clone() }).then([E::NoteAdded {
        note: message(1).as_uuid(),
        body,
        author: actor(),
        at: minute(4),
    }]);
    for bad in [personal(""), personal("\n "), personal(&"ñ".repeat(10_001)), hidden()] {
        open().when(C::AddNote { body: bad }).then_refused("INVALID_NOTE");
    }
}

#[test]
fn labels_are_a_sorted_set_without_regard_to_case() {
    let set = |labels: &[&str]| labels.iter().map(|&label| label.to_owned()).collect::<Vec<_>>();
    open()
        .when(label("  Ventas "))
        .then([E::LabelAdded { label: "Ventas".to_owned(), labels: set(&["Ventas"]) }])
        .when(label("VENTAS"))
        .then_nothing()
        .when(label("ñandú"))
        .then([E::LabelAdded { label: "ñandú".to_owned(), labels: set(&["Ventas", "ñandú"]) }])
        .when(C::RemoveLabel { label: "ÑANDÚ ".to_owned() })
        .then([E::LabelRemoved { label: "ñandú".to_owned(), labels: set(&["Ventas"]) }])
        .when(C::RemoveLabel { label: "ñandú".to_owned() })
        .then_nothing();
}

#[test]
fn a_label_has_1_to_40_characters_and_a_conversation_50_labels() {
    for bad in [" ".to_owned(), "ñ".repeat(41)] {
        open().when(label(&bad)).then_refused("INVALID_LABEL");
        open().when(C::RemoveLabel { label: bad }).then_refused("INVALID_LABEL");
    }
    let mut case = open().after(label(&"ñ".repeat(40)));
    for n in 1..50 {
        case = case.after(label(&format!("l{n}")));
    }
    case.when(label("una más")).then_refused("TOO_MANY_LABELS").when(label("L1")).then_nothing();
}

#[test]
fn an_assignment_replaces_the_one_before_and_says_which_it_was() {
    let other = UserId::new(Uuid::from_u128(2));
    let ventas = || Some("Ventas".to_owned());
    open()
        .when(assign(Some(AGENT), Some(" Ventas ")))
        .then([E::ConversationAssigned {
            agent: Some(AGENT),
            team: ventas(),
            previous_agent: None,
            previous_team: None,
            by: AssignedBy::User,
        }])
        .when(assign(Some(AGENT), Some("Ventas")))
        .then_nothing()
        .when(assign(Some(other), None))
        .then([E::ConversationAssigned {
            agent: Some(other),
            team: None,
            previous_agent: Some(AGENT),
            previous_team: ventas(),
            by: AssignedBy::User,
        }])
        .when(C::Unassign)
        .then([E::ConversationUnassigned { previous_agent: Some(other), previous_team: None }])
        .when(C::Unassign)
        .then_nothing();
}

#[test]
fn an_assignment_needs_a_person_or_a_named_team() {
    open().when(assign(None, None)).then_refused("ASSIGNEE_REQUIRED");
    for bad in [" ".to_owned(), "x".repeat(61)] {
        open().when(assign(Some(AGENT), Some(&bad))).then_refused("INVALID_TEAM");
    }
}

#[test]
fn reading_says_how_many_were_unread_and_answers_nobody() {
    let case = waiting().after(receive("wamid.B", minute(1))).at(9);
    let case = case.when(C::MarkRead).then([E::ConversationReadByAgent {
        reader: actor(),
        unread: 2,
        at: minute(9),
    }]);
    assert_eq!((case.state.unread(), case.state.waiting_since()), (0, Some(minute(0))));
    case.when(C::MarkRead).then_nothing();
}
