//! Turns the commands of a life towards what is there, and gives every text its own words.

use bitacora_domain::MessageId;
use bitacora_domain::aggregates::conversation::{
    ConversationCommand as C, MacroStep, MessageContent,
};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::observer::Observer;
use crate::support::ids::personal;

/// Turns `command` towards the last thing of its kind, or one so far back, now.
pub(super) fn aim(observer: &Observer, command: &mut C, back: usize, now: DateTime<Utc>) {
    let set = |to: &mut MessageId, from: &[MessageId]| {
        if let Some(id) = from.iter().rev().nth(back) {
            *to = *id;
        }
    };
    let set_id = |to: &mut Uuid, from: &[Uuid]| {
        if let Some(id) = from.iter().rev().nth(back) {
            *to = *id;
        }
    };
    let soon = now + TimeDelta::minutes(10);
    match command {
        C::ReceiveMessage { sent_at, .. } | C::RecordAgentEcho { sent_at, .. } => *sent_at = now,
        C::RecordTriage { message, .. } | C::RecordAutoReplyMatch { message, .. } => {
            set(message, &observer.heard);
        }
        C::RedactMessage { message, .. } => set(message, &observer.all),
        C::RecordDeliveryStatus { message, .. } => set(message, &observer.said),
        C::BeginSend { message, attempt, .. } => {
            set(message, &observer.said);
            *attempt = observer.attempt(*message) + 1;
        }
        C::RecordSendOutcome { message, attempt, .. } => {
            set(message, &observer.said);
            *attempt = observer.attempt(*message);
        }
        C::ApproveSuggestion { suggestion, .. }
        | C::RejectSuggestion { suggestion, .. }
        | C::ExpireSuggestion { suggestion } => set_id(suggestion, &observer.proposed),
        C::ApproveAction { action } | C::RejectAction { action, .. } => {
            set_id(action, &observer.actions);
        }
        C::ScheduleMessage { send_at, .. } => *send_at = soon,
        C::CancelScheduledMessage { scheduled } | C::ReleaseScheduledMessage { scheduled } => {
            set_id(scheduled, &observer.planned);
        }
        C::Snooze { until: Some(until) } => *until = soon,
        C::TimeOutHandoff { handoff } | C::CheckHandoffLease { handoff } => {
            *handoff = observer.handoff.number;
        }
        C::WakeUp { snooze } => *snooze = observer.snoozes,
        _ => {}
    }
}

/// Every text of ours and of the contact is said once only, so that its trace can be looked for.
pub(super) fn make_unique(command: &mut C, step: usize) {
    let words = || personal(&format!("dicho-{step}-"));
    let content = |content: &mut MessageContent| {
        if let MessageContent::Text { body } = content
            && body.reveal().is_some_and(|text| text == "Hola")
        {
            *body = words();
        }
    };
    match command {
        C::ReceiveMessage { content: said, .. }
        | C::SendMessage { content: said, .. }
        | C::ScheduleMessage { content: said, .. }
        | C::RecordMessageEdit { content: said, .. }
        | C::RequestSurvey { content: said, .. }
        | C::RecordAutoReplyMatch { reply: said, .. } => content(said),
        C::SuggestReply { text, .. } => *text = words(),
        C::ApproveSuggestion { edited_text, .. } => {
            *edited_text = edited_text.as_ref().map(|_| words());
        }
        C::RecordTriage { reply, actions, .. } => {
            *reply = reply.as_ref().map(|_| words());
            for action in actions {
                action.arguments = Some(personal(&format!("argumento-{step}-")));
            }
        }
        C::ApplyMacro { steps, .. } => {
            for step in steps {
                if let MacroStep::SendText { body } = step {
                    *body = words();
                }
            }
        }
        _ => {}
    }
}
