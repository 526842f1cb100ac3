//! The table as Markdown, for the documentation.

use std::fmt::Write;

use super::super::vocabulary::{LeadStatus, OpenMatter};
use super::{Ask, Row};
use crate::law::cell;

/// The table: a line per row, a column per dimension.
pub fn markdown() -> String {
    let mut text = String::from("| Command | Status | Open matter |\n|---|---|---|\n");
    for ask in Ask::ALL {
        let Row { status, matter } = ask.row();
        let (status, matter) = (cell(&LeadStatus::ALL, &status), cell(&OpenMatter::ALL, &matter));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {status} | {matter} |", ask.name());
    }
    text
}
