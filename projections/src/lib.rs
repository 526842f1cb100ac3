//! Everything that is computed from the log: views, the algebra that they speak, the runner,
//! rebuild, the feed and the query model over read tables.
//!
//! **Architecture invariant.** A view is pure (`event → changes`) and never sees a connection,
//! so one file serves live running, rebuild, "as of", comparison and the vector index.

pub mod change;
pub mod dictionary;
pub mod digest;
pub mod feed;
pub mod memory;
pub mod ports;
pub mod presence;
pub mod projection;
pub mod query;
pub mod rebuild;
pub mod replay;
mod reveal;
pub mod runner;
pub mod table;
pub mod validate;
pub mod value;
pub mod veil;
pub mod views;
pub mod wait;

pub use change::{Change, Forget, Key, SearchDocument, When};
pub use memory::MemTable;
pub use projection::{Projection, ProjectionError};
pub use table::{Column, Floor, Index, Merge, Table, Writer};
pub use value::{Cell, ColumnType, Row};
