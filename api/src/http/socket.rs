//! GraphQL over WebSocket: the `graphql-transport-ws` protocol.
//!
//! One task per socket reads, one writes, and every operation has its own. Operations hand their
//! messages to the writer through one bounded, fair queue: each has at most one message waiting,
//! so a slow client holds its operations back, and the feed behind a subscription then ends it
//! with a coded error and the cursor to resume from. A client that does not even take bytes is
//! dropped.

mod messages;
mod operations;
mod session;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

use super::listen::Sockets;
use crate::app::App;

/// The subprotocol that we speak.
const PROTOCOL: &str = "graphql-transport-ws";
/// How long the client may take to answer our close frame. Meanwhile what it says is thrown away:
/// hanging up on unread bytes would reset the connection, and the frame could be lost with it.
const LINGER: Duration = Duration::from_secs(1);
/// Messages that wait for the writer, over all operations.
const QUEUE: usize = 16;

/// Why a socket is closed: code and reason of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Close {
    code: u16,
    reason: String,
}

impl Close {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason: String = reason.into();
        // A close frame holds 123 bytes of reason.
        while reason.len() > 123 {
            reason.pop();
        }
        Self { code, reason }
    }
}

/// Takes the upgrade. Another subprotocol is closed with 4406, as the protocol says.
/// The listener waits for `sockets` when it stops.
pub(super) fn open(app: App, upgrade: WebSocketUpgrade, sockets: Option<&Sockets>) -> Response {
    let tracked = sockets.map(|Sockets(tracker)| tracker.token());
    let limit = app.limits.graphql_body_bytes;
    upgrade.protocols([PROTOCOL]).max_message_size(limit).max_frame_size(limit).on_upgrade(
        move |socket| async move {
            serve(app, socket).await;
            drop(tracked);
        },
    )
}

async fn serve(app: App, socket: WebSocket) {
    let ours = socket.protocol().is_some_and(|protocol| protocol.as_bytes() == PROTOCOL.as_bytes());
    let patience = app.limits.graphql.write_timeout;
    let (sink, mut stream) = socket.split();
    let (out, queue) = mpsc::channel(QUEUE);
    let (closing, close) = oneshot::channel();
    let writer = tokio::spawn(write(sink, queue, close, patience));
    metrics::gauge!("bitacora_sockets_open").increment(1.0);
    let end = if ours {
        session::run(app, &mut stream, out).await
    } else {
        Some(Close::new(4406, "Subprotocol not acceptable"))
    };
    let ours_to_say = end.is_some();
    if let Some(end) = end {
        metrics::counter!("bitacora_sockets_closed_total", "code" => end.code.to_string())
            .increment(1);
        // The writer may be gone already; then so is the client.
        let _ = closing.send(end);
    }
    let written = writer.await.unwrap_or(false);
    if ours_to_say && written {
        let _ = tokio::time::timeout(LINGER, drain(&mut stream)).await;
    }
    metrics::gauge!("bitacora_sockets_open").decrement(1.0);
}

/// Reads until the client has closed.
async fn drain(stream: &mut SplitStream<WebSocket>) {
    while let Some(Ok(_)) = stream.next().await {}
}

/// Writes what is queued until the session says how to close, or is gone. Whether the close frame
/// went out.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<String>,
    mut close: oneshot::Receiver<Close>,
    patience: Duration,
) -> bool {
    loop {
        let text = tokio::select! {
            biased;
            end = &mut close => {
                return say_close(&mut sink, end.ok(), patience).await;
            }
            text = queue.recv() => text,
        };
        // The queue ends before the close is told: wait for that.
        let Some(text) = text else {
            return say_close(&mut sink, (&mut close).await.ok(), patience).await;
        };
        match tokio::time::timeout(patience, sink.send(Message::Text(text.into()))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return false,
            Err(_) => {
                metrics::counter!("bitacora_sockets_stuck_total").increment(1);
                return false;
            }
        }
    }
}

/// Sends the close frame; whether it went out.
async fn say_close(
    sink: &mut SplitSink<WebSocket, Message>,
    end: Option<Close>,
    patience: Duration,
) -> bool {
    let frame = end.map(|end| CloseFrame { code: end.code, reason: end.reason.into() });
    let sent = tokio::time::timeout(patience, sink.send(Message::Close(frame))).await;
    matches!(sent, Ok(Ok(())))
}
