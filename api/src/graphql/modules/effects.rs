//! For operators of the tenant: what is to be done outside or later, what nobody knows the
//! outcome of, and what was given up.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject, Union};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bitacora_commands::ports::{self, Decision, EffectFilter, EffectRow};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::graphql::access::Capability;
use crate::graphql::caller::Caller;
use crate::graphql::fault::{Code, Fault};
use crate::graphql::mutation::{NotFoundError, RefusedError};
use crate::graphql::paging::{self, PageInfo};
use crate::graphql::scalars::Cursor;

/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ports::EffectState")]
pub enum EffectState {
    /// To be done when it is due.
    Pending,
    /// A worker has it.
    Running,
    /// Nobody knows whether it happened; never tried again by the machine.
    Unknown,
    /// It happened, or there was nothing to do.
    Done,
    /// It was no longer wanted when its time came.
    Dropped,
    /// Given up: a dead letter, for an operator.
    Dead,
    /// An operator decided that it must not happen.
    Discarded,
}

/// Something to be done outside, or later, because of an event.
#[derive(Clone, Debug)]
pub struct Effect(EffectRow);

/// Something to be done outside, or later, because of an event: a message to send, a timer.
#[Object]
impl Effect {
    /// Its id.
    async fn uuid(&self) -> Uuid {
        self.0.id
    }
    /// What is to be done, such as `message.send`, or `command` for a timer.
    async fn kind(&self) -> &str {
        &self.0.kind
    }
    /// Where it stands.
    async fn state(&self) -> EffectState {
        self.0.state.into()
    }
    /// Effects with the same text are done one after the other.
    async fn line(&self) -> Option<&str> {
        self.0.serial.as_deref()
    }
    /// Attempts so far.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }
    /// Attempts that failed for certain, since an operator last retried it.
    async fn failures(&self) -> i32 {
        self.0.failures
    }
    /// When it was first due.
    async fn due_at(&self) -> DateTime<Utc> {
        self.0.due_at
    }
    /// When it is looked at again; null when never.
    async fn next_at(&self) -> Option<DateTime<Utc>> {
        self.0.next_at
    }
    /// Stable code of its last failure.
    async fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }
    /// What an operator should know about it.
    async fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }
    /// The event that it follows from.
    async fn event_id(&self) -> Uuid {
        self.0.event_id
    }
    /// Root of the chain of causes.
    async fn correlation_id(&self) -> Uuid {
        self.0.correlation_id
    }
    /// When its event was recorded.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
    /// When it came to an end.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }
    /// The operator who last retried or discarded it.
    async fn decided_by(&self) -> Option<&str> {
        self.0.decided_by.as_deref()
    }
}

/// One entry of a list of effects: the effect and its place.
#[derive(Clone, Debug, SimpleObject)]
pub struct EffectEdge {
    /// Place of the effect in this list.
    pub cursor: Cursor,
    /// The effect.
    pub node: Effect,
}

/// A list of effects, the latest first.
#[derive(Clone, Debug, SimpleObject)]
pub struct EffectConnection {
    /// The entries with their cursors.
    pub edges: Vec<EffectEdge>,
    /// The effects without their cursors.
    pub nodes: Vec<Effect>,
    /// Where this page stands in the list.
    pub page_info: PageInfo,
}

/// Which effect to try again.
#[derive(Clone, Debug, InputObject)]
pub struct RetryEffectInput {
    /// UUID of the effect.
    pub effect: Uuid,
    /// For an effect in the state UNKNOWN: it may have happened, and you accept that it may
    /// happen twice (a customer gets a message twice).
    #[graphql(default)]
    pub may_repeat: bool,
    /// Echoed in the payload.
    pub client_mutation_id: Option<String>,
}

/// Which effect to give up.
#[derive(Clone, Debug, InputObject)]
pub struct DiscardEffectInput {
    /// UUID of the effect.
    pub effect: Uuid,
    /// Echoed in the payload.
    pub client_mutation_id: Option<String>,
}

/// An expected failure of `retryEffect` or `discardEffect`.
#[derive(Clone, Debug, Union)]
pub enum EffectError {
    /// There is no such effect of this tenant.
    NotFound(NotFoundError),
    /// Not possible as it stands.
    Refused(RefusedError),
}

/// What became of `retryEffect`.
#[derive(Clone, Debug, SimpleObject)]
pub struct RetryEffectPayload {
    /// The effect afterwards.
    pub effect: Option<Effect>,
    /// Why nothing was done; empty when something was.
    pub errors: Vec<EffectError>,
    /// As in the input.
    pub client_mutation_id: Option<String>,
}

/// What became of `discardEffect`.
#[derive(Clone, Debug, SimpleObject)]
pub struct DiscardEffectPayload {
    /// The effect afterwards.
    pub effect: Option<Effect>,
    /// Why nothing was done; empty when something was.
    pub errors: Vec<EffectError>,
    /// As in the input.
    pub client_mutation_id: Option<String>,
}

/// Fields of the query root.
#[derive(Default)]
pub struct EffectQueries;

#[Object]
impl EffectQueries {
    /// Effects of the tenant, the latest first. For owners and administrators.
    #[graphql(complexity = "paging::cost(first, None, child_complexity)")]
    async fn effects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of effects, 0–100; 20 when not given.")] first: Option<i32>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "Only those in one of these states.")] states: Option<Vec<EffectState>>,
        #[graphql(desc = "Only those of this kind.")] kind: Option<String>,
    ) -> Result<EffectConnection> {
        let states = states.unwrap_or_default().into_iter().map(Into::into).collect();
        Ok(page(Caller::of(ctx)?, states, kind, first, after).await?)
    }

    /// What an operator must look at, the latest first: effects that were given up, and those of
    /// which nobody knows whether they happened. For owners and administrators.
    #[graphql(complexity = "paging::cost(first, None, child_complexity)")]
    async fn dead_letters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of effects, 0–100; 20 when not given.")] first: Option<i32>,
        #[graphql(desc = "Only what comes behind this cursor.")] after: Option<Cursor>,
    ) -> Result<EffectConnection> {
        let states = vec![ports::EffectState::Dead, ports::EffectState::Unknown];
        Ok(page(Caller::of(ctx)?, states, None, first, after).await?)
    }
}

/// Fields of the mutation root.
#[derive(Default)]
pub struct EffectMutations;

#[Object]
impl EffectMutations {
    /// Tries an effect again that was given up; with `mayRepeat` also one of which nobody knows
    /// whether it happened. For owners and administrators.
    async fn retry_effect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which effect.")] input: RetryEffectInput,
    ) -> Result<RetryEffectPayload> {
        let caller = operator(ctx)?;
        let (now, by) = (caller.app.clock.now(), caller.principal.actor().id);
        let (tenant, id, may_repeat) = (Some(caller.tenant()), input.effect, input.may_repeat);
        let decision = caller.app.effects.retry(now, tenant, id, may_repeat, &by).await;
        let (effect, errors) = decided(caller, id, decision).await?;
        Ok(RetryEffectPayload { effect, errors, client_mutation_id: input.client_mutation_id })
    }

    /// Gives an effect up that is not done yet: it will not be. For owners and administrators.
    async fn discard_effect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which effect.")] input: DiscardEffectInput,
    ) -> Result<DiscardEffectPayload> {
        let caller = operator(ctx)?;
        let (now, by) = (caller.app.clock.now(), caller.principal.actor().id);
        let (tenant, id) = (Some(caller.tenant()), input.effect);
        let decision = caller.app.effects.discard(now, tenant, id, &by).await;
        let (effect, errors) = decided(caller, id, decision).await?;
        Ok(DiscardEffectPayload { effect, errors, client_mutation_id: input.client_mutation_id })
    }
}

fn operator<'a>(ctx: &Context<'a>) -> Result<&'a Caller> {
    let caller = Caller::of(ctx)?;
    caller.require(Capability::Operate)?;
    Ok(caller)
}

async fn page(
    caller: &Caller,
    states: Vec<ports::EffectState>,
    kind: Option<String>,
    first: Option<i32>,
    after: Option<Cursor>,
) -> Result<EffectConnection, Fault> {
    caller.require(Capability::Operate)?;
    let limits = &caller.app.limits.graphql;
    let first = first.unwrap_or(limits.page_size_default);
    if first < 0 || first > limits.page_size_max {
        let max = limits.page_size_max;
        return Err(Fault::input(format!("`first` must be 0 to {max}, not {first}")));
    }
    let before = after.as_ref().map(place).transpose()?;
    let filter = EffectFilter { tenant: Some(caller.tenant()), states, kind, before };
    let limit = i64::from(first) + 1;
    let mut rows = caller.app.effects.list(&filter, limit).await.map_err(Fault::unavailable)?;
    let has_next_page = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(first).unwrap_or_default());
    let edges: Vec<EffectEdge> = rows
        .into_iter()
        .map(|row| EffectEdge { cursor: cursor(&row), node: Effect(row) })
        .collect();
    let page_info = PageInfo {
        has_next_page,
        has_previous_page: after.is_some(),
        start_cursor: edges.first().map(|edge| edge.cursor.clone()),
        end_cursor: edges.last().map(|edge| edge.cursor.clone()),
    };
    let nodes = edges.iter().map(|edge| edge.node.clone()).collect();
    Ok(EffectConnection { edges, nodes, page_info })
}

/// The list is always in the order of time and id, so the place in it is just these.
fn cursor(row: &EffectRow) -> Cursor {
    let place = format!("e1:{}:{}", row.created_at.timestamp_micros(), row.id);
    Cursor(URL_SAFE_NO_PAD.encode(place))
}

fn place(cursor: &Cursor) -> Result<(DateTime<Utc>, Uuid), Fault> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (micros, id) = text.strip_prefix("e1:")?.split_once(':')?;
        Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, id.parse().ok()?))
    };
    read().ok_or_else(|| {
        Fault::new(Code::InvalidCursor, "the cursor is damaged or belongs to another list")
    })
}

/// The effect afterwards, or why nothing was done.
async fn decided(
    caller: &Caller,
    id: Uuid,
    decision: Result<Decision, ports::EffectError>,
) -> Result<(Option<Effect>, Vec<EffectError>), Fault> {
    let refused = |code: &str, message: String| {
        let path = vec!["input".to_owned(), "effect".to_owned()];
        EffectError::Refused(RefusedError { code: code.to_owned(), message, path })
    };
    let error = match decision.map_err(Fault::unavailable)? {
        Decision::Made(_) => {
            let story = caller.app.effects.show(Some(caller.tenant()), id).await;
            let story = story.map_err(Fault::unavailable)?;
            return Ok((story.map(|story| Effect(story.row)), Vec::new()));
        }
        Decision::NotFound => EffectError::NotFound(NotFoundError {
            code: "EFFECT_NOT_FOUND".to_owned(),
            message: "there is no such effect".to_owned(),
            path: vec!["input".to_owned(), "effect".to_owned()],
        }),
        Decision::MayRepeat => refused(
            "EFFECT_MAY_REPEAT",
            "it may have happened: with `mayRepeat` it may happen twice".to_owned(),
        ),
        Decision::Impossible(state) => {
            refused("EFFECT_STATE", format!("not possible in the state {}", state.name()))
        }
        Decision::Busy => {
            refused("EFFECT_BUSY", "a worker has it at this moment; try again".to_owned())
        }
    };
    Ok((None, vec![error]))
}
