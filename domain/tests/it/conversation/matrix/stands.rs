//! Conversations that stand in each state of the product, come there by commands wherever a life
//! can come there at all.

use bitacora_domain::aggregates::conversation::matrix::{
    AiStanding, Consent, PendingSuggestion, Standing, Window,
};
use bitacora_domain::aggregates::conversation::{
    AssignedBy, Conversation, ConversationCommand as C, ConversationEvent as E, ConversationStatus,
    HandoffFallback, HandoffReason, HandoffStatus, ProposedAction, Sender, SurveyKind,
};

use bitacora_domain::aggregates::tenant::AiMode;
use bitacora_domain::{ConversationId, MessageId};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use uuid::Uuid;

use super::rows::{send, triage};
use crate::conversation::samples::{receive, template, text};
use crate::conversation::start;
use crate::support::ids::{AGENT, CONTACT, minute, personal};
use crate::support::{Case, command_id, given};

/// Something that a command of the prologue made: by its place there.
#[derive(Clone, Copy)]
pub(super) struct Made(u128);

impl Made {
    pub(super) fn id(self) -> Uuid {
        command_id(self.0).derive("id:0")
    }
    pub(super) fn message(self) -> MessageId {
        MessageId::new(self.id())
    }
}

/// What there is in every conversation here that a command can be about.
#[derive(Clone)]
pub(super) struct Furniture {
    /// What pends; some id where nothing does.
    pub(super) suggestion: Uuid,
}

impl Furniture {
    pub(super) const AUTOMATIC_FREE: Made = Made(3);
    pub(super) const INBOUND: Made = Made(4);
    pub(super) const PERSON_FREE: Made = Made(5);
    pub(super) const PERSON_TEMPLATE: Made = Made(6);
    pub(super) const AUTOMATIC_TEMPLATE: Made = Made(7);
    pub(super) const UNDER_WAY: Made = Made(8);
    pub(super) const LATER_FREE: Made = Made(10);
    pub(super) const LATER_TEMPLATE: Made = Made(11);

    /// Proposed with the first triage.
    pub(super) fn action() -> Uuid {
        command_id(3).derive("id:10")
    }
}

/// Minutes: what was to be due is due by then.
const DUE: i64 = 90;

/// When everything is tried: after what was due, and within or after the 24 hours.
pub(super) fn now(at: Standing) -> DateTime<Utc> {
    minute(now_minute(at))
}

fn now_minute(at: Standing) -> i64 {
    match at.window {
        Window::Open => 100,
        Window::Closed => 1_440,
    }
}

/// Declares the values of each dimension once more, beside the code's own list: a value that is
/// new does not compile, one that the code's list lacks fails.
macro_rules! values {
    ($type:ident: $($value:ident),+) => {{
        let listed = [$($type::$value),+];
        for value in listed {
            match value { $($type::$value => {})+ }
        }
        assert_eq!($type::ALL, listed);
        listed
    }};
}

/// Every state of the product; the first is the one where everything goes.
pub(super) fn all() -> Vec<Standing> {
    let mut all = Vec::new();
    for lifecycle in values!(ConversationStatus: Open, Snoozed, Resolved, Closed, Archived, Merged)
    {
        for suggestion in values!(PendingSuggestion: None, Pending) {
            for handoff in values!(HandoffStatus: None, Requested, Accepted, TimedOut) {
                for consent in values!(Consent: OptedIn, OptedOut) {
                    for ai in values!(AiStanding: Active, Paused) {
                        for window in values!(Window: Open, Closed) {
                            all.push(Standing {
                                lifecycle,
                                suggestion,
                                handoff,
                                consent,
                                ai,
                                window,
                            });
                        }
                    }
                }
            }
        }
    }
    all
}

/// Can a life come there? What ends takes hand-off and suggestion along; one that is resolved can
/// be given a new suggestion, a hand-off opens it again.
pub(super) fn is_reachable(at: Standing) -> bool {
    let alone = at.handoff == HandoffStatus::None;
    match at.lifecycle {
        ConversationStatus::Open | ConversationStatus::Snoozed => true,
        ConversationStatus::Resolved => alone,
        ConversationStatus::Closed | ConversationStatus::Archived | ConversationStatus::Merged => {
            alone && at.suggestion == PendingSuggestion::None
        }
    }
}

/// A conversation with something of everything that stands so. `due`: a pending suggestion's time
/// is over, and its timer has not come yet.
pub(super) fn stand(at: Standing, due: bool) -> (Case<Conversation>, Furniture) {
    let mut case = handed_off(furnished(), at.handoff);
    if at.ai == AiStanding::Paused {
        case = case.after(C::PauseAi { reason: None });
    }
    if at.consent == Consent::OptedOut {
        case = case.after(C::RecordOptOut { by: "agent".to_owned() });
    }
    let mut furniture = Furniture { suggestion: Uuid::nil() };
    let pending = at.suggestion == PendingSuggestion::Pending;
    let resolved = at.lifecycle == ConversationStatus::Resolved && is_reachable(at);
    if pending && !resolved {
        (case, furniture) = suggested(case, due);
    }
    case =
        if is_reachable(at) { brought_to(case, at.lifecycle) } else { torn_to(case, at.lifecycle) };
    if pending && resolved {
        (case, furniture) = suggested(case, due);
    }
    let case = case.at(now_minute(at));
    assert_eq!(case.state.standing(now(at)), at);
    (case, furniture)
}

/// Started, and things that commands can be about. The places matter: see [`Furniture`].
fn furnished() -> Case<Conversation> {
    let proposing = |message| {
        let mut command = triage(message, AiMode::Autopilot);
        if let C::RecordTriage { actions, .. } = &mut command {
            let (action, kind) = (Uuid::nil(), "create_ticket".to_owned());
            *actions = vec![ProposedAction { action, kind, arguments: Some(personal("{}")) }];
        }
        command
    };
    let schedule =
        |content| C::ScheduleMessage { client_message_id: None, content, send_at: minute(DUE) };
    let under_way = Furniture::UNDER_WAY.message();
    let prologue = [
        start(),
        receive("wamid.FIRST", minute(0)),
        proposing(Made(2).message()),
        receive("wamid.A", minute(0)),
        send(text("Hola"), Sender::Agent),
        send(template(), Sender::Agent),
        send(template(), Sender::Campaign),
        send(template(), Sender::Agent),
        C::BeginSend { message: under_way, attempt: 1, opted_out: false },
        schedule(text("Buen día")),
        schedule(template()),
        C::RequestSurvey { kind: SurveyKind::Csat, content: template() },
        C::AddLabel { label: "vip".to_owned() },
        C::Assign { agent: Some(AGENT), team: None, by: AssignedBy::User },
    ];
    prologue.into_iter().fold(given::<Conversation>([]), Case::after)
}

fn suggested(case: Case<Conversation>, due: bool) -> (Case<Conversation>, Furniture) {
    let ttl_s = if due { DUE * 60 } else { 7 * 86_400 };
    let outcome =
        case.at(0).when(C::SuggestReply { text: personal("Sí"), citations: vec![], ttl_s });
    let made = outcome.result.unwrap().into_iter().find_map(|event| {
        if let E::ReplySuggested { suggestion, .. } = event { Some(suggestion) } else { None }
    });
    (outcome.case, Furniture { suggestion: made.unwrap() })
}

fn handed_off(case: Case<Conversation>, to: HandoffStatus) -> Case<Conversation> {
    let timeout_s = DUE * 60;
    let request = C::RequestHandoff {
        reason: HandoffReason::CustomerAsked,
        note: None,
        timeout_s,
        fallback: HandoffFallback::KeepWaiting,
        notice: None,
    };
    match to {
        HandoffStatus::None => case,
        HandoffStatus::Requested => case.after(request),
        HandoffStatus::Accepted => {
            case.after(request).after(C::AcceptHandoff { agent: AGENT, lease_s: timeout_s })
        }
        HandoffStatus::TimedOut => {
            case.after(request).at(DUE).after(C::TimeOutHandoff { handoff: 1 })
        }
    }
}

fn merge() -> C {
    C::MergeInto { target: ConversationId::new(Uuid::from_u128(20)), target_contact: CONTACT }
}

fn brought_to(case: Case<Conversation>, lifecycle: ConversationStatus) -> Case<Conversation> {
    match lifecycle {
        ConversationStatus::Open => case,
        ConversationStatus::Snoozed => {
            case.at(DUE).after(C::Snooze { until: Some(minute(DUE + 1)) })
        }
        ConversationStatus::Resolved => case.after(C::Resolve { resolution: None }),
        ConversationStatus::Closed => case.after(C::Close),
        ConversationStatus::Archived => case.after(C::Close).after(C::Archive),
        ConversationStatus::Merged => case.after(merge()),
    }
}

/// Where no command leads: the end alone, as none writes it. The table holds here too.
fn torn_to(mut case: Case<Conversation>, lifecycle: ConversationStatus) -> Case<Conversation> {
    let from = ConversationStatus::Open;
    let at = minute(1);
    let events = match lifecycle {
        ConversationStatus::Open | ConversationStatus::Snoozed => vec![],
        ConversationStatus::Resolved => {
            vec![E::ConversationResolved { from, resolution: None, at }]
        }
        ConversationStatus::Closed => vec![E::ConversationClosed { from, at }],
        ConversationStatus::Archived => {
            vec![E::ConversationClosed { from, at }, E::ConversationArchived { at }]
        }
        ConversationStatus::Merged => {
            let target = ConversationId::new(Uuid::from_u128(20));
            vec![E::ConversationMerged { from, target, at }]
        }
    };
    for event in events {
        case.state.apply(event);
    }
    case
}
