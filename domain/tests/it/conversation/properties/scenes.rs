//! Scenes: short stories in which a promise is at stake, told at the right moment. What chance
//! alone puts together seldom matters; noise comes between them.

use bitacora_domain::aggregates::conversation::{
    ConversationCommand as C, DeliveryStatus, HandoffFallback, HandoffReason, MessageContent,
    SendOutcome, Sender, SurveyKind,
};
use bitacora_domain::aggregates::tenant::AiMode;
use bitacora_domain::{ConversationId, UserId};
use proptest::prelude::*;
use uuid::Uuid;

use super::generate::{Step, step};
use crate::conversation::matrix::{send, triage};
use crate::conversation::samples::{queue, receive, report, template, text};
use crate::support::ids::{AGENT, CONTACT, message, minute, personal};

/// Longer than the service window.
const A_DAY: i64 = 1_500;

/// A life: scenes and noise, as they come.
pub(super) fn life() -> impl Strategy<Value = Vec<Step>> {
    let noise = prop::collection::vec(step(), 3..16);
    let scene = prop_oneof![
        6 => noise,
        8 => automatic(),
        2 => of_a_person(),
        3 => suggestion(),
        1 => survey(),
        2 => handoff(),
        2 => scheduled(),
        1 => everything_clear(),
        1 => end(),
    ];
    prop::collection::vec(scene, 2..14).prop_map(|scenes| scenes.into_iter().flatten().collect())
}

/// At the last thing of its kind, at once.
fn now(command: C) -> Step {
    later(0, command)
}

/// The same after so many minutes.
fn later(pause: i64, command: C) -> Step {
    Step { command, pause, back: Some(0), punctual: false }
}

/// A timer when it is due.
fn due(command: C) -> Step {
    Step { punctual: true, ..now(command) }
}

fn heard() -> impl Strategy<Value = Step> {
    (0..200u8).prop_map(|n| now(receive(&format!("wamid.{n}"), minute(0))))
}

fn merge() -> C {
    C::MergeInto { target: ConversationId::new(Uuid::from_u128(5)), target_contact: CONTACT }
}

fn request() -> C {
    C::RequestHandoff {
        reason: HandoffReason::CustomerAsked,
        note: None,
        timeout_s: 600,
        fallback: HandoffFallback::KeepWaiting,
        notice: None,
    }
}

fn suggest() -> C {
    C::SuggestReply { text: personal("Hola"), citations: vec![], ttl_s: 600 }
}

fn redact() -> C {
    C::RedactMessage { message: message(9_999), reason: "x".to_owned() }
}

/// What comes between a machine and its message, often nothing.
fn obstacle() -> impl Strategy<Value = Vec<Step>> {
    let opt_out = || C::RecordOptOut { by: "agent".to_owned() };
    prop_oneof![
        3 => Just(vec![]),
        2 => Just(vec![now(request())]),
        2 => Just(vec![now(C::PauseAi { reason: None })]),
        2 => Just(vec![now(opt_out())]),
        2 => Just(vec![later(A_DAY, C::MarkRead)]),
        1 => prop::sample::select(vec![C::Close, merge()]).prop_map(|end| vec![now(end)]),
    ]
}

/// Takes away whatever is in a machine's way, but the end.
fn everything_clear() -> impl Strategy<Value = Vec<Step>> {
    heard().prop_map(|heard| {
        let agent = AGENT;
        vec![
            now(C::AcceptHandoff { agent, lease_s: 600 }),
            now(C::ReturnToBot),
            now(C::RecordOptIn { by: "agent".to_owned() }),
            now(C::ResumeAi),
            heard,
        ]
    })
}

fn outcome() -> impl Strategy<Value = C> {
    let outcome = prop_oneof![
        2 => (0..200u8).prop_map(|n| SendOutcome::Accepted {
            provider_message_id: format!("wamid.out.{n}")
        }),
        2 => Just(SendOutcome::Unknown { reason: "timeout".to_owned() }),
        1 => any::<bool>().prop_map(|retryable| SendOutcome::Rejected {
            code: 1,
            title: "x".to_owned(),
            retryable
        }),
    ];
    outcome.prop_map(|outcome| C::RecordSendOutcome { message: message(1), attempt: 1, outcome })
}

fn begin() -> C {
    C::BeginSend { message: message(1), attempt: 1, opted_out: false }
}

/// An attempt, its outcome, another attempt, and statuses.
fn on_its_way() -> impl Strategy<Value = Vec<Step>> {
    use DeliveryStatus::{Delivered, Failed, Read, Sent};
    let status = prop::sample::select(vec![Sent, Delivered, Delivered, Read, Failed, Failed]);
    let status = status.prop_map(|status| now(report(message(1), None, status, minute(0))));
    let doubled = any::<bool>().prop_map(|doubled| doubled.then(|| now(begin())));
    (doubled, outcome(), prop::collection::vec(status, 0..5)).prop_map(
        |(doubled, outcome, statuses)| {
            let steps = [now(begin())].into_iter().chain(doubled);
            steps.chain([now(outcome), now(begin())]).chain(statuses).collect()
        },
    )
}

fn join(parts: impl IntoIterator<Item = Vec<Step>>) -> Vec<Step> {
    parts.into_iter().flatten().collect()
}

/// A machine says something; before that or before it leaves, something gets in its way.
fn automatic() -> impl Strategy<Value = Vec<Step>> {
    let reply = |reply| C::RecordAutoReplyMatch {
        rule: Uuid::nil(),
        rule_version: 1,
        message: message(1),
        reply,
    };
    let words = prop_oneof![
        3 => Just(triage(message(1), AiMode::Autopilot)),
        1 => Just(reply(text("Hola"))),
        1 => Just(send(template(), Sender::Campaign)),
        1 => Just(send(text("Hola"), Sender::Campaign)),
    ];
    let words = (words, 1..3usize).prop_map(|(words, times)| vec![now(words); times]);
    let clear = prop::option::weighted(0.8, everything_clear());
    let before = prop::option::weighted(0.6, obstacle());
    (clear, heard(), before, words, obstacle(), on_its_way()).prop_map(
        |(clear, heard, before, words, after, leaves)| {
            let (clear, before) = (clear.unwrap_or_default(), before.unwrap_or_default());
            join([clear, vec![heard], before, words, after, leaves])
        },
    )
}

/// A person writes; sometimes the message leaves late, or is redacted.
fn of_a_person() -> impl Strategy<Value = Vec<Step>> {
    let between = prop_oneof![
        3 => Just(vec![]),
        1 => Just(vec![later(A_DAY, C::MarkRead)]),
        1 => Just(vec![now(redact()), now(redact())]),
    ];
    let words = prop::sample::select(vec![text("Hola"), template()]);
    (heard(), words, between, on_its_way()).prop_map(|(heard, words, between, leaves)| {
        join([vec![heard, now(queue(words))], between, leaves])
    })
}

/// A suggestion, what happens to it meanwhile, and two approvals.
fn suggestion() -> impl Strategy<Value = Vec<Step>> {
    let approve = || C::ApproveSuggestion { suggestion: Uuid::nil(), edited_text: None };
    let expire = || C::ExpireSuggestion { suggestion: Uuid::nil() };
    let reject = || C::RejectSuggestion { suggestion: Uuid::nil(), reason: None };
    let between = prop_oneof![
        4 => Just(vec![]),
        1 => Just(vec![later(11, C::MarkRead)]),
        1 => Just(vec![due(expire())]),
        1 => Just(vec![now(reject())]),
        1 => heard().prop_map(|heard| vec![heard]),
        1 => Just(vec![now(redact())]),
    ];
    let act = || now(C::ApproveAction { action: Uuid::nil() });
    (heard(), between).prop_map(move |(heard, between)| {
        let ends = vec![now(approve()), now(approve()), act(), act()];
        join([vec![heard, now(suggest())], between, ends])
    })
}

/// Somebody comes or not, is heard of or not, and the timers come early or in time.
fn handoff() -> impl Strategy<Value = Vec<Step>> {
    let look = || C::CheckHandoffLease { handoff: 1 };
    let word = prop::option::weighted(0.6, Just(later(5, queue(template()))));
    let look_early = prop::option::weighted(0.4, Just(now(look())));
    let comes = prop::bool::weighted(0.8);
    (comes, look_early, word).prop_map(move |(comes, early, word)| {
        let time_out = due(C::TimeOutHandoff { handoff: 1 });
        let accept = now(C::AcceptHandoff { agent: AGENT, lease_s: 600 });
        let other = now(C::AcceptHandoff { agent: UserId::new(Uuid::nil()), lease_s: 600 });
        let first = if comes { vec![accept, other] } else { vec![time_out] };
        let looks = early.into_iter().chain(word).chain([due(look()), due(look())]);
        join([vec![now(request())], first, looks.collect()])
    })
}

/// A message for later, what happens meanwhile, and its timer: early, in time, once more.
fn scheduled() -> impl Strategy<Value = Vec<Step>> {
    let schedule = |content: MessageContent| C::ScheduleMessage {
        client_message_id: None,
        content,
        send_at: minute(0),
    };
    let release = || C::ReleaseScheduledMessage { scheduled: Uuid::nil() };
    let cancel = C::CancelScheduledMessage { scheduled: Uuid::nil() };
    let between = prop_oneof![
        3 => Just(vec![]),
        1 => Just(vec![now(cancel)]),
        2 => Just(vec![later(A_DAY, C::MarkRead)]),
        1 => Just(vec![now(C::Close)]),
    ];
    let words = prop::sample::select(vec![text("Hola"), text("Hola"), template()]);
    (heard(), words, any::<bool>(), between).prop_map(move |(heard, words, early, between)| {
        let early = early.then(|| now(release()));
        let start = vec![heard, now(schedule(words))].into_iter().chain(early).collect();
        join([start, between, vec![due(release()), now(release())]])
    })
}

/// A survey, answered once and once more.
fn survey() -> impl Strategy<Value = Vec<Step>> {
    let (kind, content) = (SurveyKind::Csat, template());
    let answer = || now(C::RecordSurvey { kind, score: 4, comment: None });
    Just(vec![now(C::RequestSurvey { kind, content }), answer(), answer()])
}

/// The end, with something that would outlive it.
fn end() -> impl Strategy<Value = Vec<Step>> {
    let end = prop_oneof![2 => Just(merge()), 1 => Just(C::Close), 1 => Just(C::Resolve { resolution: None })];
    (any::<bool>(), any::<bool>(), end).prop_map(|(suggested, asked, end)| {
        let suggested = suggested.then(|| now(suggest()));
        let asked = asked.then(|| now(request()));
        suggested.into_iter().chain(asked).chain([now(end)]).collect()
    })
}
