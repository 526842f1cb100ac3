//! Our own messages.

use DeliveryStatus::{Delivered, Failed, Pending, Played, Read, Sent, Unknown};
use bitacora_domain::Claim;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E, DeliveryStatus, MessageContent,
    Pricing, ProviderFault, Response, Sender,
};

use super::samples::{
    actor, advanced, contents, queue, queued, receive, report, started, template, text,
};
use super::{open, waiting};
use crate::support::ids::{CONTACT, CONVERSATION, hidden, message, minute, personal};
use crate::support::{Case, given};

const ALL: [DeliveryStatus; 7] = [Pending, Unknown, Sent, Delivered, Read, Played, Failed];

/// A message of ours that got so far. Voice, which is final latest.
fn voice_at(status: DeliveryStatus) -> Case<Conversation> {
    let voice = contents().into_iter().find(|(kind, _)| *kind == "audio").unwrap().1;
    let mut history = vec![started(), queued(message(1), voice, minute(0))];
    if status == Unknown {
        let (message, reason) = (message(1), "timeout".to_owned());
        history.push(E::MessageSendUnknown { message, attempt: 1, reason, at: minute(1) });
    } else if status != Pending {
        history.push(advanced(message(1), None, Pending, status, minute(1)));
    }
    given::<Conversation>(history)
}

/// A text of ours that got so far.
fn text_at(status: DeliveryStatus) -> Case<Conversation> {
    let mut history = vec![started(), queued(message(1), text("Hola"), minute(0))];
    if status != Pending {
        history.push(advanced(message(1), None, Pending, status, minute(1)));
    }
    given::<Conversation>(history)
}

/// Rows: the status before, of which nothing in between was told; columns: the status reported, in the order of [`ALL`].
#[rustfmt::skip]
const MATRIX: [(DeliveryStatus, [&str; 7]); 7] = [
    (Pending, ["-", "-", "MessageSent", "MessageDelivered", "MessageRead", "MessagePlayed", "MessageFailed"]),
    (Unknown, ["-", "-", "MessageSent", "MessageDelivered", "MessageRead", "MessagePlayed", "MessageFailed"]),
    (Sent, ["-", "-", "-", "MessageDelivered", "MessageRead", "MessagePlayed", "MessageFailed"]),
    (Delivered, ["-", "-", "MessageStepDated", "-", "MessageRead", "MessagePlayed", "MessageStatusAnomalyRecorded"]),
    (Read, ["-", "-", "MessageStepDated", "MessageStepDated", "-", "MessagePlayed", "MessageStatusAnomalyRecorded"]),
    (Played, ["-", "-", "MessageStepDated", "MessageStepDated", "MessageStepDated", "-", "-"]),
    (Failed, ["-", "-", "MessageStepDated", "-", "-", "-", "-"]),
];

#[test]
fn every_delivery_status_meets_every_report() {
    for (status, row) in MATRIX {
        for (reported, cell) in ALL.into_iter().zip(row) {
            let outcome = voice_at(status).when(report(message(1), None, reported, minute(2)));
            assert_eq!(outcome.summary(), cell, "{status:?} → {reported:?}");
        }
    }
}

#[test]
fn a_text_is_final_when_read_and_leaves_the_state() {
    for status in [Read, Played, Failed] {
        assert_eq!(text_at(status).state.outbound(message(1)), None, "{status:?}");
        for reported in ALL.into_iter().filter(|reported| *reported >= status) {
            text_at(status).when(report(message(1), None, reported, minute(2))).then_nothing();
        }
    }
    assert!(text_at(Delivered).state.outbound(message(1)).is_some());
}

#[test]
fn a_step_that_was_gone_past_untold_is_dated_once_when_it_is_told() {
    let pricing = Some(Pricing { billable: true, model: None, category: None });
    let say = |status, at| C::RecordDeliveryStatus {
        message: message(1),
        provider_message_id: None,
        status,
        at,
        pricing: pricing.clone(),
        fault: None,
    };
    let dated =
        |step, at| E::MessageStepDated { message: message(1), step, at, pricing: pricing.clone() };
    text_at(Read)
        .when(say(Delivered, minute(1)))
        .then([dated(Delivered, minute(1))])
        .when(say(Sent, minute(0)))
        .then([dated(Sent, minute(0))])
        .when(say(Sent, minute(0)))
        .then_nothing()
        .when(say(Delivered, minute(3)))
        .then_nothing();
}

#[test]
fn what_was_told_in_order_is_never_dated_again() {
    let told = [Sent, Delivered, Read].into_iter().fold(text_at(Pending), |case, status| {
        case.when(report(message(1), None, status, minute(1))).case
    });
    for reported in ALL {
        let outcome = told.clone().when(report(message(1), None, reported, minute(2)));
        assert_eq!(outcome.summary(), "-", "{reported:?}");
    }
}

#[test]
fn an_advance_says_where_it_came_from_and_what_the_provider_said() {
    let (at, message) = (minute(2), message(1));
    let pricing = Some(Pricing { billable: true, model: None, category: None });
    let fault = Some(ProviderFault { code: 131_026, title: "Undeliverable".to_owned() });
    let provider_message_id = Some("wamid.OUT".to_owned());
    let say = |status| C::RecordDeliveryStatus {
        message,
        provider_message_id: provider_message_id.clone(),
        status,
        at,
        pricing: pricing.clone(),
        fault: fault.clone(),
    };
    let provider_message_id = Some("wamid.OUT".to_owned());
    text_at(Sent).when(say(Failed)).then([E::MessageFailed {
        message,
        provider_message_id: provider_message_id.clone(),
        from: Sent,
        at,
        fault: fault.clone(),
    }]);
    text_at(Pending).when(say(Delivered)).then([E::MessageDelivered {
        message,
        provider_message_id,
        from: Pending,
        at,
        pricing: pricing.clone(),
    }]);
}

#[test]
fn a_failure_after_delivery_is_an_anomaly_and_recorded_once() {
    let fault = None;
    text_at(Delivered)
        .when(report(message(1), None, Failed, minute(2)))
        .then([E::MessageStatusAnomalyRecorded {
            message: message(1),
            status: Failed,
            current: Delivered,
            at: minute(2),
            fault,
        }])
        .when(report(message(1), None, Failed, minute(3)))
        .then_nothing()
        .when(report(message(1), None, Read, minute(4)))
        .then([advanced(message(1), None, Delivered, Read, minute(4))]);
}

#[test]
fn the_first_status_with_a_provider_id_binds_it() {
    let owner = format!("{CONVERSATION}/{}", message(1));
    let outcome = text_at(Pending).when(report(message(1), None, Sent, minute(1)));
    assert_eq!(outcome.claims(), []);
    let outcome = outcome.case.when(report(message(1), Some("wamid.1"), Delivered, minute(2)));
    assert_eq!(outcome.claims(), [Claim::take("message.provider", "wamid.1", &owner)]);
    // Another id later changes nothing.
    outcome.case.when(report(message(1), Some("wamid.2"), Read, minute(3))).then([advanced(
        message(1),
        Some("wamid.1"),
        Delivered,
        Read,
        minute(3),
    )]);
}

#[test]
fn only_where_nothing_was_ever_queued_is_a_message_unknown() {
    open().when(report(message(1), None, Sent, minute(1))).then_refused("MESSAGE_UNKNOWN");
    text_at(Pending).when(report(message(5), None, Sent, minute(1))).then_nothing();
    text_at(Failed).when(report(message(5), None, Sent, minute(1))).then_nothing();
}

#[test]
fn a_queued_message_carries_who_sent_what_and_answers_the_contact() {
    let case = waiting().at(3).when(C::SendMessage {
        client_message_id: Some("app-1".to_owned()),
        content: text("Sí, está disponible"),
        sender: Sender::AutoReply,
        reply_to: Some(message(1)),
    });
    let case = case.then([E::MessageQueued {
        message: message(2),
        contact: CONTACT,
        client_message_id: Some("app-1".to_owned()),
        content: text("Sí, está disponible"),
        sender: Sender::AutoReply,
        author: actor(),
        reply_to: Some(message(1)),
        queued_at: minute(3),
        response: Some(Response { waited_ms: 180_000, first: true }),
    }]);
    assert_eq!(case.state.waiting_since(), None);
    assert_eq!(case.state.outbound(message(2)).unwrap().status, Pending);
}

#[test]
fn free_form_leaves_only_while_the_service_window_is_open() {
    let free = || queue(text("Hola"));
    open().when(free()).then_refused("SERVICE_WINDOW_CLOSED");
    let day = 24 * 60;
    assert_eq!(waiting().at(day - 1).when(free()).summary(), "MessageQueued");
    waiting().at(day).when(free()).then_refused("SERVICE_WINDOW_CLOSED");
    assert_eq!(waiting().at(day).when(queue(template())).summary(), "MessageQueued");
    let again = waiting().at(day).after(receive("wamid.B", minute(day)));
    assert_eq!(again.when(free()).summary(), "MessageQueued");
}

#[test]
fn a_text_has_1_to_4096_characters_and_is_not_blank() {
    let longest = "ñ".repeat(4_096);
    assert_eq!(waiting().when(queue(text(&longest))).summary(), "MessageQueued");
    for bad in [String::new(), " \n\t".to_owned(), "ñ".repeat(4_097)] {
        waiting().when(queue(text(&bad))).then_refused("INVALID_TEXT");
    }
    waiting().when(queue(MessageContent::Text { body: hidden() })).then_refused("INVALID_TEXT");
}

#[test]
fn a_template_has_a_name_a_language_and_visible_parameters() {
    let long = "x".repeat(1_025);
    for (name, language, parameters) in [
        ("", "es_AR", vec![]),
        ("Aviso", "es_AR", vec![]),
        ("aviso", "", vec![]),
        ("aviso", "es-AR", vec![]),
        ("aviso", "es_AR", vec![personal(&long)]),
        ("aviso", "es_AR", vec![hidden()]),
        ("aviso", "es_AR", vec![personal("x"); 65]),
    ] {
        let (name, language) = (name.to_owned(), language.to_owned());
        let content = MessageContent::Template { name, language, parameters };
        open().when(queue(content)).then_refused("INVALID_TEMPLATE");
    }
}

#[test]
fn a_clients_own_id_is_neither_empty_nor_endless() {
    for bad in [String::new(), "c".repeat(129)] {
        let command = C::SendMessage {
            client_message_id: Some(bad),
            content: template(),
            sender: Sender::Agent,
            reply_to: None,
        };
        open().when(command).then_refused("INVALID_CLIENT_MESSAGE_ID");
    }
}

#[test]
fn the_state_follows_a_bounded_number_of_messages() {
    let history = (1..=1_005).map(|n| queued(message(n), template(), minute(0)));
    let case = given::<Conversation>([started()].into_iter().chain(history));
    let state = serde_json::to_value(&case.state).unwrap();
    assert_eq!(state["outbound"].as_array().unwrap().len(), 1_000);
    assert!(case.state.outbound(message(5)).is_none());
    assert!(case.state.outbound(message(6)).is_some());
    case.when(report(message(5), None, Sent, minute(1))).then_nothing();
}
