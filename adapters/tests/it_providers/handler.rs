//! The kind `message.send`: what each answer of the provider, and each way of getting none,
//! makes of a message, its channel and its contact. Real log, real queue, a clock that is moved.

use std::time::Duration;

use bitacora_commands::effects::EffectOptions;
use bitacora_commands::ports::{Address, EffectQueue as _, FaultClass, Remedy, SendFault};
use bitacora_domain::aggregates::channel_account::{ChannelAccount, ChannelCommand, ChannelStatus};
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, IdentityKind, OptOutCategory};
use bitacora_domain::aggregates::conversation::{DeliveryStatus, MessageContent, Sender};
use bitacora_domain::aggregates::tenant::TenantCommand;
use chrono::TimeDelta;

use crate::stage::{Stage, Told, refused};
use crate::support::{quick, short_lease};

const TIMEOUT: Told = Told::Fault(SendFault::Unknown("TIMEOUT"));
const UNREACHABLE: Told = Told::Fault(SendFault::Unreachable("NO_CONNECTION"));

#[tokio::test]
async fn a_message_leaves_once_and_its_statuses_go_on_from_there() {
    let stage = Stage::set().await;
    let (message, effect) = stage.say("uno").await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.world.state(effect).await, "done");
    assert_eq!(stage.history().await, ["MessageSendAttempted", "MessageAccepted"]);
    let [sent] = <[_; 1]>::try_from(stage.messenger.sent.lock().unwrap().clone()).unwrap();
    assert_eq!(sent.account, "210987654321098");
    assert_eq!(sent.callback, format!("b1:{}:{message}", stage.conversation));
    let Address::Digits(to) = sent.to else { panic!("a number") };
    assert_eq!(to.reveal().unwrap(), "5491166600011");
    let known = stage.message(message).await.unwrap();
    assert_eq!(known.provider_message_id.unwrap(), format!("wamid.{}", sent.callback));
    stage.status(message, DeliveryStatus::Delivered).await;
    assert_eq!(stage.message(message).await.unwrap().status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn what_certainly_was_not_sent_is_sent_again_and_keeps_its_place() {
    let stage = Stage::set().await;
    let busy = || refused(131_016, FaultClass::Transient, Remedy::Retry);
    stage.messenger.tell([UNREACHABLE, busy(), Told::Yes, Told::Yes]);
    let (_, first) = stage.say("uno").await;
    let (_, second) = stage.say("dos").await;
    for _ in 0..3 {
        stage.worker.drain().await.unwrap();
        stage.world.clock.advance(TimeDelta::seconds(30));
    }
    assert_eq!(stage.world.attempts(first).await, ["retry", "retry", "done"]);
    assert_eq!(stage.world.attempts(second).await, ["done"]);
    assert_eq!(stage.messenger.texts(), ["uno", "uno", "uno", "dos"], "nobody overtakes");
}

#[tokio::test]
async fn what_may_have_been_sent_is_never_sent_again_and_a_status_settles_it() {
    let stage = Stage::set().await;
    stage.messenger.tell([TIMEOUT]);
    let (message, effect) = stage.say("uno").await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.world.state(effect).await, "unknown TIMEOUT");
    assert_eq!(stage.message(message).await.unwrap().status, DeliveryStatus::Unknown);
    stage.world.clock.advance(TimeDelta::minutes(5));
    stage.worker.drain().await.unwrap();
    assert!(stage.world.state(effect).await.starts_with("unknown"), "asked, and nothing is known");
    stage.status(message, DeliveryStatus::Sent).await;
    stage.world.clock.advance(TimeDelta::hours(2));
    stage.worker.drain().await.unwrap();
    assert!(stage.world.state(effect).await.starts_with("done"));
    assert_eq!(stage.messenger.texts(), ["uno"]);
}

#[tokio::test]
async fn an_operator_ends_what_no_status_ever_speaks_of_and_cannot_double_it() {
    let stage = Stage::set().await;
    stage.messenger.tell([TIMEOUT]);
    let (message, effect) = stage.say("uno").await;
    stage.worker.drain().await.unwrap();
    let now = || bitacora_commands::ports::Clock::now(stage.world.clock.as_ref());
    stage.world.queue.retry(now(), None, effect, true, "ana").await.unwrap();
    stage.worker.drain().await.unwrap();
    assert!(stage.world.state(effect).await.starts_with("unknown"), "still nobody knows");
    assert_eq!(stage.messenger.texts(), ["uno"], "a retry does not send it twice");
    stage.world.queue.discard(now(), None, effect, "ana").await.unwrap();
    stage.worker.drain().await.unwrap();
    assert!(stage.world.state(effect).await.starts_with("discarded"));
    assert_eq!(stage.message(message).await, None, "final messages leave the state");
    assert_eq!(stage.history().await.last().unwrap(), "MessageFailed");
}

#[tokio::test]
async fn a_worker_lost_in_mid_send_leaves_it_unknown() {
    let options = EffectOptions { run_within: Duration::from_millis(800), ..quick() };
    let stage = Stage::set_with(options).await;
    stage.messenger.tell([Told::Hangs]);
    let (message, effect) = stage.say("uno").await;
    let (_, next) = stage.say("dos").await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.world.state(effect).await, "unknown ABANDONED");
    assert_eq!(stage.message(message).await.unwrap().status, DeliveryStatus::Unknown);
    assert_eq!(stage.world.state(next).await, "done", "the conversation goes on");
    assert_eq!(stage.messenger.texts(), ["uno", "dos"]);
}

#[tokio::test]
async fn a_worker_lost_before_the_request_leaves_it_to_the_next() {
    let stage = Stage::set_with(short_lease()).await;
    let (_, effect) = stage.say("uno").await;
    // Claimed and never run: what a process leaves that is killed right after its claim.
    let sql = "with tried as (insert into effects.attempts (effect, attempt, tenant_id, worker, started_at)
            select id, 1, tenant_id, 'gone', created_at from effects.queue where id = $1)
        update effects.queue set state = 'running', attempts = 1, fence = 1,
            lease_until = now() - interval '1 second' where id = $1";
    sqlx::query(sql).bind(effect).execute(&stage.world.db.pools().admin).await.unwrap();
    stage.worker.drain().await.unwrap();
    stage.world.clock.advance(TimeDelta::seconds(10));
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.world.attempts(effect).await, ["retry", "done"]);
    assert_eq!(stage.messenger.texts(), ["uno"]);
}

#[tokio::test]
async fn an_outcome_that_cannot_be_recorded_is_unknown_and_never_a_retry() {
    let stage = Stage::set().await;
    stage.messenger.tell([Told::YesAndLogGone]);
    let (message, effect) = stage.say("uno").await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.world.state(effect).await, "unknown OUTCOME_NOT_RECORDED");
    stage.log_comes_back();
    stage.world.clock.advance(TimeDelta::minutes(2));
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.message(message).await.unwrap().status, DeliveryStatus::Unknown);
    stage.status(message, DeliveryStatus::Read).await;
    stage.world.clock.advance(TimeDelta::hours(2));
    stage.worker.drain().await.unwrap();
    assert!(stage.world.state(effect).await.starts_with("done"));
    assert_eq!(stage.messenger.texts(), ["uno"]);
}

#[tokio::test]
async fn a_final_no_fails_the_message_and_the_next_one_leaves() {
    let stage = Stage::set().await;
    stage.messenger.tell([refused(131_047, FaultClass::WindowClosed, Remedy::Fail)]);
    let (message, effect) = stage.say("uno").await;
    let (_, next) = stage.say("dos").await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.world.state(effect).await, "dropped TEMPLATE_NEEDED");
    assert_eq!(stage.message(message).await, None);
    assert_eq!(stage.world.state(next).await, "done");
    let sql = "select payload -> 'MessageRejected' ->> 'title' from log.events where event_type = 'MessageRejected'";
    let title: String =
        sqlx::query_scalar(sql).fetch_one(&stage.world.db.pools().admin).await.unwrap();
    assert!(title.contains("send a template"), "{title}");
}

#[tokio::test]
async fn whoever_stopped_marketing_is_opted_out() {
    let stage = Stage::set().await;
    stage.messenger.tell([refused(131_050, FaultClass::OptedOut, Remedy::FailAndOptOut)]);
    stage.say("oferta").await;
    stage.worker.drain().await.unwrap();
    assert!(stage.contact().await.has_opted_out(OptOutCategory::Marketing));
    assert!(!stage.contact().await.has_opted_out(OptOutCategory::All));
}

#[tokio::test]
async fn whoever_wants_no_marketing_gets_no_campaign_and_every_answer() {
    let stage = Stage::set().await;
    let stop = ContactCommand::OptOut {
        category: OptOutCategory::Marketing,
        by: "preference".into(),
        at: bitacora_commands::ports::Clock::now(stage.world.clock.as_ref()),
    };
    let queued = stage.say_as(Sender::Campaign, stage.text("oferta")).await;
    stage.give::<Contact>(&stage.contact.to_string(), stop).await;
    let later = stage.say_as(Sender::Campaign, stage.text("otra oferta")).await;
    let (_, answer) = stage.say_as(Sender::AutoReply, stage.text("abrimos a las 9")).await;
    stage.worker.drain().await.unwrap();
    for (message, effect) in [queued, later] {
        assert_eq!(stage.world.state(effect).await, "dropped MESSAGE_OVER");
        assert_eq!(stage.message(message).await, None);
    }
    assert_eq!(stage.world.state(answer).await, "done");
    assert_eq!(stage.messenger.texts(), ["abrimos a las 9"]);
}

#[tokio::test]
async fn an_expired_token_stops_the_channel_and_messages_wait_for_its_return() {
    let stage = Stage::set().await;
    let expired = || refused(190, FaultClass::Auth, Remedy::StopChannel);
    stage.messenger.tell([expired(), expired()]);
    let (_, first) = stage.say("uno").await;
    let (_, second) = stage.say("dos").await;
    stage.worker.drain().await.unwrap();
    let channel = stage.channel().await;
    assert_eq!(
        (channel.status(), channel.trouble()),
        (ChannelStatus::Degraded, Some("PROVIDER_AUTH"))
    );
    assert_eq!(stage.messenger.texts(), ["uno"], "the second is not even tried");
    // Half an hour of probes fails no message.
    for _ in 0..30 {
        stage.world.clock.advance(TimeDelta::minutes(1));
        if stage.messenger.texts().len() < 4 {
            stage.messenger.tell([expired()]);
        }
        stage.worker.drain().await.unwrap();
    }
    assert_eq!(stage.channel().await.status(), ChannelStatus::Connected, "a probe found it well");
    assert_eq!(
        (stage.world.state(first).await, stage.world.state(second).await),
        ("done PROVIDER_AUTH".into(), "done".into()),
        "the second waited behind the first"
    );
    let texts = stage.messenger.texts();
    assert_eq!(texts.last().unwrap(), "dos");
    assert!(texts[..texts.len() - 1].iter().all(|text| text == "uno"), "{texts:?}");
}

#[tokio::test]
async fn what_is_to_be_paid_stops_templates_and_no_answers() {
    let stage = Stage::set().await;
    let template = || MessageContent::Template {
        name: "hola".into(),
        language: "es".into(),
        parameters: vec![],
    };
    stage.messenger.tell([refused(131_042, FaultClass::Payment, Remedy::StopBusinessInitiated)]);
    let (_, first) = stage.say_this(template()).await;
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.channel().await.trouble(), Some("PAYMENT_DUE"));
    assert_eq!(stage.world.state(first).await, "pending PAYMENT_DUE");
    let is = Stage::set().await;
    is.give::<ChannelAccount>(
        &is.channel.to_string(),
        ChannelCommand::Degrade { reason: "PAYMENT_DUE".into() },
    )
    .await;
    let (_, answer) = is.say("una respuesta").await;
    is.worker.drain().await.unwrap();
    assert_eq!(is.world.state(answer).await, "done");
    assert_eq!(is.channel().await.status(), ChannelStatus::Degraded, "an answer proves nothing");
}

#[tokio::test]
async fn nothing_leaves_a_suspended_tenant_or_a_disabled_channel() {
    let stage = Stage::set().await;
    let (_, effect) = stage.say("uno").await;
    stage.tenant(TenantCommand::Suspend { reason: "pagos".into() }).await;
    stage.world.clock.advance(TimeDelta::seconds(5));
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.world.state(effect).await, "pending TENANT_SUSPENDED");
    stage.tenant(TenantCommand::Reactivate { reason: "pagó".into() }).await;
    let channel = stage.channel.to_string();
    stage.give::<ChannelAccount>(&channel, ChannelCommand::Disable { reason: None }).await;
    stage.world.clock.advance(TimeDelta::minutes(6));
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.world.state(effect).await, "pending CHANNEL_DISABLED");
    assert!(stage.messenger.texts().is_empty());
    let connect = ChannelCommand::ConnectWhatsApp {
        phone_number_id: "210987654321098".into(),
        waba_id: None,
        display_phone_number: "+54 9 11 5550-1234".into(),
        name: "Ventas".into(),
    };
    stage.give::<ChannelAccount>(&channel, connect).await;
    stage.world.clock.advance(TimeDelta::minutes(6));
    stage.worker.drain().await.unwrap();
    assert!(stage.world.state(effect).await.starts_with("done"));
}

#[tokio::test]
async fn the_id_under_which_whatsapp_knows_a_person_is_learnt() {
    let stage = Stage::set().await;
    stage.messenger.tell([Told::YesAs("541166600011")]);
    stage.say("uno").await;
    stage.worker.drain().await.unwrap();
    let contact = stage.contact().await;
    let ids: Vec<_> = contact
        .identities()
        .iter()
        .filter(|identity| identity.kind == IdentityKind::WaId)
        .map(|identity| identity.value.reveal().unwrap().as_str())
        .collect();
    assert_eq!(ids, ["5491166600011", "541166600011"]);
}

#[tokio::test]
async fn a_burst_to_one_person_waits_here_instead_of_being_refused_there() {
    let stage = Stage::set().await;
    for n in 0..50 {
        stage.say(&format!("{n}")).await;
    }
    stage.worker.drain().await.unwrap();
    assert_eq!(stage.messenger.texts().len(), 45);
    for _ in 0..40 {
        stage.world.clock.advance(TimeDelta::seconds(1));
        stage.worker.drain().await.unwrap();
    }
    let expected: Vec<_> = (0..50).map(|n| n.to_string()).collect();
    assert_eq!(stage.messenger.texts(), expected, "in order");
}
