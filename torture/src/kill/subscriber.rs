//! A subscriber over graphql-transport-ws that reconnects with its last cursor whenever the
//! server dies, and counts what it saw.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_util::sync::CancellationToken;

/// What is watched.
const SUBSCRIPTION: &str = "subscription($after: Cursor) { messageAdded(after: $after) { cursor message { providerMessageId } } }";
/// Longest silence of a server that is there; a dead one is noticed at once.
const SILENCE: Duration = Duration::from_secs(30);

/// What the subscriber saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How often each message was announced.
    pub(super) messages: HashMap<String, u64>,
    /// Last cursor.
    pub(super) cursor: String,
    /// How often it (re)connected and subscribed.
    pub(super) connections: u64,
    /// What was out of order.
    pub(super) wrong: Vec<String>,
}

/// What it saw so far, shared with the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(Arc<Mutex<Seen>>);

impl Notes {
    /// Reads or writes the notes.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Seen) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Watches until `stop`, from `start` on.
pub(super) async fn watch(
    address: String,
    token: String,
    start: String,
    notes: Notes,
    stop: CancellationToken,
) {
    notes.with(|seen| seen.cursor = start);
    while !stop.is_cancelled() {
        let session = session(&address, &token, &notes);
        tokio::select! {
            ended = session => if let Err(error) = ended {
                tracing::info!(%error, "the subscription ended");
            },
            () = stop.cancelled() => return,
        }
        sleep(Duration::from_millis(30)).await;
    }
}

async fn session(address: &str, token: &str, notes: &Notes) -> anyhow::Result<()> {
    let mut request = format!("ws://{address}/graphql").into_client_request()?;
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    let (mut socket, _) = connect_async(request).await?;
    let say = |value: Value| Message::text(value.to_string());
    let init = json!({ "authorization": format!("Bearer {token}") });
    socket.send(say(json!({ "type": "connection_init", "payload": init }))).await?;
    loop {
        let message = timeout(SILENCE, socket.next()).await.context("silence")?;
        let text = match message.context("closed")?? {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {
                continue;
            }
            Message::Close(frame) => bail!("closed: {frame:?}"),
        };
        let message: Value = serde_json::from_str(&text)?;
        match message.get("type").and_then(Value::as_str) {
            Some("connection_ack") => {
                let after = notes.with(|seen| {
                    seen.connections += 1;
                    seen.cursor.clone()
                });
                let payload = json!({ "query": SUBSCRIPTION, "variables": { "after": after } });
                socket
                    .send(say(json!({ "id": "1", "type": "subscribe", "payload": payload })))
                    .await?;
            }
            Some("next") => note(&message, notes)?,
            Some("ping") => socket.send(say(json!({ "type": "pong" }))).await?,
            Some("pong") => {}
            other => bail!("{other:?}: {message}"),
        }
    }
}

fn note(message: &Value, notes: &Notes) -> anyhow::Result<()> {
    let added = message.pointer("/payload/data/messageAdded");
    let text = |pointer: &str| added.and_then(|a| a.pointer(pointer)).and_then(Value::as_str);
    let Some(cursor) = text("/cursor") else { bail!("no payload: {message}") };
    notes.with(|seen| {
        match (position(&seen.cursor), position(cursor)) {
            (Some(before), Some(now)) if now > before => {}
            (before, now) => seen.wrong.push(format!("cursor {now:?} came after {before:?}")),
        }
        cursor.clone_into(&mut seen.cursor);
        match text("/message/providerMessageId") {
            Some(wamid) => *seen.messages.entry(wamid.to_owned()).or_default() += 1,
            None => seen.wrong.push(format!("announced, but not to be read: {message}")),
        }
    });
    Ok(())
}

/// The position in a cursor. Opaque to clients; the torture looks inside to see that it grows.
fn position(cursor: &str) -> Option<i64> {
    cursor.rsplit('-').next()?.parse().ok()
}
