//! The commands by name, and what each row says it does.

use bitacora_domain::aggregates::conversation::ConversationCommand as C;
use bitacora_domain::aggregates::conversation::matrix::Ask;

/// The events of which one is there when the command did what its name says.
pub(super) const fn main_event(ask: Ask) -> &'static [&'static str] {
    match ask {
        Ask::Start => &["ConversationStarted"],
        Ask::ReceiveMessage => &["MessageReceived"],
        Ask::RecordAgentEcho => &["AgentEchoRecorded"],
        Ask::RecordReaction => &["ReactionChanged"],
        Ask::RecordMessageEdit => &["MessageEdited"],
        Ask::RecordMessageRevoke => &["MessageRevoked"],
        Ask::AttachAudioTranscript => &["AudioTranscribed"],
        Ask::RecordAudioTranscriptionFailure => &["AudioTranscriptionFailed"],
        Ask::AutoReplyFree | Ask::AutoReplyTemplate => &["AutoReplyMatched"],
        Ask::RecordTriage => &["MessageTriaged"],
        Ask::AiAnswers => &["AutopilotApproved"],
        Ask::SuggestReply => &["ReplySuggested"],
        Ask::ApproveSuggestion => &["SuggestionApproved"],
        Ask::RejectSuggestion => &["SuggestionRejected"],
        Ask::ExpireSuggestion => &["SuggestionExpired"],
        Ask::ApproveAction => &["ActionApproved"],
        Ask::RejectAction => &["ActionRejected"],
        Ask::SendPersonFree
        | Ask::SendPersonTemplate
        | Ask::SendAutomaticFree
        | Ask::SendAutomaticTemplate
        | Ask::SendAi => &["MessageQueued"],
        Ask::BeginPersonFree
        | Ask::BeginPersonTemplate
        | Ask::BeginAutomaticFree
        | Ask::BeginAutomaticTemplate => &["MessageSendAttempted"],
        Ask::RecordSendOutcome => &["MessageAccepted"],
        Ask::ScheduleMessage => &["MessageScheduled"],
        Ask::CancelScheduledMessage => &["ScheduledMessageCancelled"],
        Ask::ReleaseFree | Ask::ReleaseTemplate => &["ScheduledMessageReleased"],
        Ask::RecordDeliveryStatus => &["MessageSent"],
        Ask::RequestHandoff => &["HandoffRequested"],
        Ask::AcceptHandoff => &["HandoffAccepted"],
        Ask::ReturnToBot | Ask::CheckHandoffLease => &["HandoffEnded"],
        Ask::TimeOutHandoff => &["HandoffTimedOut"],
        Ask::PauseAi => &["AiPaused"],
        Ask::ResumeAi => &["AiResumed"],
        Ask::RecordOptOut => &["OptOutRecorded"],
        Ask::RecordOptIn => &["OptInRecorded"],
        Ask::AddNote => &["NoteAdded"],
        Ask::AddLabel => &["LabelAdded"],
        Ask::RemoveLabel => &["LabelRemoved"],
        Ask::Assign => &["ConversationAssigned"],
        Ask::Unassign => &["ConversationUnassigned"],
        Ask::ChangePriority => &["PriorityChanged"],
        Ask::ApplyMacro => &["MacroApplied"],
        Ask::Snooze => &["ConversationSnoozed"],
        Ask::Unsnooze | Ask::WakeUp => &["ConversationUnsnoozed"],
        Ask::SurveyFree | Ask::SurveyTemplate => &["SurveyRequested"],
        Ask::RecordSurvey => &["SurveyAnswered"],
        Ask::LinkEntity => &["EntityLinked"],
        Ask::MergeInto => &["ConversationMerged"],
        Ask::RecordMerge => &["MergeRecorded"],
        Ask::RedactMessage => &["MessageRedacted"],
        Ask::Resolve => &["ConversationResolved"],
        Ask::Reopen => &["ConversationReopened", "ConversationUnsnoozed"],
        Ask::Close => &["ConversationClosed"],
        Ask::Archive => &["ConversationArchived"],
        Ask::MarkRead => &["ConversationReadByAgent"],
    }
}

/// Declares the commands: one that is new does not compile, and then no row tries it.
macro_rules! kinds {
    ($($name:ident,)+) => {
        /// Name of a command.
        pub(super) const fn kind(command: &C) -> &'static str {
            match command { $(C::$name { .. } => stringify!($name),)+ }
        }

        /// Names of all commands.
        pub(super) fn commands() -> impl Iterator<Item = &'static str> {
            [$(stringify!($name),)+].into_iter()
        }
    };
}

kinds! {
    Start,
    ReceiveMessage,
    RecordAgentEcho,
    RecordReaction,
    RecordMessageEdit,
    RecordMessageRevoke,
    AttachAudioTranscript,
    RecordAudioTranscriptionFailure,
    RecordAutoReplyMatch,
    RecordTriage,
    SuggestReply,
    ApproveSuggestion,
    RejectSuggestion,
    ExpireSuggestion,
    ApproveAction,
    RejectAction,
    SendMessage,
    BeginSend,
    RecordSendOutcome,
    ScheduleMessage,
    CancelScheduledMessage,
    ReleaseScheduledMessage,
    RecordDeliveryStatus,
    RequestHandoff,
    AcceptHandoff,
    ReturnToBot,
    TimeOutHandoff,
    CheckHandoffLease,
    PauseAi,
    ResumeAi,
    RecordOptOut,
    RecordOptIn,
    AddNote,
    AddLabel,
    RemoveLabel,
    Assign,
    Unassign,
    ChangePriority,
    ApplyMacro,
    Snooze,
    Unsnooze,
    WakeUp,
    RequestSurvey,
    RecordSurvey,
    LinkEntity,
    MergeInto,
    RecordMerge,
    RedactMessage,
    Resolve,
    Reopen,
    Close,
    Archive,
    MarkRead,
}
