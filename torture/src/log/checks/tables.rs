//! The log's tables against each other. Every query returns what is wrong, as text.

use std::collections::{BTreeMap, HashMap};

use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use crate::log::load::direct::{COUNTER, KEY_HOLDER, KEY_KIND, NUMBERED};
use crate::log::world::installation_key;
use crate::report::Report;

/// Property and the query that returns its violations.
const PROPERTIES: &[(&str, &str)] = &[
    (
        "positions are gapless in every lane",
        "select format('lane %s: %s events, last position %s, head %s', h.lane, count(e), max(e.position), h.position)
           from log.lane_heads h left join log.events e on e.lane = h.lane
          group by h.lane, h.position
         having count(e) <> h.position or coalesce(max(e.position), 0) <> h.position
             or coalesce(min(e.position), 1) <> 1",
    ),
    (
        "an aggregate's order is the order of positions",
        "select format('%s/%s: event %s is number %s by position', aggregate_type, aggregate_id, sequence, n)
           from (select *, row_number() over (partition by aggregate_type, aggregate_id order by position) n,
                        min(lane) over w as first_lane, max(lane) over w as last_lane
                   from log.events window w as (partition by aggregate_type, aggregate_id)) e
          where sequence <> n or first_lane <> last_lane",
    ),
    (
        "time never goes back in a lane",
        "select format('lane %s position %s', lane, position)
           from (select *, lag(recorded_at) over (partition by lane order by position) as before
                   from log.events) e
          where recorded_at < before",
    ),
    (
        "stream heads are the streams' last events",
        "select format('%s/%s: head %s, log %s', coalesce(h.aggregate_type, e.aggregate_type),
                       coalesce(h.aggregate_id, e.aggregate_id), h.version, e.sequence)
           from log.stream_heads h full join
                (select distinct on (aggregate_type, aggregate_id) * from log.events
                  order by aggregate_type, aggregate_id, sequence desc) e
             on (h.aggregate_type, h.aggregate_id) = (e.aggregate_type, e.aggregate_id)
          where (h.version, h.position, h.tenant_id, h.last_event::text)
                is distinct from (e.sequence, e.position, e.tenant_id, e.metadata->>'event_id')",
    ),
    (
        "every event has one id and belongs to a logged command",
        "select format('event %s of command %s', e.metadata->>'event_id', e.metadata->>'command_id')
           from log.events e left join log.command_log c
             on c.tenant_id = e.tenant_id and c.command_id = (e.metadata->>'command_id')::uuid
          where c.command_id is null
         union all
         select format('event id %s stands %s times', metadata->>'event_id', count(*))
           from log.events group by metadata->>'event_id' having count(*) > 1",
    ),
    (
        "the command log says where each command's events end",
        "select format('command %s says %s/%s, its events end at %s/%s', c.command_id, c.position, c.version,
                       e.position, e.sequence)
           from log.command_log c left join
                (select tenant_id, (metadata->>'command_id')::uuid as command_id, max(position) as position,
                        max(sequence) as sequence, count(distinct (aggregate_type, aggregate_id)) as streams
                   from log.events group by 1, 2) e using (tenant_id, command_id)
           left join log.events named
             on (named.aggregate_type, named.aggregate_id, named.sequence) = (c.aggregate_type, c.aggregate_id, c.version)
          where case when e.position is null
                     -- a no-op stands on the stream's last event of then
                     then named.position is distinct from nullif(c.position, 0)
                     else (e.position, e.sequence, e.streams) is distinct from (c.position, c.version, 1::bigint) end",
    ),
];

/// Runs them, and the gapless numbers.
///
/// # Errors
/// When the database cannot be asked.
pub async fn check(report: &mut Report, admin: &PgPool) -> anyhow::Result<()> {
    for (property, query) in PROPERTIES {
        let violations: Vec<String> = sqlx::query_scalar(query).fetch_all(admin).await?;
        report.check(property, violations);
    }
    let numbers: Vec<String> = sqlx::query_scalar(
        "select format('tenant %s: number %s is number %s in order, counter %s', e.tenant_id, number, n, c.value)
           from (select tenant_id, (payload->'Numbered'->>'number')::bigint as number,
                        row_number() over (partition by tenant_id order by position) as n,
                        count(*) over (partition by tenant_id) as total
                   from log.events where aggregate_type = $1) e
           left join log.counters c on c.tenant_id = e.tenant_id and c.kind = $2
          where number is distinct from n or c.value is distinct from total",
    )
    .bind(NUMBERED)
    .bind(COUNTER)
    .fetch_all(admin)
    .await?;
    report.check("numbers are gapless and in order", numbers);
    Ok(())
}

/// Who holds what, by tenant and clear key.
type Held = HashMap<(Uuid, String), String>;

/// Replays every claim from the events and compares with the reservations.
///
/// # Errors
/// When the database cannot be asked.
pub async fn reservations(report: &mut Report, admin: &PgPool) -> anyhow::Result<()> {
    let mut violations = Vec::new();
    let mut held = Held::new();
    let rows = sqlx::query(
        "select tenant_id, aggregate_type, aggregate_id, event_type, payload->event_type as fields
           from log.events
          where event_type in ('ConversationStarted', 'ConversationClosed', 'KeyTaken', 'KeyReleased')
            and aggregate_type <> $1
          order by lane, position",
    )
    .bind(KEY_HOLDER)
    .fetch_all(admin)
    .await?;
    let mut opened: HashMap<String, String> = HashMap::new();
    for row in rows {
        let (tenant, id): (Uuid, String) =
            (row.try_get("tenant_id")?, row.try_get("aggregate_id")?);
        let fields: serde_json::Value = row.try_get("fields")?;
        let field = |name: &str| fields.get(name).and_then(|v| v.as_str()).unwrap_or_default();
        if row.try_get::<&str, _>("event_type")? == "ConversationStarted" {
            let key = format!("{}|{}", field("contact"), field("channel"));
            if let Some(other) = held.insert((tenant, key.clone()), id.clone()) {
                violations.push(format!("{id} was opened while {other} was open"));
            }
            opened.insert(id, key);
        } else if let Some(key) = opened.get(&id) {
            held.remove(&(tenant, key.clone()));
        }
    }
    let expected = held.into_iter().map(|((tenant, key), owner)| {
        ((tenant, installation_key().claim("conversation.open", &key).to_vec()), owner)
    });
    violations.extend(compare(admin, "conversation.open", expected.collect()).await?);
    report.check("one open conversation per contact, as reserved", violations);
    report.check("keys of the installation have one holder", keys(admin).await?);
    Ok(())
}

/// Keys of the installation are taken and given back in two lanes that have no common order, so
/// only what is held at the end can be told from the events.
async fn keys(admin: &PgPool) -> anyhow::Result<Vec<String>> {
    let rows = sqlx::query(
        "select payload->'KeyTaken'->>'key' as key, aggregate_id from log.events e
          where aggregate_type = $1 and event_type = 'KeyTaken' and not exists
                (select from log.events r where r.aggregate_type = e.aggregate_type
                    and r.aggregate_id = e.aggregate_id and r.event_type = 'KeyReleased')",
    )
    .bind(KEY_HOLDER)
    .fetch_all(admin)
    .await?;
    let mut violations = Vec::new();
    let mut expected = BTreeMap::new();
    for row in rows {
        let (key, id): (String, String) = (row.try_get("key")?, row.try_get("aggregate_id")?);
        let hash = installation_key().claim(KEY_KIND, &key).to_vec();
        if let Some(other) = expected.insert((Uuid::nil(), hash), id.clone()) {
            violations.push(format!("{key} is held by {id} and by {other}"));
        }
    }
    violations.extend(compare(admin, KEY_KIND, expected).await?);
    Ok(violations)
}

async fn compare(
    admin: &PgPool,
    kind: &str,
    mut expected: BTreeMap<(Uuid, Vec<u8>), String>,
) -> anyhow::Result<Vec<String>> {
    let rows =
        sqlx::query("select tenant_id, key_hash, owner from log.reservations where kind = $1")
            .bind(kind)
            .fetch_all(admin)
            .await?;
    let mut violations = Vec::new();
    for row in rows {
        let key = (row.try_get("tenant_id")?, row.try_get("key_hash")?);
        let owner: String = row.try_get("owner")?;
        match expected.remove(&key) {
            Some(wanted) if wanted == owner => {}
            other => {
                violations.push(format!("{kind}: reserved for {owner}, by the events {other:?}"));
            }
        }
    }
    violations.extend(expected.values().map(|owner| format!("{kind}: {owner} has lost its key")));
    Ok(violations)
}
