//! Prints the table and writes the results.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::machine::Machine;
use crate::table::{Line, Verdict};

/// Everything that a run found out.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// When it began, UTC.
    pub(crate) started_at: String,
    /// Seconds that it took, without building.
    pub(crate) seconds: f64,
    /// Short durations: indications only.
    pub(crate) quick: bool,
    /// Where it ran.
    pub(crate) machine: Machine,
    /// The figures.
    pub(crate) lines: Vec<Judged>,
}

/// A figure with what follows from it.
#[derive(Debug, Serialize)]
pub(crate) struct Judged {
    #[serde(flatten)]
    line: Line,
    ratio: Option<f64>,
    verdict: Verdict,
}

impl From<Line> for Judged {
    fn from(line: Line) -> Self {
        Self { ratio: line.ratio(), verdict: line.verdict(), line }
    }
}

const HEAD: [&str; 8] =
    ["id", "what", "ours", "peer or limit", "ratio", "target", "hard floor", "verdict"];

impl Report {
    /// Whether every hard floor holds.
    pub(crate) fn floors_hold(&self) -> bool {
        self.lines.iter().all(|judged| judged.verdict != Verdict::BelowFloor)
    }

    pub(crate) fn print(&self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{}", self.machine.summary())?;
        if self.quick {
            writeln!(out, "QUICK: durations are too short for more than an indication")?;
        }
        write!(out, "\n{}", self.table())?;
        for judged in &self.lines {
            for note in &judged.line.notes {
                writeln!(out, "{:<4} {note}", judged.line.id)?;
            }
        }
        writeln!(out, "{:.0} s", self.seconds)?;
        Ok(())
    }

    /// Columns as wide as their widest cell; what `str::len` calls wide is bytes, so count chars.
    fn table(&self) -> String {
        let mut rows = vec![HEAD.map(str::to_owned)];
        rows.extend(self.lines.iter().map(cells));
        let width = |column: usize| {
            rows.iter().map(|row| row.get(column).map_or(0, |cell| cell.chars().count())).max()
        };
        let widths: Vec<usize> = (0..HEAD.len()).filter_map(width).collect();
        let mut text = String::new();
        for (number, row) in rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                let padding = width.saturating_sub(cell.chars().count());
                // Writing to a String cannot fail.
                let _ = write!(text, "{cell}{}  ", " ".repeat(padding));
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
            if number == 0 {
                let all: usize = widths.iter().map(|width| width + 2).sum();
                let _ = writeln!(text, "{}", "-".repeat(all.saturating_sub(2)));
            }
        }
        text
    }

    /// Writes `<folder>/<name>.json`.
    pub(crate) fn write(&self, folder: &Path, name: &str) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{name}.json"));
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        writeln!(std::io::stdout().lock(), "written to {}", path.display())?;
        Ok(())
    }
}

fn cells(judged: &Judged) -> [String; 8] {
    let line = &judged.line;
    let peer = match &line.peer {
        None => "–".to_owned(),
        Some(peer) => match peer.value {
            Some(value) => format!("{} ({})", number(value), peer.name),
            None => peer.name.clone(),
        },
    };
    [
        line.id.to_owned(),
        line.what.clone(),
        format!("{} {}", number(line.ours), line.unit),
        peer,
        judged.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}×")),
        line.target.text(),
        line.floor.map_or_else(|| "–".to_owned(), crate::table::Bound::text),
        judged.verdict.text().to_owned(),
    ]
}

/// Three digits that matter, thousands apart.
fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_short() {
        let texts = [1.234, 12.34, 123.4, 1_234.5, 1_234_567.0].map(number);
        assert_eq!(texts, ["1.23", "12.3", "123", "1,234", "1,234,567"]);
    }
}
