//! Why a conversation refuses.

use crate::DomainError;

/// An expected failure of a conversation's command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConversationRefusal {
    /// It was never started.
    #[error("there is no such conversation")]
    NotFound,
    /// It was started with another contact, account or thread.
    #[error("the conversation was already started with other data")]
    AlreadyStarted,
    /// It has ended; what comes now belongs to a new conversation.
    #[error("the conversation is closed: start a new one")]
    Closed,
    /// The stream's id is not a UUID.
    #[error("the conversation's id is not a UUID")]
    InvalidId,
    /// The provider's thread is blank or too long.
    #[error("a provider's thread has 1 to 256 characters")]
    InvalidExternalThread,
    /// The provider's id is empty, longer than 512 characters or has control characters.
    #[error("a provider's message id has 1 to 512 characters, none of them control characters")]
    InvalidProviderMessageId,
    /// The client's own id is empty or longer than 128 characters.
    #[error("a client's message id has 1 to 128 characters")]
    InvalidClientMessageId,
    /// A kind of content that only contacts send.
    #[error("only texts, templates, buttons, lists, files, places and contact cards can be sent")]
    UnsupportedContent,
    /// The text is blank, hidden from the sender, or too long.
    #[error("a text has 1 to 4,096 characters and is not blank")]
    InvalidText,
    /// The template's name, language or parameters are out of bounds.
    #[error("the template's name, language or parameters are not valid")]
    InvalidTemplate,
    /// More than 24 hours since the contact's last message: only templates may be sent.
    #[error("the service window is closed: only a template may be sent")]
    ServiceWindowClosed,
    /// No message was ever queued here.
    #[error("the conversation never had such a message")]
    MessageUnknown,
    /// The note is blank, hidden from its author, or too long.
    #[error("a note has 1 to 10,000 characters and is not blank")]
    InvalidNote,
    /// The label is blank or too long.
    #[error("a label has 1 to 40 characters")]
    InvalidLabel,
    /// All labels that a conversation can have are taken.
    #[error("a conversation has at most 50 labels")]
    TooManyLabels,
    /// Neither a person nor a team.
    #[error("a person or a team is needed")]
    AssigneeRequired,
    /// The team's name is blank or too long.
    #[error("a team's name has 1 to 60 characters")]
    InvalidTeam,
    /// The resolution is too long.
    #[error("a resolution has at most 500 characters")]
    InvalidResolution,
    /// It is settled; only an open one can be put aside.
    #[error("the conversation is resolved: reopen it first")]
    Resolved,
    /// Only a closed one can be archived.
    #[error("only a closed conversation can be archived: close it first")]
    NotClosed,
    /// Source and target are one.
    #[error("a conversation cannot be merged into itself")]
    MergeIntoItself,
    /// The target is with somebody else.
    #[error("only conversations with the same contact can be merged")]
    MergeOtherContact,
    /// A person was asked for, has it, or is late: nothing automatic speaks.
    #[error("a hand-off to a person is under way: nothing automatic is sent")]
    HandoffActive,
    /// There is no hand-off to accept.
    #[error("nobody asked for a person here")]
    HandoffNotRequested,
    /// Somebody else has it.
    #[error("another person has accepted the hand-off")]
    HandoffTaken,
    /// There is no hand-off that could be given back.
    #[error("nobody has accepted a hand-off here: there is nothing to give back")]
    HandoffNotAccepted,
    /// The time that a person has to come is out of bounds.
    #[error("a hand-off waits from 30 seconds to 7 days")]
    InvalidHandoffTimeout,
    /// The lease is out of bounds.
    #[error("a hand-off is leased for 60 seconds to 7 days")]
    InvalidHandoffLease,
    /// The AI was told to keep silent here.
    #[error("the AI is paused in this conversation: resume it first")]
    AiPaused,
    /// The contact wants nothing automatic.
    #[error("the contact opted out of automatic messages")]
    OptedOut,
    /// The AI speaks by triage only, where the rules are.
    #[error("the AI answers by triage or by a suggestion that a person approves")]
    AiNeedsTriage,
    /// How it was said is blank or too long.
    #[error("how an opt-out was said has 1 to 40 characters")]
    InvalidOptOutSource,
    /// It was approved, rejected, superseded or never made.
    #[error("this suggestion does not wait for approval any more")]
    SuggestionNotPending,
    /// Its time is over.
    #[error("this suggestion has expired")]
    SuggestionExpired,
    /// The time that a suggestion stands is out of bounds.
    #[error("a suggestion stands for 60 seconds to 7 days")]
    InvalidSuggestionTtl,
    /// Too many sources, or a title that is too long.
    #[error("a suggestion cites at most 20 sources, each title with at most 300 characters")]
    InvalidCitations,
    /// The AI, a provider or the contact cannot approve.
    #[error("only a person of the team approves or rejects")]
    ApprovalNeedsPerson,
    /// It was approved, rejected, pushed out by newer ones or never proposed.
    #[error("this action does not wait for approval any more")]
    ActionNotPending,
    /// Too many actions, or one that is out of bounds.
    #[error(
        "at most 10 actions, each with a kind of 1 to 80 and arguments of at most 4,000 characters"
    )]
    InvalidActions,
    /// A judgement out of bounds.
    #[error(
        "the triage is out of bounds: confidence 0 to 10,000, at most 20 missing fields, short texts"
    )]
    InvalidTriage,
    /// The reason is blank where it is needed, or too long.
    #[error("a reason has 1 to 500 characters")]
    InvalidReason,
    /// The words are blank, hidden or too long, or language or model is.
    #[error("a transcript has 1 to 20,000 characters, a language and a model")]
    InvalidTranscript,
    /// The file's source, caption or name is out of bounds.
    #[error(
        "a file has an id or an https address; a caption of at most 1,024 characters, none on audio and stickers; a name only on documents"
    )]
    InvalidAttachment,
    /// Buttons out of bounds.
    #[error(
        "1 to 3 buttons with titles of 1 to 20 characters and different ids of 1 to 256, a text of 1 to 1,024, header and footer of at most 60"
    )]
    InvalidButtons,
    /// A list out of bounds.
    #[error(
        "a list has 1 to 10 rows in total with titles of 1 to 24 characters, descriptions of at most 72 and different ids of 1 to 200; titled sections; a button of 1 to 20; a text of 1 to 4,096"
    )]
    InvalidList,
    /// No such place.
    #[error(
        "a place has degrees within ±90 and ±180, and a name and address of at most 1,000 characters"
    )]
    InvalidLocation,
    /// Contact cards out of bounds.
    #[error(
        "1 to 10 contact cards, each with a name of 1 to 200 characters and at most 10 numbers and addresses"
    )]
    InvalidContactCards,
    /// It left, failed or was withdrawn: it is not sent again.
    #[error("the message does not wait for being sent any more")]
    MessageNotPending,
    /// An attempt has begun and nobody knows yet how it ended.
    #[error("an attempt is under way: its outcome comes first")]
    SendInFlight,
    /// A newer attempt has begun already.
    #[error("this attempt is not newer than the last one")]
    SendAttemptStale,
    /// All places for scheduled messages are taken.
    #[error("a conversation has at most 20 scheduled messages")]
    TooManyScheduled,
    /// Not in the future, or too far in it.
    #[error("a scheduled message leaves in the future, at most 365 days ahead")]
    InvalidSendAt,
    /// It was sent, skipped, cancelled or never scheduled.
    #[error("this scheduled message does not wait any more")]
    ScheduledNotPending,
    /// Not in the future, or too far in it.
    #[error("a conversation is put aside until a time in the future, at most 365 days ahead")]
    InvalidSnooze,
    /// Nobody asked, or it was answered already.
    #[error("no such survey waits for an answer")]
    SurveyNotRequested,
    /// Not a score of this survey.
    #[error("satisfaction is 1 to 5, recommendation 0 to 10")]
    InvalidScore,
    /// The comment is blank, hidden or too long.
    #[error("a comment has 1 to 2,000 characters")]
    InvalidComment,
    /// No steps, or too many.
    #[error("a macro has 1 to 20 steps")]
    InvalidMacro,
}

impl DomainError for ConversationRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "CONVERSATION_NOT_FOUND",
            Self::AlreadyStarted => "CONVERSATION_ALREADY_STARTED",
            Self::Closed => "CONVERSATION_CLOSED",
            Self::InvalidId => "INVALID_CONVERSATION_ID",
            Self::InvalidExternalThread => "INVALID_EXTERNAL_THREAD",
            Self::InvalidProviderMessageId => "INVALID_PROVIDER_MESSAGE_ID",
            Self::InvalidClientMessageId => "INVALID_CLIENT_MESSAGE_ID",
            Self::UnsupportedContent => "UNSUPPORTED_CONTENT",
            Self::InvalidText => "INVALID_TEXT",
            Self::InvalidTemplate => "INVALID_TEMPLATE",
            Self::ServiceWindowClosed => "SERVICE_WINDOW_CLOSED",
            Self::MessageUnknown => "MESSAGE_UNKNOWN",
            Self::InvalidNote => "INVALID_NOTE",
            Self::InvalidLabel => "INVALID_LABEL",
            Self::TooManyLabels => "TOO_MANY_LABELS",
            Self::AssigneeRequired => "ASSIGNEE_REQUIRED",
            Self::InvalidTeam => "INVALID_TEAM",
            Self::InvalidResolution => "INVALID_RESOLUTION",
            Self::Resolved => "CONVERSATION_RESOLVED",
            Self::NotClosed => "CONVERSATION_NOT_CLOSED",
            Self::MergeIntoItself => "MERGE_INTO_ITSELF",
            Self::MergeOtherContact => "MERGE_OTHER_CONTACT",
            Self::HandoffActive => "HANDOFF_ACTIVE",
            Self::HandoffNotRequested => "HANDOFF_NOT_REQUESTED",
            Self::HandoffTaken => "HANDOFF_TAKEN",
            Self::HandoffNotAccepted => "HANDOFF_NOT_ACCEPTED",
            Self::InvalidHandoffTimeout => "INVALID_HANDOFF_TIMEOUT",
            Self::InvalidHandoffLease => "INVALID_HANDOFF_LEASE",
            Self::AiPaused => "AI_PAUSED",
            Self::OptedOut => "OPTED_OUT",
            Self::AiNeedsTriage => "AI_NEEDS_TRIAGE",
            Self::InvalidOptOutSource => "INVALID_OPT_OUT_SOURCE",
            Self::SuggestionNotPending => "SUGGESTION_NOT_PENDING",
            Self::SuggestionExpired => "SUGGESTION_EXPIRED",
            Self::InvalidSuggestionTtl => "INVALID_SUGGESTION_TTL",
            Self::InvalidCitations => "INVALID_CITATIONS",
            Self::ApprovalNeedsPerson => "APPROVAL_NEEDS_PERSON",
            Self::ActionNotPending => "ACTION_NOT_PENDING",
            Self::InvalidActions => "INVALID_ACTIONS",
            Self::InvalidTriage => "INVALID_TRIAGE",
            Self::InvalidReason => "INVALID_REASON",
            Self::InvalidTranscript => "INVALID_TRANSCRIPT",
            Self::InvalidAttachment => "INVALID_ATTACHMENT",
            Self::InvalidButtons => "INVALID_BUTTONS",
            Self::InvalidList => "INVALID_LIST",
            Self::InvalidLocation => "INVALID_LOCATION",
            Self::InvalidContactCards => "INVALID_CONTACT_CARDS",
            Self::MessageNotPending => "MESSAGE_NOT_PENDING",
            Self::SendInFlight => "SEND_IN_FLIGHT",
            Self::SendAttemptStale => "SEND_ATTEMPT_STALE",
            Self::TooManyScheduled => "TOO_MANY_SCHEDULED",
            Self::InvalidSendAt => "INVALID_SEND_AT",
            Self::ScheduledNotPending => "SCHEDULED_MESSAGE_NOT_PENDING",
            Self::InvalidSnooze => "INVALID_SNOOZE",
            Self::SurveyNotRequested => "SURVEY_NOT_REQUESTED",
            Self::InvalidScore => "INVALID_SCORE",
            Self::InvalidComment => "INVALID_COMMENT",
            Self::InvalidMacro => "INVALID_MACRO",
        }
    }
}
