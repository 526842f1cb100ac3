//! How the state follows what happened. Everything that it keeps is bounded: by the decisions,
//! or here.

use super::artefacts::RecordingSource;
use super::events::CallEvent as E;
use super::providers::ProviderIds;
use super::state::{Attempt, CallSession, FollowUp, Placement, Recording, Start};
use super::status::is_account;
use super::vocabulary::{CallOrigin, CallOutcome, CallStatus, DigitMeaning};

/// Links remembered so that they happen once.
const LINKS_MAX: usize = 64;

impl CallSession {
    /// Follows what happened.
    #[allow(clippy::too_many_lines)] // one arm per event; each is a line or two
    pub(super) fn follow(&mut self, event: E) {
        match event {
            E::CallRequested { .. } | E::InboundCallStarted { .. } | E::CallImported { .. } => {
                self.begun(event);
            }
            E::CallCameIn { contact, from, ids, .. } => {
                if let Some(start) = &mut self.start {
                    start.origin = CallOrigin::Inbound;
                    (start.first_contact, start.number, start.ids) = (contact, from, ids);
                }
                self.change(1, |known| known.rang = true);
            }
            E::CallApproved { .. } => self.awaits_approval = false,
            E::CallScheduled { schedule, due_at, .. }
            | E::CallDeferred { schedule, until: due_at, .. }
            | E::CallRetryScheduled { schedule, due_at, .. } => {
                self.status = CallStatus::Scheduled;
                self.schedules = schedule;
                self.due_at = Some(due_at);
            }
            E::CallQueued { .. } => self.stands(CallStatus::Queued),
            E::CallBlocked { .. } => self.stands(CallStatus::Blocked),
            E::CallCanceled { .. } => self.stands(CallStatus::Canceled),
            E::CallRetryWithdrawn { to, .. } => self.stands(to.status()),
            E::CallPlacementRequested { attempt, line, .. } => {
                let begun = Attempt::new(attempt, Placement::InFlight, ProviderIds::default());
                self.attempts.push(Attempt { line: Some(line), ..begun });
                (self.hang_up, self.transferring) = (false, false);
            }
            E::CallPlaced { attempt, ids, .. } => {
                self.change(attempt, |known| {
                    known.placement = Placement::Placed;
                    known.ids = ids;
                });
            }
            E::CallPlacementUnknown { attempt, .. } => {
                self.change(attempt, |known| known.placement = Placement::Unknown);
            }
            E::CallPlacementFailed { attempt, .. } => {
                self.change(attempt, |known| known.placement = Placement::Failed);
            }
            E::CallIdentified { attempt, ids, .. } => self.change(attempt, |known| known.ids = ids),
            E::CallInitiated { attempt, sequence, .. } => {
                self.advanced(attempt, CallStatus::Initiated, sequence);
            }
            E::CallRinging { attempt, sequence, .. } => {
                self.advanced(attempt, CallStatus::Ringing, sequence);
                self.change(attempt, |known| known.rang = true);
            }
            E::CallAnswered { attempt, sequence, .. } => {
                self.advanced(attempt, CallStatus::InProgress, sequence);
                self.change(attempt, |known| known.answered = true);
            }
            E::CallStepDated { attempt, step, .. } => self.change(attempt, |known| {
                known.rang |= step == CallStatus::Ringing;
                known.answered |= step == CallStatus::InProgress;
            }),
            E::CallEnded { attempt, outcome, sequence, billed_minutes, .. } => {
                self.advanced(attempt, outcome.status(), sequence);
                self.change(attempt, |known| {
                    known.outcome = Some(outcome);
                    known.accounted = is_account(sequence, billed_minutes);
                });
            }
            E::CallEndDetailed { attempt, sequence, .. } => self.change(attempt, |known| {
                known.sequence = sequence.or(known.sequence);
                known.accounted = true;
            }),
            E::CallAnsweredByRecorded { attempt, answered_by, .. } => {
                self.change(attempt, |known| known.answered_by = Some(answered_by));
            }
            E::CallReclassified { attempt, to, .. } => {
                self.stands(to.status());
                self.change(attempt, |known| known.outcome = Some(to));
            }
            E::CallDigitsGathered { attempt, step, meaning, .. } => {
                self.change(attempt, |known| known.digits.push(step));
                self.stopped |= meaning == DigitMeaning::Stop;
            }
            E::CallTransferRequested { .. } => self.transferring = true,
            E::CallTransferred { .. } | E::CallTransferFailed { .. } => self.transferring = false,
            E::CallHangUpRequested { .. } => self.hang_up = true,
            E::CallRecordingAttached { recording, provider, sid, source, .. } => {
                let blob = match source {
                    RecordingSource::Stored { blob, .. } => Some(blob),
                    RecordingSource::AtProvider { .. } => None,
                };
                self.recordings.push(Recording {
                    id: recording,
                    provider,
                    sid,
                    blob,
                    deleted: false,
                });
            }
            E::CallRecordingStored { recording, blob, .. } => {
                self.change_recording(recording, |known| known.blob = Some(blob));
            }
            E::CallRecordingDeleted { recording, .. } => {
                self.change_recording(recording, |known| known.deleted = true);
            }
            E::CallTranscribed { attempt, provider, sid, .. } => {
                let name = super::attach::transcript_name(provider, &sid);
                self.change(attempt, |known| known.transcripts.push(name));
            }
            E::CallAnalysed { attempt, .. } => self.change(attempt, |known| known.analysed = true),
            E::CallCostRecorded { attempt, provider, .. } => {
                self.change(attempt, |known| known.costs.push(provider));
            }
            E::CallerIdentified { contact, .. } => {
                if let Some(start) = &mut self.start {
                    start.contact = Some(contact);
                }
            }
            E::CallLinked { kind, id, .. } => {
                if self.links.len() >= LINKS_MAX {
                    self.links.pop_front();
                }
                self.links.push_back((kind, id));
            }
            E::FollowUpSuggested { follow_up: id, channel, text, .. } => {
                self.follow_up = Some(FollowUp { id, channel, text });
            }
            E::FollowUpApproved { .. } | E::FollowUpDismissed { .. } => self.follow_up = None,
            E::CallAttemptsExhausted { .. } => self.exhausted = true,
            E::CallbackRequested { callback, .. } => self.callbacks = callback,
        }
    }

    fn begun(&mut self, event: E) {
        let received = |call, origin, contact, number, ids| Start {
            call,
            origin,
            contact,
            first_contact: contact,
            number,
            plan: None,
            when: None,
            needs_approval: false,
            callback_of: None,
            ids,
        };
        if let E::CallRequested {
            call,
            contact,
            to,
            plan,
            start,
            needs_approval,
            callback_of,
            ..
        } = event
        {
            let (origin, contact) = (CallOrigin::Outbound, Some(contact));
            let common = received(call, origin, contact, Some(to), ProviderIds::default());
            let (plan, when) = (Some(plan), Some(start));
            self.start = Some(Start { plan, when, needs_approval, callback_of, ..common });
            self.awaits_approval = needs_approval;
        } else if let E::InboundCallStarted { call, contact, from, ids, .. } = event {
            self.start = Some(received(call, CallOrigin::Inbound, contact, from, ids.clone()));
            self.attempts.push(Attempt { rang: true, ..Attempt::new(1, Placement::Placed, ids) });
            self.stands(CallStatus::Ringing);
        } else if let E::CallImported { call, contact, number, ids, outcome, .. } = event {
            self.start = Some(received(call, CallOrigin::Imported, contact, number, ids.clone()));
            self.attempts.push(imported(ids, outcome));
            self.stands(outcome.status());
        }
    }

    /// Another status, which no time belongs to.
    fn stands(&mut self, status: CallStatus) {
        self.status = status;
        self.due_at = None;
    }

    fn advanced(&mut self, attempt: i64, status: CallStatus, sequence: Option<i64>) {
        self.stands(status);
        self.change(attempt, |known| known.sequence = sequence.or(known.sequence));
    }

    fn change(&mut self, number: i64, by: impl FnOnce(&mut Attempt)) {
        if let Some(known) = self.attempts.iter_mut().find(|known| known.number == number) {
            by(known);
        }
    }

    fn change_recording(&mut self, id: uuid::Uuid, by: impl FnOnce(&mut Recording)) {
        if let Some(known) = self.recordings.iter_mut().find(|known| known.id == id) {
            by(known);
        }
    }
}

fn imported(ids: ProviderIds, outcome: CallOutcome) -> Attempt {
    Attempt { outcome: Some(outcome), ..Attempt::new(1, Placement::Placed, ids) }
}
