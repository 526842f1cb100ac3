//! `bitacora tail <tenant>`: follows the events of a tenant, from the beginning, from now or from
//! a cursor. Personal values are masked unless `--reveal` is given.

use bitacora_domain::codec::{self, Visibility};
use bitacora_domain::{Cursor, Epoch, Lane, Position, RecordedEvent, TenantId};
use chrono::SecondsFormat;
use serde_json::json;

use super::compose::Backend;
use super::history::cursor;
use super::tenant::resolve;
use super::{Context, Exit, Failure};

/// Events read at a time.
const PAGE: i64 = 500;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The tenant's id or short name.
    tenant: String,
    /// Starts behind this cursor (as printed); without it, with the events to come.
    #[arg(long, conflicts_with = "from_start")]
    after: Option<Cursor>,
    /// Starts with the first event.
    #[arg(long)]
    from_start: bool,
    /// Ends when everything that is there has been printed.
    #[arg(long)]
    no_follow: bool,
    /// Shows personal values.
    #[arg(long)]
    reveal: bool,
}

impl Args {
    pub(super) async fn run(self, context: Context) -> Result<Exit, Failure> {
        let backend = Backend::open(&context.config()?).await?;
        let outcome = tokio::select! {
            outcome = self.follow(&context, &backend) => outcome,
            _ = tokio::signal::ctrl_c() => Ok(Exit::Done),
        };
        backend.close().await?;
        outcome
    }

    async fn follow(&self, context: &Context, backend: &Backend) -> Result<Exit, Failure> {
        let tenant = resolve(backend, &self.tenant).await?;
        let Some(lane) = backend.reader.lane_of(tenant).await? else {
            return Err(Failure::not_found("the tenant has no events"));
        };
        let mut at = self.start(backend, lane).await?;
        let mut watch = backend.reader.watch(lane);
        loop {
            let head = backend.reader.head(lane).await?.position;
            at = self.print_until(context, backend, (tenant, lane), at, head).await?;
            if self.no_follow {
                return Ok(Exit::Done);
            }
            // A new position, or the safety net's poll: both just mean "look again".
            let _ = tokio::time::timeout(std::time::Duration::from_secs(1), watch.changed()).await;
        }
    }

    /// The position behind which to start.
    async fn start(&self, backend: &Backend, lane: Lane) -> Result<Position, Failure> {
        let head = backend.reader.head(lane).await?;
        match self.after {
            Some(Cursor { epoch, lane: other, .. }) if epoch != head.epoch || other != lane => {
                let Epoch(now) = head.epoch;
                Err(Failure::usage(format!(
                    "the cursor is not of this tenant's log (epoch {now}, lane {lane})"
                )))
            }
            Some(cursor) => Ok(cursor.position),
            None if self.from_start => Ok(Position::START),
            None => Ok(head.position),
        }
    }

    /// Prints everything behind `at` up to `head`; returns how far that is.
    async fn print_until(
        &self,
        context: &Context,
        backend: &Backend,
        (tenant, lane): (TenantId, Lane),
        mut at: Position,
        head: Position,
    ) -> Result<Position, Failure> {
        while at < head {
            let page = backend.reader.read_tenant(tenant, lane, at, head, PAGE).await?;
            for event in &page {
                self.print(context, event);
            }
            at = match page.last() {
                Some(last) if i64::try_from(page.len()).is_ok_and(|n| n == PAGE) => last.position,
                // Everything of this tenant up to the head has been seen.
                Some(_) | None => head,
            };
        }
        Ok(at)
    }

    fn print(&self, context: &Context, event: &RecordedEvent) {
        let visibility = if self.reveal { Visibility::Clear } else { Visibility::Masked };
        let payload = codec::open(event.payload.clone(), visibility);
        let time = event.recorded_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let document = json!({
            "cursor": cursor(event), "recordedAt": time, "stream": event.stream.to_string(),
            "version": event.version, "type": event.event_type, "payload": payload,
        });
        context.out.emit(&document, || {
            let fields = payload.get(&event.event_type).unwrap_or(&payload);
            format!(
                "{:<10} {time}  {}  {}\n           {fields}",
                cursor(event),
                event.event_type,
                event.stream
            )
        });
    }
}
