//! What `bitacora projections` and `bitacora reactors` have in common: events that one could not
//! take wait, aggregate by aggregate, for somebody who retries or gives them up.

use bitacora_domain::{Lane, Position, StreamId, TenantId};
use serde_json::json;

use super::{Context, Exit, Failure};

/// An event that waits, as it is listed.
pub(super) struct Parked<'a> {
    /// Of what it waits for: a view, a reactor.
    pub(super) of: &'a str,
    pub(super) tenant: TenantId,
    pub(super) stream: &'a StreamId,
    pub(super) lane: Lane,
    pub(super) position: Position,
    pub(super) code: &'a str,
    pub(super) attempts: i32,
    pub(super) reason: &'a str,
}

/// Lists what waits; `what` heads the first column.
pub(super) fn list<'a>(
    context: &Context,
    what: &str,
    events: impl Iterator<Item = Parked<'a>>,
) -> Exit {
    let row = |event: Parked<'_>| {
        vec![
            event.of.to_owned(),
            event.stream.to_string(),
            format!("{}-{}", event.lane, event.position),
            event.code.to_owned(),
            event.attempts.to_string(),
            event.reason.to_owned(),
        ]
    };
    let rows: Vec<_> = events.map(row).collect();
    context.out.table(&[what, "aggregate", "position", "code", "attempts", "reason"], &rows);
    if rows.is_empty() { Exit::Done } else { Exit::Found }
}

/// The aggregate that somebody names as `type/id`.
///
/// # Errors
/// Usage, when it is not named like that.
pub(super) fn stream(named: &str) -> Result<StreamId, Failure> {
    let (kind, id) =
        named.split_once('/').ok_or_else(|| Failure::usage("name the aggregate as type/id"))?;
    Ok(StreamId::new(kind, id))
}

/// The tenant whose events wait there.
///
/// # Errors
/// Not found, when none does.
pub(super) fn tenant<'a>(
    of: &str,
    stream: &StreamId,
    mut events: impl Iterator<Item = Parked<'a>>,
) -> Result<TenantId, Failure> {
    let parked = events.find(|event| event.of == of && event.stream == stream);
    parked
        .map(|event| event.tenant)
        .ok_or_else(|| Failure::not_found(format!("nothing of {stream} is parked for {of}")))
}

/// Says how many were taken, as `verb`, and what still fails: position, code and reason.
pub(super) fn retried(
    context: &Context,
    verb: &str,
    count: usize,
    failed: Option<(Position, &str, &str)>,
) -> Exit {
    let why = failed.map(
        |(position, code, reason)| json!({ "position": position, "code": code, "reason": reason }),
    );
    context.out.emit(&json!({ verb: count, "failed": why }), || {
        let rest = failed.map_or_else(String::new, |(position, code, reason)| {
            format!("; position {position} still fails with {code}: {reason}")
        });
        format!("{count} {verb}{rest}")
    });
    if failed.is_none() { Exit::Done } else { Exit::Found }
}
