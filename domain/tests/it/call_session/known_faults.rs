//! Faults of other systems (features F-CALL, F-CS), each with the test that it is none of ours.

use bitacora_domain::aggregates::call_session::{
    BlockReason, CallCommand as C, CallEvent as E, CallSession, CallStatus, ReportedStatus,
};
use bitacora_domain::{CallId, Claim};

use super::samples::{dialled, fine, place, queued, report, request};
use crate::support::given;
use crate::support::ids::minute;

/// "Naive local time (no time zone of the callee)."
#[test]
fn f_call_the_hour_is_that_of_the_callee() {
    // 2026-03-03 03:00 UTC: midnight in Buenos Aires, noon in Tokyo.
    let at = |zone: &str| {
        let mut circumstances = fine();
        circumstances.zones = vec![zone.to_owned()];
        queued().at(15 * 60).when(C::PlaceCall { attempt: 1, circumstances })
    };
    assert_eq!(at("Asia/Tokyo").summary(), "CallPlacementRequested");
    at("America/Argentina/Buenos_Aires").then([E::CallDeferred {
        attempt: 1,
        schedule: 1,
        from: CallStatus::Queued,
        reason: BlockReason::QuietHours,
        until: minute(23 * 60),
        at: minute(15 * 60),
    }]);
}

/// "Retries only FAILED, not busy or no answer."
#[test]
fn f_call_busy_and_no_answer_are_tried_again() {
    for status in [ReportedStatus::Busy, ReportedStatus::NoAnswer] {
        let outcome = dialled().when(report(status, 3));
        assert_eq!(outcome.summary(), "CallEnded+CallRetryScheduled");
    }
}

/// "The concurrency cap is not enforced": two that are dispatched at once claim the same line,
/// and the log gives it to one of them.
#[test]
fn f_call_two_calls_never_share_a_line() {
    let other = CallId::new(super::samples::id(1));
    let mine = queued().when(place(1)).claims();
    let theirs = given::<CallSession>([]).of(&other.to_string()).after(request());
    let theirs = theirs.when(place(1)).claims();
    let key = |claims: &[Claim]| (claims[0].kind, claims[0].key.clone());
    assert_eq!(key(&mine), key(&theirs));
    assert_ne!(mine[0].owner, theirs[0].owner);
}

/// "No do-not-call list, no consent."
#[test]
fn f_call_nobody_is_called_against_their_will() {
    for (dnc, consent, reason) in
        [(true, true, BlockReason::Dnc), (false, false, BlockReason::NoConsent)]
    {
        let mut circumstances = fine();
        (circumstances.do_not_call, circumstances.consent) = (dnc, consent);
        let outcome = queued().when(C::PlaceCall { attempt: 1, circumstances });
        let blocked =
            |event: &E| matches!(event, E::CallBlocked { reason: why, .. } if *why == reason);
        assert!(outcome.result.unwrap().iter().all(blocked));
    }
}
