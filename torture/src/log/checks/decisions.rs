//! Was every event decided on the state before it? Label events carry the whole set afterwards
//! and messages the number of unread ones, so a decision on a stale or foreign state shows.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use sqlx::{PgPool, Row as _};

use crate::report::Report;

/// What a stream's next event must fit to.
#[derive(Default)]
struct State {
    labels: BTreeSet<String>,
    unread: i64,
    closed: bool,
}

/// Replays all conversations and compares.
///
/// # Errors
/// When the database cannot be asked.
pub async fn check(report: &mut Report, admin: &PgPool) -> anyhow::Result<()> {
    let rows = sqlx::query(
        "select aggregate_id, sequence, event_type, payload->event_type as fields from log.events
          where aggregate_type = 'conversation' order by aggregate_id, sequence",
    )
    .fetch_all(admin)
    .await?;
    let mut streams: HashMap<String, State> = HashMap::new();
    let mut violations = Vec::new();
    for row in rows {
        let (id, sequence): (String, i64) =
            (row.try_get("aggregate_id")?, row.try_get("sequence")?);
        let (event, fields): (String, Value) = (row.try_get("event_type")?, row.try_get("fields")?);
        let state = streams.entry(id.clone()).or_default();
        if let Err(reason) = state.follow(&event, &fields) {
            violations.push(format!("conversation {id} event {sequence} {event}: {reason}"));
        }
    }
    report.check("every event was decided on the state before it", violations);
    Ok(())
}

impl State {
    fn follow(&mut self, event: &str, fields: &Value) -> Result<(), String> {
        match event {
            "LabelAdded" | "LabelRemoved" => {
                let label = text(fields.get("label"));
                let fits = if event == "LabelAdded" {
                    self.labels.insert(label)
                } else {
                    self.labels.remove(&label)
                };
                let said: BTreeSet<String> = fields
                    .get("labels")
                    .and_then(Value::as_array)
                    .map(|labels| labels.iter().map(|label| text(Some(label))).collect())
                    .unwrap_or_default();
                let expected = std::mem::replace(&mut self.labels, said);
                if !fits || expected != self.labels {
                    return Err(format!(
                        "labels {:?}, by the events before {expected:?}",
                        self.labels
                    ));
                }
            }
            "MessageReceived" => {
                let said = fields.get("unread").and_then(Value::as_i64).unwrap_or_default();
                let expected = std::mem::replace(&mut self.unread, said) + 1;
                if said != expected || self.closed {
                    return Err(format!("unread {said}, by the events before {expected}"));
                }
            }
            "ConversationReadByAgent" => {
                let said = fields.get("unread").and_then(Value::as_i64).unwrap_or_default();
                let expected = std::mem::take(&mut self.unread);
                if said != expected {
                    return Err(format!("read {said}, by the events before {expected}"));
                }
            }
            "ConversationClosed" if std::mem::replace(&mut self.closed, true) => {
                return Err("closed twice".to_owned());
            }
            _ => {}
        }
        Ok(())
    }
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}
