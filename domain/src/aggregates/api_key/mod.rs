//! API key: lets a program work for a tenant, within its scopes. Nobody can read a key again
//! after it was issued: the log knows the hash of a text of 256 random bits.

mod handle;
mod refusal;
mod vocabulary;

pub use handle::ApiKey;
pub use refusal::ApiKeyRefusal;
pub use vocabulary::{ApiKeyCommand, ApiKeyEvent};

/// Kind of the claim on the hash of a key; its owner text is `<tenant uuid>/<key uuid>`.
pub const KEY_CLAIM: &str = "api_key.hash";
