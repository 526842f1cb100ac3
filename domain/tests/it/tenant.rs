//! Tenant: its states, its settings, and how far its AI may go.

use std::collections::BTreeSet;

use bitacora_domain::aggregates::tenant::{
    AiMode, Plan, Tenant, TenantCommand as C, TenantEvent as E, TenantStatus, TriageCategory,
};
use bitacora_domain::{Claim, TenantId};

use crate::support::ids::STREAM;
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
    }
}

fn why() -> String {
    "Falta de pago".to_owned()
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
