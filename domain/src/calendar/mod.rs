//! Time as a business counts it: its days, its hours and its holidays, on the clocks of its
//! zone. Pure: the rules of the zones are part of the program.

mod business;
pub mod day;
mod hours;

pub use business::BusinessCalendar;
pub use hours::{BusinessHours, OpenSpan};
