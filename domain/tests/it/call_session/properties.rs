//! What holds whatever comes, in whatever order. An observer sees the events only, never the
//! state; every step goes through `Case::when`, which checks that the state is the replay of the
//! events and that refusals change nothing.

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::aggregates::call_session::guards::{
    CallWindow, Circumstances, Lines, Permission, Terms, may_dial,
};
use bitacora_domain::aggregates::call_session::{
    AnsweredBy, AttemptRef, BlockReason, CallCommand as C, CallEvent as E, CallOutcome, CallPlan,
    CallProvider, CallSession, CallStart, CallStatus, DeletionReason, DigitMeaning,
    InitiationFailure, PlacementOutcome, ReportedStatus,
};
use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use uuid::Uuid;

use super::samples::{
    SID, TALK, analysis, attempt, by, cost, digits, fine, ids, place, placed, plan, recording,
    report, report_on, request_with, transcript,
};
use crate::support::ids::minute;
use crate::support::{Case, given};

/// Facts of one call as Twilio and ElevenLabs tell them, which do not contradict each other.
fn story(end: ReportedStatus, machine: Option<AnsweredBy>) -> Vec<C> {
    let mut facts = vec![
        placed(1, SID),
        report(ReportedStatus::Queued, 0),
        report(ReportedStatus::Initiated, 1),
        report(ReportedStatus::Ringing, 2),
    ];
    if end == ReportedStatus::Completed {
        facts.push(report(ReportedStatus::InProgress, 3));
        facts.extend([recording("RE01"), transcript(TALK), analysis(), digits("menu", "1")]);
    }
    if let Some(answered_by) = machine {
        facts.push(C::RecordAnsweredBy { about: super::samples::about(), answered_by });
        facts.push(by(report(ReportedStatus::InProgress, 3), answered_by));
    }
    facts.extend([cost(CallProvider::Twilio), cost(CallProvider::ElevenLabs), report(end, 4)]);
    facts
}

fn ends() -> impl Strategy<Value = (ReportedStatus, Option<AnsweredBy>)> {
    use ReportedStatus::{Busy, Canceled, Completed, Failed, NoAnswer};
    prop_oneof![
        Just((Completed, None)),
        Just((Completed, Some(AnsweredBy::Human))),
        Just((Completed, Some(AnsweredBy::MachineEndBeep))),
        Just((Busy, None)),
        Just((NoAnswer, None)),
        Just((Failed, None)),
        Just((Canceled, None)),
    ]
}

/// A story in a random order, with random repetitions.
fn told() -> impl Strategy<Value = ((ReportedStatus, Option<AnsweredBy>), bool, Vec<C>)> {
    (ends(), any::<bool>()).prop_flat_map(|(end, again)| {
        let facts = story(end.0, end.1);
        let repeated = prop::collection::vec(prop::sample::select(facts.clone()), 0..8);
        repeated
            .prop_map(move |more| [facts.clone(), more].concat())
            .prop_shuffle()
            .prop_map(move |facts| (end, again, facts))
    })
}

/// What is the same however a story was told: all but ids that follow from the command and
/// the order in which lists were filled.
fn essence(case: &Case<CallSession>) -> serde_json::Value {
    let mut state = serde_json::to_value(&case.state).unwrap();
    for recording in state["recordings"].as_array_mut().unwrap() {
        recording["id"] = serde_json::Value::Null;
    }
    for attempt in state["attempts"].as_array_mut().unwrap() {
        let costs = attempt["costs"].as_array_mut().unwrap();
        costs.sort_by_key(ToString::to_string);
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_a_story_is_told_it_ends_the_same((end, again, facts) in told()) {
        let begun = || {
            let plan = CallPlan { retry_voicemail: again, ..plan() };
            let start = request_with(plan, CallStart::AtOnce, false);
            given::<CallSession>([]).after(start).after(place(1))
        };
        let in_order = story(end.0, end.1).into_iter().fold(begun(), Case::after);
        let mut case = begun();
        let mut observer = Observer { begun: vec![1], ..Observer::of_a_queued_call() };
        for fact in facts {
            let outcome = case.when(fact);
            for event in outcome.result.as_ref().unwrap() {
                observer.see(event, 3);
            }
            case = outcome.case;
        }
        prop_assert_eq!(essence(&case), essence(&in_order));
        let outcome = case.state.attempts()[0].outcome;
        prop_assert!(outcome.is_some());
        let machine = end.1.is_some_and(AnsweredBy::is_machine);
        prop_assert_eq!(outcome == Some(CallOutcome::Voicemail), machine);
        prop_assert_eq!(case.state.stored_recording(Uuid::nil()), None);
    }

    #[test]
    fn whatever_comes_the_law_holds(
        max_attempts in 1..4i64,
        retry_voicemail in any::<bool>(),
        steps in prop::collection::vec((0..40i64, anything()), 1..60),
    ) {
        let plan = CallPlan { max_attempts, retry_voicemail, retry_delay_s: 600, ..plan() };
        let mut case = given::<CallSession>([]).after(request_with(plan, CallStart::AtOnce, false));
        let mut observer = Observer::of_a_queued_call();
        let mut now = 0;
        for (minutes, mut command) in steps {
            now += minutes;
            observer.aim(&mut command);
            let outcome = case.at(now).when(command);
            for event in outcome.result.iter().flatten() {
                observer.see(event, max_attempts);
            }
            case = outcome.case;
        }
        prop_assert!(i64::try_from(observer.begun.len()).unwrap() <= max_attempts);
    }

    #[test]
    fn the_guards_never_allow_a_call_outside_the_hours(
        names in prop::collection::vec(prop::sample::select(ZONES.to_vec()), 1..4),
        (from, length) in (0..95u16, 1..60u16),
        weekdays in prop::collection::btree_set(1..=7u8, 1..=7),
        minutes in 0..(400 * 1_440i64),
        seconds in 0..60i64,
    ) {
        let from_minute = from * 15;
        let until_minute = (from_minute + length * 15).min(1_440);
        let window = CallWindow { from_minute, until_minute, weekdays };
        prop_assert!(window.is_sound());
        let now = minute(minutes) + TimeDelta::seconds(seconds);
        let not_after = now + TimeDelta::days(30);
        let circumstances =
            Circumstances { zones: names.iter().map(|&zone| zone.to_owned()).collect(), ..fine() };
        let terms = Terms { window: &window, not_after, stopped: false };
        let zones: Vec<Tz> = names.iter().map(|zone| zone.parse().unwrap()).collect();
        let good = |at| is_good(&window, &zones, at);
        match may_dial(terms, &circumstances, now).unwrap() {
            Permission::Dial { .. } => prop_assert!(good(now)),
            Permission::Later { reason, until } => {
                prop_assert_eq!(reason, BlockReason::QuietHours);
                prop_assert!(!good(now) && good(until) && until > now && until < not_after);
                // No earlier one: not a minute before.
                prop_assert!(!good(until - TimeDelta::minutes(1)));
            }
            Permission::Never { reason } => {
                prop_assert_eq!(reason, BlockReason::QuietHours);
                let mut at = now;
                while at < now + TimeDelta::days(8) {
                    prop_assert!(!good(at), "{} would have been good", at);
                    at += TimeDelta::minutes(15);
                }
            }
        }
    }
}

const ZONES: [&str; 9] = [
    "America/Argentina/Buenos_Aires",
    "America/Mexico_City",
    "America/Santiago",
    "America/St_Johns",
    "Europe/Madrid",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "UTC",
];

/// The rule again, written down apart from the code that is tested.
fn is_good(window: &CallWindow, zones: &[Tz], at: DateTime<Utc>) -> bool {
    zones.iter().all(|zone| {
        let there = at.with_timezone(zone);
        let minute = u16::try_from(there.num_seconds_from_midnight() / 60).unwrap();
        let weekday = u8::try_from(there.weekday().number_from_monday()).unwrap();
        minute >= window.from_minute
            && minute < window.until_minute
            && window.weekdays.contains(&weekday)
    })
}

fn any_attempt() -> impl Strategy<Value = AttemptRef> {
    prop_oneof![
        3 => Just(AttemptRef::default()),
        3 => (1..5i64).prop_map(attempt),
        1 => Just(AttemptRef { attempt: None, ids: ids(None, Some(TALK)) }),
    ]
}

fn facts() -> impl Strategy<Value = C> {
    let answered = prop::sample::select(vec![
        None,
        None,
        None,
        Some(AnsweredBy::Human),
        Some(AnsweredBy::MachineStart),
    ]);
    let status = prop::sample::select(ReportedStatus::ALL.to_vec());
    let failure = prop::sample::select(vec![
        InitiationFailure::Busy,
        InitiationFailure::NoAnswer,
        InitiationFailure::Unknown,
    ]);
    let sip = || prop::sample::select(vec![None, Some(404), Some(503)]);
    prop_oneof![
        8 => (any_attempt(), status, prop::option::of(0..6i64), answered, sip()).prop_map(
            |(about, status, sequence, who, code)| {
                let mut report = report_on(about, status, sequence);
                if let C::RecordProviderStatus { answered_by, sip, .. } = &mut report {
                    (*answered_by, *sip) = (who, code);
                }
                report
            }
        ),
        6 => (1..4i64, 0..4u8).prop_map(|(attempt, how)| {
            let outcome = match how {
                0 | 1 => PlacementOutcome::Placed { ids: ids(Some(&format!("CA{attempt}")), None) },
                2 => PlacementOutcome::Unknown { reason: "TIMEOUT".to_owned() },
                _ => PlacementOutcome::Failed {
                    code: "20429".to_owned(),
                    title: "x".to_owned(),
                    transient: true,
                },
            };
            C::RecordPlaced { attempt, outcome }
        }),
        1 => (any_attempt(), failure, sip()).prop_map(|(about, reason, sip)| {
            C::RecordInitiationFailure { about, reason, sip, at: minute(1) }
        }),
        1 => (any_attempt(), any::<bool>()).prop_map(|(about, machine)| {
            let answered_by = if machine { AnsweredBy::MachineEndOther } else { AnsweredBy::Human };
            C::RecordAnsweredBy { about, answered_by }
        }),
        2 => (any_attempt(), 0..3u8, 0..6u8).prop_map(|(about, step, key)| {
            let meaning = match key {
                0 => DigitMeaning::Stop,
                1 => DigitMeaning::CallLater,
                _ => DigitMeaning::Other,
            };
            let digits = crate::support::ids::personal("1");
            C::RecordDigits { about, step: format!("{step}"), digits, meaning, at: minute(1) }
        }),
    ]
}

fn people() -> impl Strategy<Value = C> {
    let time = || (0..9_000i64).prop_map(minute);
    let reason = prop::sample::select(vec![BlockReason::Cap, BlockReason::Dnc]);
    prop_oneof![
        2 => time().prop_map(|at| C::ScheduleCall { at, zone: None }),
        1 => (reason, prop::option::weighted(0.9, time()), 0..4u8).prop_map(|(reason, until, n)| {
            if n == 0 { C::CancelCall { reason: None } } else { C::BlockCall { reason, until } }
        }),
        3 => time().prop_map(|at| C::RetryCall { at }),
        1 => Just(C::HangUp { reason: None }),
        1 => time().prop_map(|at| C::RequestCallback { at }),
        1 => (0..3u8).prop_map(|n| recording(&format!("RE{n}"))),
        1 => (0..3u8).prop_map(|n| transcript(&format!("TR{n}"))),
        1 => Just(analysis()),
        1 => Just(cost(CallProvider::Twilio)),
    ]
}

fn anything() -> impl Strategy<Value = C> {
    let free = prop::option::weighted(0.9, 1..12i64);
    prop_oneof![
        8 => (any::<u8>(), free, 0..20u8).prop_map(|(_, free, dnc)| {
            let lines = Lines { count: 10, free };
            let circumstances = Circumstances { lines, do_not_call: dnc == 0, ..fine() };
            C::PlaceCall { attempt: 1, circumstances }
        }),
        6 => Just(C::ReleaseCall { schedule: 1 }),
        12 => facts(),
        5 => people(),
        1 => Just(C::DeleteRecording { recording: Uuid::nil(), reason: DeletionReason::Redaction }),
    ]
}

/// What an observer of the events knows, without looking at the state.
#[derive(Default)]
struct Observer {
    schedules: i64,
    begun: Vec<i64>,
    ended: BTreeMap<i64, CallOutcome>,
    /// Placements that nobody knows the end of.
    unknown: BTreeSet<i64>,
    once: BTreeSet<String>,
    /// Sequence numbers of statuses that counted.
    sequences: BTreeMap<i64, i64>,
    recordings: Vec<Uuid>,
    deleted: BTreeSet<Uuid>,
    status: CallStatus,
    stopped: bool,
}

impl Observer {
    fn of_a_queued_call() -> Self {
        Self { status: CallStatus::Queued, ..Self::default() }
    }

    /// Turns a command towards something that exists.
    fn aim(&self, command: &mut C) {
        match command {
            C::PlaceCall { attempt, .. } => {
                let last = i64::try_from(self.begun.len()).unwrap();
                let open = self.begun.len() > self.ended.len();
                *attempt = if open { last } else { last + 1 };
            }
            C::RecordPlaced { attempt, .. } => {
                *attempt = i64::try_from(self.begun.len()).unwrap().max(1);
            }
            C::ReleaseCall { schedule } => *schedule = self.schedules,
            C::DeleteRecording { recording, .. } => {
                *recording = self.recordings.last().copied().unwrap_or_default();
            }
            _ => {}
        }
    }

    fn once(&mut self, what: &str) {
        assert!(self.once.insert(what.to_owned()), "{what} twice");
    }

    fn advance(&mut self, from: CallStatus, to: CallStatus) {
        assert_eq!(self.status, from, "views are told another former status");
        assert!(!from.is_over(), "{from:?} → {to:?}: it was over");
        assert!(to > from, "{from:?} → {to:?}: backwards");
        self.status = to;
    }

    /// The number of a status that counts is higher than that of the last one.
    fn counted(&mut self, attempt: i64, sequence: Option<i64>) {
        let Some(sequence) = sequence else { return };
        let last = self.sequences.insert(attempt, sequence);
        assert!(last.is_none_or(|last| sequence > last), "{last:?} → {sequence}: late");
    }

    fn see(&mut self, event: &E, max_attempts: i64) {
        match event {
            E::CallPlacementRequested { attempt, line, .. } => {
                assert!((1..=10).contains(line));
                assert_eq!(*attempt, i64::try_from(self.begun.len()).unwrap() + 1);
                assert!(*attempt <= max_attempts, "more attempts than agreed");
                assert!(!self.stopped, "dialled after STOP");
                assert!(self.unknown.is_empty(), "dialled where nobody knows");
                assert_eq!(self.begun.len(), self.ended.len(), "two at a time");
                self.begun.push(*attempt);
                self.status = CallStatus::Queued;
            }
            E::CallPlacementUnknown { attempt, .. } => {
                self.unknown.insert(*attempt);
            }
            E::CallStepDated { attempt, step, .. } => {
                self.once(&format!("{step:?} {attempt}"));
                let passed = self.ended.contains_key(attempt) || *step < self.status;
                assert!(passed, "a step to come is no late one");
            }
            E::CallEndDetailed { attempt, .. } => {
                self.once(&format!("accounted {attempt}"));
                assert!(self.ended.contains_key(attempt), "an account of no end");
            }
            E::CallPlaced { attempt, .. } => {
                self.unknown.remove(attempt);
                self.once(&format!("placed {attempt}"));
            }
            E::CallPlacementFailed { attempt, .. } => {
                self.unknown.remove(attempt);
            }
            E::CallInitiated { attempt, from, sequence, .. } => {
                self.advance(*from, CallStatus::Initiated);
                self.counted(*attempt, *sequence);
            }
            E::CallRinging { attempt, from, sequence, .. } => {
                self.advance(*from, CallStatus::Ringing);
                self.counted(*attempt, *sequence);
                self.once(&format!("Ringing {attempt}"));
            }
            E::CallAnswered { attempt, from, sequence, .. } => {
                self.advance(*from, CallStatus::InProgress);
                self.counted(*attempt, *sequence);
                self.once(&format!("InProgress {attempt}"));
            }
            E::CallEnded { attempt, from, outcome, sequence, .. } => {
                self.advance(*from, outcome.status());
                self.counted(*attempt, *sequence);
                assert_eq!(self.ended.insert(*attempt, *outcome), None, "ended twice");
            }
            E::CallReclassified { attempt, from, to, .. } => {
                assert_eq!(self.ended.insert(*attempt, *to), Some(*from));
                self.once(&format!("reclassified {attempt}"));
                self.status = to.status();
            }
            other => self.see_more(other, max_attempts),
        }
    }

    fn see_more(&mut self, event: &E, max_attempts: i64) {
        match event {
            E::CallScheduled { schedule, .. } | E::CallDeferred { schedule, .. } => {
                self.schedules = *schedule;
                self.status = CallStatus::Scheduled;
            }
            E::CallRetryScheduled { attempt, schedule, from, .. } => {
                assert!(*attempt <= max_attempts && !self.stopped, "a retry too many");
                assert_eq!(*from, self.status);
                let last = self.ended.values().next_back().unwrap();
                assert!(!matches!(last, CallOutcome::Completed | CallOutcome::Canceled));
                assert!(!matches!(self.status, CallStatus::Blocked | CallStatus::Canceled));
                self.schedules = *schedule;
                self.status = CallStatus::Scheduled;
            }
            E::CallRetryWithdrawn { to, .. } => self.status = to.status(),
            E::CallQueued { .. } => self.status = CallStatus::Queued,
            E::CallBlocked { from, .. } => self.advance(*from, CallStatus::Blocked),
            E::CallCanceled { from, .. } => self.advance(*from, CallStatus::Canceled),
            E::CallDigitsGathered { attempt, step, meaning, .. } => {
                self.once(&format!("keys {attempt} {step}"));
                self.stopped |= *meaning == DigitMeaning::Stop;
            }
            E::CallAnsweredByRecorded { attempt, .. } => self.once(&format!("answered {attempt}")),
            E::CallRecordingAttached { recording, provider, sid, .. } => {
                self.once(&format!("recording {provider:?} {sid}"));
                self.recordings.push(*recording);
            }
            E::CallRecordingDeleted { recording, .. } => {
                assert!(self.deleted.insert(*recording), "deleted twice");
            }
            E::CallTranscribed { attempt, provider, sid, .. } => {
                self.once(&format!("words {attempt} {provider:?} {sid}"));
            }
            E::CallAnalysed { attempt, .. } => self.once(&format!("judged {attempt}")),
            E::CallCostRecorded { attempt, provider, .. } => {
                self.once(&format!("cost {attempt} {provider:?}"));
            }
            _ => {}
        }
    }
}

#[test]
fn the_random_runs_reach_every_kind_of_event_that_matters() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let steps = prop::collection::vec((0..40i64, anything()), 60);
    let brief =
        || CallPlan { max_attempts: 2, retry_delay_s: 600, retry_voicemail: true, ..plan() };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..200 {
        let start = request_with(brief(), CallStart::AtOnce, false);
        let mut case = given::<CallSession>([]).after(start);
        let (mut observer, mut now) = (Observer::of_a_queued_call(), 0);
        for (minutes, mut command) in steps.new_tree(&mut runner).unwrap().current() {
            now += minutes;
            observer.aim(&mut command);
            let outcome = case.at(now).when(command);
            for event in outcome.result.iter().flatten() {
                *seen.entry(cqrs_es::DomainEvent::event_type(event)).or_default() += 1;
                observer.see(event, 2);
            }
            case = outcome.case;
        }
    }
    println!("{seen:#?}");
    for name in [
        "CallPlacementRequested",
        "CallPlaced",
        "CallPlacementUnknown",
        "CallPlacementFailed",
        "CallDeferred",
        "CallBlocked",
        "CallEnded",
        "CallReclassified",
        "CallRetryScheduled",
        "CallRetryWithdrawn",
        "CallAttemptsExhausted",
        "CallDigitsGathered",
    ] {
        assert!(seen.get(name).is_some_and(|times| *times >= 3), "{name} hardly ever: {seen:?}");
    }
}
