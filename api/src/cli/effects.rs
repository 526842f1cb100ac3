//! `bitacora effects`: what is to be done outside or later; retrying and discarding it.

use bitacora_commands::ports::{Decision, EffectFilter, EffectRow, EffectState, EffectStory};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::compose::Backend;
use super::{Context, Exit, Failure};

/// Who decides here, beside the effect.
const OPERATOR: &str = "cli";

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// How much there is of everything (the default); exit code 1 when an operator must look.
    Status,
    /// Effects, the latest first; without `--state` what an operator must look at.
    List {
        /// Only those in these states.
        #[arg(long, value_enum, value_delimiter = ',')]
        state: Vec<State>,
        /// Only those of this kind.
        #[arg(long)]
        kind: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// One effect with its attempts; personal data is masked.
    Show {
        /// The effect.
        effect: Uuid,
    },
    /// Tries a dead effect again; a process with the role `effects` does it.
    Retry {
        /// The effect.
        effect: Uuid,
        /// Also when nobody knows whether it happened: it may happen twice.
        #[arg(long)]
        may_repeat: bool,
    },
    /// Gives an effect up that is not done yet: it will not be.
    Discard {
        /// The effect.
        effect: Uuid,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum State {
    Pending,
    Running,
    Unknown,
    Done,
    Dropped,
    Dead,
    Discarded,
}

impl From<State> for EffectState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Running => Self::Running,
            State::Unknown => Self::Unknown,
            State::Done => Self::Done,
            State::Dropped => Self::Dropped,
            State::Dead => Self::Dead,
            State::Discarded => Self::Discarded,
        }
    }
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = match self.what.unwrap_or(What::Status) {
            What::Status => status(&context, &backend).await,
            What::List { state, kind, limit } => list(&context, &backend, state, kind, limit).await,
            What::Show { effect } => show(&context, &backend, effect).await,
            What::Retry { effect, may_repeat } => {
                retry(&context, &backend, effect, may_repeat).await
            }
            What::Discard { effect } => discard(&context, &backend, effect).await,
        };
        backend.close().await?;
        outcome
    }
}

async fn status(context: &Context, backend: &Backend) -> Result<Exit, Failure> {
    let counts = backend.effects.counts(backend.clock.now()).await?;
    let rows: Vec<_> = counts
        .states
        .iter()
        .map(|(state, count)| vec![state.name().to_owned(), count.to_string()])
        .collect();
    context.out.table(&["state", "count"], &rows);
    if let Some(oldest) = counts.oldest_due {
        let document = json!({ "oldestDue": oldest });
        context.out.emit(&document, || format!("the oldest due one waits since {}", time(oldest)));
    }
    let letters = counts.of(EffectState::Dead) + counts.of(EffectState::Unknown);
    Ok(if letters > 0 { Exit::Found } else { Exit::Done })
}

async fn list(
    context: &Context,
    backend: &Backend,
    states: Vec<State>,
    kind: Option<String>,
    limit: i64,
) -> Result<Exit, Failure> {
    let states = match states.as_slice() {
        [] => vec![EffectState::Dead, EffectState::Unknown],
        given => given.iter().map(|state| (*state).into()).collect(),
    };
    let filter = EffectFilter { states, kind, ..EffectFilter::default() };
    let effects = backend.effects.list(&filter, limit).await?;
    let columns =
        ["effect", "kind", "state", "code", "attempts", "due", "next", "tenant", "line", "detail"];
    context.out.table(&columns, &effects.iter().map(row).collect::<Vec<_>>());
    Ok(Exit::Done)
}

fn row(effect: &EffectRow) -> Vec<String> {
    vec![
        effect.id.to_string(),
        effect.kind.clone(),
        effect.state.name().to_owned(),
        effect.code.clone().unwrap_or_default(),
        effect.attempts.to_string(),
        time(effect.due_at),
        effect.next_at.map_or_else(String::new, time),
        effect.tenant.to_string(),
        effect.serial.clone().unwrap_or_default(),
        effect.detail.clone().unwrap_or_default(),
    ]
}

async fn show(context: &Context, backend: &Backend, id: Uuid) -> Result<Exit, Failure> {
    let story = backend.effects.show(None, id).await?.ok_or_else(|| not_found(id))?;
    context.out.emit(&document(&story), || text(&story));
    Ok(Exit::Done)
}

fn document(story: &EffectStory) -> serde_json::Value {
    let EffectStory { row, payload, attempts } = story;
    let attempts: Vec<_> = attempts
        .iter()
        .map(|attempt| {
            json!({
                "attempt": attempt.attempt,
                "worker": attempt.worker,
                "startedAt": attempt.started_at,
                "endedAt": attempt.ended_at,
                "outcome": attempt.outcome,
                "code": attempt.code,
            })
        })
        .collect();
    json!({
        "effect": row.id, "tenant": row.tenant, "kind": row.kind, "line": row.serial,
        "state": row.state.name(), "code": row.code, "detail": row.detail,
        "attempts": row.attempts, "failures": row.failures, "dueAt": row.due_at,
        "nextAt": row.next_at, "eventId": row.event_id, "correlationId": row.correlation_id,
        "createdAt": row.created_at, "finishedAt": row.finished_at, "decidedBy": row.decided_by,
        "payload": payload, "attemptLog": attempts,
    })
}

fn text(story: &EffectStory) -> String {
    let EffectStory { row, payload, attempts } = story;
    let mut lines = vec![
        format!("{} {} of tenant {}", row.kind, row.id, row.tenant),
        format!(
            "{} {} {}",
            row.state.name(),
            row.code.as_deref().unwrap_or_default(),
            row.detail.as_deref().unwrap_or_default()
        ),
        format!("due {}, event {}, chain {}", time(row.due_at), row.event_id, row.correlation_id),
        payload.to_string(),
    ];
    lines.extend(attempts.iter().map(|attempt| {
        format!(
            "attempt {} by {} from {} to {}: {} {}",
            attempt.attempt,
            attempt.worker,
            time(attempt.started_at),
            attempt.ended_at.map_or_else(|| "?".to_owned(), time),
            attempt.outcome.as_deref().unwrap_or("no result"),
            attempt.code.as_deref().unwrap_or_default()
        )
    }));
    lines.join("\n")
}

async fn retry(
    context: &Context,
    backend: &Backend,
    id: Uuid,
    may_repeat: bool,
) -> Result<Exit, Failure> {
    let now = backend.clock.now();
    let was = made(id, backend.effects.retry(now, None, id, may_repeat, OPERATOR).await?)?;
    let document = json!({ "effect": id, "was": was.name(), "due": true });
    context.out.emit(&document, || {
        format!("it was {}; due now, an effects worker tries it within a second", was.name())
    });
    Ok(Exit::Done)
}

async fn discard(context: &Context, backend: &Backend, id: Uuid) -> Result<Exit, Failure> {
    let now = backend.clock.now();
    let was = made(id, backend.effects.discard(now, None, id, OPERATOR).await?)?;
    let document = json!({ "effect": id, "was": was.name(), "discarded": true });
    context.out.emit(&document, || format!("it was {}; it will not be done", was.name()));
    Ok(Exit::Done)
}

/// The state before, or why nothing was done.
fn made(id: Uuid, decision: Decision) -> Result<EffectState, Failure> {
    match decision {
        Decision::Made(was) => Ok(was),
        Decision::NotFound => Err(not_found(id)),
        Decision::MayRepeat => Err(Failure::new(
            Exit::Refused,
            "EFFECT_MAY_REPEAT",
            "nobody knows whether it happened: with --may-repeat it may happen twice",
        )),
        Decision::Impossible(state) => Err(Failure::new(
            Exit::Refused,
            "EFFECT_STATE",
            format!("not possible in the state {}", state.name()),
        )),
        Decision::Busy => Err(Failure::new(
            Exit::Refused,
            "EFFECT_BUSY",
            "a worker has it at this moment; try again",
        )),
    }
}

fn not_found(id: Uuid) -> Failure {
    Failure::not_found(format!("there is no effect {id}"))
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
