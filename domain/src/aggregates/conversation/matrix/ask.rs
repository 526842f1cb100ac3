//! The rows of the table: the commands, and the kinds of one command that differ.

use super::super::commands::ConversationCommand as C;
use super::super::content::MessageContent;
use super::super::vocabulary::Sender;
use crate::declare::asks;

/// Can it leave only while the service window is open?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Only while it is open.
    Free,
    /// An approved template: at any time.
    Template,
}

impl Form {
    pub(in super::super) const fn of(content: &MessageContent) -> Self {
        if matches!(content, MessageContent::Template { .. }) { Self::Template } else { Self::Free }
    }

    pub(in super::super) const fn needs_window(needs_window: bool) -> Self {
        if needs_window { Self::Free } else { Self::Template }
    }
}

/// Who a message is from, as far as the table minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Voice {
    /// A person, or Bitácora with what a person or the contact asked for.
    Person,
    /// Something automatic: the AI, a rule, a campaign.
    Automatic,
}

impl Voice {
    pub(in super::super) const fn of(sender: Sender) -> Self {
        match sender {
            Sender::Agent | Sender::System => Self::Person,
            Sender::Ai | Sender::AutoReply | Sender::Campaign => Self::Automatic,
        }
    }
}

asks! {
    Start = "Start, with the same data",
    ReceiveMessage = "ReceiveMessage",
    RecordAgentEcho = "RecordAgentEcho",
    RecordReaction = "RecordReaction",
    RecordMessageEdit = "RecordMessageEdit",
    RecordMessageRevoke = "RecordMessageRevoke",
    AttachAudioTranscript = "AttachAudioTranscript",
    RecordAudioTranscriptionFailure = "RecordAudioTranscriptionFailure",
    AutoReplyFree = "RecordAutoReplyMatch, free-form answer",
    AutoReplyTemplate = "RecordAutoReplyMatch, template",
    RecordTriage = "RecordTriage",
    AiAnswers = "RecordTriage: the AI answers by itself",
    SuggestReply = "SuggestReply",
    ApproveSuggestion = "ApproveSuggestion",
    RejectSuggestion = "RejectSuggestion",
    ExpireSuggestion = "ExpireSuggestion (timer)",
    ApproveAction = "ApproveAction",
    RejectAction = "RejectAction",
    SendPersonFree = "SendMessage, agent or system, free-form",
    SendPersonTemplate = "SendMessage, agent or system, template",
    SendAutomaticFree = "SendMessage, automatic reply or campaign, free-form",
    SendAutomaticTemplate = "SendMessage, automatic reply or campaign, template",
    SendAi = "SendMessage, AI",
    BeginPersonFree = "BeginSend, agent's or system's, free-form",
    BeginPersonTemplate = "BeginSend, agent's or system's, template",
    BeginAutomaticFree = "BeginSend, automatic, free-form",
    BeginAutomaticTemplate = "BeginSend, automatic, template",
    RecordSendOutcome = "RecordSendOutcome",
    ScheduleMessage = "ScheduleMessage",
    CancelScheduledMessage = "CancelScheduledMessage",
    ReleaseFree = "ReleaseScheduledMessage (timer), free-form",
    ReleaseTemplate = "ReleaseScheduledMessage (timer), template",
    RecordDeliveryStatus = "RecordDeliveryStatus",
    RequestHandoff = "RequestHandoff",
    AcceptHandoff = "AcceptHandoff",
    ReturnToBot = "ReturnToBot",
    TimeOutHandoff = "TimeOutHandoff (timer)",
    CheckHandoffLease = "CheckHandoffLease (timer)",
    PauseAi = "PauseAi",
    ResumeAi = "ResumeAi",
    RecordOptOut = "RecordOptOut",
    RecordOptIn = "RecordOptIn",
    AddNote = "AddNote",
    AddLabel = "AddLabel",
    RemoveLabel = "RemoveLabel",
    Assign = "Assign",
    Unassign = "Unassign",
    ChangePriority = "ChangePriority",
    ApplyMacro = "ApplyMacro (and each step as its own command)",
    Snooze = "Snooze",
    Unsnooze = "Unsnooze",
    WakeUp = "WakeUp (timer)",
    SurveyFree = "RequestSurvey, free-form",
    SurveyTemplate = "RequestSurvey, template",
    RecordSurvey = "RecordSurvey",
    LinkEntity = "LinkEntity",
    MergeInto = "MergeInto",
    RecordMerge = "RecordMerge",
    RedactMessage = "RedactMessage",
    Resolve = "Resolve",
    Reopen = "Reopen",
    Close = "Close",
    Archive = "Archive",
    MarkRead = "MarkRead",
}

impl Ask {
    /// The row of a message by `sender`.
    pub(in super::super) const fn send(sender: Sender, form: Form) -> Self {
        match (sender, form) {
            (Sender::Ai, _) => Self::SendAi,
            (Sender::Agent | Sender::System, Form::Free) => Self::SendPersonFree,
            (Sender::Agent | Sender::System, Form::Template) => Self::SendPersonTemplate,
            (Sender::AutoReply | Sender::Campaign, Form::Free) => Self::SendAutomaticFree,
            (Sender::AutoReply | Sender::Campaign, Form::Template) => Self::SendAutomaticTemplate,
        }
    }

    const fn begin(voice: Voice, form: Form) -> Self {
        match (voice, form) {
            (Voice::Person, Form::Free) => Self::BeginPersonFree,
            (Voice::Person, Form::Template) => Self::BeginPersonTemplate,
            (Voice::Automatic, Form::Free) => Self::BeginAutomaticFree,
            (Voice::Automatic, Form::Template) => Self::BeginAutomaticTemplate,
        }
    }

    const fn by(form: Form, free: Self, template: Self) -> Self {
        match form {
            Form::Free => free,
            Form::Template => template,
        }
    }

    /// The row of a command. `about` is the message that the command is about, where it is one
    /// that is kept: who it is from and its form.
    #[allow(clippy::too_many_lines)] // one line per command
    pub const fn of(command: &C, about: (Voice, Form)) -> Self {
        match command {
            C::Start { .. } => Self::Start,
            C::ReceiveMessage { .. } => Self::ReceiveMessage,
            C::RecordAgentEcho { .. } => Self::RecordAgentEcho,
            C::RecordReaction { .. } => Self::RecordReaction,
            C::RecordMessageEdit { .. } => Self::RecordMessageEdit,
            C::RecordMessageRevoke { .. } => Self::RecordMessageRevoke,
            C::AttachAudioTranscript { .. } => Self::AttachAudioTranscript,
            C::RecordAudioTranscriptionFailure { .. } => Self::RecordAudioTranscriptionFailure,
            C::RecordAutoReplyMatch { reply, .. } => {
                Self::by(Form::of(reply), Self::AutoReplyFree, Self::AutoReplyTemplate)
            }
            C::RecordTriage { .. } => Self::RecordTriage,
            C::SuggestReply { .. } => Self::SuggestReply,
            C::ApproveSuggestion { .. } => Self::ApproveSuggestion,
            C::RejectSuggestion { .. } => Self::RejectSuggestion,
            C::ExpireSuggestion { .. } => Self::ExpireSuggestion,
            C::ApproveAction { .. } => Self::ApproveAction,
            C::RejectAction { .. } => Self::RejectAction,
            C::SendMessage { sender, content, .. } => Self::send(*sender, Form::of(content)),
            C::BeginSend { .. } => Self::begin(about.0, about.1),
            C::RecordSendOutcome { .. } => Self::RecordSendOutcome,
            C::ScheduleMessage { .. } => Self::ScheduleMessage,
            C::CancelScheduledMessage { .. } => Self::CancelScheduledMessage,
            C::ReleaseScheduledMessage { .. } => {
                Self::by(about.1, Self::ReleaseFree, Self::ReleaseTemplate)
            }
            C::RecordDeliveryStatus { .. } => Self::RecordDeliveryStatus,
            C::RequestSurvey { content, .. } => {
                Self::by(Form::of(content), Self::SurveyFree, Self::SurveyTemplate)
            }
            C::RecordSurvey { .. } => Self::RecordSurvey,
            C::RequestHandoff { .. } => Self::RequestHandoff,
            C::AcceptHandoff { .. } => Self::AcceptHandoff,
            C::ReturnToBot => Self::ReturnToBot,
            C::TimeOutHandoff { .. } => Self::TimeOutHandoff,
            C::CheckHandoffLease { .. } => Self::CheckHandoffLease,
            C::PauseAi { .. } => Self::PauseAi,
            C::ResumeAi => Self::ResumeAi,
            C::RecordOptOut { .. } => Self::RecordOptOut,
            C::RecordOptIn { .. } => Self::RecordOptIn,
            C::AddNote { .. } => Self::AddNote,
            C::AddLabel { .. } => Self::AddLabel,
            C::RemoveLabel { .. } => Self::RemoveLabel,
            C::Assign { .. } => Self::Assign,
            C::Unassign => Self::Unassign,
            C::ChangePriority { .. } => Self::ChangePriority,
            C::ApplyMacro { .. } => Self::ApplyMacro,
            C::Snooze { .. } => Self::Snooze,
            C::Unsnooze => Self::Unsnooze,
            C::WakeUp { .. } => Self::WakeUp,
            C::LinkEntity { .. } => Self::LinkEntity,
            C::MergeInto { .. } => Self::MergeInto,
            C::RecordMerge { .. } => Self::RecordMerge,
            C::RedactMessage { .. } => Self::RedactMessage,
            C::Resolve { .. } => Self::Resolve,
            C::Reopen => Self::Reopen,
            C::Close => Self::Close,
            C::Archive => Self::Archive,
            C::MarkRead => Self::MarkRead,
        }
    }
}
