//! Making a data directory, once.
//!
//! `initdb` works in a directory of another name, which gets its final name when everything is
//! there. So a data directory that exists is whole, and what a killed `initdb` left is thrown
//! away by the next start.

use std::fs;
use std::process::{Command, Output, Stdio};

use super::binaries::Binaries;
use super::error::{At as _, ManagedError};
use super::places::Places;
use super::{SUPERUSER, server};

const UNFINISHED: &str = "data.unfinished";

/// Picks the binaries that fit the data and makes the data when there is none. Blocks.
pub(super) fn ensure(
    places: &Places,
    installed: &[Binaries],
    ephemeral: bool,
) -> Result<Binaries, ManagedError> {
    let newest =
        installed.first().ok_or(ManagedError::BinariesMissing { install: super::INSTALL })?;
    if !places.data.exists() {
        create(places, newest, ephemeral)?;
        return Ok(newest.clone());
    }
    let file = places.data.join("PG_VERSION");
    let version = fs::read_to_string(&file).at("read", &file)?;
    let data = version.trim().parse().unwrap_or_default();
    installed
        .iter()
        .find(|binaries| binaries.major == data)
        .cloned()
        .ok_or_else(|| ManagedError::VersionMismatch { path: places.data.clone(), data })
}

fn create(places: &Places, binaries: &Binaries, ephemeral: bool) -> Result<(), ManagedError> {
    let unfinished = places.cluster.join(UNFINISHED);
    // not every system has C.UTF-8; C orders text the same way
    let mut said = String::new();
    for locale in ["C.UTF-8", "C"] {
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).at("remove", &unfinished)?;
        }
        let output = initdb(places, binaries, locale, ephemeral)?;
        if output.status.success() {
            return fs::rename(&unfinished, &places.data).at("rename", &unfinished);
        }
        said = server::tail(&String::from_utf8_lossy(&output.stderr));
        if !said.contains("locale") {
            break;
        }
    }
    Err(ManagedError::Initdb { output: said })
}

fn initdb(
    places: &Places,
    binaries: &Binaries,
    locale: &str,
    ephemeral: bool,
) -> Result<Output, ManagedError> {
    let program = binaries.folder.join("initdb");
    let mut command = Command::new(&program);
    // Trust means: whoever reaches the socket. The socket's directory admits one user only.
    command
        .arg("--pgdata")
        .arg(places.cluster.join(UNFINISHED))
        .args(["--username", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--data-checksums"])
        .arg(format!("--locale={locale}"));
    if ephemeral {
        command.arg("--no-sync");
    }
    server::confine(&mut command, places);
    command.stdin(Stdio::null()).output().at("run", &program)
}
