//! The events' names, once for the log and once for the aggregate's list.

use cqrs_es::DomainEvent;

use super::ConversationEvent;

/// Declares the names. An event that is missing here does not compile.
macro_rules! names {
    ($($name:ident,)+) => {
        impl ConversationEvent {
            /// Names of all of them, in the order of their declaration.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)+];

            /// Name of the event.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => stringify!($name),)+
                }
            }
        }
    };
}

names! {
    ConversationStarted,
    MessageReceived,
    ServiceWindowOpened,
    AgentEchoRecorded,
    ReactionChanged,
    MessageEdited,
    MessageRevoked,
    AudioTranscribed,
    AudioTranscriptionFailed,
    AutoReplyMatched,
    MessageTriaged,
    AutopilotApproved,
    ApprovalRequired,
    DataRequested,
    TicketRequested,
    ActionsProposed,
    ActionApproved,
    ActionRejected,
    ReplySuggested,
    SuggestionApproved,
    SuggestionRejected,
    SuggestionSuperseded,
    SuggestionExpired,
    MessageQueued,
    MessageSendAttempted,
    MessageAccepted,
    MessageSendUnknown,
    MessageRejected,
    MessageScheduled,
    ScheduledMessageCancelled,
    ScheduledMessageReleased,
    ScheduledMessageSkipped,
    MessageSent,
    MessageDelivered,
    MessageRead,
    MessagePlayed,
    MessageFailed,
    MessageStepDated,
    MessageStatusAnomalyRecorded,
    HandoffRequested,
    HandoffAccepted,
    HandoffExtended,
    HandoffTimedOut,
    HandoffEnded,
    AiPaused,
    AiResumed,
    OptOutRecorded,
    OptInRecorded,
    NoteAdded,
    LabelAdded,
    LabelRemoved,
    ConversationAssigned,
    ConversationUnassigned,
    PriorityChanged,
    MacroApplied,
    ConversationSnoozed,
    ConversationUnsnoozed,
    SurveyRequested,
    SurveyAnswered,
    EntityLinked,
    ConversationMerged,
    MergeRecorded,
    MessageRedacted,
    ConversationResolved,
    ConversationReopened,
    ConversationClosed,
    ConversationArchived,
    ConversationReadByAgent,
}

impl DomainEvent for ConversationEvent {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
