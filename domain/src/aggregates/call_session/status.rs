//! What providers report. Statuses only advance: one whose number is not higher than that of the
//! last, or that comes after the end, does not change where the call stands. What it tells beside
//! that, and nobody else has told, is kept: the time of a step, how the carrier accounts for an end.

use chrono::{DateTime, Utc};

use super::events::CallEvent as E;
use super::handle::Decision;
use super::providers::{AnsweredBy, AttemptRef, InitiationFailure, ReportedStatus};
use super::state::{Attempt, CallSession};
use super::vocabulary::{CallOutcome, CallStatus};
use crate::Directed;

/// Longest call, in seconds: a week.
const LONGEST_S: i64 = 604_800;
/// Most minutes that are charged.
const MINUTES_MAX: i64 = 10_080;

/// A status, taken out of its command.
pub(super) struct Report {
    pub(super) about: AttemptRef,
    pub(super) status: ReportedStatus,
    pub(super) sequence: Option<i64>,
    pub(super) at: DateTime<Utc>,
    pub(super) sip: Option<i64>,
    pub(super) duration_s: Option<i64>,
    pub(super) billed_minutes: Option<i64>,
    pub(super) answered_by: Option<AnsweredBy>,
}

/// How an attempt ended.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub(super) outcome: CallOutcome,
    pub(super) sequence: Option<i64>,
    pub(super) sip: Option<i64>,
    pub(super) duration_s: Option<i64>,
    pub(super) billed_minutes: Option<i64>,
    pub(super) at: DateTime<Utc>,
    /// Could another attempt succeed?
    pub(super) transient: bool,
}

impl End {
    pub(super) const fn of(outcome: CallOutcome, at: DateTime<Utc>) -> Self {
        let (sequence, sip, duration_s, billed_minutes) = (None, None, None, None);
        Self { outcome, sequence, sip, duration_s, billed_minutes, at, transient: false }
    }
}

impl CallSession {
    pub(super) fn report(&self, of: &Directed<()>, report: &Report) -> Decision {
        let known = self.about(&report.about)?;
        let mut events = self.learnt(of, known, &report.about.ids, report.answered_by);
        if self.advances(known, report) {
            events.extend(self.step(of, known, report));
        } else {
            events.extend(self.behind(known, report));
        }
        Ok(events)
    }

    pub(super) fn initiation_failed(
        &self,
        of: &Directed<()>,
        about: &AttemptRef,
        reason: InitiationFailure,
        (sip, at): (Option<i64>, DateTime<Utc>),
    ) -> Decision {
        let known = self.about(about)?;
        let mut events = self.learnt(of, known, &about.ids, None);
        if known.outcome.is_none() {
            let outcome = match reason {
                InitiationFailure::Busy => CallOutcome::Busy,
                InitiationFailure::NoAnswer => CallOutcome::NoAnswer,
                InitiationFailure::Unknown => CallOutcome::Failed,
            };
            let transient = is_transient(sip);
            let end = End { sip: sip_code(sip), transient, ..End::of(outcome, at) };
            events.extend(self.ended(of, known, end));
        }
        Ok(events)
    }

    /// Is it later than what is known, and further on?
    fn advances(&self, known: &Attempt, report: &Report) -> bool {
        let late = report.sequence.zip(known.sequence).is_some_and(|(new, last)| new <= last);
        known.outcome.is_none() && !late && self.status < reached(report.status)
    }

    /// What a status tells that is no advance.
    fn behind(&self, known: &Attempt, report: &Report) -> Option<E> {
        let (attempt, sequence, at) = (known.number, report.sequence, report.at);
        let dated = |step| {
            let passed = known.outcome.is_some() || step < self.status;
            passed.then_some(E::CallStepDated { attempt, step, at })
        };
        match report.status {
            ReportedStatus::Ringing if !known.rang => dated(CallStatus::Ringing),
            ReportedStatus::InProgress if !known.answered => dated(CallStatus::InProgress),
            ReportedStatus::Queued
            | ReportedStatus::Initiated
            | ReportedStatus::Ringing
            | ReportedStatus::InProgress => None,
            ReportedStatus::Completed
            | ReportedStatus::Busy
            | ReportedStatus::NoAnswer
            | ReportedStatus::Failed
            | ReportedStatus::Canceled => {
                let news = known.outcome.is_some() && !known.accounted;
                let billed_minutes = minutes(report.billed_minutes);
                (news && is_account(sequence, billed_minutes)).then(|| E::CallEndDetailed {
                    attempt,
                    sequence,
                    sip: sip_code(report.sip),
                    duration_s: seconds(report.duration_s),
                    billed_minutes,
                    at,
                })
            }
        }
    }

    fn step(&self, of: &Directed<()>, known: &Attempt, report: &Report) -> Vec<E> {
        let (attempt, from) = (known.number, self.status);
        let (sequence, at) = (report.sequence, report.at);
        let answered_by = known.answered_by.or(report.answered_by);
        let outcome = match report.status {
            ReportedStatus::Queued => return vec![],
            ReportedStatus::Initiated => {
                return vec![E::CallInitiated { attempt, from, sequence, at }];
            }
            ReportedStatus::Ringing => return vec![E::CallRinging { attempt, from, sequence, at }],
            ReportedStatus::InProgress => {
                return vec![E::CallAnswered { attempt, from, answered_by, sequence, at }];
            }
            ReportedStatus::Completed if answered_by.is_some_and(AnsweredBy::is_machine) => {
                CallOutcome::Voicemail
            }
            ReportedStatus::Completed => CallOutcome::Completed,
            ReportedStatus::Busy => CallOutcome::Busy,
            ReportedStatus::NoAnswer => CallOutcome::NoAnswer,
            ReportedStatus::Failed => CallOutcome::Failed,
            ReportedStatus::Canceled => CallOutcome::Canceled,
        };
        let end = End {
            outcome,
            sequence,
            sip: sip_code(report.sip),
            duration_s: seconds(report.duration_s),
            billed_minutes: minutes(report.billed_minutes),
            at,
            transient: is_transient(report.sip),
        };
        self.ended(of, known, end)
    }

    /// The end of an attempt, and the next one if the plan wants it.
    pub(super) fn ended(&self, of: &Directed<()>, known: &Attempt, end: End) -> Vec<E> {
        let End { outcome, sequence, sip, duration_s, billed_minutes, at, transient } = end;
        let (attempt, contact, from) = (known.number, self.contact(), self.status);
        let ended = E::CallEnded {
            attempt,
            contact,
            from,
            outcome,
            sequence,
            sip,
            duration_s,
            billed_minutes,
            at,
        };
        let again = self.after_end(of, attempt, outcome, transient);
        std::iter::once(ended).chain(again).collect()
    }
}

/// Is it the carrier who tells an end? It numbers its statuses, and charges minutes.
pub(super) const fn is_account(sequence: Option<i64>, billed_minutes: Option<i64>) -> bool {
    sequence.is_some() || billed_minutes.is_some()
}

/// How far a reported status goes; ends are further than everything before them.
const fn reached(status: ReportedStatus) -> CallStatus {
    match status {
        ReportedStatus::Queued => CallStatus::Queued,
        ReportedStatus::Initiated => CallStatus::Initiated,
        ReportedStatus::Ringing => CallStatus::Ringing,
        ReportedStatus::InProgress => CallStatus::InProgress,
        ReportedStatus::Completed => CallStatus::Completed,
        ReportedStatus::Busy => CallStatus::Busy,
        ReportedStatus::NoAnswer => CallStatus::NoAnswer,
        ReportedStatus::Failed => CallStatus::Failed,
        ReportedStatus::Canceled => CallStatus::Canceled,
    }
}

/// Does the failure pass (RFC 3261)? A time-out, a callee who is away, a server that is busy
/// or broken. Without a code, or with a number that does not exist, it does not.
const fn is_transient(sip: Option<i64>) -> bool {
    matches!(sip, Some(408 | 480 | 500 | 502 | 503 | 504))
}

fn sip_code(code: Option<i64>) -> Option<i64> {
    code.filter(|code| (100..=699).contains(code))
}

fn minutes(billed: Option<i64>) -> Option<i64> {
    billed.filter(|n| (0..=MINUTES_MAX).contains(n))
}

/// A duration that can be one.
pub(super) fn seconds(duration_s: Option<i64>) -> Option<i64> {
    duration_s.filter(|s| (0..=LONGEST_S).contains(s))
}
