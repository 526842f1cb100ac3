//! The credit ledger against a second, naive one that shares no code with it
//! (`domain/tests/model/`): random commands, each answered by both, and every credit counted.
//! Needs no database: the aggregate is pure.

use std::collections::BTreeMap;

use bitacora_domain::DomainAggregate as _;
use bitacora_domain::aggregates::credit_ledger::CreditLedger;
use clap::Args;
use futures::future::try_join_all;
use tokio::task::spawn_blocking;

use crate::report::Report;

#[path = "../../domain/tests/model/mod.rs"]
mod model;

/// Lives of one part of a run have seeds below the next part's.
const PARTS_APART: u64 = 1_000_000_000;

/// What to play.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Seed of the first life.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Commands, at least; each of the parts rounds up.
    #[arg(long, default_value_t = 1_000_000)]
    pub commands: u64,
    /// How many at the same time.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=64))]
    pub parts: u64,
}

/// Plays the commands and compares.
///
/// # Errors
/// When a part panics.
pub async fn run(options: Options) -> anyhow::Result<Report> {
    let began = std::time::Instant::now();
    let mut report = Report::new("ledger", options.seed);
    let each = options.commands.div_ceil(options.parts);
    let parts = (0..options.parts).map(|part| {
        let seed = options.seed.wrapping_add(part.wrapping_mul(PARTS_APART));
        spawn_blocking(move || model::play(seed, each))
    });
    let mut sum = model::Report::default();
    let mut differences = Vec::new();
    for outcome in try_join_all(parts).await? {
        match outcome {
            Ok(part) => add(&mut sum, part),
            Err(difference) => differences.push(difference),
        }
    }
    report.check("ledger and model agree", differences);
    judge(&mut report, &sum);
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

fn add(sum: &mut model::Report, part: model::Report) {
    sum.commands += part.commands;
    sum.accepted += part.accepted;
    sum.changed += part.changed;
    for (all, of_part) in [(&mut sum.events, part.events), (&mut sum.refusals, part.refusals)] {
        for (name, count) in of_part {
            *all.entry(name).or_default() += count;
        }
    }
}

/// A run that refuses most of what it tries, or never comes to some event, proves little.
fn judge(report: &mut Report, sum: &model::Report) {
    report.figure("commands", sum.commands);
    report.figure("… accepted", sum.accepted);
    report.figure("… of these with an event", sum.changed);
    counts(report, "event", &sum.events);
    counts(report, "refused", &sum.refusals);
    report.require("at least half is accepted", sum.accepted * 2 >= sum.commands, || {
        format!("{} of {}", sum.accepted, sum.commands)
    });
    let least = sum.commands / 1_000;
    let rare = CreditLedger::EVENT_TYPES.iter().filter_map(|name| {
        let count = sum.events.get(*name).copied().unwrap_or_default();
        (count < least).then(|| format!("{name}: {count} of at least {least}"))
    });
    report.check("every event comes at least once in a thousand commands", rare);
}

fn counts(report: &mut Report, kind: &str, counts: &BTreeMap<String, u64>) {
    for (name, count) in counts {
        report.figure(&format!("{kind} {name}"), *count);
    }
}
