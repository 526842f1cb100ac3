//! Turning intentions into events: the command bus, idempotency, webhook ingestion, and the
//! ports that they need.
//!
//! **Architecture invariant.** No SQL, no HTTP client and no GraphQL here: everything with a
//! wire is behind a trait in [`ports`] and lives in `adapters`.

pub mod append;
pub mod bus;
pub mod envelope;
pub mod error;
pub mod fingerprint;
pub mod guard;
pub mod ingest;
mod memory;
pub mod ports;
pub mod sources;

pub use append::{Append, AppendOutcome, Expected, NewEvent};
pub use bus::CommandBus;
pub use envelope::{Envelope, Receipt};
pub use error::CommandError;
pub use fingerprint::{Fingerprint, InstallationKey};
pub use guard::OutboundError;
