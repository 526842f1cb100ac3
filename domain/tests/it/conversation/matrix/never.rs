//! What must never happen, whatever any table says.

use bitacora_domain::aggregates::conversation::matrix::{
    AiStanding, Consent, PendingSuggestion, Standing, Window,
};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationEvent as E, ConversationStatus, HandoffStatus, MessageContent, Sender,
};

use super::stands::{Furniture, is_reachable, now};
use crate::support::Outcome;

#[track_caller]
pub(super) fn check(
    at: Standing,
    furniture: &Furniture,
    outcome: &Outcome<Conversation>,
    here: &str,
) {
    outcome.result.iter().flatten().for_each(|event| check_event(at, furniture, event, here));
    let over = at.lifecycle.is_over();
    let after = outcome.case.state.standing(now(at));
    check_lifecycle(at.lifecycle, after.lifecycle, here);
    if !over && !after.lifecycle.is_over() && after.lifecycle != ConversationStatus::Resolved {
        check_handoff(at.handoff, after.handoff, here);
    }
    if is_reachable(at) && after.lifecycle.is_over() {
        assert_eq!(after.handoff, HandoffStatus::None, "{here}");
        assert_eq!(after.suggestion, PendingSuggestion::None, "{here}");
    }
}

#[track_caller]
fn check_event(at: Standing, furniture: &Furniture, event: &E, here: &str) {
    let over = at.lifecycle.is_over();
    let silent = over
        || at.handoff != HandoffStatus::None
        || at.consent == Consent::OptedOut
        || at.ai == AiStanding::Paused;
    match event {
        E::MessageQueued { sender, content, .. } => {
            assert!(!over, "said in a conversation that is over: {here}");
            let free = !matches!(content, MessageContent::Template { .. });
            assert!(!free || at.window == Window::Open, "free-form outside: {here}");
            let machine = matches!(sender, Sender::Ai | Sender::AutoReply | Sender::Campaign);
            assert!(!machine || !silent, "{sender:?} spoke: {here}");
        }
        E::MessageSendAttempted { message, .. } => {
            let is = |made: &[super::stands::Made]| made.iter().any(|m| m.message() == *message);
            let free = is(&[Furniture::PERSON_FREE, Furniture::AUTOMATIC_FREE]);
            assert!(!free || at.window == Window::Open, "free-form outside: {here}");
            let machine = is(&[Furniture::AUTOMATIC_FREE, Furniture::AUTOMATIC_TEMPLATE]);
            assert!(!machine || !silent, "a machine's message left: {here}");
        }
        E::SuggestionApproved { suggestion, .. }
        | E::SuggestionRejected { suggestion, .. }
        | E::SuggestionSuperseded { suggestion, .. }
        | E::SuggestionExpired { suggestion, .. } => {
            assert_eq!(at.suggestion, PendingSuggestion::Pending, "{here}");
            assert_eq!(*suggestion, furniture.suggestion, "{here}");
        }
        _ => {}
    }
}

#[track_caller]
fn check_lifecycle(from: ConversationStatus, to: ConversationStatus, here: &str) {
    use ConversationStatus::{Archived, Closed, Merged, Open, Resolved, Snoozed};
    let allowed: &[ConversationStatus] = match from {
        Open | Snoozed => &[Open, Snoozed, Resolved, Closed, Merged],
        Resolved => &[Resolved, Open, Closed, Merged],
        Closed => &[Closed, Archived],
        Archived => &[Archived],
        Merged => &[Merged],
    };
    assert!(allowed.contains(&to), "{from:?} → {to:?}: {here}");
}

/// The transitions of aggregates §2.8.
#[track_caller]
fn check_handoff(from: HandoffStatus, to: HandoffStatus, here: &str) {
    use HandoffStatus::{Accepted, None, Requested, TimedOut};
    let allowed: &[HandoffStatus] = match from {
        None => &[None, Requested],
        Requested => &[Requested, Accepted, TimedOut],
        Accepted => &[Accepted, None],
        TimedOut => &[TimedOut, Accepted, None],
    };
    assert!(allowed.contains(&to), "{from:?} → {to:?}: {here}");
}
