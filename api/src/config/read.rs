//! Reading settings: every fault is collected, none stops the reading.

mod blobs;
mod calls;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::settings as s;
use super::{
    AuthRules, Config, Database, Joinable, Limits, LogFormat, Packs, Role, Secret, Stripe,
};

/// What the command line says; it wins over the environment.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--bind`
    pub bind: Option<String>,
    /// `--state-dir`
    pub state_dir: Option<PathBuf>,
    /// `--roles`
    pub roles: Option<String>,
}

/// One setting that is wrong. Never shows the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Name of the variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// Everything that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} fault(s):", self.0.len())?;
        for fault in &self.0 {
            write!(f, "\n  {}: {}", fault.name, fault.problem)?;
            if let Some(setting) = s::find(fault.name) {
                write!(f, "\n      example: {}={}", setting.name, setting.example)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, name: &'static str, problem: impl Into<String>) {
        self.faults.push(Fault { name, problem: problem.into() });
    }

    /// The trimmed text of a variable; an empty one counts as absent.
    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())
    }

    fn number(&mut self, name: &'static str, range: RangeInclusive<u64>, default: u64) -> u64 {
        let Some(text) = self.text(name) else { return default };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            Ok(_) | Err(_) => {
                let (from, to) = (range.start(), range.end());
                self.fault(name, format!("{text:?} is not a whole number from {from} to {to}"));
                default
            }
        }
    }

    fn secret(
        &mut self,
        name: &'static str,
        check: fn(&str) -> Result<(), &str>,
    ) -> Option<Secret> {
        let text = self.text(name)?;
        if let Err(problem) = check(&text) {
            self.fault(name, problem);
        }
        Some(Secret::new(text))
    }

    fn secrets(&mut self, name: &'static str) -> Vec<Secret> {
        let Some(text) = self.text(name) else { return Vec::new() };
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        if parts.iter().any(|part| part.len() < 8) {
            self.fault(name, "every one of the comma-separated values needs 8 characters or more");
        }
        parts.into_iter().map(Secret::new).collect()
    }

    /// Plain HTTP would show the token to everybody on the way.
    fn api_url(&mut self, name: &'static str, default: &str) -> String {
        let url = self.text(name).unwrap_or_else(|| default.to_owned());
        self.checked_url(name, url)
    }

    fn checked_url(&mut self, name: &'static str, url: String) -> String {
        let parsed = url.parse::<axum::http::Uri>().ok();
        let host = parsed.as_ref().and_then(axum::http::Uri::host).unwrap_or_default();
        let local = host == "localhost"
            || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        match parsed.as_ref().and_then(axum::http::Uri::scheme_str) {
            Some("https") if !host.is_empty() => {}
            Some("http") if local => {}
            _ => self.fault(
                name,
                "it is not an https:// address (http:// is possible on the loopback only)",
            ),
        }
        url
    }

    fn graph_version(&mut self) -> String {
        let text = self.text(s::WHATSAPP_GRAPH_VERSION).unwrap_or_else(|| "v24.0".to_owned());
        let number = text.strip_prefix('v').and_then(|number| number.split_once('.'));
        let digits = |part: &str| (1..=3).contains(&part.len()) && part.parse::<u16>().is_ok();
        if !number.is_some_and(|(major, minor)| digits(major) && digits(minor)) {
            self.fault(s::WHATSAPP_GRAPH_VERSION, format!("{text:?} is not a version of the API"));
        }
        text
    }

    fn stripe(&mut self) -> Stripe {
        let secret_key = self.secret(s::STRIPE_SECRET_KEY, is_token);
        let return_url = self.text(s::STRIPE_RETURN_URL);
        let return_url = return_url.map(|url| self.checked_url(s::STRIPE_RETURN_URL, url));
        if secret_key.is_some() && return_url.is_none() {
            self.fault(s::STRIPE_RETURN_URL, "it is needed with STRIPE_SECRET_KEY");
        }
        let offline_payments = match self.text(s::OFFLINE_PAYMENTS).as_deref() {
            None => None,
            Some("yes") => Some(true),
            Some("no") => Some(false),
            Some(other) => {
                self.fault(s::OFFLINE_PAYMENTS, format!("{other:?} is neither `yes` nor `no`"));
                None
            }
        };
        let api_url = self.api_url(s::STRIPE_API_URL, "https://api.stripe.com");
        Stripe { secret_key, return_url, api_url, offline_payments }
    }

    fn packs(&mut self) -> Packs {
        let Some(text) = self.text(s::CREDIT_PACKS) else { return Packs::default() };
        Packs::parse(&text).unwrap_or_else(|problem| {
            self.fault(s::CREDIT_PACKS, problem);
            Packs::default()
        })
    }

    fn public_url(&mut self) -> Option<String> {
        let url = self.text(s::PUBLIC_URL)?;
        if !super::public_url::is_public_url(&url) {
            self.fault(
                s::PUBLIC_URL,
                "it is not an https:// address (http:// is possible on the loopback only)",
            );
        }
        Some(url)
    }

    fn lead_targets(&mut self, bind: SocketAddr) -> bool {
        match self.text(s::LEAD_TARGETS).as_deref() {
            Some("anywhere") => true,
            Some("public") => false,
            None => bind.ip().is_loopback(),
            Some(other) => {
                self.fault(
                    s::LEAD_TARGETS,
                    format!("{other:?} is neither `public` nor `anywhere`"),
                );
                false
            }
        }
    }

    fn bind(&mut self, flag: Option<&str>) -> SocketAddr {
        let text = flag.map(str::to_owned).or_else(|| self.text(s::BIND));
        let fallback = SocketAddr::from(([127, 0, 0, 1], 8080));
        let Some(text) = text else { return fallback };
        text.parse().unwrap_or_else(|_| {
            self.fault(s::BIND, format!("{text:?} is not an IP address with a port"));
            fallback
        })
    }

    fn database(&mut self) -> Database {
        let Some(url) = self.text(s::DATABASE_URL) else { return Database::Managed };
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            self.fault(s::DATABASE_URL, "it does not start with postgres:// or postgresql://");
        }
        Database::External(Secret::new(url))
    }

    fn roles(&mut self, flag: Option<&str>) -> Vec<Role> {
        let text = flag.map(str::to_owned).or_else(|| self.text(s::ROLES));
        let Some(text) = text else { return Role::ALL.to_vec() };
        let mut roles = Vec::new();
        for part in text.split(',').map(str::trim) {
            match Role::parse(part) {
                Some(role) if !roles.contains(&role) => roles.push(role),
                Some(_) => {}
                None => self.fault(
                    s::ROLES,
                    format!("{part:?} is not a role; there are api, ingest, projector and effects"),
                ),
            }
        }
        roles
    }

    fn log_format(&mut self) -> LogFormat {
        match self.text(s::LOG_FORMAT).as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => {
                self.fault(s::LOG_FORMAT, format!("{other:?} is neither `text` nor `json`"));
                LogFormat::Text
            }
        }
    }

    fn log_level(&mut self) -> String {
        let text = self.text(s::LOG).unwrap_or_else(|| "info".to_owned());
        if let Err(error) = text.parse::<tracing_subscriber::filter::EnvFilter>() {
            self.fault(s::LOG, format!("{text:?} is not a log filter: {error}"));
        }
        text
    }

    fn auth(&mut self, bind: SocketAddr) -> AuthRules {
        let registration = match self.text(s::REGISTRATION).as_deref() {
            Some("open") => Joinable::Open,
            // Strangers do not get in by default.
            None if bind.ip().is_loopback() => Joinable::Open,
            Some("invitation") | None => Joinable::Invitation,
            Some(other) => {
                let problem = format!("{other:?} is neither `open` nor `invitation`");
                self.fault(s::REGISTRATION, problem);
                Joinable::Invitation
            }
        };
        let trusted_proxies = self.number(s::TRUSTED_PROXIES, 0..=9, 0);
        let trusted_proxies = u8::try_from(trusted_proxies).unwrap_or(0);
        AuthRules { registration, trusted_proxies, ..AuthRules::default() }
    }

    fn limits(&mut self, bind: SocketAddr) -> Limits {
        let default = Limits::default();
        Limits {
            auth: self.auth(bind),
            connections: as_usize(self.number(
                s::MAX_CONNECTIONS,
                1..=100_000,
                default.connections as u64,
            )),
            request_timeout: Duration::from_secs(self.number(
                s::REQUEST_TIMEOUT,
                1..=300,
                default.request_timeout.as_secs(),
            )),
            breaker_open: Duration::from_secs(self.number(
                s::BREAKER,
                1..=3_600,
                default.breaker_open.as_secs(),
            )),
            graphql_body_bytes: as_usize(self.number(
                s::GRAPHQL_BODY,
                1_024..=16_777_216,
                default.graphql_body_bytes as u64,
            )),
            ..default
        }
    }
}

fn as_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn long_enough(text: &str) -> Result<(), &str> {
    if text.len() >= 32 { Ok(()) } else { Err("it needs 32 characters or more") }
}

fn is_token(text: &str) -> Result<(), &str> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible { Ok(()) } else { Err("it has characters that a token does not have") }
}

fn is_key(text: &str) -> Result<(), &str> {
    match hex::decode(text) {
        Ok(bytes) if bytes.len() == 32 => Ok(()),
        Ok(_) | Err(_) => Err("it is not 64 hex digits"),
    }
}

pub(super) fn read(
    lookup: &dyn Fn(&str) -> Option<String>,
    overrides: &Overrides,
) -> Result<Config, Faults> {
    let mut reader = Reader { lookup, faults: Vec::new() };
    let state_dir = overrides
        .state_dir
        .clone()
        .or_else(|| reader.text(s::STATE_DIR).map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(".bitacora"));
    let bind = reader.bind(overrides.bind.as_deref());
    let blobs = reader.blobs(&state_dir);
    let config = Config {
        bind,
        database: reader.database(),
        state_dir,
        jwt_secret: reader.secret(s::JWT_SECRET, long_enough),
        installation_key: reader.secret(s::INSTALLATION_KEY, is_key),
        whatsapp_app_secrets: reader.secrets(s::WHATSAPP_APP_SECRET),
        whatsapp_verify_tokens: reader.secrets(s::WHATSAPP_VERIFY_TOKEN),
        public_url: reader.public_url(),
        webhook_secrets: super::WEBHOOKS
            .iter()
            .map(|webhook| (webhook.setting, reader.secrets(webhook.setting)))
            .collect(),
        whatsapp_access_token: reader.secret(s::WHATSAPP_ACCESS_TOKEN, is_token),
        whatsapp_graph_url: reader.api_url(s::WHATSAPP_GRAPH_URL, "https://graph.facebook.com"),
        whatsapp_graph_version: reader.graph_version(),
        meta_leads_access_token: reader.secret(s::META_LEADS_ACCESS_TOKEN, is_token),
        lead_targets_anywhere: reader.lead_targets(bind),
        stripe: reader.stripe(),
        packs: reader.packs(),
        blobs,
        calls: reader.calls(),
        log_level: reader.log_level(),
        log_format: reader.log_format(),
        roles: reader.roles(overrides.roles.as_deref()),
        limits: reader.limits(bind),
    };
    if reader.faults.is_empty() { Ok(config) } else { Err(Faults(reader.faults)) }
}
