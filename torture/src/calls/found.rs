//! Attempts as the log tells them.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::{PgPool, Row as _};

/// One attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempt {
    /// Events of each kind.
    pub(super) events: BTreeMap<String, u64>,
    /// How it ended.
    pub(super) outcome: Option<String>,
    /// What the carrier calls it.
    pub(super) sid: Option<String>,
    /// What it cost, in millionths.
    pub(super) costs: Vec<i64>,
    /// Nobody knew for a while whether it was made.
    pub(super) was_unknown: bool,
    /// Who told that it was, after nobody had known: `provider` by a callback, `system` by asking.
    pub(super) known_by: Option<String>,
}

impl Attempt {
    pub(super) fn count(&self, kind: &str) -> u64 {
        self.events.get(kind).copied().unwrap_or_default()
    }

    fn follow(&mut self, kind: &str, said: &Value, actor: &str) {
        *self.events.entry(kind.to_owned()).or_default() += 1;
        let text = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_owned);
        match kind {
            "CallPlacementUnknown" => self.was_unknown = true,
            "CallPlaced" => {
                let ids = said.get("ids");
                let sid = ids.and_then(|ids| ids.get("call_sid")).and_then(Value::as_str);
                self.sid = sid.map(str::to_owned);
                self.known_by = self.was_unknown.then(|| actor.to_owned());
            }
            "CallEnded" => self.outcome = text("outcome"),
            "CallReclassified" => self.outcome = text("to"),
            "CallCostRecorded" => {
                self.costs.extend(said.get("amount_e6").and_then(Value::as_i64));
            }
            _ => {}
        }
    }
}

/// All attempts, by `<call>/<attempt>`.
pub(super) async fn attempts(admin: &PgPool) -> anyhow::Result<BTreeMap<String, Attempt>> {
    let rows = sqlx::query(
        "select aggregate_id, event_type, payload -> event_type as said,
                coalesce(metadata ->> 'actor_kind', '') as actor
         from log.events where aggregate_type = 'call_session' order by lane, position",
    )
    .fetch_all(admin)
    .await?;
    let mut attempts: BTreeMap<String, Attempt> = BTreeMap::new();
    for row in rows {
        let said: Value = row.try_get("said")?;
        let (call, kind): (String, String) =
            (row.try_get("aggregate_id")?, row.try_get("event_type")?);
        let Some(number) = said.get("attempt").and_then(Value::as_i64) else { continue };
        let name = format!("{call}/{number}");
        if kind == "CallPlacementRequested" {
            attempts.entry(name.clone()).or_default();
        }
        if let Some(attempt) = attempts.get_mut(&name) {
            attempt.follow(&kind, &said, &row.try_get::<String, _>("actor")?);
        }
    }
    Ok(attempts)
}
