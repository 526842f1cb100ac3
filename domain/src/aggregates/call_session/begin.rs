//! How a session begins: by our request, by somebody who calls, or by what is left of a call.

use super::commands::CallCommand as C;
use super::events::CallEvent as E;
use super::handle::Decision;
use super::names::{number, told_number};
use super::plan::{AHEAD_MAX, CallPlan, CallStart};
use super::providers::ProviderIds;
use super::refusal::CallRefusal;
use super::state::{CallSession, Start};
use super::status::seconds;
use super::vocabulary::{CallOrigin, CallStatus};
use crate::{CallId, ChannelAccountId, ContactId, Directed, Personal};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// A moment.
const LATE: TimeDelta = TimeDelta::seconds(1);

/// A request, taken out of its command.
struct Request {
    contact: ContactId,
    to: Personal<String>,
    plan: CallPlan,
    start: CallStart,
    needs_approval: bool,
    callback_of: Option<CallId>,
}

/// The events that make a session, if the command is one that can.
pub(super) fn begin(of: &Directed<()>, body: C) -> Decision {
    let call = || of.aggregate_id.parse().map_err(|_| CallRefusal::InvalidId);
    if let C::RequestCall { contact, to, plan, start, needs_approval, callback_of } = body {
        let request = Request { contact, to, plan, start, needs_approval, callback_of };
        return requested(of, call()?, request);
    }
    if let C::RecordInboundCall { contact, from, channel, ids, started_at } = body {
        some(&ids)?;
        let (call, from, at) = (call()?, told_number(from), of.now);
        return Ok(vec![E::InboundCallStarted {
            call,
            contact,
            from,
            channel,
            ids,
            started_at,
            at,
        }]);
    }
    let C::ImportCall { contact, direction, number, channel, ids, outcome, started_at, duration_s } =
        body
    else {
        return Err(CallRefusal::NotFound);
    };
    some(&ids)?;
    Ok(vec![E::CallImported {
        call: call()?,
        contact,
        direction,
        number: told_number(number),
        channel,
        ids,
        outcome,
        started_at,
        duration_s: seconds(duration_s),
        at: of.now,
    }])
}

impl CallSession {
    /// What is left of a call was told before the call. One that the provider calls otherwise is
    /// another call.
    pub(super) fn came_in(
        &self,
        of: &Directed<()>,
        contact: Option<ContactId>,
        (from, channel): (Option<Personal<String>>, Option<ChannelAccountId>),
        (ids, started_at): (ProviderIds, DateTime<Utc>),
    ) -> Decision {
        some(&ids)?;
        let known = self.attempts.first().filter(|known| known.ids.meets(&ids));
        let known = known.ok_or(CallRefusal::AlreadyStarted)?;
        let mut events = self.learnt(of, known, &ids, None);
        let (from, at) = (told_number(from), of.now);
        events.push(E::CallCameIn { contact, from, channel, ids, started_at, at });
        if let (None, Some(contact)) = (self.contact(), contact) {
            events.push(E::CallerIdentified { from: None, contact, by: of.actor.clone(), at });
        }
        Ok(events)
    }
}

fn requested(of: &Directed<()>, call: CallId, request: Request) -> Decision {
    let Request { contact, to, plan, start, needs_approval, callback_of } = request;
    let (to, plan) = (number(&to)?, plan.checked(of.now)?);
    if let CallStart::At { at, zone } = &start {
        // A callback was promised for its time; one that is late is made as soon as it may.
        let from = if callback_of.is_some() { of.now.min(*at - LATE) } else { of.now };
        check_time(*at, from, &plan)?;
        check_zone(zone.as_deref())?;
    }
    let first = if needs_approval { None } else { first_step(&start, of.now) };
    let (by, at) = (of.actor.clone(), of.now);
    let requested =
        E::CallRequested { call, contact, to, plan, start, needs_approval, callback_of, by, at };
    Ok(std::iter::once(requested).chain(first).collect())
}

/// What the first attempt does once nothing is in its way. A time that has passed meanwhile is
/// now.
pub(super) fn first_step(start: &CallStart, now: DateTime<Utc>) -> Option<E> {
    let (attempt, from, at) = (1, CallStatus::Requested, now);
    match start {
        CallStart::WhenTold => None,
        CallStart::At { at: due_at, zone } if *due_at > now => {
            let (due_at, zone) = (*due_at, zone.clone());
            Some(E::CallScheduled { attempt, schedule: 1, from, due_at, zone, at })
        }
        CallStart::AtOnce | CallStart::At { .. } => Some(E::CallQueued { attempt, from, at }),
    }
}

/// A time for an attempt lies ahead, but not too far.
pub(super) fn check_time(
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    plan: &CallPlan,
) -> Result<(), CallRefusal> {
    let good = at > now && at <= now + AHEAD_MAX && plan.not_after.is_none_or(|end| at < end);
    good.then_some(()).ok_or(CallRefusal::InvalidTime)
}

/// A zone is one of IANA's.
pub(super) fn check_zone(zone: Option<&str>) -> Result<(), CallRefusal> {
    let known = zone.is_none_or(|zone| zone.parse::<Tz>().is_ok());
    known.then_some(()).ok_or(CallRefusal::InvalidZone)
}

/// Without an id of the provider no later fact would find the session.
fn some(ids: &ProviderIds) -> Result<(), CallRefusal> {
    ids.check()?;
    if ids.is_empty() { Err(CallRefusal::ProviderIdRequired) } else { Ok(()) }
}

impl Start {
    /// A second start is none, if it is the same one.
    pub(super) fn check_again(&self, body: &C) -> Result<(), CallRefusal> {
        let same = if let C::RequestCall { contact, to, plan, start, needs_approval, callback_of } =
            body
        {
            self.origin == CallOrigin::Outbound
                && self.first_contact == Some(*contact)
                && self.number == Some(number(to)?)
                && self.plan.as_ref().is_some_and(|known| known.is_as_asked(plan))
                && self.when.as_ref() == Some(start)
                && self.needs_approval == *needs_approval
                && self.callback_of == *callback_of
        } else if let C::RecordInboundCall { contact, from, ids, .. } = body {
            self.origin == CallOrigin::Inbound && self.is_told(*contact, from.clone(), ids)
        } else if let C::ImportCall { contact, number, ids, .. } = body {
            self.origin == CallOrigin::Imported && self.is_told(*contact, number.clone(), ids)
        } else {
            true
        };
        same.then_some(()).ok_or(CallRefusal::AlreadyStarted)
    }

    fn is_told(
        &self,
        contact: Option<ContactId>,
        number: Option<Personal<String>>,
        ids: &ProviderIds,
    ) -> bool {
        self.first_contact == contact && self.number == told_number(number) && self.ids == *ids
    }
}
