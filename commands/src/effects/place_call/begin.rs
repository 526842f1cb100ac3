//! Tells the call that an attempt begins, on a line that is free.

use bitacora_domain::aggregates::call_session::guards::{Circumstances, Lines};
use bitacora_domain::aggregates::call_session::{CallCommand, CallSession};
use bitacora_domain::{DomainAggregate as _, StreamId, Version};
use chrono::TimeDelta;
use cqrs_es::Aggregate as _;

use super::prepare::Ready;
use super::{Job, PlaceCall};
use crate::effects::Verdict;
use crate::effects::giving::{dropped, failed, not_given, retry};
use crate::{CommandError, Receipt};

/// Kind of the claim on a line of the tenant.
const LINE_CLAIM: &str = "call.line";
/// Lines that are tried: others may take them at the same moment.
const LINES_TRIED: usize = 8;
/// When a call looks again for a free line.
const LINE_AGAIN: TimeDelta = TimeDelta::seconds(15);
/// The event of an attempt that begins.
const BEGUN: &str = "CallPlacementRequested";

/// The step whose command begins the attempt.
pub(super) fn step(job: &Job<'_>) -> String {
    format!("begin:{}", job.giving.effect.attempt)
}

impl PlaceCall {
    /// `Ok` only when this very command began the attempt.
    pub(super) async fn begin(&self, job: &Job<'_>, ready: &Ready) -> Result<(), Verdict> {
        let mut refused = Vec::new();
        for _ in 0..LINES_TRIED {
            let free = self.free_line(job, &refused).await?;
            self.wait_for_line(job, free)?;
            let lines = Lines { free, ..ready.circumstances.lines };
            let circumstances = Circumstances { lines, ..ready.circumstances.clone() };
            let body = CallCommand::PlaceCall { attempt: job.place.attempt, circumstances };
            let given = job.giving.give::<CallSession>(&step(job), job.place.call, body).await;
            match (given, free) {
                (Ok(receipt), _) => return self.began(job, &receipt).await,
                (Err(CommandError::Reserved { kind: LINE_CLAIM, .. }), Some(line)) => {
                    refused.push(line);
                }
                (Err(error), _) => return Err(refusal(&error)),
            }
        }
        Err(retry("LINES_CONTENDED", "other calls took every line that was tried"))
    }

    /// Whoever waits for a line need not write that down, unless it is too late for the call.
    fn wait_for_line(&self, job: &Job<'_>, free: Option<i64>) -> Result<(), Verdict> {
        let now = self.bus.clock().now();
        let late = job.place.plan.not_after.is_some_and(|end| now >= end);
        if free.is_some() || late {
            return Ok(());
        }
        Err(Verdict::Defer { code: "NO_LINE".into(), until: now + LINE_AGAIN })
    }

    /// A line that nobody has at this moment; `None` when all are taken. Calls begin to look at
    /// different places, so that those of one moment do not all try the same.
    async fn free_line(&self, job: &Job<'_>, refused: &[i64]) -> Result<Option<i64>, Verdict> {
        let count = self.calls.rules.lines.max(1);
        let start = i64::from(job.place.call.as_uuid().as_bytes()[15]);
        for n in 0..count {
            let line = (start + n) % count + 1;
            if refused.contains(&line) {
                continue;
            }
            let (tenant, key) = (job.giving.effect.tenant, line.to_string());
            match self.bus.log().owner(tenant, LINE_CLAIM, &key).await {
                Ok(None) => return Ok(Some(line)),
                Ok(Some(_)) => {}
                Err(error) => return Err(retry("LOG_UNAVAILABLE", error)),
            }
        }
        Ok(None)
    }

    /// What the command wrote. The guards may have put the call off, or blocked it; and should
    /// the attempt have begun meanwhile by somebody else's command, that one dials.
    async fn began(&self, job: &Job<'_>, receipt: &Receipt) -> Result<(), Verdict> {
        let written = self.event_at(job, receipt.version).await?;
        match written.as_deref() {
            Some(BEGUN) => Ok(()),
            Some("CallDeferred") => Err(dropped("CALL_DEFERRED", "the guards put it off")),
            Some("CallBlocked") => Err(dropped("CALL_BLOCKED", "the guards forbid it")),
            Some(_) | None => Err(retry("ATTEMPT_UNCLEAR", "the call was changed meanwhile")),
        }
    }

    /// The name of the event of that version.
    async fn event_at(&self, job: &Job<'_>, version: Version) -> Result<Option<String>, Verdict> {
        let stream = StreamId::new(CallSession::TYPE, job.place.call);
        let (tenant, schema) = (job.giving.effect.tenant, CallSession::STATE_SCHEMA);
        let stored = self.bus.log().load(tenant, &stream, schema, false).await;
        let stored = stored.map_err(|error| retry("LOG_UNAVAILABLE", error))?;
        let place = usize::try_from(version.0 - 1).ok();
        let event = stored.and_then(|stored| stored.events.into_iter().nth(place?));
        Ok(event.map(|event| event.event_type))
    }
}

/// The call does not begin the attempt: it has moved on, or cannot be called at all.
fn refusal(error: &super::outcome::CallError) -> Verdict {
    match error.code() {
        code @ ("CALLEE_ZONE_UNKNOWN" | "INVALID_CIRCUMSTANCES") => failed(code, error),
        _ => not_given(error),
    }
}
