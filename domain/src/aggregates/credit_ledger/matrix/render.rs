//! The table as Markdown, for the documentation.

use std::fmt::{Debug, Write};

use super::{Ask, FundsStanding, GrantStanding, HoldStanding, LedgerStanding, Row, Verdict};

/// The table: a line per row, a column per dimension.
pub fn markdown() -> String {
    let mut text =
        String::from("| Command | Ledger | Hold | Grant | Funds |\n|---|---|---|---|---|\n");
    for ask in Ask::ALL {
        let Row { ledger, hold, grant, funds } = ask.row();
        let cells = [
            cell(&LedgerStanding::ALL, &ledger),
            cell(&HoldStanding::ALL, &hold),
            cell(&GrantStanding::ALL, &grant),
            cell(&FundsStanding::ALL, &funds),
        ];
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {} |", ask.name(), cells.join(" | "));
    }
    text
}

/// `✓` when every value says go; else what those say that do not, each with its values.
fn cell<T: Debug>(values: &[T], verdicts: &[Verdict]) -> String {
    let mut groups: Vec<(Verdict, Vec<String>)> = Vec::new();
    for (value, verdict) in values.iter().zip(verdicts) {
        let name = format!("{value:?}");
        match groups.iter_mut().find(|(known, _)| known == verdict) {
            Some((_, names)) => names.push(name),
            None => groups.push((*verdict, vec![name])),
        }
    }
    if let [(Verdict::Go, _)] = groups.as_slice() {
        return "✓".to_owned();
    }
    let said = |(verdict, names): &(Verdict, Vec<String>)| {
        let names = names.join(", ");
        match verdict {
            Verdict::Go => format!("{names} ✓"),
            Verdict::Nothing => format!("{names} –"),
            Verdict::Refuse(_) => format!("{names} `{}`", verdict.code().unwrap_or_default()),
        }
    };
    groups.iter().map(said).collect::<Vec<_>>().join("; ")
}
