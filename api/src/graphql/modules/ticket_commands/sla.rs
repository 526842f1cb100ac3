//! SLAs: promises as values, and answers that keep them.

use std::collections::BTreeMap;

use async_graphql::{Context, InputObject, Object, Result};
use bitacora_domain::aggregates::tenant::Tenant;
use bitacora_domain::aggregates::ticket::{SlaPolicy, SlaTargets, TicketCommand as Command};
use bitacora_domain::calendar::BusinessCalendar;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::graphql::caller::Caller;
use crate::graphql::fault::Fault;
use crate::graphql::modules::business_hours::{self, OpenSpan};
use crate::graphql::mutation::{Unmet, user_error};
use crate::graphql::scalars::Date;
use crate::graphql::vocabulary::Priority;

/// Open time that tickets of a priority have.
#[derive(Clone, Debug, InputObject)]
pub struct SlaTargetsInput {
    /// Tickets of which priority; each at most once.
    pub priority: Priority,
    /// From the opening until a person answers, seconds; 60 to 31,622,400 (366 days).
    pub first_response_seconds: Option<i64>,
    /// From a later turn of the contact until a person answers, seconds.
    pub next_response_seconds: Option<i64>,
    /// Until it is settled, seconds.
    pub resolution_seconds: Option<i64>,
}

/// When people work, in one version.
#[derive(Clone, Debug, InputObject)]
pub struct BusinessCalendarInput {
    /// Id of the calendar.
    pub calendar: Uuid,
    /// Its version, from 1.
    pub version: i64,
    /// IANA time zone, such as `America/Argentina/Buenos_Aires`.
    pub time_zone: String,
    /// The week, at most 28 spans that do not overlap; none: always open.
    pub week: Vec<OpenSpan>,
    /// Holidays, at most 366.
    pub holidays: Vec<Date>,
}

/// A promise in one version. The ticket keeps all of it, so that its due times can be computed
/// again for ever.
#[derive(Clone, Debug, InputObject)]
pub struct SlaPolicyInput {
    /// Id of the policy.
    pub policy: Uuid,
    /// Its version, from 1.
    pub version: i64,
    /// The calendar whose open time counts; the tenant's business hours and time zone, as they
    /// are now, when not given.
    pub calendar: Option<BusinessCalendarInput>,
    /// Targets by priority; a priority that is absent has none.
    pub targets: Vec<SlaTargetsInput>,
}

ticket_types! {
    /// Which ticket comes under which SLA.
    "applySlaPolicy": ApplySlaPolicyInput {
        /// The SLA.
        pub sla: SlaPolicyInput,
    } -> ApplySlaPolicyPayload | ApplySlaPolicyError
}
ticket_types! {
    /// On which ticket a person first answered the contact elsewhere.
    "recordTicketFirstResponse": RecordTicketFirstResponseInput {
        /// When; now when not given, never later.
        pub at: Option<DateTime<Utc>>,
    } -> RecordTicketFirstResponsePayload | RecordTicketFirstResponseError
}
ticket_types! {
    /// On which ticket a person answered the contact elsewhere.
    "recordTicketResponse": RecordTicketResponseInput {
        /// When; now when not given, never later.
        pub at: Option<DateTime<Utc>>,
    } -> RecordTicketResponsePayload | RecordTicketResponseError
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct SlaMutations;

#[Object]
impl SlaMutations {
    /// Puts the ticket under an SLA. Its clocks count from now on; what they counted under a
    /// former one stays counted.
    async fn apply_sla_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which SLA for which ticket.")] input: ApplySlaPolicyInput,
    ) -> Result<ApplySlaPolicyPayload> {
        let caller = Caller::of(ctx)?;
        on_prepared_ticket!(ctx, Work, input, async {
            let policy = Box::new(policy(caller, &input.sla).await?);
            Ok(Command::ApplySlaPolicy { policy })
        })
    }

    /// Records the first answer of a person that was given elsewhere: on the telephone, at the
    /// counter. One that was not the first is no change.
    async fn record_ticket_first_response(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket, when.")] input: RecordTicketFirstResponseInput,
    ) -> Result<RecordTicketFirstResponsePayload> {
        let caller = Caller::of(ctx)?;
        let at = input.at.unwrap_or_else(|| caller.app.clock.now());
        on_ticket!(ctx, Work, input, Command::RecordFirstResponse { at })
    }

    /// Records an answer of a person that was given elsewhere. While the contact waits for none
    /// it is no change.
    async fn record_ticket_response(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket, when.")] input: RecordTicketResponseInput,
    ) -> Result<RecordTicketResponsePayload> {
        let caller = Caller::of(ctx)?;
        let at = input.at.unwrap_or_else(|| caller.app.clock.now());
        on_ticket!(ctx, Work, input, Command::RecordResponse { at })
    }
}

/// The promise that the input says, for the ticket to judge.
pub(super) async fn policy(
    caller: &Caller,
    input: &SlaPolicyInput,
) -> std::result::Result<SlaPolicy, Unmet> {
    let calendar = match &input.calendar {
        Some(calendar) => given(calendar),
        None => tenants(caller).await?,
    };
    let mut targets = BTreeMap::new();
    for row in &input.targets {
        let times = SlaTargets {
            first_response_s: row.first_response_seconds,
            next_response_s: row.next_response_seconds,
            resolution_s: row.resolution_seconds,
        };
        if targets.insert(row.priority.into(), times).is_some() {
            let message = "each priority has its targets at most once";
            return Err(user_error("INVALID_SLA_POLICY", message).into());
        }
    }
    Ok(SlaPolicy { policy: input.policy, version: input.version, calendar, targets })
}

fn given(calendar: &BusinessCalendarInput) -> BusinessCalendar {
    BusinessCalendar {
        calendar: calendar.calendar,
        version: calendar.version,
        time_zone: calendar.time_zone.clone(),
        hours: business_hours::command(&calendar.week, &calendar.holidays),
    }
}

/// The tenant's hours as a calendar; its version is the tenant's.
async fn tenants(caller: &Caller) -> std::result::Result<BusinessCalendar, Unmet> {
    let (bus, tenant) = (&caller.app.bus, caller.tenant());
    let loaded = bus.load::<Tenant>(tenant, &tenant.to_string()).await;
    let (state, version) = loaded
        .map_err(Fault::unavailable)?
        .ok_or_else(|| user_error("TENANT_NOT_FOUND", "the tenant was never registered"))?;
    Ok(BusinessCalendar {
        calendar: tenant.as_uuid(),
        version: version.0,
        time_zone: state.time_zone().unwrap_or("UTC").to_owned(),
        hours: state.business_hours().clone(),
    })
}
