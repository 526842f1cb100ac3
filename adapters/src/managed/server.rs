//! The server's process: starting it, recognising one that is already there, stopping it.

use std::fs;
use std::ops::RangeInclusive;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::binaries::Binaries;
use super::error::{At as _, ManagedError};
use super::memory;
use super::places::Places;

/// A log that has grown beyond this is set aside at the next start.
const LOG_LIMIT_BYTES: u64 = 8 << 20;
/// How long a fast shutdown may take before it is made an immediate one.
const FAST_SHUTDOWN: Duration = Duration::from_secs(30);
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// For all servers. What a statement was about must not get into the log, it may be personal.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "checkpoint_timeout=15min",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_error_verbosity=terse",
    "log_min_error_statement=panic",
    "log_checkpoints=off",
    "logging_collector=off",
    "update_process_title=off",
];
/// For servers that keep what they promised. A segment of the write-ahead log that has to be made
/// holds up every commit for tens of milliseconds; one that is used again costs nothing, so that
/// as many are kept as a busy minute fills.
const DURABLE: &[&str] = &[
    "fsync=on",
    "synchronous_commit=on",
    "max_connections=200",
    "min_wal_size=512MB",
    "max_wal_size=2GB",
];
/// For servers of tests, which are thrown away.
const EPHEMERAL: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=400",
    "shared_buffers=128MB",
    "min_wal_size=80MB",
    "max_wal_size=1GB",
];
/// Between so little that every machine has it and what one log can make use of, in MiB.
const SHARED_BUFFERS_MB: RangeInclusive<u64> = 128..=1024;
/// The share of the machine's memory: it is not ours alone.
const SHARE_OF_MEMORY: u64 = 16;

/// How much Postgres keeps in memory by itself.
fn shared_buffers() -> String {
    let (least, most) = SHARED_BUFFERS_MB.into_inner();
    let mb = memory::mb("MemTotal").map_or(least, |mb| (mb / SHARE_OF_MEMORY).clamp(least, most));
    format!("shared_buffers={mb}MB")
}

/// Compression of whole pages in the write-ahead log. Behind a checkpoint, most commits to a large
/// log write some, and `pglz`, which every Postgres has, takes more time than all the rest.
fn wal_compression(program: &Path, places: &Places) -> &'static str {
    const FAST: &str = "wal_compression=lz4";
    let mut command = Command::new(program);
    command.arg("-D").arg(&places.data).args(["-C", "wal_compression", "-c", FAST]);
    confine(&mut command, places);
    let asked = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if asked.is_ok_and(|status| status.success()) { FAST } else { "wal_compression=pglz" }
}

/// A server that we have just started.
#[derive(Clone, Debug)]
pub(super) struct Spawned(Arc<AtomicBool>);

impl Spawned {
    /// Whether it has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Starts the server in a process group of its own, so that Ctrl-C reaches only us.
pub(super) fn spawn(
    places: &Places,
    binaries: &Binaries,
    ephemeral: bool,
) -> Result<Spawned, ManagedError> {
    let program = binaries.folder.join("postgres");
    if fs::metadata(&places.log).is_ok_and(|log| log.len() > LOG_LIMIT_BYTES) {
        let old = places.log.with_extension("log.old");
        fs::rename(&places.log, &old).at("rename", &places.log)?;
    }
    let log =
        fs::File::options().create(true).append(true).open(&places.log).at("open", &places.log)?;
    let mut command = Command::new(&program);
    command.arg("-D").arg(&places.data).arg("-k").arg(&places.sockets);
    command.args(["-p", &super::PORT.to_string()]);
    for setting in SETTINGS.iter().chain(if ephemeral { EPHEMERAL } else { DURABLE }) {
        command.args(["-c", setting]);
    }
    if !ephemeral {
        command.args(["-c", &shared_buffers(), "-c", wal_compression(&program, places)]);
    }
    confine(&mut command, places);
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log.try_clone().at("open", &places.log)?)
        .stderr(log)
        .spawn()
        .at("run", &program)?;
    let ended = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ended);
    // Collects the exit status, whoever stops the server: else it would stay a zombie, which
    // looks alive to those who wait for its end.
    std::thread::Builder::new()
        .name("postgres-reaper".to_owned())
        .spawn(move || {
            let status = child.wait();
            tracing::debug!(?status, "postgres ended");
            flag.store(true, Ordering::Release);
        })
        .at("watch", &program)?;
    Ok(Spawned(ended))
}

/// Runs a Postgres program as the right user, with nothing of our environment.
pub(super) fn confine(command: &mut Command, places: &Places) {
    command.env_clear().envs([("LC_ALL", "C"), ("TZ", "UTC"), ("PATH", "/usr/bin:/bin")]);
    command.current_dir(&places.cluster);
    if let Some(account) = places.account {
        // also drops root's supplementary groups
        command.uid(account.uid).gid(account.gid);
    }
}

/// The process of a server that runs on our data, if there is one. Removes the pid file when its
/// number has been given to another program since: Postgres itself would refuse to start.
pub(super) fn running(places: &Places) -> Result<Option<Pid>, ManagedError> {
    let file = places.data.join("postmaster.pid");
    let Some(pid) = read_pid(&file) else {
        return Ok(None);
    };
    match identify(pid, &places.data) {
        Identity::Ours => return Ok(Some(pid)),
        Identity::Gone | Identity::Unclear => {} // Postgres finds out by itself
        Identity::Other => {
            tracing::info!(pid = number(pid), "removing the pid file of a postgres that is gone");
            fs::remove_file(&file).at("remove", &file)?;
        }
    }
    Ok(None)
}

fn read_pid(file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(file).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

/// What the process with a number from a pid file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    /// No such process.
    Gone,
    /// The server of our data.
    Ours,
    /// Another program.
    Other,
    /// Some Postgres. Neither signalled nor forgotten.
    Unclear,
}

/// A server works inside its data directory, which Linux tells (not to root in a container, who
/// may lack the right to ask); and its command line names the directory.
fn identify(pid: Pid, data: &Path) -> Identity {
    if !is_alive(pid) {
        return Identity::Gone;
    }
    let process = Path::new("/proc").join(number(pid).to_string());
    if let Ok(folder) = fs::read_link(process.join("cwd")) {
        return if folder == data { Identity::Ours } else { Identity::Other };
    }
    let command = fs::read(process.join("cmdline")).unwrap_or_else(|_| {
        let pid = number(pid).to_string();
        let ps = Command::new("ps").args(["-ww", "-o", "command=", "-p", &pid]).output();
        ps.map(|output| output.stdout).unwrap_or_default()
    });
    let command = String::from_utf8_lossy(&command);
    if command.trim().is_empty() {
        Identity::Gone // a zombie
    } else if command.contains(data.to_string_lossy().as_ref()) {
        Identity::Ours
    } else if command.contains("postgres") {
        Identity::Unclear
    } else {
        Identity::Other
    }
}

/// A process id as the number that it is.
pub(super) fn number(pid: Pid) -> i32 {
    pid.as_raw_nonzero().get()
}

fn is_alive(pid: Pid) -> bool {
    match test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    }
}

/// Stops the server on our data, if one runs, and waits for its end. Blocks.
///
/// Sessions are cut off (fast shutdown); a server that hangs is ended without a checkpoint
/// (immediate shutdown), which costs a recovery at the next start and no data.
pub(super) fn stop(places: &Places) -> Result<(), ManagedError> {
    let Some(pid) = running(places)? else {
        return Ok(());
    };
    for (signal, patience) in [(Signal::INT, FAST_SHUTDOWN), (Signal::QUIT, IMMEDIATE_SHUTDOWN)] {
        // fails only when it has just ended, which the wait finds out
        kill_process(pid, signal).ok();
        let since = Instant::now();
        while since.elapsed() < patience {
            if identify(pid, &places.data) != Identity::Ours {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
    }
    let seconds = (FAST_SHUTDOWN + IMMEDIATE_SHUTDOWN).as_secs();
    Err(ManagedError::NotStopped { pid: number(pid), seconds })
}

/// The end of the server's log, for error messages.
pub(super) fn log_tail(places: &Places) -> String {
    tail(&String::from_utf8_lossy(&fs::read(&places.log).unwrap_or_default()))
}

/// The last lines of a text, in one line.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.get(lines.len().saturating_sub(6)..).unwrap_or_default().join(" | ")
}
