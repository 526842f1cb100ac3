//! The table as Markdown, for the documentation.

use std::fmt::{Debug, Write};

use super::super::vocabulary::{ConversationStatus, HandoffStatus};
use super::{AiStanding, Ask, Consent, PendingSuggestion, Row, Verdict, Window};

/// The table: a line per row, a column per dimension.
pub fn markdown() -> String {
    let mut text = String::from(
        "| Command | Lifecycle | Suggestion | Hand-off | Consent | AI | Window |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for ask in Ask::ALL {
        let Row { lifecycle, suggestion, handoff, consent, ai, window } = ask.row();
        let cells = [
            cell(&ConversationStatus::ALL, &lifecycle),
            cell(&PendingSuggestion::ALL, &suggestion),
            cell(&HandoffStatus::ALL, &handoff),
            cell(&Consent::ALL, &consent),
            cell(&AiStanding::ALL, &ai),
            cell(&Window::ALL, &window),
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
            Verdict::Withdraw(_) => {
                format!("{names} ↩ `{}`", verdict.code().unwrap_or_default())
            }
        }
    };
    groups.iter().map(said).collect::<Vec<_>>().join("; ")
}
