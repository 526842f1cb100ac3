//! The one place that prints: results on standard output, as text or as JSON; failures and
//! progress on standard error.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::exit::{Exit, Failure};

/// Where and how to print.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints one result: the document, or the text that `text` makes.
    pub(super) fn emit(self, document: &Value, text: impl FnOnce() -> String) {
        if self.json { write_line(&document.to_string()) } else { write_line(text().trim_end()) }
    }

    /// Prints text that has no JSON form (a schema).
    #[allow(clippy::unused_self)] // output goes through an `Output` and nowhere else
    pub(super) fn raw(self, text: &str) {
        write_line(text.trim_end());
    }

    /// Prints rows: as JSON one object per row, else aligned columns.
    pub(super) fn table(self, columns: &[&str], rows: &[Vec<String>]) {
        if self.json {
            for row in rows {
                let object: serde_json::Map<_, _> = columns
                    .iter()
                    .zip(row)
                    .map(|(column, cell)| ((*column).to_owned(), Value::from(cell.as_str())))
                    .collect();
                write_line(&Value::Object(object).to_string());
            }
        } else {
            write_line(&align(columns, rows));
        }
    }

    /// Says what is waited for, to whoever sits at the terminal.
    #[allow(clippy::unused_self)] // output goes through an `Output` and nowhere else
    pub(super) fn hint(self, text: &str) {
        let mut err = std::io::stderr().lock();
        // Nothing to do when even standard error is closed.
        let _ = write!(err, "{text}").and_then(|()| err.flush());
    }

    /// Prints why a subcommand failed and returns its exit code.
    pub(super) fn failure(self, failure: &Failure) -> Exit {
        let line = if self.json {
            json!({ "error": { "code": failure.code, "message": failure.message } }).to_string()
        } else {
            format!("error [{}]: {}", failure.code, failure.message)
        };
        // Nothing to do when even standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
        failure.exit
    }

    /// A progress bar with an estimate of the time left; invisible when nobody looks.
    pub(super) fn progress(self, what: &str, length: u64) -> ProgressBar {
        let visible = !self.json && std::io::stderr().is_terminal();
        let target =
            if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(length), target).with_message(what.to_owned());
        if let Ok(style) = ProgressStyle::with_template(
            "{msg} [{bar:40}] {human_pos}/{human_len} {per_sec}, {eta} left",
        ) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// Writes a line. When the reader has gone (`bitacora tail | head`) there is nobody to tell, and
/// going on is pointless.
fn write_line(line: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

fn align(columns: &[&str], rows: &[Vec<String>]) -> String {
    let width = |i: usize| {
        let cells = rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.chars().count());
        cells.chain([columns.get(i).map_or(0, |c| c.chars().count())]).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<_> =
            cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let head = line(&mut columns.iter().copied());
    let body = rows.iter().map(|row| line(&mut row.iter().map(String::as_str)));
    std::iter::once(head).chain(body).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters_not_bytes() {
        let rows = vec![vec!["ñandú".into(), "1".into()], vec!["x".into(), "22".into()]];
        assert_eq!(align(&["a", "n"], &rows), "a      n\nñandú  1\nx      22");
    }
}
