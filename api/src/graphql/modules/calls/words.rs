//! The closed sets of calls.

use async_graphql::Enum;
use bitacora_domain::aggregates::call_session as domain;

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::CallStatus")]
pub enum CallStatus {
    /// Somebody wants it; it waits for an approval or for a time.
    Requested,
    /// It has a time.
    Scheduled,
    /// It waits for being dialled, here or at the provider.
    Queued,
    /// The provider dials.
    Initiated,
    /// It rings.
    Ringing,
    /// Somebody, or something, answered.
    InProgress,
    /// It took place.
    Completed,
    /// A machine answered: no conversation.
    Voicemail,
    /// The line was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// It could not be made.
    Failed,
    /// It was called off.
    Canceled,
    /// It may not be made.
    Blocked,
}

/// How an attempt of a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::CallOutcome")]
pub enum CallOutcome {
    /// It took place.
    Completed,
    /// A machine answered.
    Voicemail,
    /// The line was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// It could not be made.
    Failed,
    /// It was called off.
    Canceled,
}

/// How a call came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::CallOrigin")]
pub enum CallOrigin {
    /// We call.
    Outbound,
    /// We are called.
    Inbound,
    /// Only what is left of it came.
    Imported,
}

/// Who dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::CallDirection")]
pub enum CallDirection {
    /// We.
    Outbound,
    /// The other side.
    Inbound,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::CallPurpose")]
pub enum CallPurpose {
    /// To sell.
    Sales,
    /// To help.
    Support,
    /// To ask for an opinion.
    Survey,
    /// To go on with something.
    FollowUp,
    /// To explain.
    Educational,
    /// To keep a customer.
    Retention,
}

/// Why a call may not be made, or not now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::BlockReason")]
pub enum CallBlockReason {
    /// The callee is on the do-not-call list, or opted out.
    Dnc,
    /// The callee never agreed to be called.
    NoConsent,
    /// Not the hour to call where the callee is.
    QuietHours,
    /// As many calls as allowed.
    Cap,
    /// It cannot be paid for.
    Balance,
    /// Its time is over.
    Expired,
    /// The callee pressed STOP.
    Stopped,
}

/// Why no further attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ExhaustedBy")]
pub enum CallExhaustedBy {
    /// There were as many as allowed.
    Attempts,
    /// The next one would come after the end of the plan.
    Deadline,
}

/// What the callee meant by pressing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::DigitMeaning")]
pub enum CallKeyMeaning {
    /// Wants to know more.
    Interested,
    /// Wants to be called later.
    CallLater,
    /// Wants no more calls, nor anything else that is automatic.
    Stop,
    /// Something that the script knows.
    Other,
}

/// What became of the request to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Placement")]
pub enum CallPlacement {
    /// It has begun and has no outcome yet.
    InFlight,
    /// Nobody knows; it is never dialled again by the machine.
    Unknown,
    /// The provider has it.
    Placed,
    /// The provider did not take it.
    Failed,
}

/// Who or what answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AnsweredBy")]
pub enum CallAnsweredBy {
    /// A person.
    Human,
    /// A machine began to speak.
    MachineStart,
    /// A machine, up to its beep.
    MachineEndBeep,
    /// A machine, up to silence.
    MachineEndSilence,
    /// A machine, up to something else.
    MachineEndOther,
    /// A fax.
    Fax,
    /// It could not be told.
    Unknown,
}

/// Who carries a call or works on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::CallProvider")]
pub enum CallProvider {
    /// Twilio.
    Twilio,
    /// ElevenLabs.
    #[graphql(name = "ELEVENLABS")]
    ElevenLabs,
}

/// What a call is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::CallLink")]
pub enum CallLinkKind {
    /// A conversation.
    Conversation,
    /// A ticket.
    Ticket,
    /// A lead.
    Lead,
}

/// A verdict of an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AnalysisResult")]
pub enum CallSuccess {
    /// It reached what it was for.
    Success,
    /// It did not.
    Failure,
    /// It cannot be told.
    Unknown,
}

/// Why a recording is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::DeletionReason")]
pub enum RecordingDeletionReason {
    /// It was kept for as long as agreed.
    Retention,
    /// Somebody decided so.
    Redaction,
    /// The person asked to be forgotten.
    Erasure,
}

/// Over what a follow-up goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::FollowUpChannel")]
pub enum FollowUpChannel {
    /// WhatsApp.
    Whatsapp,
    /// E-mail.
    Email,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Speaker")]
pub enum CallSpeaker {
    /// Our side: the AI or a person.
    Agent,
    /// The other side.
    Callee,
    /// It cannot be told.
    Unknown,
}

/// How far the transfer to a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CallTransferState {
    /// Somebody asked for it.
    Requested,
    /// A person has the call.
    Connected,
    /// Nobody was put through.
    Failed,
}
