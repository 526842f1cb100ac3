//! Tenant: its states, its settings, and how far its AI may go.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::tenant::{
    AiMode, BusinessHours, LimitRule, OpenSpan, Plan, Tenant, TenantCommand as C, TenantEvent as E,
    TenantStatus, TriageCategory,
};
use bitacora_domain::{COMMAND_EFFECT, Claim, DomainAggregate as _, Meter, TenantId};
use chrono::TimeDelta;

use crate::support::ids::{STREAM, minute};
use crate::support::{Case, given};

fn register(slug: &str) -> C {
    C::Register {
        name: " Ibarra ".to_owned(),
        slug: slug.to_owned(),
        plan: Plan::Free,
        time_zone: "America/Argentina/Buenos_Aires".to_owned(),
    }
}

fn registered() -> E {
    E::TenantRegistered {
        tenant: TenantId::new(STREAM),
        name: "Ibarra".to_owned(),
        slug: "ibarra".to_owned(),
        plan: Plan::Free,
        time_zone: "America/Argentina/Buenos_Aires".to_owned(),
        trial_ends_at: Some(minute(0) + TimeDelta::days(14)),
    }
}

fn why() -> String {
    "Falta de pago".to_owned()
}

fn over(meter: Meter, rule: LimitRule) -> C {
    C::OverrideLimit { meter, rule, reason: why() }
}

fn span(weekday: u8, from: u16, until: u16) -> OpenSpan {
    OpenSpan { weekday, from, until }
}

/// Monday to Friday, 9 to 18, with a siesta on Friday.
fn weekdays() -> BusinessHours {
    let mut week: Vec<_> = (1..=4).map(|weekday| span(weekday, 540, 1_080)).collect();
    week.extend([span(5, 960, 1_080), span(5, 540, 780)]);
    BusinessHours { week, holidays: ["2026-05-25".parse().unwrap()].into() }
}

fn trial() -> Case<Tenant> {
    given::<Tenant>([registered()])
}

fn in_status(status: TenantStatus) -> Case<Tenant> {
    let case = match status {
        TenantStatus::Trial => trial(),
        TenantStatus::Active => trial().after(C::Activate),
        TenantStatus::Suspended => trial().after(C::Suspend { reason: why() }),
        TenantStatus::Banned => trial().after(C::Ban { reason: why() }),
    };
    assert_eq!(case.state.status(), Some(status));
    case
}

const ALL: [TenantStatus; 4] =
    [TenantStatus::Trial, TenantStatus::Active, TenantStatus::Suspended, TenantStatus::Banned];

/// Columns: not registered, TRIAL, ACTIVE, SUSPENDED, BANNED.
#[rustfmt::skip]
fn matrix() -> Vec<(C, [&'static str; 5])> {
    const NONE: &str = "!TENANT_NOT_FOUND";
    const BANNED: &str = "!TENANT_BANNED";
    let same = |event| [NONE, event, event, event, BANNED];
    vec![
        (register("ibarra"), ["TenantRegistered", "-", "-", "-", BANNED]),
        (register("otra"), ["TenantRegistered", "!TENANT_ALREADY_REGISTERED",
            "!TENANT_ALREADY_REGISTERED", "!TENANT_ALREADY_REGISTERED", BANNED]),
        (C::UpdateSettings { name: Some("Otra".to_owned()), time_zone: None },
            same("TenantSettingsChanged")),
        (C::Activate, [NONE, "TenantActivated", "-", "TenantActivated", BANNED]),
        (C::ChangePlan { plan: Plan::Pro }, same("PlanChanged")),
        (C::SetAiMode { mode: AiMode::Autopilot }, same("AiModeChanged")),
        (C::SetAutopilotCategories { categories: [TriageCategory::Info].into() },
            same("AutopilotCategoriesChanged")),
        (C::SetConfidenceThreshold { threshold_bp: 9_000 }, same("ConfidenceThresholdChanged")),
        (C::SetBusinessHours { hours: weekdays() }, same("BusinessHoursChanged")),
        (over(Meter::Users, LimitRule::AtMost(7)), same("LimitOverridden")),
        (C::EndTrial, [NONE, "TrialEnded", "-", "-", BANNED]),
        (C::Reactivate { reason: why() },
            [NONE, "-", "-", "TenantReactivated", "TenantReactivated"]),
        (C::Suspend { reason: why() }, [NONE, "TenantSuspended", "TenantSuspended", "-", BANNED]),
        (C::Ban { reason: why() }, same("TenantBanned")),
    ]
}

#[test]
fn every_state_meets_every_command() {
    for (command, row) in matrix() {
        assert_eq!(
            given::<Tenant>([]).when(command.clone()).summary(),
            row[0],
            "{command:?} on nothing"
        );
        for (status, cell) in ALL.into_iter().zip(&row[1..]) {
            let summary = in_status(status).when(command.clone()).summary();
            assert_eq!(summary, *cell, "{command:?} on {status:?}");
        }
    }
}

#[test]
fn a_change_of_state_says_where_it_came_from_and_why() {
    trial()
        .when(C::Activate)
        .then([E::TenantActivated { from: TenantStatus::Trial }])
        .when(C::Suspend { reason: " Falta de pago ".to_owned() })
        .then([E::TenantSuspended { from: TenantStatus::Active, reason: why() }])
        .when(C::Ban { reason: why() })
        .then([E::TenantBanned { from: TenantStatus::Suspended, reason: why() }]);
    for reason in [" ".to_owned(), "x".repeat(501)] {
        trial().when(C::Suspend { reason: reason.clone() }).then_refused("INVALID_REASON");
        trial().when(C::Ban { reason }).then_refused("INVALID_REASON");
    }
}

#[test]
fn a_suspended_business_loses_no_message_and_a_banned_one_gets_none() {
    use TenantStatus::{Active, Banned, Suspended, Trial};
    let inbound: Vec<_> = ALL.into_iter().filter(|status| status.accepts_inbound()).collect();
    assert_eq!(inbound, [Trial, Active, Suspended]);
    let outbound: Vec<_> = ALL.into_iter().filter(|status| status.accepts_outbound()).collect();
    assert_eq!(outbound, [Trial, Active]);
    assert!(!Banned.accepts_inbound() && !Suspended.accepts_outbound());
}

#[test]
fn a_slug_is_unique_across_the_installation() {
    let outcome = given::<Tenant>([]).when(register("ibarra"));
    let owner = TenantId::new(STREAM);
    let claim = Claim::take("tenant.slug", "ibarra", owner).installation_wide();
    assert_eq!(outcome.claims(), [claim]);
    assert_eq!(outcome.case.when(C::Activate).claims(), []);
}

#[test]
fn a_registration_is_checked() {
    given::<Tenant>([]).when(register("ibarra")).then([registered()]);
    for bad in ["", "ab", "Ibarra", "ibárra", "ib arra", "-ibarra", "ibarra-", &"x".repeat(41)] {
        given::<Tenant>([]).when(register(bad)).then_refused("INVALID_SLUG");
    }
    given::<Tenant>([]).of("x").when(register("ibarra")).then_refused("INVALID_TENANT_ID");
}

#[test]
fn settings_change_one_by_one() {
    let set = |name: Option<&str>, time_zone: Option<&str>| C::UpdateSettings {
        name: name.map(str::to_owned),
        time_zone: time_zone.map(str::to_owned),
    };
    let changed = |name: &str, time_zone: &str| E::TenantSettingsChanged {
        name: name.to_owned(),
        time_zone: time_zone.to_owned(),
    };
    trial()
        .when(set(None, None))
        .then_nothing()
        .when(set(None, Some("America/Montevideo")))
        .then([changed("Ibarra", "America/Montevideo")])
        .when(set(Some(" Ibarra y Cía. "), None))
        .then([changed("Ibarra y Cía.", "America/Montevideo")])
        .when(set(Some("Ibarra y Cía."), Some("America/Montevideo")))
        .then_nothing()
        .when(set(None, Some("UTC")))
        .then([changed("Ibarra y Cía.", "UTC")]);
    for bad in ["", "America", "America/Atlantis", "GMT+25", "-03:00"] {
        trial().when(set(None, Some(bad))).then_refused("INVALID_TIME_ZONE");
    }
    for bad in [" ", &"x".repeat(121)] {
        trial().when(set(Some(bad), None)).then_refused("INVALID_NAME");
    }
}

#[test]
fn setting_what_is_set_changes_nothing() {
    for command in [
        C::ChangePlan { plan: Plan::Free },
        C::SetAiMode { mode: AiMode::Assisted },
        C::SetAutopilotCategories { categories: BTreeSet::new() },
        C::SetConfidenceThreshold { threshold_bp: 7_000 },
    ] {
        trial().when(command).then_nothing();
    }
}

#[test]
fn the_ai_never_answers_by_itself_in_a_category_of_high_risk() {
    let categories = [TriageCategory::Info, TriageCategory::Reclamo].into();
    trial().when(C::SetAutopilotCategories { categories }).then_refused("HIGH_RISK_CATEGORY");
}

#[test]
fn a_threshold_has_0_to_10000_basis_points() {
    for good in [0, 10_000] {
        let command = C::SetConfidenceThreshold { threshold_bp: good };
        trial().when(command).then([E::ConfidenceThresholdChanged { threshold_bp: good }]);
    }
    for bad in [-1, 10_001] {
        let command = C::SetConfidenceThreshold { threshold_bp: bad };
        trial().when(command).then_refused("INVALID_THRESHOLD");
    }
}

#[test]
fn plans_allow_what_the_price_list_says() {
    let limits = |plan: Plan| Meter::ALL.map(|meter| plan.limit(meter));
    let some = |limits: [i64; 4]| {
        let [messages, documents, contacts, users] = limits.map(Some);
        [messages, documents, contacts, users, None]
    };
    assert_eq!(limits(Plan::Free), some([250, 50, 1_000, 1]));
    assert_eq!(limits(Plan::Starter), some([1_000, 200, 5_000, 3]));
    assert_eq!(limits(Plan::Pro), some([5_000, 1_000, 25_000, 10]));
    assert_eq!(limits(Plan::Enterprise), [None; 5]);
}

#[test]
fn a_limit_that_was_agreed_on_outlives_the_plan() {
    let case = trial();
    assert_eq!(case.state.limit(Meter::Messages), Some(250));
    let case = case.after(over(Meter::Messages, LimitRule::AtMost(400)));
    assert_eq!(case.state.limit(Meter::Messages), Some(400));
    assert_eq!(case.state.limit(Meter::Contacts), Some(1_000), "the others are the plan's");
    let case = case.after(C::ChangePlan { plan: Plan::Starter });
    assert_eq!(case.state.limit(Meter::Messages), Some(400));
    assert_eq!(case.state.limit(Meter::Contacts), Some(5_000));
    let case = case.after(over(Meter::Messages, LimitRule::Unlimited));
    assert_eq!(case.state.limit(Meter::Messages), None);
    let case = case.when(over(Meter::Messages, LimitRule::Plan)).then([E::LimitOverridden {
        meter: Meter::Messages,
        from: LimitRule::Unlimited,
        to: LimitRule::Plan,
        reason: why(),
    }]);
    assert_eq!(case.state.limit(Meter::Messages), Some(1_000));
    case.when(over(Meter::Messages, LimitRule::Plan)).then_nothing();
    assert_eq!(Tenant::default().limit(Meter::Messages), None, "nobody is registered");
}

#[test]
fn a_limit_is_checked() {
    for good in [0, 1_000_000_000] {
        trial().after(over(Meter::Users, LimitRule::AtMost(good)));
    }
    for bad in [-1, 1_000_000_001] {
        trial().when(over(Meter::Users, LimitRule::AtMost(bad))).then_refused("INVALID_LIMIT");
    }
    trial().when(over(Meter::Owners, LimitRule::AtMost(2))).then_refused("METER_NOT_LIMITED");
    let silent = C::OverrideLimit {
        meter: Meter::Users,
        rule: LimitRule::Unlimited,
        reason: " ".to_owned(),
    };
    trial().when(silent).then_refused("INVALID_REASON");
}

#[test]
fn a_trial_of_14_days_ends_by_itself_unless_somebody_activates() {
    let outcome = given::<Tenant>([]).when(register("ibarra"));
    let ends = minute(0) + TimeDelta::days(14);
    assert_eq!(outcome.case.state.trial_ends_at(), Some(ends));
    let effects = outcome.case.state.effects(&registered());
    assert_eq!(effects.len(), 1);
    assert_eq!((effects[0].kind, effects[0].due), (COMMAND_EFFECT, Some(ends)));
    assert_eq!(effects[0].payload["aggregate_type"], "tenant");
    assert_eq!(effects[0].payload["aggregate_id"], STREAM.to_string());
    assert_eq!(effects[0].payload["body"], "EndTrial");
    let over = trial().at(20).when(C::EndTrial).then([E::TrialEnded { at: minute(20) }]);
    assert_eq!(over.state.status(), Some(TenantStatus::Suspended));
    let paid = over.after(C::Activate);
    assert_eq!(paid.state.status(), Some(TenantStatus::Active));
    paid.when(C::EndTrial).then_nothing();
}

#[test]
fn only_reactivating_lifts_a_ban() {
    let banned = in_status(TenantStatus::Banned);
    let banned = banned.when(C::Activate).then_refused("TENANT_BANNED");
    let reason = || " ".to_owned();
    let banned = banned.when(C::Reactivate { reason: reason() }).then_refused("INVALID_REASON");
    let event = E::TenantReactivated { from: TenantStatus::Banned, reason: why() };
    let back = banned.when(C::Reactivate { reason: why() }).then([event]);
    assert_eq!(back.state.status(), Some(TenantStatus::Active));
}

#[test]
fn business_hours_are_those_of_the_zone() {
    let zone = chrono_tz::America::Argentina::Buenos_Aires;
    let case = trial().after(C::SetBusinessHours { hours: weekdays() });
    let open = |at: &str| case.state.business_hours().are_open(at.parse().unwrap(), zone);
    assert!(open("2026-03-02T12:00:00Z"), "Monday, 9:00");
    assert!(!open("2026-03-02T11:59:59Z"), "Monday, 8:59");
    assert!(!open("2026-03-02T21:00:00Z"), "Monday, 18:00");
    assert!(!open("2026-03-06T17:00:00Z"), "Friday, 14:00: the siesta");
    assert!(open("2026-03-06T19:00:00Z"), "Friday, 16:00");
    assert!(!open("2026-03-07T15:00:00Z"), "Saturday");
    assert!(!open("2026-05-25T15:00:00Z"), "a Monday, but 25 de Mayo");
    assert!(BusinessHours::default().are_open(minute(0), zone), "nobody said");
    let again = C::SetBusinessHours { hours: weekdays() };
    case.when(again).then_nothing();
}

#[test]
fn business_hours_are_checked() {
    let set = |week: Vec<OpenSpan>| C::SetBusinessHours {
        hours: BusinessHours { week, holidays: std::collections::BTreeSet::new() },
    };
    for good in [vec![span(7, 0, 1_440)], vec![span(1, 600, 700), span(1, 500, 600)]] {
        trial().after(set(good));
    }
    for bad in [
        vec![span(0, 1, 2)],
        vec![span(8, 1, 2)],
        vec![span(1, 2, 2)],
        vec![span(1, 0, 1_441)],
        vec![span(1, 500, 601), span(1, 600, 700)],
        (0..29).map(|n| span(1, n, n + 1)).collect(),
    ] {
        trial().when(set(bad)).then_refused("INVALID_BUSINESS_HOURS");
    }
}
