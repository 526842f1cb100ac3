//! What must hold in the end: the provider's book against the log.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::book::{Book, Entry, Proof};
use super::fate::all_faults;
use crate::report::Report;

/// A message as the log tells it.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    conversation: String,
    /// Place of the event that queued it.
    queued: i64,
    attempts: u64,
    was_unknown: bool,
    /// The last state: `PENDING`, `UNKNOWN`, `SENT` … `FAILED`.
    state: &'static str,
    /// States after it was unknown.
    reconciled: bool,
}

/// All messages of the log, by the text that travels with them.
pub(super) struct Found(BTreeMap<String, Story>);

impl Found {
    /// Reads them from the events.
    pub(super) async fn read(admin: &PgPool) -> anyhow::Result<Self> {
        let rows = sqlx::query(
            "select aggregate_id, event_type, payload -> event_type as said, position
             from log.events where aggregate_type = 'conversation' order by lane, position",
        )
        .fetch_all(admin)
        .await?;
        let mut found: BTreeMap<String, Story> = BTreeMap::new();
        for row in rows {
            let said: Value = row.try_get("said")?;
            let conversation: String = row.try_get("aggregate_id")?;
            let Some(message) = said.get("message").and_then(Value::as_str) else { continue };
            let callback = format!("b1:{conversation}:{message}");
            let kind: String = row.try_get("event_type")?;
            if kind == "MessageQueued" {
                let queued = row.try_get("position")?;
                found.insert(
                    callback,
                    Story { conversation, queued, state: "PENDING", ..Story::default() },
                );
            } else if let Some(story) = found.get_mut(&callback) {
                story.follow(&kind, &said);
            }
        }
        Ok(Self(found))
    }

    fn count(&self, which: impl Fn(&Story) -> bool) -> u64 {
        self.0.values().filter(|story| which(story)).count() as u64
    }
}

impl Story {
    fn follow(&mut self, kind: &str, said: &Value) {
        let state = match kind {
            "MessageSendAttempted" => {
                self.attempts += 1;
                return;
            }
            "MessageSendUnknown" => {
                self.was_unknown = true;
                self.state = "UNKNOWN";
                return;
            }
            "MessageSent" => "SENT",
            "MessageDelivered" => "DELIVERED",
            "MessageRead" => "READ",
            "MessageFailed" => "FAILED",
            "MessageRejected" if said.get("retryable") == Some(&Value::Bool(false)) => "FAILED",
            _ => return,
        };
        self.state = state;
        self.reconciled = self.was_unknown;
    }

    fn has_ended(&self) -> bool {
        ["SENT", "DELIVERED", "READ", "FAILED"].contains(&self.state)
    }
}

/// Messages that are still unknown: the provider must never have taken them.
pub(super) fn unknown_and_never_taken(
    report: &mut Report,
    found: &Found,
    book: &Book,
) -> BTreeSet<String> {
    let pages = book.open();
    let taken = |callback: &str| {
        pages.entries.get(callback).is_some_and(|entry| !entry.taken_as.is_empty())
    };
    let unknown = found.0.iter().filter(|(_, story)| story.state == "UNKNOWN");
    let left: BTreeSet<String> = unknown.map(|(callback, _)| callback.clone()).collect();
    report.check(
        "what was unknown and taken is reconciled by its statuses",
        left.iter().filter(|callback| taken(callback)).cloned(),
    );
    report.check(
        "nothing is left but what is unknown",
        found
            .0
            .iter()
            .filter(|(_, story)| !story.has_ended() && story.state != "UNKNOWN")
            .map(|(callback, story)| format!("{callback} is {}", story.state)),
    );
    left
}

/// Effects of these messages.
pub(super) async fn effects_of(
    admin: &PgPool,
    callbacks: &BTreeSet<String>,
) -> anyhow::Result<Vec<Uuid>> {
    let messages: Vec<_> = callbacks.iter().filter_map(|text| text.rsplit(':').next()).collect();
    let sql = "select id from effects.queue where kind = 'message.send'
               and state = 'unknown' and payload ->> 'message' = any($1)";
    Ok(sqlx::query_scalar(sql).bind(messages).fetch_all(admin).await?)
}

/// Effects of messages in these states.
pub(super) async fn open_effects(admin: &PgPool, states: &[&str]) -> anyhow::Result<i64> {
    let sql = "select count(*) from effects.queue
               where kind = 'message.send' and state = any($1)";
    Ok(sqlx::query_scalar(sql).bind(states).fetch_one(admin).await?)
}

/// Unknown effects whose message a status has spoken of: the next question settles them.
pub(super) async fn unknown_but_reported(admin: &PgPool) -> anyhow::Result<i64> {
    let sql = "select count(*) from effects.queue q
        where q.kind = 'message.send' and q.state = 'unknown' and exists (
          select from log.events e where e.aggregate_type = 'conversation'
            and e.aggregate_id = q.payload ->> 'conversation'
            and e.event_type in ('MessageSent', 'MessageDelivered', 'MessageRead', 'MessageFailed')
            and e.payload -> e.event_type ->> 'message' = q.payload ->> 'message')";
    Ok(sqlx::query_scalar(sql).fetch_one(admin).await?)
}

/// Given-up effects whose end was not told yet.
pub(super) async fn untold(admin: &PgPool) -> anyhow::Result<i64> {
    let sql = "select count(*) from effects.queue
               where state in ('dead', 'discarded') and next_attempt_at is not null";
    Ok(sqlx::query_scalar(sql).fetch_one(admin).await?)
}

/// Everything else.
pub(super) async fn check(
    report: &mut Report,
    admin: &PgPool,
    found: &Found,
    book: &Book,
) -> anyhow::Result<()> {
    let pages = book.open().entries.clone();
    let (faults, wrong) = {
        let open = book.open();
        (open.faults.clone(), open.wrong.clone())
    };
    let fired = |name: &str| faults.get(name).is_some_and(|count| *count > 0);
    let missing = all_faults().into_iter().filter(|name| !fired(name)).map(str::to_owned);
    report.check("every fault fired", missing);
    for (fault, count) in faults {
        report.fault(fault, count);
    }
    report.check("requests and webhooks are well formed", wrong);
    report.check("the provider took each message at most once", taken_twice(&pages));
    report.check("no request follows one that may have been taken", repeated(&pages));
    report.check("the provider saw only what was queued", strangers(&pages, found));
    report.check("every message ended", not_ended(found));
    report.check("every message ended as what became of it", wrong_ends(&pages, found));
    report.check("the order within each conversation is kept", disordered(&pages, found));
    let dead = open_effects(admin, &["dead"]).await?;
    report.require("no message was given up by the machine", dead == 0, || format!("{dead} dead"));
    let failed: Vec<String> = sqlx::query_scalar(
        "select format('%s %s: %s', state, key, reason) from inbox.facts
         where state in ('failed', 'unroutable', 'ignored')",
    )
    .fetch_all(admin)
    .await?;
    report.check("no status was given up", failed);

    let once = pages.values().filter(|entry| entry.taken_as.len() == 1).count();
    report.figure("messages queued", found.0.len() as u64);
    report.figure("messages taken once", once as u64);
    report.figure("messages unknown for a while", found.count(|story| story.was_unknown));
    report.figure(
        "… reconciled by a status",
        found.count(|s| s.reconciled) - discarded(found, &pages),
    );
    report.figure("messages tried more than once", found.count(|story| story.attempts > 1));
    report.figure("messages failed", found.count(|story| story.state == "FAILED"));
    Ok(())
}

/// Unknown, never taken, ended by an operator.
fn discarded(found: &Found, pages: &BTreeMap<String, Entry>) -> u64 {
    let never_taken =
        |callback: &String| pages.get(callback).is_none_or(|entry| entry.taken_as.is_empty());
    let ended = |story: &Story| story.reconciled && story.state == "FAILED";
    let stories = found.0.iter();
    stories.filter(|(callback, story)| ended(story) && never_taken(callback)).count() as u64
}

fn taken_twice(pages: &BTreeMap<String, Entry>) -> Vec<String> {
    let twice = pages.iter().filter(|(_, entry)| entry.taken_as.len() > 1);
    twice.map(|(callback, entry)| format!("{callback}: {:?}", entry.requests)).collect()
}

fn repeated(pages: &BTreeMap<String, Entry>) -> Vec<String> {
    let followed = |entry: &Entry| {
        let last = entry.requests.len().saturating_sub(1);
        entry.requests.iter().take(last).any(|seen| seen.proof == Proof::NotNothing)
    };
    let repeated = pages.iter().filter(|(_, entry)| followed(entry));
    repeated.map(|(callback, entry)| format!("{callback}: {:?}", entry.requests)).collect()
}

fn strangers(pages: &BTreeMap<String, Entry>, found: &Found) -> Vec<String> {
    pages.keys().filter(|callback| !found.0.contains_key(*callback)).cloned().collect()
}

fn not_ended(found: &Found) -> Vec<String> {
    let open = found.0.iter().filter(|(_, story)| !story.has_ended());
    open.map(|(callback, story)| format!("{callback} is {}", story.state)).collect()
}

/// What was taken ends as its furthest status says; what was not, has failed.
fn wrong_ends(pages: &BTreeMap<String, Entry>, found: &Found) -> Vec<String> {
    let expected = |callback: &String| {
        let ending = pages.get(callback).and_then(|entry| entry.ending);
        match ending {
            Some("sent") => "SENT",
            Some("delivered") => "DELIVERED",
            Some("read") => "READ",
            Some(_) | None => "FAILED",
        }
    };
    let stories = found.0.iter().filter(|(callback, story)| story.state != expected(callback));
    stories
        .map(|(callback, story)| {
            format!("{callback} is {}, not {}", story.state, expected(callback))
        })
        .collect()
}

/// Messages that were taken before one that was queued earlier.
fn disordered(pages: &BTreeMap<String, Entry>, found: &Found) -> Vec<String> {
    let mut lines: BTreeMap<&str, Vec<(i64, u64, &str)>> = BTreeMap::new();
    for (callback, story) in &found.0 {
        let taken = pages.get(callback).and_then(|entry| entry.taken_as.first());
        if let Some(taken) = taken {
            let line = lines.entry(&story.conversation).or_default();
            line.push((story.queued, *taken, callback));
        }
    }
    let mut wrong = Vec::new();
    for line in lines.values_mut() {
        line.sort_unstable();
        let pairs = line.windows(2).filter(|pair| pair[0].1 > pair[1].1);
        wrong.extend(pairs.map(|pair| format!("{} was taken before {}", pair[1].2, pair[0].2)));
    }
    wrong
}
