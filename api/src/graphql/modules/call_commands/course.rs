//! When, and whether, a call is made.

use async_graphql::{Context, Object, Result};
use bitacora_domain::aggregates::call_session::CallCommand as Command;
use chrono::{DateTime, TimeDelta, Utc};

use crate::graphql::caller::Caller;
use crate::graphql::modules::calls::CallBlockReason;

/// A time that is as good as now and yet ahead.
const SOON: TimeDelta = TimeDelta::seconds(1);

call_types! {
    /// Which call is let through.
    "approveCall": ApproveCallInput {
    } -> ApproveCallPayload | ApproveCallError
}
call_types! {
    /// When the attempt that comes next is made.
    "scheduleCall": ScheduleCallInput {
        /// When; in the future, before the end of the plan.
        pub at: DateTime<Utc>,
        /// IANA zone in which it was chosen, for those who look at it.
        pub time_zone: Option<String>,
    } -> ScheduleCallPayload | ScheduleCallError
}
call_types! {
    /// Which call is made now.
    "placeCall": PlaceCallInput {
    } -> PlaceCallPayload | PlaceCallError
}
call_types! {
    /// Which call is not wanted any more.
    "cancelCall": CancelCallInput {
        /// Why, 1–500 characters.
        pub reason: Option<String>,
    } -> CancelCallPayload | CancelCallError
}
call_types! {
    /// Which call may not be made, or not yet.
    "blockCall": BlockCallInput {
        /// Why.
        pub reason: CallBlockReason,
        /// Until when, for reasons that pass; for good when not given.
        pub until: Option<DateTime<Utc>>,
    } -> BlockCallPayload | BlockCallError
}
call_types! {
    /// When another attempt is made.
    "retryCall": RetryCallInput {
        /// When; in the future, before the end of the plan. As soon as it may when not given.
        pub at: Option<DateTime<Utc>>,
    } -> RetryCallPayload | RetryCallError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct CallCourseMutations;

#[Object]
impl CallCourseMutations {
    /// Lets a call be made that waits for a person's approval.
    async fn approve_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call.")] input: ApproveCallInput,
    ) -> Result<ApproveCallPayload> {
        on_call!(ctx, input, Command::ApproveCall)
    }

    /// Sets or changes the time of the attempt that comes next.
    async fn schedule_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call, and when.")] input: ScheduleCallInput,
    ) -> Result<ScheduleCallPayload> {
        on_call!(ctx, input, Command::ScheduleCall { at: input.at, zone: input.time_zone.clone() })
    }

    /// Has the attempt that comes next made as soon as the guards let it.
    async fn place_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call.")] input: PlaceCallInput,
    ) -> Result<PlaceCallPayload> {
        let at = Caller::of(ctx)?.app.clock.now() + SOON;
        on_call!(ctx, input, Command::ScheduleCall { at, zone: None })
    }

    /// Calls a call off before it is dialled; one that is under way is hung up instead.
    async fn cancel_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call, and why.")] input: CancelCallInput,
    ) -> Result<CancelCallPayload> {
        on_call!(ctx, input, Command::CancelCall { reason: input.reason.clone() })
    }

    /// Forbids a call, or puts it off.
    async fn block_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call, and why.")] input: BlockCallInput,
    ) -> Result<BlockCallPayload> {
        on_call!(ctx, input, {
            Command::BlockCall { reason: input.reason.into(), until: input.until }
        })
    }

    /// Plans another attempt of a call that nobody answered, that was busy or failed, or that a
    /// machine answered.
    async fn retry_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call, and when.")] input: RetryCallInput,
    ) -> Result<RetryCallPayload> {
        let at = input.at.unwrap_or(Caller::of(ctx)?.app.clock.now() + SOON);
        on_call!(ctx, input, Command::RetryCall { at })
    }
}
