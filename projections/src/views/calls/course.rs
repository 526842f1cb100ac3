//! How a call goes on, from one attempt to the next.

use bitacora_domain::UserId;
use bitacora_domain::aggregates::call_session::{
    CallEvent as Event, CallStatus as Status, DigitMeaning, Placement,
};
use chrono::{DateTime, Utc};

use super::born::named;
use super::patch;
use crate::change::Set;
use crate::reveal::code;
use crate::value::Cell;
use crate::{Change, Key};

/// Another status, which no time belongs to.
fn stands(status: Status) -> Set {
    let set = ["due_at", "time_zone", "deferred_reason"].map(|column| (column, Cell::Null));
    [("status", code(&status))].into_iter().chain(set).collect()
}

fn over(status: Status, at: DateTime<Utc>) -> Set {
    let mut set = stands(status);
    set.extend([("ended_at", at.into()), ("awaits_approval", false.into())]);
    set
}

/// It waits for a time.
fn waits(due_at: DateTime<Utc>) -> Set {
    let mut set = stands(Status::Scheduled);
    set.extend([("due_at", due_at.into())]);
    set
}

/// Between attempts.
pub(super) fn planned(said: &Event) -> Set {
    if let Event::CallApproved { .. } = said {
        return vec![("awaits_approval", false.into())];
    }
    if let Event::CallScheduled { due_at, zone, .. } = said {
        let mut set = waits(*due_at);
        set.push(("time_zone", zone.clone().into()));
        return set;
    }
    if let Event::CallDeferred { until, reason, .. } = said {
        let mut set = waits(*until);
        set.push(("deferred_reason", code(reason)));
        return set;
    }
    if let Event::CallRetryScheduled { due_at, .. } = said {
        return waits(*due_at);
    }
    if let Event::CallQueued { .. } = said {
        return stands(Status::Queued);
    }
    if let Event::CallBlocked { reason, at, .. } = said {
        let mut set = over(Status::Blocked, *at);
        set.push(("block_reason", code(reason)));
        return set;
    }
    if let Event::CallCanceled { reason, at, .. } = said {
        let mut set = over(Status::Canceled, *at);
        set.push(("cancel_reason", reason.clone().into()));
        return set;
    }
    if let Event::CallRetryWithdrawn { to, .. } = said {
        return stands(to.status());
    }
    if let Event::CallAttemptsExhausted { by, .. } = said {
        return vec![("exhausted_by", code(by))];
    }
    Set::new()
}

/// An attempt begins or comes further.
pub(super) fn went_on(said: &Event) -> Set {
    if let Event::CallPlacementRequested { attempt, at, .. } = said {
        return begun(*attempt, *at);
    }
    if let Event::CallInitiated { .. } = said {
        return stands(Status::Initiated);
    }
    if let Event::CallRinging { .. } = said {
        return stands(Status::Ringing);
    }
    if let Event::CallAnswered { answered_by, at, .. } = said {
        let mut set = stands(Status::InProgress);
        set.push(("answered_at", (*at).into()));
        set.extend(answered_by.map(|who| ("answered_by", code(&who))));
        return set;
    }
    Set::new()
}

/// What was of the attempt before is not of this one.
fn begun(attempt: i64, at: DateTime<Utc>) -> Set {
    let mut set = stands(Status::Queued);
    set.extend([
        ("attempts", attempt.into()),
        ("last_attempt_at", at.into()),
        ("live_since", at.into()),
        ("placement", code(&Placement::InFlight)),
        ("hang_up_requested", false.into()),
    ]);
    let of_last = [
        "failure_code",
        "failure_title",
        "call_sid",
        "el_conversation_id",
        "answered_by",
        "answered_at",
        "ended_at",
        "outcome",
        "duration_s",
        "transfer",
        "transfer_agent_id",
        "transfer_reason",
    ];
    set.extend(of_last.map(|column| (column, Cell::Null)));
    set
}

/// What is known of an attempt: shown while it is the last one.
pub(super) fn of_attempt(said: &Event, key: &Key) -> Vec<Change> {
    let (attempt, set) = if let Event::CallPlaced { attempt, ids, .. } = said {
        let mut set = named(ids);
        set.push(("placement", code(&Placement::Placed)));
        (attempt, set)
    } else if let Event::CallIdentified { attempt, ids, .. } = said {
        (attempt, named(ids))
    } else if let Event::CallPlacementUnknown { attempt, reason, .. } = said {
        let placement = code(&Placement::Unknown);
        (attempt, vec![("placement", placement), ("failure_code", reason.as_str().into())])
    } else if let Event::CallPlacementFailed { attempt, code: no, title, .. } = said {
        let placement = code(&Placement::Failed);
        let set = vec![
            ("placement", placement),
            ("failure_code", no.as_str().into()),
            ("failure_title", title.as_str().into()),
        ];
        (attempt, set)
    } else if let Event::CallAnsweredByRecorded { attempt, answered_by, .. } = said {
        (attempt, vec![("answered_by", code(answered_by))])
    } else if let Event::CallStepDated { attempt, step: Status::InProgress, at } = said {
        (attempt, vec![("answered_at", (*at).into())])
    } else {
        return vec![];
    };
    vec![of_last(key, *attempt, set)]
}

/// An attempt ended, or ended otherwise than it seemed.
pub(super) fn ended(said: &Event, key: &Key) -> Vec<Change> {
    if let Event::CallEnded { outcome, duration_s, billed_minutes, at, .. } = said {
        let mut set = over(outcome.status(), *at);
        set.extend([
            ("outcome", code(outcome)),
            ("duration_s", (*duration_s).into()),
            ("live_since", Cell::Null),
        ]);
        return billed(key, *billed_minutes).into_iter().chain([patch(key, set)]).collect();
    }
    if let Event::CallEndDetailed { attempt, duration_s, billed_minutes, at, .. } = said {
        let set = vec![("ended_at", (*at).into()), ("duration_s", (*duration_s).into())];
        let of_last = of_last(key, *attempt, set);
        return billed(key, *billed_minutes).into_iter().chain([of_last]).collect();
    }
    let Event::CallReclassified { to, .. } = said else { return vec![] };
    vec![patch(key, vec![("status", code(&to.status())), ("outcome", code(to))])]
}

/// What goes on in it.
pub(super) fn talked(said: &Event) -> Set {
    if let Event::CallDigitsGathered { meaning, .. } = said {
        let stop = (*meaning == DigitMeaning::Stop).then_some(("stopped", true.into()));
        return [("last_meaning", code(meaning))].into_iter().chain(stop).collect();
    }
    if let Event::CallTransferRequested { agent, .. } = said {
        return vec![
            ("transfer", "REQUESTED".into()),
            ("transfer_agent_id", agent.map(UserId::as_uuid).into()),
            ("transfer_reason", Cell::Null),
        ];
    }
    if let Event::CallTransferred { .. } = said {
        return vec![("transfer", "CONNECTED".into())];
    }
    if let Event::CallTransferFailed { reason, .. } = said {
        return vec![("transfer", "FAILED".into()), ("transfer_reason", reason.as_str().into())];
    }
    if let Event::CallHangUpRequested { .. } = said {
        return vec![("hang_up_requested", true.into())];
    }
    Set::new()
}

fn billed(key: &Key, minutes: Option<i64>) -> Option<Change> {
    minutes.map(|by| Change::Add { key: key.clone(), column: "billed_minutes", by })
}

fn of_last(key: &Key, attempt: i64, set: Set) -> Change {
    Change::PatchIf { key: key.clone(), column: "attempts", value: attempt.into(), set }
}
