//! What the team does beside talking: priorities, macros, links, merges, redactions, archives.

use bitacora_domain::aggregates::conversation::{
    AssignedBy, Conversation, ConversationCommand as C, ConversationEvent as E, ConversationStatus,
    LinkedKind, MacroStep, Priority,
};
use bitacora_domain::{Claim, ContactId, ConversationId, DomainAggregate};
use serde_json::json;
use uuid::Uuid;

use super::{closed, open, waiting};
use crate::support::Case;
use crate::support::ids::{AGENT, CHANNEL, CONTACT, CONVERSATION, message, minute, personal};

fn other() -> ConversationId {
    ConversationId::new(Uuid::from_u128(0xB2))
}

fn merge() -> C {
    C::MergeInto { target: other(), target_contact: CONTACT }
}

#[test]
fn a_priority_changes_only_to_another() {
    let to = |priority| C::ChangePriority { priority };
    let (from, high) = (Priority::Medium, Priority::High);
    open()
        .when(to(Priority::Medium))
        .then_nothing()
        .when(to(high))
        .then([E::PriorityChanged { from, to: high }])
        .when(to(high))
        .then_nothing();
}

fn apply(steps: Vec<MacroStep>) -> C {
    C::ApplyMacro { macro_id: Uuid::from_u128(7), version: 2, steps }
}

#[test]
fn a_macro_does_all_its_steps_each_where_the_last_one_left_it() {
    let say = |body: &str| MacroStep::SendText { body: personal(body) };
    let steps = vec![
        say("Listo"),
        say("¡Gracias!"),
        MacroStep::AddLabel { label: "resuelto".to_owned() },
        MacroStep::AddLabel { label: "RESUELTO".to_owned() },
        MacroStep::Assign { agent: Some(AGENT), team: None },
        MacroStep::ChangePriority { priority: Priority::Low },
        MacroStep::AddNote { body: personal("Cerrado por macro") },
        MacroStep::Resolve { resolution: None },
    ];
    let outcome = waiting().when(apply(steps));
    assert_eq!(
        outcome.summary(),
        "MacroApplied+MessageQueued+MessageQueued+LabelAdded+ConversationAssigned\
         +PriorityChanged+NoteAdded+ConversationResolved"
    );
    let ids: std::collections::BTreeSet<_> = outcome
        .result
        .as_ref()
        .unwrap()
        .iter()
        .filter_map(|event| match event {
            E::MessageQueued { message, .. } => Some(*message),
            _ => None,
        })
        .collect();
    assert_eq!(ids.len(), 2, "every message has its own id");
    assert_eq!(outcome.case.state.status(), ConversationStatus::Resolved);
}

#[test]
fn a_macro_that_cannot_do_one_step_does_none() {
    let note = || MacroStep::AddNote { body: personal("n") };
    let text = MacroStep::SendText { body: personal("Hola") };
    open().when(apply(vec![note(), text])).then_refused("SERVICE_WINDOW_CLOSED");
    let resolve = MacroStep::Resolve { resolution: None };
    let snooze = MacroStep::Snooze { until: None };
    open().when(apply(vec![resolve, snooze])).then_refused("CONVERSATION_RESOLVED");
    open().when(apply(vec![])).then_refused("INVALID_MACRO");
    open().when(apply(vec![note(); 21])).then_refused("INVALID_MACRO");
}

#[test]
fn a_link_is_made_once() {
    let link = |kind| C::LinkEntity { kind, id: Uuid::from_u128(3) };
    let case = open().after(link(LinkedKind::Ticket));
    let case = case.when(link(LinkedKind::Ticket)).then_nothing();
    assert_eq!(case.when(link(LinkedKind::Call)).summary(), "EntityLinked");
}

#[test]
fn a_merged_conversation_gives_its_place_free_and_tells_the_other() {
    let outcome = waiting().at(4).when(merge());
    let key = format!("{CONTACT}|{CHANNEL}");
    assert_eq!(outcome.claims(), [Claim::release("conversation.open", key, CONVERSATION)]);
    let event = &outcome.result.as_ref().unwrap()[0];
    let effects = outcome.case.state.effects(event);
    assert_eq!(effects[0].payload["aggregate_id"], json!(other().to_string()));
    let body = json!({"RecordMerge": {"source": CONVERSATION.to_string()}});
    assert_eq!((effects[0].due, &effects[0].payload["body"]), (None, &body));
    let from = ConversationStatus::Open;
    let case = outcome.then([E::ConversationMerged { from, target: other(), at: minute(4) }]);
    assert_eq!(
        (case.state.status(), case.state.waiting_since()),
        (ConversationStatus::Merged, None)
    );
    let case = case.when(merge()).then_nothing();
    let elsewhere = ConversationId::new(Uuid::from_u128(0xB3));
    case.when(C::MergeInto { target: elsewhere, target_contact: CONTACT })
        .then_refused("CONVERSATION_CLOSED");
}

#[test]
fn only_conversations_of_one_contact_are_merged_and_never_with_themselves() {
    let stranger = ContactId::new(Uuid::from_u128(1));
    let with = |target, target_contact| C::MergeInto { target, target_contact };
    open().when(with(other(), stranger)).then_refused("MERGE_OTHER_CONTACT");
    open().when(with(CONVERSATION, CONTACT)).then_refused("MERGE_INTO_ITSELF");
    let record = |source| C::RecordMerge { source };
    open().when(record(CONVERSATION)).then_refused("MERGE_INTO_ITSELF");
    let case = closed().after(record(other()));
    case.when(record(other())).then_nothing();
}

#[test]
fn a_message_is_redacted_once_also_when_all_is_over() {
    let redact = |reason: &str| C::RedactMessage { message: message(1), reason: reason.to_owned() };
    for bad in [" ".to_owned(), "x".repeat(501)] {
        closed().when(redact(&bad)).then_refused("INVALID_REASON");
    }
    let case = closed().when(redact(" Tarjeta "));
    let events = case.result.as_ref().unwrap();
    assert!(matches!(&events[0], E::MessageRedacted { reason, .. } if reason == "Tarjeta"));
    case.case.when(redact("Tarjeta")).then_nothing();
}

#[test]
fn only_a_closed_conversation_is_archived() {
    waiting().when(C::Archive).then_refused("CONVERSATION_NOT_CLOSED");
    let case: Case<Conversation> = closed().after(C::Archive);
    let case = case.when(C::Archive).then_nothing();
    let case = case.when(C::Reopen).then_refused("CONVERSATION_CLOSED");
    case.when(C::Close).then_nothing();
}

#[test]
fn a_policy_that_assigned_is_told_from_a_person() {
    let by = |by| C::Assign { agent: Some(AGENT), team: None, by };
    let events = open().when(by(AssignedBy::Policy)).result.unwrap();
    assert!(matches!(&events[0], E::ConversationAssigned { by: AssignedBy::Policy, .. }));
    let json = serde_json::to_value(&open().when(by(AssignedBy::User)).result.unwrap()[0]).unwrap();
    assert!(json["ConversationAssigned"].get("by").is_none(), "as it was released");
}
