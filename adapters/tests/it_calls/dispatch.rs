//! Who is called, and when: the faults of systems that get it wrong (features F-CALL), each with
//! the test that it is none of ours.

use bitacora_adapters::clock::SystemClock;
use bitacora_commands::calls::CallRules;
use bitacora_commands::ports::{Clock as _, Funds};
use bitacora_commands::sources::{self, Arrival, Forged, Headers, Secret};
use bitacora_domain::aggregates::call_session::{CallStatus, ReportedStatus};
use bitacora_domain::aggregates::contact::{Contact, ContactCommand, OptOutCategory};
use chrono::TimeDelta;

use crate::stage::{ARGENTINA, SPAIN, Stage};
use crate::support::quick;

/// "Naive local time (no timezone of the callee)": at nine of UTC Spain is called and Argentina,
/// where it is six, at eight of its own morning.
#[tokio::test]
async fn f_call_the_hour_is_the_callees_own() {
    let stage = Stage::set().await;
    let (early, awake) = (stage.contact(ARGENTINA).await, stage.contact(SPAIN).await);
    let (waits, leaves) =
        (stage.request(early, ARGENTINA).await, stage.request(awake, SPAIN).await);
    stage.work(3).await;
    assert_eq!(stage.session(leaves).await.attempts().len(), 1);
    let session = stage.session(waits).await;
    assert_eq!(session.status(), CallStatus::Scheduled);
    assert_eq!(session.due_at(), Some("2026-03-02T11:00:00Z".parse().unwrap()));
    stage.world.clock.set("2026-03-02T11:00:00Z".parse().unwrap());
    stage.work(3).await;
    assert_eq!(stage.session(waits).await.attempts().len(), 1, "and then it leaves");
}

/// "Retries only FAILED, not busy/no-answer": what was busy is dialled again by itself.
#[tokio::test]
async fn f_call_busy_and_no_answer_are_dialled_again() {
    for status in [ReportedStatus::Busy, ReportedStatus::NoAnswer] {
        let stage = Stage::set().await;
        let call = stage.call().await;
        stage.work(2).await;
        stage.status(call, status, 3).await;
        assert_eq!(stage.dialled(), 1);
        stage.world.clock.advance(TimeDelta::minutes(61));
        stage.work(2).await;
        assert_eq!(stage.dialled(), 2, "{status:?}");
        assert_eq!(stage.session(call).await.attempts().len(), 2);
    }
}

/// "The concurrency cap is not enforced": of six calls at once three leave over three lines, and
/// each of the others when one of them has ended.
#[tokio::test]
async fn f_call_no_more_calls_at_a_time_than_there_are_lines() {
    let rules = CallRules { lines: 3, ..CallRules::default() };
    let stage = Stage::set_with(quick(), rules).await;
    let mut calls = Vec::new();
    for _ in 0..6 {
        calls.push(stage.call().await);
    }
    stage.work(40).await;
    assert_eq!(stage.dialled(), 3);
    let mut ended = Vec::new();
    while ended.len() < 6 {
        let mut live = Vec::new();
        for call in &calls {
            let session = stage.session(*call).await;
            if session.attempts().iter().any(|attempt| attempt.outcome.is_none()) {
                live.push((*call, session.attempts()[0].line));
            }
        }
        let lines: std::collections::BTreeSet<_> = live.iter().map(|(_, line)| *line).collect();
        assert_eq!(lines.len(), live.len(), "nobody shares a line");
        assert!(live.len() <= 3, "{live:?}");
        let (call, _) = live[0];
        stage.status(call, ReportedStatus::Completed, 9).await;
        ended.push(call);
        stage.work(20).await;
    }
    assert_eq!(stage.dialled(), 6, "each once");
}

/// "Signature skipped in debug": there is no build in which it is.
#[test]
fn f_call_a_signature_is_looked_at_in_every_build() {
    let twilio = sources::find("twilio").unwrap();
    let url = "https://our.example/webhooks/twilio/status".to_owned();
    let parameters = [("CallSid".to_owned(), "CA1".to_owned())];
    let signed = sources::twilio::sign(&Secret::new("otro").unwrap(), &url, &parameters);
    let cases = [(None, Forged::Missing), (Some(signed), Forged::Mismatch)];
    for (signature, expected) in cases {
        let headers: Headers = signature.iter().map(|s| ("x-twilio-signature", s)).collect();
        let urls = [url.clone()];
        let arrival = Arrival {
            rest: "status",
            query: "",
            urls: &urls,
            headers: &headers,
            content_type: "application/x-www-form-urlencoded",
            body: b"CallSid=CA1",
            received_at: SystemClock.now(),
        };
        let secrets = [Secret::new("12345").unwrap()];
        let verdict = twilio.verify(&secrets, &arrival, SystemClock.now());
        assert_eq!(verdict, Err(expected));
    }
}

/// "No DNC list, no consent": whoever is on the list, opted out, or never agreed is not dialled,
/// and the call says why.
#[tokio::test]
async fn f_call_nobody_is_dialled_who_never_agreed_or_is_on_the_list() {
    let stage = Stage::set().await;
    let at = stage.world.clock.now();
    let silent = stage.stranger("+34911000001").await;
    let listed = stage.contact("+34911000002").await;
    let out = stage.contact("+34911000003").await;
    let to_list = ContactCommand::AddToDnc { by: "Lista Robinson".into(), at };
    stage.give::<Contact>(&listed.to_string(), to_list).await;
    let opt_out =
        ContactCommand::OptOut { category: OptOutCategory::All, by: "keyword".into(), at };
    stage.give::<Contact>(&out.to_string(), opt_out).await;
    for (contact, number, reason) in [
        (silent, "+34911000001", "NO_CONSENT"),
        (listed, "+34911000002", "DNC"),
        (out, "+34911000003", "DNC"),
    ] {
        let call = stage.request(contact, number).await;
        stage.work(2).await;
        assert_eq!(stage.session(call).await.status(), CallStatus::Blocked, "{reason}");
        let sql = "select payload -> 'CallBlocked' ->> 'reason' from log.events
            where aggregate_id = $1 and event_type = 'CallBlocked'";
        let pool = &stage.world.db.pools().admin;
        let told: String =
            sqlx::query_scalar(sql).bind(call.to_string()).fetch_one(pool).await.unwrap();
        assert_eq!(told, reason);
    }
    assert_eq!(stage.dialled(), 0);
    assert_eq!(stage.effects("call.place").await, ["dropped CALL_BLOCKED"; 3]);
}

#[tokio::test]
async fn caps_and_an_empty_account_put_a_call_off_and_it_leaves_when_they_are_gone() {
    let stage = Stage::set().await;
    *stage.traffic.0.lock().unwrap() = 3;
    let call = stage.call().await;
    stage.work(2).await;
    let session = stage.session(call).await;
    assert_eq!(session.status(), CallStatus::Scheduled);
    let midnight: chrono::DateTime<chrono::Utc> = "2026-03-03T03:00:00Z".parse().unwrap();
    assert!(session.due_at().unwrap() >= midnight, "the day is the tenant's: {session:?}");
    *stage.traffic.0.lock().unwrap() = 0;
    *stage.telephone.funds.lock().unwrap() =
        Some(Funds { amount_e6: 999_999, currency: "USD".into() });
    stage.world.clock.set("2026-03-03T09:00:00Z".parse().unwrap());
    stage.work(2).await;
    assert_eq!((stage.dialled(), stage.session(call).await.status()), (0, CallStatus::Scheduled));
    *stage.telephone.funds.lock().unwrap() =
        Some(Funds { amount_e6: 1_000_000, currency: "USD".into() });
    stage.world.clock.advance(TimeDelta::hours(2));
    stage.work(2).await;
    assert_eq!(stage.dialled(), 1);
}

#[tokio::test]
async fn a_suspended_tenant_calls_nobody_until_it_is_active_again() {
    use bitacora_domain::aggregates::tenant::{Tenant, TenantCommand};
    let stage = Stage::set().await;
    let call = stage.call().await;
    let id = stage.tenant.to_string();
    stage.give::<Tenant>(&id, TenantCommand::Suspend { reason: "pagos".into() }).await;
    stage.world.clock.advance(TimeDelta::seconds(5));
    stage.work(2).await;
    assert_eq!(stage.effects("call.place").await, ["pending TENANT_SUSPENDED"]);
    stage.give::<Tenant>(&id, TenantCommand::Reactivate { reason: "pagó".into() }).await;
    stage.world.clock.advance(TimeDelta::minutes(6));
    stage.work(2).await;
    assert_eq!((stage.dialled(), stage.session(call).await.attempts().len()), (1, 1));
}
