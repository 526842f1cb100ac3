//! The real thing: a log, a bus, conversations and a worker, on a clock that is moved from due
//! time to due time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bitacora_commands::effects::{self, Claimed, EffectHandler, EffectWorker, Untold, Verdict};
use bitacora_commands::ports::{Clock as _, EffectQueue as _};
use bitacora_commands::{CommandBus, Envelope};
use bitacora_domain::aggregates::conversation::{
    Conversation, ConversationCommand as C, HandoffReason, MessageContent, SEND_EFFECT, SendEffect,
    SendOutcome, Sender,
};
use bitacora_domain::aggregates::tenant::{Plan, Tenant, TenantCommand};
use bitacora_domain::{
    Actor, ActorKind, CommandId, ContactId, DomainAggregate, Personal, Subject, TenantId,
};
use chrono::{DateTime, Utc};
use futures::{StreamExt as _, stream};
use serde_json::json;
use uuid::Uuid;

use super::model::{Deed, Made};
use crate::support::{KEY, ManualClock, World, quick};

type Time = DateTime<Utc>;
/// Time, conversation, event type.
type Event = (Time, usize, String);

/// What happened.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) events: Vec<Event>,
    pub(crate) sent: Vec<(Time, usize)>,
}

struct Talk {
    tenant: TenantId,
    id: Uuid,
    contact: ContactId,
}

pub(crate) struct Stage {
    world: World,
    bus: CommandBus,
    worker: EffectWorker,
    sender: Arc<FakeSender>,
    talks: Vec<Talk>,
}

fn person() -> Actor {
    Actor::new(ActorKind::User, Uuid::from_u128(7).to_string())
}

fn envelope(clock: &ManualClock, tenant: TenantId, actor: Actor) -> Envelope {
    let command = CommandId::new(clock.fresh_id());
    let fingerprint = KEY.fingerprint(&json!(command)).unwrap();
    Envelope::new(tenant, actor, command, fingerprint, clock.now())
}

impl Stage {
    /// Two tenants in two lanes, and `count` conversations.
    pub(crate) async fn set(count: usize) -> Self {
        let world = World::new().await;
        let bus = world.bus();
        let sender = Arc::new(FakeSender {
            bus: bus.clone(),
            clock: world.clock.clone(),
            sent: Mutex::default(),
        });
        let handlers: Vec<Arc<dyn EffectHandler>> =
            vec![effects::command::over(bus.clone()), sender.clone()];
        let worker =
            EffectWorker::new("week", world.queue.clone(), world.clock.clone(), handlers, quick());
        let tenants = [world.tenants[0], world.tenants[2]];
        let mut stage = Self { world, bus, worker, sender, talks: Vec::new() };
        for (n, tenant) in tenants.into_iter().enumerate() {
            let register = TenantCommand::Register {
                name: "Panadería Sol".into(),
                slug: format!("panaderia-{n}"),
                plan: Plan::Enterprise,
                time_zone: "America/Argentina/Buenos_Aires".into(),
            };
            stage.give::<Tenant>(tenant, &tenant.to_string(), person(), register).await;
        }
        for n in 0..count {
            stage.start(tenants[n % 2]).await;
        }
        stage
    }

    async fn start(&mut self, tenant: TenantId) {
        let clock = &self.world.clock;
        let contact = ContactId::new(clock.fresh_id());
        let id = clock.fresh_id();
        let start = C::Start {
            contact,
            channel: clock.fresh_id().into(),
            external_thread: None,
            opted_out: false,
        };
        self.give::<Conversation>(tenant, &id.to_string(), person(), start).await;
        self.talks.push(Talk { tenant, id, contact });
    }

    /// Gives a command that must be accepted; returns its id.
    async fn give<A: DomainAggregate>(
        &self,
        tenant: TenantId,
        id: &str,
        actor: Actor,
        body: A::Body,
    ) -> CommandId {
        let envelope = envelope(&self.world.clock, tenant, actor);
        let command = envelope.command_id;
        let said = format!("{body:?}");
        if let Err(error) = self.bus.execute::<A>(envelope, id, body).await {
            panic!("{said}: {error}");
        }
        command
    }

    /// Moves the clock from due time to due time up to `now`.
    pub(crate) async fn live_until(&self, now: Time) {
        loop {
            self.worker.drain().await.unwrap();
            let due = self.world.queue.next_due(self.world.clock.now()).await.unwrap();
            let Some(due) = due.filter(|due| *due <= now) else { break };
            self.world.clock.set(due);
        }
        self.world.clock.set(now);
    }

    /// Does all deeds of one moment side by side; returns the ids that they made.
    pub(crate) async fn play(&self, scene: Vec<(usize, Deed)>) -> Vec<(usize, Made)> {
        let made: Vec<_> = stream::iter(scene)
            .map(|(n, deed)| async move { self.act(n, deed).await.map(|made| (n, made)) })
            .buffer_unordered(32)
            .collect()
            .await;
        made.into_iter().flatten().collect()
    }

    async fn act(&self, n: usize, deed: Deed) -> Option<Made> {
        let talk = &self.talks[n];
        let now = self.world.clock.now();
        let text = |text: &str| Personal::new(Subject::contact(talk.contact), text.to_owned());
        let content = |body: &str| MessageContent::Text { body: text(body) };
        let mut actor = person();
        let mut scheduled_at = None;
        let suggests = matches!(deed, Deed::Suggest { .. });
        let body = match deed {
            Deed::Write => {
                actor = Actor::provider("whatsapp");
                C::ReceiveMessage {
                    provider_message_id: format!("wamid.in.{}", self.world.clock.fresh_id()),
                    content: content("hola"),
                    reply_to: None,
                    referral: None,
                    forwarded: false,
                    sent_at: now,
                }
            }
            Deed::Answer => C::SendMessage {
                client_message_id: None,
                content: content("va"),
                sender: Sender::Agent,
                reply_to: None,
            },
            Deed::Snooze(until) => C::Snooze { until },
            Deed::Unsnooze => C::Unsnooze,
            Deed::Suggest { ttl } => {
                actor = Actor::new(ActorKind::Ai, "test");
                C::SuggestReply {
                    text: text("¿le va?"),
                    citations: Vec::new(),
                    ttl_s: ttl.num_seconds(),
                }
            }
            Deed::Approve(suggestion) => C::ApproveSuggestion { suggestion, edited_text: None },
            Deed::Reject(suggestion) => C::RejectSuggestion { suggestion, reason: None },
            Deed::Ask { timeout, fallback } => C::RequestHandoff {
                reason: HandoffReason::CustomerAsked,
                note: None,
                timeout_s: timeout.num_seconds(),
                fallback,
                notice: None,
            },
            Deed::Accept { lease } => {
                C::AcceptHandoff { agent: Uuid::from_u128(7).into(), lease_s: lease.num_seconds() }
            }
            Deed::Return => C::ReturnToBot,
            Deed::Schedule(send_at) => {
                scheduled_at = Some(send_at);
                C::ScheduleMessage { client_message_id: None, content: content("mañana"), send_at }
            }
            Deed::Cancel(scheduled) => C::CancelScheduledMessage { scheduled },
            Deed::Close => C::Close,
        };
        let command =
            self.give::<Conversation>(talk.tenant, &talk.id.to_string(), actor, body).await;
        if suggests {
            return Some(Made::Suggestion(
                self.id_in(command, "ReplySuggested", "suggestion").await,
            ));
        }
        let at = scheduled_at?;
        Some(Made::Scheduled(at, self.id_in(command, "MessageScheduled", "scheduled").await))
    }

    /// A field of the event that a command gave.
    async fn id_in(&self, command: CommandId, event: &str, field: &str) -> Uuid {
        sqlx::query_scalar(
            "select (payload -> $2 ->> $3)::uuid from log.events \
             where event_type = $2 and metadata ->> 'command_id' = $1::text",
        )
        .bind(command.to_string())
        .bind(event)
        .bind(field)
        .fetch_one(&self.world.db.pools().admin)
        .await
        .unwrap()
    }

    fn numbers(&self) -> HashMap<String, usize> {
        self.talks.iter().enumerate().map(|(n, talk)| (talk.id.to_string(), n)).collect()
    }

    /// What timers caused, and what left.
    pub(crate) async fn seen(&self) -> Seen {
        let numbers = self.numbers();
        let rows: Vec<(Time, String, String)> = sqlx::query_as(
            "select (metadata ->> 'occurred_at')::timestamptz, aggregate_id, event_type \
             from log.events \
             where aggregate_type = 'conversation' and metadata ->> 'actor_id' = 'timer'",
        )
        .fetch_all(&self.world.db.pools().admin)
        .await
        .unwrap();
        let mut events: Vec<Event> =
            rows.into_iter().map(|(at, id, event)| (at, numbers[&id], event)).collect();
        events.sort();
        let sent = self.sender.sent.lock().unwrap();
        let mut sent: Vec<_> = sent.iter().map(|(at, id)| (*at, numbers[id])).collect();
        sent.sort_unstable();
        Seen { events, sent }
    }

    /// Effects by state.
    pub(crate) async fn left(&self) -> Vec<(String, i64)> {
        sqlx::query_as("select state, count(*) from effects.queue group by state order by state")
            .fetch_all(&self.world.db.pools().admin)
            .await
            .unwrap()
    }

    pub(crate) async fn stored(&self) -> i64 {
        self.world.number("select count(*) from effects.queue").await
    }
}

/// Hands messages over to a provider that takes everything.
struct FakeSender {
    bus: CommandBus,
    clock: Arc<ManualClock>,
    sent: Mutex<Vec<(Time, String)>>,
}

#[async_trait]
impl EffectHandler for FakeSender {
    fn kind(&self) -> &'static str {
        SEND_EFFECT
    }
    fn provider(&self) -> Option<&'static str> {
        Some("fake")
    }
    async fn run(&self, effect: &Claimed) -> Verdict {
        let send: SendEffect = serde_json::from_value(effect.payload.clone()).unwrap();
        let (message, attempt) = (send.message, i64::from(effect.attempt));
        let conversation = send.conversation.to_string();
        let provider_message_id = format!("wamid.out.{message}");
        let outcome = SendOutcome::Accepted { provider_message_id };
        for body in [
            C::BeginSend { message, attempt, opted_out: false },
            C::RecordSendOutcome { message, attempt, outcome },
        ] {
            let envelope = envelope(&self.clock, effect.tenant, Actor::system("sender"));
            self.bus.execute::<Conversation>(envelope, &conversation, body).await.unwrap();
        }
        self.sent.lock().unwrap().push((self.clock.now(), conversation));
        Verdict::Done
    }
    async fn abandoned(&self, _: &Claimed) -> Verdict {
        panic!("nothing is abandoned in this week");
    }
    async fn reconcile(&self, _: &Claimed) -> Verdict {
        panic!("nothing is unknown in this week");
    }
    async fn given_up(&self, _: &Claimed, _: &str, _: &str, _: bool) -> Result<(), Untold> {
        panic!("nothing is given up in this week");
    }
}
