//! Everything that a request handler can reach.

use std::sync::Arc;

use bitacora_commands::CommandBus;
use bitacora_commands::people::People;
use bitacora_commands::ports::{Blobs, Clock, EffectQueue, EventLog, Inbox, LeadPorts, Till};
use bitacora_commands::sources::SourceSecrets;
use bitacora_projections::feed::Feed;
use bitacora_projections::ports::{LogReader, ReadModels, ReadStore};
use bitacora_projections::presence::Presence;
use bitacora_projections::wait::ReadGate;

use crate::auth::Auth;
use crate::config::{Limits, Packs, PublicUrl};

/// The application: ports and services, shared by all handlers. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// Executes commands.
    pub bus: CommandBus,
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// Reads the log in order.
    pub reader: Arc<dyn LogReader>,
    /// Answers questions to read tables, under row security.
    pub models: Arc<dyn ReadModels>,
    /// Checkpoints, progress and parked events.
    pub store: Arc<dyn ReadStore>,
    /// Takes webhook deliveries in.
    pub inbox: Arc<dyn Inbox>,
    /// Forms of ads, systems that take leads, and the number that writes to them.
    pub leads: LeadPorts,
    /// What is to be done outside or later.
    pub effects: Arc<dyn EffectQueue>,
    /// Recordings and other media.
    pub blobs: Arc<dyn Blobs>,
    /// Live events with resuming.
    pub feed: Feed,
    /// Who is typing, told to whoever listens.
    pub presence: Arc<Presence>,
    /// Waits until projections have seen a position.
    pub gate: ReadGate,
    /// Who may log in, and whose keys there are.
    pub people: People,
    /// Checks and mints tokens.
    pub auth: Auth,
    /// Secrets of webhook sources.
    pub sources: SourceSecrets,
    /// How providers reach us.
    pub public_url: PublicUrl,
    /// What credits cost.
    pub packs: Packs,
    /// Pages where orders are paid, when the payment provider is only played.
    pub till: Option<Arc<dyn Till>>,
    /// Bounds on what a stranger can send.
    pub limits: Limits,
    /// Time and fresh ids.
    pub clock: Arc<dyn Clock>,
    /// Cancelled when the server stops: sockets close with 1012, workers finish.
    pub shutdown: tokio_util::sync::CancellationToken,
}

impl App {
    /// An application of the given parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
