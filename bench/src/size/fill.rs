//! Fills the log by the server itself: rows of the same bytes as real ones, ids that fall
//! anywhere into the indexes, streams of ten events, a command for each event, and a reservation
//! for every stream and every second event. Heads and positions stay consistent: the bus goes on
//! behind what was filled.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};

use crate::append::pgbench::Rows;
use crate::backend::TENANTS;

/// Events per statement and lane: so often is the clock looked at. A multiple of the events of a
/// stream.
const CHUNK: i64 = 100_000;
/// Tables that are filled. Their indexes are made again behind it, which is faster.
const TABLES: [&str; 4] = ["log.events", "log.command_log", "log.stream_heads", "log.reservations"];

/// `$1` lane, `$2` first position, `$3` last one, `$4` tenant, `$5` what names the chunk's
/// streams; the rows of ours as `$6` to `$11`.
const EVENTS: &str = "
    insert into log.events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                            payload, metadata, lane, position, tenant_id, recorded_at)
    select 'conversation', md5($5 || (n / 10))::uuid::text, n % 10 + 1,
           case n % 10 when 0 then $6 else $9 end, '1',
           case n % 10 when 0 then $7::jsonb else $10::jsonb end,
           case n % 10 when 0 then $8::jsonb else $11::jsonb end,
           $1, $2 + n, $4, clock_timestamp()
      from generate_series(0::bigint, $3 - $2) n";
const COMMANDS: &str = "
    insert into log.command_log (tenant_id, command_id, request_hash, aggregate_type,
                                 aggregate_id, epoch, lane, position, version, batch)
    select $4, md5($5 || 'command' || n)::uuid, sha256(convert_to($5 || n, 'UTF8')),
           'conversation', md5($5 || (n / 10))::uuid::text, (select epoch from log.epoch),
           $1, $2 + n, n % 10 + 1, md5($5 || (n / 32))::uuid
      from generate_series(0::bigint, $3 - $2) n";
const HEADS: &str = "
    insert into log.stream_heads (aggregate_type, aggregate_id, tenant_id, version, position,
                                  last_event)
    select 'conversation', md5($5 || s)::uuid::text, $4, 10, $2 + s * 10 + 9, md5($5 || s)::uuid
      from generate_series(0::bigint, ($3 - $2) / 10) s where $1 is not null";
/// The unique keys of messages and of open conversations.
const RESERVATIONS: &str = "
    insert into log.reservations (tenant_id, kind, key_hash, owner_tenant, owner)
    select $4, case when n % 10 = 0 then 'conversation.open' else 'message.provider' end,
           sha256(convert_to($5 || 'key' || n, 'UTF8')), $4,
           md5($5 || (n / 10))::uuid || '/' || md5($5 || n)::uuid
      from generate_series(0::bigint, $3 - $2) n
     where (n % 10 = 0 or n % 2 = 1) and $1 is not null";
const HEAD: &str = "select position from log.lane_heads where lane = $1";
const MOVE_HEAD: &str =
    "update log.lane_heads set position = $2, recorded_at = clock_timestamp() where lane = $1";

/// What makes the indexes of a table: its primary key first.
const INDEXES: &str = "
    select coalesce(c.conname, i.relname)::text,
           case when c.oid is null then pg_get_indexdef(i.oid)
                else format('alter table %s add constraint %I %s', x.indrelid::regclass,
                            c.conname, pg_get_constraintdef(c.oid)) end,
           case when c.oid is null then format('drop index %s', i.oid::regclass)
                else format('alter table %s drop constraint %I', x.indrelid::regclass,
                            c.conname) end
      from pg_index x join pg_class i on i.oid = x.indexrelid
      left join pg_constraint c on c.conindid = i.oid and c.contype = 'p'
     where x.indrelid = $1::regclass order by c.oid is null, i.relname";

/// Fills a log.
#[derive(Debug)]
pub(super) struct Filler {
    connect: PgConnectOptions,
    columns: Vec<String>,
}

impl Filler {
    pub(super) fn new(connect: PgConnectOptions, rows: &Rows) -> Self {
        let columns = rows.columns().concat().into_iter().map(str::to_owned).collect();
        Self { connect, columns }
    }

    /// Fills until the log has about `events`, or until `within` has passed; indexes and upkeep
    /// take about half as long again.
    pub(super) async fn fill(&self, events: u64, within: Duration) -> anyhow::Result<()> {
        let mut owner = self.session().await?;
        let deadline = Instant::now() + within;
        let per_lane = i64::try_from(events)? / i64::try_from(TENANTS.len())?;
        let mut remake = Vec::new();
        for table in TABLES {
            for (name, make, drop) in indexes(&mut owner, table).await? {
                let sql = owner.execute(sqlx::raw_sql(&drop));
                sql.await.with_context(|| format!("cannot drop {name}"))?;
                remake.push((table, make));
            }
        }
        let lanes = (0..TENANTS.len()).map(|n| self.fill_lane(n, per_lane, deadline));
        futures::future::try_join_all(lanes).await?;
        let (events, others): (Vec<_>, Vec<_>) =
            remake.into_iter().partition(|(table, _)| *table == TABLES[0]);
        futures::try_join!(self.make(events), self.make(others))?;
        for table in TABLES {
            owner.execute(sqlx::raw_sql(&format!("vacuum (analyze) {table}"))).await?;
        }
        Ok(owner.close().await?)
    }

    /// A session of the owner that need not be durable: the checkpoint behind it is.
    async fn session(&self) -> anyhow::Result<PgConnection> {
        let mut session = PgConnection::connect_with(&self.connect).await?;
        let settings = "set synchronous_commit = off; set wal_compression = off;
                        set maintenance_work_mem = '1GB'; set max_parallel_maintenance_workers = 1;
                        set vacuum_cost_delay = 0";
        session.execute(sqlx::raw_sql(settings)).await?;
        Ok(session)
    }

    async fn fill_lane(&self, n: usize, events: i64, deadline: Instant) -> anyhow::Result<()> {
        let (tenant, lane) = *TENANTS.get(n).context("no such tenant")?;
        let mut session = self.session().await?;
        let head = sqlx::query_scalar(HEAD).bind(lane.0).fetch_one(&mut session).await;
        let mut head: i64 = head?;
        while head < events && Instant::now() < deadline {
            let last = head + CHUNK.min((events - head + 9) / 10 * 10);
            for sql in [EVENTS, COMMANDS, HEADS, RESERVATIONS] {
                let mut query = sqlx::query(sql)
                    .bind(lane.0)
                    .bind(head + 1)
                    .bind(last)
                    .bind(tenant.as_uuid())
                    .bind(format!("{lane}:{head}:"));
                if sql == EVENTS {
                    for column in &self.columns {
                        query = query.bind(column);
                    }
                }
                query.execute(&mut session).await?;
            }
            sqlx::query(MOVE_HEAD).bind(lane.0).bind(last).execute(&mut session).await?;
            head = last;
        }
        Ok(session.close().await?)
    }

    async fn make(&self, statements: Vec<(&str, String)>) -> anyhow::Result<()> {
        let mut session = self.session().await?;
        for (table, sql) in statements {
            let made = session.execute(sqlx::raw_sql(&sql)).await;
            made.with_context(|| format!("cannot make an index of {table}"))?;
        }
        Ok(session.close().await?)
    }
}

/// Name, statement that makes it, statement that drops it.
async fn indexes(
    owner: &mut PgConnection,
    table: &str,
) -> anyhow::Result<Vec<(String, String, String)>> {
    let rows = sqlx::query(INDEXES).bind(table).fetch_all(owner).await?;
    let texts =
        |row: &sqlx::postgres::PgRow| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    rows.iter().map(texts).collect()
}
