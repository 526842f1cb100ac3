//! The life of one socket.

use axum::extract::ws::{Message, WebSocket};
use futures::StreamExt as _;
use futures::stream::SplitStream;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::Close;
use super::messages::{self, FromClient};
use super::operations::Operations;
use crate::access::authenticate;
use crate::app::App;
use crate::auth::{AuthError, Principal};

/// A point in time that never comes while the process lives.
const NEVER: Duration = Duration::from_hours(30 * 365 * 24);

struct Session {
    app: App,
    out: mpsc::Sender<String>,
    operations: Operations,
    /// `None` before `connection_init`.
    principal: Option<Principal>,
    /// When the client has to be acknowledged, and later when its token ends.
    deadline: Instant,
}

/// Serves a socket to its end. `None` when the client left by itself.
pub(super) async fn run(
    app: App,
    stream: &mut SplitStream<WebSocket>,
    out: mpsc::Sender<String>,
) -> Option<Close> {
    let limits = app.limits.graphql;
    let deadline = Instant::now() + limits.socket_init_timeout;
    let operations = Operations::new(app.clone(), out.clone());
    let mut session = Session { app: app.clone(), out, operations, principal: None, deadline };
    let every = limits.socket_ping_interval;
    let mut pings = interval_at(Instant::now() + every, every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looks = interval_at(Instant::now() + limits.socket_recheck, limits.socket_recheck);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            biased;
            () = app.shutdown.cancelled() => {
                return Some(Close::new(1012, "Service restart: connect again"));
            }
            () = sleep_until(session.deadline) => return Some(session.too_late()),
            message = stream.next() => {
                heard = Instant::now();
                let text = match message {
                    Some(Ok(Message::Text(text))) => text,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Binary(_))) => {
                        return Some(Close::new(4400, "Text messages only"));
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                };
                if let Err(close) = session.take(text.as_str()).await {
                    return Some(close);
                }
            }
            _ = looks.tick() => {
                if let Err(close) = session.look_again().await {
                    return Some(close);
                }
            }
            _ = pings.tick() => {
                if heard.elapsed() > every * 2 {
                    return Some(Close::new(1001, "Nothing heard for too long"));
                }
                session.say(messages::ping()).await.ok()?;
            }
        }
    }
}

/// How a socket is told that its caller is turned away.
fn closed(error: AuthError) -> Close {
    match error {
        AuthError::Missing | AuthError::Invalid | AuthError::Ambiguous => {
            Close::new(4401, "Unauthorized")
        }
        // Another token helps: clients retry on this code.
        AuthError::Expired => Close::new(4403, "Forbidden: the token has expired"),
        AuthError::Ended => Close::new(4403, "Forbidden: the login has ended"),
        AuthError::NoAccess => Close::new(4403, "Forbidden"),
        AuthError::Unavailable => Close::new(1013, "Try again later"),
    }
}

impl Session {
    async fn take(&mut self, text: &str) -> Result<(), Close> {
        match FromClient::parse(text)? {
            FromClient::ConnectionInit { payload } => self.init(payload.as_ref()).await,
            FromClient::Ping => self.say(messages::pong()).await,
            FromClient::Pong => Ok(()),
            FromClient::Subscribe { id, payload } => self.subscribe(id, payload).await,
            FromClient::Complete { id } => {
                self.operations.stop(&id);
                Ok(())
            }
        }
    }

    async fn init(&mut self, payload: Option<&Value>) -> Result<(), Close> {
        if self.principal.is_some() {
            return Err(Close::new(4429, "Too many initialisation requests"));
        }
        let checked = authenticate::authorization(&self.app, messages::token(payload)).await;
        let principal = checked.map_err(closed)?;
        let left = principal.expires_at - self.app.clock.now();
        self.deadline = Instant::now() + left.to_std().unwrap_or_default().min(NEVER);
        self.principal = Some(principal);
        self.say(messages::ack()).await
    }

    async fn subscribe(&mut self, id: String, payload: Value) -> Result<(), Close> {
        let Some(principal) = self.principal.clone() else {
            return Err(Close::new(4401, "Unauthorized"));
        };
        // Nobody starts anything with a role that was taken away.
        let principal = authenticate::again(&self.app, principal).await.map_err(closed)?;
        self.operations.start(id, payload, principal)
    }

    /// Looks again whether the caller may be here, as what it was let in: subscriptions run with
    /// what was allowed when they began.
    async fn look_again(&self) -> Result<(), Close> {
        let Some(principal) = self.principal.clone() else { return Ok(()) };
        let authority = principal.authority.clone();
        match authenticate::again(&self.app, principal).await {
            Ok(now) if now.authority == authority => Ok(()),
            Ok(_) => Err(Close::new(4403, "Forbidden: another role, connect again")),
            // Nobody could tell: asked again at the next turn.
            Err(AuthError::Unavailable) => Ok(()),
            Err(error) => Err(closed(error)),
        }
    }

    async fn say(&self, text: String) -> Result<(), Close> {
        // Without a writer there is nobody to tell the code to.
        self.out.send(text).await.map_err(|_| Close::new(1001, "Gone"))
    }

    fn too_late(&self) -> Close {
        match self.principal {
            None => Close::new(4408, "Connection initialisation timeout"),
            Some(_) => Close::new(4403, "Forbidden: the token has expired"),
        }
    }
}
