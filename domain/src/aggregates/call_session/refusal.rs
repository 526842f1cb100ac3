//! Why a call refuses.

use crate::declare::refusals;

refusals! {
    /// An expected failure of a call's command. What each means is its text.
    #[allow(missing_docs)] // the text of each says it
    CallRefusal:
    NotFound = "CALL_NOT_FOUND", "there is no such call";
    InvalidId = "INVALID_CALL_ID", "the call's id is not a UUID";
    AlreadyStarted = "CALL_ALREADY_STARTED", "the call exists already with other data: use another id";
    NotOutbound = "CALL_NOT_OUTBOUND", "only a call that we make can be planned, placed or repeated";
    NotReceived = "CALL_NOT_RECEIVED", "whom we call is fixed by the request";
    InvalidNumber = "INVALID_PHONE", "not a telephone number: write it with its country code, such as +54 9 11 6660-0011";
    InvalidPlan = "INVALID_CALL_PLAN", "1 to 10 attempts, 60 to 604,800 seconds apart, 5 to 600 seconds of ringing, a voice of 1 to 100 characters, a script's version from 1";
    InvalidWindow = "INVALID_CALL_WINDOW", "a window begins before it ends, at multiples of 15 minutes, on at least one weekday from 1 to 7";
    InvalidDeadline = "INVALID_CALL_DEADLINE", "the end of the plan lies in the future, at most 365 days ahead";
    InvalidTime = "INVALID_CALL_TIME", "the time of a call lies in the future, before the end of its plan and at most 365 days ahead";
    InvalidZone = "INVALID_TIME_ZONE", "not an IANA time zone, such as America/Argentina/Buenos_Aires";
    InvalidReason = "INVALID_REASON", "a reason has 1 to 500 characters";
    InvalidProviderId = "INVALID_PROVIDER_ID", "a provider's id has 1 to 128 visible characters";
    ProviderIdRequired = "PROVIDER_ID_REQUIRED", "a call that a provider tells of has the provider's id";
    InvalidCircumstances = "INVALID_CIRCUMSTANCES", "at most 1,000 lines, counted from 1, and at most 16 caps without negative numbers";
    CalleeZoneUnknown = "CALLEE_ZONE_UNKNOWN", "the callee's zones are needed: 1 to 16 IANA zones by the number";
    NeedsApproval = "CALL_NEEDS_APPROVAL", "the call waits for an approval: approve it first";
    ApprovalNeedsPerson = "APPROVAL_NEEDS_PERSON", "only a person of the team approves";
    NotQueued = "CALL_NOT_QUEUED", "the call does not wait for being dialled";
    AttemptStale = "CALL_ATTEMPT_STALE", "this is not the attempt that comes next";
    PlacementInFlight = "CALL_PLACEMENT_IN_FLIGHT", "the request to the provider is under way";
    PlacementUnknown = "CALL_PLACEMENT_UNKNOWN", "nobody knows whether the call was placed: a status tells, it is not dialled again";
    NotPlaced = "CALL_NOT_PLACED", "no such attempt was ever placed";
    UnderWay = "CALL_UNDER_WAY", "the call is under way: hang up instead";
    NotLive = "CALL_NOT_LIVE", "nothing rings yet: cancel the call instead";
    NotInProgress = "CALL_NOT_IN_PROGRESS", "only a call that was answered and lasts can be transferred";
    Over = "CALL_OVER", "the call is over: request a new one";
    NotOver = "CALL_NOT_OVER", "the call is not over yet";
    Blocked = "CALL_BLOCKED", "the call was blocked: nothing follows from it";
    NotRetryable = "CALL_NOT_RETRYABLE", "only after voicemail, busy, no answer or a failure another attempt is made: request a new call";
    CalleeStopped = "CALLEE_STOPPED", "the callee wants no more calls";
    CalleeUnknown = "CALLEE_UNKNOWN", "nobody knows who called: identify the caller first";
    InvalidDigits = "INVALID_DIGITS", "1 to 32 keys of 0-9, A-D, * and #, and a step of 1 to 60 characters";
    TooManyDigits = "TOO_MANY_DIGITS", "an attempt has at most 32 steps of keys";
    InvalidTransfer = "INVALID_TRANSFER", "a transfer goes to a person of the team or to a telephone number";
    TransferNotRequested = "TRANSFER_NOT_REQUESTED", "nobody asked for a transfer";
    InvalidRecording = "INVALID_RECORDING", "a recording has an https address or a blob's key of 1 to 200 characters and its size, 1 to 64 channels and at most 604,800 seconds";
    InvalidRetention = "INVALID_RETENTION", "a recording is kept for 1 to 3,650 days";
    TooManyRecordings = "TOO_MANY_RECORDINGS", "a call has at most 20 recordings";
    RecordingUnknown = "RECORDING_UNKNOWN", "the call never had such a recording";
    InvalidTranscript = "INVALID_TRANSCRIPT", "a transcript has at least one turn with words, a language of 2 to 35 characters and an id";
    TooManyTranscripts = "TOO_MANY_TRANSCRIPTS", "an attempt has at most 20 transcripts";
    InvalidCost = "INVALID_COST", "a cost is not negative and at most 10^15 millionths, its currency 3 to 10 capital letters";
    FollowUpPending = "FOLLOW_UP_PENDING", "a follow-up waits already: approve or dismiss it first";
    FollowUpNotPending = "FOLLOW_UP_NOT_PENDING", "this follow-up does not wait for approval any more";
    InvalidText = "INVALID_TEXT", "a text has 1 to 4,096 characters and is not blank";
    TooManyCallbacks = "TOO_MANY_CALLBACKS", "a call leads to at most 10 callbacks";
}
