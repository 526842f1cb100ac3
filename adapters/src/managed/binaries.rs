//! Finding a Postgres server that is already installed.
//!
//! Debian keeps `initdb` and `postgres` off the PATH, Homebrew does so for versioned formulas;
//! both are looked for in their usual folders. The newest major version wins, except for data
//! that already exists: that needs the version which made it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::ManagedError;

/// Oldest major version that we run on.
pub const OLDEST_MAJOR: u32 = 15;

/// How to install a server on this kind of system.
pub const INSTALL: &str = if cfg!(target_os = "macos") {
    "brew install postgresql@17"
} else {
    "apt-get install -y postgresql"
};

/// Where to look.
#[derive(Clone, Debug)]
pub struct Search {
    /// Like the environment's PATH.
    pub path: OsString,
    /// Folders whose children are installations with a `bin` folder.
    pub roots: Vec<PathBuf>,
}

impl Default for Search {
    /// The environment's PATH, Debian's and Homebrew's folders.
    fn default() -> Self {
        Self {
            path: std::env::var_os("PATH").unwrap_or_default(),
            roots: ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"]
                .map(PathBuf::from)
                .to_vec(),
        }
    }
}

/// One installed server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    /// Folder with `initdb` and `postgres`.
    pub folder: PathBuf,
    /// Major version.
    pub major: u32,
}

impl Search {
    /// Every installed server that is new enough, newest first (the PATH's among equals).
    pub fn find(&self) -> Result<Vec<Binaries>, ManagedError> {
        let mut found: Vec<Binaries> = Vec::new();
        for folder in self.folders() {
            if let Some(binaries) = inspect(&folder)
                && !found.contains(&binaries)
            {
                found.push(binaries);
            }
        }
        found.sort_by_key(|binaries| std::cmp::Reverse(binaries.major)); // stable
        let Some(newest) = found.first().map(|binaries| binaries.major) else {
            return Err(ManagedError::BinariesMissing { install: INSTALL });
        };
        found.retain(|binaries| binaries.major >= OLDEST_MAJOR);
        if found.is_empty() {
            return Err(ManagedError::TooOld { found: newest, install: INSTALL });
        }
        Ok(found)
    }

    fn folders(&self) -> Vec<PathBuf> {
        let from_path = std::env::split_paths(&self.path).filter_map(|folder| {
            // the PATH often holds links into the real folder
            let server = folder.join("postgres").canonicalize().ok()?;
            server.parent().map(Path::to_owned)
        });
        let from_roots = self.roots.iter().flat_map(|root| {
            let children = std::fs::read_dir(root).into_iter().flatten().flatten();
            children.filter_map(|child| child.path().join("bin").canonicalize().ok())
        });
        from_path.chain(from_roots).collect()
    }
}

fn inspect(folder: &Path) -> Option<Binaries> {
    if !folder.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let major = parse_major(&String::from_utf8_lossy(&output.stdout))?;
    Some(Binaries { folder: folder.to_owned(), major })
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn parse_major(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL) ")?.1;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::parse_major;

    #[test]
    fn versions_of_releases_and_betas_are_understood() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta2\n"), Some(18));
        assert_eq!(parse_major("postgres (PostgreSQL) 9.6.24\n"), Some(9));
        assert_eq!(parse_major("sh: not found"), None);
    }
}
