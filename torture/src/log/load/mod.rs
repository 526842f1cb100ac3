//! The load of a child: tasks that throw dice for the next thing to do, and tell the parent
//! before and after each command.

mod conversation;
pub mod direct;
mod issue;
mod shared;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bitacora_commands::bus::CommandBus;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::mpsc;

use super::wire::Line;
use super::world::{TENANTS, World};

/// The load of one child.
pub(super) struct Load {
    bus: CommandBus,
    world: World,
    child: u64,
    lines: mpsc::Sender<Line>,
    /// Serials of the commands that only this child issues.
    own: AtomicU64,
    started: shared::Started,
}

/// What one throw of the dice chose from.
struct Turn {
    tenant: u64,
    dice: StdRng,
}

impl Load {
    pub(super) fn new(
        bus: CommandBus,
        world: World,
        child: u64,
        lines: mpsc::Sender<Line>,
    ) -> Self {
        Self {
            bus,
            world,
            child,
            lines,
            own: AtomicU64::new(0),
            started: shared::Started::default(),
        }
    }

    /// Works until told to stop.
    pub(super) async fn work(
        self: Arc<Self>,
        task: u64,
        stop: Arc<AtomicBool>,
    ) -> anyhow::Result<()> {
        let mixed = self.world.seed ^ (self.child << 32 | task).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut turn = Turn { tenant: 0, dice: StdRng::seed_from_u64(mixed) };
        while !stop.load(Ordering::Relaxed) {
            turn.tenant = turn.dice.random_range(0..TENANTS);
            Box::pin(self.turn(&mut turn)).await?;
            let pause = turn.dice.random_range(0..12);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Ok(())
    }

    async fn turn(&self, turn: &mut Turn) -> anyhow::Result<()> {
        match turn.dice.random_range(0..100) {
            0..10 => self.open_or_close(turn).await,
            10..28 => self.note_on_hot(turn).await,
            28..42 => self.label_on_hot(turn).await,
            42..52 => self.cold_conversation(turn).await,
            52..62 => self.receive(turn).await,
            62..70 => Box::pin(self.twins(turn)).await,
            70..76 => self.mismatch(turn).await,
            76..80 => self.race(turn).await,
            80..85 => self.refused(turn).await,
            85..88 => self.poison(turn).await,
            88..95 => self.numbered(turn).await,
            _ => self.installation_key(turn).await,
        }
    }

    /// A name that no other command of either child has.
    fn own_name(&self) -> String {
        format!("own:{}:{}", self.child, self.own.fetch_add(1, Ordering::Relaxed))
    }

    /// A serial that both processes agree on without talking: the number of the tick of the
    /// clock. So what they do under one name they do at the same time, whatever happened to
    /// either of them before.
    fn tick(&self, millis: i64) -> u64 {
        u64::try_from(self.now_micros() / (millis * 1_000)).unwrap_or_default()
    }

    async fn tell(&self, line: Line) -> anyhow::Result<()> {
        self.lines.send(line).await.context("the parent is gone")
    }

    fn now_micros(&self) -> i64 {
        self.bus.clock().now().timestamp_micros()
    }
}
