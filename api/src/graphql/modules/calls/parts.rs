//! Parts of a call that belong together.

use async_graphql::SimpleObject;
use bitacora_projections::query::TableRow;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::words::{
    CallAnsweredBy, CallLinkKind, CallOutcome, CallPlacement, CallProvider, CallTransferState,
};
use crate::graphql::cells::Cells as _;
use crate::graphql::enums;
use crate::graphql::modules::conversations::User;

/// How a call that we make is to be made.
#[derive(Clone, Debug, SimpleObject)]
pub struct CallPlan {
    /// Most attempts.
    pub max_attempts: i64,
    /// First minute of the callee's day at which it may ring.
    pub window_from_minute: i64,
    /// Minute after the last one.
    pub window_until_minute: i64,
    /// No attempt begins at or after this time.
    pub not_after: Option<DateTime<Utc>>,
    /// UUID of the campaign.
    pub campaign_uuid: Option<Uuid>,
    /// UUID of the script that is followed.
    pub script_uuid: Option<Uuid>,
    /// Its version.
    pub script_version: Option<i64>,
    /// Whose voice, as the provider calls it; the agent's own when null.
    pub voice: Option<String>,
}

impl CallPlan {
    pub(super) fn of(row: &TableRow) -> Option<Self> {
        Some(Self {
            max_attempts: row.cell("max_attempts").as_int()?,
            window_from_minute: row.int("window_from_minute"),
            window_until_minute: row.int("window_until_minute"),
            not_after: row.time("not_after"),
            campaign_uuid: row.uuid("campaign_id"),
            script_uuid: row.uuid("script_id"),
            script_version: row.cell("script_version").as_int(),
            voice: row.text("voice"),
        })
    }
}

/// The last attempt of a call.
#[derive(Clone, Debug, SimpleObject)]
pub struct LastCallAttempt {
    /// Its number, from 1.
    pub number: i64,
    /// When it began.
    pub begun_at: Option<DateTime<Utc>>,
    /// What became of the request to the provider.
    pub placement: Option<CallPlacement>,
    /// The provider's code when it did not take the call, or why nobody knows.
    pub failure_code: Option<String>,
    /// The provider's words for it.
    pub failure_title: Option<String>,
    /// The carrier's id.
    pub call_sid: Option<String>,
    /// The agent's id of the conversation.
    pub el_conversation_id: Option<String>,
    /// Who or what answered; null while that is not known.
    pub answered_by: Option<CallAnsweredBy>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it ended; null while it lasts.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub outcome: Option<CallOutcome>,
    /// How long it took, seconds.
    pub duration_seconds: Option<i64>,
    /// Somebody asked to hang up.
    pub hang_up_requested: bool,
}

impl LastCallAttempt {
    pub(super) fn of(row: &TableRow) -> Option<Self> {
        let number = row.int("attempts");
        (number > 0).then(|| Self {
            number,
            begun_at: row.time("last_attempt_at"),
            placement: enums::of_cell(row.cell("placement")),
            failure_code: row.text("failure_code"),
            failure_title: row.text("failure_title"),
            call_sid: row.text("call_sid"),
            el_conversation_id: row.text("el_conversation_id"),
            answered_by: enums::of_cell(row.cell("answered_by")),
            answered_at: row.time("answered_at"),
            ended_at: row.time("ended_at").filter(|_| row.text("outcome").is_some()),
            outcome: enums::of_cell(row.cell("outcome")),
            duration_seconds: row.cell("duration_s").as_int(),
            hang_up_requested: row.truth("hang_up_requested"),
        })
    }
}

/// The transfer of a call to a person.
#[derive(Clone, Debug, SimpleObject)]
pub struct CallTransfer {
    /// How far it is.
    pub state: CallTransferState,
    /// To whom of the team; null when it goes to a number.
    pub agent: Option<User>,
    /// Why nobody was put through.
    pub reason: Option<String>,
}

impl CallTransfer {
    pub(super) fn of(row: &TableRow) -> Option<Self> {
        Some(Self {
            state: enums::of_cell(row.cell("transfer"))?,
            agent: row.uuid("transfer_agent_id").map(User::new),
            reason: row.text("transfer_reason"),
        })
    }
}

/// The other side's wish to be called back.
#[derive(Clone, Debug, SimpleObject)]
pub struct CallbackWish {
    /// How often it was said.
    pub count: i64,
    /// When they want to be called; null when they did not say.
    pub due_at: Option<DateTime<Utc>>,
}

/// What a provider charged for an attempt.
#[derive(Clone, Debug, SimpleObject)]
pub struct CallCost {
    /// Of which attempt.
    pub attempt: i64,
    /// Who.
    pub provider: CallProvider,
    /// How much, in millionths of the currency.
    pub amount_e6: i64,
    /// ISO 4217 code, or `CREDITS` of the provider.
    pub currency: String,
}

impl CallCost {
    pub(super) fn all(list: Option<&Value>) -> Vec<Self> {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        let cost = |item: &Value| {
            Some(Self {
                attempt: item.get("attempt")?.as_i64()?,
                provider: enums::of_text(item.get("provider")?.as_str()?)?,
                amount_e6: item.get("amount_e6")?.as_i64()?,
                currency: item.get("currency")?.as_str()?.to_owned(),
            })
        };
        items.filter_map(cost).collect()
    }
}

/// Something that a call is tied to.
#[derive(Clone, Debug, SimpleObject)]
pub struct CallTie {
    /// What it is.
    pub kind: CallLinkKind,
    /// Its id.
    pub uuid: Uuid,
}

impl CallTie {
    pub(super) fn all(list: Option<&Value>) -> Vec<Self> {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        let tie = |item: &Value| {
            let kind = enums::of_text(item.get("kind")?.as_str()?)?;
            Some(Self { kind, uuid: item.get("id")?.as_str()?.parse().ok()? })
        };
        items.filter_map(tie).collect()
    }
}
