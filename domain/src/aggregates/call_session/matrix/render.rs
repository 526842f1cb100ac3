//! The table as Markdown, for the documentation.

use std::fmt::{Debug, Write};

use super::super::vocabulary::CallOrigin;
use super::{Ask, FollowUpStanding, Row, Stage, StopStanding, TransferStanding, Verdict};

/// The table: a line per row, a column per dimension.
pub fn markdown() -> String {
    let mut text = String::from(
        "| Command | Origin | Stage | STOP | Transfer | Follow-up |\n|---|---|---|---|---|---|\n",
    );
    for ask in Ask::ALL {
        let Row { origin, stage, stop, transfer, follow_up } = ask.row();
        let cells = [
            cell(&CallOrigin::ALL, &origin),
            cell(&Stage::ALL, &stage),
            cell(&StopStanding::ALL, &stop),
            cell(&TransferStanding::ALL, &transfer),
            cell(&FollowUpStanding::ALL, &follow_up),
        ];
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {} |", ask.name(), cells.join(" | "));
    }
    text
}

/// One sign when every value says the same; else what they say, each with its values.
fn cell<T: Debug>(values: &[T], verdicts: &[Verdict]) -> String {
    let mut groups: Vec<(Verdict, Vec<String>)> = Vec::new();
    for (value, verdict) in values.iter().zip(verdicts) {
        let name = format!("{value:?}");
        match groups.iter_mut().find(|(known, _)| known == verdict) {
            Some((_, names)) => names.push(name),
            None => groups.push((*verdict, vec![name])),
        }
    }
    let sign = |verdict: &Verdict| match verdict {
        Verdict::Go => "✓".to_owned(),
        Verdict::Nothing => "–".to_owned(),
        Verdict::Refuse(_) => format!("`{}`", verdict.code().unwrap_or_default()),
    };
    if let [(verdict, _)] = groups.as_slice() {
        return sign(verdict);
    }
    let said = |(verdict, names): &(Verdict, Vec<String>)| {
        format!("{} {}", names.join(", "), sign(verdict))
    };
    groups.iter().map(said).collect::<Vec<_>>().join("; ")
}
