//! What the provider tells about the contact's side.

use bitacora_domain::Claim;
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, ConversationEvent as E, ConversationStatus,
};

use super::samples::{contents, queue, receive, received, report, started, template, text};
use super::{open, resolved, waiting};
use crate::support::ids::{CONVERSATION, message, minute, personal};
use crate::support::{Outcome, given};

fn echo(wamid: &str) -> C {
    let provider_message_id = wamid.to_owned();
    C::RecordAgentEcho { provider_message_id, content: text("Ya te llamo"), sent_at: minute(9) }
}

fn reaction(wamid: &str, target: &str) -> C {
    C::RecordReaction {
        provider_message_id: wamid.to_owned(),
        target: target.to_owned(),
        emoji: Some(personal("👍")),
        at: minute(2),
    }
}

fn first_event(outcome: Outcome<Conversation>) -> E {
    outcome.result.unwrap().into_iter().next().expect("no event")
}

#[test]
fn a_message_opens_the_service_window_for_24_hours_from_its_own_time() {
    open().at(2).when(receive("wamid.A", minute(1))).then([
        received(message(1), "wamid.A", minute(1)),
        E::ServiceWindowOpened { until: minute(1 + 24 * 60) },
    ]);
}

#[test]
fn a_message_counts_once_however_often_it_is_delivered() {
    waiting().at(5).when(receive("wamid.A", minute(0))).then_nothing();
    // Not even where a new one would be refused.
    waiting().after(C::Close).when(receive("wamid.A", minute(0))).then_nothing();
}

#[test]
fn a_message_takes_its_provider_id_for_the_whole_tenant() {
    let outcome = open().when(receive("wamid.A", minute(0)));
    let owner = format!("{CONVERSATION}/{}", message(1));
    assert_eq!(outcome.claims(), [Claim::take("message.provider", "wamid.A", &owner)]);
    let outcome = open().when(echo("wamid.A"));
    assert_eq!(outcome.claims(), [Claim::take("message.provider", "wamid.A", owner)]);
    assert_eq!(waiting().when(reaction("wamid.R", "wamid.A")).claims(), []);
}

#[test]
fn every_kind_of_content_is_received() {
    for (kind, content) in contents() {
        let command = C::ReceiveMessage {
            provider_message_id: "wamid.A".to_owned(),
            content: content.clone(),
            reply_to: Some("wamid.OUT".to_owned()),
            referral: None,
            forwarded: true,
            sent_at: minute(0),
        };
        let E::MessageReceived { content: kept, reply_to, forwarded, .. } =
            first_event(open().when(command))
        else {
            panic!("{kind}");
        };
        assert_eq!((kept, reply_to.as_deref(), forwarded), (content, Some("wamid.OUT"), true));
    }
}

#[test]
fn an_older_message_does_not_shorten_the_window() {
    let case = open().at(10).after(receive("wamid.B", minute(10)));
    let until = case.state.window_until();
    let outcome = case.when(receive("wamid.A", minute(4)));
    assert_eq!(outcome.summary(), "MessageReceived");
    assert_eq!(outcome.case.state.window_until(), until);
    // Nor does one of the same time say it again.
    assert_eq!(outcome.case.when(receive("wamid.C", minute(10))).summary(), "MessageReceived");
}

#[test]
fn a_clock_that_is_far_ahead_is_not_believed() {
    let near = open().at(0).after(receive("wamid.A", minute(5)));
    assert_eq!(near.state.window_until(), Some(minute(5 + 24 * 60)));
    let far = open().at(0).when(receive("wamid.A", minute(60)));
    assert_eq!(far.case.state.window_until(), Some(minute(24 * 60)));
    assert_eq!(far.case.state.waiting_since(), Some(minute(0)));
    // What the provider said is kept all the same.
    assert!(
        matches!(first_event(far), E::MessageReceived { sent_at, .. } if sent_at == minute(60))
    );
}

#[test]
fn the_contact_waits_since_the_first_message_that_nobody_answered() {
    let case = waiting().at(7).after(receive("wamid.B", minute(7)));
    assert_eq!((case.state.unread(), case.state.waiting_since()), (2, Some(minute(0))));
    // One that was sent before but arrives later.
    let case = case.after(receive("wamid.C", minute(-3)));
    assert_eq!((case.state.unread(), case.state.waiting_since()), (3, Some(minute(-3))));
    let case = case.after(queue(text("Hola, sí")));
    assert_eq!((case.state.unread(), case.state.waiting_since()), (3, None));
    let case = case.at(8).after(receive("wamid.D", minute(8)));
    assert_eq!(case.state.waiting_since(), Some(minute(8)));
}

#[test]
fn a_message_reopens_a_resolved_conversation() {
    let case = resolved().at(30);
    let outcome = case.when(receive("wamid.B", minute(30)));
    let events = outcome.result.as_ref().unwrap();
    let (from, at) = (ConversationStatus::Resolved, minute(30));
    assert_eq!(events[1], E::ConversationReopened { from, inbound: true, at });
    assert_eq!(outcome.case.state.status(), ConversationStatus::Open);
}

#[test]
fn an_echo_answers_and_silences_the_ai_but_opens_no_window() {
    let case = given::<Conversation>([started()]).when(echo("wamid.E"));
    assert_eq!(case.summary(), "AgentEchoRecorded+AiPaused");
    assert_eq!(case.case.state.window_until(), None);
    let case = waiting().after(echo("wamid.E"));
    assert_eq!((case.state.unread(), case.state.waiting_since()), (1, None));
    let case = case.when(echo("wamid.E")).then_nothing();
    assert_eq!(case.when(echo("wamid.F")).summary(), "AgentEchoRecorded");
    let case = resolved().after(echo("wamid.E"));
    assert_eq!(case.state.status(), ConversationStatus::Resolved);
}

#[test]
fn who_waits_does_not_depend_on_the_order_in_which_we_hear_of_it() {
    // the telephone answers at minute 9, what comes after it waits
    let facts = [
        receive("wamid.B", minute(7)),
        echo("wamid.E"),
        receive("wamid.C", minute(11)),
        receive("wamid.D", minute(12)),
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 0, 1, 3], [0, 3, 1, 2]] {
        let mut case = given::<Conversation>([started()]).at(20);
        for n in order {
            case = case.after(facts[n].clone());
        }
        assert_eq!(case.state.waiting_since(), Some(minute(11)), "{order:?}");
    }
    let late = given::<Conversation>([started()]).at(20).after(echo("wamid.E"));
    assert_eq!(late.after(receive("wamid.B", minute(7))).state.waiting_since(), None);
}

#[test]
fn reactions_edits_and_revocations_neither_reopen_nor_count() {
    let before = resolved();
    let edit = C::RecordMessageEdit {
        provider_message_id: "wamid.F".to_owned(),
        target: "wamid.A".to_owned(),
        content: text("Hola."),
        at: minute(2),
    };
    let revoke = C::RecordMessageRevoke {
        provider_message_id: "wamid.G".to_owned(),
        target: "wamid.A".to_owned(),
        at: minute(2),
    };
    for command in [reaction("wamid.R", "wamid.A"), edit, revoke] {
        let after = before.clone().after(command.clone());
        assert_eq!(after.state.status(), ConversationStatus::Resolved);
        assert_eq!(after.state.unread(), before.state.unread());
        assert_eq!(after.state.waiting_since(), None);
        assert_eq!(after.state.window_until(), before.state.window_until());
        after.when(command).then_nothing();
    }
}

#[test]
fn a_reaction_names_our_message_when_it_is_known() {
    let target = |outcome: Outcome<Conversation>| {
        let event = first_event(outcome);
        let E::ReactionChanged { message, .. } = event else { panic!("{event:?}") };
        message
    };
    assert_eq!(target(waiting().when(reaction("wamid.R", "wamid.A"))), Some(message(1)));
    assert_eq!(target(waiting().when(reaction("wamid.R", "wamid.X"))), None);
    // A reaction is no message that one could react to.
    let case = waiting().after(reaction("wamid.R", "wamid.A"));
    assert_eq!(target(case.when(reaction("wamid.S", "wamid.R"))), None);
    let status = bitacora_domain::aggregates::conversation::DeliveryStatus::Sent;
    let case = open().after(queue(template()));
    let case = case.after(report(message(1), Some("wamid.OUT"), status, minute(1)));
    assert_eq!(target(case.when(reaction("wamid.R", "wamid.OUT"))), Some(message(1)));
}

#[test]
fn a_provider_id_is_neither_empty_nor_endless() {
    for bad in [String::new(), "w".repeat(513), "wamid.\0".to_owned()] {
        open().when(receive(&bad, minute(0))).then_refused("INVALID_PROVIDER_MESSAGE_ID");
        open().when(echo(&bad)).then_refused("INVALID_PROVIDER_MESSAGE_ID");
        open().when(reaction(&bad, "wamid.A")).then_refused("INVALID_PROVIDER_MESSAGE_ID");
    }
}

#[test]
fn the_state_remembers_a_bounded_number_of_provider_ids() {
    let mut case = open();
    for n in 0..100 {
        case = case.after(receive(&format!("wamid.{n}"), minute(0)));
    }
    let state = serde_json::to_value(&case.state).unwrap();
    assert_eq!(state["recent"].as_array().unwrap().len(), 64);
    case.clone().when(receive("wamid.36", minute(0))).then_nothing();
    // What is forgotten is refused by its claim, which the event still makes.
    assert_eq!(case.when(receive("wamid.35", minute(0))).claims().len(), 1);
}
