//! What the figures were measured on.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt as _;
use std::process::Command;
use std::time::Instant;

use serde::Serialize;
use sqlx::{Connection as _, PgConnection};

use crate::cluster::Cluster;

/// Facts about machine and programs.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    cpu: String,
    ram_mib: u64,
    kernel: String,
    /// Load average before the run; above about 0.5 somebody else was working.
    load_before: String,
    /// Microseconds of a write of 8 KiB with fdatasync, median: what a commit has to wait for.
    fdatasync_us: u128,
    postgres: String,
    /// The same for ours and for all peers.
    settings: BTreeMap<String, String>,
    rustc: String,
    node: Option<String>,
}

/// Settings that figures depend on.
const SETTINGS: &str = "
    select name, current_setting(name) from pg_settings where name in (
        'fsync', 'synchronous_commit', 'full_page_writes', 'wal_compression', 'wal_level',
        'shared_buffers', 'work_mem', 'maintenance_work_mem', 'max_wal_size', 'min_wal_size',
        'checkpoint_timeout', 'commit_delay', 'max_connections', 'wal_sync_method',
        'autovacuum', 'data_checksums', 'jit', 'effective_io_concurrency')";

impl Machine {
    pub(crate) async fn look(cluster: &Cluster) -> anyhow::Result<Self> {
        let mut connection = PgConnection::connect_with(&cluster.options("postgres")).await?;
        let settings: Vec<(String, String)> =
            sqlx::query_as(SETTINGS).fetch_all(&mut connection).await?;
        let postgres = sqlx::query_scalar("select version()").fetch_one(&mut connection).await?;
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: field(&read("/proc/cpuinfo"), "model name"),
            ram_mib: field(&read("/proc/meminfo"), "MemTotal")
                .trim_end_matches(" kB")
                .parse()
                .map_or(0, |kib: u64| kib / 1024),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: read("/proc/loadavg").trim().to_owned(),
            fdatasync_us: fdatasync()?,
            postgres,
            settings: settings.into_iter().collect(),
            rustc: version_of("rustc").unwrap_or_else(|| "unknown".to_owned()),
            node: version_of("node"),
        })
    }

    /// One line for people.
    pub(crate) fn summary(&self) -> String {
        let settings = |name: &str| self.settings.get(name).map_or("?", String::as_str);
        format!(
            "{} cores ({}), {} MiB, load before {}\n{}\nfsync {}, synchronous_commit {}, \
             shared_buffers {}, fdatasync {} µs",
            self.cores,
            self.cpu,
            self.ram_mib,
            self.load_before,
            self.postgres,
            settings("fsync"),
            settings("synchronous_commit"),
            settings("shared_buffers"),
            self.fdatasync_us,
        )
    }
}

/// The value of `name : value`.
fn field(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix(':'));
    line.map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
}

fn version_of(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn fdatasync() -> std::io::Result<u128> {
    let path = std::env::temp_dir().join(format!("bitacora-bench-sync-{}", std::process::id()));
    let file = std::fs::File::create(&path)?;
    // As long as it will be, like a segment of the write-ahead log: no metadata to write.
    file.write_all_at(&vec![0; 8192 * 101], 0)?;
    file.sync_all()?;
    let mut times = Vec::new();
    for place in 0..101 {
        let since = Instant::now();
        file.write_all_at(&[1; 8192], place * 8192)?;
        file.sync_data()?;
        times.push(since.elapsed().as_micros());
    }
    std::fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}
