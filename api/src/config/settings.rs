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
    PUBLIC_URL "BITACORA_PUBLIC_URL", false, default "the request's own host, on the loopback only", example "https://bitacora.example.com",
        "Address at which providers reach us, https; Twilio calls back there and signs it.";
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
    STRIPE_SECRET_KEY "STRIPE_SECRET_KEY", true, default "offline: no money moves", example "sk_live_…",
        "Opens checkout pages for orders of credits.";
    STRIPE_RETURN_URL "STRIPE_RETURN_URL", false, default "none; needed with `STRIPE_SECRET_KEY`", example "https://app.example.com/billing",
        "Where payers come back to, with `?checkout=success&session=…` or `?checkout=cancelled`.";
    STRIPE_API_URL "STRIPE_API_URL", false, default "https://api.stripe.com", example "https://api.stripe.com",
        "Where Stripe's API is; http only on the loopback.";
    OFFLINE_PAYMENTS "BITACORA_OFFLINE_PAYMENTS", false, default "yes on the loopback with a database of its own, else no", example "no",
        "Without `STRIPE_SECRET_KEY`: whether orders get a played page on this machine (`yes`) or fail (`no`). Whoever reaches the page pays for nothing.";
    CREDIT_PACKS "BITACORA_CREDIT_PACKS", false, default "50:40000:usd,100:70000:usd,250:150000:usd", example "50:40000:usd,100:70000:usd:365",
        "What credits cost: `credits:price:currency`, the price in the smallest unit, and after how many days they end, if they do.";
    TWILIO_AUTH_TOKEN "TWILIO_AUTH_TOKEN", true, default "generated", example "0f5c4b…,AC0123…:of-this-account",
        "Auth tokens of Twilio, separated by commas: any of them signs; `AccountSid:token` for one account only.";
    TWILIO_ACCOUNT_SID "TWILIO_ACCOUNT_SID", false, default "offline: nobody's phone rings", example "AC0123456789abcdef0123456789abcdef",
        "Account through which calls leave; needs `TWILIO_AUTH_TOKEN` and `BITACORA_PUBLIC_URL`.";
    TWILIO_PHONE_NUMBER "TWILIO_PHONE_NUMBER", false, default "the tenant's channel account", example "+541155501234",
        "Number that calls where the tenant has connected none, E.164.";
    TWILIO_API_URL "TWILIO_API_URL", false, default "https://api.twilio.com", example "https://api.twilio.com",
        "Where Twilio's API is; http only on the loopback.";
    ELEVENLABS_API_KEY "ELEVENLABS_API_KEY", true, default "offline: no agent calls", example "sk_…",
        "Has agents of ElevenLabs call; needs `ELEVENLABS_PHONE_NUMBER_ID`.";
    ELEVENLABS_AGENT_ID "ELEVENLABS_AGENT_ID", false, default "the tenant's channel account", example "agent_01hxyzventas",
        "Agent that calls where the tenant has connected none.";
    ELEVENLABS_PHONE_NUMBER_ID "ELEVENLABS_PHONE_NUMBER_ID", false, default "none; needed with `ELEVENLABS_API_KEY`", example "phnum_01",
        "ElevenLabs' id of the number that dials for agents.";
    ELEVENLABS_API_URL "ELEVENLABS_API_URL", false, default "https://api.elevenlabs.io", example "https://api.elevenlabs.io",
        "Where ElevenLabs' API is; http only on the loopback.";
    CALL_LINES "BITACORA_CALL_LINES", false, default "10", example "4",
        "Calls of a tenant that may be under way at a time, 1–1000.";
    CALLS_PER_CONTACT_DAY "BITACORA_CALLS_PER_CONTACT_DAY", false, default "3", example "1",
        "Calls to one contact in a day of the tenant, 1–100; further attempts of the same call do not count.";
    CALLS_PER_DAY "BITACORA_CALLS_PER_DAY", false, default "1000", example "200",
        "Attempts of a tenant in a day of it, 0–1000000.";
    CALL_LEAST_BALANCE "BITACORA_CALL_LEAST_BALANCE", false, default "1", example "20",
        "What must be left at Twilio for a call to be made, in units of its currency, 0–1000000.";
    STRIPE_WEBHOOK_SECRET "STRIPE_WEBHOOK_SECRET", true, default "generated", example "whsec_…,whsec_the-previous-one",
        "Secrets of Stripe's webhook endpoint, separated by commas: any of them signs.";
    ELEVENLABS_WEBHOOK_SECRET "ELEVENLABS_WEBHOOK_SECRET", true, default "generated", example "wsec_…,agent_01hxyz…:of-this-agent",
        "Secrets of ElevenLabs' webhooks, separated by commas: any of them signs; `agent:secret` for one agent (or `X-Account-Key`) only.";
    BUILDERBOT_WEBHOOK_SECRET "BUILDERBOT_WEBHOOK_SECRET", true, default "generated", example "32 letters and digits,main_bot:of-this-account",
        "Secrets that end the URL of Builderbot's webhooks, separated by commas: any of them; `account:secret` for one account only. Letters, digits, `-` and `_`.";
    CHATWOOT_WEBHOOK_SECRET "CHATWOOT_WEBHOOK_SECRET", true, default "generated", example "k3x…,1/3:of-this-inbox",
        "Secrets of Chatwoot's webhooks, separated by commas: any of them signs; `account/inbox:secret` for one inbox only.";
    BLOBS "BITACORA_BLOBS", false, default "`blobs` in the state directory", example "s3://my-bucket/bitacora",
        "Where recordings and other media are kept: a directory of this machine, or a bucket that speaks S3. Several machines need a bucket.";
    BLOB_S3_ENDPOINT "BITACORA_S3_ENDPOINT", false, default "AWS", example "https://<account>.r2.cloudflarestorage.com",
        "Where the bucket's service is; http only on the loopback.";
    BLOB_S3_REGION "BITACORA_S3_REGION", false, default "us-east-1", example "auto",
        "Region of the bucket (`auto` for R2).";
    BLOB_S3_ACCESS_KEY "BITACORA_S3_ACCESS_KEY", true, default "none; needed with a bucket", example "AKIA…",
        "Id of the bucket's access key.";
    BLOB_S3_SECRET_KEY "BITACORA_S3_SECRET_KEY", true, default "none; needed with a bucket", example "wJalr…",
        "Secret of the bucket's access key.";
    BLOB_MAX_BYTES "BITACORA_BLOB_MAX_BYTES", false, default "104857600", example "52428800",
        "Longest recording or file, 1 MiB – 5 GiB, in bytes.";
    BLOB_TENANT_BYTES "BITACORA_BLOB_TENANT_BYTES", false, default "53687091200", example "10737418240",
        "What all recordings and files of a tenant may take, 1 MiB – 1 PiB, in bytes.";
    META_LEADS_ACCESS_TOKEN "META_LEADS_ACCESS_TOKEN", true, default "offline: forms are invented", example "EAAG…, of a system user with leads_retrieval on the pages",
        "Fetches the forms of Meta Lead Ads from the Graph API named above.";
    LEAD_TARGETS "BITACORA_LEAD_TARGETS", false, default "anywhere on the loopback, else public", example "public",
        "Which addresses leads may be posted to: https on the open internet (`public`), or all, the loopback and plain http included (`anywhere`).";
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
    BREAKER "BITACORA_BREAKER_SECONDS", false, default "60", example "15",
        "How long a provider that keeps failing for a tenant is left alone, 1–3600 s.";
    GRAPHQL_BODY "BITACORA_GRAPHQL_BODY_BYTES", false, default "262144", example "65536",
        "Largest GraphQL request, 1024–16777216 bytes.";
}

/// The setting called `name`.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|s| s.name == name)
}
