//! Which days of the demo were played and when they began: `demo-days`, one line each,
//! `<seed> <day> <seconds since 1970>`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use super::wire::Day;
use crate::cli::Failure;

/// Begins day `number`, or the next one. A day that was played before keeps its beginning, so
/// that its bytes are the same again.
pub(super) fn begin(
    state_dir: &Path,
    seed: u64,
    number: Option<u64>,
    now: i64,
) -> Result<Day, Failure> {
    let path = state_dir.join("demo-days");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    let played: Vec<Day> = text.lines().filter_map(parse).filter(|day| day.seed == seed).collect();
    let next = played.iter().map(|day| day.number).max().unwrap_or(0) + 1;
    let number = number.unwrap_or(next);
    if let Some(day) = played.into_iter().find(|day| day.number == number) {
        return Ok(day);
    }
    std::fs::create_dir_all(state_dir)?;
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    writeln!(file, "{seed} {number} {now}")?;
    Ok(Day { seed, number, started: now })
}

fn parse(line: &str) -> Option<Day> {
    let mut fields = line.split_whitespace();
    let (seed, number) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Day { seed, number, started: fields.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    #[test]
    fn every_run_begins_a_day_and_a_repeated_day_keeps_its_beginning() {
        let dir = std::env::temp_dir().join(format!("bitacora-days-{}", std::process::id()));
        let begin = |number, now| {
            let day = super::begin(&dir, 7, number, now).unwrap();
            (day.number, day.started)
        };
        assert_eq!(begin(None, 100), (1, 100));
        assert_eq!(begin(None, 200), (2, 200));
        assert_eq!(begin(Some(1), 300), (1, 100));
        assert_eq!(begin(None, 400), (3, 400));
        std::fs::remove_dir_all(dir).unwrap();
    }
}
