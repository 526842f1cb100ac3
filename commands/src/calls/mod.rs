//! What the parts that place calls and the parts that hear of them have in common.

mod parts;
pub mod path;
pub mod standing;
pub mod zones;

pub use parts::{CallParts, CallRules};
pub use path::{CallPath, CallTopic};
pub use standing::Standing;
