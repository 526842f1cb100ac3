//! The table of settings: one line each, read by the parser, the README's test and `doctor`.

/// One environment variable.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Name of the variable.
    pub name: &'static str,
    /// What happens without it.
    pub default: &'static str,
    /// A value that works.
    pub example: &'static str,
    /// Its value is never shown.
    pub secret: bool,
    /// What it is for.
    pub about: &'static str,
}

macro_rules! settings {
    ($($constant:ident $name:literal, $secret:literal, default $default:literal, example $example:literal, $about:literal;)+) => {
        $(#[doc = $about] pub const $constant: &str = $name;)+
        /// All settings, in the order of the README.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            name: $name, default: $default, example: $example, secret: $secret, about: $about,
        }),+];
    };
}

settings! {
    BIND "BITACORA_BIND", false, default "127.0.0.1:8080", example "0.0.0.0:8080",
        "Address and port of the HTTP listener; port 0 picks a free one.";
    DATABASE_URL "DATABASE_URL", true, default "managed Postgres in the state directory",
        example "postgres://bitacora:secret@db:5432/bitacora",
        "Postgres 15 or newer. Without it the binary manages its own.";
    STATE_DIR "BITACORA_STATE_DIR", false, default ".bitacora", example "/var/lib/bitacora",
        "Generated keys (0600) and the managed database; made with mode 0700.";
    JWT_SECRET "BITACORA_JWT_SECRET", true, default "generated", example "at least 32 characters, e.g. from `openssl rand -hex 32`",
        "Signs and checks tokens (HS256).";
    INSTALLATION_KEY "BITACORA_INSTALLATION_KEY", true, default "generated", example "64 hex digits, e.g. from `openssl rand -hex 32`",
        "Keys the HMACs of requests and of unique keys. The same in all processes, for ever.";
    WHATSAPP_APP_SECRET "WHATSAPP_APP_SECRET", true, default "generated", example "0f5c4b…,the-previous-one",
        "App secrets of WhatsApp webhooks, separated by commas: any of them signs.";
    WHATSAPP_VERIFY_TOKEN "WHATSAPP_VERIFY_TOKEN", true, default "generated", example "un-token-largo",
        "Tokens of the webhook handshake, separated by commas.";
    WHATSAPP_ACCESS_TOKEN "WHATSAPP_ACCESS_TOKEN", true, default "offline: no message leaves", example "EAAG…, of a system user who may use all numbers",
        "Sends messages: one system user's token for the numbers of all tenants.";
    WHATSAPP_GRAPH_URL "WHATSAPP_GRAPH_URL", false, default "https://graph.facebook.com", example "https://graph.facebook.com",
        "Where the Graph API is; http only on the loopback.";
    WHATSAPP_GRAPH_VERSION "WHATSAPP_GRAPH_VERSION", false, default "v24.0", example "v24.0",
        "Version of the Graph API.";
    LOG "BITACORA_LOG", false, default "info", example "info,bitacora_api=debug",
        "Filter of log lines.";
    LOG_FORMAT "BITACORA_LOG_FORMAT", false, default "text", example "json",
        "`text` or `json`, on standard error.";
    ROLES "BITACORA_ROLES", false, default "api,ingest,projector,effects", example "api,ingest",
        "What this process does; `--roles` wins.";
    REGISTRATION "BITACORA_REGISTRATION", false, default "open on the loopback, else invitation", example "invitation",
        "Who can register a business: everybody (`open`), or nobody but who was invited to one (`invitation`).";
    TRUSTED_PROXIES "BITACORA_TRUSTED_PROXIES", false, default "0", example "1",
        "Proxies of ours before this process that add to `X-Forwarded-For`, 0–9; rate limits go by it.";
    MAX_CONNECTIONS "BITACORA_MAX_CONNECTIONS", false, default "4096", example "1000",
        "HTTP connections at once, 1–100000.";
    REQUEST_TIMEOUT "BITACORA_REQUEST_TIMEOUT_SECONDS", false, default "30", example "10",
        "Time for one request, 1–300 s.";
    GRAPHQL_BODY "BITACORA_GRAPHQL_BODY_BYTES", false, default "262144", example "65536",
        "Largest GraphQL request, 1024–16777216 bytes.";
}

/// The setting called `name`.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|s| s.name == name)
}
