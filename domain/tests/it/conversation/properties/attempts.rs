//! Which promises a command puts to the test. A promise that nobody tries to break is not kept,
//! only never heard of.

use bitacora_domain::aggregates::conversation::{
    ConversationCommand as C, DeliveryStatus, HandoffStatus, MessageContent, Sender,
};

use super::observer::{Observer, is_eligible};

/// What `command` tempts the conversation to. Of several obstacles none alone would hold: only
/// one that is alone counts.
#[allow(clippy::too_many_lines)] // a few lines per command
pub(super) fn attempts(known: &Observer, command: &C) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |is: bool, what: &str| {
        if is {
            found.push(what.to_owned());
        }
    };
    match command {
        C::ReceiveMessage { provider_message_id: id, .. }
        | C::RecordReaction { provider_message_id: id, .. }
        | C::RecordMessageEdit { provider_message_id: id, .. }
        | C::RecordMessageRevoke { provider_message_id: id, .. }
        | C::RecordAgentEcho { provider_message_id: id, .. } => {
            add(known.provider_ids.contains(id), "a provider's fact a second time");
        }
        C::RecordDeliveryStatus { message, status, .. } => {
            if let Some(ours) = known.ours.get(message) {
                let failed = *status == DeliveryStatus::Failed;
                let got = ours.status >= DeliveryStatus::Delivered;
                add(!failed && *status < ours.status, "a status that goes back");
                add(failed && got, "a failure after delivery");
            }
        }
        C::RecordTriage { message, .. } => {
            let last = known.heard.last() == Some(message) && !known.triaged.contains(message);
            if is_eligible(command) && last {
                found.extend(alone(known, "the AI answers", true));
            }
            let gone = known.redacted.contains(message) && !known.triaged.contains(message);
            found.extend(gone.then(|| "a redacted message is judged".to_owned()));
            let again = known.triaged.contains(message);
            found.extend(again.then(|| "a message judged twice".to_owned()));
            let answers = last && known.obstacles(true).is_empty() && !is_eligible(command);
            found.extend(answers.then(|| "the AI answers against the tenant's rules".to_owned()));
        }
        C::SendMessage { content, sender, .. } => {
            let free = !matches!(content, MessageContent::Template { .. });
            if matches!(sender, Sender::AutoReply | Sender::Campaign) {
                found.extend(alone(known, "a machine speaks", free));
            } else if *sender == Sender::Agent && free {
                let outside = !known.window_is_open() && !known.status.is_over();
                found.extend(outside.then(|| "free-form outside the window".to_owned()));
            }
        }
        C::BeginSend { message, .. } => {
            if let Some(ours) = known.ours.get(message) {
                let waits = ours.repeatable && ours.status == DeliveryStatus::Pending;
                let open = !ours.repeatable && ours.status == DeliveryStatus::Pending;
                let unknown = ours.status == DeliveryStatus::Unknown;
                let outside = waits && ours.free && !ours.automatic && !known.window_is_open();
                add(open, "an attempt beside another");
                add(unknown, "what may have left is sent again");
                add(outside, "a person's free-form message leaves outside the window");
                add(known.redacted.contains(message), "a redacted message leaves");
                if waits && ours.automatic {
                    found.extend(alone(known, "a machine's message leaves", ours.free));
                }
            }
        }
        C::ApproveSuggestion { suggestion, .. } => {
            let pending = known.pending.as_ref().filter(|pending| pending.id == *suggestion);
            let ended = pending.is_none() && known.proposed.contains(suggestion);
            let late = pending.is_some_and(|pending| known.now >= pending.expires_at);
            add(known.approved.contains(suggestion), "a suggestion approved twice");
            add(ended, "a suggestion approved after its end");
            add(late && !known.status.is_over(), "a suggestion approved after its time");
        }
        C::AcceptHandoff { .. } => {
            add(known.handoff.status == HandoffStatus::Accepted, "a hand-off accepted twice");
        }
        C::CheckHandoffLease { .. } => {
            if let Some(due) = known.due(command) {
                let heard = known.handoff.kept_until > known.now;
                add(known.now < due, "a lease looked at too early");
                add(known.now >= due && heard, "a lease that goes on");
                add(known.now >= due && !heard, "a lease that is over");
            }
        }
        C::ReleaseScheduledMessage { scheduled } => match known.scheduled.get(scheduled) {
            Some((due, content)) => {
                let (early, over) = (known.now < *due, known.status.is_over());
                let free = !matches!(content, MessageContent::Template { .. });
                let outside = free && !known.window_is_open();
                add(early, "a scheduled message before its time");
                add(!early && over, "a scheduled message of a conversation that is over");
                add(!early && !over && outside, "a scheduled message outside the window");
            }
            None => {
                add(known.planned.contains(scheduled), "a scheduled message after its end");
            }
        },
        C::RedactMessage { message, .. } => {
            let ours = known.ours.get(message);
            let waits =
                ours.is_some_and(|ours| ours.repeatable && ours.status == DeliveryStatus::Pending);
            let pending = known.pending.as_ref();
            let answered = pending.is_some_and(|pending| pending.answers == Some(*message));
            let new = !known.redacted.contains(message);
            add(!new, "a message redacted twice");
            add(new && waits, "a message redacted before it left");
            add(new && answered, "a message redacted that a suggestion answers");
        }
        C::MergeInto { .. } if !known.status.is_over() => {
            add(known.pending.is_some(), "a suggestion that a merge leaves behind");
            add(
                known.handoff.status != HandoffStatus::None,
                "a hand-off that a merge leaves behind",
            );
        }
        _ => {}
    }
    found
}

/// `what`, if exactly one obstacle is in its way, with its name.
fn alone(known: &Observer, what: &str, free: bool) -> Option<String> {
    match known.obstacles(free).as_slice() {
        [obstacle] => Some(format!("{what}: {obstacle}")),
        _ => None,
    }
}

/// Every promise.
pub(super) fn promises() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let obstacles = ["over", "hand-off", "paused", "opted out", "outside the window"];
    for what in ["the AI answers", "a machine speaks", "a machine's message leaves"] {
        all.extend(obstacles.map(|obstacle| format!("{what}: {obstacle}")));
    }
    let others = [
        "a provider's fact a second time",
        "a status that goes back",
        "a failure after delivery",
        "a message judged twice",
        "a redacted message is judged",
        "the AI answers against the tenant's rules",
        "free-form outside the window",
        "an attempt beside another",
        "what may have left is sent again",
        "a person's free-form message leaves outside the window",
        "a redacted message leaves",
        "a suggestion approved twice",
        "a suggestion approved after its end",
        "a suggestion approved after its time",
        "a hand-off accepted twice",
        "a lease looked at too early",
        "a lease that goes on",
        "a lease that is over",
        "a scheduled message before its time",
        "a scheduled message of a conversation that is over",
        "a scheduled message outside the window",
        "a scheduled message after its end",
        "a message redacted twice",
        "a message redacted before it left",
        "a message redacted that a suggestion answers",
        "a suggestion that a merge leaves behind",
        "a hand-off that a merge leaves behind",
    ];
    all.extend(others.map(str::to_owned));
    all
}

/// What must come in lives that mean anything.
pub(super) fn events_that_come() -> Vec<String> {
    [
        "MessageQueued by Ai",
        "MessageQueued by AutoReply",
        "MessageQueued by Campaign",
        "MessageSendAttempted",
        "MessageSendUnknown",
        "MessageRejected",
        "MessageRead",
        "MessageStepDated",
        "MessageStatusAnomalyRecorded",
        "SuggestionApproved",
        "SuggestionRejected",
        "SuggestionSuperseded",
        "SuggestionExpired",
        "ActionApproved",
        "HandoffAccepted",
        "HandoffExtended",
        "HandoffTimedOut",
        "HandoffEnded",
        "AiPaused",
        "OptOutRecorded",
        "ScheduledMessageCancelled",
        "ScheduledMessageReleased",
        "ScheduledMessageSkipped",
        "ConversationUnsnoozed",
        "ConversationMerged",
        "MergeRecorded",
        "MessageRedacted",
        "SurveyAnswered",
    ]
    .map(str::to_owned)
    .into()
}
