//! Delivery: told once, reconciled when late, never lost.

mod matrix;
mod properties;
mod rules;

use bitacora_domain::aggregates::delivery::{
    Delivery, DeliveryCommand as C, DeliveryEvent as E, DeliveryStatus, DeliveryTarget,
    LeadPackage, TargetKind,
};
use bitacora_domain::aggregates::lead::LeadAnswer;
use bitacora_domain::{DeliveryId, Veil};
use uuid::Uuid;

use crate::lead::samples::{actor, veiled, veiled_person};
use crate::lead::{HOLD, LEAD, OFFER, meant, person, usd};
use crate::support::ids::{CONTACT, STREAM, minute};
use crate::support::samples::{Sample, Sampled, state_without};
use crate::support::{Case, given};

fn target(n: u128) -> Uuid {
    Uuid::from_u128(0x7A << 64 | n)
}

fn targets() -> Vec<DeliveryTarget> {
    let named = |n, kind, name: &str| DeliveryTarget { id: target(n), kind, name: name.to_owned() };
    vec![named(1, TargetKind::GoogleSheets, "Planilla"), named(2, TargetKind::Webhook, "CRM")]
}

fn package() -> LeadPackage {
    LeadPackage {
        lead: LEAD,
        contact: CONTACT,
        offer: OFFER,
        person: person(),
        answers: vec![meant(LeadAnswer::Budget(usd(None, Some(11_000_000))))],
        total: Some(85),
    }
}

fn veiled_package() -> LeadPackage {
    let answers = package().answers.into_iter().map(veiled).collect();
    LeadPackage { person: veiled_person(), answers, ..package() }
}

fn request() -> C {
    C::Request { targets: targets(), package: Box::new(package()), reservation: Some(HOLD) }
}

fn attempt(n: u128, attempt: i64) -> C {
    C::AttemptTarget { target: target(n), attempt }
}

fn confirm(n: u128, attempt: i64) -> C {
    C::ConfirmTarget { target: target(n), attempt, reference: None }
}

fn fail(n: u128, attempt: i64, retryable: bool) -> C {
    C::FailTarget { target: target(n), attempt, reason: "HTTP 500".to_owned(), retryable }
}

fn unknown(n: u128, attempt: i64) -> C {
    C::RecordTargetUnknown { target: target(n), attempt, reason: "timeout".to_owned() }
}

fn requested() -> Case<Delivery> {
    given::<Delivery>([]).after(request())
}

impl Sampled for Delivery {
    fn samples() -> Vec<Sample<Self>> {
        let (delivery, at) = (DeliveryId::new(STREAM), minute(1));
        assert_eq!(veiled(crate::support::ids::personal("x")).veil(), Some(&Veil::lead(LEAD)));
        let requested = E::DeliveryRequested {
            delivery,
            targets: targets(),
            package: Box::new(veiled_package()),
            reservation: Some(HOLD),
            attempts_max: 4,
            at,
        };
        let status = DeliveryStatus::InFlight;
        let (target, attempt, reason) = (target(1), 1, "HTTP 500".to_owned());
        let failed = |retry_at| E::DeliveryTargetFailed {
            target,
            attempt,
            reason: reason.clone(),
            retry_at,
            status,
            at,
        };
        let confirmed = |reference, first, late| E::DeliveryTargetConfirmed {
            target,
            attempt,
            reference,
            first,
            late,
            status: DeliveryStatus::Partial,
            at,
        };
        let retried = E::DeliveryRetried {
            targets: vec![self::target(2)],
            reason: "CRM arreglado".to_owned(),
            by: actor(),
            status,
            at,
        };
        vec![
            (None, requested),
            (None, E::DeliveryTargetAttempted { target, attempt, status, at }),
            (
                None,
                E::DeliveryTargetUnknown { target, attempt, reason: reason.clone(), status, at },
            ),
            (None, failed(Some(minute(2)))),
            (Some("hopeless"), failed(None)),
            (None, confirmed(Some("42".to_owned()), true, false)),
            (Some("late"), confirmed(None, false, true)),
            (
                None,
                E::DeliveryDeadLettered {
                    reason: reason.clone(),
                    withdrawn: true,
                    confirmed: 1,
                    at,
                },
            ),
            (None, retried),
            (None, E::DeliveryRefunded { reason, at }),
        ]
    }
    fn full_state() -> Self {
        state_without(&["DeliveryRetried"])
    }
}
