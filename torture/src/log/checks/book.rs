//! What the children were told against what is stored.

use std::collections::HashMap;

use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use crate::log::ledger::Ledger;
use crate::log::wire::{Kind, Place};
use crate::report::Report;

/// Compares book and log.
///
/// # Errors
/// When the database cannot be asked.
pub async fn check(report: &mut Report, admin: &PgPool, ledger: &Ledger) -> anyhow::Result<()> {
    report.check("every answer is one that may be", ledger.contradictions());
    let stored = stored(admin).await?;
    let unissued = stored
        .keys()
        .filter(|key| !ledger.entries.contains_key(key))
        .map(|(_, command)| format!("{command} was never issued"));
    report.check("stored means issued", unissued);

    let (mut lost, mut unwanted) = (Vec::new(), Vec::new());
    for (key, entry) in &ledger.entries {
        let found = stored.get(key);
        let acknowledged = entry.places().next().map(|(_, place)| place);
        match (acknowledged, found) {
            (Some(place), Some(found)) if same(place, found) => {}
            (Some(place), found) => {
                lost.push(format!("{} was told {place:?}, stored is {found:?}", key.1));
            }
            (None, Some(found)) if !entry.open() => {
                unwanted.push(format!("{} {:?} is stored at {found:?}", key.1, entry.heard));
            }
            (None, _) => {}
        }
    }
    report.check("acknowledged means stored once, at that place", lost);
    report.check("a loser leaves nothing", unwanted);
    report.check("of those who insist on one version one wins", races(ledger));
    Ok(())
}

async fn stored(admin: &PgPool) -> anyhow::Result<HashMap<(Uuid, Uuid), Place>> {
    let rows = sqlx::query(
        "select tenant_id, command_id, lane, position, version,
                aggregate_type || '/' || aggregate_id as stream from log.command_log",
    )
    .fetch_all(admin)
    .await?;
    let mut stored = HashMap::with_capacity(rows.len());
    for row in rows {
        let place = Place {
            lane: row.try_get("lane")?,
            position: row.try_get("position")?,
            version: row.try_get("version")?,
            stream: row.try_get("stream")?,
            replayed: false,
        };
        stored.insert((row.try_get("tenant_id")?, row.try_get("command_id")?), place);
    }
    Ok(stored)
}

fn same(told: &Place, stored: &Place) -> bool {
    (told.lane, told.position, told.version, &told.stream)
        == (stored.lane, stored.position, stored.version, &stored.stream)
}

/// Winners per stream: never two. (Their streams are known from the winners only.)
fn races(ledger: &Ledger) -> Vec<String> {
    let mut winners: HashMap<&str, u32> = HashMap::new();
    let races = ledger.entries.values().filter(|entry| entry.kind == Kind::Race);
    for place in races.filter_map(|entry| entry.places().next()).map(|(_, place)| place) {
        *winners.entry(place.stream.as_str()).or_default() += 1;
    }
    winners
        .into_iter()
        .filter(|(_, winners)| *winners != 1)
        .map(|(stream, winners)| format!("{stream} has {winners} winners"))
        .collect()
}
