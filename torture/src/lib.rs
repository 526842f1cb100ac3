//! Seeded, bounded fault injection against the real log, the real projections and the real
//! server. Each subcommand of the binary is one module here; `docs/TORTURE.md` says what each
//! of them proves and what it breaks on the way.
//!
//! **Architecture invariant.** The torture only uses what production uses (ports, sockets,
//! signals, HTTP); nothing of the product knows that it is being tortured. The one exception is
//! the cargo feature of the control run, which takes the head lock away and must be caught.

pub mod all;
pub mod calls;
mod chance;
pub mod cli;
pub mod kill;
pub mod ledger;
pub mod log;
pub mod process;
pub mod proxy;
pub mod rebuild;
pub mod report;
mod rude;
pub mod sagas;
pub mod scratch;
pub mod send;
