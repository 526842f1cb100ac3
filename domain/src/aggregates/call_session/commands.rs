//! What can be asked of a call.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::artefacts::{Analysis, RecordingSource, Turn};
use super::guards::Circumstances;
use super::plan::{CallPlan, CallStart};
use super::providers::{
    AnsweredBy, AttemptRef, CallProvider, InitiationFailure, PlacementOutcome, ProviderIds,
    ReportedStatus,
};
use super::vocabulary::{
    BlockReason, CallDirection, CallLink, CallOutcome, DeletionReason, DigitMeaning,
    FollowUpChannel,
};
use crate::{CallId, ChannelAccountId, ContactId, Personal, UserId};

/// Commands of a call. [`super::matrix`] says which of them is possible when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallCommand {
    /// We want to call somebody.
    RequestCall {
        /// Whom.
        contact: ContactId,
        /// Their number; brought into E.164.
        to: Personal<String>,
        /// How.
        plan: CallPlan,
        /// When.
        start: CallStart,
        /// A person must approve it first.
        needs_approval: bool,
        /// The call in which they asked to be called back.
        callback_of: Option<CallId>,
    },
    /// Somebody calls us.
    RecordInboundCall {
        /// Who, if the number is known.
        contact: Option<ContactId>,
        /// Their number, unless it is withheld.
        from: Option<Personal<String>>,
        /// The account that they call.
        channel: Option<ChannelAccountId>,
        /// The provider's ids; at least one.
        ids: ProviderIds,
        /// The provider's time.
        started_at: DateTime<Utc>,
    },
    /// A call of which only what is left of it came: it is born from its transcript.
    ImportCall {
        /// With whom, if that is known.
        contact: Option<ContactId>,
        /// Who dialled.
        direction: CallDirection,
        /// The other side's number, if there is one (there is none on the web).
        number: Option<Personal<String>>,
        /// Over which account.
        channel: Option<ChannelAccountId>,
        /// The provider's ids; at least one.
        ids: ProviderIds,
        /// How it ended.
        outcome: CallOutcome,
        /// When it began.
        started_at: DateTime<Utc>,
        /// How long it took.
        duration_s: Option<i64>,
    },
    /// A person lets it be made.
    ApproveCall,
    /// Sets or changes the time of the attempt that comes next.
    ScheduleCall {
        /// When; in the future, before the end of the plan.
        at: DateTime<Utc>,
        /// The IANA zone in which it was chosen, for those who look at it.
        zone: Option<String>,
    },
    /// It may not be made: for good, or until a time when the reason is one that passes.
    BlockCall {
        /// Why.
        reason: BlockReason,
        /// Until when, for reasons that pass; for good when absent.
        until: Option<DateTime<Utc>>,
    },
    /// It is not wanted any more; before it is dialled.
    CancelCall {
        /// Why.
        reason: Option<String>,
    },
    /// Its time has come (timer).
    ReleaseCall {
        /// Which time: the number that the event which set it gave.
        schedule: i64,
    },
    /// A request to the provider is about to be made (the worker asks before each). The guards
    /// decide: it may be made, later, or never.
    PlaceCall {
        /// Which attempt, from 1; each is placed once.
        attempt: i64,
        /// What the guards look at, looked up now.
        circumstances: Circumstances,
    },
    /// How the request to the provider ended.
    RecordPlaced {
        /// Which attempt.
        attempt: i64,
        /// How.
        outcome: PlacementOutcome,
    },
    /// A status of the provider. Only an advance counts.
    RecordProviderStatus {
        /// Of which attempt.
        about: AttemptRef,
        /// The status.
        status: ReportedStatus,
        /// The provider's number of it; one that is not higher than the last changes nothing.
        sequence: Option<i64>,
        /// The provider's time.
        at: DateTime<Utc>,
        /// SIP response code, if there was one.
        sip: Option<i64>,
        /// How long it took, seconds.
        duration_s: Option<i64>,
        /// Minutes that are charged.
        billed_minutes: Option<i64>,
        /// Who answered, if that is told along.
        answered_by: Option<AnsweredBy>,
    },
    /// The provider could not begin the call.
    RecordInitiationFailure {
        /// Of which attempt.
        about: AttemptRef,
        /// Why.
        reason: InitiationFailure,
        /// SIP response code, if there was one.
        sip: Option<i64>,
        /// The provider's time.
        at: DateTime<Utc>,
    },
    /// Who or what answered (detection of answering machines).
    RecordAnsweredBy {
        /// Which attempt.
        about: AttemptRef,
        /// Who.
        answered_by: AnsweredBy,
    },
    /// Keys were pressed.
    RecordDigits {
        /// In which attempt.
        about: AttemptRef,
        /// At which step of the script; one step counts once.
        step: String,
        /// Which keys.
        digits: Personal<String>,
        /// What they mean; see [`DigitMeaning::usual`].
        meaning: DigitMeaning,
        /// When.
        at: DateTime<Utc>,
    },
    /// A person is to take over.
    TransferToHuman {
        /// Who of the team.
        agent: Option<UserId>,
        /// Or which number.
        number: Option<Personal<String>>,
    },
    /// How the transfer ended.
    RecordTransfer {
        /// A person has the call.
        connected: bool,
        /// Why not.
        reason: Option<String>,
        /// When.
        at: DateTime<Utc>,
    },
    /// The call is to end.
    HangUp {
        /// Why.
        reason: Option<String>,
    },
    /// There is a recording.
    AttachRecording {
        /// Of which attempt.
        about: AttemptRef,
        /// Who made it.
        provider: CallProvider,
        /// What the provider calls it (`RecordingSid`; ElevenLabs' conversation id). One counts
        /// once.
        sid: String,
        /// Where it is.
        source: RecordingSource,
        /// How long it is.
        duration_s: Option<i64>,
        /// How many channels it has.
        channels: Option<i64>,
        /// How long it is kept, 1–3,650 days.
        retention_days: i64,
    },
    /// A recording was fetched from the provider.
    RecordRecordingStored {
        /// Which.
        recording: Uuid,
        /// Its key in the blob store.
        blob: String,
        /// Size.
        bytes: i64,
    },
    /// A recording goes, here and at the provider. The timer gives it when its time is over.
    DeleteRecording {
        /// Which.
        recording: Uuid,
        /// Why.
        reason: DeletionReason,
    },
    /// The words of the call.
    AttachTranscript {
        /// Of which attempt.
        about: AttemptRef,
        /// Who wrote them down.
        provider: CallProvider,
        /// What the provider calls it (`TranscriptionSid`; ElevenLabs' conversation id). One
        /// counts once.
        sid: String,
        /// What was said, in order.
        turns: Personal<Vec<Turn>>,
        /// Language code, such as `es`; none when nobody told.
        language: Option<String>,
    },
    /// A judgement of the call.
    AttachAnalysis {
        /// Of which attempt.
        about: AttemptRef,
        /// Who judged.
        provider: CallProvider,
        /// How.
        analysis: Analysis,
    },
    /// What a provider charges for the call; once per provider.
    RecordCost {
        /// Which attempt.
        about: AttemptRef,
        /// Who charges.
        provider: CallProvider,
        /// How much, in millionths of the currency.
        amount_e6: i64,
        /// ISO 4217 code, or `CREDITS` of the provider.
        currency: String,
    },
    /// It is known who called, or somebody else did than was thought.
    IdentifyCaller {
        /// Who.
        contact: ContactId,
    },
    /// Ties it to something else.
    LinkCall {
        /// What it is.
        kind: CallLink,
        /// Its id.
        id: Uuid,
    },
    /// Proposes a message after the call (CS-20).
    SuggestFollowUp {
        /// Over what.
        channel: FollowUpChannel,
        /// What it says.
        text: Personal<String>,
        /// The tenant lets it go out without a person (X-CS-2).
        autopilot: bool,
    },
    /// Lets the proposed message go out, as it is or edited.
    ApproveFollowUp {
        /// Which.
        follow_up: Uuid,
        /// What goes out instead of its text.
        edited_text: Option<Personal<String>>,
    },
    /// Turns the proposed message down.
    DismissFollowUp {
        /// Which.
        follow_up: Uuid,
        /// Why.
        reason: Option<String>,
    },
    /// Another attempt, by a person.
    RetryCall {
        /// When; in the future, before the end of the plan.
        at: DateTime<Utc>,
    },
    /// The other side wants to be called back. A call of its own is requested for that time.
    RequestCallback {
        /// When; in the future, at most 180 days ahead.
        at: DateTime<Utc>,
    },
}
