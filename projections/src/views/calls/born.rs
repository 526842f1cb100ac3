//! How a row of `calls` comes about.

use bitacora_domain::aggregates::call_session::{
    CallEvent as Event, CallOrigin, CallPlan, CallStatus, ProviderIds,
};
use bitacora_domain::{CallId, ChannelAccountId, ContactId, Personal};
use chrono::{DateTime, Utc};

use crate::change::Set;
use crate::reveal::{code, person, text};
use crate::value::Cell;

/// The row that an event makes; `None` when it makes none.
pub(super) fn born(said: &Event) -> Option<Set> {
    if let Event::CallRequested { contact, to, plan, needs_approval, callback_of, by, at, .. } =
        said
    {
        let mut set =
            common(CallOrigin::Outbound, "OUTBOUND".into(), Some(*contact), Some(to), *at);
        set.extend(planned(plan));
        set.extend([
            ("status", code(&CallStatus::Requested)),
            ("awaits_approval", (*needs_approval).into()),
            ("requested_by", person(by)),
            ("callback_of_id", callback_of.map(CallId::as_uuid).into()),
        ]);
        return Some(set);
    }
    if let Event::InboundCallStarted { contact, from, channel, ids, started_at, at, .. } = said {
        let mut set = common(CallOrigin::Inbound, "INBOUND".into(), *contact, from.as_ref(), *at);
        set.extend(received(*channel, ids, *started_at));
        set.extend([("status", code(&CallStatus::Ringing)), ("live_since", (*at).into())]);
        return Some(set);
    }
    let Event::CallImported {
        contact,
        direction,
        number,
        channel,
        ids,
        outcome,
        started_at,
        duration_s,
        at,
        ..
    } = said
    else {
        return None;
    };
    let mut set = common(CallOrigin::Imported, code(direction), *contact, number.as_ref(), *at);
    set.extend(received(*channel, ids, *started_at));
    set.extend([
        ("status", code(&outcome.status())),
        ("outcome", code(outcome)),
        ("duration_s", (*duration_s).into()),
        ("ended_at", (*at).into()),
    ]);
    Some(set)
}

/// What was taken for what is left of a call alone came in over a carrier.
pub(super) fn came_in(said: &Event) -> Set {
    let Event::CallCameIn { from, channel, started_at, .. } = said else { return vec![] };
    vec![
        ("origin", code(&CallOrigin::Inbound)),
        ("direction", "INBOUND".into()),
        ("number", text(from.as_ref())),
        ("channel_id", channel.map(ChannelAccountId::as_uuid).into()),
        ("started_at", (*started_at).into()),
        ("last_attempt_at", (*started_at).into()),
    ]
}

fn common(
    origin: CallOrigin,
    direction: Cell,
    contact: Option<ContactId>,
    number: Option<&Personal<String>>,
    at: DateTime<Utc>,
) -> Set {
    vec![
        ("origin", code(&origin)),
        ("direction", direction),
        ("contact_id", contact.map(ContactId::as_uuid).into()),
        ("number", text(number)),
        ("created_at", at.into()),
    ]
}

fn planned(plan: &CallPlan) -> Set {
    vec![
        ("purpose", code(&plan.purpose)),
        ("campaign_id", plan.campaign.into()),
        ("channel_id", plan.channel.map(ChannelAccountId::as_uuid).into()),
        ("script_id", plan.script.map(|script| script.script).into()),
        ("script_version", plan.script.map(|script| script.version).into()),
        ("voice", plan.voice.clone().into()),
        ("window_from_minute", i64::from(plan.window.from_minute).into()),
        ("window_until_minute", i64::from(plan.window.until_minute).into()),
        ("not_after", plan.not_after.into()),
        ("max_attempts", plan.max_attempts.into()),
    ]
}

/// Of a call that a provider told of: its one attempt has begun.
fn received(
    channel: Option<ChannelAccountId>,
    ids: &ProviderIds,
    started_at: DateTime<Utc>,
) -> Set {
    let mut set = named(ids);
    set.extend([
        ("channel_id", channel.map(ChannelAccountId::as_uuid).into()),
        ("started_at", started_at.into()),
        ("attempts", 1_i64.into()),
        ("last_attempt_at", started_at.into()),
        ("placement", "PLACED".into()),
    ]);
    set
}

/// The providers' names of an attempt.
pub(super) fn named(ids: &ProviderIds) -> Set {
    let cell = |id: &Option<String>| Cell::from(id.clone());
    vec![("call_sid", cell(&ids.call_sid)), ("el_conversation_id", cell(&ids.el_conversation_id))]
}
