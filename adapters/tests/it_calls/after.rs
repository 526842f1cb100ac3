//! While a call lasts, and when nobody told how it ended.

use bitacora_commands::ports::{Clock as _, Destination, Ended, Seen, SendFault};
use bitacora_domain::UserId;
use bitacora_domain::aggregates::call_session::{
    CallCommand as C, CallOutcome, CallProvider, CallStatus, ProviderIds, ReportedStatus,
};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::stage::{Stage, Told};

fn seen(stage: &Stage, status: ReportedStatus) -> Seen {
    let of = stage.telephone.dialled.lock().unwrap()[0];
    let cost = Some((CallProvider::Twilio, 22_500, "USD".to_owned()));
    Seen {
        status,
        ids: ProviderIds { call_sid: Some(crate::stage::sid(&of)), el_conversation_id: None },
        at: stage.world.clock.now(),
        duration_s: Some(74),
        answered_by: None,
        cost: (status == ReportedStatus::Completed).then_some(cost).flatten(),
        after_call: None,
    }
}

#[tokio::test]
async fn a_call_of_which_no_end_was_told_is_asked_about_until_it_is_known() {
    let stage = Stage::set().await;
    let call = stage.call().await;
    stage.work(2).await;
    *stage.telephone.seen.lock().unwrap() = Some(seen(&stage, ReportedStatus::InProgress));
    stage.world.clock.advance(TimeDelta::minutes(16));
    stage.work(1).await;
    assert_eq!(stage.session(call).await.status(), CallStatus::InProgress);
    assert_eq!(stage.effects("call.check").await, ["pending CALL_UNDER_WAY"]);
    *stage.telephone.seen.lock().unwrap() = Some(seen(&stage, ReportedStatus::Completed));
    stage.world.clock.advance(TimeDelta::minutes(6));
    stage.work(1).await;
    assert_eq!(stage.session(call).await.status(), CallStatus::Completed);
    let history = stage.history(call).await;
    assert_eq!(history[history.len() - 2..], ["CallEnded", "CallCostRecorded"]);
    // The webhook that was late after all adds how the carrier accounts for the end, once.
    for _ in 0..2 {
        stage.status(call, ReportedStatus::Completed, 3).await;
        assert_eq!(stage.history(call).await[history.len()..], ["CallEndDetailed"]);
    }
}

#[tokio::test]
async fn a_call_that_the_provider_does_not_know_has_failed_and_one_that_ended_is_not_asked_about() {
    let stage = Stage::set().await;
    let call = stage.call().await;
    stage.work(2).await;
    stage.world.clock.advance(TimeDelta::minutes(16));
    stage.work(1).await;
    let session = stage.session(call).await;
    assert_eq!(session.attempts()[0].outcome, Some(CallOutcome::Failed));

    let stage = Stage::set().await;
    let call = stage.call().await;
    stage.work(2).await;
    stage.status(call, ReportedStatus::Completed, 3).await;
    stage.world.clock.advance(TimeDelta::minutes(16));
    stage.work(1).await;
    assert_eq!(stage.effects("call.check").await, ["done"]);
    assert_eq!(stage.session(call).await.status(), CallStatus::Completed);
}

#[tokio::test]
async fn hanging_up_waits_until_the_provider_has_a_name_for_the_call() {
    let stage = Stage::set().await;
    stage.telephone.script.lock().unwrap().push_back(Told::Fault(SendFault::Unknown("TIMEOUT")));
    let call = stage.call().await;
    stage.work(2).await;
    stage.tell(call, C::HangUp { reason: None }).await;
    stage.work(1).await;
    assert!(stage.telephone.hung_up.lock().unwrap().is_empty());
    let ids = ProviderIds { call_sid: Some("CAlate".into()), el_conversation_id: None };
    *stage.telephone.found.lock().unwrap() = Some(vec![ids.clone()]);
    stage.world.clock.advance(TimeDelta::minutes(2));
    stage.work(2).await;
    assert_eq!(*stage.telephone.hung_up.lock().unwrap(), [ids]);
}

#[tokio::test]
async fn a_call_that_has_ended_is_not_hung_up() {
    let stage = Stage::set().await;
    let call = stage.call().await;
    stage.work(2).await;
    stage.tell(call, C::HangUp { reason: None }).await;
    stage.status(call, ReportedStatus::Completed, 3).await;
    stage.work(1).await;
    assert!(stage.telephone.hung_up.lock().unwrap().is_empty());
    assert_eq!(stage.effects("call.hang_up").await, ["dropped CALL_OVER"]);
}

#[tokio::test]
async fn a_transfer_is_asked_for_once_and_its_callback_or_its_refusal_ends_it() {
    let stage = Stage::set().await;
    let call = stage.call().await;
    stage.work(2).await;
    stage.status(call, ReportedStatus::InProgress, 2).await;
    *stage.telephone.seen.lock().unwrap() = Some(seen(&stage, ReportedStatus::InProgress));
    let agent = UserId::new(Uuid::from_u128(9));
    let ask = || C::TransferToHuman { agent: Some(agent), number: None };
    let lost = Err(SendFault::Unknown("TIMEOUT"));
    stage.telephone.transfers.lock().unwrap().extend([Ok(Ended::Over), lost]);
    stage.tell(call, ask()).await;
    stage.work(1).await;
    assert_eq!(stage.effects("call.transfer").await, ["unknown TIMEOUT"]);
    stage.world.clock.advance(TimeDelta::minutes(5));
    stage.work(1).await;
    assert_eq!(*stage.telephone.transferred.lock().unwrap(), [Destination::Agent(agent)]);
    let at = stage.world.clock.now();
    stage.tell(call, C::RecordTransfer { connected: true, reason: None, at }).await;
    stage.world.clock.advance(TimeDelta::hours(2));
    stage.work(1).await;
    assert!(stage.effects("call.transfer").await[0].starts_with("done"));

    stage.tell(call, ask()).await;
    stage.work(1).await;
    let history = stage.history(call).await;
    let effects = stage.effects("call.transfer").await;
    assert_eq!(history.last().unwrap(), "CallTransferFailed", "it is over: {effects:?}");
}
