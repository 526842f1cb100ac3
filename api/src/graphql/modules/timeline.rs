//! Timeline: what happened, as a list that people read.

use async_graphql::{Context, Enum, Object, Result};
use bitacora_projections::Table;
use bitacora_projections::query::{Direction, TableRow};
use bitacora_projections::views::timeline;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::contacts::Contact;
use super::conversations::Conversation;
use super::messages::Message;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::filters::{DateTimeFilter, IdFilter, enum_filter, filter_input};
use crate::graphql::lists::{Beside, List, list_fields};
use crate::graphql::paging::connection;

/// The table behind the type.
pub const TABLE: &Table = &timeline::TABLE;
/// Fields that read a table beside the node's own.
const READS: Beside = &[
    ("contact", super::contacts::TABLE),
    ("conversation", super::conversations::TABLE),
    ("message", super::messages::TABLE),
];

/// What a timeline entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TimelineKind {
    /// A conversation was opened.
    ConversationStarted,
    /// A message of the contact arrived.
    MessageReceived,
    /// A message to the contact was queued, or typed in the phone app.
    MessageSent,
    /// A message will not arrive.
    MessageFailed,
    /// Nobody knows whether a message left.
    MessageUnknown,
    /// The contact edited a message.
    MessageEdited,
    /// The contact deleted a message.
    MessageRevoked,
    /// A message's content was taken off all screens.
    MessageRedacted,
    /// A message was scheduled.
    MessageScheduled,
    /// A scheduled message was taken back.
    ScheduleCancelled,
    /// A scheduled message could not be sent when its time came.
    ScheduleSkipped,
    /// A note of the team.
    Note,
    /// A label was put on.
    LabelAdded,
    /// A label was taken off.
    LabelRemoved,
    /// It was given to somebody.
    Assigned,
    /// It was taken from whoever had it.
    Unassigned,
    /// It has another priority.
    PriorityChanged,
    /// The steps of a macro were done.
    MacroApplied,
    /// It was linked to something.
    Linked,
    /// It was put aside.
    Snoozed,
    /// It came back from the side.
    Unsnoozed,
    /// The matter was settled.
    Resolved,
    /// It was opened again.
    Reopened,
    /// It was ended.
    Closed,
    /// It was put out of the way.
    Archived,
    /// It goes on in another conversation.
    Merged,
    /// Another conversation goes on here.
    MergedFrom,
    /// A person was asked for.
    HandoffRequested,
    /// A person came.
    HandoffAccepted,
    /// Nobody came in time.
    HandoffTimedOut,
    /// The hand-off is over.
    HandoffEnded,
    /// The AI was told to keep silent.
    AiPaused,
    /// The AI may speak again.
    AiResumed,
    /// A person must look at what the AI would say.
    ApprovalRequired,
    /// Data are to be asked for.
    DataRequested,
    /// A ticket is to be opened.
    TicketRequested,
    /// An answer was suggested.
    ReplySuggested,
    /// A suggested answer was sent.
    SuggestionApproved,
    /// A suggested answer was turned down.
    SuggestionRejected,
    /// Nobody decided about a suggested answer in time.
    SuggestionExpired,
    /// A proposed action may be done.
    ActionApproved,
    /// A proposed action was turned down.
    ActionRejected,
    /// The contact was asked for an opinion.
    SurveyRequested,
    /// The contact gave an opinion.
    SurveyAnswered,
    /// The contact was made.
    ContactCreated,
    /// A further identity became known.
    IdentityAdded,
    /// The contact has another name.
    Renamed,
    /// The contact opted out of something.
    OptedOut,
    /// The contact opted in again.
    OptedIn,
    /// The contact agreed to something.
    ConsentRecorded,
    /// The contact agrees no longer.
    ConsentWithdrawn,
    /// The contact is not to be called.
    AddedToDnc,
    /// The contact may be called again.
    RemovedFromDnc,
}

enum_filter!(
    /// Conditions on the kind of a timeline entry.
    TimelineKindFilter of TimelineKind
);

filter_input! {
    /// Conditions on timeline entries. All that are given must hold.
    TimelineFilter {
        /// What it tells.
        kind: TimelineKindFilter = "kind",
        /// Contact.
        contact: IdFilter = "contact_id",
        /// Conversation.
        conversation: IdFilter = "conversation_id",
        /// When it happened.
        at: DateTimeFilter = "at",
    }
}

connection! {
    /// A list of timeline entries.
    TimelineConnection / TimelineEdge of TimelineEntry
}

/// An entry of the timeline.
#[derive(Clone, Debug)]
pub struct TimelineEntry(pub TableRow);

/// Something noteworthy that happened.
#[Object]
impl TimelineEntry {
    /// What it tells.
    async fn kind(&self) -> Option<TimelineKind> {
        enums::of_cell(self.0.cell("kind"))
    }
    /// Contact, where the event names it.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>> {
        Contact::find(Caller::of(ctx)?, self.0.uuid("contact_id")).await
    }
    /// Conversation, for its events.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Conversation::find(Caller::of(ctx)?, self.0.uuid("conversation_id")).await
    }
    /// Message, for events about one.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Message::find(Caller::of(ctx)?, self.0.uuid("message_id")).await
    }
    /// What it is about in a word: type of the message, label, team, category, reason, code or
    /// score.
    async fn title(&self) -> Option<String> {
        self.0.text("title")
    }
    /// Words: the note, the resolution, the name, the comment; or the id of whom or what it names.
    async fn text(&self) -> Option<String> {
        self.0.text("text")
    }
    /// Kind and id of who did it, such as `user:<uuid>`.
    async fn actor(&self) -> Option<String> {
        self.0.text("actor")
    }
    /// When it happened.
    async fn at(&self) -> Option<DateTime<Utc>> {
        self.0.time("at")
    }
    /// The id of its event in raw events and in the history.
    async fn event_id(&self) -> Option<Uuid> {
        self.0.uuid("id")
    }
}

/// What happened, newest first.
pub fn list() -> List {
    List::of(TABLE, "position", Direction::Desc).beside(READS)
}

/// Fields of the query root.
#[derive(Default)]
pub struct TimelineQueries;

list_fields! {
    /// Fields of the query root.
    TimelineQueries {
        /// What happened with all contacts, newest first.
        timeline: TimelineConnection [TimelineFilter] = |_| list();
    }
}
