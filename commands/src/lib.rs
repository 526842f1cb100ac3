//! Turning intentions into events: the command bus, idempotency, webhook ingestion, and the
//! ports that they need.
//!
//! **Architecture invariant.** No SQL, no HTTP client and no GraphQL here: everything with a
//! wire is behind a trait in [`ports`] and lives in `adapters`.

pub mod append;
pub mod before;
pub mod bus;
pub mod calls;
pub mod effects;
pub mod envelope;
pub mod error;
pub mod fingerprint;
pub mod guard;
pub mod ingest;
pub mod leads;
mod limits;
mod memory;
pub mod people;
pub mod ports;
pub mod reactors;
pub mod sources;

pub use append::{Append, AppendOutcome, Count, Expected, NewEvent};
pub use before::Before;
pub use bus::CommandBus;
pub use envelope::{Envelope, Receipt};
pub use error::CommandError;
pub use fingerprint::{Fingerprint, InstallationKey};
pub use guard::OutboundError;
