//! P12: the same appends on a small and on a large log, in one database, each measured right
//! behind a checkpoint.

mod fill;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::Row as _;

use self::fill::Filler;
use crate::append::pgbench::Rows;
use crate::backend::Backend;
use crate::cli::Options;
use crate::closed::Gauge;
use crate::cluster::Cluster;
use crate::table::{Line, Peer};

/// Events of the small log.
const SMALL: u64 = 100_000;
/// Events of the large log when quick.
const QUICK: u64 = 300_000;
/// Filling stops here, at however many events there are by then.
const FILL_WITHIN: Duration = Duration::from_mins(3);
/// What an event takes on the disk while the log is filled: rows, indexes, the command log, what
/// sorting needs, and the write-ahead log.
const BYTES_PER_EVENT: u64 = 4_500;
const DATABASE: &str = "bench_size";

pub(crate) async fn measure(cluster: &Cluster, options: &Options) -> anyhow::Result<Vec<Line>> {
    let backend = Backend::open(&cluster.database(DATABASE).await?).await?;
    // One command of each kind, to know what rows look like.
    let (warm_up, lasting) = (options.lasting(5), options.lasting(15));
    crate::append::commands(&backend, "sample", Duration::ZERO, Duration::from_millis(200)).await?;
    let rows = Rows::look(&backend.pools.admin).await?;
    let filler = Filler::new(cluster.options(DATABASE), &rows);

    fill(cluster, &filler, SMALL).await?;
    let small = rate(&backend, cluster, "small", warm_up, lasting).await?;
    let room = cluster.free_bytes()? / BYTES_PER_EVENT;
    let wanted = if options.quick { options.events.min(QUICK) } else { options.events };
    let begin = Instant::now();
    fill(cluster, &filler, wanted.min(room)).await?;
    let filled = begin.elapsed().as_secs_f64();
    let at = backend.events().await?;
    let sizes = sizes(&backend).await?;
    let large = rate(&backend, cluster, "large", warm_up, lasting).await?;
    backend.close().await;
    cluster.drop_database(DATABASE).await?;

    let what = format!("commands/s with {at} events in place");
    let peer = Peer { name: "the same at 100 k".to_owned(), value: Some(small.per_second()) };
    let mut line = Line::rate("P12", &what, "1/s", large.per_second(), peer, (0.9, Some(0.7)));
    if u64::try_from(at)? < 10_000_000 {
        line = line.note(format!("the large log has {at} events and not 10 M: `make bench-size`"));
    }
    let (small, large) = (small.details(), large.details());
    let details = json!({ "small": small, "large": large, "fill_s": filled, "tables": sizes });
    Ok(vec![line.with(details)])
}

/// Fills without whole pages in the write-ahead log, which nobody would ever recover from; what
/// is measured has them again.
async fn fill(cluster: &Cluster, filler: &Filler, events: u64) -> anyhow::Result<()> {
    cluster.full_page_writes(false).await?;
    filler.fill(events, FILL_WITHIN).await?;
    cluster.full_page_writes(true).await
}

async fn rate(
    backend: &Backend,
    cluster: &Cluster,
    name: &str,
    warm_up: Duration,
    lasting: Duration,
) -> anyhow::Result<Gauge> {
    cluster.checkpoint().await?;
    crate::append::commands(backend, name, warm_up, lasting).await
}

/// Rows and bytes of the tables of the log.
async fn sizes(backend: &Backend) -> anyhow::Result<Vec<Value>> {
    let rows = sqlx::query(
        "select relname::text, reltuples::bigint, pg_table_size(oid), pg_indexes_size(oid)
           from pg_class where relnamespace = 'log'::regnamespace and relkind = 'r'
            and reltuples > 1000 order by relname",
    )
    .fetch_all(&backend.pools.admin)
    .await?;
    rows.iter()
        .map(|row| {
            let (table, rows): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
            let (bytes, indexes): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
            Ok(json!({ "table": table, "rows": rows, "bytes": bytes, "index_bytes": indexes }))
        })
        .collect()
}
