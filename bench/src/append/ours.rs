//! Our side of P1 to P3, and of P12.

use std::time::{Duration, Instant};

use bitacora_adapters::clock::SystemClock;
use bitacora_commands::ports::Clock as _;
use bitacora_commands::{CommandBus, Envelope};
use bitacora_domain::{Actor, CommandId};
use tokio::task::JoinSet;

use super::IN_FLIGHT;
use super::bulk::{Bulk, Lines};
use crate::backend::{Backend, TENANTS};
use crate::closed::{self, Gauge};
use crate::work::{self, Writer};

/// Appends of 100 events in flight: with more, they would only wait for each other.
const BULK_IN_FLIGHT: usize = 16;

/// Single-event commands through the bus. `name` tells one run's ids from another's.
pub(crate) async fn commands(
    backend: &Backend,
    name: &str,
    warm_up: Duration,
    measured: Duration,
) -> anyhow::Result<Gauge> {
    let gauge = Gauge::start(warm_up, measured)?;
    let mut tasks = JoinSet::new();
    for n in 0..IN_FLIGHT {
        let (bus, gauge, mut writer) = (backend.bus.clone(), gauge.clone(), Writer::new(name, n));
        tasks.spawn(async move {
            while gauge.running() {
                let job = writer.next();
                let since = Instant::now();
                work::execute(&bus, &job).await?;
                gauge.done(since);
            }
            Ok(())
        });
    }
    closed::all(tasks).await?;
    Ok(gauge)
}

/// Commands of 100 events each through the bus.
pub(super) async fn bulk(
    backend: &Backend,
    warm_up: Duration,
    measured: Duration,
) -> anyhow::Result<Gauge> {
    let gauge = Gauge::start(warm_up, measured)?;
    let mut tasks = JoinSet::new();
    for n in 0..BULK_IN_FLIGHT {
        let (bus, gauge) = (backend.bus.clone(), gauge.clone());
        tasks.spawn(async move {
            while gauge.running() {
                let since = Instant::now();
                append_hundred(&bus, n).await?;
                gauge.done(since);
            }
            Ok(())
        });
    }
    closed::all(tasks).await?;
    Ok(gauge)
}

/// Each on a stream of its own, as the peer's statements are.
async fn append_hundred(bus: &CommandBus, n: usize) -> anyhow::Result<()> {
    let (tenant, _) = if n.is_multiple_of(2) { TENANTS[0] } else { TENANTS[1] };
    let (stream, body) = (SystemClock.fresh_id().to_string(), Lines { count: 100 });
    let fingerprint = bus.key().fingerprint(&body)?;
    let command_id = CommandId::new(SystemClock.fresh_id());
    let now = SystemClock.now();
    let envelope = Envelope::new(tenant, Actor::system("bench"), command_id, fingerprint, now);
    let done = bus.execute::<Bulk>(envelope, &stream, body).await;
    done.map_err(|error| anyhow::anyhow!("a bulk command failed: {error}"))?;
    Ok(())
}
