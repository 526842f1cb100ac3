//! What must hold in the end: the carrier's book against the log and the read tables.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::book::{Book, Pages};
use super::fake::PRICE_E6;
use super::fate::all_faults;
use super::found::{self, Attempt};
use crate::report::Report;

type Attempts = BTreeMap<String, Attempt>;

/// Effects of attempts of which nobody knows whether they were made, with the attempts' names.
pub(super) async fn unknown(admin: &PgPool) -> anyhow::Result<Vec<(Uuid, String)>> {
    let sql = "select id, payload ->> 'call' || '/' || (payload ->> 'attempt') as attempt
        from effects.queue where kind = 'call.place' and state = 'unknown'";
    let rows = sqlx::query(sql).fetch_all(admin).await?;
    rows.iter().map(|row| Ok((row.try_get("id")?, row.try_get("attempt")?))).collect()
}

/// Those of them that were made: something has yet to tell.
pub(super) async fn unknown_but_made(admin: &PgPool, book: &Book) -> anyhow::Result<usize> {
    let unknown = unknown(admin).await?;
    let pages = book.open();
    let made = |(_, attempt): &&(Uuid, String)| pages.made_of(attempt).next().is_some();
    Ok(unknown.iter().filter(made).count())
}

/// Attempts that are still unknown: the carrier must never have made them.
pub(super) async fn unknown_and_never_made(
    report: &mut Report,
    admin: &PgPool,
    book: &Book,
) -> anyhow::Result<Vec<Uuid>> {
    let left = unknown(admin).await?;
    let pages = book.open();
    let made = left.iter().filter(|(_, attempt)| pages.made_of(attempt).next().is_some());
    report
        .check("what was unknown and made is reconciled", made.map(|(_, attempt)| attempt.clone()));
    Ok(left.into_iter().map(|(effect, _)| effect).collect())
}

/// Everything else.
pub(super) async fn check(report: &mut Report, admin: &PgPool, book: &Book) -> anyhow::Result<()> {
    let attempts = found::attempts(admin).await?;
    let read = in_read_tables(admin).await?;
    of_log(report, admin, &attempts).await?;
    given_up(report, admin).await?;
    let pages = book.open();
    of_carrier(report, &pages, &attempts);
    report.check("every attempt ended as the carrier has it", wrong_ends(&pages, &attempts));
    report.check("the read tables say the same", wrong_rows(&pages, &attempts, &read));
    for (fault, count) in &pages.faults {
        report.fault(fault, *count);
    }
    figures(report, &pages, &attempts);
    Ok(())
}

fn of_carrier(report: &mut Report, pages: &Pages, attempts: &Attempts) {
    let fired = |name: &&str| pages.faults.get(name).is_some_and(|count| *count > 0);
    let missing = all_faults().filter(|name| !fired(name)).map(str::to_owned);
    report.check("every fault fired", missing);
    report.check("requests and webhooks are well formed", pages.wrong.iter().cloned());
    let mut made: BTreeMap<&str, u64> = BTreeMap::new();
    for call in pages.calls.values() {
        *made.entry(&call.of).or_default() += 1;
    }
    let twice = made.iter().filter(|(_, count)| **count > 1);
    let twice = twice.map(|(attempt, count)| format!("{attempt}: {count} calls"));
    report.check("nobody's phone rang twice for one attempt", twice);
    let again = pages.asked.iter().filter(|(_, asked)| asked.len() > 1);
    let again = again.map(|(attempt, asked)| format!("{attempt}: {asked:?}"));
    report.check("no attempt is asked for twice, whatever became of the first", again);
    let strangers = pages.asked.keys().filter(|attempt| !attempts.contains_key(*attempt));
    report.check("the carrier was asked only for what had begun", strangers.cloned());
}

async fn of_log(report: &mut Report, admin: &PgPool, attempts: &Attempts) -> anyhow::Result<()> {
    let odd = attempts.iter().filter(|(_, known)| {
        known.count("CallPlacementRequested") != 1
            || known.count("CallEnded") != 1
            || known.count("CallPlaced") > 1
    });
    let odd = odd.map(|(name, known)| format!("{name}: {:?}", known.events));
    report.check("each attempt began once and ended once", odd);
    let dear = attempts.iter().filter(|(_, known)| {
        known.costs.len() > 1 || known.costs.iter().any(|cost| *cost != PRICE_E6)
    });
    report.check(
        "what a call cost is recorded once",
        dear.map(|(name, known)| format!("{name}: {:?}", known.costs)),
    );
    let sql = "select id::text || ' is ' || status from read_store.calls_v1 where status not in
        ('COMPLETED', 'VOICEMAIL', 'BUSY', 'NO_ANSWER', 'FAILED', 'CANCELED')";
    let open: Vec<String> = sqlx::query_scalar(sql).fetch_all(admin).await?;
    report.check("every call that was wanted has ended", open);
    let sql = "select owner from log.reservations where kind = 'call.line'";
    let held: Vec<String> = sqlx::query_scalar(sql).fetch_all(admin).await?;
    report.check("every line is free again", held);
    let sql = "select count(*) from log.events where event_type = 'CallRequested'";
    let wanted: i64 = sqlx::query_scalar(sql).fetch_one(admin).await?;
    report.figure("calls wanted", wanted.unsigned_abs());
    Ok(())
}

/// Nothing was given up, parked or left behind.
async fn given_up(report: &mut Report, admin: &PgPool) -> anyhow::Result<()> {
    let sql = "select kind || ' ' || state || coalesce(' ' || last_code, '') from effects.queue
        where state in ('dead', 'unknown') limit 20";
    let dead: Vec<String> = sqlx::query_scalar(sql).fetch_all(admin).await?;
    report.check("no effect is given up by the machine", dead);
    let sql = "select format('%s %s: %s', state, key, reason) from inbox.facts
        where state in ('failed', 'unroutable', 'ignored', 'waiting') limit 20";
    let failed: Vec<String> = sqlx::query_scalar(sql).fetch_all(admin).await?;
    report.check("no callback is given up", failed);
    let sql = "select name || ' ' || reason from ops.parked
        union all select reactor || ' ' || code from effects.parked limit 20";
    let parked: Vec<String> = sqlx::query_scalar(sql).fetch_all(admin).await?;
    report.check("nothing is parked", parked);
    Ok(())
}

/// What was made ends as the carrier has it; what was not, has failed.
fn wrong_ends(pages: &Pages, attempts: &Attempts) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, known) in attempts {
        let sid = pages.made_of(name).next();
        let made = sid.and_then(|sid| pages.calls.get(sid));
        let expected = made.map_or("FAILED", super::book::Made::outcome);
        if known.outcome.as_deref() != Some(expected) || known.sid.as_ref() != sid {
            wrong.push(format!("{name} is {known:?}, not {expected} {sid:?}"));
        }
    }
    wrong
}

/// Outcome and the carrier's name of each attempt.
type Rows = BTreeMap<String, (Option<String>, Option<String>)>;

async fn in_read_tables(admin: &PgPool) -> anyhow::Result<Rows> {
    let sql = "select call_id::text || '/' || number as attempt, outcome, call_sid
        from read_store.call_attempts_v1";
    let rows = sqlx::query(sql).fetch_all(admin).await?;
    let read = |row: &sqlx::postgres::PgRow| {
        Ok((row.try_get("attempt")?, (row.try_get("outcome")?, row.try_get("call_sid")?)))
    };
    rows.iter().map(read).collect()
}

fn wrong_rows(pages: &Pages, attempts: &Attempts, read: &Rows) -> Vec<String> {
    let mut wrong = Vec::new();
    let names: BTreeSet<&String> = attempts.keys().chain(read.keys()).collect();
    for name in names {
        let sid = pages.made_of(name).next().cloned();
        let made = sid.as_ref().and_then(|sid| pages.calls.get(sid));
        let outcome = made.map_or("FAILED", super::book::Made::outcome).to_owned();
        if read.get(name) != Some(&(Some(outcome.clone()), sid.clone())) {
            wrong.push(format!("{name} is {:?}, not {outcome} {sid:?}", read.get(name)));
        }
    }
    wrong
}

fn figures(report: &mut Report, pages: &Pages, attempts: &Attempts) {
    let count = |which: &dyn Fn(&Attempt) -> bool| {
        attempts.values().filter(|known| which(known)).count() as u64
    };
    let by = |who: &'static str| count(&|known| known.known_by.as_deref() == Some(who));
    report.figure("attempts begun", attempts.len() as u64);
    report.figure("calls made by the carrier", pages.calls.len() as u64);
    report.figure("attempts unknown for a while", count(&|known| known.was_unknown));
    report.figure("… reconciled by a callback", by("provider"));
    report.figure("… found by asking the carrier", by("system"));
    report.figure("costs recorded", count(&|known| !known.costs.is_empty()));
    let twice = attempts.keys().filter(|name| name.ends_with("/2")).count();
    report.figure("second attempts", twice as u64);
}
