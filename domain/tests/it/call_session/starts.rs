//! How a call begins: by our request, by somebody who calls, by what is left of it.

use bitacora_domain::aggregates::call_session::guards::CallWindow;
use bitacora_domain::aggregates::call_session::{
    CallCommand as C, CallDirection, CallEvent as E, CallOrigin, CallOutcome, CallPlan,
    CallPurpose, CallSession, CallStart, CallStatus, ProviderIds, ReportedStatus, ScriptVersion,
    caller,
};
use bitacora_domain::{Claim, ContactId, Personal};

use super::samples::{
    CALL, SID, TALK, ZONE, actor, analysis, cost, id, ids, import, inbound, number, plan, queued,
    report, request, request_with, requested, transcript,
};
use crate::support::given;
use crate::support::ids::{CHANNEL, CONTACT, hidden, minute, personal};

fn with(change: impl FnOnce(&mut CallPlan)) -> C {
    let mut plan = CallPlan::usual(CallPurpose::Sales);
    change(&mut plan);
    request_with(plan, CallStart::AtOnce, false)
}

#[test]
fn a_call_is_requested_with_a_number_in_e164_and_a_plan_that_ends() {
    let written = C::RequestCall {
        contact: CONTACT,
        to: personal("54 9 11 6660-0033"),
        plan: CallPlan::usual(CallPurpose::Sales),
        start: CallStart::AtOnce,
        needs_approval: false,
        callback_of: None,
    };
    let queued = E::CallQueued { attempt: 1, from: CallStatus::Requested, at: minute(0) };
    given::<CallSession>([]).when(written).then([requested(false), queued]);
    assert_eq!(plan().not_after, Some(minute(30 * 1_440)));
}

#[test]
fn a_start_says_when() {
    let plan = || CallPlan::usual(CallPurpose::Sales);
    let at = |minutes| CallStart::At { at: minute(minutes), zone: Some(ZONE.to_owned()) };
    let summary = |start, approval| {
        given::<CallSession>([]).when(request_with(plan(), start, approval)).summary()
    };
    assert_eq!(summary(CallStart::WhenTold, false), "CallRequested");
    assert_eq!(summary(at(60), false), "CallRequested+CallScheduled");
    assert_eq!(summary(at(60), true), "CallRequested");
    assert_eq!(summary(CallStart::AtOnce, true), "CallRequested");
    for out_of_reach in [0, 30 * 1_440, 366 * 1_440] {
        assert_eq!(summary(at(out_of_reach), false), "!INVALID_CALL_TIME");
    }
    let nowhere = CallStart::At { at: minute(60), zone: Some("Mars/Olympus".to_owned()) };
    assert_eq!(summary(nowhere, false), "!INVALID_TIME_ZONE");
}

#[test]
fn an_approved_call_goes_on_as_it_was_asked_for() {
    let plan = || CallPlan::usual(CallPurpose::Sales);
    let at = CallStart::At { at: minute(60), zone: None };
    let waiting = given::<CallSession>([]).after(request_with(plan(), at, true));
    assert_eq!(waiting.clone().when(C::ApproveCall).summary(), "CallApproved+CallScheduled");
    let late = waiting.at(60).when(C::ApproveCall);
    assert_eq!(late.summary(), "CallApproved+CallQueued", "its time has passed meanwhile");
    let told = given::<CallSession>([]).after(request_with(plan(), CallStart::WhenTold, true));
    let told = told.when(C::ApproveCall);
    assert_eq!(told.summary(), "CallApproved");
    told.case.when(C::ApproveCall).then_nothing();
}

#[test]
fn a_request_is_made_once() {
    queued().when(request()).then_nothing();
    let other = C::RequestCall {
        contact: ContactId::new(id(1)),
        to: number(),
        plan: CallPlan::usual(CallPurpose::Sales),
        start: CallStart::AtOnce,
        needs_approval: false,
        callback_of: None,
    };
    queued().when(other).then_refused("CALL_ALREADY_STARTED");
    queued().when(with(|plan| plan.max_attempts = 2)).then_refused("CALL_ALREADY_STARTED");
    queued().when(inbound()).then_refused("CALL_ALREADY_STARTED");
}

#[test]
fn a_request_has_a_uuid_a_number_and_a_plan_within_bounds() {
    given::<CallSession>([]).of("x").when(request()).then_refused("INVALID_CALL_ID");
    for bad in [personal("hola"), hidden()] {
        let mut command = request();
        if let C::RequestCall { to, .. } = &mut command {
            *to = bad;
        }
        given::<CallSession>([]).when(command).then_refused("INVALID_PHONE");
    }
    let refused = |command: C, code: &str| {
        given::<CallSession>([]).when(command).then_refused(code);
    };
    for attempts in [0, 11] {
        refused(with(|plan| plan.max_attempts = attempts), "INVALID_CALL_PLAN");
    }
    for delay in [59, 604_801] {
        refused(with(|plan| plan.retry_delay_s = delay), "INVALID_CALL_PLAN");
    }
    for ringing in [4, 601] {
        refused(with(|plan| plan.ring_timeout_s = ringing), "INVALID_CALL_PLAN");
    }
    for voice in [" ".to_owned(), "v".repeat(101)] {
        refused(with(|plan| plan.voice = Some(voice)), "INVALID_CALL_PLAN");
    }
    let script = ScriptVersion { script: id(2), version: 0 };
    refused(with(|plan| plan.script = Some(script)), "INVALID_CALL_PLAN");
    for end in [minute(0), minute(365 * 1_440 + 1)] {
        refused(with(|plan| plan.not_after = Some(end)), "INVALID_CALL_DEADLINE");
    }
}

#[test]
fn a_window_is_one_of_quarters_of_an_hour() {
    let window = |from_minute, until_minute, weekdays: &[u8]| CallWindow {
        from_minute,
        until_minute,
        weekdays: weekdays.iter().copied().collect(),
    };
    for bad in [
        window(540, 540, &[1]),
        window(540, 480, &[1]),
        window(541, 600, &[1]),
        window(540, 601, &[1]),
        window(540, 1_455, &[1]),
        window(540, 600, &[]),
        window(540, 600, &[0]),
        window(540, 600, &[8]),
    ] {
        assert!(!bad.is_sound(), "{bad:?}");
        let command = with(|plan| plan.window = bad);
        given::<CallSession>([]).when(command).then_refused("INVALID_CALL_WINDOW");
    }
    assert!(window(0, 1_440, &[1, 2, 3, 4, 5, 6, 7]).is_sound());
}

#[test]
fn what_is_left_of_a_call_may_be_told_before_the_call() {
    let told = || C::ImportCall {
        contact: None,
        direction: CallDirection::Inbound,
        number: None,
        channel: None,
        ids: ids(Some(SID), Some(TALK)),
        outcome: CallOutcome::Completed,
        started_at: minute(0),
        duration_s: None,
    };
    let came_in = E::CallCameIn {
        contact: Some(CONTACT),
        from: Some(number()),
        channel: Some(CHANNEL),
        ids: ids(Some(SID), None),
        started_at: minute(0),
        at: minute(0),
    };
    let known = E::CallerIdentified { from: None, contact: CONTACT, by: actor(), at: minute(0) };
    let case =
        given::<CallSession>([]).by(actor()).after(told()).when(inbound()).then([came_in, known]);
    assert_eq!(case.state.standing().unwrap().origin, CallOrigin::Inbound);
    assert_eq!(case.state.status(), CallStatus::Completed);
    assert_eq!(case.state.contact(), Some(CONTACT));
    let case = case.when(inbound()).then_nothing();
    case.when(told()).then_refused("CALL_ALREADY_STARTED");
    // one that the carrier calls otherwise is another call
    let other = given::<CallSession>([]).after(import());
    other.when(inbound()).then_refused("CALL_ALREADY_STARTED");
}

#[test]
fn whoever_calls_us_rings_and_goes_on_like_any_call() {
    let outcome = given::<CallSession>([]).when(inbound());
    let owner = format!("{CALL}/1");
    assert_eq!(outcome.claims(), [Claim::take("call.provider", format!("twilio:{SID}"), owner)]);
    let case = outcome.case;
    assert_eq!(case.state.status(), CallStatus::Ringing);
    let case = case.when(inbound()).then_nothing();
    let answered = case.when(report(ReportedStatus::InProgress, 1));
    assert_eq!(answered.summary(), "CallAnswered");
    let over = answered.case.when(report(ReportedStatus::NoAnswer, 2));
    assert_eq!(over.summary(), "CallEnded", "nobody calls back by itself");
}

#[test]
fn nobody_knows_a_withheld_number_until_somebody_does() {
    let withheld = C::RecordInboundCall {
        contact: None,
        from: None,
        channel: Some(CHANNEL),
        ids: ids(Some(SID), None),
        started_at: minute(0),
    };
    let case = given::<CallSession>([]).after(withheld);
    assert_eq!(case.state.contact(), None);
    let case = case.after(C::IdentifyCaller { contact: CONTACT });
    assert_eq!(case.state.contact(), Some(CONTACT));
    let case = case.when(C::IdentifyCaller { contact: CONTACT }).then_nothing();
    let other = C::IdentifyCaller { contact: ContactId::new(id(1)) };
    assert_eq!(case.when(other).summary(), "CallerIdentified");
    queued().when(C::IdentifyCaller { contact: CONTACT }).then_nothing();
}

#[test]
fn a_providers_number_is_kept_as_it_came_when_it_is_none() {
    let from = |text: &str| {
        let from = Personal::new(caller(CALL), text.to_owned());
        let (contact, channel) = (None, None);
        let ids = ids(Some(SID), None);
        let command =
            C::RecordInboundCall { contact, from: Some(from), channel, ids, started_at: minute(0) };
        let events = given::<CallSession>([]).when(command).result.unwrap();
        match &events[0] {
            E::InboundCallStarted { from, .. } => from.clone().and_then(Personal::into_value),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(from("54 9 11 6660-0033").as_deref(), Some("+5491166600033"));
    assert_eq!(from(" client:lucia ").as_deref(), Some("client:lucia"));
    assert_eq!(from(&"x".repeat(65)), None);
    assert_eq!(from(" "), None);
}

#[test]
fn a_call_that_a_provider_tells_of_has_its_id() {
    let told = |ids: ProviderIds| C::RecordInboundCall {
        contact: None,
        from: None,
        channel: None,
        ids,
        started_at: minute(0),
    };
    let none = ProviderIds::default();
    given::<CallSession>([]).when(told(none)).then_refused("PROVIDER_ID_REQUIRED");
    for bad in ["", "CA 1", &"x".repeat(129)] {
        let command = told(ids(Some(bad), None));
        given::<CallSession>([]).when(command).then_refused("INVALID_PROVIDER_ID");
    }
}

#[test]
fn a_call_is_born_from_its_transcript() {
    let outcome = given::<CallSession>([]).when(import());
    let claim = Claim::take("call.provider", format!("elevenlabs:{TALK}"), format!("{CALL}/1"));
    assert_eq!(outcome.claims(), [claim]);
    let case = outcome.case.when(import()).then_nothing();
    assert_eq!(case.state.status(), CallStatus::Completed);
    // The transcript knows Twilio's id as well: later facts find the call by either.
    let case = case.when(transcript(TALK));
    assert_eq!(case.summary(), "CallIdentified+CallTranscribed");
    let case = case.case.after(analysis());
    let provider = bitacora_domain::aggregates::call_session::CallProvider::ElevenLabs;
    let case = case.after(cost(provider));
    let carrier = case.when(report(ReportedStatus::Completed, 3));
    assert_eq!(carrier.summary(), "CallEndDetailed", "what the carrier adds to the end");
    assert_eq!(carrier.case.state.status(), CallStatus::Completed);
    carrier.case.when(report(ReportedStatus::Completed, 3)).then_nothing();
}
