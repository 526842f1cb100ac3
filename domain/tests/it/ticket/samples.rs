//! Samples of every event of a ticket, in every shape.

use std::collections::{BTreeMap, BTreeSet};

use bitacora_domain::aggregates::conversation::{AssignedBy, Priority};
use bitacora_domain::aggregates::ticket::{
    ClosedBy, HoldEnd, PerTarget, SlaPolicy, SlaTarget, SlaTargets, TicketCategory,
    TicketEvent as E, TicketLinkKind, TicketNumber, TicketOrigin, TicketStatus,
};
use bitacora_domain::calendar::{BusinessCalendar, BusinessHours, OpenSpan};
use bitacora_domain::{Actor, ActorKind, TicketId};
use uuid::Uuid;

use crate::support::ids::{AGENT, CONTACT, CONVERSATION, TICKET, message, minute, personal};

pub(crate) fn actor() -> Actor {
    Actor::new(ActorKind::User, "agente")
}

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x71 << 64 | n)
}

pub(crate) fn other(n: u128) -> TicketId {
    TicketId::new(id(n))
}

pub(crate) fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Monday to Friday from 9 to 18 in Buenos Aires, where it is 9 o'clock on a Monday at minute 0;
/// the 25th of May is a holiday.
pub(crate) fn calendar() -> BusinessCalendar {
    let span = |weekday| OpenSpan { weekday, from: 540, until: 1_080 };
    BusinessCalendar {
        calendar: id(50),
        version: 3,
        time_zone: "America/Argentina/Buenos_Aires".to_owned(),
        hours: BusinessHours {
            week: (1..=5).map(span).collect(),
            holidays: ["2026-05-25".parse().unwrap()].into(),
        },
    }
}

/// An hour to the first answer, two to the next ones, ten to the end; half of it when urgent.
pub(crate) fn policy() -> SlaPolicy {
    let targets = |part: i64| SlaTargets {
        first_response_s: Some(3_600 / part),
        next_response_s: Some(7_200 / part),
        resolution_s: Some(36_000 / part),
    };
    let targets = BTreeMap::from([
        (Priority::Low, SlaTargets { resolution_s: Some(180_000), ..SlaTargets::default() }),
        (Priority::Medium, targets(1)),
        (Priority::High, targets(1)),
        (Priority::Urgent, targets(2)),
    ]);
    SlaPolicy { policy: id(51), version: 2, calendar: calendar(), targets }
}

pub(crate) fn opened_as(origin: TicketOrigin) -> E {
    E::TicketOpened {
        ticket: TICKET,
        number: TicketNumber::PENDING,
        category: TicketCategory::Facturacion,
        priority: Priority::Medium,
        subject: personal("Cobro doble"),
        contact: CONTACT,
        conversation: Some(CONVERSATION),
        origin,
        parent: origin.has_parent().then(|| other(1)),
        missing_fields: BTreeSet::new(),
        by: actor(),
        at: minute(0),
    }
}

fn opened_alone() -> E {
    E::TicketOpened {
        ticket: TICKET,
        number: TicketNumber::new(123),
        category: TicketCategory::Facturacion,
        priority: Priority::Medium,
        subject: personal("Cobro doble"),
        contact: CONTACT,
        conversation: None,
        origin: TicketOrigin::FollowUp,
        parent: Some(other(1)),
        missing_fields: names(&["order_number"]),
        by: actor(),
        at: minute(0),
    }
}

pub(crate) fn sla_applied() -> E {
    E::SlaApplied {
        policy: Box::new(policy()),
        priority: Priority::Medium,
        elapsed_ms: PerTarget {
            first_response: Some(0),
            resolution: Some(0),
            ..PerTarget::default()
        },
        due_at: PerTarget {
            first_response: Some(minute(60)),
            resolution: Some(minute(1_500)),
            ..PerTarget::default()
        },
        at: minute(0),
    }
}

pub(crate) fn resolved(reopen_until: i64) -> E {
    E::TicketResolved {
        from: TicketStatus::InProgress,
        number: 1,
        resolution: Some(personal("Se devolvió el cobro")),
        root_cause: Some("double_charge".to_owned()),
        reopen_until: minute(reopen_until),
        by: actor(),
        at: minute(60),
    }
}

pub(crate) fn held(until: Option<i64>) -> E {
    let (reason, until) = ("Cierre de mes".to_owned(), until.map(minute));
    E::TicketHeld { hold: 1, reason, until, at: minute(20) }
}

/// One of every event and of every shape.
pub(crate) fn events() -> Vec<(Option<&'static str>, E)> {
    let mut events =
        vec![(None, opened_as(TicketOrigin::Triage)), (Some("numbered"), opened_alone())];
    events.extend(about_work());
    events.extend(about_sla());
    events.extend(about_ends());
    events
}

fn about_work() -> Vec<(Option<&'static str>, E)> {
    let at = minute(5);
    let assigned = |by| E::TicketAssigned {
        agent: Some(AGENT),
        team: Some("facturación".to_owned()),
        previous_agent: None,
        previous_team: None,
        by,
        at,
    };
    let commented = |public| E::TicketCommented {
        comment: id(60),
        public,
        body: personal("Ya lo miro"),
        author: actor(),
        at,
    };
    let triaged = E::TicketTriaged {
        category: TicketCategory::Reclamo,
        priority: Priority::High,
        confidence_bp: 8_200,
        model: "llama-3.3-70b".to_owned(),
        at,
    };
    let summarised = E::TicketSummarised {
        summary: personal("Le cobraron dos veces"),
        model: "llama-3.3-70b".to_owned(),
        prompt_version: "4".to_owned(),
        tokens: 210,
        at,
    };
    let escalated = E::TicketEscalated {
        from_level: 0,
        level: 2,
        reason: "Cliente importante".to_owned(),
        by: actor(),
        at,
    };
    let supplied = E::TicketDataSupplied {
        field: "order_number".to_owned(),
        value: personal("A-77"),
        missing: names(&["amount"]),
        at,
    };
    let reclassified = E::TicketReclassified {
        from: TicketCategory::Facturacion,
        to: TicketCategory::Reclamo,
        at,
    };
    let prioritised = E::TicketPriorityChanged { from: Priority::Medium, to: Priority::High, at };
    let waiting =
        |question| E::TicketWaitingCustomer { from: TicketStatus::InProgress, question, at };
    let elsewhere =
        |party| E::TicketWaitingThirdParty { from: TicketStatus::InProgress, party, at };
    let fields = names(&["amount", "order_number"]);
    vec![
        (None, triaged),
        (None, assigned(AssignedBy::User)),
        (Some("by_policy"), assigned(AssignedBy::Policy)),
        (None, E::TicketUnassigned { previous_agent: Some(AGENT), previous_team: None, at }),
        (None, escalated),
        (None, E::TicketStarted { by: actor(), at }),
        (None, waiting(Some(personal("¿Qué número de pedido?")))),
        (Some("silent"), waiting(None)),
        (None, elsewhere(Some("Correo Argentino".to_owned()))),
        (Some("silent"), elsewhere(None)),
        (None, E::TicketResumed { from: TicketStatus::WaitingCustomer, by_contact: true, at }),
        (None, E::TicketCustomerReplied { turn: 1, message: Some(message(1)), at }),
        (Some("elsewhere"), E::TicketCustomerReplied { turn: 2, message: None, at }),
        (None, held(Some(90))),
        (Some("open_ended"), held(None)),
        (None, E::TicketHoldEnded { hold: 1, end: HoldEnd::Due, at }),
        (None, E::TicketDataRequested { fields: fields.clone(), missing: fields, at }),
        (None, supplied),
        (None, commented(true)),
        (Some("private"), commented(false)),
        (None, reclassified),
        (None, prioritised),
        (None, E::TicketTagged { tags: names(&["cobros", "vip"]), at }),
        (None, summarised),
        (None, E::TicketMacroApplied { macro_id: id(61), version: 4, by: actor(), at }),
        (None, E::TicketLinked { kind: TicketLinkKind::Invoice, id: id(62), at }),
    ]
}

fn about_sla() -> Vec<(Option<&'static str>, E)> {
    let (at, target) = (minute(30), SlaTarget::NextResponse);
    let elapsed_ms = PerTarget { resolution: Some(1_800_000), ..PerTarget::default() };
    let due_at = PerTarget { resolution: Some(minute(1_520)), ..PerTarget::default() };
    let responded =
        |first, turn| E::TicketResponded { first, turn, waited_ms: 1_800_000, by: actor(), at };
    let met = |due_at| E::SlaFirstResponseMet { due_at, elapsed_ms: 1_800_000, at };
    let kept = |target, turn, due_at| E::SlaMet { target, turn, due_at, elapsed_ms: 60_000, at };
    let missed = |target, turn| E::SlaBreached { target, turn, due_at: minute(25), at };
    vec![
        (None, sla_applied()),
        (None, responded(true, 0)),
        (Some("again"), responded(false, 1)),
        (None, met(Some(minute(60)))),
        (Some("paused"), met(None)),
        (None, E::SlaClockStarted { target, turn: 3, due_at: Some(minute(150)), at }),
        (Some("paused"), E::SlaClockStarted { target, turn: 3, due_at: None, at }),
        (None, E::SlaPaused { elapsed_ms, at }),
        (None, E::SlaResumed { elapsed_ms, due_at, at }),
        (None, missed(target, Some(3))),
        (Some("resolution"), missed(SlaTarget::Resolution, None)),
        (None, kept(target, Some(3), Some(minute(150)))),
        (Some("resolution"), kept(SlaTarget::Resolution, None, None)),
    ]
}

fn about_ends() -> Vec<(Option<&'static str>, E)> {
    let at = minute(70);
    let (subject, category, priority) =
        (personal("Otra cosa"), TicketCategory::Otro, Priority::Low);
    let bare = E::TicketResolved {
        from: TicketStatus::New,
        number: 2,
        resolution: None,
        root_cause: None,
        reopen_until: minute(10_140),
        by: actor(),
        at,
    };
    let split = E::TicketSplit { into: other(2), subject: subject.clone(), category, priority, at };
    let followed =
        E::TicketFollowUpCreated { follow_up: other(3), subject, category, priority, at };
    let reason = Some("No era eso".to_owned());
    let merged = E::TicketMerged { from: TicketStatus::New, survivor: other(4), by: actor(), at };
    vec![
        (None, resolved(10_140)),
        (Some("silent"), bare),
        (None, E::TicketReopened { by_contact: false, reason, at }),
        (Some("by_contact"), E::TicketReopened { by_contact: true, reason: None, at }),
        (None, E::TicketClosed { by: ClosedBy::Auto, at }),
        (Some("by_user"), E::TicketClosed { by: ClosedBy::User, at }),
        (None, merged),
        (None, E::TicketMergeRecorded { source: other(5), at }),
        (None, split),
        (None, followed),
        (None, E::TicketSurveyRequested { at }),
        (None, E::TicketRated { score: 5, comment: Some(personal("Rápido")), at }),
        (Some("silent"), E::TicketRated { score: 1, comment: None, at }),
    ]
}
