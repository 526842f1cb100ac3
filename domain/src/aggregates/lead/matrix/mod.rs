//! The law of a lead in one table: what each command may do where the lead stands. A decision
//! consults it before anything else, the documentation is rendered from it, and a test holds
//! every cell against what really happens.
//!
//! Only two things come before the table: whether the thing was done already (a second delivery
//! of a fact is no event, whatever the state), and whether a timer is still meant.

mod ask;
mod render;
mod rows;

pub use ask::Ask;
pub use render::markdown;

use super::refusal::LeadRefusal;
use super::vocabulary::{LeadStatus, OpenMatter};
use crate::law;

/// What the table says to a command.
pub type Verdict = law::Verdict<LeadRefusal>;

/// Where a lead stands: one value of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the types say it
pub struct Standing {
    pub status: LeadStatus,
    pub matter: OpenMatter,
}

impl Standing {
    /// Every state of the product.
    pub fn all() -> impl Iterator<Item = Self> {
        LeadStatus::ALL.into_iter().flat_map(|status| {
            OpenMatter::ALL.into_iter().map(move |matter| Self { status, matter })
        })
    }
}

/// A row: what each value of each dimension says, in the order of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the types of the dimensions say it
pub struct Row {
    pub status: [Verdict; 18],
    pub matter: [Verdict; 3],
}

/// What the table says to `ask` where the lead stands so. The status is asked first; the first
/// that does not say go decides.
pub fn judge(ask: Ask, standing: Standing) -> Verdict {
    let row = ask.row();
    law::first([row.status[standing.status as usize], row.matter[standing.matter as usize]])
}
