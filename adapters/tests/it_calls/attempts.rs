//! One attempt, one request: what is lost in between is unknown, and never dialled again.

use std::time::Duration;

use bitacora_commands::calls::CallRules;
use bitacora_commands::effects::EffectOptions;
use bitacora_commands::ports::{
    Clock as _, EffectQueue as _, FaultClass, Refusal, Remedy, SendFault,
};
use bitacora_domain::aggregates::call_session::{
    CallOutcome, CallStatus, Placement, ProviderIds, ReportedStatus,
};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::stage::{Stage, Told, sid};
use crate::support::quick;

const TIMEOUT: Told = Told::Fault(SendFault::Unknown("TIMEOUT"));

fn refused(class: FaultClass, remedy: Remedy) -> Told {
    let refusal = Refusal { code: 21_211, title: "No".into(), class, remedy, after: None };
    Told::Fault(SendFault::Refused(refusal))
}

impl Stage {
    fn tell_all(&self, told: impl IntoIterator<Item = Told>) {
        self.telephone.script.lock().unwrap().extend(told);
    }
    async fn placement(&self, call: bitacora_domain::CallId) -> Placement {
        self.session(call).await.attempts()[0].placement
    }
    async fn place_effect(&self) -> Uuid {
        let sql = "select id from effects.queue where kind = 'call.place'";
        sqlx::query_scalar(sql).fetch_one(&self.world.db.pools().admin).await.unwrap()
    }
}

#[tokio::test]
async fn a_call_is_dialled_once_and_knows_what_the_provider_calls_it() {
    let stage = Stage::set().await;
    let call = stage.call().await;
    stage.work(2).await;
    let of = stage.telephone.dialled.lock().unwrap()[0];
    assert_eq!((of.call, of.attempt, of.tenant), (call, 1, stage.tenant));
    let session = stage.session(call).await;
    assert_eq!(session.attempts()[0].ids.call_sid, Some(sid(&of)));
    assert_eq!(
        stage.history(call).await,
        ["CallRequested", "CallQueued", "CallPlacementRequested", "CallPlaced"]
    );
    assert_eq!(stage.effects("call.place").await, ["done"]);
}

#[tokio::test]
async fn what_may_have_been_dialled_is_never_dialled_again_and_a_callback_settles_it() {
    let stage = Stage::set().await;
    stage.tell_all([TIMEOUT]);
    let call = stage.call().await;
    stage.work(2).await;
    assert_eq!(stage.placement(call).await, Placement::Unknown);
    assert_eq!(stage.effects("call.place").await, ["unknown TIMEOUT"]);
    stage.world.clock.advance(TimeDelta::hours(3));
    stage.work(2).await;
    assert_eq!(stage.placement(call).await, Placement::Unknown, "nobody could tell");
    stage.status(call, ReportedStatus::Ringing, 1).await;
    assert_eq!(stage.placement(call).await, Placement::Placed);
    stage.world.clock.advance(TimeDelta::hours(2));
    stage.work(2).await;
    assert!(stage.effects("call.place").await[0].starts_with("done"));
    assert_eq!(stage.dialled(), 1);
}

#[tokio::test]
async fn a_worker_that_is_killed_between_attempt_and_result_leaves_it_unknown() {
    let options = EffectOptions { run_within: Duration::from_millis(800), ..quick() };
    let stage = Stage::set_with(options, CallRules::default()).await;
    stage.tell_all([Told::Hangs]);
    let call = stage.call().await;
    stage.work(2).await;
    assert_eq!(stage.effects("call.place").await, ["unknown ABANDONED"]);
    assert_eq!(stage.placement(call).await, Placement::Unknown);
    stage.world.clock.advance(TimeDelta::minutes(2));
    stage.work(2).await;
    assert_eq!(stage.dialled(), 1, "it is asked about, and not dialled");
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_found_at_the_provider() {
    let stage = Stage::set().await;
    stage.tell_all([TIMEOUT]);
    let call = stage.call().await;
    stage.work(2).await;
    let ids = ProviderIds { call_sid: Some("CAfound".into()), el_conversation_id: None };
    *stage.telephone.found.lock().unwrap() = Some(vec![ids.clone()]);
    stage.world.clock.advance(TimeDelta::minutes(2));
    stage.work(2).await;
    let session = stage.session(call).await;
    assert_eq!(
        (session.attempts()[0].placement, &session.attempts()[0].ids),
        (Placement::Placed, &ids)
    );
    assert_eq!(stage.dialled(), 1);
}

#[tokio::test]
async fn one_that_the_provider_never_had_has_failed_after_a_while_and_frees_its_line() {
    let rules = CallRules { lines: 1, ..CallRules::default() };
    let stage = Stage::set_with(quick(), rules).await;
    stage.tell_all([TIMEOUT]);
    *stage.telephone.found.lock().unwrap() = Some(vec![]);
    let call = stage.call().await;
    stage.work(2).await;
    let next = stage.call().await;
    stage.work(2).await;
    stage.world.clock.advance(TimeDelta::minutes(5));
    stage.work(2).await;
    assert_eq!(stage.placement(call).await, Placement::Unknown, "it may still turn up");
    stage.world.clock.advance(TimeDelta::hours(1));
    stage.work(20).await;
    let session = stage.session(call).await;
    assert_eq!(session.attempts()[0].outcome, Some(CallOutcome::Failed));
    assert_eq!(session.status(), CallStatus::Failed, "the next attempt is a person's to decide");
    assert_eq!(stage.session(next).await.attempts().len(), 1, "the line is free");
    assert_eq!(stage.dialled(), 2);
}

#[tokio::test]
async fn calls_that_could_be_anybodys_are_nobodys() {
    let stage = Stage::set().await;
    stage.tell_all([TIMEOUT]);
    let call = stage.call().await;
    stage.work(2).await;
    let named = |sid: &str| ProviderIds { call_sid: Some(sid.into()), el_conversation_id: None };
    *stage.telephone.found.lock().unwrap() = Some(vec![named("CA1"), named("CA2")]);
    stage.world.clock.advance(TimeDelta::hours(2));
    stage.work(2).await;
    assert_eq!(stage.placement(call).await, Placement::Unknown);
}

/// Two calls to one number at a time, both without an answer: a call that the provider has may be
/// the other's, until that has a name.
#[tokio::test]
async fn a_call_that_may_be_another_calls_is_nobodys_until_the_other_has_a_name() {
    let stage = Stage::set().await;
    stage.tell_all([TIMEOUT]);
    stage.traffic.1.store(true, std::sync::atomic::Ordering::SeqCst);
    let call = stage.call().await;
    stage.work(2).await;
    let ids = ProviderIds { call_sid: Some("CAwhose".into()), el_conversation_id: None };
    *stage.telephone.found.lock().unwrap() = Some(vec![ids.clone()]);
    stage.world.clock.advance(TimeDelta::hours(2));
    stage.work(2).await;
    assert_eq!(stage.placement(call).await, Placement::Unknown);
    stage.traffic.1.store(false, std::sync::atomic::Ordering::SeqCst);
    stage.world.clock.advance(TimeDelta::hours(2));
    stage.work(2).await;
    let session = stage.session(call).await;
    assert_eq!(
        (session.attempts()[0].placement, &session.attempts()[0].ids),
        (Placement::Placed, &ids)
    );
}

/// A call may wait for weeks; that its worker is lost now and then on the way to the request, more
/// often in all than anything may fail in a row, is no reason to give it up.
#[tokio::test]
async fn a_call_that_waits_outlives_any_number_of_lost_workers() {
    use bitacora_domain::aggregates::tenant::{Tenant, TenantCommand};
    let stage = Stage::set().await;
    let call = stage.call().await;
    let tenant = stage.tenant.to_string();
    stage.give::<Tenant>(&tenant, TenantCommand::Suspend { reason: "pagos".into() }).await;
    stage.world.clock.advance(TimeDelta::minutes(6));
    stage.work(2).await;
    for crash in 0..10 {
        let sql = "update effects.queue set state = 'running', attempts = attempts + 1,
                fence = fence + 1, lease_until = now() - interval '1 second'
            where kind = 'call.place' and state = 'pending'";
        let lost = sqlx::query(sql).execute(&stage.world.db.pools().admin).await.unwrap();
        assert_eq!(lost.rows_affected(), 1, "{crash}: {:?}", stage.effects("call.place").await);
        stage.work(3).await;
        stage.world.clock.advance(TimeDelta::minutes(6));
        stage.work(1).await;
    }
    stage.give::<Tenant>(&tenant, TenantCommand::Reactivate { reason: "pagó".into() }).await;
    stage.world.clock.advance(TimeDelta::minutes(6));
    stage.work(2).await;
    assert_eq!((stage.dialled(), stage.session(call).await.attempts().len()), (1, 1));
}

#[tokio::test]
async fn an_operator_ends_an_attempt_of_which_nobody_ever_hears() {
    let stage = Stage::set().await;
    stage.tell_all([TIMEOUT]);
    let call = stage.call().await;
    stage.work(2).await;
    let (effect, now) = (stage.place_effect().await, stage.world.clock.now());
    stage.world.queue.retry(now, None, effect, true, "ana").await.unwrap();
    stage.work(2).await;
    assert_eq!(stage.dialled(), 1, "not even an operator's retry dials twice");
    let now = stage.world.clock.now();
    stage.world.queue.discard(now, None, effect, "ana").await.unwrap();
    stage.work(2).await;
    assert_eq!(stage.session(call).await.attempts()[0].outcome, Some(CallOutcome::Failed));
}

#[tokio::test]
async fn what_the_provider_refuses_for_good_has_failed_and_what_passes_is_planned_again() {
    for (told, planned) in [
        (refused(FaultClass::Recipient, Remedy::Fail), false),
        (refused(FaultClass::Throttled, Remedy::Retry), true),
        (refused(FaultClass::Auth, Remedy::StopChannel), true),
        (Told::Fault(SendFault::Unreachable("NO_CONNECTION")), true),
    ] {
        let stage = Stage::set().await;
        let said = format!("{told:?}");
        stage.tell_all([told]);
        let call = stage.call().await;
        stage.work(2).await;
        let status = stage.session(call).await.status();
        let expected = if planned { CallStatus::Scheduled } else { CallStatus::Failed };
        assert_eq!((status, stage.dialled()), (expected, 1), "{said}");
        stage.world.clock.advance(TimeDelta::minutes(61));
        stage.work(2).await;
        assert_eq!(stage.dialled(), 1 + usize::from(planned), "{said}");
    }
}

#[tokio::test]
async fn a_call_that_was_called_off_meanwhile_is_not_dialled() {
    use bitacora_domain::aggregates::call_session::CallCommand;
    let stage = Stage::set().await;
    let call = stage.call().await;
    stage.tell(call, CallCommand::CancelCall { reason: None }).await;
    stage.work(2).await;
    assert_eq!(stage.dialled(), 0);
    assert_eq!(stage.effects("call.place").await, ["dropped CALL_OVER"]);
}
