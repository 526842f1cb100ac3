//! Accepting connections: bounded in number, bounded in the time that a head may take, and ended
//! gracefully. `axum::serve` bounds neither.
//!
//! A connection ends for hyper when it becomes a socket; what the socket does then is tracked apart,
//! so that its last frame gets out before the process does.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::config::Limits;

/// Time to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for open sockets to say why they end. More than a close frame takes, and less than what
/// whoever stops the process waits before killing it.
const SOCKET_GRACE: Duration = Duration::from_secs(2);
/// Pause after a failed accept (out of file descriptors), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The sockets that are open on one listener.
#[derive(Clone, Debug)]
pub(super) struct Sockets(pub(super) TaskTracker);

/// Address of the peer, as an extension of every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Serves `router` until `stop` is cancelled, then stops accepting, lets requests in flight
/// finish for at most `limits.shutdown_grace` and sockets close for at most two seconds, and returns
/// whether all of them did. Sockets hear of it by the application's own token.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
) -> bool {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let open = TaskTracker::new();
    let sockets = TaskTracker::new();
    let router = router.layer(Extension(Sockets(sockets.clone())));
    loop {
        let Some((stream, peer, slot)) = next(&listener, &slots, &stop).await else { break };
        open.spawn(connection((stream, peer), slot, router.clone(), stop.clone()));
    }
    drop(listener);
    open.close();
    let answered = tokio::time::timeout(limits.shutdown_grace, open.wait()).await.is_ok();
    // After the connections: one of them may just have become a socket.
    sockets.close();
    let closed = tokio::time::timeout(SOCKET_GRACE, sockets.wait()).await.is_ok();
    answered && closed
}

/// The next connection, once there is a slot for it; `None` when stopping.
async fn next(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let accept = async {
        let slot = slots.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, Peer(peer.ip()), slot)),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => None,
        accepted = accept => accepted,
    }
}

async fn connection(
    (stream, peer): (TcpStream, Peer),
    slot: OwnedSemaphorePermit,
    router: Router,
    stop: CancellationToken,
) {
    // Answers are small and complete: waiting to fill a segment only adds latency.
    let _ = stream.set_nodelay(true);
    let named = router.map_request(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request
    });
    let service = TowerToHyperService::new(named);
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut served = std::pin::pin!(served);
    let outcome = tokio::select! {
        outcome = served.as_mut() => outcome,
        () = stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = outcome {
        // Peers hang up all the time; that is not worth more.
        tracing::debug!(%error, "connection ended");
    }
    drop(slot);
}
