//! Where a managed Postgres lives, and who runs it.
//!
//! | | ordinary user | root |
//! |---|---|---|
//! | base | `<state_dir>/postgres` | `/var/lib/bitacora/<hash of state_dir>` |
//! | server runs as | the user | `postgres`, else `nobody` |
//!
//! Postgres refuses to run as root, and the user that it then runs as usually cannot reach the
//! state directory (think of `/root`), so for root the data moves. In the base are the locks and
//! the log; `cluster/` in it belongs to the server's user and holds the data.
//!
//! The data of an ephemeral server is in memory where there is room (`/dev/shm/bitacora-<uid>-<hash>`,
//! as closed as the sockets' directory); the mark in its base says so.
//!
//! A socket's path may have 107 bytes, however deep the state directory is, so sockets live in
//! `/tmp/bitacora-<uid>-<hash>`. `/tmp` is everyone's: the directory must be real, owned by the
//! server's user and closed to all others, because whoever can reach the socket is superuser.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use sha2::{Digest as _, Sha256};

use super::error::{At as _, ManagedError};
use super::memory;

/// Parent of all data when we run as root.
const ROOT_BASE: &str = "/var/lib/bitacora";

/// File in the base of an ephemeral server; says where its data is, if not in the base.
const EPHEMERAL: &str = "ephemeral";
/// File beside an ordinary user's socket that tells the base.
const BASE: &str = "base";

/// The user that runs the server, when it is not the one that runs us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// All paths of one managed server.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// Locks and log; ours.
    pub(super) base: PathBuf,
    /// Parent of the data; belongs to the server's user.
    pub(super) cluster: PathBuf,
    /// The data directory; exists once `initdb` has finished.
    pub(super) data: PathBuf,
    /// Directory of the socket.
    pub(super) sockets: PathBuf,
    /// Output of the server.
    pub(super) log: PathBuf,
    /// Set when we are root.
    pub(super) account: Option<Account>,
}

impl Places {
    /// Decides on the paths and makes the directories, except the data directory.
    pub(super) fn prepare(state_dir: &Path) -> Result<Self, ManagedError> {
        let account = if geteuid().is_root() { Some(unprivileged()?) } else { None };
        fs::create_dir_all(state_dir).at("create", state_dir)?;
        let state_dir = state_dir.canonicalize().at("resolve", state_dir)?;
        let base = if account.is_some() {
            let parent = Path::new(ROOT_BASE);
            private_dir(parent, 0o755, None)?;
            parent.join(hash(&state_dir, 16))
        } else {
            state_dir.join("postgres")
        };
        // the server's user passes through the base to its cluster
        private_dir(&base, if account.is_some() { 0o755 } else { 0o700 }, None)?;
        let places = Self::at(base, account);
        private_dir(&places.cluster, 0o700, account)?;
        private_dir(&places.sockets, 0o700, account)?;
        Ok(places)
    }

    /// The paths that go with a base.
    fn at(base: PathBuf, account: Option<Account>) -> Self {
        let uid = account.map_or(geteuid().as_raw(), |account| account.uid);
        let sockets = PathBuf::from(format!("/tmp/bitacora-{uid}-{}", hash(&base, 8)));
        let elsewhere = fs::read_to_string(base.join(EPHEMERAL)).ok().filter(|it| !it.is_empty());
        let cluster = elsewhere.map_or_else(|| base.join("cluster"), PathBuf::from);
        let (data, log) = (cluster.join("data"), base.join("server.log"));
        Self { base, cluster, data, sockets, log, account }
    }

    /// Remembers the kind of a new server, and refuses to change that of an old one: data that
    /// somebody keeps must never be removed. Whoever finds an ephemeral server without users may
    /// remove it, see [`Self::other_ephemerals`].
    pub(super) fn declare(&mut self, ephemeral: bool) -> Result<(), ManagedError> {
        use std::os::unix::ffi::OsStrExt as _;
        let mark = self.base.join(EPHEMERAL);
        // Somebody may have declared it since we looked.
        *self = Self::at(self.base.clone(), self.account);
        if self.data.exists() && mark.exists() != ephemeral {
            let is = if ephemeral { "to be kept" } else { "ephemeral, of a test" };
            return Err(ManagedError::OtherKind { path: self.data.clone(), is });
        }
        if !ephemeral {
            if mark.exists() {
                fs::remove_file(&mark).at("remove", &mark)?;
                // What is to be kept is never in memory.
                *self = Self::at(self.base.clone(), self.account);
                private_dir(&self.cluster, 0o700, self.account)?;
            }
            return Ok(());
        }
        if !mark.exists() {
            let elsewhere = memory::roomy().map(|memory| self.in_memory(memory));
            let told = elsewhere.as_deref().unwrap_or(Path::new(""));
            fs::write(&mark, told.as_os_str().as_bytes()).at("write", &mark)?;
            *self = Self::at(self.base.clone(), self.account);
            private_dir(&self.cluster, 0o700, self.account)?;
        }
        if self.account.is_none() {
            // an ordinary user's bases can be anywhere; the socket directories lead to them
            let trace = self.sockets.join(BASE);
            fs::write(&trace, self.base.as_os_str().as_bytes()).at("write", &trace)?;
        }
        Ok(())
    }

    fn in_memory(&self, memory: &Path) -> PathBuf {
        memory.join(format!("bitacora-{}-{}", geteuid().as_raw(), hash(&self.base, 16)))
    }

    /// The other ephemeral servers of this user. Some may be in use.
    pub(super) fn other_ephemerals(&self) -> Vec<Self> {
        let parent = Path::new(if self.account.is_some() { ROOT_BASE } else { "/tmp" });
        let prefix = format!("bitacora-{}-", geteuid().as_raw());
        let children = fs::read_dir(parent).into_iter().flatten().flatten();
        children
            .filter_map(|child| match self.account {
                Some(_) => Some(child.path()), // root's folder: nobody else writes there
                None => child
                    .file_name()
                    .to_str()?
                    .starts_with(&prefix)
                    .then(|| {
                        let own = private_dir(&child.path(), 0o700, None).is_ok();
                        own.then(|| fs::read_to_string(child.path().join(BASE)).ok()).flatten()
                    })?
                    .map(PathBuf::from),
            })
            .filter(|base| *base != self.base && base.join(EPHEMERAL).exists())
            .map(|base| Self::at(base, self.account))
            .collect()
    }

    /// The socket itself.
    pub(super) fn socket(&self) -> PathBuf {
        self.sockets.join(format!(".s.PGSQL.{}", super::PORT))
    }

    /// Removes everything, for ephemeral servers that have stopped.
    pub(super) fn remove(&self) {
        for path in [&self.cluster, &self.base, &self.sockets] {
            if let Err(error) = fs::remove_dir_all(path) {
                tracing::debug!(%error, path = %path.display(), "left behind");
            }
        }
    }
}

/// Makes a directory for `account` (us when `None`), or checks that the existing one is that.
fn private_dir(path: &Path, mode: u32, account: Option<Account>) -> Result<(), ManagedError> {
    match fs::DirBuilder::new().mode(mode).create(path) {
        // again, because the umask may have closed it too far
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(mode)).at("open", path)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).at("create", path),
    }
    let mut found = fs::symlink_metadata(path).at("inspect", path)?;
    if let (Some(Account { uid, gid }), 0, true) = (account, found.uid(), found.is_dir()) {
        // Made by root just now, or by a root that was killed right after. Nobody else can swap
        // it: all its parents belong to root, or are sticky.
        std::os::unix::fs::lchown(path, Some(uid), Some(gid)).at("hand over", path)?;
        found = fs::symlink_metadata(path).at("inspect", path)?;
    }
    let untrusted = |why: String| ManagedError::Untrusted { path: path.to_owned(), why };
    let owner = account.map_or(geteuid().as_raw(), |account| account.uid);
    if !found.is_dir() {
        return Err(untrusted("it is not a directory".to_owned()));
    }
    if found.uid() != owner {
        return Err(untrusted(format!("it belongs to user {}, not {owner}", found.uid())));
    }
    if found.mode() & 0o777 & !mode != 0 {
        return Err(untrusted(format!("its mode {:o} is open to others", found.mode() & 0o777)));
    }
    Ok(())
}

/// The first `digits` hex digits of a path's SHA-256.
fn hash(path: &Path, digits: usize) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let mut hex = hex::encode(Sha256::digest(path.as_os_str().as_bytes()));
    hex.truncate(digits);
    hex
}

fn unprivileged() -> Result<Account, ManagedError> {
    let path = Path::new("/etc/passwd");
    let passwd = fs::read_to_string(path).at("read", path)?;
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| account_in(&passwd, name))
        .ok_or(ManagedError::NoUnprivilegedUser)
}

fn account_in(passwd: &str, name: &str) -> Option<Account> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let account = Account { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? };
    (account.uid != 0).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::super::lock::StartLock;
    use super::{Account, EPHEMERAL, Places, account_in};

    /// An ephemeral server that got no further than its mark is followed by one that is kept.
    #[test]
    fn what_is_to_be_kept_is_never_in_memory() {
        let folder = format!("bitacora-test-{}-places", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let mut places = Places::prepare(&folder).unwrap();
        // Else the next test run would take it for abandoned, and remove it.
        let _lock = StartLock::acquire(&places.base).unwrap();
        places.declare(true).unwrap();
        let again = Places::prepare(&folder).unwrap();
        assert_eq!(again.data, places.data, "whoever comes later finds it");
        let in_memory = std::fs::read_to_string(places.base.join(EPHEMERAL)).unwrap();
        assert_eq!(!in_memory.is_empty(), !places.cluster.starts_with(&places.base));
        let mut kept = again;
        kept.declare(false).unwrap();
        assert!(kept.cluster.starts_with(&kept.base) && kept.data.starts_with(&kept.cluster));
        places.remove();
        assert!(!places.cluster.exists() && !places.base.exists());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn accounts_come_from_passwd_and_are_never_root() {
        let passwd = "root:x:0:0:r:/root:/bin/sh\npostgres:x:101:104:P,,,:/var/lib:/bin/sh\n";
        assert_eq!(account_in(passwd, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(account_in(passwd, "nobody"), None);
        assert_eq!(account_in(passwd, "root"), None);
    }
}
