//! `bitacora rebuild <view>`: builds a read table again beside the live one, compares the two and
//! swaps them. Stopped anywhere, the next run goes on from there.

use std::sync::Arc;
use std::time::Duration;

use bitacora_projections::ports::Comparison;
use bitacora_projections::rebuild::{RebuildError, RebuildOptions, rebuild};
use bitacora_projections::views;
use serde_json::json;

use super::compose::Backend;
use super::{Context, Exit, Failure};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The view.
    view: String,
    /// Swaps although rows differ: the view's code was changed on purpose.
    #[arg(long)]
    accept_difference: bool,
    /// Lanes worked on at the same time.
    #[arg(long, default_value_t = 4)]
    workers: usize,
    /// Afterwards drops generations that nobody reads any more.
    #[arg(long)]
    drop_retired: bool,
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = self.rebuild(&context, &backend).await;
        backend.close().await?;
        outcome
    }

    async fn rebuild(&self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let view = views::find(&self.view).ok_or_else(|| {
            let names: Vec<_> = views::all().iter().map(|view| view.table().name).collect();
            Failure::usage(format!(
                "no view is called {:?}; there are {}",
                self.view,
                names.join(", ")
            ))
        })?;
        let bar = context.out.progress(view.table().name, 0);
        let shown = bar.clone();
        let options =
            RebuildOptions { workers: self.workers, accept_difference: self.accept_difference };
        let outcome = rebuild(
            &backend.ports(),
            view,
            options,
            Arc::new(move |progress| {
                shown.set_length(u64::try_from(progress.total).unwrap_or(0));
                shown.set_position(u64::try_from(progress.done).unwrap_or(0));
            }),
        )
        .await;
        bar.finish_and_clear();
        let report = match outcome {
            Ok(report) => report,
            Err(RebuildError::Differs(comparison)) => return Ok(differs(context, &comparison)),
            Err(error) => return Err(Failure::new(Exit::Unavailable, error.code(), error)),
        };
        let dropped = if self.drop_retired {
            backend.store.drop_retired(view.table()).await?
        } else {
            Vec::new()
        };
        let seconds = report.elapsed.max(Duration::from_millis(1)).as_secs_f64();
        let document = json!({ "view": report.view, "from": report.from, "to": report.to,
            "events": report.events, "seconds": seconds, "equal": report.comparison.equal,
            "rows": report.comparison.rows.1, "differences": report.comparison.differences,
            "dropped": dropped });
        context.out.emit(&document, || {
            let equal = if report.comparison.equal { "equal" } else { "different, as accepted" };
            format!(
                "{}: generation {} → {}, {} events in {seconds:.1} s, {} rows, {equal}",
                report.view, report.from, report.to, report.events, report.comparison.rows.1
            )
        });
        Ok(Exit::Done)
    }
}

fn differs(context: &Context, comparison: &Comparison) -> Exit {
    let document = json!({ "equal": false, "swapped": false, "rows": comparison.rows,
        "differences": comparison.differences });
    context.out.emit(&document, || {
        let mut text = format!(
            "not swapped: {} rows live, {} rows rebuilt",
            comparison.rows.0, comparison.rows.1
        );
        for (what, count) in &comparison.differences {
            text.push_str("\n  ");
            text.push_str(&[what.as_str(), &count.to_string()].join(": "));
        }
        text.push_str("\nWhen the code was changed on purpose: --accept-difference");
        text
    });
    Exit::Found
}
