//! Which decision answers which command, and what the log needs to know about the events.
//! Decisions are pure: they look at the state and give events or a refusal, and only then is
//! anything written.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::begin::begin;
use super::commands::CallCommand as C;
use super::events::CallEvent as E;
use super::matrix::{self, Ask, Verdict};
use super::recordings::NewRecording;
use super::refusal::CallRefusal;
use super::state::CallSession;
use super::status::Report;
use super::talk::Keys;
use crate::{Claim, Directed, DomainAggregate, Effect};

/// What a decision gives.
pub(super) type Decision = Result<Vec<E>, CallRefusal>;

impl Aggregate for CallSession {
    const TYPE: &'static str = "call_session";
    type Command = Directed<C>;
    type Event = E;
    type Error = CallRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        crate::aggregate::handle(self, command, sink).await
    }

    fn apply(&mut self, event: Self::Event) {
        self.follow(event);
    }
}

impl CallSession {
    /// A command that the table lets through.
    #[allow(clippy::too_many_lines)] // one arm per command, each only hands on
    pub(super) fn go(&self, of: &Directed<()>, body: C) -> Decision {
        match body {
            C::RequestCall { .. } | C::ImportCall { .. } => Ok(vec![]),
            C::RecordInboundCall { contact, from, channel, ids, started_at } => {
                self.came_in(of, contact, (from, channel), (ids, started_at))
            }
            C::ApproveCall => self.approve(of),
            C::ScheduleCall { at, zone } => self.schedule(of, at, zone),
            C::BlockCall { reason, until } => self.block(of, reason, until),
            C::CancelCall { reason } => self.cancel(of, reason.as_deref()),
            C::ReleaseCall { schedule: _ } => self.release(of),
            C::PlaceCall { attempt: _, circumstances } => self.place(of, &circumstances),
            C::RecordPlaced { attempt, outcome } => self.placed(of, attempt, outcome),
            C::RecordProviderStatus {
                about,
                status,
                sequence,
                at,
                sip,
                duration_s,
                billed_minutes,
                answered_by,
            } => {
                let report = Report {
                    about,
                    status,
                    sequence,
                    at,
                    sip,
                    duration_s,
                    billed_minutes,
                    answered_by,
                };
                self.report(of, &report)
            }
            C::RecordInitiationFailure { about, reason, sip, at } => {
                self.initiation_failed(of, &about, reason, (sip, at))
            }
            C::RecordAnsweredBy { about, answered_by } => self.answered(of, &about, answered_by),
            C::RecordDigits { about, step, digits, meaning, at } => {
                self.digits(of, Keys { about, step, digits, meaning, at })
            }
            C::TransferToHuman { agent, number } => self.transfer(of, agent, number.as_ref()),
            C::RecordTransfer { connected, reason, at } => {
                self.transferred(connected, reason.as_deref(), at)
            }
            C::HangUp { reason } => self.hang_up(of, reason.as_deref()),
            C::AttachRecording {
                about,
                provider,
                sid,
                source,
                duration_s,
                channels,
                retention_days,
            } => {
                let new = NewRecording {
                    about,
                    provider,
                    sid,
                    source,
                    duration_s,
                    channels,
                    retention_days,
                };
                self.attach_recording(of, new)
            }
            C::RecordRecordingStored { recording, blob, bytes } => {
                self.store_recording(of, recording, (blob, bytes))
            }
            C::DeleteRecording { recording, reason } => {
                self.delete_recording(of, recording, reason)
            }
            C::AttachTranscript { about, provider, sid, turns, language } => {
                self.attach_transcript(of, &about, (provider, sid), (turns, language.as_deref()))
            }
            C::AttachAnalysis { about, provider, analysis } => {
                self.attach_analysis(of, &about, provider, analysis)
            }
            C::RecordCost { about, provider, amount_e6, currency } => {
                self.record_cost(of, &about, provider, (amount_e6, currency))
            }
            C::IdentifyCaller { contact } => self.identify(of, contact),
            C::LinkCall { kind, id } => Self::link(of, kind, id),
            C::SuggestFollowUp { channel, text, autopilot } => {
                self.suggest_follow_up(of, channel, text, autopilot)
            }
            C::ApproveFollowUp { follow_up, edited_text } => {
                self.approve_follow_up(of, follow_up, edited_text)
            }
            C::DismissFollowUp { follow_up, reason } => {
                self.dismiss_follow_up(of, follow_up, reason.as_deref())
            }
            C::RetryCall { at } => self.retry(of, at),
            C::RequestCallback { at } => self.request_callback(of, at),
        }
    }
}

impl DomainAggregate for CallSession {
    type Body = C;
    type Refusal = CallRefusal;
    const EVENT_TYPES: &'static [&'static str] = E::NAMES;
    const STATE_SCHEMA: u32 = 2;

    /// Settled things first, then the table, then the decision itself.
    fn decide(&self, of: &Directed<()>, body: C) -> Decision {
        let (Some(start), Some(standing)) = (&self.start, self.standing()) else {
            return begin(of, body);
        };
        if self.is_settled(of, start, &body)? {
            return Ok(vec![]);
        }
        if self.is_behind(&body) {
            return self.go(of, body);
        }
        match matrix::judge(Ask::of(&body), standing) {
            Verdict::Go => self.go(of, body),
            Verdict::Nothing => self.taught(of, &body),
            Verdict::Refuse(refusal) => Err(refusal),
        }
    }

    fn is_outbound(body: &C) -> bool {
        body.is_outbound()
    }

    fn claims(&self, event: &E) -> Vec<Claim> {
        self.claims_of(event)
    }

    fn effects(&self, event: &E) -> Vec<Effect> {
        self.effects_of(event)
    }
}
