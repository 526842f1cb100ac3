//! Meta Lead Ads: the forms behind ads over the Graph API, or its offline twin where no token is
//! configured (wire-formats §2).

mod answer;
mod graph;
mod offline;

pub use graph::GraphForms;
pub use offline::OfflineForms;
