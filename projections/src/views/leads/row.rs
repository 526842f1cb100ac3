//! What each event changes in the row of its lead, beside status and step.

use bitacora_domain::aggregates::lead::{Eligibility, LeadEvent as E, LeadPerson, LeadStatus};
use bitacora_domain::aggregates::offer::OfferChoice;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::ProjectionError;
use crate::change::Set;
use crate::reveal::{code, plain, text};
use crate::value::Cell;

/// The columns that an event sets.
pub(super) fn changed(said: &E) -> Result<Set, ProjectionError> {
    Ok(match said {
        E::LeadCaptured { .. }
        | E::LeadFormDataFetched { .. }
        | E::LeadFormFetchFailed { .. }
        | E::LeadFormFetchRequested { .. }
        | E::LeadContactIdentified { .. }
        | E::LeadMappingPending { .. }
        | E::LeadMapped { .. }
        | E::LeadDuplicateDetected { .. }
        | E::LeadRepeated { .. }
        | E::LeadTransferred { .. }
        | E::LeadDuplicateWindowEnded { .. } => coming(said)?,
        E::LeadContactRequested { .. }
        | E::LeadContactDeferred { .. }
        | E::LeadContactAttempted { .. }
        | E::LeadContactFailed { .. }
        | E::LeadEngaged { .. }
        | E::LeadReplied { .. }
        | E::LeadCooled { .. }
        | E::LeadReactivated { .. } => talking(said),
        E::LeadAnswerRecorded { .. } => vec![],
        E::LeadScored { .. }
        | E::LeadCriteriaChanged { .. }
        | E::LeadMarkedLowPriority { .. }
        | E::LeadLowPriorityCleared { .. }
        | E::LeadReady { .. }
        | E::LeadReadyWithdrawn { .. } => judged(said)?,
        E::LeadDisqualified { .. }
        | E::LeadStopped { .. }
        | E::LeadHandedOff { .. }
        | E::LeadReturned { .. }
        | E::LeadWon { .. }
        | E::LeadLost { .. } => ending(said)?,
        E::LeadDeliveryRequested { .. }
        | E::LeadDelivered { .. }
        | E::LeadDeliveryFailed { .. }
        | E::LeadDisputed { .. }
        | E::LeadDisputeResolved { .. } => delivering(said)?,
    })
}

fn json(value: &impl Serialize) -> Result<Cell, ProjectionError> {
    let json = plain(value);
    json.map(Cell::Json).map_err(|error| ProjectionError::Refused(error.to_string()))
}

fn offer(choice: &OfferChoice) -> Set {
    vec![("offer_id", choice.offer.as_uuid().into()), ("offer_version", choice.version.into())]
}

fn coming(said: &E) -> Result<Set, ProjectionError> {
    let mut set = Set::new();
    if let E::LeadCaptured { source, external_id, ads, at, .. } = said {
        set.extend([
            ("source", source.as_str().to_uppercase().as_str().into()),
            ("external_id", external_id.clone().into()),
            ("ads", json(ads)?),
            ("eligibility", code(&Eligibility::Pending)),
            ("captured_at", (*at).into()),
            ("captured_on", at.date_naive().into()),
        ]);
    }
    if let E::LeadFormDataFetched { at, .. } = said {
        set.extend([("form_fetched_at", (*at).into()), ("form_retry_at", Cell::Null)]);
    }
    if let E::LeadFormFetchFailed { failures, reason, retry_at, .. } = said {
        set.extend([
            ("form_failures", (*failures).into()),
            ("form_failure", reason.as_str().into()),
            ("form_retry_at", (*retry_at).into()),
        ]);
    }
    if let E::LeadFormFetchRequested { at, .. } = said {
        set.push(("form_retry_at", (*at).into()));
    }
    if let E::LeadContactIdentified { contact, .. } = said {
        set.push(("contact_id", contact.as_uuid().into()));
    }
    if let E::LeadMappingPending { gap, offer: found, rule, .. } = said {
        set.push(("gap", code(gap)));
        if let Some(found) = found {
            set.extend(offer(found));
            set.push(("rule", rule.clone().into()));
        }
    }
    if let E::LeadMapped { contact, offer: found, rule, first_contact_at, window_ends_at, at } =
        said
    {
        set.extend(offer(found));
        set.extend([
            ("contact_id", contact.as_uuid().into()),
            ("rule", rule.clone().into()),
            ("gap", Cell::Null),
            ("next_contact_at", (*first_contact_at).into()),
            ("window_ends_at", (*window_ends_at).into()),
            ("mapped_at", (*at).into()),
        ]);
    }
    if let E::LeadDuplicateDetected { of, at, .. } = said {
        set.extend([("duplicate_of_id", of.as_uuid().into()), ("gap", Cell::Null)]);
        set.extend(over(*at));
    }
    if let E::LeadTransferred { offer: other, .. } = said {
        set.extend(offer(other));
        set.extend([("rule", Cell::Null), ("ready_at", Cell::Null)]);
    }
    Ok(set)
}

fn talking(said: &E) -> Set {
    if let E::LeadContactRequested { .. } = said {
        return vec![("next_contact_at", Cell::Null)];
    }
    if let E::LeadContactDeferred { until, .. } = said {
        return vec![("next_contact_at", (*until).into())];
    }
    if let E::LeadContactAttempted { contact, next_contact_at, .. }
    | E::LeadContactFailed { contact, next_contact_at, .. } = said
    {
        return vec![
            ("contacts", (*contact).into()),
            ("next_contact_at", (*next_contact_at).into()),
        ];
    }
    if let E::LeadEngaged { reply, at, .. } = said {
        return vec![
            ("replies", (*reply).into()),
            ("last_reply_at", (*at).into()),
            ("engaged_at", (*at).into()),
            ("next_contact_at", Cell::Null),
            ("cool_reason", Cell::Null),
            ("reactivate_at", Cell::Null),
        ];
    }
    if let E::LeadReplied { reply, at, .. } = said {
        return vec![("replies", (*reply).into()), ("last_reply_at", (*at).into())];
    }
    if let E::LeadCooled { reason, reactivate_at, .. } = said {
        return vec![
            ("cool_reason", code(reason)),
            ("reactivate_at", (*reactivate_at).into()),
            ("next_contact_at", Cell::Null),
        ];
    }
    if let E::LeadReactivated { contact_at, .. } = said {
        return vec![
            ("next_contact_at", (*contact_at).into()),
            ("reactivate_at", Cell::Null),
            ("cool_reason", Cell::Null),
            ("disqualify_reason", Cell::Null),
            ("ended_at", Cell::Null),
        ];
    }
    Set::new()
}

fn judged(said: &E) -> Result<Set, ProjectionError> {
    if let E::LeadScored {
        total,
        components,
        missing,
        model_version,
        offer,
        offer_version,
        at,
        ..
    } = said
    {
        return Ok(vec![
            ("total", (*total).into()),
            ("components", json(components)?),
            ("missing", json(missing)?),
            ("model_version", (*model_version).into()),
            ("offer_id", offer.as_uuid().into()),
            ("offer_version", (*offer_version).into()),
            ("scored_at", (*at).into()),
        ]);
    }
    if let E::LeadCriteriaChanged { offer: choice, .. } = said {
        return Ok(offer(choice));
    }
    if let E::LeadMarkedLowPriority { .. } = said {
        return Ok(vec![("low_priority", true.into())]);
    }
    if let E::LeadLowPriorityCleared { .. } = said {
        return Ok(vec![("low_priority", false.into())]);
    }
    if let E::LeadReady { at, .. } = said {
        return Ok(vec![("ready_at", (*at).into())]);
    }
    Ok(vec![("ready_at", Cell::Null)])
}

fn ending(said: &E) -> Result<Set, ProjectionError> {
    let mut set = Set::new();
    if let E::LeadHandedOff { agent, reason, .. } = said {
        let agent = agent.map(bitacora_domain::UserId::as_uuid);
        return Ok(vec![("agent_id", agent.into()), ("handoff_reason", code(reason))]);
    }
    if let E::LeadReturned { .. } = said {
        return Ok(vec![("agent_id", Cell::Null), ("handoff_reason", Cell::Null)]);
    }
    if let E::LeadDisqualified { reason, note, at, .. } = said {
        set.extend([("disqualify_reason", code(reason)), ("note", text(note.as_ref()))]);
        set.extend(over(*at));
    }
    if let E::LeadStopped { by, at, .. } = said {
        set.push(("stopped_by", code(by)));
        set.extend(over(*at));
    }
    if let E::LeadWon { value, at } = said {
        let value = value.as_ref().map(json).transpose()?;
        set.push(("won_value", value.unwrap_or(Cell::Null)));
        set.extend(over(*at));
    }
    if let E::LeadLost { reason, note, at } = said {
        set.extend([("lost_reason", code(reason)), ("note", text(note.as_ref()))]);
        set.extend(over(*at));
    }
    Ok(set)
}

/// Nothing more is to come by itself.
fn over(at: DateTime<Utc>) -> Set {
    let gone = ["next_contact_at", "reactivate_at", "agent_id", "handoff_reason"];
    let gone = gone.into_iter().map(|column| (column, Cell::Null));
    gone.chain([("ended_at", at.into())]).collect()
}

fn delivering(said: &E) -> Result<Set, ProjectionError> {
    if let E::LeadDeliveryRequested { delivery, reservation, .. } = said {
        return Ok(vec![
            ("delivery_id", delivery.as_uuid().into()),
            ("reservation_id", (*reservation).into()),
            ("delivery_failure", Cell::Null),
        ]);
    }
    if let E::LeadDelivered { delivery, captured, revealed, at, .. } = said {
        let mut set = person(revealed)?;
        set.extend([
            ("delivery_id", delivery.as_uuid().into()),
            ("reservation_id", (*captured).into()),
            ("delivery_failure", Cell::Null),
            ("eligibility", code(&Eligibility::Chargeable)),
            ("delivered_at", (*at).into()),
        ]);
        return Ok(set);
    }
    if let E::LeadDeliveryFailed { reason, .. } = said {
        return Ok(vec![
            ("delivery_failure", reason.as_str().into()),
            ("delivery_id", Cell::Null),
            ("reservation_id", Cell::Null),
        ]);
    }
    if let E::LeadDisputed { .. } = said {
        return Ok(vec![("eligibility", code(&Eligibility::Pending))]);
    }
    if let E::LeadDisputeResolved { eligibility, status, at, .. } = said {
        let mut set = vec![("eligibility", code(eligibility))];
        if *status == LeadStatus::Refunded {
            set.push(("ended_at", (*at).into()));
        }
        return Ok(set);
    }
    Ok(Set::new())
}

/// The only place that fills these columns.
fn person(revealed: &LeadPerson) -> Result<Set, ProjectionError> {
    let fields = json(&revealed.fields)?;
    let fields = if fields == Cell::Json(Value::Array(vec![])) { Cell::Null } else { fields };
    Ok(vec![
        ("name", text(revealed.name.as_ref())),
        ("phone", text(revealed.phone.as_ref())),
        ("email", text(revealed.email.as_ref())),
        ("fields", fields),
    ])
}
