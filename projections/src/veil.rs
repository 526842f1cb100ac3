//! What nobody may see of contacts that the business knows by a lead alone (ADR 0012): their
//! personal columns read as NULL until the contact is in `reveals`, for the API and for analysts
//! alike. Which contact a row is of says its own column, or the row that it belongs to.

use crate::Table;
use crate::views::{calls, conversations, reveals, tickets};

/// How a row of a table leads to its contact.
#[derive(Clone, Copy, Debug)]
pub struct Veil {
    /// The column that names the contact, or the row that does.
    pub column: &'static str,
    /// The table of that row; it has a column `contact_id`.
    pub through: Option<&'static Table>,
}

const fn of(column: &'static str) -> Veil {
    Veil { column, through: None }
}

const fn through(column: &'static str, table: &'static Table) -> Veil {
    Veil { column, through: Some(table) }
}

/// Tables with personal columns of contacts.
const VEILED: &[(&str, Veil)] = &[
    ("calls", of("contact_id")),
    ("call_artefacts", through("call_id", &calls::TABLE)),
    ("call_follow_ups", of("contact_id")),
    ("call_turns", through("call_id", &calls::TABLE)),
    ("conversations", of("contact_id")),
    ("handoffs", through("conversation_id", &conversations::TABLE)),
    ("messages", of("contact_id")),
    ("scheduled_messages", through("conversation_id", &conversations::TABLE)),
    ("suggestions", through("conversation_id", &conversations::TABLE)),
    ("ticket_entries", through("ticket_id", &tickets::TABLE)),
    ("ticket_fields", through("ticket_id", &tickets::TABLE)),
    ("tickets", of("contact_id")),
    ("timeline", of("contact_id")),
];

/// Tables whose personal columns are not of contacts, or hold nothing that may not be seen: who a
/// contact or a lead is stands there only once it is revealed or delivered.
pub const OPEN: &[&str] = &["contacts", "lead_answers", "lead_disputes", "leads", "members"];

/// How the rows of `table` lead to a contact, where they have personal columns of one.
pub fn of_table(table: &Table) -> Option<Veil> {
    VEILED.iter().find(|(name, _)| *name == table.name).map(|(_, veil)| *veil)
}

/// Tables that must be there, and be asked, before rows of `table` are shown.
pub fn behind(table: &Table) -> Vec<&'static Table> {
    let Some(veil) = of_table(table) else { return Vec::new() };
    veil.through.into_iter().chain([&reveals::TABLE]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views;

    #[test]
    fn every_table_with_personal_columns_is_veiled_or_known_to_be_open() {
        for table in views::all().into_iter().map(crate::Projection::table) {
            let personal = table.columns.iter().any(|column| column.personal);
            let (veiled, open) = (of_table(table).is_some(), OPEN.contains(&table.name));
            assert!(!personal || (veiled != open), "{}: veiled or open?", table.name);
            let Some(veil) = of_table(table) else { continue };
            assert!(table.column(veil.column).is_some(), "{}.{}", table.name, veil.column);
            let through = veil.through.is_none_or(|other| other.column("contact_id").is_some());
            assert!(through, "{}: whose is it?", table.name);
            // What is masked has no order that a reader could see.
            for index in table.indexes {
                let masked = |name: &&&str| {
                    table.column(name.trim_start_matches('-')).is_some_and(|c| c.personal)
                };
                assert_eq!(index.columns.iter().find(masked), None, "{}", table.name);
            }
        }
    }
}
