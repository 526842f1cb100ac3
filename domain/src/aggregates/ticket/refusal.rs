//! Why a ticket refuses.

use crate::declare::refusals;

refusals! {
    /// An expected failure of a ticket's command.
    TicketRefusal:
    /// It was never opened.
    NotFound = "TICKET_NOT_FOUND", "there is no such ticket";
    /// It was opened with another contact, conversation, origin or parent.
    AlreadyOpened = "TICKET_ALREADY_OPENED", "the ticket was already opened with other data";
    /// The stream's id is not a UUID.
    InvalidId = "INVALID_TICKET_ID", "the ticket's id is not a UUID";
    /// It is final.
    Closed = "TICKET_CLOSED", "the ticket is closed for good: create a follow-up";
    /// It is read-only.
    Merged = "TICKET_MERGED", "the ticket was merged: work on the one that it was merged into";
    /// It is settled.
    Resolved = "TICKET_RESOLVED", "the ticket is resolved: reopen it first";
    /// Only what is settled can be closed or rated.
    NotResolved = "TICKET_NOT_RESOLVED", "the ticket is not resolved: resolve it first";
    /// Only what is closed has a follow-up.
    NotClosed = "TICKET_NOT_CLOSED", "the ticket is not closed: go on with it, or reopen it";
    /// Nobody has begun.
    NotStarted = "TICKET_NOT_STARTED", "nobody has begun to work on the ticket: start work first";
    /// It waits for somebody already.
    Waiting = "TICKET_WAITING", "the ticket waits for somebody already: start work on it first";
    /// It can no longer be reopened.
    ReopenWindowOver = "REOPEN_WINDOW_OVER",
        "the ticket can no longer be reopened: create a follow-up";
    /// The subject is blank, hidden from whoever asks, or too long.
    InvalidSubject = "INVALID_SUBJECT", "a subject has 1 to 200 characters";
    /// A parent without such an origin, or the other way round.
    InvalidOrigin = "INVALID_TICKET_ORIGIN",
        "a follow-up and a split have a parent, and no other ticket has one";
    /// A confidence out of bounds, or no model.
    InvalidTriage = "INVALID_TICKET_TRIAGE",
        "triage has a confidence from 0 to 10,000 basis points and a model of 1 to 100 characters";
    /// Neither a person nor a team.
    AssigneeRequired = "ASSIGNEE_REQUIRED", "a person or a team is needed";
    /// Only active members work on tickets.
    AssigneeNotActive = "ASSIGNEE_NOT_ACTIVE", "the assignee is not an active member of the tenant";
    /// The team's name is blank or too long.
    InvalidTeam = "INVALID_TEAM", "a team's name has 1 to 60 characters";
    /// The level is out of bounds or not higher.
    InvalidEscalation = "INVALID_ESCALATION",
        "a level is a number from 1 to 9, higher than the one before";
    /// The reason is blank or too long.
    InvalidReason = "INVALID_REASON", "a reason has 1 to 500 characters";
    /// The question is hidden from whoever asks, or too long.
    InvalidQuestion = "INVALID_QUESTION", "a question has 1 to 2,000 characters";
    /// The name of who is waited for is too long.
    InvalidParty = "INVALID_PARTY", "who is waited for has 1 to 120 characters";
    /// The end of the hold is in the past or too far.
    InvalidHold = "INVALID_HOLD", "a hold ends in the future, at most 365 days ahead";
    /// No field, too many, or a name that is blank or too long.
    InvalidFields = "INVALID_FIELDS", "1 to 20 fields, each with a name of 1 to 100 characters";
    /// All fields that a ticket can ask for are taken.
    TooManyFields = "TOO_MANY_FIELDS", "a ticket asks for at most 50 fields";
    /// Nobody asked for it.
    FieldNotRequested = "FIELD_NOT_REQUESTED", "this field was not asked for: request it first";
    /// The value is blank, hidden from whoever asks, or too long.
    InvalidFieldValue = "INVALID_FIELD_VALUE", "a value has 1 to 2,000 characters";
    /// The comment is blank, hidden from its author, or too long.
    InvalidComment = "INVALID_COMMENT", "a comment has 1 to 10,000 characters";
    /// What a contact says is seen by the contact.
    CommentMustBePublic = "COMMENT_MUST_BE_PUBLIC", "a comment of the contact is public";
    /// Too many tags, or one that is blank or too long.
    InvalidTags = "INVALID_TAGS", "at most 50 tags, each with 1 to 40 characters";
    /// The summary, the model or the prompt is blank or too long, or tokens are negative.
    InvalidSummary = "INVALID_SUMMARY",
        "a summary has 1 to 4,000 characters, its model and prompt 1 to 100, its tokens from 0 on";
    /// No step, too many, or a version that is not positive.
    InvalidMacro = "INVALID_MACRO", "a macro has a version from 1 on and 1 to 20 steps";
    /// No target, one out of bounds, or a calendar that is not what it should be.
    InvalidSlaPolicy = "INVALID_SLA_POLICY",
        "an SLA has a version from 1 on, a calendar, and targets from 60 seconds to 366 days";
    /// The resolution is hidden from whoever asks, or too long.
    InvalidResolution = "INVALID_RESOLUTION", "a resolution has 1 to 2,000 characters";
    /// The cause is too long.
    InvalidRootCause = "INVALID_ROOT_CAUSE", "a root cause has 1 to 200 characters";
    /// The window is negative or too long.
    InvalidReopenWindow = "INVALID_REOPEN_WINDOW", "a ticket can be reopened for 0 to 90 days";
    /// Source and survivor are one.
    MergeIntoItself = "TICKET_MERGE_INTO_ITSELF", "a ticket cannot be merged into itself";
    /// The survivor is somebody else's.
    MergeOtherContact = "TICKET_MERGE_OTHER_CONTACT",
        "only tickets of the same contact can be merged";
    /// The survivor is closed or was merged itself.
    SurvivorOver = "TICKET_SURVIVOR_OVER",
        "the other ticket is over: merge into one that is still open";
    /// It goes on elsewhere already.
    FollowUpExists = "FOLLOW_UP_EXISTS", "the ticket has a follow-up already: go on there";
    /// All links that a ticket can have are taken.
    TooManyLinks = "TOO_MANY_LINKS", "a ticket has at most 100 links";
    /// Nobody asked.
    SurveyNotRequested = "TICKET_SURVEY_NOT_REQUESTED", "no opinion was asked for on this ticket";
    /// The opinion was given.
    AlreadyRated = "TICKET_ALREADY_RATED", "the ticket was rated already";
    /// The score is out of range.
    InvalidScore = "INVALID_SCORE", "a satisfaction score is a number from 1 to 5";
    /// The words of the opinion are hidden from whoever asks, or too long.
    InvalidSurveyComment = "INVALID_SURVEY_COMMENT", "a comment on a score has 1 to 2,000 characters";
}
