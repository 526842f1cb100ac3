//! What a run prints: how often each fault fired, what was measured, which properties failed.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde::Serialize;

/// Violations of one property that are written out; more are only counted.
const SHOWN_PER_PROPERTY: usize = 10;

/// The outcome of a run.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Subcommand.
    pub run: String,
    /// Seed that repeats the run's dice.
    pub seed: u64,
    /// Seconds that it took.
    pub seconds: f64,
    /// How often each fault fired.
    pub faults: BTreeMap<String, u64>,
    /// What was done and measured.
    pub figures: BTreeMap<String, f64>,
    /// Properties that were checked, with the number of violations.
    pub properties: BTreeMap<String, u64>,
    /// The violations, the first few of each property.
    pub violations: Vec<String>,
}

impl Report {
    /// An empty report.
    pub fn new(run: &str, seed: u64) -> Self {
        Self { run: run.to_owned(), seed, ..Self::default() }
    }

    /// Counts a fault.
    pub fn fault(&mut self, name: &str, count: u64) {
        *self.faults.entry(name.to_owned()).or_default() += count;
    }

    /// Notes a figure.
    #[allow(clippy::cast_precision_loss, reason = "figures for people, far below 2^53")]
    pub fn figure(&mut self, name: &str, value: u64) {
        self.figures.insert(name.to_owned(), value as f64);
    }

    /// Notes seconds, to the millisecond.
    pub fn seconds(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), (value * 1_000.0).round() / 1_000.0);
    }

    /// Says that `property` was checked and what was found against it.
    pub fn check(&mut self, property: &str, found: impl IntoIterator<Item = String>) {
        let count = self.properties.entry(property.to_owned()).or_default();
        for violation in found {
            *count += 1;
            if usize::try_from(*count).unwrap_or(usize::MAX) <= SHOWN_PER_PROPERTY {
                self.violations.push(format!("{property}: {violation}"));
            }
        }
    }

    /// Checks a plain condition.
    pub fn require(&mut self, property: &str, holds: bool, otherwise: impl FnOnce() -> String) {
        self.check(property, if holds { None } else { Some(otherwise()) });
    }

    /// Did every property hold, and was any checked at all?
    pub fn passed(&self) -> bool {
        !self.properties.is_empty() && self.properties.values().all(|count| *count == 0)
    }

    /// Prints the report as a table.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn print_table(&self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "torture {} --seed {} ({:.1} s)", self.run, self.seed, self.seconds)?;
        writeln!(out, "\n  faults fired")?;
        for (name, count) in &self.faults {
            writeln!(out, "  {name:<52}{count:>12}")?;
        }
        writeln!(out, "\n  figures")?;
        for (name, value) in &self.figures {
            writeln!(out, "  {name:<52}{value:>12}")?;
        }
        writeln!(out, "\n  properties")?;
        for (name, violations) in &self.properties {
            let verdict = if *violations == 0 {
                "held".to_owned()
            } else {
                format!("VIOLATED {violations}x")
            };
            writeln!(out, "  {name:<52}{verdict:>12}")?;
        }
        for violation in &self.violations {
            writeln!(out, "  ! {violation}")?;
        }
        writeln!(out, "\n{}", if self.passed() { "PASSED" } else { "FAILED" })?;
        Ok(())
    }

    /// Prints the report as one JSON document.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn print_json(&self) -> anyhow::Result<()> {
        let mut document = serde_json::to_value(self)?;
        if let Some(fields) = document.as_object_mut() {
            fields.insert("passed".into(), self.passed().into());
        }
        writeln!(std::io::stdout().lock(), "{document}")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_passes_only_when_something_was_checked_and_held() {
        let mut report = Report::new("x", 1);
        assert!(!report.passed());
        report.require("a", true, String::new);
        assert!(report.passed());
        report.check("b", (0..30).map(|n| n.to_string()));
        assert!(!report.passed());
        assert_eq!(report.properties["b"], 30);
        assert_eq!(report.violations.len(), SHOWN_PER_PROPERTY);
    }
}
