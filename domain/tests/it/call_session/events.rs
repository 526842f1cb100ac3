//! One sample of every event, and of every shape that it can have.

use bitacora_domain::aggregates::call_session::{
    AnsweredBy, BlockReason, CallDirection, CallEvent as E, CallLink, CallOutcome, CallProvider,
    CallSession, CallStart, CallStatus, DeletionReason, DigitMeaning, ExhaustedBy, FollowUpChannel,
    RecordingSource,
};
use bitacora_domain::{CallId, ContactId};

use super::samples::{
    CALL, SID, TALK, ZONE, actor, ended, full_plan, id, ids, judgement, number, plan, requested,
    turns,
};
use crate::support::ids::{AGENT, CHANNEL, CONTACT, minute, personal};
use crate::support::samples::{Sample, Sampled, state_without};

fn starts() -> Vec<Sample<CallSession>> {
    let (ours, theirs) = (Some(number()), ids(Some(SID), None));
    let full = E::CallRequested {
        call: CALL,
        contact: CONTACT,
        to: number(),
        plan: full_plan(),
        start: CallStart::At { at: minute(60), zone: Some(ZONE.to_owned()) },
        needs_approval: true,
        callback_of: Some(CallId::new(id(4))),
        by: actor(),
        at: minute(0),
    };
    let when_told = E::CallRequested {
        call: CALL,
        contact: CONTACT,
        to: number(),
        plan: plan(),
        start: CallStart::WhenTold,
        needs_approval: false,
        callback_of: None,
        by: actor(),
        at: minute(0),
    };
    let inbound = |contact, from, channel| E::InboundCallStarted {
        call: CALL,
        contact,
        from,
        channel,
        ids: theirs.clone(),
        started_at: minute(0),
        at: minute(1),
    };
    let imported = |contact, direction, duration_s| E::CallImported {
        call: CALL,
        contact,
        direction,
        number: contact.map(|_| number()),
        channel: contact.map(|_| CHANNEL),
        ids: ids(Some(SID), Some(TALK)),
        outcome: CallOutcome::Completed,
        started_at: minute(0),
        duration_s,
        at: minute(9),
    };
    let came_in = |contact, from, channel| E::CallCameIn {
        contact,
        from,
        channel,
        ids: theirs.clone(),
        started_at: minute(0),
        at: minute(9),
    };
    vec![
        (None, came_in(Some(CONTACT), ours.clone(), Some(CHANNEL))),
        (Some("withheld"), came_in(None, None, None)),
        (Some("at_once"), requested(false)),
        (Some("when_told"), when_told),
        (Some("inbound"), inbound(Some(CONTACT), ours, Some(CHANNEL))),
        (Some("withheld"), inbound(None, None, None)),
        (Some("outbound"), imported(Some(CONTACT), CallDirection::Outbound, Some(74))),
        (Some("web"), imported(None, CallDirection::Inbound, None)),
        (None, full),
    ]
}

fn dispatch() -> Vec<Sample<CallSession>> {
    let scheduled = |zone: Option<&str>| E::CallScheduled {
        attempt: 1,
        schedule: 1,
        from: CallStatus::Requested,
        due_at: minute(60),
        zone: zone.map(str::to_owned),
        at: minute(2),
    };
    let blocked = |reason| E::CallBlocked {
        contact: Some(CONTACT),
        from: CallStatus::Queued,
        reason,
        at: minute(2),
    };
    let canceled = |reason| E::CallCanceled {
        from: CallStatus::Scheduled,
        reason,
        by: actor(),
        at: minute(2),
    };
    let deferred = E::CallDeferred {
        attempt: 1,
        schedule: 2,
        from: CallStatus::Queued,
        reason: BlockReason::QuietHours,
        until: minute(600),
        at: minute(61),
    };
    vec![
        (None, E::CallApproved { by: actor(), at: minute(1) }),
        (None, scheduled(Some(ZONE))),
        (Some("zoneless"), scheduled(None)),
        (None, blocked(BlockReason::Dnc)),
        (Some("stopped"), blocked(BlockReason::Stopped)),
        (None, canceled(Some("Fin de campaña".to_owned()))),
        (Some("without_reason"), canceled(None)),
        (None, deferred),
        (None, E::CallQueued { attempt: 1, from: CallStatus::Scheduled, at: minute(60) }),
    ]
}

fn under_way() -> Vec<Sample<CallSession>> {
    let (attempt, at) = (1, minute(61));
    let from = CallStatus::Queued;
    let failed = E::CallPlacementFailed {
        attempt,
        code: "21211".to_owned(),
        title: "Invalid 'To' Phone Number".to_owned(),
        transient: false,
        at,
    };
    let answered = |answered_by| E::CallAnswered {
        attempt,
        from: CallStatus::Ringing,
        answered_by,
        sequence: Some(2),
        at,
    };
    let bare = E::CallEnded {
        attempt,
        contact: None,
        from,
        outcome: CallOutcome::NoAnswer,
        sequence: None,
        sip: None,
        duration_s: None,
        billed_minutes: None,
        at,
    };
    let detailed = |sequence: Option<i64>| E::CallEndDetailed {
        attempt,
        sequence,
        sip: sequence.map(|_| 200),
        duration_s: sequence.map(|_| 74),
        billed_minutes: Some(2),
        at,
    };
    let answered_by = AnsweredBy::MachineEndBeep;
    let unknown = E::CallPlacementUnknown { attempt, reason: "TIMEOUT".to_owned(), at };
    vec![
        (None, E::CallPlacementRequested { attempt, line: 7, at }),
        (None, failed),
        (None, unknown),
        (None, E::CallPlaced { attempt, ids: ids(Some(SID), None), at }),
        (None, E::CallIdentified { attempt, ids: ids(Some(SID), Some(TALK)), at }),
        (None, E::CallInitiated { attempt, from, sequence: Some(0), at }),
        (Some("unnumbered"), E::CallInitiated { attempt, from, sequence: None, at }),
        (None, E::CallRinging { attempt, from: CallStatus::Initiated, sequence: Some(1), at }),
        (None, answered(Some(AnsweredBy::Human))),
        (Some("by_nobody_knows_whom"), answered(None)),
        (Some("bare"), bare),
        (None, ended(CallOutcome::Completed, at)),
        (None, E::CallStepDated { attempt, step: CallStatus::Ringing, at }),
        (Some("answered"), E::CallStepDated { attempt, step: CallStatus::InProgress, at }),
        (None, detailed(Some(3))),
        (Some("bare"), detailed(None)),
        (None, E::CallAnsweredByRecorded { attempt, answered_by, at }),
        (
            None,
            E::CallReclassified {
                attempt,
                from: CallOutcome::Completed,
                to: CallOutcome::Voicemail,
                at,
            },
        ),
    ]
}

fn talk() -> Vec<Sample<CallSession>> {
    let (attempt, at, by) = (1, minute(62), actor());
    let transfer = |agent, number| E::CallTransferRequested {
        attempt,
        agent,
        number,
        by: actor(),
        at: minute(62),
    };
    let gathered = E::CallDigitsGathered {
        attempt,
        contact: Some(CONTACT),
        step: "menu".to_owned(),
        digits: personal("9"),
        meaning: DigitMeaning::Stop,
        at,
    };
    vec![
        (None, gathered),
        (None, E::CallTransferred { attempt, at }),
        (None, E::CallTransferFailed { attempt, reason: "BUSY".to_owned(), at }),
        (None, transfer(Some(AGENT), None)),
        (Some("number"), transfer(None, Some(number()))),
        (None, E::CallHangUpRequested { attempt, reason: Some("Fin".to_owned()), by, at }),
    ]
}

fn artefacts() -> Vec<Sample<CallSession>> {
    let (attempt, at, recording) = (1, minute(63), id(10));
    let attached = |source, details: Option<i64>| E::CallRecordingAttached {
        recording,
        attempt,
        provider: CallProvider::Twilio,
        sid: "RE01".to_owned(),
        source,
        duration_s: details,
        channels: details.map(|_| 2),
        delete_at: minute(129_600),
        at,
    };
    let blob = || "sha256:9f86d081".to_owned();
    let url = "https://api.twilio.com/2010-04-01/Accounts/ACffff/Recordings/RE01".to_owned();
    let deleted = |blob, reason| E::CallRecordingDeleted {
        recording,
        provider: CallProvider::Twilio,
        sid: "RE01".to_owned(),
        blob,
        reason,
        by: actor(),
        at,
    };
    let transcribed = E::CallTranscribed {
        attempt,
        contact: Some(CONTACT),
        provider: CallProvider::ElevenLabs,
        sid: TALK.to_owned(),
        turns: turns(),
        language: Some("es".to_owned()),
        cut: false,
        at,
    };
    let analysed = E::CallAnalysed {
        attempt,
        contact: Some(CONTACT),
        provider: CallProvider::ElevenLabs,
        analysis: judgement(),
        at,
    };
    let (provider, currency) = (CallProvider::Twilio, "USD".to_owned());
    vec![
        (Some("stored"), attached(RecordingSource::Stored { blob: blob(), bytes: 8_192 }, None)),
        (None, attached(RecordingSource::AtProvider { url }, Some(73))),
        (None, E::CallRecordingStored { recording, blob: blob(), bytes: 8_192, at }),
        (None, deleted(Some(blob()), DeletionReason::Retention)),
        (Some("never_stored"), deleted(None, DeletionReason::Erasure)),
        (None, transcribed),
        (None, analysed),
        (None, E::CallCostRecorded { attempt, provider, amount_e6: 8_500, currency, at }),
    ]
}

fn afterwards() -> Vec<Sample<CallSession>> {
    let (at, follow_up, channel) = (minute(64), id(20), FollowUpChannel::Whatsapp);
    let text = || personal("¿Te paso el plano?");
    let contact = CONTACT;
    let somebody = ContactId::new(id(21));
    let identified = |from| E::CallerIdentified { from, contact, by: actor(), at };
    let dismissed = |reason| E::FollowUpDismissed { follow_up, reason, by: actor(), at };
    let callback = |callback, due_at| E::CallbackRequested {
        callback,
        contact: Some(contact),
        due_at,
        by: actor(),
        at,
    };
    let approved = E::FollowUpApproved {
        follow_up,
        contact,
        channel,
        text: text(),
        edited: true,
        by: actor(),
        at,
    };
    let (from, to) = (CallStatus::Scheduled, CallOutcome::Voicemail);
    let exhausted = E::CallAttemptsExhausted {
        attempts: 3,
        by: ExhaustedBy::Attempts,
        outcome: CallOutcome::Busy,
        at,
    };
    let retry = E::CallRetryScheduled {
        attempt: 2,
        schedule: 3,
        from: CallStatus::Voicemail,
        due_at: minute(124),
        at,
    };
    vec![
        (None, identified(Some(somebody))),
        (Some("first"), identified(None)),
        (None, E::CallLinked { kind: CallLink::Ticket, id: id(22), by: actor(), at }),
        (None, approved),
        (None, dismissed(Some("Ya compró".to_owned()))),
        (Some("without_reason"), dismissed(None)),
        (None, E::FollowUpSuggested { follow_up, contact, channel, text: text(), at }),
        (None, callback(1, Some(minute(1_440)))),
        (Some("timeless"), callback(2, None)),
        (None, exhausted),
        (None, E::CallRetryWithdrawn { attempt: 2, from, to, at }),
        (None, retry),
    ]
}

impl Sampled for CallSession {
    fn samples() -> Vec<Sample<Self>> {
        [starts(), dispatch(), under_way(), talk(), artefacts(), afterwards()].concat()
    }
    fn full_state() -> Self {
        let ends = ["CallBlocked", "CallCanceled"];
        state_without(&[&["InboundCallStarted", "CallImported", "CallCameIn"], &ends[..]].concat())
    }
}
