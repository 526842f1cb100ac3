//! What calls can be narrowed to and ordered by.

use super::words::{
    CallBlockReason, CallDirection, CallKeyMeaning, CallOrigin, CallOutcome, CallPlacement,
    CallPurpose, CallStatus, CallSuccess,
};
use crate::graphql::filters::{
    BooleanFilter, DateTimeFilter, IdFilter, IntFilter, TextFilter, enum_filter, filter_input,
    order_input,
};

enum_filter!(
    /// Conditions on where a call stands.
    CallStatusFilter of CallStatus
);
enum_filter!(
    /// Conditions on how an attempt ended.
    CallOutcomeFilter of CallOutcome
);
enum_filter!(
    /// Conditions on how a call came about.
    CallOriginFilter of CallOrigin
);
enum_filter!(
    /// Conditions on who dialled.
    CallDirectionFilter of CallDirection
);
enum_filter!(
    /// Conditions on what a call is for.
    CallPurposeFilter of CallPurpose
);
enum_filter!(
    /// Conditions on the request to the provider.
    CallPlacementFilter of CallPlacement
);
enum_filter!(
    /// Conditions on why a call may not be made.
    CallBlockReasonFilter of CallBlockReason
);
enum_filter!(
    /// Conditions on what keys meant.
    CallKeyMeaningFilter of CallKeyMeaning
);
enum_filter!(
    /// Conditions on the judgement of a call.
    CallSuccessFilter of CallSuccess
);

filter_input! {
    /// Conditions on calls. All that are given must hold. Calls that are due have a `dueAt`;
    /// those that are stuck a `liveSince` of long ago.
    CallFilter {
        /// Where it stands.
        status: CallStatusFilter = "status",
        /// How its last attempt ended.
        outcome: CallOutcomeFilter = "outcome",
        /// How it came about.
        origin: CallOriginFilter = "origin",
        /// Who dialled.
        direction: CallDirectionFilter = "direction",
        /// What it is for.
        purpose: CallPurposeFilter = "purpose",
        /// With whom.
        contact: IdFilter = "contact_id",
        /// Over which channel account.
        channel: IdFilter = "channel_id",
        /// Conversation that it was last tied to.
        conversation: IdFilter = "conversation_id",
        /// Ticket that it was last tied to.
        ticket: IdFilter = "ticket_id",
        /// Lead that it was last tied to.
        lead: IdFilter = "lead_id",
        /// A person must let it be made.
        awaits_approval: BooleanFilter = "awaits_approval",
        /// What became of the request to the provider.
        placement: CallPlacementFilter = "placement",
        /// Why it may not be made.
        block_reason: CallBlockReasonFilter = "block_reason",
        /// What the last keys meant.
        last_meaning: CallKeyMeaningFilter = "last_meaning",
        /// Judgement.
        success: CallSuccessFilter = "success",
        /// The callee wants no more calls.
        stopped: BooleanFilter = "stopped",
        /// Attempts that have begun.
        attempts: IntFilter = "attempts",
        /// How long the last attempt took, seconds.
        duration_seconds: IntFilter = "duration_s",
        /// How often the other side wished to be called back.
        callbacks: IntFilter = "callbacks",
        /// The carrier's id.
        call_sid: TextFilter = "call_sid",
        /// The agent's id of the conversation.
        el_conversation_id: TextFilter = "el_conversation_id",
        /// Message after the call that waits for a decision.
        follow_up: IdFilter = "follow_up_id",
        /// When it was requested, began to ring, or was imported.
        created_at: DateTimeFilter = "created_at",
        /// When the attempt that comes next is due.
        due_at: DateTimeFilter = "due_at",
        /// Since when an attempt is under way.
        live_since: DateTimeFilter = "live_since",
        /// When the last attempt ended.
        ended_at: DateTimeFilter = "ended_at",
    }
}

order_input! {
    /// An order of calls.
    CallOrder by CallOrderField {
        /// When it was requested, began to ring, or was imported.
        CreatedAt = "created_at",
        /// When the attempt that comes next is due.
        DueAt = "due_at",
        /// Since when an attempt is under way.
        LiveSince = "live_since",
    }
}
