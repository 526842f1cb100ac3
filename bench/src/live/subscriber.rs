//! A subscriber over graphql-transport-ws that notes when each message came.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use anyhow::{Context as _, bail};
use futures::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::latency::Latencies;
use crate::open;
use crate::server::Tenant;
use crate::webhook::body;

/// What is watched.
const SUBSCRIPTION: &str = "subscription($after: Cursor) { messageAdded(after: $after) \
                            { cursor message { providerMessageId text } } }";

/// When messages came, against when their webhooks should have been sent.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    start: Arc<OnceLock<Instant>>,
    per_second: u32,
    /// Serials below this were sent for warming up.
    warm: u64,
    seen: Arc<AtomicU64>,
    latencies: Latencies,
}

impl Arrivals {
    pub(super) fn new(per_second: u32, warm: u64) -> anyhow::Result<Self> {
        let (start, seen) = (Arc::default(), Arc::default());
        Ok(Self { start, per_second, warm, seen, latencies: Latencies::new()? })
    }

    /// The first webhook should be sent at `start`.
    pub(super) fn begin(&self, start: Instant) {
        // Set once; the run has one start.
        let _ = self.start.set(start);
    }

    pub(super) fn seen(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    pub(super) fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    fn note(&self, serial: u64, now: Instant) {
        self.seen.fetch_add(1, Ordering::Relaxed);
        if let (true, Some(start)) = (serial >= self.warm, self.start.get()) {
            let intended = open::time_of(*start, self.per_second, serial);
            self.latencies.record(now.saturating_duration_since(intended));
        }
    }
}

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    payload: Option<Value>,
}

/// Subscribes, tells `ready`, and notes what comes until the connection ends. It follows from the
/// tenant's creation on, so nothing can come before it is there.
pub(super) async fn watch(
    address: String,
    tenant: Tenant,
    arrivals: Arrivals,
    ready: mpsc::Sender<()>,
) -> anyhow::Result<()> {
    let mut request = format!("ws://{address}/graphql").into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    let (mut socket, _) = connect_async(request).await?;
    let say = |value: Value| Message::text(value.to_string());
    let init = json!({ "authorization": format!("Bearer {}", tenant.token) });
    socket.send(say(json!({ "type": "connection_init", "payload": init }))).await?;
    loop {
        let message = socket.next().await.context("the subscription was closed")??;
        let now = Instant::now();
        let Message::Text(text) = message else { continue };
        let frame: Frame = serde_json::from_str(&text)?;
        match frame.kind.as_str() {
            "connection_ack" => {
                let variables = json!({ "after": tenant.cursor });
                let payload = json!({ "query": SUBSCRIPTION, "variables": variables });
                let subscribe = json!({ "id": "1", "type": "subscribe", "payload": payload });
                socket.send(say(subscribe)).await?;
                ready.send(()).await.context("nobody waits")?;
            }
            "ping" => socket.send(say(json!({ "type": "pong" }))).await?,
            "next" => {
                let payload = frame.payload.context("no payload")?;
                let wamid = payload.pointer("/data/messageAdded/message/providerMessageId");
                let serial = wamid.and_then(Value::as_str).and_then(body::serial_of);
                arrivals.note(serial.with_context(|| format!("no message: {payload}"))?, now);
            }
            other => bail!("{other}: {text}"),
        }
    }
}
