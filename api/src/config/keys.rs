//! The keys that a server needs: configured, or generated into 0600 files when nobody but this
//! machine can reach it.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use bitacora_commands::InstallationKey;

use super::{Config, Fault, Faults, Secret, settings as s};

/// Every key, ready to use.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs and checks tokens.
    pub jwt: Secret,
    /// Keys HMACs of requests and unique keys.
    pub installation: InstallationKey,
    /// App secrets of WhatsApp webhooks; never empty.
    pub whatsapp_app: Vec<Secret>,
    /// Tokens of the webhook handshake; never empty.
    pub whatsapp_verify: Vec<Secret>,
    /// Secrets of the sources of [`WEBHOOKS`], by source. Empty where none is configured and
    /// none may be generated: then nothing that the source posts is believed.
    pub webhooks: BTreeMap<&'static str, Vec<Secret>>,
}

/// A source of webhooks with a setting of its own for its secrets.
#[derive(Clone, Copy, Debug)]
pub struct Webhook {
    /// The setting.
    pub setting: &'static str,
    /// Name of the source.
    pub source: &'static str,
    /// Of its secrets, those written `account:secret` are of one account only.
    pub labelled: bool,
    /// File of the generated secret.
    file: &'static str,
}

/// One line per source.
pub const WEBHOOKS: &[Webhook] = &[
    Webhook {
        setting: s::TWILIO_AUTH_TOKEN,
        source: "twilio",
        labelled: true,
        file: "twilio.secret",
    },
    Webhook {
        setting: s::STRIPE_WEBHOOK_SECRET,
        source: "stripe",
        labelled: false,
        file: "stripe.secret",
    },
    Webhook {
        setting: s::ELEVENLABS_WEBHOOK_SECRET,
        source: "elevenlabs",
        labelled: true,
        file: "elevenlabs.secret",
    },
    Webhook {
        setting: s::BUILDERBOT_WEBHOOK_SECRET,
        source: "builderbot",
        labelled: true,
        file: "builderbot.secret",
    },
    Webhook {
        setting: s::CHATWOOT_WEBHOOK_SECRET,
        source: "chatwoot",
        labelled: true,
        file: "chatwoot.secret",
    },
];

/// Why keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// Secrets must be configured here, and are not.
    #[error(transparent)]
    Missing(#[from] Faults),
    /// A key file cannot be read or written.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// One generated key: its variable and its file in the state directory.
const FILES: [(&str, &str); 4] = [
    (s::JWT_SECRET, "jwt.secret"),
    (s::INSTALLATION_KEY, "installation.key"),
    (s::WHATSAPP_APP_SECRET, "whatsapp-app.secret"),
    (s::WHATSAPP_VERIFY_TOKEN, "whatsapp-verify.token"),
];

impl Keys {
    /// The configured keys; what is missing is generated once and kept in the state directory,
    /// but only for a server on the loopback with a database of its own.
    ///
    /// # Errors
    /// [`KeyFault::Missing`] names every secret that an exposed server lacks;
    /// [`KeyFault::File`] when a key file is unreadable, damaged or open to other users.
    pub fn of(config: &Config) -> Result<Self, KeyFault> {
        let missing = Self::missing(config);
        if !missing.0.is_empty() {
            return Err(missing.into());
        }
        let one = |configured: &Option<Secret>, name| match configured {
            Some(secret) => Ok(secret.clone()),
            None => kept(config, name),
        };
        let many = |configured: &[Secret], name| {
            if configured.is_empty() {
                kept(config, name).map(|s| vec![s])
            } else {
                Ok(configured.to_vec())
            }
        };
        let installation = one(&config.installation_key, s::INSTALLATION_KEY)?;
        let bytes = hex::decode(installation.reveal())
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or_else(|| KeyFault::File {
                path: config.state_dir.join("installation.key"),
                problem: "it does not hold 64 hex digits".into(),
            })?;
        Ok(Self {
            jwt: one(&config.jwt_secret, s::JWT_SECRET)?,
            installation: InstallationKey::new(bytes),
            whatsapp_app: many(&config.whatsapp_app_secrets, s::WHATSAPP_APP_SECRET)?,
            whatsapp_verify: many(&config.whatsapp_verify_tokens, s::WHATSAPP_VERIFY_TOKEN)?,
            webhooks: webhooks(config)?,
        })
    }

    /// The secrets that an exposed server lacks; none for a server on the loopback with a
    /// database of its own, which generates them.
    pub fn missing(config: &Config) -> Faults {
        if !config.is_exposed() {
            return Faults(Vec::new());
        }
        let missing = [
            (s::JWT_SECRET, config.jwt_secret.is_none()),
            (s::INSTALLATION_KEY, config.installation_key.is_none()),
            (s::WHATSAPP_APP_SECRET, config.whatsapp_app_secrets.is_empty()),
            (s::WHATSAPP_VERIFY_TOKEN, config.whatsapp_verify_tokens.is_empty()),
        ];
        let problem = "must be set when strangers reach the listener or DATABASE_URL is set";
        let missing = missing.into_iter().filter(|(_, missing)| *missing);
        Faults(missing.map(|(name, _)| Fault { name, problem: problem.to_owned() }).collect())
    }

    /// The key files that exist, with their modes, for `doctor`.
    pub fn files(state_dir: &Path) -> Vec<(PathBuf, u32)> {
        let files = FILES.iter().map(|(_, file)| *file);
        files
            .chain(WEBHOOKS.iter().map(|webhook| webhook.file))
            .map(|file| state_dir.join(file))
            .filter_map(|path| {
                let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o777;
                Some((path, mode))
            })
            .collect()
    }
}

/// Secrets of the sources that need not be in use: an exposed server without them believes
/// nothing of what they post.
fn webhooks(config: &Config) -> Result<BTreeMap<&'static str, Vec<Secret>>, KeyFault> {
    let secrets = |webhook: &Webhook| {
        let configured = config.webhook_secrets.get(webhook.setting).cloned().unwrap_or_default();
        let secrets = if configured.is_empty() && !config.is_exposed() {
            vec![kept_in(config, webhook.file)?]
        } else {
            configured
        };
        Ok((webhook.source, secrets))
    };
    WEBHOOKS.iter().map(secrets).collect()
}

/// Reads the key's file, or generates it. Two processes that start at once agree: the loser of
/// the exclusive creation reads the winner's file.
fn kept(config: &Config, name: &str) -> Result<Secret, KeyFault> {
    let file = FILES.iter().find(|(n, _)| *n == name).map_or("unnamed.secret", |(_, file)| file);
    kept_in(config, file)
}

fn kept_in(config: &Config, file: &str) -> Result<Secret, KeyFault> {
    let path = config.state_dir.join(file);
    let fault =
        |error: std::io::Error| KeyFault::File { path: path.clone(), problem: error.to_string() };
    make_private_dir(&config.state_dir).map_err(fault)?;
    match read_private(&path) {
        Err(KeyFault::File { .. }) if !path.exists() => {}
        outcome => return outcome,
    }
    let key = random_hex().map_err(fault)?;
    // Written whole under another name first: nobody ever reads half a key.
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    let mut out =
        options.write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(fault)?;
    out.write_all(key.as_bytes()).and_then(|()| out.sync_all()).map_err(fault)?;
    let linked = std::fs::hard_link(&draft, &path);
    std::fs::remove_file(&draft).map_err(fault)?;
    match linked {
        Ok(()) => Ok(Secret::new(key)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read_private(&path),
        Err(error) => Err(fault(error)),
    }
}

fn read_private(path: &Path) -> Result<Secret, KeyFault> {
    let fault = |problem: String| KeyFault::File { path: path.to_owned(), problem };
    let metadata = std::fs::metadata(path).map_err(|error| fault(error.to_string()))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(fault(format!(
            "its mode is {mode:o}, but only its owner may read it: chmod 600"
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    let text = text.trim();
    if text.len() < 32 {
        return Err(fault("it holds fewer than 32 characters".into()));
    }
    Ok(Secret::new(text))
}

/// Makes the state directory for its owner alone.
fn make_private_dir(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// 256 bits of the system's randomness as 64 hex digits.
fn random_hex() -> std::io::Result<String> {
    let mut bytes = [0_u8; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::config::Overrides;

    fn config(dir: &Path, vars: &[(&str, &str)]) -> Config {
        let overrides = Overrides { state_dir: Some(dir.to_owned()), ..Overrides::default() };
        Config::from_lookup(
            &|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()),
            &overrides,
        )
        .unwrap()
    }

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("bitacora-keys-{name}-{}", std::process::id()))
    }

    #[test]
    fn keys_are_generated_once_and_only_their_owner_may_read_them() {
        let dir = scratch("once");
        let first = Keys::of(&config(&dir, &[])).unwrap();
        let second = Keys::of(&config(&dir, &[])).unwrap();
        assert_eq!(first.jwt, second.jwt);
        assert_ne!(first.jwt, first.whatsapp_app[0]);
        let files = Keys::files(&dir);
        assert_eq!(files.len(), FILES.len() + WEBHOOKS.len());
        assert!(files.iter().all(|(_, mode)| *mode == 0o600));
        assert_eq!(std::fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(!format!("{first:?}").contains(first.jwt.reveal()));
        std::fs::set_permissions(
            dir.join("jwt.secret"),
            std::os::unix::fs::PermissionsExt::from_mode(0o644),
        )
        .unwrap();
        assert!(Keys::of(&config(&dir, &[])).unwrap_err().to_string().contains("chmod 600"));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn an_exposed_server_names_every_missing_secret_and_generates_nothing() {
        let dir = scratch("exposed");
        for vars in [[("BITACORA_BIND", "0.0.0.0:80")], [("DATABASE_URL", "postgres://db/x")]] {
            let KeyFault::Missing(faults) = Keys::of(&config(&dir, &vars)).unwrap_err() else {
                panic!("expected missing secrets")
            };
            let names: Vec<_> = faults.0.iter().map(|f| f.name).collect();
            assert_eq!(names, FILES.map(|(name, _)| name));
        }
        assert!(!dir.exists());
    }
}
