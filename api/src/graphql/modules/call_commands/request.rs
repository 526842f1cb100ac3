//! Wanting to call somebody.

use async_graphql::{Context, ID, InputObject, Object, Result};
use bitacora_domain::aggregates::call_session::guards::CallWindow;
use bitacora_domain::aggregates::call_session::{
    CallCommand as Command, CallPlan, CallSession as Aggregate, CallStart, ScriptVersion,
};
use bitacora_domain::aggregates::contact::{Contact, IdentityKind};
use bitacora_domain::{ChannelAccountId, ContactId, Personal, Subject};
use bitacora_projections::Cell;
use bitacora_projections::query::{Direction, Filter, Op, Order, Page};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::cells::Cells as _;
use crate::graphql::fault::Fault;
use crate::graphql::ids::NodeType;
use crate::graphql::modules::calls::{Call, CallPurpose};
use crate::graphql::modules::channels;
use crate::graphql::mutation::{self, Target, Unmet, argument, mutation_types, user_error};

/// Channel accounts over which calls are made.
const FOR_CALLS: [&str; 2] = ["ELEVENLABS", "TWILIO"];

/// When a phone may ring, in the callee's own time.
#[derive(Clone, Debug, InputObject)]
pub struct CallWindowInput {
    /// First minute of the day; a multiple of 15, such as 540 for 9:00.
    pub from_minute: i64,
    /// Minute after the last; a multiple of 15, at most 1,440.
    pub until_minute: i64,
    /// ISO weekdays, 1 (Monday) to 7; all of them when not given.
    pub weekdays: Option<Vec<i64>>,
}

mutation_types! {
    /// Whom to call, and how.
    creates "requestCall": RequestCallInput {
        /// Whom. The guards look at consent, the do-not-call list, the hour where they are, caps
        /// and the balance immediately before each attempt.
        pub contact_id: ID,
        /// Their number; the contact's newest one when not given.
        pub number: Option<String>,
        /// What for.
        pub purpose: CallPurpose,
        /// When the first attempt is made; as soon as it may when not given.
        pub at: Option<DateTime<Utc>>,
        /// IANA zone in which `at` was chosen, for those who look at it.
        pub time_zone: Option<String>,
        /// It waits until somebody schedules it.
        pub when_told: Option<bool>,
        /// A person must approve it first.
        pub needs_approval: Option<bool>,
        /// Over which channel account of kind `ELEVENLABS` or `TWILIO`; the tenant's first one
        /// that is connected when not given, else the installation's.
        pub channel_id: Option<ID>,
        /// When it may ring; 8:00 to 21:00 on any day when not given.
        pub window: Option<CallWindowInput>,
        /// Most attempts, 1–10; 3 when not given.
        pub max_attempts: Option<i64>,
        /// Time between attempts, 60–604,800 s; 3,600 when not given.
        pub retry_delay_seconds: Option<i64>,
        /// It is tried again when a machine answered.
        pub retry_voicemail: Option<bool>,
        /// How long it rings, 5–600 s; 30 when not given.
        pub ring_timeout_seconds: Option<i64>,
        /// No attempt begins at or after this time; 30 days ahead when not given.
        pub not_after: Option<DateTime<Utc>>,
        /// UUID of the campaign that it belongs to.
        pub campaign_uuid: Option<Uuid>,
        /// UUID of the script that is followed.
        pub script_uuid: Option<Uuid>,
        /// Its version, from 1; needed with a script.
        pub script_version: Option<i64>,
        /// Whose voice, as the provider calls it; the agent's own when not given.
        pub voice: Option<String>,
    } -> RequestCallPayload | RequestCallError {
        /// The call; null when it failed or the read side is late.
        call: Call
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct RequestCallMutations;

#[Object]
impl RequestCallMutations {
    /// Has somebody called: at once, at a time, or when it is told.
    async fn request_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and how.")] input: RequestCallInput,
    ) -> Result<RequestCallPayload> {
        let caller = Caller::of(ctx)?;
        mutation::answer_prepared::<Aggregate, _, _>(
            ctx,
            Capability::Work,
            &input,
            Target::New,
            wanted(caller, &input),
        )
        .await
    }
}

async fn wanted(caller: &Caller, input: &RequestCallInput) -> std::result::Result<Command, Unmet> {
    let contact = ContactId::new(argument(NodeType::Contact, &input.contact_id, "contactId")?);
    let to = number(caller, contact, input.number.as_deref()).await?;
    let channel = match &input.channel_id {
        Some(id) => Some(argument(NodeType::ChannelAccount, id, "channelId")?),
        None => usual_channel(caller).await?,
    };
    Ok(Command::RequestCall {
        contact,
        to,
        plan: CallPlan { channel: channel.map(ChannelAccountId::new), ..plan(input)? },
        start: match (input.at, input.when_told) {
            (Some(at), _) => CallStart::At { at, zone: input.time_zone.clone() },
            (None, Some(true)) => CallStart::WhenTold,
            (None, Some(false) | None) => CallStart::AtOnce,
        },
        needs_approval: input.needs_approval.unwrap_or(false),
        callback_of: None,
    })
}

fn plan(input: &RequestCallInput) -> std::result::Result<CallPlan, Unmet> {
    let usual = CallPlan::usual(input.purpose.into());
    let script = match (input.script_uuid, input.script_version) {
        (None, None) => None,
        (Some(script), Some(version)) => Some(ScriptVersion { script, version }),
        (Some(_), None) | (None, Some(_)) => {
            let message = "a script is named with its version";
            return Err(user_error("INVALID_CALL_PLAN", message).about("scriptVersion").into());
        }
    };
    Ok(CallPlan {
        campaign: input.campaign_uuid,
        script,
        voice: input.voice.clone(),
        window: input.window.as_ref().map_or(usual.window.clone(), window),
        max_attempts: input.max_attempts.unwrap_or(usual.max_attempts),
        retry_delay_s: input.retry_delay_seconds.unwrap_or(usual.retry_delay_s),
        retry_voicemail: input.retry_voicemail.unwrap_or(usual.retry_voicemail),
        ring_timeout_s: input.ring_timeout_seconds.unwrap_or(usual.ring_timeout_s),
        not_after: input.not_after,
        ..usual
    })
}

/// Numbers that are none of a window's become such as no window has, and are refused as that.
fn window(input: &CallWindowInput) -> CallWindow {
    let minute = |minute: i64| u16::try_from(minute).unwrap_or(u16::MAX);
    let day = |day: &i64| u8::try_from(*day).unwrap_or(u8::MAX);
    let weekdays = input.weekdays.as_ref();
    CallWindow {
        from_minute: minute(input.from_minute),
        until_minute: minute(input.until_minute),
        weekdays: weekdays.map_or_else(|| (1..=7).collect(), |days| days.iter().map(day).collect()),
    }
}

/// The number given, else the contact's newest one.
async fn number(
    caller: &Caller,
    contact: ContactId,
    given: Option<&str>,
) -> std::result::Result<Personal<String>, Unmet> {
    let loaded = caller.app.bus.load::<Contact>(caller.tenant(), &contact.to_string()).await;
    let Some((known, _)) = loaded.map_err(Fault::unavailable)? else {
        let message = "there is no such contact";
        return Err(user_error("CONTACT_NOT_FOUND", message).about("contactId").into());
    };
    if let Some(given) = given {
        return Ok(Personal::new(Subject::contact(contact), given.to_owned()));
    }
    let newest = |kind| {
        let mut identities = known.identities().iter().rev();
        identities.find(|identity| identity.kind == kind).map(|identity| identity.value.clone())
    };
    newest(IdentityKind::Phone).or_else(|| newest(IdentityKind::WaId)).ok_or_else(|| {
        let message = "the contact has no telephone number: give one";
        user_error("INVALID_PHONE", message).about("number").into()
    })
}

/// The tenant's first account for calls that is connected.
async fn usual_channel(caller: &Caller) -> std::result::Result<Option<Uuid>, Fault> {
    let kinds = FOR_CALLS.map(|kind| Cell::Text(kind.into())).into();
    let in_use = Filter::Compare("status", Op::Eq, Cell::Text("CONNECTED".into()));
    let page = Page {
        table: channels::TABLE,
        filter: Filter::And(vec![Filter::In("kind", kinds), in_use]),
        order: vec![Order { column: "id", direction: Direction::Asc }],
        after: None,
        limit: 1,
        backwards: false,
    };
    let rows = caller.app.models.page(caller.tenant(), &page).await?;
    Ok(rows.first().and_then(|row| row.uuid("id")))
}
