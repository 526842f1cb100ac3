//! What the log needs to know of an event: the unique keys that it takes, and what is to be done
//! outside or later because of it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::artefacts::RecordingSource;
use super::commands::CallCommand as C;
use super::effects::{
    CHECK_EFFECT, CallEffect, DELETE_RECORDING_EFFECT, FETCH_RECORDING_EFFECT, HANG_UP_EFFECT,
    PLACE_EFFECT, PlaceEffect, RecordingEffect, TRANSFER_EFFECT, TransferEffect,
};
use super::events::CallEvent as E;
use super::plan::{CallPlan, CallStart};
use super::providers::ProviderIds;
use super::state::{Attempt, CallSession, Start};
use super::vocabulary::{CallPurpose, DeletionReason, DigitMeaning};
use crate::aggregates::contact::{Contact, ContactCommand, OptOutCategory};
use crate::{CallId, Claim, Effect};

/// Kind of the claim on a provider's id (`twilio:<CallSid>`, `elevenlabs:<conversation_id>`); its
/// owner text is `<call uuid>/<attempt>`.
const PROVIDER_CLAIM: &str = "call.provider";
/// Kind of the claim on a line of the tenant, by its number; owner as above.
const LINE_CLAIM: &str = "call.line";
/// When somebody looks after a call of which no end was told.
const CHECK_AFTER: TimeDelta = TimeDelta::minutes(15);
/// For how long a callback is tried.
const CALLBACK_LIFE: TimeDelta = TimeDelta::days(7);
/// How an opt-out by a key was said.
const BY_KEY: &str = "call_key";

impl CallSession {
    /// A provider's id leads to one attempt of one session; a line has one call at a time.
    /// Taking what one owns is no change, so each event that knows ids may claim them.
    pub(super) fn claims_of(&self, event: &E) -> Vec<Claim> {
        let Some(start) = &self.start else { return Vec::new() };
        if let E::CallPlacementRequested { attempt, line, .. } = event {
            return vec![Claim::take(LINE_CLAIM, line.to_string(), owner(start, *attempt))];
        }
        if let E::CallEnded { attempt, .. } = event {
            let line = self.attempt(*attempt).and_then(|known| known.line);
            let release =
                |line: i64| Claim::release(LINE_CLAIM, line.to_string(), owner(start, *attempt));
            return line.map(release).into_iter().collect();
        }
        if let E::CallPlaced { attempt, ids, .. } | E::CallIdentified { attempt, ids, .. } = event {
            return named(start, *attempt, ids);
        }
        if let E::InboundCallStarted { ids, .. } | E::CallImported { ids, .. } = event {
            return named(start, 1, ids);
        }
        Vec::new()
    }

    /// Timers are commands to the call itself. They are never taken back: when one comes, the
    /// call decides whether it still means anything.
    pub(super) fn effects_of(&self, event: &E) -> Vec<Effect> {
        let Some(start) = &self.start else { return Vec::new() };
        match event {
            E::CallScheduled { schedule, due_at, .. }
            | E::CallDeferred { schedule, until: due_at, .. }
            | E::CallRetryScheduled { schedule, due_at, .. } => {
                vec![timer(start, &C::ReleaseCall { schedule: *schedule }, *due_at)]
            }
            E::CallQueued { attempt, .. } => place(start, *attempt).into_iter().collect(),
            E::CallPlaced { attempt, at, .. } => {
                let check = self.check(start, *attempt, *at);
                std::iter::once(check).chain(self.hang_up_effect(start, *attempt)).collect()
            }
            E::CallPlacementUnknown { attempt, at, .. } => vec![self.check(start, *attempt, *at)],
            E::InboundCallStarted { at, .. } => vec![self.check(start, 1, *at)],
            E::CallHangUpRequested { attempt, .. } | E::CallIdentified { attempt, .. } => {
                self.hang_up_effect(start, *attempt).into_iter().collect()
            }
            E::CallTransferRequested { attempt, agent, number, .. } => {
                let payload = TransferEffect {
                    of: self.call_effect(start, *attempt),
                    agent: *agent,
                    number: number.clone(),
                };
                vec![effect(start, TRANSFER_EFFECT, &payload, None)]
            }
            E::CallRecordingAttached { .. } | E::CallRecordingDeleted { .. } => {
                recording_effects(start, event)
            }
            E::CallDigitsGathered { meaning: DigitMeaning::Stop, at, .. } => {
                let (category, by) = (OptOutCategory::All, BY_KEY.to_owned());
                let body = ContactCommand::OptOut { category, by, at: *at };
                let opt_out = |contact| Effect::command::<Contact>(contact, &body, None);
                self.contact().map(opt_out).into_iter().collect()
            }
            E::CallbackRequested { callback, due_at: Some(due_at), .. } => {
                callback_effect(start, *callback, *due_at).into_iter().collect()
            }
            E::CallRequested { .. }
            | E::CallImported { .. }
            | E::CallApproved { .. }
            | E::CallBlocked { .. }
            | E::CallCanceled { .. }
            | E::CallPlacementRequested { .. }
            | E::CallPlacementFailed { .. }
            | E::CallInitiated { .. }
            | E::CallRinging { .. }
            | E::CallAnswered { .. }
            | E::CallStepDated { .. }
            | E::CallCameIn { .. }
            | E::CallEndDetailed { .. }
            | E::CallEnded { .. }
            | E::CallAnsweredByRecorded { .. }
            | E::CallReclassified { .. }
            | E::CallDigitsGathered { .. }
            | E::CallTransferred { .. }
            | E::CallTransferFailed { .. }
            | E::CallRecordingStored { .. }
            | E::CallTranscribed { .. }
            | E::CallAnalysed { .. }
            | E::CallCostRecorded { .. }
            | E::CallerIdentified { .. }
            | E::CallLinked { .. }
            | E::FollowUpSuggested { .. }
            | E::FollowUpApproved { .. }
            | E::FollowUpDismissed { .. }
            | E::CallRetryWithdrawn { .. }
            | E::CallAttemptsExhausted { .. }
            | E::CallbackRequested { .. } => Vec::new(),
        }
    }

    /// Before the provider's id is known nobody can hang up; the event that tells it does then.
    fn hang_up_effect(&self, start: &Start, attempt: i64) -> Option<Effect> {
        let open = self.open().filter(|known| known.number == attempt && !known.ids.is_empty());
        open.filter(|_| self.hang_up).map(|_| self.about_call(start, attempt, HANG_UP_EFFECT))
    }

    fn attempt(&self, number: i64) -> Option<&Attempt> {
        self.attempts.iter().find(|known| known.number == number)
    }

    fn call_effect(&self, start: &Start, attempt: i64) -> CallEffect {
        let ids = self.attempt(attempt).map(|known| known.ids.clone()).unwrap_or_default();
        CallEffect { call: start.call, attempt, ids }
    }

    fn about_call(&self, start: &Start, attempt: i64, kind: &'static str) -> Effect {
        effect(start, kind, &self.call_effect(start, attempt), None)
    }

    fn check(&self, start: &Start, attempt: i64, at: DateTime<Utc>) -> Effect {
        let due = at.checked_add_signed(CHECK_AFTER);
        let check = effect(start, CHECK_EFFECT, &self.call_effect(start, attempt), due);
        // It comes again until the call is over: in the call's line, hanging up would wait for it.
        Effect { serial: None, ..check }
    }
}

fn owner(start: &Start, attempt: i64) -> String {
    format!("{}/{attempt}", start.call)
}

fn named(start: &Start, attempt: i64, ids: &ProviderIds) -> Vec<Claim> {
    let take = |kind: &str, id: &Option<String>| {
        let key = format!("{kind}:{}", id.as_deref()?);
        Some(Claim::take(PROVIDER_CLAIM, key, owner(start, attempt)))
    };
    let claims = [take("twilio", &ids.call_sid), take("elevenlabs", &ids.el_conversation_id)];
    claims.into_iter().flatten().collect()
}

fn timer(start: &Start, body: &C, due: DateTime<Utc>) -> Effect {
    Effect::command::<CallSession>(start.call, body, Some(due))
}

/// What is done for one call is done one after the other.
fn effect(
    start: &Start,
    kind: &'static str,
    payload: &impl Serialize,
    due: Option<DateTime<Utc>>,
) -> Effect {
    // Payloads are plain data; one that had no JSON form would fail its test.
    let payload = serde_json::to_value(payload).unwrap_or_default();
    Effect { kind, serial: Some(start.call.to_string()), due, payload }
}

fn place(start: &Start, attempt: i64) -> Option<Effect> {
    let payload = PlaceEffect {
        call: start.call,
        attempt,
        contact: start.contact?,
        to: start.number.clone()?,
        plan: start.plan.clone()?,
    };
    Some(effect(start, PLACE_EFFECT, &payload, None))
}

fn recording_effects(start: &Start, event: &E) -> Vec<Effect> {
    if let E::CallRecordingAttached { recording, provider, sid, source, delete_at, .. } = event {
        let (recording, reason) = (*recording, DeletionReason::Retention);
        let delete = timer(start, &C::DeleteRecording { recording, reason }, *delete_at);
        let payload = |url: &String| RecordingEffect {
            call: start.call,
            recording,
            provider: *provider,
            sid: sid.clone(),
            url: Some(url.clone()),
            blob: None,
            reason: None,
        };
        let fetch = match source {
            RecordingSource::Stored { .. } => None,
            RecordingSource::AtProvider { url } => {
                Some(effect(start, FETCH_RECORDING_EFFECT, &payload(url), None))
            }
        };
        return std::iter::once(delete).chain(fetch).collect();
    }
    let E::CallRecordingDeleted { recording, provider, sid, blob, reason, .. } = event else {
        return Vec::new();
    };
    let payload = RecordingEffect {
        call: start.call,
        recording: *recording,
        provider: *provider,
        sid: sid.clone(),
        url: None,
        blob: blob.clone(),
        reason: Some(*reason),
    };
    vec![effect(start, DELETE_RECORDING_EFFECT, &payload, None)]
}

/// The call back, as a session whose id follows from this one.
fn callback_effect(start: &Start, callback: i64, at: DateTime<Utc>) -> Option<Effect> {
    let usual = || CallPlan::usual(CallPurpose::FollowUp);
    let plan = start.plan.clone().unwrap_or_else(usual);
    let body = C::RequestCall {
        contact: start.contact?,
        to: start.number.clone()?,
        plan: CallPlan { not_after: Some(at + CALLBACK_LIFE), ..plan },
        start: CallStart::At { at, zone: None },
        needs_approval: false,
        callback_of: Some(start.call),
    };
    let call = CallId::new(start.call.derive(&format!("callback:{callback}")));
    Some(Effect::command::<CallSession>(call, &body, None))
}
