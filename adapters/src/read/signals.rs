//! Ephemeral signals ([`Presence`]) between processes: `NOTIFY` on a channel of their own, over a
//! connection of their own, so that they are never in the way of the log's. What is said while
//! there is no connection is lost: it is worth nothing seconds later.

use std::sync::Arc;
use std::time::Duration;

use bitacora_domain::{ConversationId, TenantId, UserId};
use bitacora_projections::presence::{Presence, Typing};
use sqlx::postgres::{PgConnectOptions, PgListener};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use super::listener::{Line, connect, heal, within};
use super::sql;

/// Channel of signs of typing; payload `tenant:conversation:user:on`, all but the last a UUID.
pub const TYPING_CHANNEL: &str = "bitacora_typing";
/// At most one `NOTIFY` per process in this time.
const DEBOUNCE: Duration = Duration::from_millis(20);
/// How often the connection proves that it is alive.
const PULSE: Duration = Duration::from_secs(5);

const LINE: Line = Line {
    name: "bitacora-signals",
    up: "bitacora_signals_up",
    restarts: "bitacora_signals_restarts",
    channels: &[TYPING_CHANNEL],
};

/// Carries ephemeral signals between processes until `stop`. One per process.
pub async fn run(presence: Arc<Presence>, options: PgConnectOptions, stop: CancellationToken) {
    heal(&LINE, stop, || session(&presence, &options)).await;
}

/// One connection's life; ends with it.
async fn session(presence: &Presence, options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut listener = within(connect(&LINE, options)).await?;
    let own: i32 = within(sqlx::query_scalar(sql::BACKEND_PID).fetch_one(&mut listener)).await?;
    metrics::gauge!(LINE.up).set(1.0);
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_send = Instant::now();
    loop {
        tokio::select! {
            heard = listener.try_recv() => match heard? {
                // What we said ourselves is known here.
                Some(note) if u32::try_from(own).is_ok_and(|own| own == note.process_id()) => {}
                Some(note) => hear(presence, note.payload()),
                None => return Ok(()),
            },
            said = presence.take() => {
                sleep_until(next_send).await;
                send(&mut listener, &said).await?;
                next_send = Instant::now() + DEBOUNCE;
            }
            _ = pulse.tick() => {
                let alive = sqlx::query_scalar::<_, i32>(sql::BACKEND_PID);
                within(alive.fetch_one(&mut listener)).await?;
            }
        }
    }
}

fn hear(presence: &Presence, payload: &str) {
    if let Some(said) = parse(payload) {
        presence.heard(said);
    } else {
        tracing::warn!(channel = TYPING_CHANNEL, "a signal that we do not understand");
    }
}

async fn send(listener: &mut PgListener, said: &[Typing]) -> Result<(), sqlx::Error> {
    let channels = vec![TYPING_CHANNEL; said.len()];
    let payloads: Vec<_> = said.iter().map(payload).collect();
    let query = sqlx::query(sql::NOTIFY).bind(channels).bind(payloads);
    within(query.execute(listener)).await.map(drop)
}

fn payload(said: &Typing) -> String {
    let Typing { tenant, conversation, user, on } = said;
    format!("{tenant}:{conversation}:{user}:{}", u8::from(*on))
}

/// Reads a signal; `None` for anything that we did not write.
fn parse(payload: &str) -> Option<Typing> {
    let mut parts = payload.split(':');
    let tenant: TenantId = parts.next()?.parse().ok()?;
    let conversation: ConversationId = parts.next()?.parse().ok()?;
    let user: UserId = parts.next()?.parse().ok()?;
    let on = match parts.next()? {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    parts.next().is_none().then_some(Typing { tenant, conversation, user, on })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_signal_survives_its_payload_and_nothing_else_is_one() {
        for on in [true, false] {
            let said = Typing {
                tenant: TenantId::new(Uuid::from_u128(1)),
                conversation: ConversationId::new(Uuid::from_u128(2)),
                user: UserId::new(Uuid::from_u128(3)),
                on,
            };
            let text = payload(&said);
            assert_eq!(parse(&text), Some(said));
            let cut = text.get(..text.len() - 1).unwrap_or_default();
            for bad in ["", ":::", cut, &format!("{text}:"), &format!("{cut}2")] {
                assert_eq!(parse(bad), None, "{bad}");
            }
        }
    }
}
