//! Samples of a call's events, and its usual commands.

use bitacora_domain::aggregates::call_session::guards::{
    Balance, CallWindow, Cap, CapKind, Circumstances, Lines,
};
use bitacora_domain::aggregates::call_session::{
    Analysis, AnalysisResult, AnsweredBy, AttemptRef, CallCommand as C, CallEvent as E,
    CallOutcome, CallPlan, CallProvider, CallPurpose, CallSession, CallStart, CallStatus,
    Collected, Criterion, DigitMeaning, PlacementOutcome, ProviderIds, RecordingSource,
    ReportedStatus, ScriptVersion, Speaker, Turn,
};
use bitacora_domain::{Actor, ActorKind, CallId, Personal, Subject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::support::ids::{CHANNEL, CONTACT, STREAM, minute, personal};
use crate::support::{Case, given};

pub(crate) const CALL: CallId = CallId::new(STREAM);
pub(crate) const SID: &str = "CAaaaabbbbccccddddeeeeffff00001111";
pub(crate) const TALK: &str = "conv_01kbq7m2n8";
pub(crate) const ZONE: &str = "America/Argentina/Buenos_Aires";

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(0xCA11 << 64 | n)
}

pub(crate) fn actor() -> Actor {
    Actor::new(ActorKind::User, "agente")
}

pub(crate) fn ids(sid: Option<&str>, talk: Option<&str>) -> ProviderIds {
    let text = |id: Option<&str>| id.map(str::to_owned);
    ProviderIds { call_sid: text(sid), el_conversation_id: text(talk) }
}

/// A fact with Twilio's id.
pub(crate) fn about() -> AttemptRef {
    AttemptRef { attempt: None, ids: ids(Some(SID), None) }
}

/// A fact with the number that travelled along.
pub(crate) fn attempt(number: i64) -> AttemptRef {
    AttemptRef { attempt: Some(number), ids: ProviderIds::default() }
}

pub(crate) fn number() -> Personal<String> {
    personal("+5491166600033")
}

/// The usual plan as the event has it.
pub(crate) fn plan() -> CallPlan {
    CallPlan { not_after: Some(minute(43_200)), ..CallPlan::usual(CallPurpose::Sales) }
}

pub(crate) fn request_with(plan: CallPlan, start: CallStart, needs_approval: bool) -> C {
    C::RequestCall {
        contact: CONTACT,
        to: number(),
        plan,
        start,
        needs_approval,
        callback_of: None,
    }
}

pub(crate) fn request() -> C {
    request_with(CallPlan::usual(CallPurpose::Sales), CallStart::AtOnce, false)
}

pub(crate) fn requested(needs_approval: bool) -> E {
    E::CallRequested {
        call: CALL,
        contact: CONTACT,
        to: number(),
        plan: plan(),
        start: CallStart::AtOnce,
        needs_approval,
        callback_of: None,
        by: actor(),
        at: minute(0),
    }
}

pub(crate) fn inbound() -> C {
    C::RecordInboundCall {
        contact: Some(CONTACT),
        from: Some(number()),
        channel: Some(CHANNEL),
        ids: ids(Some(SID), None),
        started_at: minute(0),
    }
}

pub(crate) fn import() -> C {
    C::ImportCall {
        contact: Some(CONTACT),
        direction: bitacora_domain::aggregates::call_session::CallDirection::Inbound,
        number: Some(number()),
        channel: None,
        ids: ids(None, Some(TALK)),
        outcome: CallOutcome::Completed,
        started_at: minute(-10),
        duration_s: Some(74),
    }
}

/// Circumstances in which nothing is against dialling.
pub(crate) fn fine() -> Circumstances {
    Circumstances {
        consent: true,
        do_not_call: false,
        zones: vec![ZONE.to_owned()],
        lines: Lines { count: 10, free: Some(1) },
        caps: vec![Cap { kind: CapKind::ContactDay, used: 0, limit: 3, free_at: None }],
        balance: Some(Balance { available: 1_000, needed: 20 }),
    }
}

pub(crate) fn place(attempt: i64) -> C {
    C::PlaceCall { attempt, circumstances: fine() }
}

pub(crate) fn placed(attempt: i64, sid: &str) -> C {
    C::RecordPlaced { attempt, outcome: PlacementOutcome::Placed { ids: ids(Some(sid), None) } }
}

pub(crate) fn failed(attempt: i64, transient: bool) -> C {
    let (code, title) = ("21211".to_owned(), "Invalid 'To' Phone Number".to_owned());
    C::RecordPlaced { attempt, outcome: PlacementOutcome::Failed { code, title, transient } }
}

pub(crate) fn report_on(about: AttemptRef, status: ReportedStatus, sequence: Option<i64>) -> C {
    let over = status == ReportedStatus::Completed;
    C::RecordProviderStatus {
        about,
        status,
        sequence,
        at: minute(2),
        sip: None,
        duration_s: over.then_some(74),
        billed_minutes: over.then_some(2),
        answered_by: None,
    }
}

pub(crate) fn report(status: ReportedStatus, sequence: i64) -> C {
    report_on(about(), status, Some(sequence))
}

/// The same report with who answered.
pub(crate) fn by(mut report: C, who: AnsweredBy) -> C {
    if let C::RecordProviderStatus { answered_by, .. } = &mut report {
        *answered_by = Some(who);
    }
    report
}

/// The same report with a SIP code.
pub(crate) fn with_sip(mut report: C, code: i64) -> C {
    if let C::RecordProviderStatus { sip, .. } = &mut report {
        *sip = Some(code);
    }
    report
}

pub(crate) fn digits(step: &str, keys: &str) -> C {
    C::RecordDigits {
        about: about(),
        step: step.to_owned(),
        digits: personal(keys),
        meaning: DigitMeaning::usual(keys),
        at: minute(3),
    }
}

pub(crate) fn recording(sid: &str) -> C {
    C::AttachRecording {
        about: about(),
        provider: CallProvider::Twilio,
        sid: sid.to_owned(),
        source: at_provider(),
        duration_s: Some(73),
        channels: Some(2),
        retention_days: 90,
    }
}

fn at_provider() -> RecordingSource {
    let url = "https://api.twilio.com/2010-04-01/Accounts/ACffff/Recordings/RE01".to_owned();
    RecordingSource::AtProvider { url }
}

pub(crate) fn turns() -> Personal<Vec<Turn>> {
    let turn = |speaker, text: &str, at_s| Turn { speaker, text: text.to_owned(), at_s };
    let said = vec![
        turn(Speaker::Agent, "Hola, te llamo de Torre Alvear.", 0),
        turn(Speaker::Callee, "Sí, busco dos ambientes.", 5),
    ];
    Personal::new(Subject::contact(CONTACT), said)
}

pub(crate) fn transcript(sid: &str) -> C {
    C::AttachTranscript {
        about: about(),
        provider: CallProvider::ElevenLabs,
        sid: sid.to_owned(),
        turns: turns(),
        language: Some("es".to_owned()),
    }
}

pub(crate) fn judgement() -> Analysis {
    let collected = Collected {
        id: "presupuesto".to_owned(),
        value: "120000".to_owned(),
        rationale: Some("lo dijo".to_owned()),
    };
    Analysis {
        success: AnalysisResult::Success,
        summary: Some(personal("Interesado en dos ambientes; visita el lunes.")),
        criteria: vec![Criterion {
            id: "cita_agendada".to_owned(),
            result: AnalysisResult::Success,
            rationale: Some(personal("Aceptó el lunes")),
        }],
        collected: Some(Personal::new(Subject::contact(CONTACT), vec![collected])),
    }
}

pub(crate) fn analysis() -> C {
    let (provider, analysis) = (CallProvider::ElevenLabs, judgement());
    C::AttachAnalysis { about: about(), provider, analysis }
}

pub(crate) fn cost(provider: CallProvider) -> C {
    C::RecordCost { about: about(), provider, amount_e6: 8_500, currency: "USD".to_owned() }
}

/// Waiting for being dialled.
pub(crate) fn queued() -> Case<CallSession> {
    given::<CallSession>([]).after(request())
}

/// At the provider, which calls it [`SID`].
pub(crate) fn dialled() -> Case<CallSession> {
    queued().after(place(1)).after(placed(1, SID))
}

/// Ended so.
pub(crate) fn ended(outcome: CallOutcome, at: DateTime<Utc>) -> E {
    E::CallEnded {
        attempt: 1,
        contact: Some(CONTACT),
        from: CallStatus::Queued,
        outcome,
        sequence: Some(3),
        sip: Some(200),
        duration_s: Some(74),
        billed_minutes: Some(2),
        at,
    }
}

/// A plan with everything.
pub(crate) fn full_plan() -> CallPlan {
    CallPlan {
        campaign: Some(id(1)),
        channel: Some(CHANNEL),
        script: Some(ScriptVersion { script: id(2), version: 3 }),
        voice: Some("pNInz6obpgDQGcFmaJgB".to_owned()),
        window: CallWindow { from_minute: 540, until_minute: 1_080, weekdays: (1..=5).collect() },
        retry_voicemail: true,
        ..plan()
    }
}
