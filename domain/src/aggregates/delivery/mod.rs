//! Delivery: the handing over of one lead to the tenant's systems (spec/aggregates §2.6, §2.8).
//! Owns the invariants that there is a target, that an attempt at a target is never made beside
//! another one, and that what a target took is never sent to it again.

mod consequences;
mod follow;
mod handle;
pub mod matrix;
mod package;
mod refusal;
mod state;
mod targets;
mod vocabulary;

pub use consequences::{DELIVER_EFFECT, DeliverEffect};
pub use package::LeadPackage;
pub use refusal::DeliveryRefusal;
pub use state::Delivery;
pub use vocabulary::{
    DeliveryCommand, DeliveryEvent, DeliveryStatus, DeliveryTarget, TargetKind, TargetStatus,
};

pub(crate) use vocabulary::are_targets;
