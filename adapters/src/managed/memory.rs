//! The machine's memory, and whether a throw-away server may live in it.

use std::fs;
use std::path::Path;

/// Where Linux has a file system in memory for everybody.
const SHARED: &str = "/dev/shm";
/// What must be free there. The tests of this workspace take less than one of them.
const ROOM_MB: u64 = 4 * 1024;
/// What must be available besides: a compiler runs on the same machine.
const LEFT_MB: u64 = 4 * 1024;

/// A line of `/proc/meminfo`, in MiB.
pub(super) fn mb(line: &str) -> Option<u64> {
    let facts = fs::read_to_string("/proc/meminfo").ok()?;
    let found = facts.lines().find_map(|fact| fact.strip_prefix(line)?.strip_prefix(':'))?;
    Some(found.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

/// A file system in memory that has room for a server of tests. They make and drop a database
/// each: the tests of the API took 170 s with one on a disk, and 126 s with this.
#[cfg(target_os = "linux")]
pub(super) fn roomy() -> Option<&'static Path> {
    /// `TMPFS_MAGIC` of statfs(2).
    const TMPFS: u64 = 0x0102_1994;
    /// Its fields have other types on other machines.
    fn number(value: impl TryInto<u64>) -> u64 {
        value.try_into().unwrap_or_default()
    }
    let facts = rustix::fs::statfs(SHARED).ok()?;
    let free_mb = number(facts.f_bavail).saturating_mul(number(facts.f_bsize)) >> 20;
    let is_roomy = number(facts.f_type) == TMPFS
        && free_mb >= ROOM_MB
        && mb("MemAvailable")? >= ROOM_MB + LEFT_MB;
    is_roomy.then_some(Path::new(SHARED))
}

/// Only Linux says so.
#[cfg(not(target_os = "linux"))]
pub(super) fn roomy() -> Option<&'static Path> {
    None
}
